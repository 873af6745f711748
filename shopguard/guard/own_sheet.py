"""The shop's own list as a sheet: what its columns are, guessed from headings and contents, and what each row says.

Pure. Whoever brings the sheet may say otherwise of every column before anything is kept.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from shopguard.guard.own_people import OwnEntry, OwnKind, OwnPerson, as_written
from shopguard.identity import identify, tokens
from shopguard.identity.email import normalize_emails
from shopguard.identity.japan.prefecture import PREFECTURES
from shopguard.identity.name import normalize_name
from shopguard.identity.phone import normalize_phones
from shopguard.matching import meets
from shopguard.model import Party
from shopguard.registry.headings import field_of
from shopguard.sheets import Line

MAX_CELL = 1_000
MAX_WHY = 500
_FIRST_LINES = 10  # a title may stand above the headings
_SAMPLE = 60
_MOST_OF = 0.6


class Column(StrEnum):
    """What a column holds; those of a person have the names of ``Party``."""

    NOTHING = ""
    NAME = "name"
    FAMILY = "family"
    GIVEN = "given"
    KANA = "kana"
    COMPANY = "company"
    COUNTRY = "country"
    POSTAL_CODE = "postal_code"
    REGION = "region"
    CITY = "city"
    LINES = "lines"
    PHONES = "phones"
    EMAILS = "emails"
    WHY = "why"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a sheet are. ``heading`` is the number of the row that names them, 0 where none does."""

    heading: int
    titles: tuple[str, ...]
    columns: tuple[Column, ...]


class RowFault(StrEnum):
    """What is wrong with a row or one of its cells."""

    UNREADABLE = "unreadable"  # a quotation mark that is not closed
    NOBODY = "nobody"
    TOO_LITTLE = "too_little"  # nobody would ever be found by it
    PHONE = "phone"
    EMAIL = "email"
    KIND = "kind"
    NO_WHY = "no_why"
    TOO_LONG = "too_long"
    SAME = "same"  # as another row


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. ``at``: the place of its column from 0, None where it is the row; ``first``: the same row."""

    code: RowFault
    at: int | None = None
    first: int = 0


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row: a person, or what is wrong."""

    number: int
    person: OwnPerson | None
    faults: tuple[Fault, ...] = ()


# --- guessing ---


def guess(lines: Sequence[Line], heading: int | None = None) -> Layout:
    """Return what the columns are, as far as headings and cells tell.

    Args:
        heading: the row that names the columns, 0 for none; None where nobody said.
    """
    heading, titles = _heading(lines) if heading is None else _at(lines, heading)
    body = [line.cells for line in lines if line.number > heading and line.cells is not None][:_SAMPLE]
    width = max([len(titles), *map(len, body)], default=0)
    titles = titles + ("",) * (width - len(titles))
    columns = [_named(title) for title in titles]
    for at, column in enumerate(columns):
        if column is Column.NOTHING and not _NEVER.search(_plain(titles[at])):
            cells = [cells[at] for cells in body if at < len(cells) and cells[at]]
            columns[at] = _by_cells(cells, columns)
    return Layout(heading, titles, tuple(_each_once(columns)))


def _heading(lines: Sequence[Line]) -> tuple[int, tuple[str, ...]]:
    """Return the number and the cells of the row with most known headings."""
    first = [(line.number, line.cells) for line in lines[:_FIRST_LINES] if line.cells is not None]
    known = [sum(_named(cell) is not Column.NOTHING for cell in cells) for _, cells in first]
    best = max(range(len(first)), key=lambda at: known[at], default=-1)
    if best >= 0 and known[best]:
        return first[best]
    return first[0] if len(first) > 1 and _is_unlike(first[0][1], [cells for _, cells in first[1:]]) else (0, ())


def _at(lines: Sequence[Line], heading: int) -> tuple[int, tuple[str, ...]]:
    found = next((line.cells for line in lines if line.number == heading), None)
    return (0, ()) if found is None else (heading, found)


def _is_unlike(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row has words of its own where those below it have numbers or mail addresses."""
    return not any(map(_FACT.search, first)) and all(any(map(_FACT.search, cells)) for cells in below)


def _named(title: str) -> Column:
    if _plain(title) in _KIND_TITLES:
        return Column.KIND
    found = field_of(title) or ""
    if found in _WHY_FIELDS:
        return Column.WHY
    whose, _, name = found.partition(".")
    return Column(name) if whose == "party" and name in set(Column) else Column.NOTHING


def _by_cells(cells: Sequence[str], known: Sequence[Column]) -> Column:
    """Return what most cells of a column without a known heading look like, unless another column is that."""
    for column, looks in _LOOKS.items():
        repeats = column in (Column.PHONES, Column.EMAILS)
        if cells and (repeats or column not in known) and sum(map(looks, cells)) >= _MOST_OF * len(cells):
            return column
    return Column.NOTHING


def _each_once(columns: Sequence[Column]) -> Iterator[Column]:
    seen = set[Column]()
    for column in columns:
        yield Column.NOTHING if column in seen and column not in _SEVERAL else column
        seen.add(column)


def _is_postal(cell: str) -> bool:
    return bool(_POSTAL.fullmatch(unicodedata.normalize("NFKC", cell)))


def _is_phone(cell: str) -> bool:
    return bool(_PHONE.fullmatch(unicodedata.normalize("NFKC", cell))) and bool(normalize_phones(cell, "JP"))


def _is_address(cell: str) -> bool:
    text = unicodedata.normalize("NFKC", cell)
    return bool(_ADDRESS.search(text)) and any(char.isdecimal() for char in text)


def _is_kana(cell: str) -> bool:
    return bool(_KANA.fullmatch(unicodedata.normalize("NFKC", cell)))


def _is_name(cell: str) -> bool:
    name = normalize_name(cell) if len(cell) < 30 and not any(char.isdecimal() for char in cell) else None
    return name is not None and bool(name.family and name.given)


_LOOKS: Mapping[Column, Callable[[str], bool]] = {
    Column.EMAILS: lambda cell: bool(normalize_emails(cell)),
    Column.POSTAL_CODE: _is_postal,
    Column.PHONES: _is_phone,
    Column.REGION: lambda cell: cell in PREFECTURES,
    Column.LINES: _is_address,
    Column.KANA: _is_kana,
    Column.NAME: _is_name,
}
_SEVERAL = {Column.NOTHING, Column.LINES, Column.PHONES, Column.EMAILS, Column.WHY}
_WHY_FIELDS = {"category", "note", "answers.ground", "return_reason", "replies"}
_KIND_TITLES = {"リスト", "リスト種別", "種別", "list", "kind"}
_NEVER = re.compile(r"日$|担当|登録|注文|受注|会員|顧客(?:番号|id)|金額|円|date|by$|order|amount|^no\.?$")
_FACT = re.compile(r"[\d@＠]")
_POSTAL = re.compile(r"〒?\s?\d{3}-?\d{4}")
_PHONE = re.compile(r"[\d+()\s.-]{8,20}")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー・\s]{3,}")
_ADDRESS = re.compile("[都道府県市区町村郡]")


# --- reading ---


def read(lines: Iterable[Line], layout: Layout, kind: OwnKind, why: str = "") -> Iterator[ReadRow]:
    """Yield what each row below the headings says.

    Args:
        kind: of the rows that do not say.
        why: of the rows that do not say; on the list of people to check every line needs a reason.
    """
    seen: dict[tuple[OwnKind, bytes], int] = {}
    for line in lines:
        if line.number <= layout.heading:
            continue
        row = _row(line, layout, kind, why)
        if row.person is not None:
            same = row.person.kind, as_written(row.person.party)
            if (first := seen.setdefault(same, line.number)) != line.number:
                row = ReadRow(line.number, None, (Fault(RowFault.SAME, None, first),))
        yield row


def _row(line: Line, layout: Layout, kind: OwnKind, why: str) -> ReadRow:
    if line.cells is None:
        return ReadRow(line.number, None, (Fault(RowFault.UNREADABLE),))
    cells = [
        (at, column, cell)
        for at, (column, cell) in enumerate(zip(layout.columns, line.cells, strict=False))
        if column is not Column.NOTHING and cell and not _says_nothing(cell)
    ]
    faults = [fault for at, column, cell in cells if (fault := _fault(at, column, cell))]
    person = _person(cells, kind, why)
    if person.party.is_empty:
        faults.append(Fault(RowFault.NOBODY))
    elif not faults and not _can_be_found(person.party):
        faults.append(Fault(RowFault.TOO_LITTLE))
    if person.kind is OwnKind.WATCH and not person.why:
        faults.append(Fault(RowFault.NO_WHY, _place(layout, Column.WHY)))
    if faults:
        return ReadRow(line.number, None, tuple(faults))
    return ReadRow(line.number, person)


def _can_be_found(party: Party) -> bool:
    """Whether anybody could ever be found by it. Most rows have a mail or phone that says so at once."""
    address = "".join(filter(None, (party.region, party.city, *party.lines)))
    in_japan = party.country in (None, "JP") and (not address or _PREFECTURE.match(address))
    if any(map(normalize_emails, party.emails)) or (in_japan and any(map(normalize_phones, party.phones))):
        return True
    return meets(tokens(identify(party)))


def _person(cells: Sequence[tuple[int, Column, str]], kind: OwnKind, why: str) -> OwnPerson:
    by_column: dict[Column, list[str]] = {}
    for _, column, cell in cells:
        by_column.setdefault(column, []).append(cell)
    said = {column: " ".join(texts) for column, texts in by_column.items()}
    party = Party(
        **{name: said.get(Column(name)) for name in _TEXTS},
        lines=tuple(by_column.get(Column.LINES, ())),
        phones=tuple(_restored(part) for cell in by_column.get(Column.PHONES, ()) for part in _parts(cell)),
        emails=tuple(part for cell in by_column.get(Column.EMAILS, ()) for part in _parts(cell)),
    )
    named = _KINDS.get(_plain(said.get(Column.KIND, "")), kind)
    return OwnPerson(named, party, " / ".join(by_column.get(Column.WHY, ())) or why)


def _fault(at: int, column: Column, cell: str) -> Fault | None:
    if len(cell) > (MAX_WHY if column is Column.WHY else MAX_CELL):
        return Fault(RowFault.TOO_LONG, at)
    match column:
        case Column.PHONES if any(not normalize_phones(part, "JP") for part in _parts(cell) if _DIGIT.search(part)):
            return Fault(RowFault.PHONE, at)
        case Column.EMAILS if _LETTER.search(cell) and not normalize_emails(cell):
            return Fault(RowFault.EMAIL, at)
        case Column.KIND if _plain(cell) not in _KINDS:
            return Fault(RowFault.KIND, at)
    return None


def _place(layout: Layout, column: Column) -> int | None:
    return layout.columns.index(column) if column in layout.columns else None


def _parts(cell: str) -> list[str]:
    """``090-0000-1111、03-0000-1111`` are two."""
    parts = (part.strip() for part in _BETWEEN.split(cell))
    return [part for part in parts if part and not _says_nothing(part)]


def _restored(number: str) -> str:
    """Give a phone number the zero back that a spreadsheet took away."""
    return f"0{number}" if _WITHOUT_ZERO.fullmatch(number) else number


def _says_nothing(cell: str) -> bool:
    return bool(_NOTHING.fullmatch(cell.strip()))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


_TEXTS = ("name", "family", "given", "kana", "company", "country", "postal_code", "region", "city")
_PREFECTURE = re.compile("|".join(PREFECTURES))
_DIGIT, _LETTER = re.compile(r"\d"), re.compile("[A-Za-z@＠]")
_WITHOUT_ZERO = re.compile(r"[1-9]\d{8,9}")
_BETWEEN = re.compile(r"[;；、,\n/／]")
_NOTHING = re.compile(r"なし|無し|不明|未記入|[-ー―−‐*＊]+|n/?a|none|unknown", re.IGNORECASE)
_KINDS = {
    **dict.fromkeys(("確認", "要確認", "要注意", "注意", "ブラック", "ng", "watch", "check"), OwnKind.WATCH),
    **dict.fromkeys(("許可", "通過", "ホワイト", "常連", "ok", "allow"), OwnKind.ALLOW),
}


# --- writing ---

HEADINGS = ("リスト", "氏名", "姓", "名", "フリガナ", "会社名", "国", "郵便番号", "都道府県", "市区町村", "住所")
_MORE_HEADINGS = ("電話番号", "メールアドレス", "理由", "登録日", "登録した人")
_JAPAN = ZoneInfo("Asia/Tokyo")
_WRITTEN = {OwnKind.WATCH: "確認", OwnKind.ALLOW: "許可"}


def sheet_of(entries: Iterable[OwnEntry]) -> Iterator[Sequence[str]]:
    """Yield the list as rows that ``guess`` and ``read`` understand, with the headings first."""
    yield (*HEADINGS, *_MORE_HEADINGS)
    for entry in entries:
        party = entry.person.party
        texts = [getattr(party, name) or "" for name in _TEXTS]
        lists = [" ".join(party.lines), "、".join(party.phones), "、".join(party.emails)]
        added = datetime.fromtimestamp(entry.added_at, _JAPAN).date().isoformat()
        yield [_WRITTEN[entry.person.kind], *texts, *lists, entry.person.why, added, entry.added_by]
