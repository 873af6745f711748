"""The registry's five stores: five SQLite files, or five schemas of one PostgreSQL database."""

from pathlib import Path

import sqlalchemy as sa

from shopguard.storage.engine import BUSY_TIMEOUT_S, is_current, migrate, open_engine, sqlite_url

STORES = ("index", "vault", "keys", "log", "prf")
_NOT_DURABLE = ("prf",)
"""Counters may lose their last moments in a power cut; what they count comes back as an uncharged retry."""

_LOG_PAGES = {"index": 100_000}
"""The places of an entry's rows are random: half a million new entries would write most pages a thousand times."""


def history_of(store: str) -> str:
    """Return the name of the Alembic history of a store, which is also its schema on PostgreSQL."""
    return f"registry_{store}"


def open_store(
    store: str, data_dir: Path, url: str | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> sa.Engine:
    """Return an engine on one of ``STORES``: in ``url`` (PostgreSQL), else in a file of ``data_dir``."""
    durable = store not in _NOT_DURABLE
    if url is None:
        file, log_pages = sqlite_url(data_dir / f"registry-{store}.db"), _LOG_PAGES.get(store)
        return open_engine(file, busy_timeout_s, durable=durable, log_pages=log_pages)
    return open_engine(url, busy_timeout_s, schema=history_of(store), durable=durable)


def migrate_store(engine: sa.Engine, store: str) -> None:
    """Bring the tables of one store up to date, creating them if needed; see ``storage.engine.migrate``."""
    migrate(engine, history_of(store))


def store_is_current(engine: sa.Engine, store: str) -> bool:
    """Whether the tables of a store are those this version needs."""
    return is_current(engine, history_of(store))
