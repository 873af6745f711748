"""What a look-up in the index costs: as it grows, and beside the bare driver running the same statements.

    python bench/index.py --postings 100000 1000000 10000000
    python bench/postgres.py bench/index.py --postings 100000 1000000

A look-up asks for 15 locators, 3 of which are there. Rows are random bytes of the length of sealed ones. A store is
filled through ``Index.put``: most of it in the order of the locators, which is quick, and the last hundredth in
batches from all over, as entries come in; ``--grown`` fills all of it so.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rounds import Demand, Figures, Outcome, machine, quantile, tell

from shopguard.registry.index import Index, IndexRows
from shopguard.registry.index.dialects import Dialect, dialect_of, lateral, union
from shopguard.registry.sealing import SEALED_FULL_BYTES, SEALED_ROW_BYTES
from shopguard.registry.stores import history_of
from shopguard.storage.engine import migrate, open_engine, sqlite_url, writing

_ASKED, _PRESENT, _PADDED = 15, 3, 16
_BATCH = 15_000  # rows put in one transaction: a thousand entries
_KNOWN = 20_000  # locators that hits are taken from
_GROWN_SHARE = 100
_BLOCK, _BLOCKS, _WARM_UP = 50, 10, 2_000  # look-ups

LookUp = Callable[[Sequence[bytes]], int]
"""Runs one look-up and returns how many rows it found."""


@dataclass(frozen=True)
class Store:
    """A filled index, with the bare driver beside it."""

    postings: int
    index: Index
    known: Sequence[bytes]
    bare: LookUp

    def find(self, locators: Sequence[bytes]) -> int:
        return len(self.index.find(1, locators).rows)


def main() -> int:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder:
        stores = [_filled(Path(folder), chosen.url, size, chosen.grown) for size in sorted(chosen.postings)]
        sizes = {store.postings: _bytes_each(store) for store in stores}
        rounds = []
        for number in range(chosen.rounds):
            tell(f"round {number + 1} of {chosen.rounds}")
            rounds.append(_round(stores))
        outcome = Outcome(rounds, _demands(stores))
        for store in stores:
            store.index.engine.dispose()
    if chosen.json:
        print(outcome.as_json())
        return 0 if outcome.is_met else 1
    print(f"{machine()}\n\n{outcome.as_markdown()}\n\n| postings | part | bytes each |\n|---|---|---|")
    for postings, parts in sizes.items():
        for part, size in parts.items():
            print(f"| {postings:,} | {part} | {size:.1f} |")
    return 0 if outcome.is_met else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--grown", action="store_true", help="no row was put in the order of the locators")
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite otherwise")
    parser.add_argument("--dir", type=Path, help="where the SQLite files lie; a temporary folder otherwise")
    parser.add_argument("--json", action="store_true", help="every round and ratio as JSON")
    return parser.parse_args()


def _demands(stores: Sequence[Store]) -> list[Demand]:
    least, most = stores[0].postings, stores[-1].postings

    def growth(figures: Figures) -> float:
        return figures[f"index {most:,} p50 µs"] / figures[f"index {least:,} p50 µs"]

    def beside_the_driver(size: int) -> Callable[[Figures], float]:
        return lambda figures: figures[f"index {size:,} p50 µs"] / figures[f"driver {size:,} p50 µs"]

    says = f"look-up in {most:,} postings, in {least:,} = 1"
    demands = [Demand("R9", says, growth, at_most=2.5)] if most > least else []
    for store in stores:
        says = f"look-up in {store.postings:,}, the bare driver = 1"
        demands.append(Demand("R8", says, beside_the_driver(store.postings), at_most=1.3))
    return demands


def _round(stores: Sequence[Store]) -> Figures:
    """Let all take turns, a few look-ups each: what else the machine does then falls on all of them alike."""
    took: dict[str, list[float]] = {}
    contestants = [
        (f"{name} {store.postings:,}", look_up, store.known)
        for store in stores
        for name, look_up in (("index", store.find), ("driver", store.bare))
    ]
    for name, _, _ in contestants:
        took[name] = []
    for _ in range(_BLOCKS):
        for name, look_up, known in random.sample(contestants, len(contestants)):
            took[name] += _times(look_up, known, _BLOCK)
    return {
        f"{name} {quantity} µs": quantile(times, share) * 1e6
        for name, times in took.items()
        for quantity, share in (("p50", 0.5), ("p99", 0.99))
    }


def _times(look_up: LookUp, known: Sequence[bytes], count: int) -> list[float]:
    """Return the seconds that each of ``count`` look-ups took."""
    times = []
    for locators in [_question(known) for _ in range(count)]:
        before = time.perf_counter()
        found = look_up(locators)
        times.append(time.perf_counter() - before)
        assert found >= _PRESENT
    return times


def _question(known: Sequence[bytes]) -> list[bytes]:
    there = random.sample(known, _PRESENT)
    return random.sample([*there, *(os.urandom(16) for _ in range(_ASKED - _PRESENT))], _ASKED)


# ── filling ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _filled(folder: Path, url: str | None, postings: int, grown: bool) -> Store:
    before = time.perf_counter()
    schema = f"bench_{postings}"
    engine = open_engine(sqlite_url(folder / f"{postings}.db")) if url is None else open_engine(url, schema=schema)
    migrate(engine, history_of("index"))
    index, known, number = Index(engine), [], 0
    for locators in _batches(postings, grown):
        rows = tuple((number + at, locator, os.urandom(SEALED_ROW_BYTES)) for at, locator in enumerate(locators))
        with writing(engine) as connection:
            index.put(connection, 1, [IndexRows(os.urandom(16), bytes(SEALED_FULL_BYTES), rows)])
        known += random.sample(locators, min(len(locators), _KNOWN * len(locators) // postings + 1))
        number += len(locators)
    index.tidy()
    bare = _bare_sqlite(engine) if url is None else _bare_postgres(engine)
    store = Store(postings, index, known, bare)
    for look_up in (store.find, store.bare):
        _times(look_up, known, _WARM_UP)
    tell(f"{postings:,} postings filled in {time.perf_counter() - before:.0f} s")
    return store


def _batches(postings: int, grown: bool) -> Iterator[list[bytes]]:
    """Random locators, batch by batch, sorted in each."""
    in_order = 0 if grown else postings - postings // _GROWN_SHARE
    for start in range(0, in_order, _BATCH):
        end = min(start + _BATCH, in_order)
        low, high = (at * 2**64 // in_order for at in (start, end))
        yield sorted(random.randrange(low, high).to_bytes(8, "big") + os.urandom(8) for _ in range(end - start))
    for start in range(in_order, postings, _BATCH):
        yield sorted(os.urandom(16) for _ in range(min(_BATCH, postings - start)))


# ── the bare driver, and sizes ──────────────────────────────────────────────────────────────────────────────────────


def _bare_sqlite(engine: sa.Engine) -> LookUp:
    cursor, nothing = _cursor(engine, dialect_of(engine)), [None]
    ask = union(1, _PADDED)
    fetch = f"SELECT number, sealed FROM sealed_row WHERE number IN ({', '.join('?' * 8)})"

    def look_up(locators: Sequence[bytes]) -> int:
        numbers = [number for _, number in cursor.execute(ask, [*locators, *nothing]).fetchall()]
        return len(cursor.execute(fetch, numbers + nothing * (8 - len(numbers))).fetchall())

    return look_up


def _bare_postgres(engine: sa.Engine) -> LookUp:
    cursor, ask = _cursor(engine, dialect_of(engine)), lateral(1, _PADDED)
    return lambda locators: len(cursor.execute(ask, [*locators, b""], prepare=True).fetchall())


def _cursor(engine: sa.Engine, dialect: Dialect) -> Any:
    """A cursor with the same settings as the index has, on a connection of its own."""
    connection = engine.raw_connection()
    connection.detach()
    return dialect.open_cursor(connection.dbapi_connection)


def _bytes_each(store: Store) -> Mapping[str, float]:
    """What one posting takes on disk, by part."""
    sqlite = store.index.engine.dialect.name == "sqlite"
    parts = {
        "posting": "posting" if sqlite else "pg_total_relation_size('posting')",
        "sealed row": "sealed_row" if sqlite else "pg_total_relation_size('sealed_row')",
    }
    with store.index.engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(
                f"SELECT SUM(pgsize) FROM dbstat WHERE name = '{part}'" if sqlite else f"SELECT {part}"
            ).scalar_one()
            / store.postings
            for name, part in parts.items()
        }


if __name__ == "__main__":
    sys.exit(main())
