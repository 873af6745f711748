"""What a look-up finds in the index, on both databases, and what is blocked."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopguard.registry.epochs import EpochState
from shopguard.registry.index import HOT, Index, IndexRows
from shopguard.registry.sealing import SEALED_FULL_BYTES
from shopguard.storage.engine import writing
from tests.integration.index.conftest import entry, put, set_state

# ── looking up ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_found_with_the_position_of_their_locator(index: Index) -> None:
    known, other = entry(), entry()
    put(index, known, other)
    (one, locator, sealed), (two, next_locator, next_sealed), _ = known.rows
    found = index.find(1, [os.urandom(16), next_locator, os.urandom(16), locator])
    assert found.rows == ((1, two, next_sealed), (3, one, sealed))
    assert found.hot == ()


def test_several_entries_at_one_locator_are_all_found(index: Index) -> None:
    locator = os.urandom(16)
    put(index, entry(locator), entry(locator))
    assert [row.position for row in index.find(1, [locator]).rows] == [0, 0]


def test_a_locator_asked_twice_is_answered_twice(index: Index) -> None:
    (number, locator, sealed) = entry().rows[0]
    put(index, IndexRows(os.urandom(16), bytes(SEALED_FULL_BYTES), ((number, locator, sealed),)))
    assert index.find(1, [locator, locator]).rows == ((0, number, sealed), (1, number, sealed))


def test_look_ups_of_every_length_find_all(index: Index) -> None:
    locators = [os.urandom(16) for _ in range(32)]
    put(index, entry(*locators))
    for asked in range(1, 33):
        assert [row.position for row in index.find(1, locators[:asked]).rows] == list(range(asked))


def test_nothing_asked_finds_nothing(index: Index) -> None:
    assert index.find(1, []).rows == ()


def test_one_look_up_has_at_most_32_locators(index: Index) -> None:
    with pytest.raises(ValueError, match="32"):
        index.find(1, [os.urandom(16)] * 33)


def test_what_is_committed_is_found_by_the_next_look_up(index: Index) -> None:
    later = entry()
    locators = [locator for _, locator, _ in later.rows]
    assert index.find(1, locators).rows == ()
    put(index, later)
    assert len(index.find(1, locators).rows) == 3


@pytest.mark.parametrize(("rows", "is_hot"), [(64, False), (65, True), (66, True)])
def test_a_locator_of_65_rows_is_hot_and_none_of_them_is_used(index: Index, rows: int, is_hot: bool) -> None:
    crowded, quiet = os.urandom(16), os.urandom(16)
    put(index, *(entry(crowded) for _ in range(rows)), entry(quiet))
    found = index.find(1, [crowded, quiet])
    assert found.hot == ((0,) if is_hot else ())
    assert [row.position for row in found.rows] == ([1] if is_hot else [0] * 64 + [1])


def test_rows_of_many_crowded_locators_are_not_hot_together(index: Index) -> None:
    locators = [os.urandom(16) for _ in range(3)]
    put(index, *(entry(*locators) for _ in range(40)))
    found = index.find(1, locators)
    assert found.hot == ()
    assert len(found.rows) == 120


def test_a_row_is_found_in_its_own_epoch_alone(index: Index) -> None:
    locator = os.urandom(16)
    old, new = entry(locator), entry(locator)
    put(index, old, epoch=1)
    put(index, new, epoch=2)
    assert [row.number for row in index.find(1, [locator]).rows] == [old.rows[0][0]]
    assert [row.number for row in index.find(2, [locator]).rows] == [new.rows[0][0]]
    assert index.find(3, [locator]).rows == ()


def test_rows_of_one_epoch_do_not_make_a_locator_hot_in_another(index: Index) -> None:
    locator = os.urandom(16)
    put(index, *(entry(locator) for _ in range(HOT)), epoch=1)
    put(index, entry(locator), epoch=2)
    assert index.find(2, [locator]).hot == ()


def test_full_postings_are_given_by_reference_and_epoch(index: Index) -> None:
    known = [entry() for _ in range(40)]  # more than one statement takes
    put(index, *known)
    refs = [each.t2_ref for each in known]
    assert index.fulls(1, [os.urandom(16), *refs]) == {each.t2_ref: each.full for each in known}
    assert index.fulls(2, refs) == {}
    assert index.fulls(1, []) == {}


def test_many_threads_look_up_at_once(index: Index) -> None:
    known = [entry() for _ in range(20)]
    put(index, *known)

    def numbers(each: IndexRows) -> list[int]:
        return [row.number for row in index.find(1, [locator for _, locator, _ in each.rows]).rows]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(numbers, known * 5)) == [[row[0] for row in each.rows] for each in known] * 5


# ── blocking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_blocked_handles_are_named_until_they_are_unblocked(index: Index) -> None:
    mine, other = os.urandom(16), os.urandom(16)
    index.block(mine)
    index.block(mine)
    assert index.blocked([other, mine]) == {mine}
    with writing(index.engine) as connection:
        index.unblock(connection, [mine])
    assert index.blocked([mine]) == frozenset()
    assert index.blocked([]) == frozenset()


def test_a_block_is_committed_on_return(index: Index) -> None:
    handle = os.urandom(16)
    index.block(handle)
    assert Index(index.engine).blocked([handle]) == {handle}


def test_a_block_outlives_that_the_entry_is_put_again_and_its_epoch_purged(index: Index) -> None:
    handle, listed = os.urandom(16), entry()
    put(index, listed)
    index.block(handle)
    put(index, listed)
    set_state(index, EpochState.CLOSED)
    index.purge(1)
    assert index.blocked([handle]) == {handle}
