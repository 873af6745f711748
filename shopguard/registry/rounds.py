"""What a registry does by the clock, without being asked: deadlines, what waits for index and log, heads, fees."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from shopguard.storage.turns import one_at_a_time

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done every ``every_s`` seconds, and at the start. Doing it twice changes nothing."""

    name: str
    every_s: float
    do: Callable[[], object]


class Rounds:
    """Does each chore when its time has come, one after the other; one that fails is tried again at its next time.

    Among all processes of an installation one does chores at a time: deadlines fire once.

    Args:
        vault: the store whose turn is taken.
        steady: seconds that only go forward; the wall clock may be set back.
    """

    def __init__(
        self, vault: sa.Engine, chores: Sequence[Chore], steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._vault, self._chores, self._steady = vault, chores, steady
        self._next = dict.fromkeys((chore.name for chore in chores), 0.0)

    def run(self, stop: threading.Event) -> None:
        """Go on until ``stop`` is set."""
        while not stop.wait(_LOOK_EVERY_S):
            self.do_due()

    def do_due(self) -> int:
        """Do what is due and return how many chores were done without a fault."""
        now = self._steady()
        due = [chore for chore in self._chores if self._next[chore.name] <= now]
        return sum(self._done(chore, now) for chore in due)

    def _done(self, chore: Chore, now: float) -> bool:
        self._next[chore.name] = now + chore.every_s
        try:
            with one_at_a_time(self._vault, "rounds"):
                chore.do()
        except Exception as error:  # the other chores are other people's deadlines
            _log.error("chore_failed", chore=chore.name, error=type(error).__name__)
            return False
        return True
