"""A report is read as shops write it; what cannot be read is named with its place and remedy, and never repeated."""

import json
import string
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.reports.model import Channel, Reminder, ReportContent
from shopguard.registry.reports.reading import ContentInvalid, read_content
from shopguard.registry.reports.values import Odd, category, channel, currency, day, money, payment, yes
from shopguard.registry.reports.wording import FaultCode

LEAST: Mapping[str, Any] = {
    "order_id": "1042",
    "category": "unpaid",
    "party": {"name": "見本 太郎"},
    "ordered_on": "2026-04-01",
}


def odd(reader: Any, value: object) -> FaultCode:
    with pytest.raises(Odd) as caught:
        reader(value)
    code: FaultCode = caught.value.code
    return code


def faults(**changes: Any) -> dict[str, FaultCode]:
    """What is wrong with the least report after some changes, by place."""
    with pytest.raises(ContentInvalid) as caught:
        read_content({**LEAST, **changes})
    return {fault.field: fault.code for fault in caught.value.faults}


def test_least_report_is_read() -> None:
    assert read_content(LEAST) == ReportContent(
        "1042", Category.UNPAID, Party(name="見本 太郎"), date(2026, 4, 1), PaymentKind.OTHER
    )


def test_what_is_read_is_read_the_same_once_it_was_written() -> None:
    content = read_content(
        {
            **LEAST,
            "amount": "12,800円",
            "reminders": [{"on": "R8.5.1", "channel": "電話", "by_person": "はい"}],
            "payments": [{"on": "2026-05-02", "amount": 300}],
            "answers": {"ground": "期日を過ぎました", "evidence": {"ground": ["a.pdf"]}},
        }
    )
    assert read_content(msgspec.json.encode(content)) == content


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-01",
        "2026/4/1",
        "2026.04.01",
        "2026年4月1日",
        "２０２６年４月１日",
        "2026 / 4 / 1",
        "20260401",
        20260401,
        "2026/4/1 10:15",
        "2026-04-01T10:15:00",
        "2026/4/1(水)",
        "令和8年4月1日",
        "令和８年４月１日（水）",
        "R8.4.1",
        "r8/4/1",
        "㋿8年4月1日",
        "令和八年四月一日",
    ],
)
def test_day_of_either_calendar_is_read(written: object) -> None:
    assert day(written) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("H1.1.8", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S60-12-31", date(1985, 12, 31)),
        ("令和十年十一月二十三日", date(2028, 11, 23)),
    ],
)
def test_year_of_an_era_is_the_right_one(written: str, meant: date) -> None:
    assert day(written) == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2026-02-30", FaultCode.BAD_DAY),
        ("2026-13-01", FaultCode.BAD_DAY),
        ("2025-02-29", FaultCode.BAD_DAY),
        ("4月1日", FaultCode.BAD_DAY),
        ("2026/4/1 1", FaultCode.BAD_DAY),
        ("先週", FaultCode.BAD_DAY),
        ("令和8年2月30日", FaultCode.BAD_DAY),
        ("令和0年1月1日", FaultCode.BAD_DAY),
        (True, FaultCode.BAD_DAY),
        (None, FaultCode.BAD_DAY),
        ("令和元年4月30日", FaultCode.ERA),
        ("平成31年5月1日", FaultCode.ERA),
        ("平成35年4月1日", FaultCode.ERA),
        ("昭和64年1月8日", FaultCode.ERA),
        ("26/4/1", FaultCode.SHORT_YEAR),
        ("8.4.1", FaultCode.SHORT_YEAR),
        ("46113", FaultCode.SERIAL_DAY),
        ("46113.5", FaultCode.SERIAL_DAY),
    ],
)
def test_day_that_is_none_is_refused(written: object, code: FaultCode) -> None:
    assert odd(day, written) is code


@pytest.mark.parametrize(
    "written",
    [
        "12800",
        12800,
        "12,800",
        "¥12,800",
        "￥12,800-"[:-1],
        "\\12,800",
        "１２，８００円",
        "12800円（税込）",
        "12800.00",
    ],
)
def test_amount_of_yen_is_read(written: object) -> None:
    assert money(written) == Decimal(12800)
    assert currency(written) in ("JPY", None)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("-1", FaultCode.NEGATIVE),
        (-1, FaultCode.NEGATIVE),
        ("−500円", FaultCode.NEGATIVE),
        ("△1,000", FaultCode.NEGATIVE),
        ("▲1,000", FaultCode.NEGATIVE),
        ("(1,000)", FaultCode.NEGATIVE),
        ("¥-1,000", FaultCode.NEGATIVE),
        ("1.2E+10", FaultCode.ROUNDED),
        ("12,80", FaultCode.BAD_MONEY),
        ("12 80", FaultCode.BAD_MONEY),
        ("1,2,3", FaultCode.BAD_MONEY),
        ("一万円", FaultCode.BAD_MONEY),
        ("", FaultCode.BAD_MONEY),
        ("NaN", FaultCode.BAD_MONEY),
        ("Infinity", FaultCode.BAD_MONEY),
        ("9" * 13, FaultCode.BAD_MONEY),
        (True, FaultCode.BAD_MONEY),
        (None, FaultCode.BAD_MONEY),
    ],
)
def test_amount_that_is_none_is_refused(written: object, code: FaultCode) -> None:
    assert odd(money, written) is code


@pytest.mark.parametrize("written", ["$120", "120ドル", "120 USD", "€120", "120ユーロ", "120元", "₩120"])
def test_foreign_amount_needs_its_currency_told(written: str) -> None:
    assert faults(amount=written) == {"amount": FaultCode.FOREIGN}


def test_foreign_amount_is_read_where_its_currency_is_told() -> None:
    content = read_content({**LEAST, "amount": "$120.50", "currency": "usd"})
    assert (content.amount, content.currency) == (Decimal("120.50"), "USD")


def test_amount_in_another_currency_than_told_is_refused() -> None:
    assert faults(amount="€120", currency="USD") == {"amount": FaultCode.FOREIGN}


@pytest.mark.parametrize("named", ["円だま", "JPYUSD", "JP", "YENS", "USD 100", "", 392, None])
def test_what_names_no_currency_is_refused(named: object) -> None:
    assert faults(currency=named) == {"currency": FaultCode.UNREADABLE}


@pytest.mark.parametrize("named", ["JPY", "jpy", "ＪＰＹ", "円", "￥"])
def test_yen_may_be_named_as_people_write_them(named: str) -> None:
    assert read_content({**LEAST, "currency": named}).currency == "JPY"


def test_yen_have_no_decimals() -> None:
    assert faults(amount="1.980") == {"amount": FaultCode.FRACTION}


def test_part_payment_is_held_to_the_same_rules() -> None:
    paid = [{"on": "2026-05-01", "amount": "$5"}, {"on": "2026-05-02", "amount": "1.5"}]
    assert faults(payments=paid) == {
        "payments[0].amount": FaultCode.FOREIGN,
        "payments[1].amount": FaultCode.FRACTION,
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("未払い", Category.UNPAID),
        ("未入金", Category.UNPAID),
        ("代引き受取拒否", Category.COD_REFUSED),
        ("長期不在", Category.COD_REFUSED),
        ("ｲﾀｽﾞﾗ注文", Category.PRANK_ORDER),
        ("不当請求", Category.MALICIOUS_CLAIM),
        ("転売", Category.RESALE_ABUSE),
        ("その他", Category.OTHER),
        ("COD_REFUSED", Category.COD_REFUSED),
    ],
)
def test_category_is_read_in_the_words_of_shops(written: str, meant: Category) -> None:
    assert category(written) is meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("代引き", PaymentKind.COD),
        ("代金引換", PaymentKind.COD),
        ("後払い（自社）", PaymentKind.PAY_LATER),
        ("NP後払い", PaymentKind.PAY_LATER_PROVIDER),
        ("クロネコ代金後払い", PaymentKind.PAY_LATER_PROVIDER),
        ("銀行振込（前払い）"[:4], PaymentKind.BANK_TRANSFER),
        ("コンビニ前払い", PaymentKind.PREPAID),
        ("クレジットカード", PaymentKind.CARD),
        ("pay_later", PaymentKind.PAY_LATER),
    ],
)
def test_payment_is_read_in_the_words_of_shops(written: str, meant: PaymentKind) -> None:
    assert payment(written) is meant


def test_channel_is_read_in_the_words_of_shops() -> None:
    words = ("メール", "ショートメール", "督促状（郵送）", "内容証明", "TEL", "letter")
    meant = [Channel.MAIL, Channel.MESSAGE, Channel.LETTER, Channel.REGISTERED, Channel.PHONE, Channel.LETTER]
    assert [channel(word) for word in words] == meant


def test_unknown_word_is_refused_with_the_words_there_are() -> None:
    with pytest.raises(ContentInvalid, match=r"未払い.*unpaid"):
        read_content({**LEAST, "category": "???"})


def test_yes_is_read_in_the_words_of_shops() -> None:
    assert all(yes(word) for word in (True, "はい", "YES", "○", "有り", "1"))
    assert not any(yes(word) for word in (False, "いいえ", "no", "×", "", None, "なし"))
    assert odd(yes, "たぶん") is FaultCode.UNKNOWN_WORD


def test_what_is_needed_and_missing_is_named() -> None:
    with pytest.raises(ContentInvalid) as caught:
        read_content({})
    assert {fault.field for fault in caught.value.faults} == {"order_id", "category", "party", "ordered_on"}


def test_everything_wrong_is_said_at_once_with_its_place() -> None:
    assert faults(
        amount="-5",
        due_on="2026-02-30",
        reminders=[{"on": "x", "channel": "メール"}, {"on": "2026-05-01"}],
        party={"name": "a\x00b", "phones": ["090-0000-0000", 5.0]},
    ) == {
        "amount": FaultCode.NEGATIVE,
        "due_on": FaultCode.BAD_DAY,
        "reminders[0].on": FaultCode.BAD_DAY,
        "reminders[1].channel": FaultCode.MISSING,
        "party.name": FaultCode.CONTROL,
        "party.phones[1]": FaultCode.UNREADABLE,
    }


def test_every_fault_is_told_in_both_languages_with_the_field_as_people_call_it() -> None:
    with pytest.raises(ContentInvalid) as caught:
        read_content({**LEAST, "due_on": "2026-02-30"})
    told = str(caught.value)
    assert told.startswith("支払期日 due date (due_on): 存在しない日付")
    assert "There is no such day" in told


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31mb", "\x07", "a\u202eb", "a\u2066b", "\ue000"])
@pytest.mark.parametrize("field", ["note", "items", "order_number"])
def test_control_characters_are_refused(field: str, text: str) -> None:
    assert faults(**{field: text}) == {field: FaultCode.CONTROL}


def test_line_breaks_belong_to_long_texts_only() -> None:
    assert read_content({**LEAST, "note": "一行目\r\n二行目\t終"}).note == "一行目\n二行目\t終"
    assert faults(tracking="1234\n5678") == {"tracking": FaultCode.CONTROL}


@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE report; --", "=1+1", "${x}"]
)
def test_markup_is_kept_as_the_text_it_is(markup: str) -> None:
    content = read_content({**LEAST, "note": markup, "items": markup, "party": {"name": markup}})
    assert (content.note, content.items, content.party.name) == (markup, markup, markup)


@pytest.mark.parametrize(
    ("field", "most"), [("note", 4_000), ("replies", 4_000), ("items", 1_000), ("order_id", 200)]
)
def test_text_has_a_length_it_must_not_pass(field: str, most: int) -> None:
    read_content({**LEAST, field: "あ" * most})
    assert faults(**{field: "あ" * (most + 1)}) == {field: FaultCode.TOO_LONG}


def test_lists_have_a_length_they_must_not_pass() -> None:
    reminder = {"on": "2026-05-01", "channel": "mail"}
    assert len(read_content({**LEAST, "reminders": [reminder] * 50}).reminders) == 50
    assert faults(reminders=[reminder] * 51) == {"reminders": FaultCode.TOO_MANY}
    assert faults(party={"phones": ["090-0000-0000"] * 11}) == {"party.phones": FaultCode.TOO_MANY}


def test_damaged_characters_are_pointed_out() -> None:
    assert faults(note="\ufffd\ufffd") == {"note": FaultCode.BAD_CHARACTERS}


def test_misspelt_field_is_named_with_the_one_meant() -> None:
    with pytest.raises(ContentInvalid, match="Did you mean amount"):
        read_content({**LEAST, "amuont": 5})


def test_field_that_may_be_a_person_is_not_repeated() -> None:
    with pytest.raises(ContentInvalid) as caught:
        read_content({**LEAST, "見本 太郎": "x"})
    assert "見本" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b"{", b'"x"', b"null", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ContentInvalid) as caught:
        read_content(raw)
    assert [fault.code for fault in caught.value.faults] == [FaultCode.NOT_JSON]


def test_empty_days_are_days_that_are_not_told() -> None:
    content = read_content({**LEAST, "due_on": "", "refused_on": None})
    assert (content.due_on, content.refused_on) == (None, None)


def test_empty_parts_of_a_party_are_left_out() -> None:
    content = read_content({**LEAST, "party": {"name": "見本", "kana": "", "phones": ["", "090-0000-0000"]}})
    assert content.party == Party(name="見本", phones=("090-0000-0000",))


def test_reminder_says_who_wrote_it() -> None:
    content = read_content({**LEAST, "reminders": [{"on": "R8.5.1", "channel": "電話", "by_person": "はい"}]})
    assert content.reminders == (Reminder(date(2026, 5, 1), Channel.PHONE, by_person=True),)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_lowercase, max_size=8), inner),
    max_leaves=8,
)
_FIELDS = st.sampled_from(ReportContent.__struct_fields__)


@given(st.dictionaries(_FIELDS, _anything))
def test_nothing_but_the_documented_error_is_raised(raw: dict[str, Any]) -> None:
    try:
        read_content(raw)
    except ContentInvalid as error:
        assert error.faults


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none())
def test_no_value_raises_anything_but_odd(value: object) -> None:
    for reader in (day, money, category, payment, channel, yes):
        with suppress(Odd):
            reader(value)


@given(st.text(min_size=12, max_size=40))
def test_refusal_never_repeats_what_was_written(secret: str) -> None:
    marked = f"秘密{secret}秘密"
    try:
        read_content(
            json.dumps({**LEAST, "category": marked, "due_on": marked, "amount": marked, "mall": marked}).encode()
        )
    except ContentInvalid as error:
        assert marked not in str(error)
