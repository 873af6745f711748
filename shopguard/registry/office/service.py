"""The office works on reports: takes the next one, looks at all there is, and accepts, returns or rejects it.

Nobody decides in a case of their own shop, and nothing is decided twice or by someone who does not have it in hand.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.model import Category
from shopguard.registry.acts import Act, Acts, Logged
from shopguard.registry.entries.model import Life
from shopguard.registry.entries.service import Entries
from shopguard.registry.log import LeafKind
from shopguard.registry.office.conflict import Conflicts, members_of
from shopguard.registry.office.quality import Counted, Qualities, Quality, count, forget
from shopguard.registry.office.queue import PAGE, Filters, Queue, Waiting
from shopguard.registry.office.similar import Likeness, Similar
from shopguard.registry.office.wording import check_reason
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Mark, Report
from shopguard.registry.reports.service import Reports
from shopguard.registry.reports.store import StoredFile, subject_of
from shopguard.storage.engine import writing

CHECKED_ONCE = "checked once"
"""What a report is between the first and the second person that accept it; it still waits."""


@dataclass(frozen=True, slots=True)
class Item:
    """A report in the queue. ``similar`` counts the reports that share something telling with it."""

    report: Report
    waiting: Waiting
    age_days: float
    marks: frozenset[Mark]
    quality: Quality
    similar: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the queue; ``total`` reports wait in all."""

    items: Sequence[Item]
    total: int


@dataclass(frozen=True, slots=True)
class Case:
    """All there is about one report. ``waiting`` None: it does not wait for the office."""

    report: Report
    waiting: Waiting | None
    marks: frozenset[Mark]
    quality: Quality
    needs_two: bool
    similar: Sequence[Similar]
    files: Sequence[StoredFile]
    acts: Sequence[Logged]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a report that somebody accepted.

    Args:
        checked_by: who has accepted it so far.
        entry: what it is part of now; None: somebody else has to check it too.
    """

    report: Report
    checked_by: tuple[str, ...]
    entry: Life | None


class Office:
    """Reports as accounts at the office see and decide them; each decision is kept with the report.

    ``by`` is the account, ``reason`` in words. ``Refused`` says what is not possible: the report is decided already,
    somebody else works on it, or the account belongs to the shop that filed it. ``clock`` is Unix seconds.
    """

    def __init__(
        self,
        reports: Reports,
        entries: Entries,
        records: Records,
        acts: Acts,
        likeness: Likeness,
        conflicts: Conflicts,
        clock: Callable[[], float],
    ) -> None:
        self._reports, self._entries, self._records, self._acts = reports, entries, records, acts
        self._likeness, self._conflicts, self._clock = likeness, conflicts, clock
        self._vault = records.vault.engine
        self._queue, self.qualities = Queue(self._vault, clock), Qualities(self._vault)

    # --- looking ----------------------------------------------------------------------------------------------------

    def queue(self, filters: Filters = Filters(), skip: int = 0, limit: int = PAGE) -> Page:  # noqa: B008  # frozen
        """Return a part of the reports that wait: the oldest first, the urgent ones as if they were older."""
        waiting = self._queue.page(filters, skip, limit)
        reports = self._reports.store.of_numbers([one.number for one in waiting])
        there = [one for one in waiting if one.number in reports]
        similar = self._likeness.counts([one.number for one in there])
        qualities = self.qualities.of_all([one.member for one in there])
        items = [
            self._item(reports[one.number], one, qualities[one.member], similar.get(one.number, 0)) for one in there
        ]
        return Page(items, self._queue.count(filters))

    def count(self) -> int:
        """Return how many reports wait."""
        return self._queue.count()

    def show(self, report_id: str, by: str) -> Case:
        """Return all there is about a report. Whoever works on it keeps it for longer so."""
        dossier = self._reports.get(report_id)
        report = dossier.report
        waiting = self._queue.waiting(report.number)
        if waiting is not None and waiting.held_by == by:
            self._take(report.number, by)
            waiting = self._queue.waiting(report.number)
        quality = self.qualities.of(report.member)
        return Case(
            report,
            waiting,
            _marks(report, quality) | self._likeness.marks(report),
            quality,
            _needs_two(report, quality),
            self._likeness.of(report),
            dossier.files,
            self._acts.of(subject_of(report)),
        )

    # --- having in hand ---------------------------------------------------------------------------------------------

    def take_next(self, by: str, filters: Filters = Filters()) -> Report | None:  # noqa: B008  # frozen
        """Give ``by`` the report to work on next, or the one they have; None if there is none for them."""
        number = self._queue.claim_next(by, self._conflicts.barred(by), filters)
        return None if number is None else self._reports.store.of_numbers([number]).get(number)

    def take(self, report_id: str, by: str) -> Report:
        """Give ``by`` this report to work on."""
        report = self._reports.get(report_id).report
        self._conflicts.check(by, [report.member])
        self._take(report.number, by)
        return report

    def put_back(self, report_id: str, by: str) -> None:
        """Let others take a report that ``by`` has in hand."""
        number = self._reports.get(report_id).report.number
        with writing(self._vault) as connection:
            self._queue.claim(connection, number, by)
            self._queue.let_go(connection, number)

    # --- deciding ---------------------------------------------------------------------------------------------------

    def accept(
        self, report_id: str, by: str, reason: str, into: int | None = None, may_hold: bool = False
    ) -> Accepted:
        """Accept a report: it opens an entry, or supports the one that it is merged ``into``.

        ``Refused`` also where the rules would not let it be filed today: a question without evidence, a debt paid.

        Two have to check a claim made in bad faith, a report of a shop whose reports often did not hold, and whatever
        shall be able to stop an order though one shop alone reports it. Then the first one's word is kept, the report
        waits for another account, and that one's ``into`` counts.

        Args:
            into: the number of an entry.
            may_hold: ask for the second check.
        """
        seen = self._case(report_id, by, reason)
        if into is not None:
            self._conflicts.check(by, members_of(self._entries, into))
        needs_two = may_hold or _needs_two(seen, self.qualities.of(seen.member))
        number, changed = (self._records.begin(), ()) if into is None else (into, (into,))
        with self._entries.changing(*changed) as connection:
            report = self._in_hand(connection, seen, by)
            if faults := self._reports.faults(connection, report):
                raise Refused(Refusal.RULES, "\n".join(map(str, faults)))
            before = self._queue.checks(connection, report.number)
            checked_by = self._independent(report, self._queue.checked(connection, report.number, by))
            if needs_two and len(checked_by) == 1:
                if by not in before:  # who accepts it once more says nothing new
                    self._tell_of_first(connection, report, by, reason)
                self._queue.let_go(connection, report.number)
                return Accepted(report, checked_by, None)
            self._queue.unchecked(connection, report.number)
            count(connection, report.member, Counted.ACCEPTED)
            accepted = self._reports.checked(connection, report.number, number, checked_by, by, reason)
            if into is None:
                entry = self._entries.open(connection, [accepted], number, by)
            else:
                entry = self._entries.add_source(connection, into, accepted, by)
            self._queue.let_go(connection, report.number)
        return Accepted(accepted, checked_by, entry)

    def send_back(self, report_id: str, by: str, reason: str) -> Report:
        """Return a report to the shop, which is told what is missing; who accepted it before has to do so anew."""
        with self._deciding(report_id, by, reason) as (connection, report):
            return self._reports.returned(connection, report.number, reason, by)

    def reject(self, report_id: str, by: str, reason: str) -> Report:
        """Reject a report: the shop is told why, and nothing is made of it."""
        with self._deciding(report_id, by, reason) as (connection, report):
            count(connection, report.member, Counted.REJECTED)
            return self._reports.rejected(connection, report.number, reason, by)

    # --- letting go -------------------------------------------------------------------------------------------------

    def forget(self, members: Sequence[str]) -> None:
        """Keep nothing of members that have left: how their reports fared, which accounts belonged to them."""
        if members:
            with writing(self._vault) as connection:
                forget(connection, members)
                self._conflicts.forget(connection, members)

    # ----------------------------------------------------------------------------------------------------------------

    def _item(self, report: Report, waiting: Waiting, quality: Quality, similar: int) -> Item:
        age_days = (self._clock() - waiting.filed_at) / _DAY_S
        return Item(report, waiting, age_days, _marks(report, quality), quality, similar)

    def _case(self, report_id: str, by: str, reason: str) -> Report:
        """Return the report that ``by`` is about to decide, if that is for ``by`` to do."""
        check_reason(reason)
        report = self._reports.get(report_id).report
        self._conflicts.check(by, [report.member])
        return report

    @contextmanager
    def _deciding(self, report_id: str, by: str, reason: str) -> Iterator[tuple[sa.Connection, Report]]:
        """A transaction in which ``by`` decides a report, and nobody else does."""
        seen = self._case(report_id, by, reason)
        with writing(self._vault) as connection:
            yield connection, self._in_hand(connection, seen, by)
            self._queue.unchecked(connection, seen.number)
            self._queue.let_go(connection, seen.number)

    def _in_hand(self, connection: sa.Connection, seen: Report, by: str) -> Report:
        """Return a report that waits, as it is now and will be until the transaction ends."""
        self._queue.claim(connection, seen.number, by)
        return self._reports.store.by_number(connection, seen.number)

    def _independent(self, report: Report, accounts: Sequence[str]) -> tuple[str, ...]:
        """Those of ``accounts`` that may still decide the case: one may have been found to belong to the shop."""
        return tuple(account for account in accounts if report.member not in self._conflicts.barred(account))

    def _take(self, number: int, by: str) -> None:
        with writing(self._vault) as connection:
            self._queue.claim(connection, number, by)

    def _tell_of_first(self, connection: sa.Connection, report: Report, by: str, reason: str) -> None:
        subject, before = subject_of(report), report.state.value
        act = Act(self._clock(), LeafKind.REPORT_CHECKED, str(subject), by, reason, before, CHECKED_ONCE)
        self._acts.record(connection, subject, act)


_DAY_S = 86_400.0


def _needs_two(report: Report, quality: Quality) -> bool:
    return report.content.category is Category.MALICIOUS_CLAIM or Mark.DOUBLE_CHECK in _marks(report, quality)


def _marks(report: Report, quality: Quality) -> frozenset[Mark]:
    return frozenset(report.marks) | ({Mark.DOUBLE_CHECK} if quality.needs_two else frozenset())
