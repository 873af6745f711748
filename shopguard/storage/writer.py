"""One way to write: each piece of work is a function on a connection, durable when ``run`` returns.

On SQLite one thread gathers what several threads want to write and commits it together: a commit costs one
fsync however many rows it holds, so sixteen waiting requests share one. PostgreSQL groups commits by itself.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import writing

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

_MAX_BATCH = 256


class Writer(Protocol):
    """Runs work in a transaction."""

    def run(self, work: Work[T]) -> T:
        """Return what ``work`` returns, after it was committed.

        Work may be run again when its neighbour in a batch failed: it only touches the connection. An error of
        ``work`` is raised here and nothing of it is kept; ``StoreUnavailable`` means that nothing was stored.
        """
        ...

    def close(self) -> None:
        """Finish what was handed in and stop."""
        ...


def writer_for(engine: sa.Engine) -> Writer:
    """Return the writer that suits the database."""
    return GroupCommitWriter(engine) if engine.dialect.name == "sqlite" else DirectWriter(engine)


class DirectWriter:
    """A transaction for each piece of work, on the caller's own connection."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def run(self, work: Work[T]) -> T:
        with writing(self._engine) as connection:
            return work(connection)

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
        handed = _Handed(work)
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

    def _commit(self, batch: list[_Handed[Any]]) -> None:
        begun = False
        try:
            with writing(self._engine) as connection:
                begun = True
                results = [handed.work(connection) for handed in batch]
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
