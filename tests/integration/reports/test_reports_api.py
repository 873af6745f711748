"""Reports over HTTP: who may ask what, how long a body may be, and what leaves the process that takes requests."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from shopguard.registry.client.transport import Http
from shopguard.registry.desk import Asked, Desk, Role, Route
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import MY_KEYS, NewKey
from shopguard.registry.prf.frames import AUTHENTICATE, Question, framed
from shopguard.registry.prf.function import MEMBERS, OFFICE
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.files import MAX_FILE
from shopguard.registry.reports.routes import REPORTS, Done
from shopguard.registry.signing import SignedRequest, Signer, verify
from tests.integration.reports.conftest import FILES, OTHER, SHOP, UNPAID, a_file

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry


def send(client: Client, request: SignedRequest) -> TestResponse:
    headers = {"Authorization": request.header()}
    return client.open(request.path, method=request.method, data=request.body, headers=headers)


@pytest.fixture
def client(registry: "Registry") -> Client:
    return Client(registry_app(registry.home.service))


def test_a_report_with_three_files_is_filed_over_http(registry: "Registry", serve: Callable[[Flask], int]) -> None:
    http = Http(f"http://127.0.0.1:{serve(registry_app(registry.home.service))}", 5.0)

    def done(method: str, path: str, body: bytes = b"") -> Any:
        answer = http.send(registry.request(method, f"{REPORTS}{path}", body))
        verify(answer, registry.home.answer_keys.signer.public)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    report_id = done("POST", "", msgspec.json.encode(UNPAID))["head"]["id"]
    for name, content in FILES.items():
        digest = done("POST", f"/{report_id}/files", msgspec.json.encode(a_file(name, content)))["digest"]
    done("POST", f"/{report_id}/submit", msgspec.json.encode({"digest": digest}))
    assert registry.state(report_id) == "submitted"
    http.close()


@pytest.mark.parametrize("where", ["http", "in process"])
def test_the_longest_file_is_taken_and_a_longer_body_is_not_read(
    registry: "Registry", client: Client, where: str
) -> None:
    path = f"{REPORTS}/{registry.draft()}/files"

    def answered(body: bytes) -> tuple[int, Any]:
        request = registry.request("POST", path, msgspec.json.encode(a_file("more.txt", body)))
        if where == "http":
            response = send(client, request)
            return response.status_code, response.json
        answer = registry.home.service.handle(request)
        return answer.status, msgspec.json.decode(answer.body)

    assert answered(b"x" * MAX_FILE)[0] == 200
    status, told = answered(b"x" * (MAX_FILE + 2))
    assert (status, told["code"]) == (413, Refusal.TOO_LARGE)
    assert "10MB" in told["message"]
    status, told = answered(b"x" * (MAX_FILE * 11 // 10))
    assert (status, told["code"]) == (413, Refusal.TOO_LARGE)
    assert "大きすぎます" in told["message"]
    assert "14,336 KB" in told["message"]


def test_other_addresses_take_no_longer_bodies_for_it(registry: "Registry", client: Client) -> None:
    assert send(client, registry.request("POST", f"{REPORTS}", b"x" * (256 * 1024 + 1))).status_code == 413
    assert send(client, registry.request("POST", MY_KEYS, b"x" * (64 * 1024 + 1))).status_code == 413


def test_the_keyed_function_never_gets_a_body(registry: "Registry", monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[SignedRequest] = []
    authenticate = registry.home.prf.authenticate

    def watched(request: SignedRequest) -> Any:
        got.append(request)
        return authenticate(request)

    monkeypatch.setattr(registry.home.prf, "authenticate", watched)
    registry.draft()
    assert len(got) == 1 + len(FILES)
    assert {request.body for request in got} == {b""}


def test_a_body_that_was_changed_on_the_way_is_not_authenticated(registry: "Registry", client: Client) -> None:
    request = registry.request("POST", REPORTS, msgspec.json.encode(UNPAID))
    changed = replace(request, body=request.body.replace(b"12800", b"99800"))
    assert send(client, changed).json["code"] == Refusal.NOT_AUTHENTICATED
    assert registry.count("report") == 0


def test_what_goes_over_the_socket_of_the_keyed_function_is_short(registry: "Registry") -> None:
    request = registry.request("POST", f"{REPORTS}/R-1/files", b"x" * MAX_FILE)
    frame = framed(Question(AUTHENTICATE, request.without_body()))
    assert len(frame) < 1_000
    arrived = msgspec.msgpack.decode(frame[4:], type=Question).request
    assert arrived is not None
    verify(arrived, registry.signers[SHOP].public)


def test_a_digest_alone_has_nothing_evaluated_or_administered(registry: "Registry") -> None:
    office = registry.home.office.signer.request("POST", MEMBERS, b"", OFFICE, int(registry.now.timestamp()))
    for ask in (
        lambda: registry.home.prf.administer(office.without_body()),
        lambda: registry.home.prf.evaluate(registry.request("POST", "/x", b"x").without_body(), [1]),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code is Refusal.UNREADABLE


# Who may ask what


def routes(registry: "Registry") -> list[tuple[str, str, Role | None]]:
    """Every route of the desk with the role it needs."""
    named = {"id": "R-0000000000", "name": "a.txt"}
    return [(route.method, _filled(route.path, named), route.role) for route in registry.home.service.more]


def _filled(path: str, named: dict[str, str]) -> str:
    for part in path.split("/"):
        if part.startswith("<"):
            path = path.replace(part, named.get(part[1:-1], "0"))
    return path


def with_roles(registry: "Registry", *roles: Role) -> Signer:
    """A key of the shop that is for these roles alone."""
    signer = Signer.of_seed(bytes([9]) * 32)
    registry.home.members.add_key(SHOP, signer.public, "office-1", roles)
    return signer


@pytest.mark.parametrize("role", list(Role))
def test_a_key_asks_what_its_role_lets_it_and_nothing_else(registry: "Registry", role: Role) -> None:
    signer, now = with_roles(registry, role), int(registry.now.timestamp())
    for method, path, needed in routes(registry):
        answer = registry.home.service.handle(signer.request(method, path, b"", SHOP, now))
        refused_for_its_role = b"this key is not for" in answer.body
        assert refused_for_its_role is (needed not in (None, role)), (method, path)
        assert answer.status == 403 or not refused_for_its_role


@pytest.mark.parametrize("role", list(Role))
def test_only_a_key_for_administration_changes_keys(registry: "Registry", role: Role) -> None:
    signer, now = with_roles(registry, role), int(registry.now.timestamp())
    new = msgspec.json.encode(NewKey(Signer.of_seed(bytes([8]) * 32).public))
    answer = registry.home.service.handle(signer.request("POST", MY_KEYS, new, SHOP, now))
    assert (b"this key is not for" in answer.body) is (role is not Role.ADMIN)


def test_nobody_asks_without_a_key_or_while_suspended(registry: "Registry") -> None:
    registry.home.members.suspend(OTHER, "under review", "office-1")
    stranger, now = Signer.of_seed(bytes(32)), int(registry.now.timestamp())
    for method, path, _ in routes(registry):
        answers = {
            registry.home.service.handle(stranger.request(method, path, b"", SHOP, now)).status,
            registry.home.service.handle(stranger.request(method, path, b"", "nobody", now)).status,
        }
        assert answers == {401}, (method, path)
        suspended = registry.home.service.handle(registry.request(method, path, b"", OTHER))
        assert msgspec.json.decode(suspended.body)["code"] == Refusal.SUSPENDED, (method, path)


def test_a_request_is_answered_once(registry: "Registry") -> None:
    request = registry.request("GET", REPORTS)
    assert registry.home.service.handle(request).status == 200
    again = registry.home.service.handle(request)
    assert msgspec.json.decode(again.body)["code"] == Refusal.REPLAYED


# Addresses


@pytest.mark.parametrize(
    "path", ["/R-1/files", "/R-1/files/a.txt", "/R-1/files/a/b", "/R-1/files/%E5%90%8D.txt", "/", "/a%2Fb"]
)
def test_an_address_that_is_not_there_is_refused(registry: "Registry", client: Client, path: str) -> None:
    for method in ("GET", "PUT"):
        response = send(client, registry.request(method, f"{REPORTS}{path}"))
        assert response.json["code"] in (Refusal.NOT_FOUND, Refusal.METHOD, Refusal.NOT_AUTHENTICATED)


def test_other_methods_are_refused_with_those_that_are_taken(registry: "Registry", client: Client) -> None:
    response = send(client, registry.request("DELETE", REPORTS))
    assert (response.status_code, set(response.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "POST"})
    assert registry.ask("DELETE", "").text == "this address takes POST, GET"
    assert send(client, registry.request("HEAD", REPORTS)).status_code == 405


def test_parts_and_query_reach_the_route(registry: "Registry") -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> Done:
        seen.append(asked)
        return Done("x", registry.stored(registry.draft()).state)

    desk = Desk(
        [Route("GET", "/a/<one>/b/<two>", None, answer, "")], registry.home.prf, lambda *_: frozenset({Role.ADMIN})
    )
    desk.answer(registry.request("GET", "/a/x-1_2.txt/b/y?c=1&d=2"))
    (asked,) = seen
    assert (dict(asked.parts), asked.query) == ({"one": "x-1_2.txt", "two": "y"}, "c=1&d=2")
    assert (asked.caller.member, asked.caller.key_id, asked.caller.roles) == (
        SHOP,
        registry.signers[SHOP].key_id,
        frozenset({Role.ADMIN}),
    )
