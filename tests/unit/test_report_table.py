"""A list is read as a spreadsheet saved it; every bad row is named by number and column, the others are read."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from shopguard.errors import PayloadInvalid
from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.reports.model import Channel, PartPayment, Reminder
from shopguard.registry.reports.table import Row, read
from shopguard.registry.reports.wording import FaultCode

EXCEL_LIST = (
    "登録日",
    "氏名",
    "フリガナ",
    "〒",
    "住所",
    "電話",
    "メール",
    "注文番号",
    "店舗(モール)",
    "金額",
    "理由",
    "対応",
    "担当",
)
"""The columns of the list that shops keep (docs: what Japanese shops write down)."""

EXCEL_ROW = (
    "2026/5/1",
    "髙﨑 花子",
    "ﾀｶｻｷ ﾊﾅｺ",
    "105-0011",
    "東京都港区芝公園4-2-8",
    "09000000000",
    "hanako@example.jp",
    "1042",
    "本店",
    "12,800円",
    "代引き受取拒否",
    "督促状を送付",
    "店長",
)
HEADINGS = ("注文番号", "注文日", "理由", "氏名", "電話", "金額")
ROW = ("1042", "2026/4/1", "未払い", "見本 太郎", "090-0000-0000", "12,800")


def saved(*rows: Sequence[str], encoding: str = "utf-8-sig", delimiter: str = ",") -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def one(*rows: Sequence[str]) -> Row:
    (row,) = read(saved(*rows))
    return row


def test_list_that_shops_keep_is_read() -> None:
    row = one((*EXCEL_LIST, "注文日", "支払方法"), (*EXCEL_ROW, "2026/4/1", "代引き"))
    assert row.content is not None
    assert row.content.party == Party(
        name="髙﨑 花子",
        kana="ﾀｶｻｷ ﾊﾅｺ",
        postal_code="105-0011",
        lines=("東京都港区芝公園4-2-8",),
        phones=("09000000000",),
        emails=("hanako@example.jp",),
    )
    assert (row.content.order_id, row.content.category) == ("1042", Category.COD_REFUSED)
    assert (row.content.amount, row.content.payment) == (Decimal(12_800), PaymentKind.COD)
    assert (row.content.ordered_on, row.content.mall) == (date(2026, 4, 1), False)
    assert row.content.answers.acted == "督促状を送付"


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_way_of_saving_reads_the_same(encoding: str, delimiter: str) -> None:
    rows = list(
        read(
            saved(
                HEADINGS, ("1042", "令和8年4月1日", "未払い", "髙﨑", "", "1"), encoding=encoding, delimiter=delimiter
            )
        )
    )
    assert [row.content and row.content.party.name for row in rows] == ["髙﨑"]


def test_columns_may_stand_in_any_order_and_under_english_headings() -> None:
    row = one(
        ("Phone Number", "Category", "Total", "Order ID", "Full name", "Order date", "E-mail"),
        ("090-0000-0000", "cod_refused", "5000", "1042", "Taro Mihon", "2026-04-01", "taro@example.jp"),
    )
    assert row.content is not None
    assert (row.content.party.phones, row.content.party.emails) == (("090-0000-0000",), ("taro@example.jp",))
    assert (row.content.category, row.content.amount) == (Category.COD_REFUSED, Decimal(5_000))


def test_title_above_the_headings_is_passed_over() -> None:
    row = one(("社内リスト 2026年",), (), HEADINGS, ROW)
    assert (row.number, row.content is not None) == (4, True)


def test_headings_with_notes_and_marks_are_known() -> None:
    row = one(("注文番号（必須）", "※注文日", "理 由", "お名前*", "TEL", "請求金額[円]"), ROW)
    assert row.content is not None
    assert row.content.party == Party(name="見本 太郎", phones=("090-0000-0000",))


def test_file_without_headings_is_refused_as_a_whole() -> None:
    with pytest.raises(PayloadInvalid, match="見出し") as caught:
        list(read(saved(ROW, ROW)))
    assert "見本" not in str(caught.value)


def test_missing_column_is_named_once_for_all_rows() -> None:
    with pytest.raises(PayloadInvalid, match=r"注文日.*order date"):
        list(read(saved(EXCEL_LIST, EXCEL_ROW)))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\x00\x01\x02", b"%PDF-1.7 binary", b"\n" * 100])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        list(read(io.BytesIO(content)))


def test_oversize_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(PayloadInvalid, match="too long"):
        list(read(io.BytesIO(b"x" * 20_000_001)))


def test_bad_cells_are_named_by_column_and_remedy() -> None:
    row = one(HEADINGS, ("1042", "2026/2/30", "???", "見本", "090-0000-0000", "-5"))
    assert row.content is None
    assert {fault.field: fault.code for fault in row.faults} == {
        "B列「注文日」 column B": FaultCode.BAD_DAY,
        "C列「理由」 column C": FaultCode.UNKNOWN_WORD,
        "F列「金額」 column F": FaultCode.NEGATIVE,
    }
    assert str(row.faults[0]).startswith("B列「注文日」 column B: 存在しない日付")


def test_columns_past_z_have_two_letters() -> None:
    filler = [f"余白{number}" for number in range(26 - len(HEADINGS))]
    row = one((*HEADINGS, *filler, "支払期日"), (*ROW, *[""] * len(filler), "???"))
    assert [fault.field for fault in row.faults] == ["AA列「支払期日」 column AA"]


def test_missing_cell_is_named() -> None:
    row = one(HEADINGS, ("", "2026/4/1", "未払い", "見本", "", ""))
    assert [(fault.field, fault.code) for fault in row.faults] == [("A列「注文番号」 column A", FaultCode.MISSING)]


def test_rows_are_numbered_as_the_spreadsheet_counts_them() -> None:
    with_lines = ("1042", "2026/4/1", "未払い", "見本", "", "1")
    rows = list(read(saved((*HEADINGS, "備考"), (*with_lines, "一行目\n二行目"), ["", ""], (*with_lines, "x"))))
    assert [row.number for row in rows] == [2, 4]


def test_spreadsheet_that_took_a_leading_zero_gives_it_back() -> None:
    row = one((*HEADINGS, "携帯"), ("1042", "2026/4/1", "未払い", "見本", "9000000000", "1", "312345678"))
    assert row.content is not None
    assert row.content.party.phones == ("09000000000", "0312345678")


def test_rounded_number_and_day_number_of_a_spreadsheet_are_refused() -> None:
    row = one(HEADINGS, ("1042", "46113", "未払い", "見本", "", "1.2E+10"))
    assert [fault.code for fault in row.faults] == [FaultCode.SERIAL_DAY, FaultCode.ROUNDED]


def test_reminders_are_read_from_one_cell_or_many_columns() -> None:
    row = one(
        (*HEADINGS, "督促1", "督促2", "入金"),
        (*ROW, "2026/5/1 メール、R8.5.3 ハガキ（担当者）", "2026年5月10日 電話", "2026/5/4 3,000円"),
    )
    assert row.content is not None
    assert row.content.reminders == (
        Reminder(date(2026, 5, 1), Channel.MAIL),
        Reminder(date(2026, 5, 3), Channel.LETTER, by_person=True),
        Reminder(date(2026, 5, 10), Channel.PHONE, by_person=True),
    )
    assert row.content.payments == (PartPayment(date(2026, 5, 4), Decimal(3_000)),)


def test_bad_reminder_is_named_by_its_own_column() -> None:
    row = one((*HEADINGS, "督促1", "督促2"), (*ROW, "2026/5/1 メール", "2026/15/10 電話"))
    assert [fault.field for fault in row.faults] == ["H列「督促2」 column H"]


def test_named_files_show_all_four_answers() -> None:
    row = one((*HEADINGS, "証拠ファイル"), (*ROW, "請求書.pdf;督促状.pdf"))
    assert row.content is not None
    assert row.files == ["請求書.pdf", "督促状.pdf"]
    assert set(row.content.answers.evidence) == {"ground", "clear", "fits", "acted"}


@pytest.mark.parametrize(
    ("shop", "mall"), [("楽天市場店", True), ("Amazon", True), ("Ｙａｈｏｏ！", True), ("本店", False)]
)
def test_order_of_a_mall_is_known_by_the_name_of_the_shop(shop: str, mall: bool) -> None:
    row = one((*HEADINGS, "店舗（モール）"), (*ROW, shop))
    assert row.content is not None
    assert row.content.mall is mall


def test_formula_and_markup_stay_text() -> None:
    row = one((*HEADINGS, "備考"), (*ROW, '=HYPERLINK("https://example.com")<b>'))
    assert row.content is not None
    assert row.content.note == '=HYPERLINK("https://example.com")<b>'


def test_damaged_bytes_make_one_bad_row_and_not_a_bad_file() -> None:
    content = saved(HEADINGS, ROW, ROW, encoding="utf-8").getvalue()
    at = content.rindex("見本".encode())
    rows = list(read(io.BytesIO(content[:at] + b"\xff\xff" + content[at + 2 :])))
    assert [row.content is not None for row in rows] == [True, False]
    assert [fault.code for fault in rows[1].faults] == [FaultCode.BAD_CHARACTERS]


def test_quotation_mark_that_is_not_closed_is_said() -> None:
    content = saved(HEADINGS, ROW, encoding="utf-8").getvalue() + b'"' + b"x" * 200_000
    rows = list(read(io.BytesIO(content)))
    assert rows[0].content is not None
    assert [row.number for row in rows if row.content is None] == [3]


def test_ten_thousand_rows_name_exactly_the_bad_ones() -> None:
    wrong = {3 + 270 * number: number % 4 for number in range(37)}
    broken = [("日", 1, "2026/13/1"), ("金額", 5, "-1"), ("理由", 2, "なんとなく"), ("番号", 0, "")]
    rows: list[Sequence[str]] = [HEADINGS]
    for number in range(2, 10_002):
        cells = [f"A-{number}", *ROW[1:]]
        if number in wrong:
            _, at, cell = broken[wrong[number]]
            cells[at] = cell
        rows.append(cells)
    told = {row.number: row for row in read(saved(*rows, encoding="cp932"))}
    assert len(told) == 10_000
    bad = {number: row.faults for number, row in told.items() if row.content is None}
    assert set(bad) == set(wrong)
    assert all(broken[wrong[number]][0] in faults[0].field for number, faults in bad.items())
    assert all(len(faults) == 1 for faults in bad.values())
    assert told[9_999].content is not None
