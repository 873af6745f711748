"""Reading a request's body: all of it, or none."""

from flask import request


def whole_body() -> bytes:
    """Return the exact bytes of the current request's body; ``RequestEntityTooLarge`` if it is above the limit."""
    body = request.get_data(cache=False)
    if request.content_length is None:
        # sent in chunks: werkzeug stops at the limit without a word, and tells only whom asks for more
        request.stream.read(1)
    return body
