"""When a report ends by itself, and how nothing of it is left: its key is destroyed, then what lay under it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import sqlalchemy as sa

from shopguard.registry.acts import SYSTEM, Act, Acts
from shopguard.registry.calendar import day_of
from shopguard.registry.entries.cases import empty_reports
from shopguard.registry.log import LeafKind
from shopguard.registry.office.quality import Counted, count
from shopguard.registry.reports.model import ReportState
from shopguard.registry.reports.store import ReportStore
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Fire, Timer, Timers
from shopguard.storage.engine import writing

ENDS, ERASED = "report_ends", "report_erased"
"""A report that nobody went on with ends; what has ended is erased."""

_DAY_S = 86_400.0
_HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Periods:
    """How long a report is kept that leads to no entry.

    Args:
        draft_days: a draft that nobody files; it holds a person's data for nothing.
        answer_days: how long the shop may take for what the office asked.
        rejected_days: in which the shop may ask why; nothing of a rejected report is kept longer.
        paid_hours: after payment (L11; France, CNIL deliberation on payment incidents: 48 hours; read 2026-11).
        warn_days: how long before the first three people are warned.
    """

    draft_days: float = 30
    answer_days: float = 30
    rejected_days: float = 90
    paid_hours: float = 48
    warn_days: float = 3


class Ending:
    """The deadlines of reports. ``clock`` is Unix seconds."""

    def __init__(
        self,
        store: ReportStore,
        acts: Acts,
        timers: Timers,
        clock: Callable[[], float],
        periods: Periods = Periods(),  # frozen
    ) -> None:
        self._store, self._acts, self._timers = store, acts, timers
        self._clock, self._periods = clock, periods

    def draft(self, connection: sa.Connection, number: int) -> None:
        """Let a draft end if nobody goes on with it."""
        self._set(connection, number, ENDS, self._periods.draft_days)

    def answer(self, connection: sa.Connection, number: int) -> date:
        """Let a returned report end if the shop does not answer, and return the last whole day it has for that."""
        self._set(connection, number, ENDS, self._periods.answer_days)
        return day_of(self._clock() + (self._periods.answer_days - 1) * _DAY_S)

    def rejected(self, connection: sa.Connection, number: int) -> None:
        """Let a rejected report be erased once the shop has had its time to ask."""
        self._set(connection, number, ERASED, self._periods.rejected_days)

    def paid(self, connection: sa.Connection, number: int) -> None:
        """Let a report be erased whose debt was paid."""
        self.none(connection, number)
        due_at = self._clock() + self._periods.paid_hours * _HOUR_S
        self._timers.set(connection, Timer(_subject(number), ERASED, due_at))

    def now(self, connection: sa.Connection, number: int) -> None:
        """Let a report be erased with the next sweep at the latest; ``erase`` need not wait for it."""
        self.none(connection, number)
        self._timers.set(connection, Timer(_subject(number), ERASED, self._clock()))

    def discarded(self, connection: sa.Connection, number: int) -> None:
        """Leave no trace of a report that was never filed: nobody goes on with it; the rest is as ``now``."""
        self._store.remove(connection, number)
        self.now(connection, number)

    def none(self, connection: sa.Connection, number: int) -> None:
        """Let a report stay: it waits for the office, or lives with its entry."""
        self._timers.end(connection, _subject(number), ENDS, ERASED)

    def erase(self, number: int) -> None:
        """Destroy all that a report and its files said; may be done twice. Outside any transaction on the vault."""
        self._store.records.forget(number)
        with writing(self._store.engine) as connection:
            empty_reports(connection, [number])

    def fires(self) -> Mapping[str, Fire]:
        """Return what happens at each kind of deadline of a report, for the ``Sweeper``."""
        return {ENDS: self._end, ERASED: lambda timer: self.erase(timer.subject.number)}

    def _end(self, timer: Timer) -> None:
        number = timer.subject.number
        with writing(self._store.engine) as connection:
            state = self._store.state_of(connection, number)
            there = self._timers.there(connection, timer.subject).get(ENDS)
            if there is None or there.due_at > self._clock():
                return  # the shop went on with it at the last moment
            if state is ReportState.DRAFT:
                self.discarded(connection, number)
            else:
                self._withdraw(connection, number)
        self.erase(number)

    def _withdraw(self, connection: sa.Connection, number: int) -> None:
        now, report = self._clock(), self._store.by_number(connection, number)
        withdrawn = ReportState.WITHDRAWN
        self._store.change(connection, msgspec.structs.replace(report, state=withdrawn, changed_at=now))
        act = Act(now, LeafKind.REPORT_WITHDRAWN, str(_subject(number)), SYSTEM, "", report.state, withdrawn)
        self._acts.record(connection, _subject(number), act)
        count(connection, report.member, Counted.LATE)
        self.now(connection, number)

    def _set(self, connection: sa.Connection, number: int, what: str, days: float) -> None:
        self.none(connection, number)
        due_at = self._clock() + days * _DAY_S
        self._timers.set(connection, Timer(_subject(number), what, due_at, due_at - self._periods.warn_days * _DAY_S))


def _subject(number: int) -> Subject:
    return Subject.of(SubjectKind.REPORT, number)
