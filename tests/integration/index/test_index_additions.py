"""What the index tells of new entries: pieces of their locators among random ones, each once."""

import os

import pytest
import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.registry.epochs import EpochState
from shopguard.registry.index import Index
from shopguard.registry.messages import WATCH_BYTES
from shopguard.storage.engine import writing
from tests.integration.index.conftest import NOW, entry, put, set_state

STEP_BYTES = 1_024 * WATCH_BYTES


def pieces(values: bytes) -> list[bytes]:
    return [values[at : at + WATCH_BYTES] for at in range(0, len(values), WATCH_BYTES)]


def test_additions_hold_a_piece_of_each_new_locator_among_random_ones(index: Index) -> None:
    listed = [entry() for _ in range(5)]
    put(index, *listed, added_at=NOW)
    (added,) = index.additions(0, 1_000_000).added
    told = pieces(added.values)
    assert added.epoch == 1
    assert len(told) == 1_024
    assert told == sorted(told)
    assert {locator[:WATCH_BYTES] for each in listed for _, locator, _ in each.rows} <= set(told)


def test_the_same_entries_are_told_among_other_random_pieces(index: Index) -> None:
    locator = os.urandom(16)
    put(index, entry(locator), added_at=NOW)
    put(index, entry(locator), added_at=NOW)
    first, second = (set(pieces(added.values)) for added in index.additions(0, 1_000_000).added)
    assert first & second == {locator[:WATCH_BYTES]}


@pytest.mark.parametrize(("locators", "told"), [(1_023, 1_024), (1_024, 1_024), (1_025, 2_048)])
def test_additions_are_padded_to_whole_steps(index: Index, locators: int, told: int) -> None:
    put(index, entry(*(os.urandom(16) for _ in range(locators))), added_at=NOW)
    (added,) = index.additions(0, 1_000_000).added
    assert len(added.values) == told * WATCH_BYTES


def test_a_locator_that_several_new_entries_share_is_told_once(index: Index) -> None:
    shared = os.urandom(16)
    put(index, entry(shared), entry(shared), added_at=NOW)
    (added,) = index.additions(0, 1_000_000).added
    assert pieces(added.values).count(shared[:WATCH_BYTES]) == 1
    assert len(set(pieces(added.values))) == 1_024


def test_entries_sealed_anew_are_not_told(index: Index) -> None:
    put(index, entry())
    assert index.additions(0, 1_000_000).added == ()


def test_additions_are_paged_and_never_told_twice(index: Index) -> None:
    for epoch in (1, 2, 3, 4, 5):
        put(index, entry(), epoch=epoch, added_at=NOW)
    first = index.additions(0, 2 * STEP_BYTES)
    second = index.additions(first.next, 2 * STEP_BYTES + 1)
    third = index.additions(second.next, 2 * STEP_BYTES)
    assert [[added.epoch for added in page.added] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert (first.more, second.more, third.more) == (True, True, False)
    last = index.additions(third.next, 1)
    assert (last.next, last.more, last.added) == (third.next, False, ())


def test_an_addition_larger_than_a_page_is_told_alone(index: Index) -> None:
    put(index, entry(), added_at=NOW)
    put(index, entry(), added_at=NOW)
    page = index.additions(0, 1)
    assert (len(page.added), page.more) == (1, True)


def test_old_additions_are_forgotten(index: Index) -> None:
    put(index, entry(), epoch=1, added_at=NOW)
    put(index, entry(), epoch=2, added_at=NOW + 10)
    put(index, entry(), epoch=3, added_at=NOW + 20)
    index.forget_additions(NOW + 10)
    assert [added.epoch for added in index.additions(0, 1_000_000).added] == [2, 3]


def test_the_newest_position_is_known_when_all_is_forgotten_or_purged(index: Index) -> None:
    set_state(index, EpochState.CLOSED)
    put(index, entry(), added_at=NOW)
    put(index, entry(), added_at=NOW)
    newest = index.additions(0, 1_000_000).next
    index.purge(1)
    index.forget_additions(NOW + 1)
    assert index.additions(0, 1_000_000).added == ()
    assert index.additions(newest, 1_000_000).next == newest
    put(index, entry(), epoch=2, added_at=NOW)
    assert [added.epoch for added in index.additions(newest, 1_000_000).added] == [2]


def test_a_position_not_reached_yet_is_answered_with_the_newest(index: Index) -> None:
    assert index.additions(10**18 - 1, 1).next == 0
    put(index, entry(), added_at=NOW)
    newest = index.additions(0, 1).next
    assert index.additions(10**18 - 1, 1).next == newest


def test_additions_get_their_positions_in_the_order_of_the_commits(postgres: sa.Engine) -> None:
    index = Index(postgres)

    def overtake() -> None:
        with writing(postgres) as second:
            second.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
            index.put(second, 1, [entry()], NOW)

    with writing(postgres) as first:
        index.put(first, 1, [entry()], NOW)
        with pytest.raises(StoreUnavailable):
            overtake()
    overtake()
    assert len(index.additions(0, 1_000_000).added) == 2
