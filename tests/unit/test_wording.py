"""What is written onto an order and said of a verdict: exact, short, neutral, without names."""

from dataclasses import replace
from datetime import date

import pytest

from shopguard.config import Language
from shopguard.guard import wording
from shopguard.guard.wording import note_text, reason, released_text, why_silent
from shopguard.model import (
    Category,
    Comparison,
    Effect,
    Evidence,
    Match,
    Relation,
    ScreeningState,
    Strength,
    Verdict,
    VerdictKind,
)
from shopguard.registry.client import Silence
from shopguard.registry.refusals import Refusal

JA, EN = Language.JA, Language.EN
CODES = sorted(wording._REASONS)

PHONE = Evidence("phone", Relation.SAME, 5.0)
ADDRESS = Evidence("address", Relation.SAME, 3.6)
ROOM_MISSING = Evidence("address", Relation.NEAR, 3.6, "room missing")
NAME = Evidence("name", Relation.SAME, 4.0)
OTHER_NAME = Evidence("name", Relation.DIFFERENT, -2.0)
EMAIL = Evidence("email", Relation.SAME, 5.0)
NO_EMAIL = Evidence("email", Relation.MISSING)


def match(*evidence: Evidence, reporters: int = 2, score: float = 0.99) -> Match:
    comparison = Comparison(Strength.STRONG, score, evidence)
    return Match("E-1", Category.UNPAID, reporters, date(2026, 8, 14), "buyer", comparison)


def verdict(*matches: Match, state: ScreeningState = ScreeningState.SCREENED) -> Verdict:
    return Verdict("1", VerdictKind.HOLD, state, "p", matches)


def test_text_of_the_contract_in_japanese():
    text = note_text(verdict(match(NO_EMAIL, OTHER_NAME, ADDRESS, PHONE)), JA)
    assert text == "ShopGuard: 要確認（電話・住所 一致、2件、直近2026年8月）"


def test_text_of_the_contract_in_english():
    text = note_text(verdict(match(NO_EMAIL, OTHER_NAME, ADDRESS, PHONE)), EN)
    assert text == "ShopGuard: please check (phone, address match; 2 reports; latest 2026-08)"


def test_one_report_is_singular():
    assert "; 1 report; " in note_text(verdict(match(PHONE, reporters=1)), EN)
    assert "、1件、" in note_text(verdict(match(PHONE, reporters=1)), JA)


@pytest.mark.parametrize(
    ("evidence", "fields"),
    [
        ((PHONE,), "電話"),
        ((NAME, ADDRESS, PHONE, EMAIL), "電話・住所・氏名・メール"),
        ((OTHER_NAME, ROOM_MISSING, EMAIL), "住所・メール"),
    ],
)
def test_only_fields_that_agree_are_named_the_most_telling_first(evidence, fields):
    assert f"（{fields} 一致" in note_text(verdict(match(*evidence)), JA)


def test_month_is_written_as_people_write_it():
    late = replace(match(PHONE), last_on=date(2025, 11, 30))
    assert "直近2025年11月" in note_text(verdict(late), JA)
    assert "latest 2025-11" in note_text(verdict(late), EN)


@pytest.mark.parametrize(
    ("language", "text"),
    [(JA, "ShopGuard: 要確認（登録簿に照会中）"), (EN, "ShopGuard: please check (waiting for the registry)")],
)
def test_order_that_waits_for_an_answer_says_so(language, text):
    assert note_text(verdict(state=ScreeningState.UNSCREENED), language) == text


def test_match_found_before_the_silence_is_told():
    assert "電話" in note_text(verdict(match(PHONE), state=ScreeningState.UNSCREENED), JA)


def misused(*evidence: Evidence) -> Match:
    return replace(match(*evidence, reporters=0), entry="P-1", category=Category.OTHER, effect=Effect.CONFIRM)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (JA, "ShopGuard: 発送前に電話で確認してください"),
        (EN, "ShopGuard: please confirm by phone before shipping"),
    ],
)
def test_misused_name_is_told_without_a_report_or_a_field(language, text):
    assert note_text(verdict(misused(NAME, ADDRESS)), language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (JA, "ShopGuard: 要確認（電話 一致、2件、直近2026年8月）。発送前に電話で確認してください"),
        (
            EN,
            "ShopGuard: please check (phone match; 2 reports; latest 2026-08)."
            " Please confirm by phone before shipping",
        ),
    ],
)
def test_misused_name_beside_a_report_adds_its_request(language, text):
    assert note_text(verdict(misused(NAME, ADDRESS), match(PHONE)), language) == text


@pytest.mark.parametrize(("language", "text"), [(JA, "ShopGuard: 確認済み"), (EN, "ShopGuard: checked")])
def test_released_order_says_so(language, text):
    assert released_text(language) == text


@pytest.mark.parametrize("code", CODES)
def test_reason_is_one_sentence_in_each_language(code):
    japanese, english = reason(code, JA), reason(code, EN)
    assert japanese.code == english.code == code
    assert japanese.text.endswith("。")
    assert english.text.endswith(".")
    assert english.text.isascii()
    assert len(japanese.text) <= 60
    assert len(english.text) <= 100


def test_nobody_is_accused():
    said = "".join(reason(code, language).text for code in CODES for language in Language).lower()
    words = ("ブラック", "詐欺", "犯罪", "blacklist", "fraud", "crime", "criminal")
    assert [word for word in words if word in said] == []


def test_silence_that_a_person_must_end_says_so_and_only_an_outage_is_called_one():
    causes = {code.value for kind in (Silence, Refusal) for code in kind}
    outages = {cause for cause in causes if why_silent(cause, EN).code == "silent_away"}
    assert outages == {"unreachable", "timed_out", "busy", "resting", "unavailable", "replayed", "epoch"}
    assert causes >= {cause for named in wording._SILENCES.values() for cause in named}


def test_shop_that_was_stopped_is_told_whom_to_ask_in_its_language():
    assert "ask the registry's office" in why_silent("budget_spent", EN).text
    assert "事務局に連絡" in why_silent("budget_spent", JA).text
