"""What the description of the log's addresses promises, put to the test by requests that schemathesis makes up."""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import hypothesis
import pytest
import schemathesis
import schemathesis.openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from shopguard.crypto import Keyring
from shopguard.registry.home import OWN_MEMBER, RegistryHome
from shopguard.registry.log import Heads, LeafKind, Log
from shopguard.registry.log.routes import log_routes
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import registry_app

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_DOCUMENT = document(log_routes(cast("Log", None), cast("Heads", None)))
"""Of the log's routes alone: the others are tested where they stand."""

_PATHS = {path: said for path, said in _DOCUMENT["paths"].items() if "/log/" in path}
DESCRIBED = schemathesis.openapi.from_dict({**_DOCUMENT, "paths": _PATHS, "security": []})
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.allow_header_conformance,
]


class SigningMember:
    """Stands before the application and signs whatever is sent, byte for byte, as a member would."""

    def __init__(self, app: "WSGIApplication", home: RegistryHome) -> None:
        self._app, self._home = app, home

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        query = environ.get("QUERY_STRING")
        whole = f"{path}?{query}" if query else path
        now = int(self._home.clock().timestamp())
        signer = self._home.member_keys.signer
        header = signer.request(environ["REQUEST_METHOD"], whole, body, OWN_MEMBER, now).header()
        signed = {"wsgi.input": io.BytesIO(body), "HTTP_AUTHORIZATION": header}
        return self._app({**environ, **signed}, start_response)


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningMember]:
    folder = tmp_path_factory.mktemp("home")
    home = RegistryHome(
        folder, "example", Keyring.create(folder / "keys.json"), lambda: datetime.now(UTC), apart=False
    )
    home.prepare()
    for number in range(9):
        home.log.append(LeafKind.ENTRY_OPENED, bytes([number]) * 32)
    yield SigningMember(registry_app(home.service), home)
    home.close()


@DESCRIBED.parametrize()
@hypothesis.settings(max_examples=20, deadline=None)
def test_whatever_is_asked_of_the_log_is_answered_as_described(
    case: schemathesis.Case[Any], member: SigningMember
) -> None:
    case.call_and_validate(app=member, checks=CHECKS)
