"""How often a member may have reports judged in a day: whoever may ask without end learns who is known here."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date

import sqlalchemy as sa

from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.storage.engine import writing

_SHARES = 100
"""Into so many a member's day is parted: each is written down as a whole before any of it is used, so that a restart
costs a member a hundredth at most, and a list of thousands no commit for each row.
"""


class Allowance:
    """Counts what each member asked since midnight in Japan. Safe to share between threads and processes.

    Args:
        a_day: reports checked, begun, changed or filed.
        clock: Unix seconds.
    """

    def __init__(self, vault: sa.Engine, a_day: int, clock: Callable[[], float]) -> None:
        self._vault, self._a_day, self._clock = vault, a_day, clock
        self._share = max(1, a_day // _SHARES)
        self._lock = threading.Lock()
        self._day, self._left = day_of(clock()), Counter[str]()

    def take(self, member: str) -> None:
        """Count one more; ``Refused`` until tomorrow where a member has had all."""
        now = self._clock()
        with self._lock:
            if (today := day_of(now)) != self._day:
                self._day, self._left = today, Counter()
            if not self._left[member]:
                self._left[member] = self._taken_down(member, today)
            if not self._left[member]:
                raise Refused(Refusal.REPORTS_SPENT, _spent(self._a_day), end_of(today) - now)
            self._left[member] -= 1

    def _taken_down(self, member: str, day: date) -> int:
        """Write down that the next share of a member's day is used, and return how much that is."""
        said = {"member": member, "day": day.toordinal(), "share": self._share, "a_day": self._a_day}
        with writing(self._vault) as connection:
            taken = connection.execute(_TAKE, said).scalar()
            if taken == self._share:  # the first of a day has the days before forgotten
                connection.execute(_FORGET, said)
        return 0 if taken is None else min(self._share, self._a_day - (taken - self._share))


def _spent(a_day: int) -> str:
    return both(
        f"報告の確認と提出は、1日に合わせて{a_day:,}件までです。日本時間の0時から続きができます。",
        f"reports are checked and filed {a_day:,} times a day at most, in all: go on after midnight in Japan",
    )


_TAKE = sa.text(
    "INSERT INTO report_day (member, day, taken) VALUES (:member, :day, :share) ON CONFLICT (member, day)"
    " DO UPDATE SET taken = report_day.taken + excluded.taken WHERE report_day.taken < :a_day RETURNING taken"
)
_FORGET = sa.text("DELETE FROM report_day WHERE day < :day")
