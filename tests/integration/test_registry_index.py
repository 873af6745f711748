"""The index on both databases: what is found, what is never told, and what a stolen copy does not say."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from shopguard.errors import StoreUnavailable
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index import HOT, Index, IndexRows
from shopguard.registry.index.dialects import lateral, union
from shopguard.registry.messages import WATCH_BYTES
from shopguard.registry.sealing import SEALED_FULL_BYTES, SEALED_ROW_BYTES
from shopguard.registry.stores import migrate_store, open_store
from shopguard.storage import engine as storage
from shopguard.storage.engine import open_engine, sqlite_url, writing

NOW = 1_790_000_000.0
STEP_BYTES = 1_024 * WATCH_BYTES


@pytest.fixture(scope="module")
def postgres_store(postgres_server: str) -> Iterator[str]:
    """The address of a PostgreSQL database with the tables of the index, made once: making one takes a second."""
    administration = sa.create_engine(postgres_server.format("postgres"), isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE index_store")
        yield postgres_server.format("index_store")
        connection.exec_driver_sql("DROP DATABASE index_store WITH (FORCE)")
    administration.dispose()


@pytest.fixture
def postgres(postgres_store: str) -> Iterator[sa.Engine]:
    """An empty index on PostgreSQL."""
    engine = open_engine(postgres_store)
    migrate_store(engine, "index")
    with engine.begin() as connection:
        tables = [table for table in sa.inspect(engine).get_table_names() if not table.startswith("alembic")]
        connection.exec_driver_sql(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(empty_sqlite: sa.Engine) -> sa.Engine:
    """An empty index on SQLite."""
    migrate_store(empty_sqlite, "index")
    return empty_sqlite


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    made: sa.Engine = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def index(engine: sa.Engine) -> Index:
    return Index(engine, purge_step=7)


_numbers = count(1)


def entry(*locators: bytes) -> IndexRows:
    """An entry with random content at ``locators``, or at three new ones."""
    places = sorted(locators or (os.urandom(16), os.urandom(16), os.urandom(16)))
    rows = tuple((next(_numbers), locator, os.urandom(SEALED_ROW_BYTES)) for locator in places)
    return IndexRows(os.urandom(16), os.urandom(SEALED_FULL_BYTES), rows)


def put(index: Index, *entries: IndexRows, epoch: int = 1, added_at: float | None = None) -> None:
    with writing(index.engine) as connection:
        index.put(connection, epoch, entries, added_at)


def set_state(index: Index, state: EpochState, number: int = 1) -> None:
    with writing(index.engine) as connection:
        index.set_epoch(connection, Epoch(number, 2, state, NOW))


def contents(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the tables of the store, in the order in which it lies there."""
    place = "ctid" if engine.dialect.name == "postgresql" else "rowid"
    tables = {"posting": "locator, number", "sealed_row": place, "full_posting": place, "blocked": "handle"}
    with engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {order}")]
            for table, order in (tables | {"addition": "position"}).items()
        }


def pieces(values: bytes) -> list[bytes]:
    return [values[at : at + WATCH_BYTES] for at in range(0, len(values), WATCH_BYTES)]


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


# ── what is new ─────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── the databases ───────────────────────────────────────────────────────────────────────────────────────────────────


def explained(engine: sa.Engine, prefix: str, sql: str, values: Sequence[object]) -> str:
    """What the database says about how it runs a statement on the connections that look-ups use."""
    index = Index(engine)
    asked: Callable[[object], list[tuple[object, ...]]]
    asked = lambda cursor: index._dialect.query(cursor, f"{prefix} {sql}", values)  # noqa: E731
    return "\n".join(" ".join(str(part) for part in row) for row in index._lines.ask(asked))


@pytest.mark.parametrize("size", [8, 16, 32])
def test_sqlite_answers_from_the_covering_key_alone(sqlite: sa.Engine, size: int) -> None:
    plan = explained(sqlite, "EXPLAIN QUERY PLAN", union(1, size), [None] * size)
    assert plan.count("SEARCH posting USING PRIMARY KEY (epoch=? AND locator=?)") == size
    assert "SCAN posting" not in plan


@pytest.mark.parametrize("filled", [False, True])
def test_postgresql_answers_by_an_index_only_scan_from_the_first_row_on(postgres: sa.Engine, filled: bool) -> None:
    index = Index(postgres)
    if filled:
        put(index, *(entry() for _ in range(2_000)))
        index.tidy()
    plan = explained(postgres, "EXPLAIN (ANALYZE, COSTS OFF)", lateral(1, 16), [os.urandom(16)] * 16)
    assert "Index Only Scan using posting_pkey" in plan
    assert "Index Scan using sealed_row_pkey" in plan
    assert "Seq Scan" not in plan
    assert "Heap Fetches: 0" in plan


def test_tidying_keeps_everything(index: Index) -> None:
    put(index, *(entry() for _ in range(20)), added_at=NOW)
    before = contents(index.engine)
    index.tidy()
    assert contents(index.engine) == before
    assert index.size_bytes() > 60 * SEALED_ROW_BYTES


def test_look_ups_go_on_after_the_server_has_dropped_every_connection(postgres: sa.Engine) -> None:
    index, listed = Index(postgres), entry()
    put(index, listed)
    locators = [locator for _, locator, _ in listed.rows]
    index.find(1, locators)
    with open_engine(postgres.url.render_as_string(False)).connect() as other:
        other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert len(index.find(1, locators).rows) == 3
        other.detach()


def test_look_ups_go_on_after_the_engine_was_disposed_of(index: Index) -> None:
    put(index, listed := entry())
    index.find(1, [listed.rows[0][1]])
    index.engine.dispose()
    assert len(index.find(1, [listed.rows[0][1]]).rows) == 1


def test_a_postgresql_schema_of_its_own_holds_the_store(postgres: sa.Engine, tmp_path: Path) -> None:
    engine = open_store("index", tmp_path, postgres.url.render_as_string(False))
    migrate_store(engine, "index")
    index, listed = Index(engine), entry()
    put(index, listed)
    assert index.find(1, [listed.rows[0][1]]).rows[0].sealed == listed.rows[0][2]
    assert Index(postgres).find(1, [listed.rows[0][1]]).rows == ()
    assert index.size_bytes() > 0
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """An index whose database cannot be reached."""
    url = {
        "sqlite": sqlite_url(tmp_path / "no" / "index.db"),
        "postgres": f"postgresql+psycopg://guard@/none?host={tmp_path}",
    }[request.param]
    engine = open_engine(url)
    yield Index(engine)
    engine.dispose()


ASKING: dict[str, Callable[[Index], object]] = {
    "find": lambda index: index.find(1, [bytes(16)]),
    "fulls": lambda index: index.fulls(1, [bytes(16)]),
    "blocked": lambda index: index.blocked([bytes(16)]),
    "epochs": lambda index: index.epochs(),
    "additions": lambda index: index.additions(0, 1),
    "block": lambda index: index.block(bytes(16)),
    "forget": lambda index: index.forget_additions(NOW),
    "purge": lambda index: index.purge(1),
    "tidy": lambda index: index.tidy(),
    "size": lambda index: index.size(1),
    "bytes": lambda index: index.size_bytes(),
}


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
def test_a_database_that_is_away_is_said_to_be_unavailable(away: Index, asking: Callable[[Index], object]) -> None:
    with pytest.raises(StoreUnavailable):
        asking(away)


@pytest.mark.parametrize("name", ["find", "fulls", "blocked", "epochs", "additions", "block"])
def test_a_store_without_tables_yet_is_unavailable(empty_engine: sa.Engine, name: str) -> None:
    with pytest.raises(StoreUnavailable):
        ASKING[name](Index(empty_engine))


def test_what_cannot_be_found_says_nothing_of_what_was_asked(away: Index) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        away.find(1, [b"\xab" * 16])
    assert "ab" * 4 not in str(raised.value) + repr(raised.value.__cause__)


def test_a_store_locked_by_another_writer_is_unavailable_to_writers_and_open_to_readers(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "index.db")
    engine = open_engine(url, busy_timeout_s=0.01)
    migrate_store(engine, "index")
    index, listed = Index(engine), entry()
    put(index, listed)
    other = sqlite3.connect(tmp_path / "index.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        index.block(os.urandom(16))
    assert len(index.find(1, [listed.rows[0][1]]).rows) == 1
    other.execute("ROLLBACK")
    other.close()
    engine.dispose()


def test_look_ups_cannot_write(sqlite: sa.Engine) -> None:
    index = Index(sqlite)
    with pytest.raises(StoreUnavailable):
        index._lines.ask(lambda cursor: cursor.execute("DELETE FROM posting"))


def test_the_tables_lead_up_down_and_up_again(engine: sa.Engine) -> None:
    put(Index(engine), entry(), added_at=NOW)
    config = storage._alembic("registry_index")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(sa.inspect(engine).get_table_names()) <= {storage.version_table("registry_index")}
    migrate_store(engine, "index")
    put(Index(engine), entry(), added_at=NOW)
