"""The index: from locators to entries, and the few facts an answer needs. Knows no token and no person.

SQL goes to the driver as text, as this is the path of every order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from shopguard.identity import FIELDS, PROFILE
from shopguard.model import Category
from shopguard.registry.prf import EPOCH
from shopguard.registry.protocol import Facts
from shopguard.storage.engine import reading

HOT = 65
"""A locator with as many entries (a parcel forwarder, 佐藤 in one city) says nothing about any of them."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index knows of an entry; ``fields`` are the words of ``Identity.fields``."""

    handle: str
    facts: Facts
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What the locators of one query led to. Positions count from 0 in the order the locators were given."""

    entries: tuple[tuple[Indexed, tuple[int, ...]], ...] = ()
    hot: tuple[int, ...] = ()


class Index:
    """Postings and facts in one database. Writing happens on the caller's connection, in the caller's transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"

    def find(self, locators: Sequence[bytes]) -> Found:
        """Return the active entries at ``locators``. ``StoreUnavailable`` when the database is away."""
        if not locators:
            return Found()
        with reading(self._engine) as connection:
            buckets: dict[int, list[int]] = {}
            for position, number in connection.exec_driver_sql(_postings(len(locators), self._mark), tuple(locators)):
                buckets.setdefault(position, []).append(number)
            hot = tuple(sorted(position for position, numbers in buckets.items() if len(numbers) >= HOT))
            positions: dict[int, list[int]] = {}
            for position in sorted(buckets.keys() - set(hot)):
                for number in buckets[position]:
                    positions.setdefault(number, []).append(position)
            if not positions:
                return Found(hot=hot)
            rows = connection.exec_driver_sql(_entries(len(positions), self._mark), tuple(positions)).all()
        return Found(tuple((_indexed(row), tuple(positions[row[0]])) for row in rows), hot)

    def put(self, connection: sa.Connection, entries: Iterable[tuple[int, Indexed, Sequence[bytes]]]) -> None:
        """Add or replace entries by number. A blocked entry stays blocked."""
        postings, rows = [], []
        for number, indexed, locators in entries:
            postings += [(EPOCH, locator, number) for locator in set(locators)]
            facts = indexed.facts
            last_on = facts.last_on.isoformat()
            bits = sum(1 << bit for bit, field in enumerate(FIELDS) if field in indexed.fields)
            rows.append(
                (
                    number,
                    indexed.handle,
                    facts.category.value,
                    facts.reporters,
                    last_on,
                    facts.may_hold,
                    bits,
                    PROFILE,
                )
            )
        if postings:
            postings.sort()  # neighbours in the tree are written together
            self._many(connection, "INSERT INTO index_posting (epoch, locator, entry) VALUES (?, ?, ?)", postings)
        if rows:
            self._many(connection, _PUT_ENTRY, rows)

    def remove(self, connection: sa.Connection, postings: Iterable[tuple[int, Sequence[bytes]]]) -> None:
        """Take away what led to entries, given as (number, locators); their facts stay until they are put again."""
        gone = sorted((EPOCH, locator, number) for number, locators in postings for locator in set(locators))
        if gone:
            self._many(connection, "DELETE FROM index_posting WHERE epoch = ? AND locator = ? AND entry = ?", gone)

    def block(self, connection: sa.Connection, handle: str) -> bool:
        """Serve the entry no more; False if there is none."""
        sql = "UPDATE index_entry SET blocked = ? WHERE handle = ?".replace("?", self._mark)
        return connection.exec_driver_sql(sql, (True, handle)).rowcount > 0

    def count_outdated(self) -> int:
        """Return how many entries have locators that older rules of identity made."""
        sql = "SELECT COUNT(*) FROM index_entry WHERE profile <> ?".replace("?", self._mark)
        with reading(self._engine) as connection:
            return int(connection.exec_driver_sql(sql, (PROFILE,)).scalar_one())

    def outdated(self, connection: sa.Connection, limit: int) -> list[str]:
        """Return the handles of at most ``limit`` of the entries that ``count_outdated`` counts."""
        sql = "SELECT handle FROM index_entry WHERE profile <> ? ORDER BY number LIMIT ?".replace("?", self._mark)
        return [handle for (handle,) in connection.exec_driver_sql(sql, (PROFILE, limit))]

    def _many(self, connection: sa.Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        connection.exec_driver_sql(sql.replace("?", self._mark), list(rows))


_PUT_ENTRY = """
INSERT INTO index_entry (number, handle, category, reporters, last_on, may_hold, fields, profile)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET handle = excluded.handle, category = excluded.category,
  reporters = excluded.reporters, last_on = excluded.last_on, may_hold = excluded.may_hold, fields = excluded.fields,
  profile = excluded.profile
"""


@lru_cache(maxsize=64)
def _postings(count: int, mark: str) -> str:
    """One LIMIT for each locator: a bucket of 50,000 costs no more than one of 65."""
    part = (
        "SELECT * FROM (SELECT {0} AS position, entry FROM index_posting"
        " WHERE epoch = {1} AND locator = {2} LIMIT {3}) AS bucket{0}"
    )
    return " UNION ALL ".join(part.format(position, EPOCH, mark, HOT) for position in range(count))


@lru_cache(maxsize=256)
def _entries(count: int, mark: str) -> str:
    marks = ", ".join([mark] * count)
    columns = "number, handle, category, reporters, last_on, may_hold, fields"
    return f"SELECT {columns} FROM index_entry WHERE number IN ({marks}) AND NOT blocked"  # noqa: S608 - marks only


def _indexed(row: Sequence[Any]) -> Indexed:
    _, handle, category, reporters, last_on, may_hold, bits = row
    facts = Facts(Category(category), reporters, date.fromisoformat(last_on), bool(may_hold))
    return Indexed(handle, facts, frozenset(field for bit, field in enumerate(FIELDS) if bits >> bit & 1))
