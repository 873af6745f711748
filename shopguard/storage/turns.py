"""Turns: among all processes that use a database, one at a time does what takes several transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import sqlalchemy as sa

from shopguard.private_file import exclusively
from shopguard.storage.engine import store_errors

_OURS = 7_467_102  # any number that nobody else uses for advisory locks in the same database


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
            lock = sa.func.pg_advisory_xact_lock(_OURS, crc32(purpose.encode()) - 2**31)
            connection.execute(sa.select(lock))
        yield
