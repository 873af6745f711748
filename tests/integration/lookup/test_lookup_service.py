"""What a look-up tells of whom it meets, and whom it never tells of."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import LogCapture

from shopguard.identity import Token
from shopguard.model import Category, Effect
from shopguard.registry.epochs import EpochState
from shopguard.registry.index import Index
from shopguard.registry.messages import (
    LOOKUPS,
    WATCH_BYTES,
    CandidateShape,
)
from shopguard.registry.sealing import seal
from shopguard.storage.engine import writing

if TYPE_CHECKING:
    from tests.integration.lookup.conftest import Centre

PHONE, OTHER_PHONE = Token(1, 1, 1, "+819000001111"), Token(1, 1, 1, "+819000002222")
EMAIL, OTHER_EMAIL = Token(1, 2, 2, "taro@example.jp"), Token(1, 2, 2, "hanako@example.jp")
NAME_HOUSE, NAME_CITY = Token(1, 2, 3, "山田太郎|港区芝公園-4-2-8"), Token(1, 2, 11, "山田太郎|港区")
ADDRESS = Token(1, 3, 4, "港区芝公園-4-2-8")


def filler(count: int) -> list[Token]:
    return [Token(1, 2, 13, f"誰でもない{at}") for at in range(count)]


# What is told


def test_a_listed_buyer_is_found_and_told_of_exactly(either_centre: "Centre") -> None:
    listed = either_centre.add("E-1", PHONE, EMAIL, ADDRESS, effect=Effect.FLAG)
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
            effect=Effect.FLAG,
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
        effect=Effect.HOLD,
    )


def test_a_misused_name_is_told_as_such_and_never_opened(centre: "Centre") -> None:
    listed = centre.add("P-1", PHONE, EMAIL, NAME_HOUSE, reporters=1, effect=Effect.CONFIRM)
    (found,) = centre.look_up(PHONE, EMAIL, NAME_HOUSE).candidates
    assert found == CandidateShape(
        handle=listed.handle.hex(),
        shared=(0, 1, 2),
        fields=("email", "phone"),
        category=Category.OTHER,
        reporters=1,
        last_on=date(2026, 8, 1),
        may_hold=False,
        opened=False,
        effect=Effect.CONFIRM,
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
    with writing(either_centre.index.engine) as connection:
        either_centre.index.unblock(connection, [listed.handle])
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
    centre.now = datetime(2026, 11, 2, 14, 59, 59, tzinfo=UTC)  # the last second of the 2nd in Japan
    assert centre.handles(PHONE, EMAIL) == ["E-1"]
    centre.pass_time(1)
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


# What leaves


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
