"""What an entry may cause, seen on the order: a hold, a flag, a mere remark, or a call to a misused person."""

from dataclasses import replace
from datetime import date

import pytest

from shopguard import wire
from shopguard.config import Language
from shopguard.matching import explained
from shopguard.model import Category, Effect, Entry, Party, Payment, PaymentKind, Strength, VerdictKind

CALL = {
    Language.JA: "ShopGuard: 発送前に電話で確認してください",
    Language.EN: "ShopGuard: please confirm by phone before shipping",
}


def entry(party: Party, effect: Effect, name: str = "E-1") -> Entry:
    return Entry(name, Category.UNPAID, party, 2, date(2025, 3, 1), date(2026, 8, 14), effect)


@pytest.mark.parametrize(
    ("effect", "done"),
    [(Effect.HOLD, ["hold"]), (Effect.FLAG, ["flag"]), (Effect.NOTE, []), (Effect.CONFIRM, ["flag"])],
)
def test_a_sure_match_causes_no_more_than_its_entry_may(house, bad, effect, done):
    house.registry.entries = [entry(bad.buyer, effect)]
    house.take(bad)
    assert house.done() == done
    assert (house.review_state() == "open") is bool(done)


def test_a_note_is_shown_as_weak_with_all_its_evidence(house, bad):
    house.registry.entries = [entry(bad.buyer, Effect.NOTE)]
    house.take(bad)
    verdict = house.verdict()
    (match,) = verdict.matches
    assert (match.comparison.strength, verdict.strength, house.reasons()) == (
        Strength.WEAK,
        Strength.WEAK,
        {"entry_never_acts"},
    )
    assert match.comparison.score <= 0.3
    assert {item.field for item in match.comparison.evidence if item.weight > 0} == {
        "name",
        "address",
        "phone",
        "email",
    }


@pytest.mark.parametrize("language", Language, ids=str)
def test_a_misused_name_asks_for_a_call_and_names_no_category_count_or_field(build, bad, language):
    house = build(language=language)
    house.registry.entries = [entry(bad.buyer, Effect.CONFIRM)]
    house.take(bad)
    (flag,) = house.planned()
    assert (flag.text, house.reasons()) == (CALL[language], {"confirm_by_phone"})
    verdict = house.verdict()
    assert (verdict.kind, verdict.strength, verdict.score) == (VerdictKind.FLAG, Strength.NONE, 0.0)
    told = wire.match(verdict.matches[0], explained)
    assert (told["category"], told["reporters"], told["effect"]) == ("other", 0, "confirm")


def test_an_address_alone_asks_nobody_to_call(house, bad):
    neighbour = replace(bad.buyer, name="鈴木 花子", phones=(), emails=())
    house.registry.entries = [entry(replace(bad.buyer, phones=(), emails=()), Effect.CONFIRM)]
    house.take(replace(bad, buyer=neighbour))
    assert (house.done(), house.verdict().matches, house.reasons()) == ([], (), {"no_match"})


def test_a_shop_that_does_not_look_at_likely_matches_gets_the_reason_alone(house, possible):
    house.registry.entries = [entry(Party(phones=possible.buyer.phones), Effect.CONFIRM)]
    house.take(replace(possible, payment=Payment(PaymentKind.CARD, "カード")))
    assert (house.done(), house.reasons()) == ([], {"confirm_by_phone"})


def test_a_report_beside_a_misused_name_still_holds_and_both_are_said(build, bad):
    house = build(language=Language.JA)
    house.registry.entries = [entry(bad.buyer, Effect.CONFIRM, "P-1"), entry(bad.buyer, Effect.HOLD)]
    house.take(bad)
    (hold,) = house.planned()
    assert house.done() == ["hold"]
    assert hold.text == (
        "ShopGuard: 要確認（電話・住所・氏名・メール 一致、2件、直近2026年8月）。発送前に電話で確認してください"
    )


def test_a_call_that_was_made_is_asked_for_once(house, bad):
    house.registry.entries = [entry(bad.buyer, Effect.CONFIRM)]
    house.take(bad)
    house.release()
    house.work()
    house.take(replace(bad, note="please hurry"), replace(bad, total=bad.total + 100))
    assert house.done().count("flag") == 1
    assert house.reasons() >= {"confirm_by_phone", "released_before"}


@pytest.mark.parametrize("effect", [Effect.NOTE, Effect.CONFIRM])
def test_a_copy_of_an_answer_causes_no_more_than_the_answer(house, bad, effect):
    house.registry.copies = [entry(bad.buyer, effect)]
    house.registry.failing = True
    house.take(bad)
    assert "hold" not in house.done()
    assert house.verdict().matches[0].effect is effect
