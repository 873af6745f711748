"""Rows that many threads add at once: one statement for all, and still each learns whether its own was new."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import open_engine, reading, sqlite_url, writing
from shopguard.storage.writer import Addition, GroupCommitWriter

_WORDS = Addition("INSERT INTO word (text, length) VALUES", "(?, ?)", "ON CONFLICT (text) DO NOTHING")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(sqlite_url(tmp_path / "words.db"))
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE word (text TEXT PRIMARY KEY, length INTEGER CHECK (length > 0))")
    yield engine
    engine.dispose()


def _add_in_one_batch(engine: sa.Engine, *words: str) -> list[bool | BaseException]:
    """Hand in all words while the writer is busy, so that it finds them together."""
    busy, go_on = threading.Event(), threading.Event()

    def hold_up(_connection: sa.Connection) -> None:
        busy.set()
        go_on.wait(20)

    with closing(GroupCommitWriter(engine)) as writer, ThreadPoolExecutor(len(words) + 1) as pool:
        first = pool.submit(writer.run, hold_up)
        busy.wait(20)
        adding = [pool.submit(writer.add, _WORDS, (word, len(word))) for word in words]
        while writer._waiting.qsize() < len(words):
            threading.Event().wait(0.001)
        go_on.set()
        first.result()
        return [future.exception() or future.result() for future in adding]


def _stored(engine: sa.Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.exec_driver_sql("SELECT text FROM word").scalars())


def test_new_rows_share_one_statement(engine: sa.Engine) -> None:
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: statements.append(sql))
    assert _add_in_one_batch(engine, "ame", "yuki", "kaze") == [True, True, True]
    assert _stored(engine) == {"ame", "yuki", "kaze"}
    assert len([sql for sql in statements if sql.startswith("INSERT")]) == 1


def test_a_row_that_is_there_already_is_told_apart_from_the_new_ones_beside_it(engine: sa.Engine) -> None:
    assert _add_in_one_batch(engine, "ame") == [True]
    assert _add_in_one_batch(engine, "yuki", "ame", "kaze") == [True, False, True]
    assert _stored(engine) == {"ame", "yuki", "kaze"}


def test_of_equal_rows_handed_in_together_exactly_one_is_new(engine: sa.Engine) -> None:
    assert sorted(_add_in_one_batch(engine, "ame", "ame", "yuki", "ame")) == [False, False, True, True]


def test_the_fault_of_one_row_is_not_the_fault_of_its_neighbours(engine: sa.Engine) -> None:
    first, faulty, last = _add_in_one_batch(engine, "ame", "", "kaze")
    assert (first, last) == (True, True)
    assert isinstance(faulty, sa.exc.IntegrityError)
    assert _stored(engine) == {"ame", "kaze"}


def test_a_closed_writer_adds_nothing(engine: sa.Engine) -> None:
    writer = GroupCommitWriter(engine)
    writer.close()
    with pytest.raises(StoreUnavailable):
        writer.add(_WORDS, ("ame", 3))
    assert _stored(engine) == set()
