"""Bad input and faults: one clear refusal each, signed like an answer, and nothing served."""

import base64
import hashlib
import json
import resource
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ...waiting import until
from .houses import PRF

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre
    from tests.end_to_end.registry.member import Member, Token

LOOKUPS = "/registry/v1/lookups"


def refused(response: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal, which tells nothing else of anybody."""
    said = response.json()
    assert set(said) == {"code", "message", "time", "current", "retry_after_s"}
    return response.status_code, said["code"]


@pytest.fixture
def member(shared: "Centre") -> "Member":
    return shared.member("steady")


def phones(*numbers: int) -> list["Token"]:
    return [_token(1, 1, f"+81900000{number:04d}") for number in numbers]


def _token(cls: int, kind: int, value: str) -> "Token":
    return cls, b"sg1" + bytes((2, cls, kind)) + len(value.encode()).to_bytes(2, "big") + value.encode()


def mails(count: int) -> list["Token"]:
    return [_token(2, 2, f"nobody{number}@example.com") for number in range(count)]


def houses(count: int) -> list["Token"]:
    return [_token(3, 4, f"13103|芝公園-9-{number}") for number in range(count)]


def test_a_batch_at_every_limit_is_answered(member: "Member") -> None:
    answered = member.ask([*phones(1, 2, 3, 4), *houses(8), *mails(20)])
    assert (answered.status_code, answered.json()["candidates"]) == (200, [])


@pytest.mark.parametrize(
    "tokens",
    [mails(33), [*phones(1), *houses(9)], phones(1, 2, 3, 4, 5)],
    ids=["33rd token", "ninth address", "fifth phone"],
)
def test_too_many_tokens_are_refused(member: "Member", tokens: Sequence["Token"]) -> None:
    assert refused(member.ask(tokens)) == (400, "too_many_tokens")


TOKEN = phones(1000)[0]


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [TOKEN, TOKEN],
        [(1, TOKEN[1][:-1])],
        [(1, TOKEN[1] + b"0")],
        [(1, b"")],
        [(1, b"sg2" + TOKEN[1][3:])],
        [_token(2, 2, "x" * 2_000)],
    ],
    ids=["none", "twice", "too short", "too long", "empty", "no token", "over 1000 bytes"],
)
def test_tokens_of_a_wrong_form_are_refused(member: "Member", tokens: Sequence["Token"]) -> None:
    assert refused(member.ask(tokens)) == (400, "unreadable")


@pytest.mark.parametrize("length", [0, 15, 17])
def test_commitment_of_a_wrong_length_is_refused(member: "Member", length: int) -> None:
    given = base64.b64encode(bytes(length)).decode()
    assert refused(member.ask(phones(1000), commitment=given)) == (400, "unreadable")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b'{"member":"steady"}'])
def test_a_body_that_is_no_batch_is_refused(member: "Member", body: bytes) -> None:
    headers = member.sign("POST", LOOKUPS, body)
    answered = member.proven(member.send("POST", LOOKUPS, body, headers), headers)
    assert refused(answered) == (400, "unreadable")


def test_a_body_over_the_limit_is_refused(member: "Member") -> None:
    body = member.batch(phones(1000)) + b" " * 65_537
    answered = member.send("POST", LOOKUPS, body, member.sign("POST", LOOKUPS, body))
    assert refused(answered) == (413, "too_large")


@pytest.mark.parametrize("said", [0, 2, 3, 9])
def test_a_class_that_is_not_the_tokens_own_is_refused(member: "Member", said: int) -> None:
    assert refused(member.ask([(said, TOKEN[1])])) == (400, "wrong_class")


@pytest.mark.parametrize("epoch", [0, 2, 99])
def test_an_epoch_that_is_not_served_is_refused_and_the_right_one_named(member: "Member", epoch: int) -> None:
    answered = member.ask(phones(1000), epoch=epoch)
    assert refused(answered) == (409, "epoch")
    assert answered.json()["current"] == 1


def test_other_rules_of_identity_are_refused(member: "Member") -> None:
    assert refused(member.ask([(1, b"sg1\x01" + TOKEN[1][4:])], profile=1)) == (409, "profile")


def test_a_signature_that_does_not_fit_is_refused(member: "Member") -> None:
    body = member.batch(phones(1000))
    other_body = member.batch(phones(1001))
    stranger = type(member)(member.url, "nobody", member.key, [])
    wrong_key = type(member)(member.url, member.name, Ed25519PrivateKey.generate(), [])
    signed = member.sign("POST", LOOKUPS, body)
    tries = [
        ("POST", LOOKUPS, other_body, signed),
        ("POST", LOOKUPS, body, member.sign("GET", LOOKUPS, body)),
        ("POST", LOOKUPS, body, member.sign("POST", "/registry/v1/me", body)),
        ("POST", LOOKUPS, body, stranger.sign("POST", LOOKUPS, body)),
        ("POST", LOOKUPS, body, wrong_key.sign("POST", LOOKUPS, body)),
        ("POST", LOOKUPS, body, {"Authorization": "ShopGuard", "Content-Type": "application/json"}),
        ("POST", LOOKUPS, body, {}),
        ("GET", "/registry/v1/me", b"", {"Authorization": "Bearer steady"}),
        ("GET", "/registry/v1/additions?after=0", b"", member.sign("GET", "/registry/v1/additions?after=1")),
    ]
    assert [refused(member.send(*each)) for each in tries] == [(401, "not_authenticated")] * len(tries)


@pytest.mark.parametrize("off_s", [-3600, -310, 310, 3600])
def test_a_clock_that_is_wrong_is_refused(member: "Member", off_s: int) -> None:
    body = member.batch(phones(1000))
    headers = member.sign("POST", LOOKUPS, body, time=int(time.time()) + off_s)
    answered = member.send("POST", LOOKUPS, body, headers)
    assert refused(answered) == (401, "clock")


def test_a_request_played_again_is_refused_and_its_batch_asked_again_answered(shared: "Centre") -> None:
    member = shared.member("rogue")  # of so small a budget that none of it comes back meanwhile
    commitment = base64.b64encode(secrets.token_bytes(16)).decode()
    body = member.batch(phones(1000), commitment=commitment)
    headers = member.sign("POST", LOOKUPS, body)
    left = _left(member)
    assert member.send("POST", LOOKUPS, body, headers).status_code == 200
    assert refused(member.send("POST", LOOKUPS, body, headers)) == (401, "replayed")
    repeat = member.ask(phones(1000), commitment=commitment)
    assert [each["shared"] for each in repeat.json()["candidates"]] == [[0]]
    assert refused(member.ask(phones(1001), commitment=commitment)) == (409, "asked_otherwise")
    assert left - _left(member) == 1


def _left(member: "Member") -> int:
    return next(each["left"] for each in member.get("/registry/v1/me").json()["budgets"] if each["cls"] == 1)


def test_a_batch_of_another_member_is_refused(member: "Member") -> None:
    assert refused(member.ask(phones(1000), member="honest")) == (403, "other_member")


def test_no_address_lists_entries_or_finds_one_by_its_id(member: "Member") -> None:
    described = requests.get(member.url + "/registry/openapi.json", timeout=10).json()
    asked = {"lookups", "additions", "centre", "me", "me/keys", "me/keys/{key}"}
    known = {path.partition("/registry/v1/")[2] for path in described["paths"] if "/v1/" in path}
    assert asked <= {path.replace("{id}", "{key}").replace("{key_id}", "{key}") for path in known}
    # what else there is: own reports, own letters and fees, searches for a stated case, the log of commitments
    others = {path.partition("/")[0] for path in known - asked if not path.startswith("me/")}
    assert others <= {"reports", "report-checks", "report-filings", "letters", "searches", "log"}
    for path in ("entries", "entries/E-1", "lookups", "postings", "rows", "members", "lookups/E-1"):
        answered = member.get("/registry/v1/" + path)
        assert refused(answered) in {(404, "not_found"), (405, "method")}


def test_additions_of_everything_tell_of_nobody(member: "Member", stock: "Stock") -> None:
    told = member.get("/registry/v1/additions?after=0").json()
    values = base64.b64decode(told["added"][0]["values"])
    pieces = [values[place : place + 6] for place in range(0, len(values), 6)]
    assert len(values) % 6 == 0
    assert pieces == sorted(pieces)
    unkeyed = {digest(raw)[:6] for _, raw in stock.tokens[0] for digest in (_sha256, _md5)}
    assert not unkeyed & set(pieces)


def _sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _md5(raw: bytes) -> bytes:
    return hashlib.md5(raw).digest()


def test_a_full_disk_is_refused_as_unavailable_and_costs_nothing(shared: "Centre", member: "Member") -> None:
    functions = until(lambda: shared.processes_of(PRF), "the keyed function runs")
    left = _left(member)
    with _no_room(functions):
        answered = member.ask(phones(1000))
        assert refused(answered) == (503, "unavailable")
        assert answered.json()["retry_after_s"] > 0
        assert refused(member.ask(phones(1001))) == (503, "unavailable")
    assert member.ask(phones(1000)).status_code == 200
    assert left - _left(member) == 1


@contextmanager
def _no_room(processes: Sequence[int]) -> Iterator[None]:
    """While it lasts, the processes can make no file longer, as on a full disk."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in processes}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
    yield
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_keyed_function_that_died_between_two_batches_is_missed_clearly_and_comes_back(
    shared: "Centre", member: "Member"
) -> None:
    commitment = base64.b64encode(secrets.token_bytes(16)).decode()
    first = member.ask(phones(1000), commitment=commitment).json()
    shared.kill(PRF)
    answered = member.ask(phones(1001))
    if answered.status_code != 200:  # else it came back sooner than we asked
        assert refused(answered) == (503, "unavailable")
    give_up_at = time.monotonic() + 60
    while member.ask(phones(1000), commitment=commitment).status_code != 200:
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    again = member.ask(phones(1000), commitment=commitment).json()
    assert [_told(first), json.loads(member.ask(phones(2000)).text)["candidates"]] == [_told(again), []]


def _told(answer: Any) -> Any:
    """What an answer says, but for the handle that each answer draws anew."""
    return [{name: value for name, value in each.items() if name != "handle"} for each in answer["candidates"]]
