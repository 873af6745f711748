"""Letters of the persons' desk: neutral in every word, complete in both languages; codes and proofs that hold."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.crypto import Keyring
from shopguard.model import Category, Party
from shopguard.registry.disputes import letters, shop_letters
from shopguard.registry.disputes.codes import code_digest, new_code, new_short_code, read_code
from shopguard.registry.disputes.door import Door, Turnstile
from shopguard.registry.disputes.identity import is_shown, known
from shopguard.registry.disputes.letters import Case, Letter, Sender, Template
from shopguard.registry.disputes.model import Contact, Fact, RequestKind, Withheld
from shopguard.registry.disputes.words import DEADLINES, category_en, category_ja, kind_en, kind_ja, words_amiss
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.refusals import Refused
from shopguard.registry.reports.model import ReportContent

TO = Contact(name="渡邊 太郎", address="105-0011 東京都港区芝公園4-2-8")
SENDER = Sender("見本ネットワーク事務局", "https://registry.example.com/persons", "03-0000-0000")
TODAY, DUE = date(2026, 11, 2), date(2026, 12, 2)
CODE = "ABCD-EFGH-JKMN-PQRS"
ID = "Q-0123456789"
HEAD = (TO, SENDER, TODAY)

LETTERS: Mapping[Template, Callable[[], Letter]] = {
    Template.NOTICE: lambda: letters.notice(*HEAD, CODE, Case(Category.UNPAID, "2026-08", DUE), DUE),
    Template.FURTHER_NOTICE: lambda: letters.further_notice(
        *HEAD, CODE, [Case(Category.UNPAID, "2026-08"), Case(Category.COD_REFUSED, "2026-09", DUE)], DUE
    ),
    Template.RECEIVED: lambda: letters.received(*HEAD, ID, RequestKind.CONTEST, DUE, CODE),
    Template.ADDRESS_CHECK: lambda: letters.address_check(*HEAD, ID, "ABCD-EFGH"),
    Template.REPORTER_TOLD: lambda: shop_letters.reporter_told(*HEAD[1:], ["R-1", "R-2"], DUE),
    Template.EXTENDED: lambda: letters.extended(*HEAD, ID, DUE, "the carrier was asked"),
    Template.UPHELD: lambda: letters.upheld(*HEAD, ID, "the invoice shows it", DUE),
    Template.CORRECTED: lambda: letters.corrected(*HEAD, ID, "the amount", DUE),
    Template.ERASED: lambda: letters.erased(*HEAD, ID, "it was paid"),
    Template.DISCLOSED: lambda: letters.disclosed(*HEAD, ID, ("写し", "copy"), tuple(Withheld)),
    Template.NOTHING_HELD: lambda: letters.nothing_held(*HEAD, ID),
    Template.NOT_SHOWN: lambda: letters.not_shown(*HEAD, ID),
    Template.PROTECTED: lambda: letters.protected(*HEAD, ID, DUE),
    Template.REPORTER_ANSWERED: lambda: shop_letters.reporter_answered(*HEAD[1:], ["R-1"], stays=True),
    Template.REPORTER_ASKED: lambda: shop_letters.reporter_asked(*HEAD[1:], ["R-1"], DUE),
    Template.REPORTER_RETURNED: lambda: shop_letters.reporter_returned(*HEAD[1:], "R-1", DUE),
    Template.DEADLINE: lambda: letters.deadline(SENDER, TODAY, "entry:1", "お申出への返答", DUE),
}
every_letter = pytest.mark.parametrize("template", list(Template))


@every_letter
def test_no_letter_threatens_or_accuses(template: Template) -> None:
    assert words_amiss(LETTERS[template]().text) == ()


@every_letter
def test_every_letter_says_its_day_in_both_languages(template: Template) -> None:
    letter = LETTERS[template]()
    assert "2026年11月2日" in letter.ja.body
    assert "November 2, 2026" in letter.en.body


@every_letter
def test_every_letter_says_who_writes_and_how_to_answer(template: Template) -> None:
    letter = LETTERS[template]()
    for wording in (letter.ja, letter.en):
        assert wording.title
        assert wording.body.endswith(f"{SENDER.name}\n{SENDER.page}\n{SENDER.contact}")


@every_letter
def test_no_letter_asks_for_money(template: Template) -> None:
    text = LETTERS[template]().text
    assert not any(word in text for word in ("お振込", "お支払いください", "振込先", "please pay", "bank account"))


@every_letter
def test_a_letter_names_the_request_it_answers(template: Template) -> None:
    others = {Template.NOTICE, Template.REPORTER_TOLD, Template.REPORTER_ANSWERED, Template.REPORTER_ASKED}
    others |= {Template.FURTHER_NOTICE, Template.REPORTER_RETURNED, Template.DEADLINE}
    letter = LETTERS[template]()
    assert [ID in wording.body for wording in (letter.ja, letter.en)] == [template not in others] * 2


@pytest.mark.parametrize("category", list(Category))
def test_a_notice_says_what_until_when_and_what_can_be_done(category: Category) -> None:
    letter = letters.notice(*HEAD, CODE, Case(category, "2026-08", DUE + timedelta(days=900)), DUE)
    for text in (CODE, category_ja(category), "2026年8月", "2026年12月2日", "お知らせください", "消去"):
        assert text in letter.ja.body
    for text in (CODE, category_en(category), "2026-08", "December 2, 2026", "free of charge", "erased"):
        assert text in letter.en.body


def test_a_notice_tells_no_amount_no_order_and_no_shop() -> None:
    """Whoever opens it in error learns little, and what stands in it proves nothing."""
    text = LETTERS[Template.NOTICE]().text
    assert not any(word in text for word in ("12,800", "12800", "#1042", "090-", "flower"))


@pytest.mark.parametrize("kind", list(RequestKind))
def test_a_confirmation_says_what_was_asked_and_whether_shops_are_told(kind: RequestKind) -> None:
    letter = letters.received(*HEAD, ID, kind, DUE, CODE)
    assert kind_ja(kind) in letter.ja.body
    assert kind_en(kind) in letter.en.body
    assert ("nothing of the record is told" in letter.en.body) is (kind is not RequestKind.ACCESS)


@pytest.mark.parametrize(
    "text",
    [
        "ブラックリストに登録しました",
        "詐欺として扱います",
        "警察に通報します",
        "法的手段をとります",
        "勤務先に連絡します",
        "直ちにお支払いください",
        "氏名を公表します",
        "悪質な行為です",
        "差し押さえの対象です",
        "You are on our blacklist.",
        "This is fraud.",
        "We will report you to the police.",
        "We will sue you.",
        "Pay immediately, or else.",
        "Your employer will hear of this.",
        "You are a thief and a LIAR.",
        "final notice",
    ],
)
def test_words_that_press_or_accuse_are_found(text: str) -> None:
    assert words_amiss(text) != ()


@pytest.mark.parametrize(
    "text",
    [
        "請求書と配達の記録で示されました",
        "お支払いの確認ができました",
        "業務の適正な実施",
        "The issue was resolved; the suit you bought was delivered.",
        "The order of 2026-08 was delivered on the 3rd and not returned.",
        "Two reminders were sent, the second by a person.",
        "We have pursued every lead: ensued delays were the carrier's.",
        "商品の色が写真と異なるとのお申出でした",
    ],
)
def test_plain_words_pass(text: str) -> None:
    assert words_amiss(text) == ()


def test_every_deadline_of_an_entry_has_words_for_the_office() -> None:
    assert {clock.value for clock in Clock} <= set(DEADLINES)


@given(st.sampled_from([new_code, new_short_code]))
def test_a_code_is_read_back(make: Callable[[], str]) -> None:
    code = make()
    assert read_code(code) == code
    assert read_code(f" {code.replace('-', '').lower()} ") == code


def test_codes_are_long_and_never_the_same() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert {len(code.replace("-", "")) for code in codes} == {16}


@pytest.mark.parametrize("between", ["", " ", "\u3000", "–", "−", "ー", "－", "."], ids=ascii)
def test_full_width_letters_and_other_hyphens_are_read(between: str) -> None:
    code = new_code()
    full_width = code.translate({number: number + 0xFEE0 for number in range(0x21, 0x7F) if number != ord("-")})
    assert read_code(full_width.replace("-", between)) == code


def test_every_symbol_that_is_misread_is_noticed() -> None:
    code = new_code().replace("-", "")
    for place, right in enumerate(code):
        for wrong in set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") - {right}:
            assert read_code(code[:place] + wrong + code[place + 1 :]) is None


def test_any_two_symbols_exchanged_are_noticed() -> None:
    code = new_code().replace("-", "")
    for one in range(len(code)):
        for other in range(one):
            changed = list(code)
            changed[one], changed[other] = code[other], code[one]
            assert read_code("".join(changed)) is None or code[one] == code[other]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_codes(text: str) -> None:
    read = read_code(text)
    assert read is None or read_code(read) == read


def test_what_is_stored_of_a_code_is_keyed(tmp_path: Path) -> None:
    one, other = Keyring.create(tmp_path / "one.json"), Keyring.create(tmp_path / "other.json")
    assert code_digest(one, CODE) == code_digest(one, CODE) != code_digest(other, CODE)


PARTY = Party(name="渡邊 太郎", phones=("090-0000-1111", "+81 3-1234-5678"), emails=("taro@example.jp",))
CONTENT = ReportContent("5001", Category.UNPAID, PARTY, TODAY, order_number="#1042-A", amount=Decimal("12800"))
HELD = known([PARTY], [CONTENT])


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (Fact.ORDER_NUMBER, "1042a"),
        (Fact.ORDER_NUMBER, "＃１０４２－Ａ"),
        (Fact.ORDER_NUMBER, "5001"),
        (Fact.AMOUNT, "12,800 円"),
        (Fact.AMOUNT, "¥12800"),
        (Fact.AMOUNT, "１２８００"),
        (Fact.PHONE_END, "1111"),
        (Fact.PHONE_END, "５６７８"),
        (Fact.PHONE_END, "090-0000-1111"),
        (Fact.EMAIL, "Taro@Example.JP"),
    ],
)
def test_a_fact_is_right_however_it_is_written(fact: Fact, text: str) -> None:
    sure = {Fact.EMAIL: "taro@example.jp", Fact.AMOUNT: "12800"}
    sure.pop(fact, None)
    sure = dict(list(sure.items())[:1])
    assert is_shown({**sure, fact: text}, HELD)
    assert not is_shown({fact: text}, HELD)


@given(st.dictionaries(st.sampled_from(Fact), st.text(max_size=30)))
def test_no_made_up_fact_shows_anything_or_breaks(told: dict[Fact, str]) -> None:
    nothing = known([Party(name="見本 花子")], [])
    assert not is_shown(told, nothing)
    is_shown(told, HELD)


def test_what_is_not_held_cannot_be_asked_for() -> None:
    assert set(known([Party(phones=("090-0000-1111",))], [])) == {Fact.PHONE_END}


def test_a_turnstile_opens_again_and_counts_places_apart() -> None:
    now = [0.0]
    turnstile = Turnstile(2, 3, 60.0, lambda: now[0])
    for place in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        turnstile.check(place)
        turnstile.count(place)
    for place in ("192.0.2.1", "192.0.2.3"):
        with pytest.raises(Refused) as refused:
            turnstile.check(place)
        assert refused.value.retry_after_s == 60.0
    now[0] = 60.0
    turnstile.check("192.0.2.1")


def test_a_crowd_shuts_the_door_on_nobody_with_a_code() -> None:
    door = Door(lambda: 0.0)
    for number in range(2_000):
        place = f"192.0.{number >> 8}.{number & 255}"
        door.wrong.count(place)
        door.requests.count(place)
    with pytest.raises(Refused):
        door.requests.check("198.51.100.1")
    door.wrong.check("198.51.100.1")
    door.with_code.check("198.51.100.1")


def test_nothing_personal_shows_in_a_log() -> None:
    letter = LETTERS[Template.NOTICE]()
    assert "渡邊" not in repr(letter) + repr(TO)
