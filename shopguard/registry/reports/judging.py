"""What the registry says to a report: whether the rules let it be filed, and what the office is to look at."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import sqlalchemy as sa
from msgspec.structs import replace

from shopguard.model import Party
from shopguard.registry.calendar import day_of
from shopguard.registry.reports import rules
from shopguard.registry.reports.model import Mark, Report, ReportContent
from shopguard.registry.reports.store import ReportStore, StoredFile
from shopguard.registry.reports.wording import Fault
from shopguard.registry.seen import FoundBy, Seen, is_one_person
from shopguard.registry.subjects import SubjectKind


class Judge:
    """Holds reports against the rules and against who is known. ``clock`` is Unix seconds."""

    def __init__(self, store: ReportStore, seen: Seen, clock: Callable[[], float], limits: rules.Limits) -> None:
        self._store, self._seen, self._clock, self._limits = store, seen, clock, limits

    def faults(
        self,
        connection: sa.Connection,
        report: Report,
        files: Sequence[StoredFile] | None = None,
        buyer: FoundBy | None = None,
    ) -> Sequence[Fault]:
        """Return what keeps a report from being filed; without ``files``, if those it names come with it.

        Args:
            buyer: what the report's party is found by, here and below, where that is known already.
        """
        members = self._members_like(buyer or report.content.party)
        history = rules.History(
            own_order_reports=len(self._store.others_of_order(connection, report)),
            is_own_person=report.member in members,
            is_member_person=bool(members - {report.member}),
        )
        names = None if files is None else _names(files)
        return rules.faults(report.content, history, day_of(self._clock()), names, self._limits)

    def judged(self, report: Report, files: Sequence[StoredFile], buyer: FoundBy | None = None) -> Report:
        """Return the report with how complete it is, and what the office is to look at."""
        marks = set(rules.marks(report.content, day_of(report.filed_at), self._limits))
        protected = self._seen.like(buyer or report.content.party, SubjectKind.PROTECTION)
        if any(is_one_person(shared) for shared in protected.values()):
            marks.add(Mark.PROTECTED)
        completeness = rules.completeness(report.content, _names(files))
        return replace(report, completeness=completeness, marks=tuple(sorted(marks)))

    def is_settled(self, content: ReportContent) -> bool:
        """Whether what was paid leaves nothing, or less than a debt that counts."""
        left = content.amount - sum((part.amount for part in content.payments), Decimal(0))
        return left <= 0 or left < self._limits.floors.get(content.currency, 0)

    def alike(self, report: Report, buyer: FoundBy | None = None) -> Sequence[int]:
        """Return the numbers of the other reports that are on the same person."""
        like = self._seen.like(buyer or report.content.party, SubjectKind.REPORT)
        one_person = (subject.number for subject, shared in like.items() if is_one_person(shared))
        return [number for number in one_person if number != report.number]

    def _members_like(self, buyer: Party | FoundBy) -> frozenset[str]:
        """The members of which the buyer seems to be a person."""
        like = self._seen.like(buyer, SubjectKind.MEMBER)
        return frozenset(subject.key for subject, shared in like.items() if is_one_person(shared))


def _names(files: Sequence[StoredFile]) -> frozenset[str]:
    """What the answers may call the files by."""
    return frozenset(name for file in files for name in (file.id, file.name))
