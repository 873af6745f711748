"""The store of the index on each database, and entries of random content to put into it."""

import os
from collections.abc import Iterator
from itertools import count

import pytest
import sqlalchemy as sa

from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index import Index, IndexRows
from shopguard.registry.sealing import SEALED_FULL_BYTES, SEALED_ROW_BYTES
from shopguard.registry.stores import migrate_store
from shopguard.storage.engine import open_engine, writing

NOW = 1_790_000_000.0


@pytest.fixture(scope="session")
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
