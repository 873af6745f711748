"""Copies of several databases at one moment, whatever others write meanwhile."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import open_engine, sqlite_url
from shopguard.storage.snapshots import copy_at_one_moment

NAMES = ("vault", "index", "prf")


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[dict[Path, Path]]:
    """Three databases with a table of numbers, and where their copies go."""
    made = {tmp_path / f"{name}.db": tmp_path / f"{name}.copy" for name in NAMES}
    for path in made:
        engine = open_engine(sqlite_url(path))
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE number (n INTEGER, filler BLOB)")
        engine.dispose()
    yield made
    for path in made:
        path.unlink()


def numbers(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [n for (n,) in connection.execute("SELECT n FROM number ORDER BY n")]


def write(path: Path, n: int) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute("INSERT INTO number VALUES (?, zeroblob(20000))", (n,))


def test_the_copies_are_of_one_moment(databases: dict[Path, Path]) -> None:
    end, begun = threading.Event(), threading.Event()

    def go_on() -> None:
        n = 0
        while not end.is_set():
            n += 1
            for path in databases:  # always in this order: no database may be ahead of an earlier one
                write(path, n)
            begun.set()

    writer = threading.Thread(target=go_on)
    writer.start()
    begun.wait()
    try:
        copy_at_one_moment(databases)
    finally:
        end.set()
        writer.join()
    found = [numbers(copy) for copy in databases.values()]
    for content in found:
        assert content == list(range(1, len(content) + 1))
    lengths = [len(content) for content in found]
    assert lengths == sorted(lengths, reverse=True)
    assert 0 <= lengths[0] - lengths[-1] <= 1
    assert lengths[-1] >= 1


def test_a_database_that_stays_locked_is_said_and_the_others_are_free_again(databases: dict[Path, Path]) -> None:
    first, *_, last = databases
    with closing(sqlite3.connect(last, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
            copy_at_one_moment(databases, busy_timeout_s=0.01)
        write(first, 1)
        assert numbers(first) == [1]


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        copy_at_one_moment({tmp_path / "missing.db": tmp_path / "copy.db"})
    assert not (tmp_path / "missing.db").exists()
