"""Tables that people bring along: CSV in the encodings and with the marks that are usual here, and Excel's own files.

What the cells mean is for the reader of each kind of list. Nothing of a sheet is ever computed: formulas count by the
value that was saved with them.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from shopguard.errors import PayloadInvalid

MAX_ROWS = 20_000
MAX_COLUMNS = 100
DELIMITERS = ",\t;"
_LARGEST_UNPACKED = 300_000_000  # bytes of an Excel file: one that says it is larger is none
_MOST_WITH_EMPTY = 5 * MAX_ROWS  # some sheets go on for a million rows of nothing
_LOOKED_AT = 30  # rows that tell what parts the columns


class SheetFault(StrEnum):
    """Why a file as a whole is of no use."""

    EMPTY = "empty"
    NO_SHEET = "no_sheet"  # a picture, a PDF, a program
    OLD_EXCEL = "old_excel"  # .xls, or an Excel file under a password: both are wrapped alike
    DAMAGED = "damaged"
    TOO_LONG = "too_long"
    TOO_WIDE = "too_wide"


class SheetInvalid(PayloadInvalid):
    """No table can be read from the file; ``fault`` says why."""

    def __init__(self, fault: SheetFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not empty. ``number`` as the spreadsheet counts, from 1; ``cells`` None: it cannot be read."""

    number: int
    cells: tuple[str, ...] | None

    def __repr__(self) -> str:
        return f"Line({self.number})"  # the cells must not reach a log


def read_sheet(content: bytes) -> list[Line]:
    """Return the rows of a CSV file or of the first sheet of an Excel file; ``SheetInvalid`` where there is none."""
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise SheetInvalid(SheetFault.EMPTY)
    if content.startswith(_OLE):
        raise SheetInvalid(SheetFault.OLD_EXCEL)
    lines = list(_bounded(_excel(content) if content.startswith(b"PK\x03\x04") else _csv(content)))
    if not lines:
        raise SheetInvalid(SheetFault.EMPTY)
    return lines


def decoded(content: bytes) -> str:
    """Of UTF-8, UTF-16 and CP932 (what Japanese Excel saves), the one that makes most sense of the bytes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            pass
    read_both = [content.decode(encoding, "replace") for encoding in ("utf-8-sig", "cp932")]
    return min(read_both, key=lambda text: text.count("\ufffd"))


def numbered(rows: Iterator[list[str]], most: int | None = None) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the rows of a CSV reader with their numbers; None is one that is no CSV."""
    number = 0
    while most is None or number < most:
        number += 1
        try:
            yield number, next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield number, None


def rows_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """Return a reader of CSV text."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def letters(at: int) -> str:
    """Return what a spreadsheet calls the column at a place from 0: A, B, … Z, AA."""
    first, last = divmod(at, 26)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)


# --- writing ---

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with, as programs would compute it.

Source: OWASP, "CSV Injection" (read 2026-11).
"""


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV that Excel opens with the right characters and computes nothing of."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def excel_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as a sheet of text for Excel: no cell is a formula or loses its zeros."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        cells = [WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)) if text else None for text in row]
        for cell in filter(None, cells):
            cell.data_type, cell.number_format = "s", "@"
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no program takes for a formula; ``as_written`` gives the cell back."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_written(cell: str) -> str:
    """Return a cell without the mark that keeps a program from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


# --- reading ---

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _bounded(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield what is not empty, without the empty cells at its end."""
    count = 0
    for line in lines:
        if line.cells is not None:
            cells = tuple(as_written(cell.strip()).strip() for cell in line.cells)
            width = max((at for at, cell in enumerate(cells, 1) if cell), default=0)
            if not width:
                continue
            if width > MAX_COLUMNS:
                raise SheetInvalid(SheetFault.TOO_WIDE)
            line = Line(line.number, cells[:width])
        count += 1
        if count > MAX_ROWS:
            raise SheetInvalid(SheetFault.TOO_LONG)
        yield line


def _csv(content: bytes) -> Iterator[Line]:
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_utf16 and b"\0" in content:
        raise SheetInvalid(SheetFault.NO_SHEET)
    text = decoded(content)
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")) or text.count("\ufffd") > len(text) // 20:
        raise SheetInvalid(SheetFault.NO_SHEET)
    for number, cells in numbered(rows_of(text, _delimiter(text))):
        yield Line(number, None if cells is None else tuple(cells))


def _delimiter(text: str) -> str:
    """What parts most rows into equally many cells, more than one."""

    def evenness(delimiter: str) -> tuple[bool, int, int]:
        widths = Counter(len(cells or ()) for _, cells in numbered(rows_of(text, delimiter), _LOOKED_AT) if cells)
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        return width > 1, times, width

    return max(DELIMITERS, key=evenness)


def _excel(content: bytes) -> Iterator[Line]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "[Content_Types].xml" not in packed.namelist():
                raise SheetInvalid(SheetFault.NO_SHEET)
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                raise SheetInvalid(SheetFault.TOO_LONG)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write that a sheet of many rows has one cell
        rows = list(islice(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), _MOST_WITH_EMPTY + 1))
    except SheetInvalid:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError, OSError):
        raise SheetInvalid(SheetFault.DAMAGED) from None
    if len(rows) > _MOST_WITH_EMPTY:
        raise SheetInvalid(SheetFault.TOO_LONG)
    for number, row in enumerate(rows, start=1):
        yield Line(number, tuple(_text(value) for value in row))


def _text(value: Any) -> str:
    """Return what a cell of Excel shows, with numbers as digits and days as 2026-04-01."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.isoformat(" ", "minutes") if value.hour or value.minute else value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)
