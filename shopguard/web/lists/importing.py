"""Bringing a list from a spreadsheet: its columns are guessed and can be changed, and each bad row is named.

Nothing is kept before somebody has looked and pressed: until then the rows travel with the page and lie nowhere here.
"""

import base64
import json
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, render_template, request, stream_template

from shopguard.errors import StoreUnavailable
from shopguard.guard.own_people import OwnKind
from shopguard.guard.own_sheet import MAX_WHY, Column, Fault, Layout, ReadRow, guess, read
from shopguard.sheets import MAX_COLUMNS, MAX_ROWS, Line, SheetInvalid, csv_of, read_sheet
from shopguard.web.app import service, takes_up_to, viewer
from shopguard.web.language import gettext
from shopguard.web.lists.desk import ListDesk
from shopguard.web.lists.own import file_answer, kind_of, pages
from shopguard.web.lists.words import COLUMNS, heading, row_fault, sheet_fault
from shopguard.web.roles import Role, only

BODY_LIMIT = 12_000_000  # bytes: far above 10,000 rows
_UNPACKED_LIMIT = 60_000_000
_SHOWN_FAULTS, _SHOWN_ROWS = 100, 6
_STEP = 500  # rows between two signs of progress


_Steps = Generator[dict[str, Any], None, None]
"""What a page that grows is told: how far it is, and at last what came of it."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Rows that were brought, what their columns are, and what counts for rows that do not say."""

    lines: Sequence[Line]
    layout: Layout
    shop: str
    kind: OwnKind
    why: str

    def rows(self) -> Iterator[ReadRow]:
        return read(self.lines, self.layout, self.kind, self.why)

    def step(self, done: int) -> dict[str, Any]:
        """Return how far it is, for the page."""
        return {"done": done, "total": len(self.lines)}


@dataclass(frozen=True, slots=True)
class Named:
    """What is wrong with a row, as a page says it."""

    number: int
    heading: str
    wrong: str
    remedy: str


@pages.get("/import")
@only(Role.SHOP_ADMIN)
def choose() -> str:
    """Where a file is chosen."""
    return _form({})


@pages.post("/import/preview")
@only(Role.SHOP_ADMIN)
@takes_up_to(BODY_LIMIT)
def preview() -> Response | tuple[str, int]:
    """Show what would be taken over, and what is wrong with which row."""
    if "packed" in request.form:
        return _preview(_brought())
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form({"file": gettext("Choose a file.")}), 422
    try:
        lines = read_sheet(file.read())
    except SheetInvalid as invalid:
        return _form({"file": sheet_fault(invalid.fault)}), 422
    return _preview(_Sheet(lines, guess(lines), *_defaults()))


@pages.post("/import/left-out")
@only(Role.SHOP_ADMIN)
@takes_up_to(BODY_LIMIT)
def left_out() -> Response:
    """The rows that would be left out, with what is wrong with each, to be put right and brought again."""
    sheet = _brought()
    cells = {line.number: line.cells or () for line in sheet.lines}
    width = len(sheet.layout.columns)
    rows = [(*_wide(sheet.layout.titles, width), gettext("What is wrong"))]
    for row in sheet.rows():
        if row.faults:
            said = " ".join(" ".join(row_fault(fault)) for fault in row.faults)
            rows.append((*_wide(cells[row.number], width), said))
    return file_answer(csv_of(rows), "rows-left-out", "csv")


@pages.post("/import/run")
@only(Role.SHOP_ADMIN)
@takes_up_to(BODY_LIMIT)
def run() -> Response:
    """Take over all good rows, or none."""
    sheet = _brought()
    return _growing("lists/imported.html", steps=_steps(sheet, viewer().name), shop=sheet.shop)


def _steps(sheet: _Sheet, actor: str) -> _Steps:
    """Yield how far it is, and at last what came of it."""
    own_list = service(ListDesk).own_list
    good = left = 0
    try:
        with own_list.bringing(sheet.shop, actor) as brought:
            for count, row in enumerate(sheet.rows(), start=1):
                if row.person is None:
                    left += 1
                else:
                    good += 1
                    brought.put(own_list.row(sheet.shop, row.person))
                if count % _STEP == 0:
                    yield sheet.step(count)
            added = brought.finish()
    except StoreUnavailable:
        yield {"failed": True}
        return
    yield {"added": added.count, "known": good - added.count, "left_out": left, "at": repr(added.at)}


def _preview(sheet: _Sheet) -> Response:
    below = [line for line in sheet.lines if line.number > sheet.layout.heading and line.cells is not None]
    return _growing(
        "lists/preview.html",
        steps=_looked_through(sheet),
        sheet=sheet,
        shown=[(line.number, _wide(line.cells or (), len(sheet.layout.columns))) for line in below[:_SHOWN_ROWS]],
        choices=COLUMNS,
        called=[heading(sheet.layout, at) for at in range(len(sheet.layout.columns))],
        packed=_pack(sheet.lines),
    )


def _looked_through(sheet: _Sheet) -> _Steps:
    """Yield how far it is, and at last how many rows are good and what is wrong with the others."""
    faults: list[Named] = []
    counts = {"good": 0, "bad": 0, "same": 0}
    for count, row in enumerate(sheet.rows(), start=1):
        is_same = any(fault.first for fault in row.faults)
        counts["same" if is_same else "bad" if row.faults else "good"] += 1
        if not is_same and len(faults) < _SHOWN_FAULTS:
            faults += [_named(sheet.layout, row.number, fault) for fault in row.faults]
        if count % _STEP == 0:
            yield sheet.step(count)
    yield {"counts": counts, "faults": faults}


def _growing(template: str, steps: _Steps, **what: Any) -> Response:
    """Return a page that grows while it is read, so that somebody can watch; who leaves it breaks it off."""
    answer = Response(stream_template(template, steps=steps, **what))
    answer.call_on_close(steps.close)
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy in between shall not wait for the end
    return answer


def _named(layout: Layout, number: int, fault: Fault) -> Named:
    return Named(number, heading(layout, fault.at), *row_fault(fault))


def _form(errors: dict[str, str]) -> str:
    desk = service(ListDesk)
    shop, kind, why = _defaults()
    return render_template(
        "lists/import.html", errors=errors, shops=desk.shops_seen(), shop=shop, kind=kind, why=why, max_rows=MAX_ROWS
    )


def _defaults() -> tuple[str, OwnKind, str]:
    """Return the shop, and what counts for rows that do not say."""
    kind = kind_of(request.values.get("kind")) or OwnKind.WATCH
    return service(ListDesk).shop_asked(), kind, request.form.get("why", "").strip()[:MAX_WHY]


def _brought() -> _Sheet:
    """Return the rows that came with the page, with the columns as somebody says they are."""
    lines = _unpack(request.form.get("packed", ""))
    layout = guess(lines, request.form.get("heading", type=int))
    columns = tuple(_column(request.form.get(f"column-{at}"), known) for at, known in enumerate(layout.columns))
    return _Sheet(lines, replace(layout, columns=columns), *_defaults())


def _column(text: str | None, known: Column) -> Column:
    return Column(text) if text is not None and text in set(Column) else known


def _wide(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))


def _pack(lines: Sequence[Line]) -> str:
    rows = [[line.number, line.cells] for line in lines]
    return base64.b64encode(zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 6)).decode()


def _unpack(text: str) -> list[Line]:
    """Return what ``_pack`` made a text of; 400 for anything else."""
    unpacking = zlib.decompressobj()
    try:
        rows = json.loads(unpacking.decompress(base64.b64decode(text, validate=True), _UNPACKED_LIMIT))
        lines = [Line(int(number), None if cells is None else tuple(map(str, cells))) for number, cells in rows]
    except (ValueError, TypeError, zlib.error):
        abort(400)
    if not lines or len(lines) > MAX_ROWS or any(line.cells and len(line.cells) > MAX_COLUMNS for line in lines):
        abort(400)
    return lines
