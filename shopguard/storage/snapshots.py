"""Copies of several SQLite databases as all of them were at one moment, while others go on writing."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import BUSY_TIMEOUT_S


def copy_at_one_moment(copies: Mapping[Path, Path], busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
    """Write each database (in WAL mode) to the path it maps to; ``StoreUnavailable`` if one is locked for too long.

    For an instant nobody writes to any of them; the copying itself keeps nobody waiting. What takes several
    transactions in several databases looks in the copies as after a power cut at that moment.

    Args:
        copies: in the order in which whoever writes to several of them at once takes them.
    """
    with _in_words(), ExitStack() as opened:

        def connect(path: Path) -> sqlite3.Connection:
            address = f"{path.absolute().as_uri()}?mode=rw"  # makes no file
            made = sqlite3.connect(address, timeout=busy_timeout_s, isolation_level=None, uri=True)
            return opened.enter_context(closing(made))

        writers = [connect(path) for path in copies]
        readers = [connect(path) for path in copies]
        for writer in writers:
            writer.execute("BEGIN IMMEDIATE")
        for reader in readers:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on it sees this moment
        for writer in writers:
            writer.execute("ROLLBACK")
        for reader, target in zip(readers, copies.values(), strict=True):
            with closing(sqlite3.connect(target)) as copy:
                reader.backup(copy)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"a database cannot be copied now ({error.sqlite_errorname})") from None
