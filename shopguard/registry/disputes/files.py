"""What the persons' desk works on, and what all of it does: deadlines, letters, acts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from shopguard.config.periods import Periods
from shopguard.registry.acts import Act, Acts
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.held import Held
from shopguard.registry.disputes.letters import Letter, Sender, Template
from shopguard.registry.disputes.model import Request, RequestKind, RequestState
from shopguard.registry.disputes.outbox import PERSON, Outbox, member_addressee
from shopguard.registry.disputes.store import RequestStore, subject_of
from shopguard.registry.entries.clocks import Clock, clocks
from shopguard.registry.entries.model import Life
from shopguard.registry.entries.rules import answers_until
from shopguard.registry.entries.service import Entries
from shopguard.registry.entries.steps import FREE
from shopguard.registry.log import Inclusion, LeafKind
from shopguard.registry.records import Records
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.store import ReportStore
from shopguard.registry.seen import Seen
from shopguard.registry.subjects import Subject
from shopguard.registry.timers import Timers
from shopguard.storage.engine import writing


@dataclass(frozen=True, slots=True)
class Files:
    """What the persons' desk works on.

    Args:
        clock: Unix seconds.
        prove: returns the proof that a leaf stands in the log.
    """

    entries: Entries
    reports: ReportStore
    requests: RequestStore
    records: Records
    timers: Timers
    acts: Acts
    outbox: Outbox
    clock: Callable[[], float]
    sender: Sender
    prove: Callable[[int], Inclusion]
    seen: Seen

    @property
    def today(self) -> date:
        return day_of(self.clock())

    @property
    def vault(self) -> sa.Engine:
        return self.records.vault.engine

    def about(self, request: Request) -> Held | None:
        """Return the entry that a request is about; None if there is none, or no more."""
        found = self.entries.by_code(request.code) if request.code else None
        return None if found is None else self.held(found)

    def held(self, life: Life) -> Held:
        """Return an entry with the reports it rests on, as far as they are not erased."""
        numbers = [source.report for source in life.sources]
        found = self.reports.of_numbers(numbers)
        return Held(life, [found[number] for number in numbers if number in found])

    @property
    def periods(self) -> Periods:
        return self.entries.periods

    def due_on(self, kind: RequestKind) -> date:
        """Return the last day on which what is asked today is answered: a copy, else as a dispute (L8, L9, L10)."""
        days = self.periods.copy_days if kind is RequestKind.ACCESS else self.periods.dispute_days
        return self.today + timedelta(days=days)

    def answer_until(self, life: Life) -> date | None:
        """Return the last day on which the person may answer before a report counts; None: not known, or over."""
        return answers_until(life, self.today, self.periods) if life.state in FREE else None

    def decided_until(self, life: Life) -> date | None:
        """Return the last day on which the open dispute about an entry is decided; None if there is none."""
        deadline = clocks(life, self.clock(), self.periods).get(Clock.DECIDE)
        return None if deadline is None else day_of(deadline.due_at - 1)

    def opening(self, request: Request) -> AbstractContextManager[sa.Connection]:
        """Return the transaction that takes a request in; an entry that is to be unserved is so from here on."""
        if request.entry is None or not request.kind.unserves:
            return writing(self.vault)
        return self.entries.changing(request.entry)

    def tell(self, connection: sa.Connection, request: Request, template: Template, letter: Letter) -> None:
        """Draft a letter to the person who asked; nothing where there is no way to reach them."""
        if not letter.to.is_reachable:
            return
        self.outbox.draft(connection, subject_of(request), PERSON, template, letter, self.clock())

    def tell_reporters(
        self,
        connection: sa.Connection,
        subject: Subject,
        reports: Iterable[Report],
        template: Template,
        write: Callable[[Sequence[str]], Letter],
    ) -> None:
        """Draft a letter to each shop about its own of ``reports``, whose ids are given to ``write``."""
        of_members = defaultdict[str, list[str]](list)
        for report in reports:
            of_members[report.member].append(report.id)
        for member, ids in sorted(of_members.items()):
            self.outbox.draft(connection, subject, member_addressee(member), template, write(ids), self.clock())

    def record(self, connection: sa.Connection, request: Request, by: str, reason: str, after: str) -> None:
        """Keep what was done about a request."""
        decided = not request.is_open
        kind = LeafKind.REQUEST_DECIDED if decided else LeafKind.REQUEST_RECEIVED
        before = RequestState.OPEN.value if decided else ""
        subject = subject_of(request)
        self.acts.record(connection, subject, Act(self.clock(), kind, str(subject), by, reason, before, after))
