"""The sentence of each fault of a report: there in both languages, plain, and accusing nobody."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shopguard.model import Category, PaymentKind
from shopguard.registry.reports.model import ReportContent
from shopguard.registry.reports.rules import History, faults
from shopguard.registry.reports.wording import QUESTIONS, FaultCode, fault
from shopguard.registry.reports.words import forbidden
from tests.unit.report_samples import BUYER, TODAY

WORDS = ("hint_ja", "hint_en", "ja", "en", "kind_ja", "kind_en", "words")
FIGURES = ("limit", "at", "days", "count", "floor", "last")
ANY_VALUES = dict.fromkeys((*WORDS, *FIGURES), "x")


@given(st.sampled_from(list(FaultCode)))
def test_every_fault_has_its_sentence_in_both_languages(code: FaultCode) -> None:
    ja, en = fault(code, "note", **ANY_VALUES).text.split(" / ", 1)
    assert any("ぁ" <= character <= "ん" for character in ja)
    assert en.isascii() or code in (FaultCode.BAD_DAY, FaultCode.SHORT_YEAR, FaultCode.BAD_MONEY)


def test_refusal_of_each_rule_for_unpaid_says_why_in_plain_japanese() -> None:
    nothing = ReportContent("1", Category.UNPAID, BUYER, date(2026, 4, 1), PaymentKind.PREPAID)
    told = "\n".join(map(str, faults(nothing, History(), TODAY, ())))
    for words in ("債務はありません", "配達日", "1,000 JPY", "支払期日", "予告", "ファイルを付けて"):
        assert words in told


def test_our_own_sentences_accuse_nobody() -> None:
    for code in FaultCode:
        assert forbidden(fault(code, "note", **ANY_VALUES).text) == []
    for ja, en in QUESTIONS.values():
        assert forbidden(f"{ja} / {en}") == []
