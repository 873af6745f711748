"""Who may ask what: proof, budgets, a member's own standing and keys, and what everybody may know."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from structlog.testing import LogCapture

from shopguard.crypto import Keyring
from shopguard.errors import SignatureInvalid
from shopguard.identity import Token
from shopguard.registry.epochs import EpochState
from shopguard.registry.log import Log
from shopguard.registry.members import Members
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    ME,
    MY_KEYS,
    WATCH_BYTES,
    EpochShape,
    Me,
    NewKey,
    RefusalShape,
)
from shopguard.registry.messages import (
    Centre as CentreShape,
)
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import Signer, verify
from shopguard.registry.stores import migrate_store, open_store

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, EMAIL = Token(1, 1, 1, "+819000001111"), Token(1, 2, 2, "taro@example.jp")
OTHER_EMAIL, NAME_HOUSE = Token(1, 2, 2, "hanako@example.jp"), Token(1, 2, 3, "山田太郎|港区芝公園-4-2-8")


def filler(count: int, cls: int = 2, type_: int = 13) -> list[Token]:
    return [Token(1, cls, type_, f"誰でもない{at}") for at in range(count)]


# Who asks


def test_the_answer_to_another_request_does_not_pass(centre: "Centre") -> None:
    one = centre.request("POST", LOOKUPS, centre.batch(PHONE))
    other = centre.request("POST", LOOKUPS, centre.batch(PHONE))
    answer, public = centre.proven(one), centre.answer_keys.signer.public
    for changed in (replace(answer, nonce=other.nonce), replace(answer, body=answer.body + b" ")):
        with pytest.raises(SignatureInvalid):
            verify(changed, public)
    with pytest.raises(SignatureInvalid):
        verify(replace(answer, status=500), public)


def test_a_replayed_request_is_refused(centre: "Centre") -> None:
    request = centre.request("POST", LOOKUPS, centre.batch(PHONE))
    assert centre.proven(request).status == 200
    assert centre.refusal(request).code == Refusal.REPLAYED


@pytest.mark.parametrize("off_s", [-301, 301])
def test_a_wrong_clock_is_refused_with_the_right_time(centre: "Centre", off_s: int) -> None:
    body, now = centre.batch(PHONE), int(centre.now.timestamp())
    request = centre.members["shop-1"].request("POST", LOOKUPS, body, "shop-1", now + off_s)
    refusal = centre.refusal(request)
    assert (refusal.code, refusal.time) == (Refusal.CLOCK, centre.now)


def test_an_unknown_member_a_key_of_another_and_a_changed_body_are_refused_alike(centre: "Centre") -> None:
    centre.enrol("shop-2")
    request = centre.request("POST", LOOKUPS, centre.batch(PHONE))
    now = int(centre.now.timestamp())
    nobody = centre.members["shop-1"].request("POST", LOOKUPS, centre.batch(PHONE, member="shop-9"), "shop-9", now)
    other_key = centre.members["shop-2"].request("POST", LOOKUPS, centre.batch(PHONE), "shop-1", now)
    refusals = [centre.refusal(wrong) for wrong in (replace(request, body=centre.batch(EMAIL)), nobody, other_key)]
    assert {refusal.code for refusal in refusals} == {Refusal.NOT_AUTHENTICATED}
    assert len({refusal.message for refusal in refusals}) == 1


def test_a_batch_of_another_member_is_refused(centre: "Centre") -> None:
    centre.enrol("shop-2")
    request = centre.request("POST", LOOKUPS, centre.batch(PHONE, member="shop-2"), "shop-1")
    assert centre.refusal(request).code == Refusal.OTHER_MEMBER


def test_a_second_batch_for_the_same_order_is_refused(centre: "Centre") -> None:
    centre.look_up(PHONE, commitment=bytes(16))
    assert centre.refused(PHONE, EMAIL, commitment=bytes(16)).code == Refusal.ASKED_OTHERWISE


def test_too_much_at_once_is_refused(centre: "Centre") -> None:
    phones = [Token(1, 1, 1, f"+8190000011{at:02}") for at in range(5)]
    assert centre.refused(*filler(33)).code == Refusal.TOO_MANY_TOKENS
    assert centre.refused(*filler(9, cls=3, type_=4)).code == Refusal.TOO_MANY_TOKENS
    assert centre.refused(*phones).code == Refusal.TOO_MANY_TOKENS


def test_a_suspended_member_learns_nothing_on_any_route(centre: "Centre") -> None:
    centre.set_state("shop-1", "suspended")
    assert centre.refused(PHONE).code == Refusal.SUSPENDED
    for method, path in (("GET", ADDITIONS), ("GET", ME), ("POST", MY_KEYS), ("DELETE", f"{MY_KEYS}/{'0' * 16}")):
        assert centre.refusal(centre.request(method, path)).code == Refusal.SUSPENDED


def test_a_member_that_asks_too_much_is_stopped_and_told_when_to_ask_again(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=50)
    codes = []
    for at in range(400):
        tokens = [Token(1, 1, 1, f"+8190{at:04}{one:04}") for one in range(4)]
        request = centre.request("POST", LOOKUPS, centre.batch(*tokens, member="shop-2"), "shop-2")
        answer = centre.proven(request)
        if answer.status == 429:
            refusal = msgspec.json.decode(answer.body, type=RefusalShape)
            codes.append(refusal.code)
            if refusal.code == Refusal.BUDGET_SPENT:
                assert refusal.retry_after_s is None
                break
            assert refusal.retry_after_s is not None
            centre.pass_time(refusal.retry_after_s)
    assert codes[-1] == Refusal.BUDGET_SPENT
    assert Refusal.SLOW_DOWN in codes
    asked = (centre.request("GET", ME, member=member) for member in ("shop-2", "shop-1"))
    assert [msgspec.json.decode(centre.proven(request).body, type=Me).stopped for request in asked] == [True, False]


# The other routes


def test_the_centre_says_what_is_public_to_whoever_asks(centre: "Centre") -> None:
    centre.epoch(2, profile=2)
    now = int(centre.now.timestamp())
    answer = centre.proven(Signer.of_seed(bytes([5]) * 32).request("GET", CENTRE, b"", "nobody", now - 9_999))
    assert answer.status == 200
    told = msgspec.json.decode(answer.body, type=CentreShape)
    epochs = (EpochShape(1, 1), EpochShape(2, 2))
    assert told == CentreShape("example", "plain", 2, epochs, centre.answer_keys.publics)


def test_a_new_answer_key_is_announced_and_then_used_without_a_restart(centre: "Centre") -> None:
    old = centre.answer_keys.signer.key_id
    new = centre.answer_keys.rotate(timedelta(hours=1))
    announced = centre.proven(centre.request("GET", CENTRE))
    assert announced.key_id == old
    assert new.signer.public in msgspec.json.decode(announced.body, type=CentreShape).answer_keys
    centre.pass_time(3_600)
    assert centre.proven(centre.request("GET", CENTRE)).key_id == new.id


def test_answers_are_signed_on_while_the_key_file_cannot_be_read(centre: "Centre", log: LogCapture) -> None:
    centre.look_up(PHONE)
    aside = centre.answer_keys_path.rename(centre.answer_keys_path.with_suffix(".aside"))
    answer = centre.service.handle(centre.request("GET", ME))
    aside.rename(centre.answer_keys_path)
    verify(answer, centre.answer_keys.signer.public)
    assert answer.status == 200
    assert [entry["event"] for entry in log.entries] == ["registry_answer_keys_unreadable"]


def test_a_member_sees_its_own_standing_and_budgets(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=100)
    centre.look_up(PHONE, EMAIL, NAME_HOUSE, member="shop-2")
    told = centre.me("shop-2")
    assert (told.member, told.state, told.daily_orders) == ("shop-2", "active", 100)
    assert told.keys == (centre.members["shop-2"].key_id,)
    assert {budget.cls: budget.size - budget.left for budget in told.budgets} == {1: 1, 2: 2, 3: 0}


def test_additions_tell_what_a_guard_watches_for(either_centre: "Centre") -> None:
    before = either_centre.additions()
    assert (before.added, before.more) == ((), False)
    either_centre.add("E-1", PHONE, EMAIL)
    told = either_centre.additions(before.next)
    (added,) = told.added
    pieces = {added.values[at : at + WATCH_BYTES] for at in range(0, len(added.values), WATCH_BYTES)}
    watched = either_centre.look_up(PHONE, OTHER_EMAIL).watch[0].values
    assert [value in pieces for value in watched] == [True, False]
    assert either_centre.additions(told.next).added == ()


def test_additions_of_an_epoch_that_is_not_served_are_not_told(centre: "Centre") -> None:
    centre.epoch(2, EpochState.PREPARING)
    centre.add("E-1", PHONE)
    centre.add("E-1", PHONE, epoch=2)
    told = centre.additions()
    assert [added.epoch for added in told.added] == [1]
    assert centre.additions(told.next).next == told.next


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=", "after=1&after=2", "before=1", "after=1e3", "=", "&"]
)
def test_a_position_that_was_never_handed_out_is_unreadable(centre: "Centre", query: str) -> None:
    refusal = centre.refusal(centre.request("GET", f"{ADDITIONS}?{query}"))
    assert refusal.code == Refusal.UNREADABLE


def test_an_address_or_method_that_is_not_there_is_refused(centre: "Centre") -> None:
    for path in ("/", "/registry/v1/lookups/", "/registry/v1/me/keys/a/b/../..", f"{LOOKUPS}/1"):
        assert centre.refusal(centre.request("POST", path, b"{}")).code in (Refusal.NOT_FOUND, Refusal.METHOD)
    for method, path in (
        ("GET", LOOKUPS),
        ("POST", ADDITIONS),
        ("PUT", ME),
        ("GET", MY_KEYS),
        ("POST", f"{MY_KEYS}/1"),
    ):
        assert centre.refusal(centre.request(method, path)).code == Refusal.METHOD


# Keys of a member


@pytest.fixture
def members(centre: "Centre", tmp_path: Path, keyring: Keyring) -> Iterator[Members]:
    """The office's own book of members, told to the keyed function as it changes."""
    engines = {}
    for store in ("vault", "log"):
        engines[store] = open_store(store, tmp_path)
        migrate_store(engines[store], store)
    log = Log(engines["log"], lambda: centre.now.timestamp())
    yield Members(engines["vault"], keyring, centre.prf, centre.office, log, clock=lambda: centre.now.timestamp())
    for engine in engines.values():
        engine.dispose()


class Desk:
    """Keeps no keys, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    def add_key(self, member_id: str, public: bytes) -> Sequence[str]:
        self.asked.append((member_id, public))
        return ("0" * 16,)

    def remove_key(self, member_id: str, key_id: str) -> Sequence[str]:
        self.asked.append((member_id, key_id))
        raise Refused(Refusal.NOT_FOUND, "no such key")


def test_a_member_changes_its_key_without_a_gap(centre: "Centre", members: Members) -> None:
    old, new = Signer.of_seed(bytes([2]) * 32), Signer.of_seed(bytes([3]) * 32)
    members.create("shop-2", "Example Shop", old.public)
    centre.serve(members)
    centre.members["shop-2"] = old
    added = centre.proven(centre.request("POST", MY_KEYS, msgspec.json.encode(NewKey(new.public)), "shop-2"))
    assert set(msgspec.json.decode(added.body, type=Me).keys) == {old.key_id, new.key_id}
    centre.look_up(PHONE, member="shop-2")
    centre.members["shop-2"] = new
    centre.look_up(PHONE, member="shop-2")
    removed = centre.proven(centre.request("DELETE", f"{MY_KEYS}/{old.key_id}", member="shop-2"))
    assert msgspec.json.decode(removed.body, type=Me).keys == (new.key_id,)
    centre.look_up(PHONE, member="shop-2")
    centre.members["shop-2"] = old
    assert centre.refused(PHONE, member="shop-2").code == Refusal.NOT_AUTHENTICATED


def test_the_last_key_stays(centre: "Centre", members: Members) -> None:
    signer = Signer.of_seed(bytes([2]) * 32)
    members.create("shop-2", "Example Shop", signer.public)
    centre.serve(members)
    centre.members["shop-2"] = signer
    refusal = centre.refusal(centre.request("DELETE", f"{MY_KEYS}/{signer.key_id}", member="shop-2"))
    assert refusal.code == Refusal.FORBIDDEN
    centre.look_up(PHONE, member="shop-2")


def test_a_key_of_another_member_is_not_removed(centre: "Centre", members: Members) -> None:
    mine, other = Signer.of_seed(bytes([2]) * 32), Signer.of_seed(bytes([3]) * 32)
    members.create("shop-2", "Example Shop", mine.public)
    members.create("shop-3", "Another Shop", other.public)
    centre.serve(members)
    centre.members |= {"shop-2": mine, "shop-3": other}
    refusal = centre.refusal(centre.request("DELETE", f"{MY_KEYS}/{other.key_id}", member="shop-2"))
    assert refusal.code == Refusal.NOT_FOUND
    centre.look_up(PHONE, member="shop-3")


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_not_taken(centre: "Centre", members: Members, public: bytes) -> None:
    signer = Signer.of_seed(bytes([2]) * 32)
    members.create("shop-2", "Example Shop", signer.public)
    centre.serve(members)
    centre.members["shop-2"] = signer
    body = msgspec.json.encode(NewKey(public))
    assert centre.refusal(centre.request("POST", MY_KEYS, body, "shop-2")).code == Refusal.UNREADABLE


def test_a_key_is_not_changed_by_somebody_else(centre: "Centre") -> None:
    desk = Desk()
    centre.serve(desk)
    now = int(centre.now.timestamp())
    forged = Signer.of_seed(bytes([4]) * 32).request(
        "POST", MY_KEYS, msgspec.json.encode(NewKey(bytes(32))), "shop-1", now
    )
    assert centre.refusal(forged).code == Refusal.NOT_AUTHENTICATED
    assert desk.asked == []


@pytest.mark.parametrize("body", [b"", b"{}", b'{"public": 1}', b'{"public": "AA==", "more": 1}', b"\xff"])
def test_an_unreadable_key_never_reaches_the_desk(centre: "Centre", body: bytes) -> None:
    desk = Desk()
    centre.serve(desk)
    assert centre.refusal(centre.request("POST", MY_KEYS, body)).code == Refusal.UNREADABLE
    assert desk.asked == []


def test_without_a_desk_keys_are_changed_at_the_office(centre: "Centre") -> None:
    body = msgspec.json.encode(NewKey(bytes(32)))
    assert centre.refusal(centre.request("POST", MY_KEYS, body)).code == Refusal.FORBIDDEN
