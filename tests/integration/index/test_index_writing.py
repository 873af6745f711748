"""What is put into the index, taken out of it and purged, and what a stolen copy does not say."""

import os

import pytest
import sqlalchemy as sa

from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index import Index, IndexRows
from shopguard.registry.sealing import SEALED_FULL_BYTES, SEALED_ROW_BYTES
from shopguard.storage.engine import writing
from tests.integration.index.conftest import NOW, contents, entry, put, set_state

# ── putting in and taking out ───────────────────────────────────────────────────────────────────────────────────────


def test_putting_twice_is_putting_once(index: Index) -> None:
    listed = [entry(), entry()]
    put(index, *listed, added_at=NOW)
    before = contents(index.engine)
    put(index, *listed, added_at=NOW)
    assert contents(index.engine) == before


def test_the_same_numbers_put_again_replace_what_was_sealed(index: Index) -> None:
    old = entry()
    rows = tuple((number, locator, os.urandom(SEALED_ROW_BYTES)) for number, locator, _ in old.rows)
    new = IndexRows(old.t2_ref, os.urandom(SEALED_FULL_BYTES), rows)
    put(index, old)
    put(index, new)
    found = index.find(1, [locator for _, locator, _ in rows])
    assert [row.sealed for row in found.rows] == [sealed for _, _, sealed in rows]
    assert index.fulls(1, [old.t2_ref]) == {old.t2_ref: new.full}


def test_a_large_batch_is_put_whole(index: Index) -> None:
    listed = [entry(*(os.urandom(16) for _ in range(15))) for _ in range(1_500)]
    put(index, *listed)
    size = index.size(1)
    assert (size.rows, size.fulls) == (22_500, 1_500)
    last = listed[-1].rows[-1]
    assert index.find(1, [last[1]]).rows == ((0, last[0], last[2]),)


def test_what_is_put_in_a_transaction_that_fails_is_not_there(index: Index) -> None:
    listed = entry()

    def fail() -> None:
        with writing(index.engine) as connection:
            index.put(connection, 1, [listed], NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert all(not rows for rows in contents(index.engine).values())


def test_removing_takes_exactly_the_rows_and_postings_named(index: Index) -> None:
    shared = os.urandom(16)
    gone, stays = entry(shared, os.urandom(16)), entry(shared, os.urandom(16))
    put(index, gone, stays)
    put(index, in_next := entry(shared), epoch=2)
    with writing(index.engine) as connection:
        index.remove(connection, 1, [(number, locator) for number, locator, _ in gone.rows], [gone.t2_ref])
        index.remove(connection, 1, [(10**9, shared)], [os.urandom(16)])  # not there: nothing happens
    left = contents(index.engine)
    kept = [*stays.rows, *in_next.rows]
    assert sorted(number for number, _ in left["sealed_row"]) == sorted(number for number, _, _ in kept)
    assert sorted(number for _, _, number in left["posting"]) == sorted(number for number, _, _ in kept)
    assert {t2_ref for _, t2_ref, _ in left["full_posting"]} == {stays.t2_ref, in_next.t2_ref}


# ── epochs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_epochs_are_told_oldest_first_in_their_newest_state(index: Index) -> None:
    assert index.epochs() == ()
    set_state(index, EpochState.PREPARING, number=2)
    set_state(index, EpochState.LIVE, number=1)
    set_state(index, EpochState.LIVE, number=2)
    assert index.epochs() == (Epoch(1, 2, EpochState.LIVE, NOW), Epoch(2, 2, EpochState.LIVE, NOW))


@pytest.mark.parametrize("state", [EpochState.PREPARING, EpochState.LIVE, EpochState.CLOSING])
def test_only_a_closed_epoch_is_purged(index: Index, state: EpochState) -> None:
    set_state(index, state)
    put(index, entry())
    with pytest.raises(ValueError, match="not closed"):
        index.purge(1)
    with pytest.raises(ValueError, match="not closed"):
        index.purge(9)
    assert index.size(1).rows == 3


def test_a_purge_takes_all_of_its_epoch_and_nothing_of_another(index: Index) -> None:
    set_state(index, EpochState.CLOSED)
    put(index, *(entry() for _ in range(8)), added_at=NOW)
    put(index, stays := entry(), epoch=2, added_at=NOW)
    steps: list[int] = []
    assert index.purge(1, steps.append) == 24 + 8 + 1 == sum(steps)
    assert max(steps) == 7
    left = contents(index.engine)
    assert [number for number, _ in left["sealed_row"]] == [number for number, _, _ in stays.rows]
    assert [number for _, _, number in left["posting"]] == [number for number, _, _ in stays.rows]
    assert [t2_ref for _, t2_ref, _ in left["full_posting"]] == [stays.t2_ref]
    assert [(epoch, pieces == b"") for _, _, epoch, pieces in left["addition"]] == [(1, True), (2, False)]
    assert index.purge(1) == 0


@pytest.mark.parametrize("steps", [0, 3, 6])
def test_a_purge_that_is_broken_off_goes_on_where_it_stopped(index: Index, steps: int) -> None:
    set_state(index, EpochState.CLOSED)
    crowded = os.urandom(16)
    put(index, *(entry(crowded, os.urandom(16)) for _ in range(11)), added_at=NOW)
    removed = []

    def break_off(rows: int) -> None:
        removed.append(rows)
        if len(removed) > steps:
            raise KeyboardInterrupt

    try:
        index.purge(1, break_off)
    except KeyboardInterrupt:
        left = contents(index.engine)
        assert {number for number, _ in left["sealed_row"]} == {number for _, _, number in left["posting"]}
    assert sum(removed) + index.purge(1) == 22 + 11 + 1
    left = contents(index.engine)
    assert not left["posting"] + left["sealed_row"] + left["full_posting"]
    assert [pieces for _, _, _, pieces in left["addition"]] == [b""]


def test_others_write_between_the_steps_of_a_purge(index: Index) -> None:
    set_state(index, EpochState.CLOSED)
    put(index, *(entry() for _ in range(5)))
    index.purge(1, lambda _removed: put(index, entry(), epoch=2))
    assert index.size(2).rows > 3


# ── what a stolen copy says ─────────────────────────────────────────────────────────────────────────────────────────


def test_no_column_and_no_key_leads_from_a_row_to_another_of_its_entry(engine: sa.Engine) -> None:
    there = sa.inspect(engine)
    columns = {table: {column["name"] for column in there.get_columns(table)} for table in there.get_table_names()}
    assert columns["posting"] == {"epoch", "locator", "number"}
    assert columns["sealed_row"] == {"number", "sealed"}
    assert columns["full_posting"] == {"epoch", "t2_ref", "sealed"}
    assert columns["blocked"] == {"handle"}
    assert columns["addition"] == {"position", "added_at", "epoch", "pieces"}
    assert not any(there.get_foreign_keys(table) for table in columns)


def test_the_order_in_which_things_lie_is_not_that_of_the_entries(index: Index) -> None:
    put(index, *(entry() for _ in range(50)))
    lying = contents(index.engine)
    t2_refs = [t2_ref for _, t2_ref, _ in lying["full_posting"]]
    assert t2_refs == sorted(t2_refs, key=bytes)  # type: ignore[arg-type]  # columns of any kind
    locator_of = {number: locator for _, locator, number in lying["posting"]}
    locators = [locator_of[number] for number, _ in lying["sealed_row"]]
    if index.engine.dialect.name == "postgresql":  # SQLite orders by number, which the caller hands out
        assert locators == sorted(locators, key=bytes)  # type: ignore[arg-type]


def test_all_rows_are_of_one_length(index: Index) -> None:
    put(index, *(entry() for _ in range(5)))
    lying = contents(index.engine)
    assert {len(sealed) for _, sealed in lying["sealed_row"]} == {SEALED_ROW_BYTES}  # type: ignore[arg-type]
    assert {len(sealed) for _, _, sealed in lying["full_posting"]} == {SEALED_FULL_BYTES}  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [SEALED_ROW_BYTES - 1, SEALED_ROW_BYTES + 1])
def test_a_row_of_another_length_is_refused(index: Index, wrong: int) -> None:
    listed = IndexRows(os.urandom(16), bytes(SEALED_FULL_BYTES), ((1, os.urandom(16), bytes(wrong)),))
    with pytest.raises(ValueError, match=f"{SEALED_ROW_BYTES} bytes"):
        put(index, listed)


def test_a_full_posting_of_another_length_is_refused(index: Index) -> None:
    with pytest.raises(ValueError, match=f"{SEALED_FULL_BYTES} bytes"):
        put(index, IndexRows(os.urandom(16), b"short", ()))
