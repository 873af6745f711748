"""How often a member may have reports judged in a day: whoever may ask without end learns who is known here."""

import threading
from collections import Counter
from collections.abc import Callable

from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both


class Allowance:
    """Counts what each member asked since midnight in Japan. Safe to share between threads, and keeps nothing.

    Args:
        a_day: reports checked, begun, changed or filed.
        clock: Unix seconds.
    """

    def __init__(self, a_day: int, clock: Callable[[], float]) -> None:
        self._a_day, self._clock = a_day, clock
        self._lock = threading.Lock()
        self._day, self._asked = day_of(clock()), Counter[str]()

    def take(self, member: str) -> None:
        """Count one more; ``Refused`` until tomorrow where a member has had all."""
        now = self._clock()
        with self._lock:
            if (today := day_of(now)) != self._day:
                self._day, self._asked = today, Counter()
            if self._asked[member] >= self._a_day:
                raise Refused(Refusal.REPORTS_SPENT, _spent(self._a_day), end_of(today) - now)
            self._asked[member] += 1


def _spent(a_day: int) -> str:
    return both(
        f"報告の確認と提出は、1日に合わせて{a_day:,}件までです。日本時間の0時から続きができます。",
        f"reports are checked and filed {a_day:,} times a day at most, in all: go on after midnight in Japan",
    )
