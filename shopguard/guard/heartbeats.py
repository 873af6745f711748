"""Signs of life: receiver and worker write down every few seconds that they are there, so that others miss them."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import reading
from shopguard.storage.tables import heartbeat
from shopguard.storage.writer import Writer

EVERY_S = 10.0
SILENT_S = 45.0
"""Longer than a process takes to start anew with other settings."""


class Beating(StrEnum):
    """The processes without which no order is guarded."""

    RECEIVER = "receiver"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Silence:
    """Moments in Unix seconds.

    Args:
        since: of the last sign of life; None: there never was one.
        missed_at: from when on it is no more taken for a start.
    """

    since: float | None
    missed_at: float


class Heartbeats:
    """Of several processes that do the same one is enough, on whatever machine. ``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self._listens_since = clock()

    def beat(self, whose: Beating) -> None:
        """Write down that a process is there."""
        row = {"process": whose.value, "at": self._clock()}
        self._writer.run(lambda connection: connection.execute(_BEAT, row))

    @contextlib.contextmanager
    def beating(self, whose: Beating) -> Iterator[None]:
        """Let a process be known to be there until the block ends."""
        stop = threading.Event()
        thread = self.beat_on(whose, stop)
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def beat_on(self, whose: Beating, stop: threading.Event | None = None) -> threading.Thread:
        """Let a process be known to be there until ``stop`` is set, else until it ends."""
        thread = threading.Thread(
            target=self._beat_on, args=[whose, stop or threading.Event()], name="heartbeat", daemon=True
        )
        thread.start()
        return thread

    def _beat_on(self, whose: Beating, stop: threading.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(StoreUnavailable):  # whoever cannot store guards nothing either: it is missed
                self.beat(whose)
            stop.wait(EVERY_S)

    def last(self, whose: Beating) -> float | None:
        """Return the moment of the last sign of life."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(heartbeat.c.at).where(heartbeat.c.process == whose.value)).scalar()

    def silence(self, whose: Beating) -> Silence | None:
        """Return since when nothing is heard of a process, None while it is there.

        At a start all start together: before this one has listened for a while, nothing is missed.
        """
        last = self.last(whose)
        missed_at = max(last or 0.0, self._listens_since) + SILENT_S
        return Silence(last, missed_at) if self._clock() > missed_at else None


_BEAT = sa.text(
    "INSERT INTO heartbeat (process, at) VALUES (:process, :at) ON CONFLICT (process) DO UPDATE SET at = excluded.at"
)
