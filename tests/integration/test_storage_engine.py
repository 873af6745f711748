"""Opening a file that others open too, noticing what they commit, and copying a database that is in use."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from shopguard.errors import StoreUnavailable
from shopguard.storage.changes import ChangeWatch
from shopguard.storage.engine import open_engine, reading, snapshot, sqlite_url, writing
from shopguard.storage.tables import audit

LINE = {"at": 1.0, "actor": "test", "action": "noted", "detail": ""}


def test_a_new_file_that_another_process_writes_is_waited_for(tmp_path: Path) -> None:
    """SQLite does not wait by itself here: beside a writer it refuses to change the mode at once."""
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    engine = open_engine(sqlite_url(tmp_path / "new.db"))
    event.listen(engine, "do_connect", lambda *_: threading.Timer(0.05, other.execute, ["COMMIT"]).start())
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    other.close()


def test_a_new_file_that_stays_locked_is_unavailable(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = open_engine(sqlite_url(tmp_path / "new.db"), busy_timeout_s=0.05)
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"), reading(engine):
        raise AssertionError("opened")
    engine.dispose()
    other.close()


@pytest.fixture
def watch(sqlite_engine: sa.Engine) -> Iterator[ChangeWatch]:
    made = ChangeWatch(sqlite_engine)
    made.wait(0.0, threading.Event())
    made._changed()  # from here on it knows what stands
    yield made
    made.close()


def commit_one(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(audit.insert(), LINE)


def test_a_commit_of_another_connection_is_noticed(sqlite_engine: sa.Engine, watch: ChangeWatch) -> None:
    assert not watch._changed()
    commit_one(sqlite_engine)
    assert watch._changed()
    assert not watch._changed()


def test_every_commit_is_noticed_not_only_the_first(sqlite_engine: sa.Engine, watch: ChangeWatch) -> None:
    for _ in range(3):
        commit_one(sqlite_engine)
        assert watch._changed()


def test_looking_keeps_no_old_snapshot_alive(sqlite_engine: sa.Engine, watch: ChangeWatch) -> None:
    """A reader that never ends would keep the write-ahead log from being emptied."""
    commit_one(sqlite_engine)
    watch._changed()
    commit_one(sqlite_engine)
    with sqlite_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.rollback()
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0


def test_waiting_ends_when_another_commits(sqlite_engine: sa.Engine, watch: ChangeWatch) -> None:
    waiting = threading.Thread(target=watch.wait, args=(60.0, threading.Event()))
    waiting.start()
    commit_one(sqlite_engine)
    waiting.join(20)
    assert not waiting.is_alive()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_waiting_ends_when_told_to_stop(kind: str, request: pytest.FixtureRequest) -> None:
    stop = threading.Event()
    watch = ChangeWatch(request.getfixturevalue(f"{kind}_engine"))
    waiting = threading.Thread(target=watch.wait, args=(60.0, stop))
    waiting.start()
    stop.set()
    waiting.join(20)
    assert not waiting.is_alive()
    watch.close()


def test_a_database_that_is_away_is_waited_for_without_an_error(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "no folder" / "guard.db"))
    watch = ChangeWatch(engine)
    watch.wait(0.01, threading.Event())
    watch.close()


def test_a_copy_made_while_others_write_is_whole(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    commit_one(sqlite_engine)
    target = tmp_path / "copy.db"
    with writing(sqlite_engine) as connection:  # under way, not committed
        connection.execute(audit.insert(), LINE)
        snapshot(sqlite_engine, target)
    copy = sqlite3.connect(target)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copy.execute("SELECT COUNT(*) FROM audit").fetchone() == (1,)
    copy.close()


def test_only_files_are_copied(postgres_engine: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        snapshot(postgres_engine, tmp_path / "copy.db")


def test_what_is_deleted_is_overwritten_however_sqlite_was_built(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "a.db"))
    event.listen(
        engine,
        "connect",
        lambda connection, _record: connection.execute("PRAGMA secure_delete=OFF"),
        insert=True,  # before what the engine does itself
    )
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    engine.dispose()


def test_a_pool_without_a_free_connection_is_unavailable(sqlite_engine: sa.Engine) -> None:
    engine = sa.create_engine(sqlite_engine.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    event.listen(engine, "connect", lambda _raw, _record: None)
    with reading(engine), pytest.raises(StoreUnavailable, match="no free connection"), reading(engine):
        pass
    engine.dispose()


def test_a_log_that_may_grow_is_brought_into_the_file_later(tmp_path: Path) -> None:
    for pages, wanted in (None, 1_000), (5_000, 5_000):
        engine = open_engine(sqlite_url(tmp_path / f"{wanted}.db"), log_pages=pages)
        with reading(engine) as connection:
            assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one() == wanted
        engine.dispose()
