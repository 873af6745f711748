"""Leaving a registry in peace that fails, and letting one question try whether it is back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError, CircuitMemoryStorage

from shopguard.registry.client.silence import NoAnswer, Silence


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """After so many ``failures`` in a row nobody asks for ``rest_s`` seconds; then one question tries."""

    failures: int = 3
    rest_s: float = 30.0


class Breaker:
    """One process's memory of how its last questions fared. Safe between threads, which ask at the same time.

    Args:
        clock: aware moments.
    """

    def __init__(self, settings: BreakerSettings, clock: Callable[[], datetime]) -> None:
        self._circuit = CircuitBreaker(
            fail_max=settings.failures,
            reset_timeout=settings.rest_s,
            exclude=[_is_answer],
            state_storage=_OnOurClock(clock),
            throw_new_error_on_trip=False,
        )
        self._probe = threading.Lock()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask inside; ``NoAnswer`` at once while the registry is left in peace."""
        is_probe = self._circuit.current_state != STATE_CLOSED
        if is_probe and not self._probe.acquire(blocking=False):
            raise NoAnswer(Silence.RESTING)
        try:
            # not call(): that one holds a lock while it runs, and all threads would ask one after the other
            with self._circuit.calling():
                yield
        except CircuitBreakerError:
            raise NoAnswer(Silence.RESTING) from None
        finally:
            if is_probe:
                self._probe.release()


def _is_answer(error: BaseException) -> bool:
    return isinstance(error, NoAnswer) and not error.is_outage


class _OnOurClock(CircuitMemoryStorage):
    """Has the circuit, which reads the time itself, measure its rest by our clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(STATE_CLOSED)
        self._clock = clock
        self._ours: datetime | None = None

    @property
    def opened_at(self) -> datetime | None:
        if self._ours is None:
            return None
        return datetime.now(UTC) - abs(self._clock() - self._ours)  # a clock set back does not make the rest longer

    @opened_at.setter
    def opened_at(self, _theirs: datetime) -> None:
        self._ours = self._clock()
