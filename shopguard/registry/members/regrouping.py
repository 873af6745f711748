"""When it turns out which shops are one, entries that rest on them are counted anew: two voices may have been one."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from shopguard.registry.acts import SYSTEM
from shopguard.registry.refusals import unless_missing
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Fire, Timer, Timers
from shopguard.storage.engine import writing

REGROUP = "member_regroup"
_PAGE = 100


def regroup_later(connection: sa.Connection, timers: Timers, members: Sequence[str], now: float) -> None:
    """See to it, in the transaction of what changes the groups of ``members``, that entries follow."""
    for member in members:
        timers.set(connection, Timer(Subject.of(SubjectKind.MEMBER, member), REGROUP, now))


class CountedEntries(Protocol):
    """What rests on reports. See ``entries.service.Entries``."""

    def changing(self, *hidden: int) -> AbstractContextManager[sa.Connection]: ...

    def regroup(self, connection: sa.Connection, number: int, by: str) -> object: ...

    def settle(self) -> None: ...


class CheckedReports(Protocol):
    """The reports of a member. See ``reports.service.Reports``."""

    def of_member(
        self, member: str, state: ReportState | None = None, before: str = "", limit: int = 100
    ) -> Sequence[Report]: ...


class Regrouping:
    """Brings new groups to the entries, by the sweeper."""

    def __init__(self, vault: sa.Engine, timers: Timers, reports: CheckedReports, entries: CountedEntries) -> None:
        self._vault, self._timers, self._reports, self._entries = vault, timers, reports, entries

    def fires(self) -> Mapping[str, Fire]:
        """Return what happens at each kind of deadline of this subject, for the ``Sweeper``."""
        return {REGROUP: self._regroup}

    def _regroup(self, timer: Timer) -> None:
        for number in self._entries_of(timer.subject.key):
            with unless_missing(), self._entries.changing(number) as connection:
                self._entries.regroup(connection, number, SYSTEM)
            self._entries.settle()
        with writing(self._vault) as connection:
            if self._timers.there(connection, timer.subject).get(REGROUP) == timer:  # else it changed once more
                self._timers.end(connection, timer.subject, REGROUP)

    def _entries_of(self, member: str) -> Sequence[int]:
        found: dict[int, None] = {}
        page: Sequence[Report] = self._reports.of_member(member, ReportState.CHECKED, limit=_PAGE)
        while page:
            found |= dict.fromkeys(report.entry for report in page if report.entry is not None)
            page = self._reports.of_member(member, ReportState.CHECKED, page[-1].id, _PAGE)
        return list(found)
