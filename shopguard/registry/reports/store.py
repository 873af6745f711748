"""Reports and their evidence in the vault: each sealed under the key of the report, so that they end with it."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.ids import new_id
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading

ENDED = (ReportState.WITHDRAWN, ReportState.REJECTED)
"""Of an order whose report ended so, another may be filed."""

_DIGEST_BYTES = 16


class StoredFile(msgspec.Struct, frozen=True):
    """A file that a report came with. ``sha256`` is of its bytes as sent; ``added_at`` is Unix seconds."""

    id: str
    name: str
    kind: str
    size: int
    sha256: bytes
    added_at: float

    def __repr__(self) -> str:
        return f"StoredFile(id={self.id!r}, kind={self.kind!r})"  # a name may be a person's


class _Head(NamedTuple):
    """What of a file is sealed beside its bytes."""

    name: str
    sha256: bytes


class ReportStore:
    """Reads and writes on the caller's connection, in the caller's transaction. ``master`` keys the digests."""

    def __init__(self, records: Records, master: Keyring) -> None:
        self.records, self._master = records, master

    @property
    def engine(self) -> sa.Engine:
        return self.records.vault.engine

    def add(self, connection: sa.Connection, report: Report) -> None:
        """Keep a new report; ``Refused`` where the member has one of the same order that has not ended."""
        with self._once(connection, report):
            connection.execute(report_table.insert(), {"number": report.number, **self._row(report)})

    def change(self, connection: sa.Connection, report: Report) -> None:
        """Keep a report as it is now; see ``add``."""
        is_report = report_table.c.number == report.number
        with self._once(connection, report):
            connection.execute(sa.update(report_table).where(is_report).values(self._row(report)))

    def get(self, connection: sa.Connection, report_id: str) -> Report:
        """Return a report, which nobody else changes in this transaction; ``Refused`` if it is not there any more."""
        return self._one(connection, report_table.c.id == report_id)

    def by_number(self, connection: sa.Connection, number: int) -> Report:
        """See ``get``."""
        return self._one(connection, report_table.c.number == number)

    def number_of(self, report_id: str) -> int | None:
        """Return the number of a report, also of one that was erased; None if there never was one."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(report_table.c.number).where(report_table.c.id == report_id)).scalar()

    def state_of(self, connection: sa.Connection, number: int) -> ReportState | None:
        """Return where a report stands, which nobody else changes in this transaction; None if there is none.

        Also of one that was erased.
        """
        query = sa.select(report_table.c.state).where(report_table.c.number == number).with_for_update()
        state = connection.execute(query).scalar()
        return None if state is None else ReportState(state)

    def of_member(
        self, member: str, state: ReportState | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Report]:
        """Return reports of a member, the newest first.

        Args:
            before: the number of the last one handed out.
        """
        wanted = report_table.c.member == member
        wanted &= sa.true() if before is None else report_table.c.number < before
        wanted &= sa.true() if state is None else report_table.c.state == state.value
        return self._many(wanted, limit)

    def of_entry(self, connection: sa.Connection, entry: int) -> Sequence[Report]:
        """Return the reports that an entry rests on, the oldest first, without those that were erased."""
        query = _select.where(report_table.c.entry == entry).order_by(report_table.c.number)
        return self._opened(connection.execute(query).all())

    def of_numbers(self, numbers: Sequence[int]) -> Mapping[int, Report]:
        """Return these reports by their number, without those that were erased."""
        return {report.number: report for report in self._many(report_table.c.number.in_(numbers), len(numbers))}

    def others_of_order(self, connection: sa.Connection, report: Report) -> Sequence[str]:
        """Return the ids of the member's other reports of the same order that have not ended."""
        same = (report_table.c.order_digest == self._order(report)) & (report_table.c.number != report.number)
        lasts = report_table.c.state.not_in([state.value for state in ENDED])
        return connection.execute(sa.select(report_table.c.id).where(same & lasts)).scalars().all()

    def remove(self, connection: sa.Connection, number: int) -> None:
        """Forget that there was a report."""
        connection.execute(sa.delete(report_table).where(report_table.c.number == number))

    def add_file(self, connection: sa.Connection, report: int, file: StoredFile, content: bytes) -> None:
        seal = self.records.seal
        row = {
            "id": file.id,
            "report": report,
            "size": file.size,
            "kind": file.kind,
            "added_at": file.added_at,
            "head": seal(report, f"head/{file.id}", msgspec.msgpack.encode(_Head(file.name, file.sha256))),
            "sealed": seal(report, f"file/{file.id}", content),
        }
        connection.execute(evidence_table.insert(), row)

    def files(self, connection: sa.Connection, report: int) -> Sequence[StoredFile]:
        """Return the files of a report in the order in which they came."""
        table = evidence_table.c
        query = sa.select(table.id, table.size, table.kind, table.added_at, table.head)
        rows = connection.execute(query.where(table.report == report).order_by(table.added_at, table.id)).all()
        return [self._file(report, row) for row in rows]

    def file_content(self, connection: sa.Connection, report: int, file_id: str) -> bytes:
        """Return the bytes of a file; ``Refused`` if the report has none of this id."""
        wanted = (evidence_table.c.report == report) & (evidence_table.c.id == file_id)
        sealed = connection.execute(sa.select(evidence_table.c.sealed).where(wanted)).scalar()
        if sealed is None:
            raise Refused(Refusal.NOT_FOUND, _NO_FILE)
        return self.records.open(report, f"file/{file_id}", sealed)

    def remove_file(self, connection: sa.Connection, report: int, file_id: str) -> None:
        wanted = (evidence_table.c.report == report) & (evidence_table.c.id == file_id)
        connection.execute(sa.delete(evidence_table).where(wanted))

    def _file(self, report: int, row: sa.Row[*tuple[object, ...]]) -> StoredFile:
        head = _head.decode(self.records.open(report, f"head/{row.id}", row.head))
        return StoredFile(row.id, head.name, row.kind, row.size, head.sha256, row.added_at)

    def _one(self, connection: sa.Connection, which: sa.ColumnElement[bool]) -> Report:
        found = self._opened(connection.execute(_select.where(which).with_for_update()).all())
        if not found:
            raise not_found()
        return found[0]

    def _many(self, which: sa.ColumnElement[bool], limit: int) -> Sequence[Report]:
        with reading(self.engine) as connection:
            query = _select.where(which).order_by(report_table.c.number.desc()).limit(limit)
            rows = connection.execute(query).all()
        return self._opened(rows)

    def _opened(self, rows: Sequence[sa.Row[*tuple[object, ...]]]) -> Sequence[Report]:
        there = [row for row in rows if row.sealed]
        opened = self.records.opener([row.number for row in there], "report")
        clear = (opened(row.number, row.sealed) for row in there)
        return [_report.decode(report) for report in clear if report is not None]

    def _row(self, report: Report) -> Mapping[str, object]:
        return {
            "id": report.id,
            "member": report.member,
            "state": report.state.value,
            "category": report.content.category.value,
            "order_digest": self._order(report),
            "filed_at": report.filed_at,
            "changed_at": report.changed_at,
            "entry": report.entry,
            "sealed": self.records.seal(report.number, "report", msgspec.msgpack.encode(report)),
        }

    @contextmanager
    def _once(self, connection: sa.Connection, report: Report) -> Iterator[None]:
        others = () if report.state in ENDED else self.others_of_order(connection, report)
        if others:
            raise _same_order(others[0])
        try:
            yield
        except sa.exc.IntegrityError:  # two requests came at once
            raise _same_order() from None

    def _order(self, report: Report) -> bytes:
        parts = (report.member.encode(), _as_one(report.content.order_id).encode())
        return self._master.digest("registry-vault/reported-order", *parts)[:_DIGEST_BYTES]


def _as_one(order_id: str) -> str:
    """Return the one spelling of an order's id, however it is typed: ＃１０４２ is 1042."""
    folded = unicodedata.normalize("NFKC", order_id).casefold()
    return "".join(character for character in folded if character.isprintable() and character not in "# ")


def new_report_id() -> str:
    """Return what a report is called by people: 50 random bits."""
    return new_id("R")


def new_file_id() -> str:
    return new_id("F")


def not_found() -> Refused:
    """What is said of a report that is not there, and of one that is another member's."""
    return Refused(Refusal.NOT_FOUND, _NO_REPORT)


def _same_order(report_id: str = "") -> Refused:
    ja, en = (f"（{report_id}）", f" ({report_id})") if report_id else ("", "")
    return Refused(
        Refusal.STATE,
        both(
            f"この注文の報告はすでにあります{ja}。その報告を直すか、取り下げてから、あらためて報告してください。",
            f"there is a report of this order already{en}: change that one, or withdraw it first",
        ),
    )


def subject_of(report: Report) -> Subject:
    return Subject.of(SubjectKind.REPORT, report.number)


_NO_REPORT = both("この番号の報告はありません。", "there is no report of this number")
_NO_FILE = both("この番号の証拠資料はありません。", "there is no file of this number")

_report = msgspec.msgpack.Decoder(Report)
_head = msgspec.msgpack.Decoder(_Head)

report_table = sa.table(
    "report",
    sa.column("number", NUMBER),
    sa.column("id", sa.String),
    sa.column("member", sa.String),
    sa.column("state", sa.String),
    sa.column("category", sa.String),
    sa.column("order_digest", sa.LargeBinary),
    sa.column("filed_at", sa.Float),
    sa.column("changed_at", sa.Float),
    sa.column("entry", NUMBER),
    sa.column("urgency", sa.Integer),
    sa.column("held_by", sa.String),
    sa.column("held_until", sa.Float),
    sa.column("sealed", sa.LargeBinary),
)
evidence_table = sa.table(
    "evidence",
    sa.column("id", sa.String),
    sa.column("report", NUMBER),
    sa.column("size", NUMBER),
    sa.column("kind", sa.String),
    sa.column("added_at", sa.Float),
    sa.column("head", sa.LargeBinary),
    sa.column("sealed", sa.LargeBinary),
)
_select = sa.select(report_table)
