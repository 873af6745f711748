"""What the description of the log's addresses promises, put to the test by requests that schemathesis makes up."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import hypothesis
import pytest
import schemathesis
import schemathesis.openapi

from shopguard.crypto import Keyring
from shopguard.registry.home import OWN_MEMBER, RegistryHome
from shopguard.registry.log import Heads, LeafKind, Log
from shopguard.registry.log.routes import log_routes
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.signing import SignedRequest
from tests.integration.signing_member import STRICT_CHECKS, SigningMember

_DOCUMENT = document(log_routes(cast("Log", None), cast("Heads", None)))
"""Of the log's routes alone: the others are tested where they stand."""

_PATHS = {path: said for path, said in _DOCUMENT["paths"].items() if "/log/" in path}
DESCRIBED = schemathesis.openapi.from_dict({**_DOCUMENT, "paths": _PATHS, "security": []})


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningMember]:
    folder = tmp_path_factory.mktemp("home")
    home = RegistryHome(
        folder, "example", Keyring.create(folder / "keys.json"), lambda: datetime.now(UTC), apart=False
    )
    home.prepare()
    for number in range(9):
        home.log.append(LeafKind.ENTRY_OPENED, bytes([number]) * 32)

    def sign(method: str, path: str, body: bytes) -> SignedRequest:
        now = int(home.clock().timestamp())
        return home.member_keys.signer.request(method, path, body, OWN_MEMBER, now)

    yield SigningMember(registry_app(home.service), sign)
    home.close()


@DESCRIBED.parametrize()
@hypothesis.settings(max_examples=20, deadline=None)
def test_whatever_is_asked_of_the_log_is_answered_as_described(
    case: schemathesis.Case[Any], member: SigningMember
) -> None:
    case.call_and_validate(app=member, checks=STRICT_CHECKS)
