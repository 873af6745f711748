"""Opening a database so that what is committed stays committed, on SQLite and PostgreSQL alike."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from shopguard.errors import ConfigError, StoreUnavailable

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

BUSY_TIMEOUT_S = 5.0
_TRY_AGAIN_S = 0.01
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_467_101  # any number that nobody else uses as an advisory lock in the same database

_NOT_NOW = frozenset({"25006", "42P01"})
"""What PostgreSQL says, beside its operational errors, while it is a stand-by (read-only) or not migrated yet.

Source: PostgreSQL 18, appendix A "Error Codes" (read 2026-11).
"""


def sqlite_url(path: Path) -> str:
    """Return the database URL of an SQLite file."""
    return f"sqlite:///{path}"


def open_engine(
    url: str,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    *,
    schema: str | None = None,
    durable: bool = True,
    log_pages: int | None = None,
) -> sa.Engine:
    """Return an engine on ``url``; nothing is connected yet.

    SQLite runs in WAL mode with ``synchronous=FULL``: a commit that returned survives a power cut. Transactions
    opened by ``writing`` start as ``BEGIN IMMEDIATE``, so that two writers wait for each other instead of
    failing half-way; after ``busy_timeout_s`` of waiting the store is unavailable.

    Args:
        schema: where the tables live on PostgreSQL (``migrate`` creates it); None: where the server puts them.
        log_pages: how long SQLite's log may grow, in pages of 4 KB, before it is brought into the file: long for what
            is written in many places at once, so that a page that changes often is brought there once.
        durable: False for what may lose its last moments in a power cut, though never its order: commits are cheap.
    """
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=20, max_overflow=20, connect_args={"timeout": busy_timeout_s})
        event.listen(engine, "connect", _prepare_sqlite if durable else _prepare_cheap_sqlite)
        if log_pages is not None:
            event.listen(engine, "connect", partial(_let_log_grow, pages=log_pages))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = [] if schema is None else [f"-c search_path={schema}"]
    options += [] if durable else ["-c synchronous_commit=off"]
    arguments = {"connect_timeout": 5, **({"options": " ".join(options)} if options else {})}
    return sa.create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=20, connect_args=arguments)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that will write; commits at the end. ``StoreUnavailable`` when full, locked or away."""
    with store_errors(), engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for reading. ``StoreUnavailable`` when the database is away."""
    with store_errors(), engine.connect() as connection:
        yield connection


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what a driver says of a full, locked or missing database into ``StoreUnavailable``."""
    try:
        yield
    except DBAPIError as error:
        away = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or error.connection_invalidated
        if away or getattr(error.orig, "sqlstate", None) in _NOT_NOW:
            # the driver's text may quote parameters; its type and code do not
            name = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
            raise StoreUnavailable(f"the database cannot be used now ({name})") from None
        raise
    except sa.exc.TimeoutError:
        raise StoreUnavailable("the database has no free connection") from None


def migrate(engine: sa.Engine, history: str) -> None:
    """Bring the tables of one Alembic ``history`` (``guard``, ``registry``) up to date, creating them if needed.

    Processes that start together take turns; all but the first find nothing to do. ``ConfigError`` if a newer version
    of the program has been here.
    """
    if is_current(engine, history):
        return
    from alembic import command  # here, as it loads slowly and most processes find nothing to migrate
    from alembic.util import CommandError

    with writing(engine) as connection:
        take_turns(connection)
        _make_schema(connection)
        config = _alembic(history)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise ConfigError(
                f"the {history} database is of a newer version of ShopGuard; install that one or restore a backup"
            ) from None


def _make_schema(connection: sa.Connection) -> None:
    """Create the schema that the engine was opened on, where it misses."""
    if connection.dialect.name == "postgresql":
        there = connection.execute(sa.select(sa.func.current_schema())).scalar()
        if there is None:
            wanted = connection.exec_driver_sql("SHOW search_path").scalar_one()
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {wanted}")


def take_turns(connection: sa.Connection) -> None:
    """Let one process at a time upgrade this database, from here to the end of the transaction."""
    if connection.dialect.name == "postgresql":  # SQLite lets only one write anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


def is_current(engine: sa.Engine, history: str) -> bool:
    """Whether the tables of ``history`` are those this version of the program needs.

    Does without Alembic, which takes longer to load than most commands take to run.
    """
    table = version_table(history)
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(table):
            return False
        revision = connection.execute(sa.select(sa.column("version_num")).select_from(sa.table(table))).scalar()
        return bool(revision == newest_revision(history))


def newest_revision(history: str) -> str:
    """Return the revision to which ``migrate`` brings tables; the files of a history begin with theirs."""
    return max(path.name for path in (_MIGRATIONS / history / "versions").glob("[0-9]*.py"))[:4]


def version_table(history: str) -> str:
    """Return the table that holds the revision of ``history``; several histories may share one database."""
    return f"alembic_version_{history}"


def _alembic(history: str) -> "AlembicConfig":
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS / history))
    config.attributes["history"] = history
    return config


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # SQLAlchemy begins and commits; the driver's own BEGIN is too late
    cursor = dbapi_connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, however SQLite was built
    cursor.close()


def _prepare_cheap_sqlite(dbapi_connection: Any, record: object) -> None:
    _prepare_sqlite(dbapi_connection, record)
    dbapi_connection.execute("PRAGMA synchronous=NORMAL")


def _let_log_grow(dbapi_connection: Any, _record: object, pages: int) -> None:
    dbapi_connection.execute(f"PRAGMA wal_autocheckpoint={pages:d}")


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Bring the file into WAL mode, where it stays; waits as long as for any other lock.

    SQLite says "locked" at once, without waiting, where it sees no way out of a deadlock: as when several processes
    open a new file together and one of them writes already.
    """
    if cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    (busy_timeout_ms,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    give_up_at = time.monotonic() + busy_timeout_ms / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_TRY_AGAIN_S)


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def empty_journal(engine: sa.Engine) -> None:
    """Move what SQLite's journal holds into the file, as far as no reader stands in the way.

    What was overwritten in the file may stand in the journal as it was until then.
    """
    if engine.dialect.name != "sqlite":
        return
    with store_errors():
        connection = engine.raw_connection()  # SQLAlchemy would begin a transaction, in which it cannot be done
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()


def snapshot(engine: sa.Engine, target: Path) -> None:
    """Write a consistent copy of an SQLite database to ``target`` while others go on writing."""
    with store_errors(), engine.connect() as connection:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("only SQLite databases are copied as files")
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
