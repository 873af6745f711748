"""The writer: many threads, few commits, nobody harmed by a neighbour, nothing acknowledged that is not durable."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import open_engine, reading, sqlite_url, writing
from shopguard.storage.tables import audit, sign_in
from shopguard.storage.writer import GroupCommitWriter, Writer, writer_for

ROOT = Path(__file__).parents[2]


def note(action: str) -> Callable[[sa.Connection], str]:
    def work(connection: sa.Connection) -> str:
        connection.execute(audit.insert(), {"at": 1.0, "actor": "test", "action": action, "detail": ""})
        return action

    return work


def noted(engine: sa.Engine) -> list[str]:
    with reading(engine) as connection:
        return sorted(connection.execute(sa.select(audit.c.action)).scalars())


def commits_of(engine: sa.Engine) -> list[int]:
    """A list that grows by one with every commit."""
    seen: list[int] = []
    event.listen(engine, "commit", lambda _connection: seen.append(1))
    return seen


def wait_until_queued(writer: Writer, count: int) -> None:
    assert isinstance(writer, GroupCommitWriter)
    while writer._waiting.qsize() < count:
        threading.Event().wait(0.005)


class Blocked:
    """A writer whose thread is held in a piece of work, so that what follows queues up behind it."""

    def __init__(self, writer: Writer) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(64)
        self._writer = writer
        self.first = self.hand_in(self._work)
        self._begun.wait(10)

    def _work(self, _connection: sa.Connection) -> str:
        self._begun.set()
        self._go.wait(30)
        return "first"

    def hand_in(self, work: Callable[[sa.Connection], str]) -> "Future[str]":
        return self._pool.submit(self._writer.run, work)

    def go(self) -> None:
        self._go.set()

    def end(self) -> None:
        self._pool.shutdown()


def test_what_waits_together_is_committed_together(sqlite_engine: sa.Engine) -> None:
    writer = writer_for(sqlite_engine)
    blocked = Blocked(writer)
    commits = commits_of(sqlite_engine)
    futures = [blocked.hand_in(note(f"n{n:02}")) for n in range(40)]
    wait_until_queued(writer, 40)
    blocked.go()
    assert [future.result(10) for future in futures] == [f"n{n:02}" for n in range(40)]
    assert len(commits) == 2  # the one that blocked, then forty together
    assert noted(sqlite_engine) == [f"n{n:02}" for n in range(40)]
    blocked.end()
    writer.close()


def test_many_threads_write_on_both_databases(engine: sa.Engine) -> None:
    writer = writer_for(engine)
    names = [f"n{n:03}" for n in range(120)]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda name: writer.run(note(name)), names)) == names
    assert noted(engine) == names
    writer.close()


@pytest.mark.parametrize("together", [False, True])
def test_work_that_fails_is_told_and_keeps_nothing(sqlite_engine: sa.Engine, together: bool) -> None:
    def fails(connection: sa.Connection) -> str:
        note("half")(connection)
        raise ValueError("a fault of this work")

    writer = writer_for(sqlite_engine)
    blocked = Blocked(writer)
    neighbours = [blocked.hand_in(note(f"n{n}")) for n in range(5)] if together else []
    failing = blocked.hand_in(fails)
    more = [blocked.hand_in(note(f"n{n}")) for n in range(5, 9)] if together else []
    wait_until_queued(writer, len(neighbours) + len(more) + 1)
    blocked.go()
    with pytest.raises(ValueError, match="a fault of this work"):
        failing.result(10)
    assert [future.result(10) for future in (*neighbours, *more)] == [f"n{n}" for n in range(9 if together else 0)]
    assert noted(sqlite_engine) == [f"n{n}" for n in range(9 if together else 0)]
    blocked.end()
    writer.close()


def test_a_statement_that_breaks_a_rule_harms_no_neighbour(sqlite_engine: sa.Engine) -> None:
    def twice(connection: sa.Connection) -> str:
        row = {"link_hash": "same", "made_at": 1.0, "expires_at": 2.0}
        connection.execute(sign_in.insert(), row)
        connection.execute(sign_in.insert(), row)
        return "never"

    writer = writer_for(sqlite_engine)
    blocked = Blocked(writer)
    before, broken, after = (blocked.hand_in(work) for work in (note("before"), twice, note("after")))
    wait_until_queued(writer, 3)
    blocked.go()
    assert (before.result(10), after.result(10)) == ("before", "after")
    with pytest.raises(sa.exc.IntegrityError):
        broken.result(10)
    assert noted(sqlite_engine) == ["after", "before"]
    blocked.end()
    writer.close()


def test_the_writer_goes_on_after_a_failure(engine: sa.Engine) -> None:
    def fails(_connection: sa.Connection) -> str:
        raise LookupError

    writer = writer_for(engine)
    with pytest.raises(LookupError):
        writer.run(fails)
    assert writer.run(note("next")) == "next"
    assert noted(engine) == ["next"]
    writer.close()


def test_work_handed_to_a_closed_writer_is_refused(sqlite_engine: sa.Engine) -> None:
    writer = writer_for(sqlite_engine)
    writer.close()
    with pytest.raises(StoreUnavailable):
        writer.run(note("late"))
    writer.close()


def test_closing_finishes_what_was_handed_in(sqlite_engine: sa.Engine) -> None:
    writer = writer_for(sqlite_engine)
    blocked = Blocked(writer)
    futures = [blocked.hand_in(note(f"n{n}")) for n in range(5)]
    wait_until_queued(writer, 5)
    closing = threading.Thread(target=writer.close)
    closing.start()
    blocked.go()
    closing.join(10)
    assert [future.result(10) for future in futures] == [f"n{n}" for n in range(5)]
    assert len(noted(sqlite_engine)) == 5
    blocked.end()


def test_nobody_who_races_with_closing_waits_for_ever(sqlite_engine: sa.Engine) -> None:
    writer = writer_for(sqlite_engine)
    start = threading.Barrier(9)

    def keep_writing() -> None:
        start.wait(10)
        for _ in range(200):
            writer.run(note("again"))

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(keep_writing) for _ in range(8)]
        start.wait(10)
        writer.close()
        for future in futures:
            assert isinstance(future.exception(30), StoreUnavailable)


# --- full, locked, read-only ----------------------------------------------------------------------------------------


def test_a_locked_database_is_unavailable_and_works_again_afterwards(migrated_copy: Path) -> None:
    engine = open_engine(sqlite_url(migrated_copy), busy_timeout_s=0.05)
    writer = writer_for(engine)
    other = sqlite3.connect(migrated_copy, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        writer.run(note("refused"))
    other.execute("ROLLBACK")
    assert writer.run(note("accepted")) == "accepted"
    assert noted(engine) == ["accepted"]
    other.close()
    writer.close()
    engine.dispose()


def test_all_who_wait_for_a_locked_database_are_told_at_the_same_time(migrated_copy: Path) -> None:
    engine = open_engine(sqlite_url(migrated_copy), busy_timeout_s=0.05)
    writer = writer_for(engine)
    blocked = Blocked(writer)
    futures = [blocked.hand_in(note(f"n{n}")) for n in range(20)]
    wait_until_queued(writer, 20)
    other = sqlite3.connect(migrated_copy, isolation_level=None, check_same_thread=False)
    tries: list[int] = []

    def lock_first(*_: object) -> None:
        tries.append(1)
        if not other.in_transaction:
            other.execute("BEGIN IMMEDIATE")

    event.listen(engine, "checkout", lock_first)
    blocked.go()
    assert [type(future.exception(30)) for future in futures] == [StoreUnavailable] * 20
    assert len(tries) == 1  # not one time-out for each
    other.close()
    blocked.end()
    writer.close()
    engine.dispose()


def fill(engine: sa.Engine) -> None:
    """Let the database grow by no page more, as on a full disk."""
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count=1"))
    engine.dispose()


def test_a_full_database_stores_nothing_and_says_so(sqlite_engine: sa.Engine) -> None:
    fill(sqlite_engine)
    writer = writer_for(sqlite_engine)

    def much(connection: sa.Connection) -> str:
        for _ in range(200):
            note("x" * 2000)(connection)
        return "stored"

    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        writer.run(much)
    assert noted(sqlite_engine) == []
    writer.close()


def test_a_piece_too_large_for_the_disk_harms_no_neighbour(sqlite_engine: sa.Engine) -> None:
    fill(sqlite_engine)

    def much(connection: sa.Connection) -> str:
        for _ in range(200):
            note("x" * 2000)(connection)
        return "stored"

    writer = writer_for(sqlite_engine)
    blocked = Blocked(writer)
    before, large, after = (blocked.hand_in(work) for work in (note("a"), much, note("b")))
    wait_until_queued(writer, 3)
    blocked.go()
    assert (before.result(10), after.result(10)) == ("a", "b")
    assert isinstance(large.exception(10), StoreUnavailable)
    assert noted(sqlite_engine) == ["a", "b"]
    blocked.end()
    writer.close()


def test_a_read_only_database_is_unavailable(engine: sa.Engine) -> None:
    statement = "PRAGMA query_only=1" if engine.dialect.name == "sqlite" else "SET default_transaction_read_only=on"

    def read_only(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(statement)
        if not statement.startswith("PRAGMA"):
            raw.commit()

    event.listen(engine, "connect", read_only)
    engine.dispose()
    writer = writer_for(engine)
    with pytest.raises(StoreUnavailable):
        writer.run(note("refused"))
    writer.close()


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "no folder" / "guard.db"))
    with pytest.raises(StoreUnavailable), writing(engine):
        pass
    with pytest.raises(StoreUnavailable), reading(engine):
        pass


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql+psycopg://guard@/guard?host={tmp_path}")
    with pytest.raises(StoreUnavailable), reading(engine):
        pass


def test_tables_that_are_missing_make_the_store_unavailable(empty_engine: sa.Engine) -> None:
    with pytest.raises(StoreUnavailable), reading(empty_engine) as connection:
        connection.execute(sa.select(audit.c.id))


def test_the_message_quotes_no_parameter(migrated_copy: Path) -> None:
    engine = open_engine(sqlite_url(migrated_copy))
    fill(engine)
    writer = writer_for(engine)
    with pytest.raises(StoreUnavailable) as told:
        writer.run(note("090-0000-0000" * 5000))
    assert "090" not in str(told.value)
    assert told.value.__cause__ is None
    writer.close()
    engine.dispose()


# --- durability -----------------------------------------------------------------------------------------------------

_WRITE_AND_WAIT = """
import sys, time
import sqlalchemy as sa
from shopguard.storage.engine import open_engine
from shopguard.storage.tables import audit
from shopguard.storage.writer import writer_for
writer = writer_for(open_engine(sys.argv[1]))
row = {"at": 1.0, "actor": "test", "action": "survives", "detail": ""}
writer.run(lambda connection: connection.execute(audit.insert(), row))
print("committed", flush=True)
time.sleep(60)
"""


def test_what_run_returned_from_survives_kill_9(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE_AND_WAIT, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "committed\n"
        process.kill()
    assert noted(engine) == ["survives"]


def test_sqlite_syncs_every_commit(sqlite_engine: sa.Engine) -> None:
    for open_connection in (reading, writing):
        with open_connection(sqlite_engine) as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_two_who_read_and_then_write_take_turns(sqlite_engine: sa.Engine) -> None:
    """Begun as readers, the second would be refused when it writes on what it read before the first committed."""

    def add_one(_: int) -> None:
        with writing(sqlite_engine) as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one()
            note(f"n{count:02}")(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert noted(sqlite_engine) == [f"n{n:02}" for n in range(40)]
