"""Taking a report in: at once with all its files, or when the shop files its draft; and the receipt for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from msgspec.structs import replace

from shopguard.registry.acts import Act, Acts
from shopguard.registry.log import Inclusion, LeafKind
from shopguard.registry.office.quality import Counted, count
from shopguard.registry.office.queue import hasten
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.checks import check_room
from shopguard.registry.reports.files import inspect
from shopguard.registry.reports.judging import Judge
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.receipts import Receipt, digest_of, filed, receipt_of
from shopguard.registry.reports.store import ReportStore, StoredFile, new_file_id, subject_of
from shopguard.registry.reports.wording import Fault, FaultCode, both, fault
from shopguard.registry.seen import FoundBy, Seen
from shopguard.storage.engine import reading, writing


@dataclass(frozen=True, slots=True)
class Filing:
    """How a shop files a whole report.

    Args:
        digest: of what it means to file, see ``Dossier.digest``: what it did not see is not filed.
        ticket: random, made for this filing: the same again is answered with the receipt there is.
        proof: the signed request that says so; kept with the act.
    """

    digest: str
    ticket: str
    proof: str

    @property
    def what(self) -> str:
        """How the act names it."""
        return f"{filed(self.digest)} {self._mark} {self.proof}"

    def is_in(self, act: Act) -> bool:
        """Whether an act is this very filing."""
        return act.kind is LeafKind.REPORT_RECEIVED and f" {self._mark} " in act.reason

    @property
    def _mark(self) -> str:
        return f"ticket:{self.ticket}"


class Intake:
    """What comes to the office. ``prove`` shows that a leaf is in the log; ``clock`` is Unix seconds."""

    def __init__(
        self,
        store: ReportStore,
        judge: Judge,
        acts: Acts,
        seen: Seen,
        prove: Callable[[int], Inclusion],
        clock: Callable[[], float],
    ) -> None:
        self._store, self._judge, self._acts, self._seen = store, judge, acts, seen
        self._prove, self._clock = prove, clock

    def file(self, new: Report, files: Mapping[str, bytes], filing: Filing) -> Report | Sequence[Fault]:
        """Keep a new report (without a number) as filed, or return what keeps it from being."""
        stored, bad = self._examined(files)
        if bad:
            return bad
        check_room(stored)
        if digest_of(new.content, stored) != filing.digest:
            raise other_digest()
        buyer = self._seen.found_by(new.content.party)
        with reading(self._store.engine) as connection:
            faults = self._judge.faults(connection, new, stored, buyer)
            if faults:
                return self._filed_before(connection, new, filing) or faults
        new = replace(new, number=self._store.records.begin())
        report = self._judge.judged(replace(new, state=ReportState.SUBMITTED), stored, buyer)
        with writing(self._store.engine) as connection:
            self._store.add(connection, report)
            for one in stored:
                self._store.add_file(connection, report.number, one, files[one.name])
            self.received(connection, new, report, filing.what, buyer)
        return report

    def received(self, connection: sa.Connection, before: Report, after: Report, what: str, buyer: FoundBy) -> None:
        """Tell of a report that was filed: it waits, and others on the same person (``buyer``) with it.

        Args:
            what: names what was filed, in the act.
        """
        subject = subject_of(after)
        self._seen.note(connection, subject, buyer)
        hasten(connection, [after.number, *self._judge.alike(after, buyer)])
        if before.state is ReportState.DRAFT:
            count(connection, after.member, Counted.FILED)
        by, states = f"member:{after.member}", (before.state.value, after.state.value)
        act = Act(self._clock(), LeafKind.REPORT_RECEIVED, str(subject), by, what, *states)
        self._acts.record(connection, subject, act)

    def receipt(self, report: Report) -> Receipt:
        """Return the receipt of the last time a report was filed; ``Refused`` if it never was."""
        with reading(self._store.engine) as connection:
            files = self._store.files(connection, report.number)
        received = [one for one in self._acts.of(subject_of(report)) if one.act.kind is LeafKind.REPORT_RECEIVED]
        if not received:
            raise Refused(Refusal.STATE, _NEVER_FILED)
        return receipt_of(report.id, digest_of(report.content, files), received[-1], self._prove)

    def _filed_before(self, connection: sa.Connection, new: Report, filing: Filing) -> Report | None:
        """The report that this very filing made, of which the answer was lost on the way."""
        for report_id in self._store.others_of_order(connection, new):
            report = self._store.get(connection, report_id)
            if any(filing.is_in(one.act) for one in self._acts.of(subject_of(report))):
                return report
        return None

    def _examined(self, files: Mapping[str, bytes]) -> tuple[Sequence[StoredFile], Sequence[Fault]]:
        """What each file is, and why some are not taken: by their number, as a name may be a person's."""
        stored, bad = [], []
        for number, (name, content) in enumerate(files.items()):
            try:
                stored.append(examined(name, content, self._clock()))
            except Refused as refused:
                ja, _, en = str(refused).partition(" / ")
                bad.append(fault(FaultCode.BAD_FILE, f"files[{number}]", ja=ja, en=en))
        return stored, bad


def examined(name: str, content: bytes, now: float) -> StoredFile:
    """Return a file that may be evidence; ``Refused`` says why it may not."""
    kind = inspect(name, content)
    return StoredFile(new_file_id(), name, kind, len(content), sha256(content).digest(), now)


def other_digest() -> Refused:
    """What is said where something else would be filed than the shop means to."""
    return Refused(Refusal.STATE, _OTHER_DIGEST)


_OTHER_DIGEST = both(
    "報告の内容がその後変わっています。もう一度表示して確かめてから提出してください。",
    "the report is not what it was when you read it: look at it again before you file it",
)
_NEVER_FILED = both("この報告はまだ提出されていません。", "the report was never filed")
