"""The registry over HTTP: one clear refusal for each bad request, and what the OpenAPI document says of it."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from flask import Blueprint
from werkzeug.test import Client, TestResponse

from shopguard.errors import StoreUnavailable
from shopguard.identity import Token
from shopguard.registry.epochs import EpochState
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import BODY_LIMIT, registry_app
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    MAX_TOKEN,
    ME,
    MY_KEYS,
    TOKEN_HEAD,
    LookUpAnswer,
    RefusalShape,
)
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import ANSWER_HEADER, SignedAnswer, SignedRequest, Signer, verify

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, EMAIL = Token(1, 1, 1, "+819000001111"), Token(1, 2, 2, "taro@example.jp")
DOCUMENT = "/registry/openapi.json"


@pytest.fixture
def client(centre: "Centre") -> Client:
    return Client(registry_app(centre.service))


def send(client: Client, request: SignedRequest, **more: Any) -> TestResponse:
    """Send a request exactly as it was signed."""
    path, _, query = request.path.partition("?")
    headers = {"Authorization": request.header(), **more.pop("headers", {})}
    return client.open(path, method=request.method, query_string=query, data=request.body, headers=headers, **more)


def proven(response: TestResponse, request: SignedRequest, centre: "Centre") -> SignedAnswer:
    """The signed answer in a response, found to be the registry's own to this very request."""
    answer = SignedAnswer.read(response.status_code, response.data, response.headers[ANSWER_HEADER])
    verify(answer, centre.answer_keys.signer.public)
    assert answer.nonce == request.nonce
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content_type == "application/json"
    return answer


def refusal_in(response: TestResponse) -> RefusalShape:
    assert b"candidates" not in response.data
    assert response.headers["Cache-Control"] == "no-store"
    refusal = msgspec.json.decode(response.data, type=RefusalShape)
    assert response.status_code == Refusal(refusal.code).status
    return refusal


def test_a_look_up_is_answered_signed_and_not_to_be_stored(centre: "Centre", client: Client) -> None:
    centre.add("E-1", PHONE, EMAIL)
    request = centre.request("POST", LOOKUPS, centre.batch(PHONE, EMAIL))
    response = send(client, request)
    answer = msgspec.json.decode(proven(response, request, centre).body, type=LookUpAnswer)
    assert (response.status_code, [found.handle for found in answer.candidates]) == (200, ["E-1"])


def test_the_path_is_signed_with_its_query(centre: "Centre", client: Client) -> None:
    request = centre.request("GET", f"{ADDITIONS}?after=0")
    assert proven(send(client, request), request, centre).status == 200
    other = replace(centre.request("GET", f"{ADDITIONS}?after=0"), path=f"{ADDITIONS}?after=1")
    assert refusal_in(send(client, other)).code == Refusal.NOT_AUTHENTICATED


@pytest.mark.parametrize("path", [ADDITIONS, CENTRE, ME])
def test_what_is_only_read_is_answered(centre: "Centre", client: Client, path: str) -> None:
    request = centre.request("GET", path)
    assert proven(send(client, request), request, centre).status == 200


# Bad input: each one clear refusal, and nothing served


def phones(count: int) -> list[Token]:
    return [Token(1, 1, 1, f"+8190000011{at:02}") for at in range(count)]


def addresses(count: int) -> list[Token]:
    return [Token(1, 3, 4, f"港区芝公園-4-2-{at}") for at in range(count)]


def names(count: int) -> list[Token]:
    return [Token(1, 2, 13, f"誰でもない{at}") for at in range(count)]


def raw(**changed: object) -> Callable[["Centre"], bytes]:
    """A batch of any shape."""

    def body(centre: "Centre") -> bytes:
        whole = {
            "member": "shop-1",
            "epoch": 1,
            "profile": 1,
            "commitment": bytes(16),
            "tokens": [[2, EMAIL.encode()]],
        }
        return msgspec.json.encode({key: value for key, value in {**whole, **changed}.items() if value is not ...})

    return body


def asking(*tokens: Token, **changed: object) -> Callable[["Centre"], bytes]:
    return lambda centre: centre.batch(*tokens, **changed)


BAD_BATCHES: dict[str, tuple[Callable[["Centre"], bytes], Refusal]] = {
    "no body": (lambda _: b"", Refusal.UNREADABLE),
    "no JSON": (lambda _: b"\xff\xfe{", Refusal.UNREADABLE),
    "too deep": (lambda _: b"[" * 30_000, Refusal.UNREADABLE),
    "a list": (lambda _: b"[]", Refusal.UNREADABLE),
    "a missing field": (raw(commitment=...), Refusal.UNREADABLE),
    "an unknown field": (raw(more=1), Refusal.UNREADABLE),
    "a commitment of 15 bytes": (raw(commitment=bytes(15)), Refusal.UNREADABLE),
    "a commitment of 17 bytes": (raw(commitment=bytes(17)), Refusal.UNREADABLE),
    "a commitment that is no base64": (raw(commitment="?"), Refusal.UNREADABLE),
    "an epoch that is no number": (raw(epoch="1"), Refusal.UNREADABLE),
    "no token": (raw(tokens=[]), Refusal.UNREADABLE),
    "a token twice": (asking(EMAIL, EMAIL), Refusal.UNREADABLE),
    "a token of no length": (raw(tokens=[[2, b""]]), Refusal.UNREADABLE),
    "a token that is all head": (raw(tokens=[[2, EMAIL.encode()[:TOKEN_HEAD]]]), Refusal.UNREADABLE),
    "a token cut short": (raw(tokens=[[2, EMAIL.encode()[:-1]]]), Refusal.UNREADABLE),
    "a token with more behind it": (raw(tokens=[[2, EMAIL.encode() + b"x"]]), Refusal.UNREADABLE),
    "a token that is too long": (asking(Token(1, 2, 13, "x" * (MAX_TOKEN - TOKEN_HEAD + 1))), Refusal.UNREADABLE),
    "a token of another scheme": (raw(tokens=[[2, b"sg2" + EMAIL.encode()[3:]]]), Refusal.UNREADABLE),
    "a class that is not the token's": (raw(tokens=[[1, EMAIL.encode()]]), Refusal.WRONG_CLASS),
    "a phone asked as if it were not one": (raw(tokens=[[2, PHONE.encode()]]), Refusal.WRONG_CLASS),
    "a class that there is not": (raw(tokens=[[4, Token(1, 4, 1, "x").encode()]]), Refusal.WRONG_CLASS),
    "a 33rd token": (asking(*names(33)), Refusal.TOO_MANY_TOKENS),
    "a fifth phone": (asking(*phones(5)), Refusal.TOO_MANY_TOKENS),
    "a ninth address": (asking(*addresses(9)), Refusal.TOO_MANY_TOKENS),
    "an epoch to come": (asking(EMAIL, epoch=3), Refusal.EPOCH),
    "an epoch being prepared": (asking(EMAIL, epoch=2), Refusal.EPOCH),
    "a negative epoch": (asking(EMAIL, epoch=-1), Refusal.EPOCH),
    "other rules of identity": (asking(Token(2, 2, 2, "taro@example.jp"), profile=2), Refusal.PROFILE),
    "a token of other rules": (asking(EMAIL, profile=2), Refusal.PROFILE),
    "another member's batch": (asking(EMAIL, member="shop-2"), Refusal.OTHER_MEMBER),
}


@pytest.mark.parametrize("wrong", list(BAD_BATCHES))
def test_a_bad_batch_is_one_clear_refusal(centre: "Centre", client: Client, wrong: str) -> None:
    centre.add("E-1", PHONE, EMAIL)
    centre.epoch(2, EpochState.PREPARING)
    body, code = BAD_BATCHES[wrong]
    request = centre.request("POST", LOOKUPS, body(centre))
    response = send(client, request)
    proven(response, request, centre)
    refusal = refusal_in(response)
    assert refusal.code == code
    assert "taro" not in refusal.message


def test_the_greatest_batch_fits() -> None:
    """The limit of the body is no limit of its own."""
    batch = 32 * (MAX_TOKEN * 4 // 3 + 16)
    assert batch < BODY_LIMIT


@pytest.mark.parametrize("off_s", [-301, 301])
def test_a_wrong_clock_is_told_the_right_time(centre: "Centre", client: Client, off_s: int) -> None:
    time = int(centre.now.timestamp()) + off_s
    request = centre.members["shop-1"].request("POST", LOOKUPS, centre.batch(EMAIL), "shop-1", time)
    response = send(client, request)
    refusal = refusal_in(response)
    assert (response.status_code, refusal.code, refusal.time) == (401, Refusal.CLOCK, centre.now)


def test_a_replay_is_refused(centre: "Centre", client: Client) -> None:
    request = centre.request("POST", LOOKUPS, centre.batch(EMAIL))
    assert send(client, request).status_code == 200
    assert refusal_in(send(client, request)).code == Refusal.REPLAYED


def test_a_replay_on_another_route_is_refused(centre: "Centre", client: Client) -> None:
    request = centre.request("POST", LOOKUPS, centre.batch(EMAIL))
    assert refusal_in(send(client, replace(request, path=MY_KEYS))).code == Refusal.NOT_AUTHENTICATED


def test_a_forged_signature_is_refused(centre: "Centre", client: Client) -> None:
    forger = Signer.of_seed(bytes([7]) * 32)
    now = int(centre.now.timestamp())
    own_key = forger.request("POST", LOOKUPS, centre.batch(EMAIL), "shop-1", now)
    for request in (own_key, replace(own_key, key_id=centre.members["shop-1"].key_id)):
        response = send(client, request)
        assert refusal_in(response).code == Refusal.NOT_AUTHENTICATED
        assert response.headers["WWW-Authenticate"] == "ShopGuard"


@pytest.mark.parametrize("header", [None, "", "ShopGuard", "Bearer x", 'ShopGuard member="shop-1"', "ShopGuard \xe9"])
@pytest.mark.parametrize(("method", "path"), [("POST", LOOKUPS), ("GET", CENTRE), ("DELETE", f"{MY_KEYS}/1")])
def test_a_header_that_cannot_be_read_is_refused(client: Client, header: str | None, method: str, path: str) -> None:
    response = client.open(path, method=method, headers={} if header is None else {"Authorization": header})
    assert refusal_in(response).code == Refusal.NOT_AUTHENTICATED
    assert response.headers["WWW-Authenticate"] == "ShopGuard"
    assert ANSWER_HEADER not in response.headers, "there is no nonce to sign for"


def test_a_body_above_the_limit_is_refused_unread(centre: "Centre", client: Client) -> None:
    request = centre.request("POST", LOOKUPS, b"x" * (BODY_LIMIT + 1))
    response = send(client, request)
    proven(response, request, centre)
    assert refusal_in(response).code == Refusal.TOO_LARGE


def test_a_body_above_the_limit_in_chunks_is_refused(centre: "Centre", client: Client) -> None:
    request = centre.request("POST", LOOKUPS, b"x" * (BODY_LIMIT + 1))
    response = client.open(
        LOOKUPS,
        method="POST",
        input_stream=io.BytesIO(request.body),
        headers={"Authorization": request.header(), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert refusal_in(response).code == Refusal.TOO_LARGE


def test_an_address_that_is_not_there_is_refused(centre: "Centre", client: Client) -> None:
    request = centre.request("GET", "/registry/v1/entries")
    response = send(client, request)
    proven(response, request, centre)
    assert refusal_in(response).code == Refusal.NOT_FOUND
    assert refusal_in(client.get("/")).code == Refusal.NOT_FOUND
    assert refusal_in(client.get("/registry/v1/me/")).code == Refusal.NOT_FOUND


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (LOOKUPS, "POST"),
        (ADDITIONS, "GET"),
        (CENTRE, "GET"),
        (ME, "GET"),
        (MY_KEYS, "POST"),
        (f"{MY_KEYS}/1", "DELETE"),
    ],
)
def test_another_method_is_refused_with_those_that_are_taken(
    centre: "Centre", client: Client, path: str, allowed: str
) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - {allowed}:
        request = centre.request(method, path)
        response = send(client, request)
        proven(response, request, centre)
        assert refusal_in(response).code == Refusal.METHOD
        assert allowed in re.split(", ", response.headers["Allow"])


def test_only_the_headers_are_asked_for_in_vain(centre: "Centre", client: Client) -> None:
    assert send(client, centre.request("HEAD", ME)).status_code == 405


# Parts that are away


def test_a_keyed_function_that_is_away_says_when_to_ask_again(
    centre: "Centre", client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Refused(Refusal.UNAVAILABLE, "the keyed function is away", 1.5)

    centre.add("E-1", PHONE, EMAIL)
    with monkeypatch.context() as patched:
        patched.setattr(centre.prf, "evaluate", away)
        response = send(client, centre.request("POST", LOOKUPS, centre.batch(PHONE, EMAIL)))
        assert refusal_in(response).code == Refusal.UNAVAILABLE
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    response = send(client, centre.request("POST", LOOKUPS, centre.batch(PHONE, EMAIL)))
    assert b'"handle":"E-1"' in response.data


def test_a_full_disk_is_a_refusal_and_no_answer(
    centre: "Centre", client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreUnavailable("the database cannot be used now (SQLITE_FULL)")

    monkeypatch.setattr(centre.index, "find", full)
    response = send(client, centre.request("POST", LOOKUPS, centre.batch(PHONE, EMAIL)))
    assert refusal_in(response).code == Refusal.UNAVAILABLE
    assert "Retry-After" in response.headers


def test_a_fault_in_another_route_is_told_without_its_text(centre: "Centre") -> None:
    more = Blueprint("more", __name__)

    @more.get("/broken")
    def broken() -> str:
        raise RuntimeError("taro@example.jp")

    client = Client(registry_app(centre.service, more=[more]))
    response = client.get("/broken")
    assert refusal_in(response).code == Refusal.UNAVAILABLE
    assert b"taro" not in response.data


# Its description


def test_the_document_is_served_to_everybody(client: Client) -> None:
    response = client.get(DOCUMENT)
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.json == document()
    assert client.get("/healthz").text == "alive\n"


def test_every_code_of_a_refusal_is_documented() -> None:
    text = msgspec.json.encode(document()["paths"]).decode()
    missing = {code for code in Refusal if f"`{code}`" not in text} - {Refusal.METHOD}
    assert missing == {Refusal.STATE, Refusal.RULES, Refusal.REPORTS_SPENT}, "those of the reports"
