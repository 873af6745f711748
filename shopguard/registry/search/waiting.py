"""Looks that need no commit of their own: kept in memory for a moment and written down together by a thread."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from shopguard.errors import StoreUnavailable

WRITE_EVERY_S = 2.0
"""How long a look may wait: what a crash may lose of them."""

LATE_S = 10.0
"""After so long without being written, nothing more may be told of anybody."""

Row = Mapping[str, Any]
Unmet = tuple[str, str, int]
"""Member, key and hour of a look-up that told of nobody."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """What waits. ``since``: seconds of a clock that only goes forward."""

    since: float
    rows: list[Row] = field(default_factory=list)
    unmet: Counter[Unmet] = field(default_factory=Counter)


class WaitingLooks:
    """Safe to share between threads.

    Args:
        write: keeps a batch, whole or not at all; ``StoreUnavailable``: it waits on.
    """

    def __init__(self, write: Callable[[Batch], None]) -> None:
        self._write = write
        self._changing = threading.Lock()
        self._writing = threading.Lock()
        self._batch: Batch | None = None
        self._leaving: Batch | None = None  # what is being written down
        self._begun, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, rows: Sequence[Row]) -> None:
        """Let looks wait; ``StoreUnavailable`` while others cannot be written down, and after ``close``."""
        with self._changing:
            batch = self._waiting()
            if time.monotonic() - (self._leaving or batch).since > LATE_S:
                raise StoreUnavailable("who is told of whom cannot be written down now")
            batch.rows.extend(rows)

    def count(self, unmet: Unmet) -> None:
        """Let one look-up that told of nobody wait: until ``close`` it may always be answered."""
        with self._changing:
            self._waiting().unmet[unmet] += 1

    def settle(self) -> None:
        """Write down what waits; it waits on where that cannot be done now."""
        with self._writing:
            batch = self._take()
            if batch is None:
                return
            try:
                self._write(batch)
            except BaseException as error:
                self._give_back(batch)
                if not isinstance(error, StoreUnavailable):
                    raise
                _log.warning("looks_wait", error=str(error))
            else:
                self._leaving = None

    def close(self) -> None:
        """Write down what waits, and stop: what comes afterwards is refused."""
        with self._changing:
            self._closed.set()
            self._begun.set()
        if self._thread is not None:
            self._thread.join()
        self.settle()
        if self._batch is not None:
            _log.error("looks_lost", looks=len(self._batch.rows))

    def _waiting(self) -> Batch:
        if self._closed.is_set():
            raise StoreUnavailable("the book of looks is closed")
        if self._batch is None:
            self._batch = Batch(time.monotonic())
            self._begun.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_settling, name="looks", daemon=True)
                self._thread.start()
        return self._batch

    def _keep_settling(self) -> None:
        while self._begun.wait() and not self._closed.wait(WRITE_EVERY_S):
            self._begun.clear()
            try:
                self.settle()
            except Exception as fault:  # the next round tries again, and what is late lets nobody be told
                _log.error("looks_wait", error=type(fault).__name__)

    def _take(self) -> Batch | None:
        with self._changing:
            self._leaving, self._batch = self._batch, None
            return self._leaving

    def _give_back(self, batch: Batch) -> None:
        with self._changing:
            if self._batch is not None:
                batch.rows.extend(self._batch.rows)
                batch.unmet += self._batch.unmet
            self._batch, self._leaving = batch, None
            self._begun.set()
