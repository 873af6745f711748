"""What members ask about their reports, as addresses and shapes of the signed API."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.registry.desk import Asked, Role, Route
from shopguard.registry.refusals import Refusal
from shopguard.registry.reports import filing
from shopguard.registry.reports.files import MAX_FILE, check_name
from shopguard.registry.reports.model import Report, ReportContent, ReportState
from shopguard.registry.reports.reading import read_content
from shopguard.registry.reports.receipts import Receipt
from shopguard.registry.reports.service import Dossier, Reports
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.reports.values import Odd, day, money
from shopguard.registry.reports.wording import Fault, both, fault, label

REPORTS = "/registry/v1/reports"
CHECKS = "/registry/v1/report-checks"
FILINGS = "/registry/v1/report-filings"
MAX_AT_ONCE = 2 * 1024 * 1024
"""Bytes of all files of a report that is filed in one request."""

_CONTENT_LIMIT = 256 * 1024  # bytes: all texts of a report at their longest, in Japanese
_PAGE = 100
_NOTHING: Mapping[str, Mapping[str, Any]] = {}
T = TypeVar("T")


class FaultShape(msgspec.Struct, frozen=True):
    """What keeps a report from being filed: a code, the field it is about, and words in Japanese and English."""

    code: str
    field: str
    text: str

    @property
    def sentence(self) -> str:
        """The words without the name of the field: for who calls the field otherwise, as the head of a column."""
        return self.text.removeprefix(f"{label(self.field)}: ")


class FileShape(msgspec.Struct, frozen=True):
    """A file of a report. ``sha256`` is in hexadecimal."""

    id: str
    name: str
    kind: str
    size: int
    sha256: str


class ReportHead(msgspec.Struct, frozen=True):
    """Where a report stands. ``reason`` is what the office said when it returned or rejected it."""

    id: str
    state: ReportState
    order_id: str
    category: str
    filed_at: datetime
    changed_at: datetime
    reason: str


class ReportShape(msgspec.Struct, frozen=True):
    """A whole report. ``digest`` (SHA-256 in hexadecimal) is of what it says and its files: filing it names it."""

    head: ReportHead
    content: ReportContent
    completeness: int
    files: tuple[FileShape, ...]
    faults: tuple[FaultShape, ...]
    digest: str


class ReportList(msgspec.Struct, frozen=True):
    """Reports of a member, the newest first. ``more``: ask again with ``before`` the last one's id."""

    reports: tuple[ReportHead, ...]
    more: bool


class Faults(msgspec.Struct, frozen=True):
    """What would keep such a report from being filed; empty: nothing."""

    faults: tuple[FaultShape, ...]


class NewFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that shows something. ``name`` has its extension; ``content`` is its bytes."""

    name: str
    content: bytes


class Filing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole report, with ``MAX_AT_ONCE`` bytes of files at most. ``digest`` is of both, see ``ReportShape``.

    ``ticket`` is 32 random hexadecimal digits: the same filing again, with the same ticket, gets the same receipt.
    """

    content: ReportContent
    files: tuple[NewFile, ...]
    digest: str
    ticket: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Taken(msgspec.Struct, frozen=True):
    """The receipt of what was filed; null: nothing was, and nothing of it is kept, as ``faults`` say."""

    receipt: Receipt | None
    faults: tuple[FaultShape, ...] = ()


class _Filing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``Filing`` whose content is read as people write it."""

    content: msgspec.Raw
    files: tuple[NewFile, ...]
    digest: str
    ticket: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shop means to file: the ``digest`` of the report as it read it."""

    digest: str


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a report is taken back; optional."""

    reason: str = ""


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buyer paid. ``amount`` None: all that was owed."""

    on: str
    amount: str | None = None


class Done(msgspec.Struct, frozen=True):
    """Where the report stands now."""

    id: str
    state: ReportState


def report_routes(reports: Reports) -> Sequence[Route]:
    """Return the routes of reports; every one needs a key that may report."""
    return _ReportRoutes(reports).all()


class _ReportRoutes:
    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def all(self) -> Sequence[Route]:
        one = f"{REPORTS}/<id>"
        files = f"{one}/files"
        return (
            _route("POST", REPORTS, self._draft, "Begin a report", ReportContent, ReportShape),
            _route("GET", REPORTS, self._list, "The member's reports", None, ReportList, _LIST_QUERY),
            _route("POST", CHECKS, self._check, "What keeps it from being filed", ReportContent, Faults),
            _route("POST", FILINGS, self._file, "File a whole report at once", Filing, Taken),
            _route("GET", one, self._show, "A report of the member", None, ReportShape),
            _route("PUT", one, self._change, "Say something else in it", ReportContent, ReportShape),
            _route("POST", files, self._attach, "Add a file, or replace that of its name", NewFile, ReportShape),
            _route("DELETE", f"{files}/<file>", self._detach, "Take a file away", None, ReportShape),
            _route("POST", f"{one}/submit", self._submit, "File it", Submission, Receipt),
            _route("GET", f"{one}/receipt", self._receipt, "The receipt of when it was filed", None, Receipt),
            _route("POST", f"{one}/withdraw", self._withdraw, "Take it back", Withdrawal, Done),
            _route("POST", f"{one}/payment", self._payment, "Keep that the buyer paid", Payment, Done),
            _route("POST", f"{one}/confirm", self._confirm, "Keep that it still holds", None, Done),
        )

    def _draft(self, asked: Asked) -> ReportShape:
        content = read_content(asked.request.body)
        return _report_shape(self._reports.draft(asked.caller.member, content))

    def _check(self, asked: Asked) -> Faults:
        found = self._reports.check(asked.caller.member, read_content(asked.request.body))
        return Faults(tuple(map(_fault_shape, found)))

    def _list(self, asked: Asked) -> ReportList:
        query = dict(parse_qsl(asked.query))
        state = _state(query["state"]) if "state" in query else None
        found = self._reports.of_member(asked.caller.member, state, query.get("before", ""), _PAGE + 1)
        return ReportList(tuple(map(_head, found[:_PAGE])), len(found) > _PAGE)

    def _show(self, asked: Asked) -> ReportShape:
        return _report_shape(self._reports.show(*_named(asked)))

    def _change(self, asked: Asked) -> ReportShape:
        return _report_shape(self._reports.change(*_named(asked), read_content(asked.request.body)))

    def _attach(self, asked: Asked) -> ReportShape:
        file = wire.decode(asked.request.body, NewFile)
        check_name(file.name)
        return _report_shape(self._reports.attach(*_named(asked), file.name, file.content))

    def _detach(self, asked: Asked) -> ReportShape:
        return _report_shape(self._reports.detach(*_named(asked), asked.parts["file"]))

    def _file(self, asked: Asked) -> Taken:
        sent = wire.decode(asked.request.body, _Filing)
        content, files = read_content(bytes(sent.content)), _by_name(sent.files)
        named = filing.Filing(sent.digest, sent.ticket, asked.request.header())
        done = self._reports.file(asked.caller.member, content, files, named)
        return Taken(done) if isinstance(done, Receipt) else Taken(None, tuple(map(_fault_shape, done)))

    def _submit(self, asked: Asked) -> Receipt:
        submission = wire.decode(asked.request.body, Submission)
        return self._reports.submit(*_named(asked), submission.digest, asked.request.header())

    def _receipt(self, asked: Asked) -> Receipt:
        return self._reports.receipt(*_named(asked))

    def _withdraw(self, asked: Asked) -> Done:
        withdrawal = wire.decode(asked.request.body or b"{}", Withdrawal)
        self._reports.withdraw(*_named(asked), withdrawal.reason)
        return Done(asked.parts["id"], ReportState.WITHDRAWN)

    def _payment(self, asked: Asked) -> Done:
        payment = wire.decode(asked.request.body, Payment)
        on = _read(day, payment.on, "on")
        amount = None if payment.amount is None else _read(money, payment.amount, "amount")
        return _done(self._reports.paid(*_named(asked), on, amount))

    def _confirm(self, asked: Asked) -> Done:
        return _done(self._reports.confirm(*_named(asked)))


def _route(
    method: str,
    path: str,
    answer: Callable[[Asked], msgspec.Struct],
    summary: str,
    reads: type[msgspec.Struct] | None,
    answers: type[msgspec.Struct],
    query: Mapping[str, Mapping[str, Any]] = _NOTHING,
) -> Route:
    return Route(
        method,
        path,
        Role.REPORT,
        answer,
        summary,
        body_limit=_LIMITS.get(reads, _CONTENT_LIMIT),
        reads=reads,
        answers=answers,
        query=query,
        refuses=(Refusal.RULES, Refusal.STATE, Refusal.REPORTS_SPENT),
    )


def _by_name(files: Sequence[NewFile]) -> Mapping[str, bytes]:
    for file in files:
        check_name(file.name)
    found = {file.name: file.content for file in files}
    if len(found) < len(files):
        raise PayloadInvalid(both("同じ名前のファイルが2つあります。", "two files have the same name"))
    return found


def _named(asked: Asked) -> tuple[str, str]:
    """Whose report, and which."""
    return asked.caller.member, asked.parts["id"]


def _state(text: str) -> ReportState:
    try:
        return ReportState(text)
    except ValueError:
        raise PayloadInvalid(f"state is one of {', '.join(ReportState)}") from None


def _read(reader: Callable[[Any], T], value: str, field: str) -> T:
    try:
        return reader(value)
    except Odd as odd:
        raise PayloadInvalid(str(fault(odd.code, field, **odd.values))) from None


def _report_shape(dossier: Dossier) -> ReportShape:
    report = dossier.report
    files = tuple(map(_file_shape, dossier.files))
    faults = tuple(map(_fault_shape, dossier.faults))
    return ReportShape(_head(report), report.content, report.completeness, files, faults, dossier.digest)


def _head(report: Report) -> ReportHead:
    content = report.content
    filed_at, changed_at = _moment(report.filed_at), _moment(report.changed_at)
    return ReportHead(
        report.id, report.state, content.order_id, content.category, filed_at, changed_at, report.reason
    )


def _done(report: Report) -> Done:
    return Done(report.id, report.state)


def _file_shape(file: StoredFile) -> FileShape:
    return FileShape(file.id, file.name, file.kind, file.size, file.sha256.hex())


def _fault_shape(found: Fault) -> FaultShape:
    return FaultShape(found.code.value, found.field, str(found))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


_IN_BASE64 = 1.4  # with room to say in words what is too large by a little
_LIMITS: Mapping[type[msgspec.Struct] | None, int] = {
    NewFile: int(MAX_FILE * _IN_BASE64),
    Filing: int(MAX_AT_ONCE * _IN_BASE64) + _CONTENT_LIMIT,
}
"""Bytes of a body, where it is not one that holds texts alone."""

_LIST_QUERY: Mapping[str, Mapping[str, Any]] = {
    "state": {"type": "string", "enum": [state.value for state in ReportState]},
    "before": {"type": "string", "pattern": "^R-[0-9A-Z]{10}$"},
}
