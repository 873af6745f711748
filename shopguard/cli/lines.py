"""Files of many records, one a line: JSON lines, and orders as CSV whose header holds dotted contract paths."""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, fields
from typing import Any, BinaryIO, TypeVar

import click

from shopguard import wire
from shopguard.cli.output import progress, until_nobody_reads
from shopguard.cli.pool import Fault, Numbered, Task, answers
from shopguard.errors import PayloadInvalid
from shopguard.model import Order, Party, Payment

R = TypeVar("R")

_LISTS = frozenset({"lines", "phones", "emails"})
_PARTY = frozenset(field.name for field in fields(Party))
_PAYMENT = frozenset(field.name for field in fields(Payment))
_ORDER = frozenset(field.name for field in fields(Order)) - {"buyer", "recipients", "payment"}
_PATH = re.compile(r"[a-z_]{1,30}(?:\.[a-z0-9_]{1,30}){0,3}")
_TRUE = frozenset({"true", "1", "yes"})


def json_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank with its number, counted from 1."""
    for number, line in enumerate(_apart(file), start=1):
        if line.strip():
            yield number, line


def csv_orders(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each row as an order in contract form, with the number of its (last) line.

    The text is UTF-8 or, where it is not, CP932. ``PayloadInvalid`` names a column that the contract does not have.
    """
    content = _apart(file).read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp932", "replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        columns = [_Column.named(name.strip(), number) for number, name in enumerate(next(rows, []), start=1)]
        for row in rows:
            if any(cell.strip() for cell in row):
                yield rows.line_num, wire.encode(_order(columns, row))
    except csv.Error:
        raise PayloadInvalid(f"line {rows.line_num}: cannot be read as CSV") from None


def _apart(file: BinaryIO) -> BinaryIO:
    """Return another reader of a pipe or a terminal.

    A thread that waits in a reader holds its lock, and Python aborts where a program ends and standard input is held.
    """
    return file if file.seekable() else open(file.fileno(), "rb", closefd=False)


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a cell goes: ``part`` is buyer, payment, a recipient's number, or empty for the order itself."""

    part: str
    field: str

    @classmethod
    def named(cls, path: str, number: int) -> "_Column":
        first, *rest = path.split(".")
        if first == "recipients":
            part = rest.pop(0) if rest and rest[0].isdecimal() else "0"
            known = _PARTY
        elif first in ("buyer", "payment"):
            part, known = first, _PARTY if first == "buyer" else _PAYMENT
        else:
            part, known, rest = "", _ORDER, [first, *rest]
        is_list = bool(rest) and rest[0] in _LISTS
        if not rest or rest[0] not in known or len(rest) > 1 + is_list:
            shown = path if _PATH.fullmatch(path) else number  # a file without a header has a person here
            raise PayloadInvalid(
                f"column {shown}: no field of an order; the first line must name id, total, buyer.name and the like"
            )
        return cls(part, rest[0])


def _order(columns: list[_Column], row: list[str]) -> dict[str, Any]:
    """Columns of the same list (``buyer.phones`` twice, or ``buyer.phones.0`` and ``.1``) follow each other."""
    order: dict[str, Any] = {}
    recipients: dict[int, dict[str, Any]] = {}
    for column, cell in zip(columns, row, strict=False):
        value = cell.strip()
        if not value:
            continue
        if column.part.isdecimal():
            target = recipients.setdefault(int(column.part), {})
        else:
            target = order.setdefault(column.part, {}) if column.part else order
        if column.field in _LISTS:
            target.setdefault(column.field, []).append(value)
        else:
            target[column.field] = value
    if "test" in order:
        order["test"] = order["test"].casefold() in _TRUE
    return order | {"recipients": [recipients[number] for number in sorted(recipients)]}


def answer_each(
    records: Numbered, task: Task[R], file: BinaryIO, processes: int, finish: Callable[[R], bytes]
) -> bool:
    """Print one line for each record, in order; False if one could not be read, which is said on stderr.

    Args:
        file: where the records come from, to tell how many there are.
        processes: how many work on them side by side.
        finish: makes the line of the answer, here where all pass by in order.
    """
    all_good = True
    with until_nobody_reads(), _shown(records, file) as shown, closing(answers(shown, task, processes)) as answered:
        for number, answer in answered:
            if isinstance(answer, Fault):
                all_good = False
                click.echo(wire.encode({"line": number, "error": answer.text}).decode(), err=True)
            else:
                click.echo(finish(answer).decode())
    return all_good


def _shown(records: Numbered, file: BinaryIO) -> AbstractContextManager[Numbered]:
    """Show progress on a terminal, unless the answers go to the same terminal."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        return nullcontext(records)
    return progress(records, "read", line_count(file))


def line_count(file: BinaryIO) -> int | None:
    """Return how many lines are still to be read, or None for a pipe."""
    if not file.seekable():
        return None
    here = file.tell()
    count = sum(1 for _ in file)
    file.seek(here)
    return count
