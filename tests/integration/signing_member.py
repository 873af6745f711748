"""What the descriptions of the registry's addresses are put to the test with: a member that signs, and the checks."""

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from shopguard.registry.signing import SignedRequest

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
]
STRICT_CHECKS = [*CHECKS, checks.negative_data_rejection]
"""Where the description tells all that is refused: those, and that nothing else is taken."""


class SigningMember:
    """Stands before the application and signs whatever is sent, byte for byte, as a member would.

    Args:
        sign: makes the signed request of a method, an address with its query, and a body.
    """

    def __init__(self, app: "WSGIApplication", sign: Callable[[str, str, bytes], SignedRequest]) -> None:
        self._app, self._sign = app, sign

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        query = environ.get("QUERY_STRING")
        request = self._sign(environ["REQUEST_METHOD"], f"{path}?{query}" if query else path, body)
        signed = {"wsgi.input": io.BytesIO(body), "HTTP_AUTHORIZATION": request.header()}
        return self._app({**environ, **signed}, start_response)
