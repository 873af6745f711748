"""The centre's answers: what is told of whom, what is refused, and what never leaves."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
import structlog
from structlog.testing import LogCapture

from shopguard.errors import SignatureInvalid, StoreUnavailable
from shopguard.identity import Token
from shopguard.model import Category
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index import Index
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    ME,
    MY_KEYS,
    WATCH_BYTES,
    CandidateShape,
    EpochShape,
    Me,
    NewKey,
    RefusalShape,
)
from shopguard.registry.messages import (
    Centre as CentreShape,
)
from shopguard.registry.prf.function import Evaluated, KeyedFunction, MemberStanding
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.sealing import seal
from shopguard.registry.signing import SignedRequest, Signer, key_id_of, verify

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, OTHER_PHONE = Token(1, 1, 1, "+819000001111"), Token(1, 1, 1, "+819000002222")
EMAIL, OTHER_EMAIL = Token(1, 2, 2, "taro@example.jp"), Token(1, 2, 2, "hanako@example.jp")
NAME_HOUSE, NAME_CITY = Token(1, 2, 3, "山田太郎|港区芝公園-4-2-8"), Token(1, 2, 11, "山田太郎|港区")
ADDRESS = Token(1, 3, 4, "港区芝公園-4-2-8")


def filler(count: int, cls: int = 2, type_: int = 13) -> list[Token]:
    return [Token(1, cls, type_, f"誰でもない{at}") for at in range(count)]


# What is told


def test_a_listed_buyer_is_found_and_told_of_exactly(either_centre: "Centre") -> None:
    listed = either_centre.add("E-1", PHONE, EMAIL, ADDRESS, may_hold=False)
    answer = either_centre.look_up(OTHER_EMAIL, PHONE, NAME_CITY, EMAIL)
    assert answer.candidates == (
        CandidateShape(
            handle="E-1",
            shared=(1, 3),
            fields=("email", "phone"),
            category=Category.UNPAID,
            reporters=4,
            last_on=date(2026, 8, 14),
            may_hold=False,
            opened=True,
            unopened=listed.handle.hex(),
        ),
    )
    assert (answer.hot, answer.epoch, answer.current, answer.live) == ((), 1, 1, (1,))


def test_a_stranger_meets_nobody(either_centre: "Centre") -> None:
    either_centre.add("E-1", PHONE, EMAIL)
    assert either_centre.look_up(OTHER_PHONE, OTHER_EMAIL, ADDRESS).candidates == ()


@pytest.mark.parametrize("alone", [PHONE, EMAIL, ADDRESS, NAME_CITY])
def test_one_group_learns_only_that_there_is_an_entry(centre: "Centre", alone: Token) -> None:
    listed = centre.add("E-1", PHONE, EMAIL, ADDRESS, NAME_CITY)
    (found,) = centre.look_up(OTHER_PHONE, alone).candidates
    assert found == CandidateShape(
        handle=listed.handle.hex(),
        shared=(1,),
        fields=("email", "phone"),
        category=Category.OTHER,
        reporters=3,
        last_on=date(2026, 8, 1),
        may_hold=True,
        opened=False,
    )


def test_two_tokens_of_one_group_open_nothing(centre: "Centre") -> None:
    centre.add("E-1", PHONE, OTHER_PHONE, ADDRESS, NAME_CITY)
    assert [found.opened for found in centre.look_up(PHONE, OTHER_PHONE).candidates] == [False]
    assert [found.opened for found in centre.look_up(ADDRESS, NAME_CITY).candidates] == [False]


def test_name_and_house_open_alone(centre: "Centre") -> None:
    centre.add("E-1", PHONE, NAME_HOUSE)
    (found,) = centre.look_up(NAME_HOUSE).candidates
    assert (found.handle, found.category, found.opened) == ("E-1", Category.UNPAID, True)


def test_two_entries_that_each_share_one_token_stay_closed(centre: "Centre") -> None:
    one, other = centre.add("E-1", PHONE), centre.add("E-2", EMAIL)
    answer = centre.look_up(PHONE, EMAIL)
    assert {found.handle for found in answer.candidates} == {one.handle.hex(), other.handle.hex()}
    assert not any(found.opened for found in answer.candidates)


def test_who_shares_most_comes_first(centre: "Centre") -> None:
    centre.add("E-1", PHONE, ADDRESS)
    centre.add("E-2", PHONE, EMAIL, NAME_HOUSE)
    centre.add("E-3", NAME_HOUSE)
    assert centre.handles(PHONE, EMAIL, NAME_HOUSE, ADDRESS) == ["E-2", "E-1", "E-3"]


def test_positions_follow_the_order_asked(centre: "Centre") -> None:
    tokens = [PHONE, EMAIL, NAME_HOUSE, ADDRESS, *filler(11)]
    centre.add("E-1", PHONE, EMAIL, NAME_HOUSE, ADDRESS)
    shuffled = random.Random(7).sample(tokens, len(tokens))
    (found,) = centre.look_up(*shuffled).candidates
    assert {shuffled[at] for at in found.shared} == {PHONE, EMAIL, NAME_HOUSE, ADDRESS}
    assert list(found.shared) == sorted(found.shared)


def test_a_full_batch_is_answered(centre: "Centre") -> None:
    centre.add("E-1", *filler(20))
    (found,) = centre.look_up(PHONE, OTHER_PHONE, *filler(30)).candidates
    assert found.shared == tuple(range(2, 22))


def test_a_token_that_too_many_share_says_nothing(either_centre: "Centre") -> None:
    for number in range(65):
        either_centre.add(f"E-{number}", ADDRESS)
    either_centre.add("E-65", PHONE, ADDRESS)
    answer = either_centre.look_up(PHONE, ADDRESS)
    assert answer.hot == (1,)
    assert [(found.shared, found.opened) for found in answer.candidates] == [((0,), False)]


def test_an_answer_says_when_it_was_true_and_how_long_it_may_be_used(centre: "Centre") -> None:
    answer = centre.look_up(PHONE)
    assert (answer.as_of, answer.expires_at) == (centre.now, centre.now + timedelta(days=3))
    centre.serve(answer_valid=timedelta(hours=1))
    assert centre.look_up(PHONE).expires_at == centre.now + timedelta(hours=1)


def test_an_answer_says_by_what_a_later_entry_would_be_noticed(centre: "Centre") -> None:
    centre.epoch(2, EpochState.LIVE)
    asked = [PHONE, EMAIL]
    watch = {item.epoch: item.values for item in centre.look_up(*asked, epoch=1).watch}
    assert watch == {
        number: tuple(at.locator[:WATCH_BYTES] for at in centre.places(asked, number)) for number in (1, 2)
    }


# What is not served


def test_a_blocked_entry_is_not_served_though_its_rows_are_there(either_centre: "Centre") -> None:
    listed = either_centre.add("E-1", PHONE, EMAIL)
    either_centre.add("E-2", PHONE, EMAIL)
    either_centre.index.block(listed.handle)
    assert either_centre.handles(PHONE, EMAIL) == ["E-2"]
    assert len(either_centre.handles(PHONE)) == 1
    either_centre.index.unblock(listed.handle)
    assert sorted(either_centre.handles(PHONE, EMAIL)) == ["E-1", "E-2"]


def test_a_block_is_seen_at_once_and_in_every_epoch(centre: "Centre") -> None:
    centre.epoch(2)
    listed = centre.add("E-1", PHONE, EMAIL)
    centre.add("E-1", PHONE, EMAIL, epoch=2, handle=listed.handle)
    assert centre.handles(PHONE, EMAIL, epoch=2) == ["E-1"]
    centre.index.block(listed.handle)
    assert centre.handles(PHONE, EMAIL) == centre.handles(PHONE, EMAIL, epoch=2) == []


def test_an_entry_blocked_while_it_is_opened_is_not_told(centre: "Centre") -> None:
    listed = centre.add("E-1", PHONE, EMAIL)

    class BlockedMeanwhile(Index):
        def fulls(self, epoch: int, t2_refs: Iterable[bytes]) -> Mapping[bytes, bytes]:
            self.block(listed.handle)
            return super().fulls(epoch, t2_refs)

    centre.serve(index=BlockedMeanwhile(centre.index_engine))
    assert centre.handles(PHONE, EMAIL) == []


def test_an_expired_entry_is_not_served(centre: "Centre") -> None:
    centre.add("E-1", PHONE, EMAIL, expires_on=date(2026, 11, 3))
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    centre.pass_time(86_400)
    assert centre.clock().date() == date(2026, 11, 3)
    assert centre.handles(PHONE, EMAIL) == centre.handles(PHONE) == []


def test_a_damaged_row_is_left_out_and_told_to_the_log_without_content(centre: "Centre", log: LogCapture) -> None:
    tokens = [PHONE, EMAIL]
    listed = centre.add("E-1", ADDRESS)
    sealed = seal(listed, tokens, centre.places(tokens), 1)
    first, second = sealed.rows
    centre.put(replace(sealed, rows=(replace(first, sealed=bytes(len(first.sealed))), second)))
    (found,) = centre.look_up(*tokens).candidates
    assert (len(found.shared), found.opened) == (1, False)
    assert log.entries == [{"event": "registry_rows_damaged", "log_level": "error", "epoch": 1, "rows": 1}]


def test_a_row_moved_to_another_token_is_not_served(centre: "Centre") -> None:
    listed = centre.add("E-1", ADDRESS)
    sealed = seal(listed, [PHONE], centre.places([PHONE]), 1)
    (elsewhere,) = centre.places([OTHER_PHONE])
    centre.put(replace(sealed, rows=(replace(sealed.rows[0], locator=elsewhere.locator),)))
    assert centre.handles(OTHER_PHONE) == []


def test_a_damaged_posting_tells_no_more_than_its_rows(centre: "Centre", log: LogCapture) -> None:
    tokens = [PHONE, EMAIL]
    listed = centre.add("E-1", ADDRESS)
    sealed = seal(listed, tokens, centre.places(tokens), 1)
    centre.put(replace(sealed, full=bytes(len(sealed.full))))
    (found,) = centre.look_up(*tokens).candidates
    assert (found.handle, found.shared, found.opened) == (listed.handle.hex(), (0, 1), False)
    assert log.entries == [{"event": "registry_postings_damaged", "log_level": "error", "epoch": 1, "postings": 1}]


# Epochs and rules of identity


def test_a_switch_of_epochs_goes_unnoticed(centre: "Centre") -> None:
    """Whatever the moment, an order that hits under the old epoch hits under the new one."""
    listed = centre.add("E-1", PHONE, EMAIL)
    assert centre.look_up(PHONE, EMAIL).current == 1
    centre.epoch(2, EpochState.PREPARING)
    centre.add("E-1", PHONE, EMAIL, epoch=2, handle=listed.handle)
    centre.epoch(2)
    assert centre.handles(PHONE, EMAIL, epoch=2) == ["E-1"], "asked before the service looked again"
    centre.epoch(1, EpochState.CLOSING)
    centre.pass_time(1)
    answer = centre.look_up(PHONE, EMAIL, epoch=1)
    assert [found.handle for found in answer.candidates] == ["E-1"]
    assert (answer.epoch, answer.current, answer.live) == (1, 2, (1, 2))


def test_an_identical_retry_after_a_switch_is_answered_uncharged(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=100)
    retried = bytes(16)
    centre.look_up(PHONE, EMAIL, member="shop-2", commitment=retried)
    before = centre.me("shop-2")
    centre.epoch(2)
    centre.look_up(PHONE, EMAIL, member="shop-2", commitment=retried, epoch=2)
    after = centre.me("shop-2")
    assert [budget.left for budget in after.budgets] == [budget.left for budget in before.budgets]


@pytest.mark.parametrize("state", [EpochState.PREPARING, EpochState.CLOSED])
def test_an_epoch_that_is_not_served_is_refused_with_the_current_one(centre: "Centre", state: EpochState) -> None:
    centre.epoch(2, state)
    centre.add("E-1", PHONE, EMAIL, epoch=2)
    refusal = centre.refused(PHONE, EMAIL, epoch=2)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 1)


def test_a_closed_epoch_is_refused_after_a_second(centre: "Centre") -> None:
    centre.epoch(2)
    centre.look_up(PHONE)
    centre.epoch(1, EpochState.CLOSED)
    centre.pass_time(1)
    refusal = centre.refused(PHONE, epoch=1)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 2)


def test_an_epoch_whose_seed_is_gone_is_refused_with_the_current_one(centre: "Centre") -> None:
    centre.epoch(2)
    centre.look_up(PHONE)
    centre.epoch(1, EpochState.CLOSED)
    centre.seeds.destroy(1)
    refusal = centre.refused(PHONE, epoch=1)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 2)


def test_tokens_of_other_rules_are_refused_before_they_cost_anything(centre: "Centre") -> None:
    centre.enrol("shop-2", daily_orders=100)
    newer = [Token(2, 1, 1, "+819000001111")]
    asked = bytes(16)
    refusal = centre.refused(*newer, member="shop-2", profile=2, commitment=asked)
    assert (refusal.code, refusal.current) == (Refusal.PROFILE, 1)
    assert all(budget.left == budget.size for budget in centre.me("shop-2").budgets)
    centre.look_up(PHONE, member="shop-2", commitment=asked)  # the batch is still free


def test_the_current_epoch_is_the_one_of_the_rules_asked_under(centre: "Centre") -> None:
    centre.epoch(2, profile=2)
    centre.add("E-1", PHONE, EMAIL)
    answer = centre.look_up(PHONE, EMAIL, epoch=1)
    assert (answer.current, answer.live, [watch.epoch for watch in answer.watch]) == (1, (1, 2), [1])
    refusal = centre.refused(PHONE, epoch=2)
    assert (refusal.code, refusal.current) == (Refusal.EPOCH, 1)
    assert centre.refused(PHONE, epoch=3).current == 1


def test_a_token_of_other_rules_than_its_batch_is_refused(centre: "Centre") -> None:
    assert centre.refused(PHONE, Token(2, 2, 2, "taro@example.jp")).code == Refusal.PROFILE


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


class Desk:
    """Keeps the keys of members in memory, as the office would."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    def add_key(self, member_id: str, public: bytes) -> Sequence[str]:
        self.asked.append((member_id, public))
        return (key_id_of(public), "0" * 16)

    def remove_key(self, member_id: str, key_id: str) -> Sequence[str]:
        self.asked.append((member_id, key_id))
        raise Refused(Refusal.FORBIDDEN, "the last key stays")


def test_a_member_adds_a_key_under_one_it_has(centre: "Centre") -> None:
    desk = Desk()
    centre.serve(desk)
    public = Signer.of_seed(bytes([3]) * 32).public
    answer = centre.proven(centre.request("POST", MY_KEYS, msgspec.json.encode(NewKey(public))))
    assert msgspec.json.decode(answer.body, type=Me).keys == (key_id_of(public), "0" * 16)
    assert desk.asked == [("shop-1", public)]


def test_what_the_desk_refuses_is_refused(centre: "Centre") -> None:
    desk = Desk()
    centre.serve(desk)
    refusal = centre.refusal(centre.request("DELETE", f"{MY_KEYS}/{'0' * 16}"))
    assert (refusal.code, desk.asked) == (Refusal.FORBIDDEN, [("shop-1", "0" * 16)])


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


# Parts that are away


class Away:
    """A keyed function that cannot be reached, or fails in a way that nobody thought of."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    registry_id = "example"

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        raise self._error

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        raise self._error

    def administer(self, request: SignedRequest) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    "error", [Refused(Refusal.UNAVAILABLE, "the keyed function is away", 2.0), RuntimeError(PHONE.value)]
)
def test_a_keyed_function_that_dies_between_two_batches_is_one_clear_refusal(
    centre: "Centre", log: LogCapture, error: Exception
) -> None:
    centre.add("E-1", PHONE, EMAIL)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    alive, away = centre.prf, Away(error)
    _: KeyedFunction = away
    centre.serve(prf=away)
    for request in (centre.request("POST", LOOKUPS, centre.batch(PHONE)), centre.request("GET", ME)):
        refusal = centre.refusal(request)
        assert refusal.code == Refusal.UNAVAILABLE
        assert refusal.retry_after_s is not None
        assert PHONE.value not in refusal.message
    assert PHONE.value not in repr(log.entries)
    centre.serve(prf=alive)
    assert centre.handles(PHONE, EMAIL) == ["E-1"]


@pytest.mark.parametrize("part", ["epochs", "find", "fulls", "blocked"])
@pytest.mark.parametrize(
    "error", [StoreUnavailable("the database cannot be used now"), ValueError("taro@example.jp")]
)
def test_a_store_that_is_away_is_one_clear_refusal(
    centre: "Centre", log: LogCapture, part: str, error: Exception
) -> None:
    centre.add("E-1", PHONE, EMAIL)

    def fail(*_: object) -> None:
        raise error

    centre.index = Index(centre.index_engine)
    setattr(centre.index, part, fail)
    centre.serve()
    refusal = centre.refused(PHONE, EMAIL)
    assert (refusal.code, refusal.retry_after_s) == (Refusal.UNAVAILABLE, 5.0)
    assert "taro" not in refusal.message + repr(log.entries)


def test_a_registry_without_an_epoch_says_so(centre: "Centre") -> None:
    centre.epoch(1, EpochState.PREPARING)
    centre.pass_time(1)
    assert centre.refusal(centre.request("GET", CENTRE)).code == Refusal.UNAVAILABLE
    assert centre.refused(PHONE).code == Refusal.PROFILE


def test_neither_logs_nor_answers_name_what_was_asked(centre: "Centre", log: LogCapture) -> None:
    listed = centre.add("E-1", PHONE, EMAIL)
    tokens = [PHONE, EMAIL, OTHER_EMAIL]
    answer = centre.proven(centre.request("POST", LOOKUPS, centre.batch(*tokens)))
    told = answer.body.decode() + repr(log.entries)
    for token, at in zip(tokens, centre.places(tokens), strict=True):
        assert token.value not in told
        assert at.locator.hex() not in told
        assert at.row_key.hex() not in told
    assert listed.reference in told


def test_the_list_of_epochs_is_read_once_a_second(centre: "Centre") -> None:
    read: list[int] = []

    class Counted(Index):
        def epochs(self) -> tuple[Epoch, ...]:
            read.append(1)
            return super().epochs()

    centre.serve(index=Counted(centre.index_engine))
    for _ in range(5):
        centre.look_up(PHONE)
    assert len(read) == 1
    centre.pass_time(1)
    centre.look_up(PHONE)
    assert len(read) == 2


@pytest.fixture
def log() -> LogCapture:
    """What is logged from here on."""
    capture = structlog.get_config()["processors"][-1]
    assert isinstance(capture, LogCapture)
    capture.entries.clear()
    return capture
