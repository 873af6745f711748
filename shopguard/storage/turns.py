"""Turns: among all processes that use a database, one at a time does what takes several transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import sqlalchemy as sa

from shopguard.private_file import exclusively
from shopguard.storage.engine import store_errors

_OURS = 7_467_102  # any number that nobody else uses for advisory locks in the same database


def take_turn(connection: sa.Connection, purpose: str) -> None:
    """Have ``purpose`` to this transaction alone, up to its end."""
    _lock(connection, sa.func.pg_advisory_xact_lock, purpose)


def share_turn(connection: sa.Connection, purpose: str) -> None:
    """Keep others from ``take_turn`` up to the end of this transaction; several may share it."""
    _lock(connection, sa.func.pg_advisory_xact_lock_shared, purpose)


def _lock(connection: sa.Connection, lock: Callable[..., sa.ColumnElement[object]], purpose: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite lets only one transaction write anyway
        connection.execute(sa.select(lock(_OURS, crc32(purpose.encode()) - 2**31)))


@contextmanager
def one_at_a_time(engine: sa.Engine, purpose: str) -> Iterator[None]:
    """Wait for the turn of ``purpose`` and keep it for the block; it ends with the process too, however that ends.

    On SQLite a lock file lies beside the database; on PostgreSQL the server keeps the lock. Not to be nested.
    """
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        with exclusively(file.with_name(f"{file.name}.{purpose}")):
            yield
        return
    with store_errors():
        connection = engine.connect()
    with connection:
        with store_errors():
            take_turn(connection, purpose)
        yield
