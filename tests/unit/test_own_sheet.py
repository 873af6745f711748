"""A shop's own list as a sheet: what its columns are taken for, and what is said of rows that are of no use."""

import pytest

from shopguard.guard.own_people import OwnKind
from shopguard.guard.own_sheet import Column, ReadRow, RowFault, guess, read
from shopguard.identity import identify, tokens
from shopguard.matching import meets
from shopguard.model import Party
from shopguard.sheets import MAX_ROWS, Line, SheetFault, SheetInvalid, csv_of, excel_of, read_sheet

C = Column


def lines(*rows: str) -> list[Line]:
    return read_sheet("\n".join(rows).encode())


def columns(*rows: str) -> tuple[Column, ...]:
    return guess(lines(*rows)).columns


def only_row(*rows: str, why: str = "x") -> ReadRow:
    found = lines(*rows)
    (row,) = read(found, guess(found), OwnKind.WATCH, why)
    return row


# --- columns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ("氏名,フリガナ,電話番号,住所,理由", (C.NAME, C.KANA, C.PHONES, C.LINES, C.WHY)),
        ("お名前,TEL,携帯,Eメール,備考", (C.NAME, C.PHONES, C.PHONES, C.EMAILS, C.WHY)),
        ("姓,名,〒,都道府県,市区町村,番地", (C.FAMILY, C.GIVEN, C.POSTAL_CODE, C.REGION, C.CITY, C.LINES)),
        ("Name,Phone,E-mail,Note,Kind", (C.NAME, C.PHONES, C.EMAILS, C.WHY, C.KIND)),
        ("リスト,氏名,登録日,担当", (C.KIND, C.NAME, C.NOTHING, C.NOTHING)),
    ],
)
def test_headings_name_the_columns(titles: str, expected: tuple[Column, ...]) -> None:
    assert columns(titles, ",".join("x" for _ in expected)) == expected


def test_a_title_may_stand_above_the_headings() -> None:
    assert guess(lines("要注意一覧 2026年", "", "氏名,電話", "見本 花子,080-0000-2222")).heading == 3


def test_cells_tell_what_no_heading_says() -> None:
    rows = [
        "見本 花子,ミホン ハナコ,080-0000-2222,530-0001,大阪府大阪市北区梅田1-2-3,a@example.jp,受取辞退",
        "田中 一郎,タナカ イチロウ,03-0000-1111,105-0011,東京都港区芝公園4-2-8,b@example.jp,未払い",
    ]
    expected = (C.NAME, C.KANA, C.PHONES, C.POSTAL_CODE, C.LINES, C.EMAILS, C.NOTHING)
    assert columns(*rows) == expected
    assert guess(lines(*rows)).heading == 0
    assert columns("a,b,c,d,e,f,g", *rows) == expected
    assert guess(lines("a,b,c,d,e,f,g", *rows)).heading == 1


def test_days_and_numbers_of_orders_are_no_phones() -> None:
    assert (
        columns("氏名,電話,注文番号,登録日", "見本 花子,080-0000-2222,0312345678,2026/04/01")[2:] == (C.NOTHING,) * 2
    )


def test_somebody_may_say_which_row_names_the_columns() -> None:
    found = lines("氏名,電話", "名前,携帯", "見本 花子,080-0000-2222")
    assert guess(found, 2).titles == ("名前", "携帯")
    assert guess(found, 0).heading == 0
    assert guess(found, 99).heading == 0


# --- rows -----------------------------------------------------------------------------------------------------------


def test_a_row_says_who_and_why() -> None:
    row = only_row(
        "氏名,電話1,電話2,住所,理由,備考", '見本 花子,9000002222,"03-0000-1111、なし",大阪市,未払い,3回目', why=""
    )
    assert row.person is not None
    assert row.person.party == Party(name="見本 花子", lines=("大阪市",), phones=("09000002222", "03-0000-1111"))
    assert row.person.why == "未払い / 3回目"


@pytest.mark.parametrize(
    ("titles", "cells", "code", "at"),
    [
        ("氏名,電話", "見本 花子,12", RowFault.PHONE, 1),
        ("氏名,電話", "見本 花子,000-0000-0000", RowFault.PHONE, 1),
        ("氏名,メール", "見本 花子,hanako", RowFault.EMAIL, 1),
        ("氏名,電話", "見本 花子,なし", RowFault.TOO_LITTLE, None),
        ("氏名,住所", "見本 花子,大阪市", None, None),
        ("電話,備考", ",x", RowFault.NOBODY, None),
        ("電話,種別", "080-0000-2222,?", RowFault.KIND, 1),
        ("電話,氏名", "080-0000-2222," + "花" * 1001, RowFault.TOO_LONG, 1),
        ("電話,理由", "080-0000-2222," + "x" * 501, RowFault.TOO_LONG, 1),
    ],
)
def test_what_is_wrong_is_said_of_its_cell(titles: str, cells: str, code: RowFault | None, at: int | None) -> None:
    faults = [(fault.code, fault.at) for fault in only_row(titles, cells).faults]
    assert faults == ([(code, at)] if code else [])


@pytest.mark.parametrize("phone", ["080-0000-2222", "03-0000-1111", ""])
@pytest.mark.parametrize("address", ["", "大阪府大阪市", "大阪市北区梅田1-2-3", "Springfield, USA", "台北市"])
@pytest.mark.parametrize("country", ["", "JP", "US"])
def test_whoever_is_taken_can_be_found(phone: str, address: str, country: str) -> None:
    row = only_row("氏名,電話,住所,国", f'見本 花子,{phone},"{address}",{country}')
    lines, phones = (address,) * bool(address), (phone,) * bool(phone)
    party = Party("見本 花子", country=country or None, lines=lines, phones=phones)
    assert (row.person is not None) == meets(tokens(identify(party)))


def test_whoever_is_to_be_checked_needs_a_reason_and_whoever_is_fine_does_not() -> None:
    watched = only_row("電話,種別", "080-0000-2222,確認", why="")
    assert [fault.code for fault in watched.faults] == [RowFault.NO_WHY]
    allowed = only_row("電話,種別", "080-0000-2222,許可", why="")
    assert allowed.person is not None
    assert allowed.person.kind is OwnKind.ALLOW


def test_a_row_that_says_the_same_as_another_names_it() -> None:
    found = lines("氏名,電話", "見本 花子,080-0000-2222", "見本　花子,０８０-0000-2222")
    first, second = read(found, guess(found), OwnKind.WATCH, "x")
    assert first.person is not None
    assert [(fault.code, fault.first) for fault in second.faults] == [(RowFault.SAME, 2)]


def test_nothing_of_a_row_reaches_a_log() -> None:
    row = only_row("氏名,電話", "見本 花子,080-0000-2222")
    assert "見本" not in repr(row) and "2222" not in repr(row)


# --- sheets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [csv_of, excel_of])
def test_what_is_written_is_read_as_it_was(write) -> None:  # type: ignore[no-untyped-def]  # one of two functions
    rows = [("a", "", "=1+1"), ("+81", "-x", "@y"), ("\tz", "'q", "0123"), ("x\ny", 'say "so"', "、")]
    assert [line.cells for line in read_sheet(write(rows))] == [tuple(map(str.strip, row)) for row in rows]


def test_an_excel_file_of_ours_has_no_formula() -> None:
    import io

    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(excel_of([("=1+1", "0123")]))).worksheets[0]
    assert [cell.data_type for cell in next(sheet.iter_rows())] == ["s", "s"]


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(SheetInvalid) as refused:
        read_sheet(b"x\n" * (MAX_ROWS + 1))
    assert refused.value.fault is SheetFault.TOO_LONG
