"""Reports, from the shop's first draft to the office's decision: who may do what, and what follows from it.

A report is filed by a signed request that a person of the shop makes; nothing here is called by the guard.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from shopguard.errors import StoreUnavailable
from shopguard.registry.acts import Act, Acts
from shopguard.registry.calendar import day_of
from shopguard.registry.log import Inclusion, LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.allowance import Allowance
from shopguard.registry.reports.checks import check_room, check_state, refuse_forbidden
from shopguard.registry.reports.ending import Ending
from shopguard.registry.reports.filing import Filing, Intake, examined, other_digest
from shopguard.registry.reports.judging import Judge
from shopguard.registry.reports.model import PartPayment, Report, ReportContent, ReportState
from shopguard.registry.reports.receipts import Receipt, digest_of, filed
from shopguard.registry.reports.rules import Limits
from shopguard.registry.reports.store import (
    ReportStore,
    StoredFile,
    new_report_id,
    not_found,
    subject_of,
)
from shopguard.registry.reports.wording import Fault, both
from shopguard.registry.seen import Seen
from shopguard.storage.engine import reading, writing

_log = structlog.get_logger()
_OPEN = (ReportState.DRAFT, ReportState.RETURNED)
_UNDECIDED = (*_OPEN, ReportState.SUBMITTED)
_LIVE = (*_UNDECIDED, ReportState.CHECKED)


class Supporting(Protocol):
    """What reports support: the entries. See ``entries.service.Entries``."""

    def changing(self, *hidden: int) -> AbstractContextManager[sa.Connection]: ...

    def settle(self) -> None: ...

    def paid(self, connection: sa.Connection, report: int, by: str) -> object: ...

    def withdrawn(self, connection: sa.Connection, report: int, by: str, reason: str = "") -> object: ...

    def confirmed(self, connection: sa.Connection, report: int, by: str) -> object: ...


TellReturned = Callable[[sa.Connection, Report, date], object]
"""Takes a report that was returned and the last day to answer."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A report with its files, what still keeps it from being filed, and the digest of what would be."""

    report: Report
    files: Sequence[StoredFile]
    faults: Sequence[Fault]

    @property
    def digest(self) -> str:
        return digest_of(self.report.content, self.files)


class Reports:
    """The reports of one registry. ``Refused`` says what is not possible and why.

    Every method of the first part is for one ``member``, which knows of no report but its own.

    Args:
        prove: shows that a leaf is in the log.
        clock: Unix seconds.
        tell_returned: lets the shop know, in the office's transaction, that a report waits for it.
    """

    def __init__(
        self,
        store: ReportStore,
        acts: Acts,
        entries: Supporting,
        seen: Seen,
        ending: Ending,
        prove: Callable[[int], Inclusion],
        clock: Callable[[], float],
        limits: Limits | None = None,
        tell_returned: TellReturned = lambda connection, report, until: None,
    ) -> None:
        self._tell_returned = tell_returned
        self.store, self.ending, self._judge = store, ending, Judge(store, seen, clock, limits or Limits())
        self._acts, self._entries, self._seen, self._clock = acts, entries, seen, clock
        self._allowance = Allowance(store.engine, (limits or Limits()).a_day, clock)
        self._intake = Intake(store, self._judge, acts, seen, prove, clock)

    # --- the shop ---------------------------------------------------------------------------------------------------

    def check(self, member: str, content: ReportContent) -> Sequence[Fault]:
        """Return what would keep such a report from being filed; nothing is kept of it."""
        self._allowance.take(member)
        with reading(self.store.engine) as connection:
            return self._judge.faults(connection, self._new(member, content))

    def draft(self, member: str, content: ReportContent) -> Dossier:
        """Begin a report; it may lack much, but nothing that must not be written down is kept."""
        self._allowance.take(member)
        new = self._new(member, content)
        with reading(self.store.engine) as connection:
            faults = self._judge.faults(connection, new, ())
        refuse_forbidden(faults)
        report = self._judge.judged(replace(new, number=self.store.records.begin()), ())
        with writing(self.store.engine) as connection:
            self.store.add(connection, report)
            self.ending.draft(connection, report.number)
        return Dossier(report, (), faults)

    def change(self, member: str, report_id: str, content: ReportContent) -> Dossier:
        """Say something else in a report that waits for the shop."""
        self._allowance.take(member)
        with writing(self.store.engine) as connection:
            report = self._own(connection, member, report_id, *_OPEN)
            files = self.store.files(connection, report.number)
            return self._kept(connection, replace(report, content=content), files)

    def file(
        self, member: str, content: ReportContent, files: Mapping[str, bytes], filing: Filing
    ) -> Receipt | Sequence[Fault]:
        """File a whole report with its ``files`` at once: the receipt, or what keeps it from being filed.

        Of what is not filed nothing is kept.
        """
        self._allowance.take(member)
        new = self._new(member, content)
        done = self._intake.file(new, files, filing)
        if isinstance(done, Report):
            self._settle_log()
            return self._intake.receipt(done)
        return done

    def attach(self, member: str, report_id: str, name: str, content: bytes) -> Dossier:
        """Add a file, instead of the one of this name that is there."""
        file = examined(name, content, self._clock())
        with writing(self.store.engine) as connection:
            report = self._own(connection, member, report_id, *_OPEN)
            before = self.store.files(connection, report.number)
            kept = [one for one in before if one.name != name]
            check_room([*kept, file])
            for one in before:
                if one.name == name:
                    self.store.remove_file(connection, report.number, one.id)
            self.store.add_file(connection, report.number, file, content)
            return self._kept(connection, report, [*kept, file])

    def detach(self, member: str, report_id: str, file_id: str) -> Dossier:
        """Take a file away."""
        with writing(self.store.engine) as connection:
            report = self._own(connection, member, report_id, *_OPEN)
            before = self.store.files(connection, report.number)
            if file_id not in {one.id for one in before}:
                raise Refused(Refusal.NOT_FOUND, _NO_SUCH_FILE)
            self.store.remove_file(connection, report.number, file_id)
            return self._kept(connection, report, [one for one in before if one.id != file_id])

    def submit(self, member: str, report_id: str, digest: str, proof: str) -> Receipt:
        """File a report and return the receipt.

        Args:
            digest: of what the shop means to file, see ``Dossier.digest``: what it did not see is not filed.
            proof: the signed request that says so; kept with the act.
        """
        with writing(self.store.engine) as connection:
            report = self._own(connection, member, report_id, *_OPEN)
            files = self.store.files(connection, report.number)
            if digest_of(report.content, files) != digest:
                raise other_digest()
            buyer = self._seen.found_by(report.content.party)
            now, faults = self._clock(), self._judge.faults(connection, report, files, buyer)
            if faults:
                raise Refused(Refusal.RULES, "\n".join(map(str, faults)))
            filed_at = now if report.state is ReportState.DRAFT else report.filed_at
            after = replace(report, state=ReportState.SUBMITTED, filed_at=filed_at, changed_at=now, reason="")
            after = self._judge.judged(after, files, buyer)
            self.store.change(connection, after)
            self.ending.none(connection, report.number)
            self._intake.received(connection, report, after, f"{filed(digest)} {proof}", buyer)
        self._settle_log()
        return self.receipt(member, report_id)

    def receipt(self, member: str, report_id: str) -> Receipt:
        """Return the receipt of the last time the report was filed; ``Refused`` if it never was."""
        with reading(self.store.engine) as connection:
            report = self._own(connection, member, report_id)
        return self._intake.receipt(report)

    def withdraw(self, member: str, report_id: str, reason: str = "") -> None:
        """Take a report back: it supports nothing any more, and nothing of it is kept but that there was one."""
        with self._changing(member, report_id, *_LIVE) as (connection, report):
            if report.state is ReportState.CHECKED:
                self._entries.withdrawn(connection, report.number, _by(member), reason)
            if report.state is ReportState.DRAFT:
                self.ending.discarded(connection, report.number)
            else:
                self._withdraw(connection, report, LeafKind.REPORT_WITHDRAWN, _by(member), reason)
                self.ending.now(connection, report.number)
        self._after_change(report)
        self.ending.erase(report.number)

    def paid(self, member: str, report_id: str, on: date, amount: Decimal | None = None) -> Report:
        """Keep that the buyer paid; what is paid in full, or leaves less than a debt that counts, is withdrawn.

        Args:
            amount: None: all that was owed.
        """
        if on > day_of(self._clock()):
            raise Refused(Refusal.UNREADABLE, _NOT_YET)
        with self._changing(member, report_id, *_LIVE) as (connection, report):
            after = replace(report, changed_at=self._clock())
            if amount is not None:
                payments = (*report.content.payments, PartPayment(on, amount))
                after = replace(after, content=replace(report.content, payments=payments))
            if amount is None or self._judge.is_settled(after.content):
                after = self._settled(connection, report, after, member)
            else:
                self.store.change(connection, after)
                self._tell(connection, LeafKind.REPORT_PAID, report, after, _by(member), "in part")
        self._after_change(report)
        return after

    def confirm(self, member: str, report_id: str) -> Report:
        """Keep that the shop says its report still holds."""
        with self._changing(member, report_id, ReportState.CHECKED) as (connection, report):
            now = self._clock()
            after = replace(report, confirmed_at=now, changed_at=now)
            self.store.change(connection, after)
            self._entries.confirmed(connection, report.number, _by(member))
            self._tell(connection, LeafKind.REPORT_CONFIRMED, report, after, _by(member), "")
        self._after_change(report)
        return after

    def show(self, member: str, report_id: str) -> Dossier:
        """Return a report with its files, and what still keeps it from being filed."""
        with reading(self.store.engine) as connection:
            return self._dossier(connection, self._own(connection, member, report_id))

    def of_member(
        self, member: str, state: ReportState | None = None, before: str = "", limit: int = 100
    ) -> Sequence[Report]:
        """Return the member's reports that are not erased, the newest first.

        Args:
            before: the id of the last one handed out.
        """
        number = None
        if before:
            with reading(self.store.engine) as connection:
                number = self._own(connection, member, before).number
        return self.store.of_member(member, state, number, limit)

    # --- the office -------------------------------------------------------------------------------------------------

    def get(self, report_id: str) -> Dossier:
        """Return any report with its files."""
        with reading(self.store.engine) as connection:
            return self._dossier(connection, self.store.get(connection, report_id))

    def read_file(self, report_id: str, file_id: str) -> bytes:
        """Return the bytes of a file."""
        with reading(self.store.engine) as connection:
            report = self.store.get(connection, report_id)
            return self.store.file_content(connection, report.number, file_id)

    def faults(self, connection: sa.Connection, report: Report) -> Sequence[Fault]:
        """Return what keeps a report from being accepted, as things stand today."""
        return self._judge.faults(connection, report, self.store.files(connection, report.number))

    def returned(self, connection: sa.Connection, number: int, reason: str, by: str) -> Report:
        """Ask the shop for more. The office's own transaction."""
        report = self._decided(connection, number, ReportState.RETURNED, LeafKind.REPORT_RETURNED, by, reason)
        self._tell_returned(connection, report, self.ending.answer(connection, number))
        return report

    def rejected(self, connection: sa.Connection, number: int, reason: str, by: str) -> Report:
        """Decide that a report leads to nothing. The office's own transaction."""
        report = self._decided(connection, number, ReportState.REJECTED, LeafKind.REPORT_REJECTED, by, reason)
        self._seen.forget(connection, subject_of(report))
        self.ending.rejected(connection, number)
        return report

    def checked(
        self,
        connection: sa.Connection,
        number: int,
        entry: int,
        checked_by: Sequence[str],
        by: str,
        reason: str = "",
    ) -> Report:
        """Accept a report as part of ``entry``. The office's own transaction."""
        more: dict[str, Any] = {"entry": entry, "checked_by": tuple(checked_by), "confirmed_at": self._clock()}
        return self._decided(connection, number, ReportState.CHECKED, LeafKind.REPORT_CHECKED, by, reason, **more)

    # --- what they share --------------------------------------------------------------------------------------------

    def _decided(
        self,
        connection: sa.Connection,
        number: int,
        state: ReportState,
        kind: LeafKind,
        by: str,
        reason: str,
        **more: Any,
    ) -> Report:
        report = self.store.by_number(connection, number)
        check_state(report, ReportState.SUBMITTED)
        after = replace(report, state=state, changed_at=self._clock(), reason=reason, **more)
        self.store.change(connection, after)
        self._tell(connection, kind, report, after, by, reason)
        return after

    def _settled(self, connection: sa.Connection, report: Report, after: Report, member: str) -> Report:
        """The debt is no more: so is the report, in 48 hours, and what nothing else supports."""
        if report.state is ReportState.CHECKED:
            self._entries.paid(connection, report.number, _by(member))
        withdrawn = self._withdraw(connection, after, LeafKind.REPORT_PAID, _by(member), "in full")
        self.ending.paid(connection, report.number)
        return withdrawn

    def _withdraw(self, connection: sa.Connection, report: Report, kind: LeafKind, by: str, reason: str) -> Report:
        after = replace(report, state=ReportState.WITHDRAWN, changed_at=self._clock())
        self.store.change(connection, after)
        self._seen.forget(connection, subject_of(report))
        self._tell(connection, kind, report, after, by, reason)
        return after

    def _kept(self, connection: sa.Connection, report: Report, files: Sequence[StoredFile]) -> Dossier:
        """Keep what the shop changed, but nothing that must not be written down."""
        changed = self._judge.judged(replace(report, changed_at=self._clock()), files)
        faults = self._judge.faults(connection, changed, files)
        refuse_forbidden(faults)
        self.store.change(connection, changed)
        return Dossier(changed, files, faults)

    def _dossier(self, connection: sa.Connection, report: Report) -> Dossier:
        files = self.store.files(connection, report.number)
        faults = self._judge.faults(connection, report, files) if report.state in _OPEN else ()
        return Dossier(report, files, faults)

    def _new(self, member: str, content: ReportContent) -> Report:
        """A draft that has no number yet."""
        now = self._clock()
        return Report(0, new_report_id(), member, ReportState.DRAFT, content, now, now)

    def _own(self, connection: sa.Connection, member: str, report_id: str, *states: ReportState) -> Report:
        """Return a report of the member that is in one of ``states``, or in any if none is given."""
        report = self.store.get(connection, report_id)
        if report.member != member:
            raise not_found()
        if states:
            check_state(report, *states)
        return report

    @contextmanager
    def _changing(self, member: str, report_id: str, *states: ReportState) -> Iterator[tuple[sa.Connection, Report]]:
        """A transaction with a report in one of ``states``; where it is part of an entry, that may change in it."""
        with reading(self.store.engine) as connection:
            entry = self._own(connection, member, report_id).entry
        transaction = writing(self.store.engine) if entry is None else self._entries.changing(entry)
        with transaction as connection:
            report = self._own(connection, member, report_id, *states)
            if report.entry != entry:  # decided, or moved to another entry, a moment ago
                raise Refused(Refusal.STATE, _MOVED)
            yield connection, report

    def _after_change(self, report: Report) -> None:
        if report.entry is not None:
            self._entries.settle()
        self._settle_log()

    def _tell(
        self, connection: sa.Connection, kind: LeafKind, before: Report, after: Report, by: str, reason: str
    ) -> None:
        subject = subject_of(before)
        act = Act(self._clock(), kind, str(subject), by, reason, before.state.value, after.state.value)
        self._acts.record(connection, subject, act)

    def _settle_log(self) -> None:
        """Bring into the log what was done. Where that fails it waits: what was done is done."""
        try:
            self._acts.settle()
        except StoreUnavailable as error:
            _log.error("registry_log_waits", error=str(error))


def _by(member: str) -> str:
    return f"member:{member}"


_NO_SUCH_FILE = both("この番号のファイルはありません。", "there is no file of this number")
_MOVED = both(
    "事務局がちょうど処理したところです。もう一度お試しください。",
    "the office has just worked on this report: try again",
)
_NOT_YET = both("入金日がまだ来ていない日付です。", "the day of payment has not come yet")
