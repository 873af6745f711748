"""Reporting at the registry as a person at a member: what the shop states, its evidence, and what becomes of both."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar

import msgspec

from shopguard.errors import ShopGuardError
from shopguard.registry.client.client import RegistryClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.refusals import Refusal
from shopguard.registry.reports.model import ReportContent, ReportState
from shopguard.registry.reports.receipts import Receipt, digest_of, is_true
from shopguard.registry.reports.routes import (
    CHECKS,
    FILINGS,
    MAX_AT_ONCE,
    REPORTS,
    Done,
    Faults,
    FaultShape,
    FileShape,
    Filing,
    NewFile,
    Payment,
    ReportHead,
    ReportList,
    ReportShape,
    Submission,
    Taken,
    Withdrawal,
)
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.reports.wording import FaultCode, both
from shopguard.registry.signing import SignedAnswer

Shape = TypeVar("Shape", bound=msgspec.Struct)
_OPEN = (ReportState.DRAFT, ReportState.RETURNED)
_ITS_OWN_WORDS = frozenset(
    {Refusal.RULES, Refusal.STATE, Refusal.UNREADABLE, Refusal.NOT_FOUND, Refusal.TOO_LARGE, Refusal.FORBIDDEN}
)


class Declined(ShopGuardError):
    """The registry answers that it will not; the message says why, in its words.

    ``faults``: what is wrong with a report, each with its field; empty where it is something else.
    """

    def __init__(self, message: str, faults: Sequence[FaultShape] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that was taken. ``proof`` is the registry's signature under the receipt: it cannot deny it later."""

    receipt: Receipt
    proof: SignedAnswer


class ReportClient:
    """Asks over the line of ``registry``; ``Declined`` where the registry will not, ``NoAnswer`` if it is silent."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry

    def check(self, content: ReportContent) -> Sequence[FaultShape]:
        """Return what keeps such a report from being filed, the files it names being there; nothing is kept of it."""
        return self._ask("POST", "", msgspec.json.encode(content), Faults, CHECKS).faults

    def file(self, content: ReportContent, files: Mapping[str, bytes]) -> Filed:
        """File a report with its evidence; where it is not taken, nothing of it is left at the registry.

        A draft of the same order, or a report that the office returned, is completed by it: of the files that it has,
        those stay that an answer names.

        Args:
            files: by names of letters, digits, hyphens, underscores and dots, which the answers name.
        """
        if sum(map(len, files.values())) <= MAX_AT_ONCE and (filed := self._at_once(content, files)):
            return filed
        report, is_new = self._begin(content)
        try:
            complete = self._with_files(report, content, files)
            return self._submit(complete, _digest(content, files, complete.files))
        except Declined:
            if is_new:
                self._drop(report.head.id)
            raise

    def all(self, state: ReportState | None = None) -> Iterator[ReportHead]:
        """Yield this member's reports, the newest first."""
        before = ""
        while True:
            query = "&".join([*([f"state={state}"] if state else []), *([f"before={before}"] if before else [])])
            page = self._ask("GET", f"?{query}" if query else "", b"", ReportList)
            yield from page.reports
            if not page.more or not page.reports:
                return
            before = page.reports[-1].id

    def open_reports(self) -> Mapping[str, str]:
        """Return the ids of drafts and of reports that were returned, by their orders."""
        return {head.order_id: head.id for state in _OPEN for head in self.all(state)}

    def show(self, report_id: str) -> ReportShape:
        """Return a whole report, with what still keeps it from being filed."""
        return self._ask("GET", f"/{report_id}", b"", ReportShape)

    def receipt(self, report_id: str) -> Filed:
        """Return the receipt of a filed report once more: with the proof that the log holds it, once it does."""
        return self._received(*self._asked("GET", f"/{report_id}/receipt", b"", Receipt))

    def withdraw(self, report_id: str, reason: str = "") -> Done:
        """Take a report back: what rests on it alone is served no more from this moment."""
        return self._ask("POST", f"/{report_id}/withdraw", msgspec.json.encode(Withdrawal(reason)), Done)

    def paid(self, report_id: str, on: date, amount: Decimal | None = None) -> Done:
        """Say that the buyer paid on that day in Japan; None: all that was owed."""
        payment = Payment(on.isoformat(), None if amount is None else str(amount))
        return self._ask("POST", f"/{report_id}/payment", msgspec.json.encode(payment), Done)

    def confirm(self, report_id: str) -> Done:
        """Say that the report still holds; a report that nobody confirms for half a year counts no more."""
        return self._ask("POST", f"/{report_id}/confirm", b"", Done)

    def _at_once(self, content: ReportContent, files: Mapping[str, bytes]) -> Filed | None:
        """File a report in one request; None where there is one of its order already, which may be completed."""
        digest, sent = _digest(content, files, ()), tuple(NewFile(*file) for file in files.items())
        body = msgspec.json.encode(Filing(content, sent, digest, secrets.token_hex(16)))
        proof, taken = self._asked("POST", "", body, Taken, FILINGS)
        if taken.receipt is not None:
            return self._received(proof, taken.receipt, digest)
        if any(fault.code == FaultCode.SAME_ORDER for fault in taken.faults):
            return None
        raise _faulty(_of_files(taken.faults, list(files)), content, files)

    def _begin(self, content: ReportContent) -> tuple[ReportShape, bool]:
        """Return what is to be completed, and whether it was begun just now."""
        body = msgspec.json.encode(content)
        try:
            return self._ask("POST", "", body, ReportShape), True
        except Declined:
            begun = self.open_reports().get(content.order_id)
            if begun is None:
                raise
        return self._ask("PUT", f"/{begun}", body, ReportShape), False

    def _with_files(self, report: ReportShape, content: ReportContent, files: Mapping[str, bytes]) -> ReportShape:
        address = f"/{report.head.id}/files"
        kept = _named(content) | set(files)
        for there in report.files:
            if there.name not in kept:
                report = self._ask("DELETE", f"{address}/{there.id}", b"", ReportShape)
        for name, file in files.items():
            try:
                report = self._ask("POST", address, msgspec.json.encode(NewFile(name, file)), ReportShape)
            except Declined as declined:
                raise Declined(f"{name}: {declined}") from None
        return report

    def _submit(self, report: ReportShape, digest: str) -> Filed:
        """File exactly what ``digest`` is of, which the registry did not make for us."""
        if report.faults:
            raise _faulty(report.faults, report.content, {file.name for file in report.files})
        body = msgspec.json.encode(Submission(digest))
        try:
            return self._received(*self._asked("POST", f"/{report.head.id}/submit", body, Receipt), digest)
        except Declined:
            if self.show(report.head.id).head.state is not ReportState.SUBMITTED:
                raise
            answer = self._asked("GET", f"/{report.head.id}/receipt", b"", Receipt)  # the first one was lost
            return self._received(*answer, digest)

    def _received(self, proof: SignedAnswer, receipt: Receipt, digest: str = "") -> Filed:
        """Believe a receipt that holds, and that is of ``digest`` where that is known."""
        if not is_true(receipt) or digest not in ("", receipt.digest):
            raise NoAnswer(Silence.DAMAGED)
        return Filed(receipt, proof)

    def _drop(self, report_id: str) -> None:
        with suppress(ShopGuardError):  # of a draft that stays, the registry lets go by itself
            self.withdraw(report_id)

    def _ask(self, method: str, path: str, body: bytes, shape: type[Shape], below: str = REPORTS) -> Shape:
        return self._asked(method, path, body, shape, below)[1]

    def _asked(
        self, method: str, path: str, body: bytes, shape: type[Shape], below: str = REPORTS
    ) -> tuple[SignedAnswer, Shape]:
        try:
            return self._registry.ask_for_proof(method, below + path, body, shape)
        except NoAnswer as silence:
            if silence.said and silence.code in _ITS_OWN_WORDS:
                raise Declined(silence.said) from None
            raise


def _faulty(faults: Sequence[FaultShape], content: ReportContent, attached: Iterable[str]) -> Declined:
    """What is wrong, in words. Only the shop itself repeats names of files: here those that nobody attached."""
    missing = [
        both(f"答えが挙げている {name} が付いていません。", f"an answer names {name}, which is not attached")
        for name in sorted(_named(content) - set(attached))
    ]
    return Declined("\n".join([*(fault.text for fault in faults), *missing]), faults)


def _of_files(faults: Sequence[FaultShape], names: Sequence[str]) -> Sequence[FaultShape]:
    """Say of which file a fault is by the name that the shop knows: the registry only counts them."""
    known = {f"files[{number}]": name for number, name in enumerate(names)}
    return [
        FaultShape(one.code, "files", f"{known[one.field]}: {one.sentence}") if one.field in known else one
        for one in faults
    ]


def _named(content: ReportContent) -> set[str]:
    """The files that the answers name."""
    return {name for names in content.answers.evidence.values() for name in names}


def _digest(content: ReportContent, sent: Mapping[str, bytes], there: Iterable[FileShape]) -> str:
    """Return what the registry's digest must be, if it understood what was sent.

    Args:
        there: what the registry has; believed of those files alone that were sent at another time.
    """
    hashes = {file.name: bytes.fromhex(file.sha256) for file in there}
    hashes |= {name: sha256(file).digest() for name, file in sent.items()}
    return digest_of(content, [StoredFile("", name, "", 0, hashed, 0.0) for name, hashed in hashes.items()])
