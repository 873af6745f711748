"""The registry over HTTP: reads who signed, hands the bytes on, puts the signed answer into a response."""

import json
import math
from collections.abc import Callable, Iterable

import msgspec
import structlog
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound, RequestEntityTooLarge

from shopguard.errors import SignatureInvalid
from shopguard.registry.desk import too_large
from shopguard.registry.lookup.openapi import DOCUMENT_PATH, document
from shopguard.registry.lookup.service import LookUpService
from shopguard.registry.messages import ADDITIONS, CENTRE, LOOKUPS, ME, MY_KEYS, SEARCHES, RefusalShape
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import ANSWER_HEADER, SCHEME, SignedAnswer, SignedRequest

BODY_LIMIT = 64 * 1024
"""Bytes: 32 tokens of the greatest length, as base64, are two thirds of it."""

_log = structlog.get_logger()
_METHODS = {
    LOOKUPS: ["POST"],
    SEARCHES: ["POST"],
    ADDITIONS: ["GET"],
    CENTRE: ["GET"],
    ME: ["GET"],
    MY_KEYS: ["POST"],
    f"{MY_KEYS}/<_key>": ["DELETE"],
}


def registry_app(service: LookUpService, body_limit: int = BODY_LIMIT, more: Iterable[Blueprint] = ()) -> Flask:
    """Return the WSGI application of the registry.

    Args:
        body_limit: bytes; a longer body is refused unread, but where a route of the service takes more.
        more: further routes that live at the same address.
    """
    app = Flask("registry", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = body_limit
    app.url_map.merge_slashes = False  # a redirect would not be what was signed
    for blueprint in (registry_routes(service), *more):
        app.register_blueprint(blueprint)

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        return _refused(service, error)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        _log.error("registry_fault", error=type(error).__name__)
        return _refused(service, InternalServerError())

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("alive\n", content_type="text/plain")

    @app.after_request
    def forbid_copies(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def registry_routes(service: LookUpService) -> Blueprint:
    """Return the routes that members ask, and their description."""
    routes = Blueprint("registry", __name__)
    described = json.dumps(document(service.more), ensure_ascii=False).encode()

    def answer(**_parts: str) -> Response:
        if request.method == "HEAD":  # werkzeug adds it to every GET
            raise MethodNotAllowed(["GET"])
        body = _whole_body()
        try:
            signed = SignedRequest.read(request.method, _path_as_sent(), body, _proof())
        except SignatureInvalid as error:
            return _unsigned(service, Refused(Refusal.NOT_AUTHENTICATED, str(error)))
        return _response(service.handle(signed))

    for path, methods in _METHODS.items():
        routes.add_url_rule(path, path, answer, methods=methods, provide_automatic_options=False)
    for route in service.more:
        name, view = f"{route.method} {route.path}", _within(route.body_limit, answer)
        routes.add_url_rule(route.path, name, view, methods=[route.method], provide_automatic_options=False)

    @routes.get(DOCUMENT_PATH, provide_automatic_options=False)
    def openapi() -> Response:
        return Response(described, content_type="application/json")

    return routes


def _within(body_limit: int, answer: Callable[..., Response]) -> Callable[..., Response]:
    """The same for bodies of this length."""

    def within(**parts: str) -> Response:
        request.max_content_length = body_limit
        return answer(**parts)

    return within


def _path_as_sent() -> str:
    """Path and query, as signed. Escapes in the path are undone: no address of ours has any."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path


def _proof() -> str:
    return request.headers.get("Authorization", "")


def _whole_body() -> bytes:
    """The exact bytes of the body; ``RequestEntityTooLarge`` if it is above the limit."""
    body = request.get_data(cache=False)
    if request.content_length is None:
        # sent in chunks: werkzeug stops at the limit without a word, and tells only whom asks for more
        request.stream.read(1)
    return body


def _refused(service: LookUpService, error: HTTPException) -> Response:
    """What never reached the service; signed where it is known to whom."""
    refused = _as_refused(error)
    try:
        nonce = SignedRequest.read(request.method, _path_as_sent(), b"", _proof()).nonce
    except SignatureInvalid:
        response = _unsigned(service, refused)
    else:
        response = _response(service.refuse(refused, nonce))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _as_refused(error: HTTPException) -> Refused:
    if isinstance(error, NotFound):
        return Refused(Refusal.NOT_FOUND, "there is nothing at this address")
    if isinstance(error, MethodNotAllowed):
        return Refused(Refusal.METHOD, "this address does not take this method")
    if isinstance(error, RequestEntityTooLarge):
        return too_large(request.max_content_length or BODY_LIMIT)
    if error.code is not None and error.code < 500:
        return Refused(Refusal.UNREADABLE, "this request cannot be read")
    return Refused(Refusal.UNAVAILABLE, "the registry cannot answer this now", 60)


def _unsigned(service: LookUpService, refused: Refused) -> Response:
    shape = service.refusal(refused)
    return _json(refused.code.status, msgspec.json.encode(shape), shape.retry_after_s)


def _response(answer: SignedAnswer) -> Response:
    again_s = None
    if answer.status in (Refusal.SLOW_DOWN.status, Refusal.UNAVAILABLE.status):
        again_s = msgspec.json.decode(answer.body, type=RefusalShape).retry_after_s
    response = _json(answer.status, answer.body, again_s)
    response.headers[ANSWER_HEADER] = answer.header()
    return response


def _json(status: int, body: bytes, retry_after_s: float | None) -> Response:
    response = Response(body, status, content_type="application/json")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(retry_after_s))
    if status == Refusal.NOT_AUTHENTICATED.status:
        response.headers["WWW-Authenticate"] = SCHEME
    return response
