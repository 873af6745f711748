"""What the pages of lists call columns, and what is wrong with a sheet or a row and what helps."""

from collections.abc import Mapping

from shopguard.guard.own_sheet import MAX_CELL, Column, Fault, Layout, RowFault
from shopguard.sheets import MAX_COLUMNS, MAX_ROWS, SheetFault, letters
from shopguard.web import formats
from shopguard.web.language import gettext, later

COLUMNS: Mapping[Column, str] = {
    Column.NOTHING: later("– not used –"),
    Column.NAME: later("Name"),
    Column.FAMILY: later("Family name"),
    Column.GIVEN: later("Given name"),
    Column.KANA: later("Reading"),
    Column.COMPANY: later("Company"),
    Column.PHONES: later("Phone"),
    Column.EMAILS: later("Mail"),
    Column.POSTAL_CODE: later("Postal code"),
    Column.REGION: later("Prefecture"),
    Column.CITY: later("Municipality"),
    Column.LINES: later("Address"),
    Column.COUNTRY: later("Country"),
    Column.WHY: later("Why"),
    Column.KIND: later("Which list"),
}
"""In the order in which they are offered."""

_SHEETS = {
    SheetFault.EMPTY: later("The file is empty. Choose the one with the list in it."),
    SheetFault.NO_SHEET: later("This is no table. Save the list as CSV or as an Excel file (.xlsx)."),
    SheetFault.OLD_EXCEL: later(
        "This Excel file is of the old kind (.xls) or under a password. Open it in Excel, take the password away, "
        "and save it as .xlsx or CSV."
    ),
    SheetFault.DAMAGED: later("This Excel file is damaged. Open it in Excel and save it anew."),
    SheetFault.TOO_LONG: later("The list has more than %(rows)s rows. Divide it into several files."),
    SheetFault.TOO_WIDE: later("The list has more than %(columns)s columns. Take away those that are not needed."),
}

_ROWS = {
    RowFault.UNREADABLE: (
        later("A quotation mark is not closed, or a cell is far too long."),
        later("Look at the quotation marks of this row and the one above."),
    ),
    RowFault.NOBODY: (
        later("It names nobody."),
        later("Fill in a name and a phone number, mail or address, or take the row away."),
    ),
    RowFault.TOO_LITTLE: (
        later("Nobody could be found by this alone."),
        later("Add a phone number, a mail address, or a full address beside the name."),
    ),
    RowFault.PHONE: (
        later("This is no number that can be called."),
        later("Write it with its area code, or leave the cell empty. In Excel, format the column as text."),
    ),
    RowFault.EMAIL: (
        later("This is no mail address."),
        later("Write it as name@example.jp, or leave the cell empty."),
    ),
    RowFault.KIND: (
        later("It is not clear which list is meant."),
        later("Write 確認 (to check) or 許可 (known to be fine), or leave the cell empty."),
    ),
    RowFault.NO_WHY: (
        later("The reason is missing."),
        later("Write why, or give one reason for all rows above."),
    ),
    RowFault.TOO_LONG: (
        later("The cell is longer than %(most)s characters."),
        later("Shorten it."),
    ),
    RowFault.SAME: (
        later("It says the same as row %(first)s."),
        later("Nothing needs to be done: the person is taken once."),
    ),
}


def sheet_fault(fault: SheetFault) -> str:
    """Return why a file is of no use, and what helps."""
    return gettext(_SHEETS[fault], rows=formats.number(MAX_ROWS), columns=MAX_COLUMNS)


def row_fault(fault: Fault) -> tuple[str, str]:
    """Return what is wrong, and what helps."""
    wrong, remedy = _ROWS[fault.code]
    return gettext(wrong, most=formats.number(MAX_CELL), first=fault.first), gettext(remedy)


def heading(layout: Layout, at: int | None) -> str:
    """Return what a column is called in the sheet: its letter and its heading."""
    if at is None:
        return ""
    title = layout.titles[at] if at < len(layout.titles) else ""
    return f"{letters(at)} {title}".strip()
