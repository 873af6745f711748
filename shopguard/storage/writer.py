"""One way to write: each piece of work is a function on a connection, durable when ``run`` returns.

On SQLite one thread gathers what several threads want to write and commits it together: a commit costs one
fsync however many rows it holds, so sixteen waiting requests share one. PostgreSQL groups commits by itself.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import writing

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

_MAX_BATCH = 256
_PAUSES_S = (0.02, 0.1, 0.5)
"""At most, before the same work is tried again."""

_COLLISIONS = frozenset({"40P01", "40001"})
"""Deadlock and serialization failure: the same work again may well succeed.

Source: PostgreSQL 18, appendix A "Error Codes" (read 2026-11).
"""


@dataclass(frozen=True, slots=True)
class Addition:
    """SQL that adds rows and passes over those whose key is there already: ``INSERT ... VALUES row, row ... rest``.

    Args:
        row: one row with ``?`` for each value, in brackets.
        rest: the ``ON CONFLICT`` clause.
    """

    insert: str
    row: str
    rest: str

    def add(self, connection: sa.Connection, *rows: tuple[Any, ...]) -> int:
        """Add ``rows`` in one statement and return how many were new."""
        sql = f"{self.insert} {', '.join([self.row] * len(rows))} {self.rest}"
        if connection.dialect.paramstyle != "qmark":
            sql = sql.replace("?", "%s")
        return connection.exec_driver_sql(sql, tuple(chain.from_iterable(rows))).rowcount


class Writer(Protocol):
    """Runs work in a transaction."""

    def run(self, work: Work[T]) -> T:
        """Return what ``work`` returns, after it was committed.

        Work may be run again, when its neighbour in a batch failed or when it and another transaction waited for each
        other: it only touches the connection. An error of ``work`` is raised here and nothing of it is kept;
        ``StoreUnavailable`` means that nothing was stored.
        """
        ...

    def add(self, addition: Addition, row: tuple[Any, ...]) -> bool:
        """Whether ``row`` was new; it is there and durable when this returns. Raises what ``run`` raises."""
        ...

    def close(self) -> None:
        """Finish what was handed in and stop."""
        ...


def writer_for(engine: sa.Engine) -> Writer:
    """Return the writer that suits the database."""
    return GroupCommitWriter(engine) if engine.dialect.name == "sqlite" else DirectWriter(engine)


class _Collided(Exception):
    """Two transactions waited for each other, and the database gave up this one."""


class DirectWriter:
    """A transaction for each piece of work, on the caller's own connection."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def run(self, work: Work[T]) -> T:
        for pause_s in _PAUSES_S:
            with suppress(_Collided):
                return self._run(work)
            time.sleep(pause_s * random.random())  # the other goes on, and both do not meet in step again
        with writing(self._engine) as connection:
            return work(connection)

    def _run(self, work: Work[T]) -> T:
        with writing(self._engine) as connection:
            try:
                return work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
                    raise _Collided from None
                raise

    def add(self, addition: Addition, row: tuple[Any, ...]) -> bool:
        with writing(self._engine) as connection:
            return addition.add(connection, row) == 1

    def close(self) -> None:
        """Nothing is waiting."""


class _Handed(Generic[T]):
    """Work that was handed in, and how it went. One bare lock does the waiting: a ``Future`` costs several."""

    __slots__ = ("_done", "_error", "_result", "work")
    _result: T

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, result: T) -> None:
        self._result = result
        self._done.release()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._done.release()

    def outcome(self) -> T:
        """Wait until it is committed; returns its result or raises its error."""
        self._done.acquire()
        if self._error is not None:
            raise self._error
        return self._result


class _Row(_Handed[bool]):
    """A row to be added, alone if it must be."""

    __slots__ = ("addition", "row")

    def __init__(self, addition: Addition, row: tuple[Any, ...]) -> None:
        super().__init__(lambda connection: addition.add(connection, row) == 1)
        self.addition, self.row = addition, row


class _NotAllNew(Exception):
    """Rows that were added together include a repeat, and it cannot be told which."""


class GroupCommitWriter:
    """One thread that commits the work of many together."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[_Handed[Any] | None] = queue.SimpleQueue()
        self._closed = False
        self._door = threading.Lock()  # so that nothing is handed in behind the last of a closed writer
        self._thread = threading.Thread(target=self._drain, name="group-commit", daemon=True)
        self._thread.start()

    def run(self, work: Work[T]) -> T:
        return self._outcome(_Handed(work))

    def add(self, addition: Addition, row: tuple[Any, ...]) -> bool:
        return self._outcome(_Row(addition, row))

    def _outcome(self, handed: _Handed[T]) -> T:
        with self._door:
            if self._closed:
                raise StoreUnavailable("the writer is closed")
            self._waiting.put(handed)
        return handed.outcome()

    def close(self) -> None:
        with self._door:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _drain(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, goes_on = [first], True
            while len(batch) < _MAX_BATCH and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    goes_on = False
                    break
                batch.append(following)
            self._commit(batch)
            if not goes_on:
                return

    def _commit(self, batch: list[_Handed[Any]], together: bool = True) -> None:
        begun = False
        try:
            with writing(self._engine) as connection:
                begun = True
                results = _together(connection, batch) if together else [handed.work(connection) for handed in batch]
        except _NotAllNew:
            self._commit(batch, together=False)
            return
        except BaseException as error:
            if begun and len(batch) > 1:
                for single in batch:  # so that the fault of one is not the fault of all
                    self._commit([single])
                return
            # locked or away: one by one, the last would wait for as many time-outs as there are
            for handed in batch:
                handed.fail(error)
            return
        for handed, result in zip(batch, results, strict=True):
            handed.finish(result)


def _together(connection: sa.Connection, batch: Sequence[_Handed[Any]]) -> list[Any]:
    """Do the work of ``batch``, its rows in one statement: between statements every other thread gets its turn.

    Raises ``_NotAllNew`` if that cannot tell which rows are repeats; then nothing may be kept.
    """
    rows = [handed for handed in batch if isinstance(handed, _Row)]
    added = frozenset(rows if len(rows) > 1 else ())
    for addition in {row.addition for row in added}:
        alike = [row.row for row in rows if row.addition is addition]
        if addition.add(connection, *alike) != len(alike):
            raise _NotAllNew
    return [True if handed in added else handed.work(connection) for handed in batch]
