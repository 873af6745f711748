"""How the databases under the index answer, and what it says when they are away."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from shopguard.errors import StoreUnavailable
from shopguard.registry.index import Index
from shopguard.registry.index.dialects import lateral, union
from shopguard.registry.sealing import SEALED_ROW_BYTES
from shopguard.registry.stores import migrate_store, open_store
from shopguard.storage import engine as storage
from shopguard.storage.engine import open_engine, sqlite_url
from tests.integration.index.conftest import NOW, contents, entry, put


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
