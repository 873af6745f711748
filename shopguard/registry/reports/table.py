"""Reports from a spreadsheet saved as CSV: the shop's own list, under the headings that shops use.

UTF-8, CP932 (what Japanese Excel saves) or UTF-16; commas, tabs or semicolons. What a cell means is for ``reading``.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from shopguard.errors import PayloadInvalid
from shopguard.registry.headings import field_of
from shopguard.registry.reports.model import Channel, ReportContent
from shopguard.registry.reports.reading import ContentInvalid, read_content
from shopguard.registry.reports.wording import QUESTIONS, Fault, FaultCode, both, fault, names
from shopguard.sheets import DELIMITERS, decoded, letters, numbered, rows_of

MAX_BYTES = 20_000_000
"""Far above 10,000 rows with long texts."""

_FIRST_ROWS = 10  # a title may stand above the headings
_FEWEST_HEADINGS = 3
_NEEDED = ("order_id", "ordered_on", "category")
_Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``content`` is None where it cannot be read, and then ``faults`` say why.

    Args:
        number: as the spreadsheet counts, the first row being 1.
        files: the evidence that the row names.
        columns: by the part of a report (``due_on``, ``reminders[1]``, ``files``), what its column is called.
    """

    number: int
    content: ReportContent | None
    faults: Sequence[Fault] = ()
    files: Sequence[str] = ()
    columns: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def in_column(self, part: str, sentence: str) -> str:
        """Return what is wrong with a part of the report, under the heading that the list itself has for it."""
        if (column := _column_of(part, self.columns)) is not None:
            return f"{column}: {sentence}"
        if not part:
            return sentence
        ja, en = names(part)
        is_group = any(one.startswith(f"{part}.") for one in self.columns)
        return f"{ja} {en}: {sentence}" if is_group else f"{ja} {en} ({_NO_COLUMN}): {sentence}"

    def __repr__(self) -> str:
        return f"Row({self.number})"


def read(file: BinaryIO) -> Iterator[Row]:
    """Yield every row that is not empty; ``PayloadInvalid`` where the file as a whole is of no use.

    The ``field`` of a fault is the heading of the column, with the letter that the spreadsheet gives it.
    """
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PayloadInvalid(
            both(f"{MAX_BYTES:,}バイトを超えています。分けてください。", "The file is too long: divide it.")
        )
    text = decoded(content)
    columns, first, delimiter = _columns(text)
    rows = rows_of(text, delimiter)
    for number, cells in numbered(rows):
        if number > first and cells is None:
            yield Row(number, None, [fault(FaultCode.UNREADABLE, **_QUOTES)])
        elif number > first and cells and any(cell.strip() for cell in cells):
            yield _row(number, columns, cells)


def _columns(text: str) -> tuple[Sequence["_Column"], int, str]:
    """Return what the columns are, the number of the row that says so, and what parts them."""
    best: tuple[int, list[_Column], int, str] = (0, [], 0, ",")
    for delimiter in DELIMITERS:
        rows = rows_of(text, delimiter)
        for number, cells in numbered(rows, most=_FIRST_ROWS):
            columns = [_Column.named(cell, at) for at, cell in enumerate(cells or ())]
            known = sum(column.field is not None for column in columns)
            if known > best[0]:
                best = known, columns, number, delimiter
    known, columns, number, delimiter = best
    if known < _FEWEST_HEADINGS:
        raise PayloadInvalid(both(_NO_HEADINGS_JA, _NO_HEADINGS_EN))
    there = {column.field for column in columns}
    missing = [names(field) for field in _NEEDED if field not in there]
    if missing:
        ja, en = ("、".join(ja for ja, _ in missing), ", ".join(en for _, en in missing))
        raise PayloadInvalid(both(f"次の列がありません：{ja}", f"These columns are missing: {en}"))
    return columns, number, delimiter


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, by its place from 0. ``field`` None: nothing of a report."""

    at: int
    title: str
    field: str | None

    @classmethod
    def named(cls, title: str, at: int) -> "_Column":
        return cls(at, title.strip(), field_of(title))

    @property
    def label(self) -> str:
        return f"{letters(self.at)}列「{self.title}」 column {letters(self.at)}"


def _row(number: int, columns: Sequence[_Column], cells: Sequence[str]) -> Row:
    cells_of = _Cells({column.field: column.label for column in columns if column.field})
    for column, cell in zip(columns, cells, strict=False):
        if column.field and cell.strip():
            cells_of.put(column.field, cell.strip(), column.label)
    files, called = cells_of.files, cells_of.columns
    try:
        return Row(number, read_content(cells_of.report()), (), files, called)
    except ContentInvalid as invalid:
        return Row(number, None, [_in_column(found, called) for found in invalid.faults], files, called)


class _Cells:
    """The cells of one row where the report has them.

    Args:
        labels: what the column of each part of a report is called; each item of a list is added to them.
    """

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels, self._raw, self.files = labels, _Raw({"party": {}, "answers": {}}), list[str]()

    def put(self, field: str, cell: str, label: str) -> None:
        """Put a cell of the column called ``label`` where it belongs."""
        match field.split("."):
            case ["files"]:
                self.files += _parts(cell)
            case ["party", "lines"]:
                self._add(self._raw["party"], "party.lines", [cell], label)
            case ["party", ("phones" | "emails")]:
                self._add(self._raw["party"], field, [_restored(item) for item in _parts(cell)], label)
            case ["reminders"]:
                self._add(self._raw, field, [_reminder(item) for item in _parts(cell)], label)
            case ["payments"]:
                self._add(self._raw, field, [_payment(item) for item in _parts(cell)], label)
            case ["mall"]:
                self._raw["mall"] = _is_mall(cell)
            case [("party" | "answers") as part, name]:
                self._raw[part][name] = cell
            case _:
                self._raw[field] = cell

    def report(self) -> Mapping[str, Any]:
        """Return the report in raw form; the files of the row show the answers to all four questions."""
        evidence = dict.fromkeys(QUESTIONS, self.files)
        return {**self._raw, "answers": {**self._raw["answers"], "evidence": evidence}}

    @property
    def columns(self) -> Mapping[str, str]:
        """What the column of each part of the report is called; the evidence of an answer is the row's files."""
        files = self._labels.get("files")
        return self._labels if files is None else {**self._labels, "answers.evidence": files}

    def _add(self, to: _Raw, field: str, items: Sequence[object], label: str) -> None:
        found = to.setdefault(field.rpartition(".")[2], [])
        self._labels.update({f"{field}[{len(found) + at}]": label for at in range(len(items))})
        found += items


def _in_column(found: Fault, columns: Mapping[str, str]) -> Fault:
    return Fault(found.code, _column_of(found.field, columns) or found.field, found.text)


def _column_of(part: str, columns: Mapping[str, str]) -> str | None:
    """Return the column of a part of a report: its own, or that of the list it is part of."""
    while part not in columns and (shorter := _LAST_PART.sub("", part)) != part:
        part = shorter
    return columns.get(part)


def _restored(number: str) -> str:
    """Give a phone number the zero back that a spreadsheet took away."""
    return f"0{number}" if _WITHOUT_ZERO.fullmatch(number) else number


def _parts(cell: str) -> Sequence[str]:
    """``2026/5/1 メール、2026/5/10 電話`` are two."""
    return [item.strip() for item in _PARTS.split(cell) if item.strip()]


def _reminder(item: str) -> Mapping[str, Any]:
    """A day, how, and who: without a word it was a mail, and a mail was automatic unless somebody is named."""
    on, how = _day_and_rest(item)
    by_person = bool(_BY_PERSON.search(how))
    return {"on": on, "channel": _BRACKETS.sub("", how) or Channel.MAIL.value, "by_person": by_person}


def _payment(item: str) -> Mapping[str, Any]:
    on, amount = _day_and_rest(item)
    return {"on": on, "amount": amount}


def _day_and_rest(item: str) -> tuple[str, str]:
    found = _DAY.match(unicodedata.normalize("NFKC", item))
    return (found[1], found[2].strip(" :：")) if found else (item, "")


def _is_mall(cell: str) -> bool:
    return bool(_MALLS.search(unicodedata.normalize("NFKC", cell).casefold()))


_LAST_PART = re.compile(r"(?:\[\d+\]|\.?[a-z_]+)$")
_PARTS = re.compile(r"[;；、\n]")
_WITHOUT_ZERO = re.compile(r"[1-9]\d{8,9}")
_DAY = re.compile(r"(\D{0,2}(?:元|\d{1,4})[-/.年]\d{1,2}[-/.月]\d{1,2}日?)(.*)", re.DOTALL)
_BY_PERSON = re.compile(
    r"電話|担当|手書|本人|内容証明|書留|店長|tel|phone|call|person|staff|registered", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(（].*?[)）]")
_MALLS = re.compile(
    r"楽天|rakuten|amazon|アマゾン|yahoo|ヤフー|au ?pay|wowma|qoo10|メルカリ|zozo|モール|^はい$|^yes$|^1$|○"
)
_QUOTES = {
    "ja": '引用符（"）が閉じていないか、1つのセルが長すぎます。',
    "en": "a quotation mark is not closed, or one cell is far too long.",
}
_NO_COLUMN = both("この一覧に列がありません", "this list has no column for it")
_NO_HEADINGS_JA = (
    "見出しの行が見つかりません。1行目に、注文番号・注文日・氏名・電話・住所・理由などの列名を書いてください。"
)
_NO_HEADINGS_EN = (
    "No row of headings was found: name the columns (order id, order date, name, phone, address, category) first."
)
