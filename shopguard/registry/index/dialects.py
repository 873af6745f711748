"""How each database is asked and filled fast. SQL goes to the driver as text: this is the path of every order.

Texts are put together of names, marks and whole numbers only; values are always bound.
"""
# ruff: noqa: S608 - see above

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, cast

import sqlalchemy as sa

from shopguard.registry.index.records import HOT, Found, FoundRow, hot_of

_SIZES = (8, 16, 32)  # lists are padded to these lengths, so that few prepared statements serve every look-up
_MOST = _SIZES[-1]

Row = tuple[Any, ...]


class Dialect(ABC):
    """One database system. ``cursor`` is always one that ``open_cursor`` returned."""

    mark: ClassVar[str]
    nothing: ClassVar[bytes | None]
    """What lists are padded with: equal to no key."""

    @abstractmethod
    def open_cursor(self, connection: Any) -> Any:
        """Make a driver connection ready for look-ups and return a cursor of it."""

    @abstractmethod
    def query(self, cursor: Any, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement that is prepared once for each connection."""

    @abstractmethod
    def find(self, cursor: Any, epoch: int, locators: Sequence[bytes]) -> Found:
        """Return the rows at ``locators``, of which there are at most 32."""

    @abstractmethod
    def insert(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row], conflict: str) -> int:
        """Insert many rows; ``conflict`` is an ON CONFLICT clause. Returns how many were inserted or changed."""

    @abstractmethod
    def delete(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Delete many rows, each named by the values of ``columns``."""

    @abstractmethod
    def await_turn(self, connection: sa.Connection, table: str) -> None:
        """Let one transaction at a time add to ``table``: its numbers then rise in the order of the commits."""

    @abstractmethod
    def tidy(self, engine: sa.Engine) -> None: ...

    def flush(self, engine: sa.Engine) -> None:  # noqa: B027 - most databases need nothing
        """Leave nothing of what was deleted in a log of recent writes, as far as no reader stands in the way."""

    @abstractmethod
    def size_bytes(self, connection: sa.Connection) -> int: ...

    def pick(self, cursor: Any, select: str, keys: Sequence[Any], *before: Any) -> list[Row]:
        """Return the rows whose key is one of ``keys``.

        Args:
            select: ends with the name of the key's column.
            before: the values for the marks in ``select``.
        """
        found: list[Row] = []
        for start in range(0, len(keys), _MOST):
            padded = self.pad(keys[start : start + _MOST])
            found += self.query(cursor, one_of(self.text(select), len(padded), self.mark), [*before, *padded])
        return found

    def text(self, sql: str) -> str:
        """Return ``sql``, written with question marks, as the driver wants it."""
        return sql.replace("?", self.mark)

    def pad(self, keys: Sequence[Any]) -> list[Any]:
        """Return ``keys`` (at most 32), filled up to one of the lengths that there are statements for."""
        size = _SIZES[bisect_left(_SIZES, len(keys))]
        return [*keys, *[self.nothing] * (size - len(keys))]


class Sqlite(Dialect):
    mark = "?"
    nothing = None  # SQLite does not even seek it

    def open_cursor(self, connection: Any) -> Any:
        connection.execute("PRAGMA query_only=ON")
        return connection.cursor()

    def query(self, cursor: Any, sql: str, values: Sequence[Any]) -> list[Row]:
        rows: list[Row] = cursor.execute(sql, values).fetchall()
        return rows

    def find(self, cursor: Any, epoch: int, locators: Sequence[bytes]) -> Found:
        padded = self.pad(locators)
        postings = self.query(cursor, union(epoch, len(padded)), padded)
        hot = hot_of(postings)
        if hot:
            postings = [posting for posting in postings if posting[0] not in hot]
        numbers = [number for _, number in postings]
        rows = self.pick(cursor, "SELECT number, sealed FROM sealed_row WHERE number", numbers)
        sealed = dict(cast(list[tuple[int, bytes]], rows))
        return Found(
            tuple([FoundRow(at, number, sealed[number]) for at, number in postings if number in sealed]), hot
        )

    def insert(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row], conflict: str) -> int:
        marks = ", ".join("?" for _ in columns.split(", "))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict}"
        return connection.exec_driver_sql(sql, list(rows)).rowcount if rows else 0

    def delete(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
        condition = " AND ".join(f"{column} = ?" for column in columns.split(", "))
        if rows:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE {condition}", list(rows))

    def await_turn(self, connection: sa.Connection, table: str) -> None:
        """Nothing: SQLite lets only one write anyway."""

    def tidy(self, engine: sa.Engine) -> None:
        self.flush(engine)

    def flush(self, engine: sa.Engine) -> None:
        with engine.connect() as connection:
            # not through SQLAlchemy, which would begin a transaction
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size_bytes(self, connection: sa.Connection) -> int:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())


class Postgres(Dialect):
    mark = "%b"  # binary: psycopg writes bytes as they are
    nothing = b""  # a NULL has no type, and a statement is prepared for each combination of types

    def open_cursor(self, connection: Any) -> Any:
        connection.rollback()
        connection.autocommit = True  # a transaction around a question would be two more trips to the server
        cursor = connection.cursor(binary=True)
        # the plan that is right for a full table, from the first row on and however old the statistics are
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute("SET enable_seqscan = off")
        return cursor

    def query(self, cursor: Any, sql: str, values: Sequence[Any]) -> list[Row]:
        rows: list[Row] = cursor.execute(sql, values, prepare=True).fetchall()
        return rows

    def find(self, cursor: Any, epoch: int, locators: Sequence[bytes]) -> Found:
        padded = self.pad(locators)
        rows = self.query(cursor, lateral(epoch, len(padded)), padded)
        return Found(tuple([FoundRow(*row) for row in sorted(rows) if row[2] is not None]), hot_of(rows))

    def insert(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row], conflict: str) -> int:
        sql = f"INSERT INTO {table} ({columns}) SELECT * FROM {_unnest(columns)} {conflict}"
        return sum(connection.exec_driver_sql(sql, arrays).rowcount for arrays in _arrays(rows))

    def delete(self, connection: sa.Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
        condition = " AND ".join(f"{table}.{column} = gone.{column}" for column in columns.split(", "))
        sql = f"DELETE FROM {table} USING {_unnest(columns)} AS gone ({columns}) WHERE {condition}"
        for arrays in _arrays(rows):
            connection.exec_driver_sql(sql, arrays)

    def await_turn(self, connection: sa.Connection, table: str) -> None:
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    def tidy(self, engine: sa.Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # what is inserted all over the tree leaves its pages two thirds full
            connection.exec_driver_sql("REINDEX INDEX CONCURRENTLY posting_pkey")
            # an index answers alone only for pages that a vacuum has found to be visible to all
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {', '.join(TABLES)}")

    def size_bytes(self, connection: sa.Connection) -> int:
        sql = " + ".join(f"pg_total_relation_size('{table}')" for table in TABLES)
        return int(connection.exec_driver_sql(f"SELECT {sql}").scalar_one())


TABLES = ("epoch", "posting", "sealed_row", "full_posting", "blocked", "addition")
_BATCH = 10_000  # rows in one statement, about 2 MB
_TYPES = {"epoch": "int4", "locator": "bytea", "number": "int8", "sealed": "bytea", "t2_ref": "bytea"}


@lru_cache(maxsize=64)
def union(epoch: int, size: int) -> str:
    """One LIMIT for each locator: a bucket of 50,000 costs no more than one of 65."""
    part = (
        "SELECT * FROM (SELECT {0} AS position, number FROM posting"
        f" WHERE epoch = {epoch:d} AND locator = ? LIMIT {HOT})"
    )
    return " UNION ALL ".join(part.format(position) for position in range(size))


@lru_cache(maxsize=64)
def lateral(epoch: int, size: int) -> str:
    """As ``union``, in a form that PostgreSQL runs with less ado, and with the rows: a second trip costs as much."""
    values = ", ".join(f"({position}, %b)" for position in range(size))
    return (
        "SELECT asked.position, found.number, CASE WHEN found.count < "
        f"{HOT} THEN (SELECT sealed FROM sealed_row WHERE number = found.number) END"
        f" FROM (VALUES {values}) AS asked (position, locator), LATERAL (SELECT number, count(*) OVER () AS count"
        f" FROM (SELECT number FROM posting WHERE epoch = {epoch:d} AND locator = asked.locator LIMIT {HOT})"
        " AS bucket) AS found"
    )


@lru_cache(maxsize=64)
def one_of(select: str, size: int, mark: str) -> str:
    return f"{select} IN ({', '.join([mark] * size)})"


def _unnest(columns: str) -> str:
    return f"unnest({', '.join(f'%b::{_TYPES[column]}[]' for column in columns.split(', '))})"


def _arrays(rows: Sequence[Row]) -> list[tuple[list[Any], ...]]:
    """Return ``rows`` as columns, batch by batch."""
    batches = (islice(rows, start, start + _BATCH) for start in range(0, len(rows), _BATCH))
    return [tuple(list(column) for column in zip(*batch, strict=True)) for batch in batches]


def dialect_of(engine: sa.Engine) -> Dialect:
    """Return how the database behind ``engine`` is spoken to."""
    return Sqlite() if engine.dialect.name == "sqlite" else Postgres()
