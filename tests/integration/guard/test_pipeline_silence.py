"""A registry that does not answer: the shop's chosen behaviour, asking again, and putting right what was done."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.config import Language, Mode, PolicySettings, SilentRule
from shopguard.errors import TemporaryFailure
from shopguard.model import Payment, PaymentKind, ScreeningState, Stage, VerdictKind
from shopguard.registry.protocol import Answer
from shopguard.testing.registry import FakeRegistry

TEN_MINUTES = 600.0


def fall_silent(house):
    house.registry.failing = True


def answer(house):
    house.registry.failing = False
    house.pass_by(TEN_MINUTES)
    house.pass_by(1)


@pytest.mark.parametrize(
    ("kind", "total", "held"),
    [
        (PaymentKind.PAY_LATER, 1, True),
        (PaymentKind.COD, 10_000, True),
        (PaymentKind.COD, 9_999, False),
        (PaymentKind.CARD, 99_999, False),
        (PaymentKind.WALLET, 99_999, False),
        (PaymentKind.OTHER, 99_999, False),
    ],
)
def test_default_while_silent(house, clean, kind, total, held):
    fall_silent(house)
    house.take(replace(clean, payment=Payment(kind), total=Decimal(total)))
    assert house.done() == (["hold"] if held else [])
    assert house.verdict().state is ScreeningState.UNSCREENED
    assert "registry_silent" in house.reasons()


def test_chosen_behaviour_is_followed(build, clean):
    rules = PolicySettings(when_silent=(SilentRule((PaymentKind.CARD,), Decimal(0), VerdictKind.FLAG),))
    house = build(policy=rules)
    fall_silent(house)
    house.take(replace(clean, payment=Payment(PaymentKind.CARD)))
    house.take(replace(clean, id="2"))
    assert (house.done("1"), house.done("2")) == (["flag"], [])


def test_order_held_until_answered_says_so(build, clean):
    house = build(language=Language.JA)
    fall_silent(house)
    house.take(clean)
    assert house.planned()[0].text == "ShopGuard: 要確認（登録簿に照会中）"
    assert "held_until_answered" in house.reasons()


def test_clean_answer_takes_exactly_our_hold_away_and_closes_the_review(house, clean):
    fall_silent(house)
    house.take(clean)
    assert house.review_state() == "open"
    answer(house)
    assert house.platform.effects == [("hold", "1", "hold-1-1"), ("release", "1", "release-1-1")]
    assert house.review_state() == "closed"
    assert house.verdict().state is ScreeningState.SCREENED


def test_answer_with_a_match_leaves_the_order_held_with_one_note(house, bad):
    fall_silent(house)
    house.take(bad)
    answer(house)
    assert house.done() == ["hold", "flag"]
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"
    assert house.planned()[-1].text.startswith("ShopGuard: please check (phone")
    house.settle()
    assert house.done() == ["hold", "flag"]


def test_answer_that_only_flags_ends_the_hold(house, possible):
    fall_silent(house)
    house.take(possible)
    answer(house)
    assert sorted(house.done()) == ["flag", "hold", "release"]
    assert house.platform.held == set()
    assert house.review_state() == "open"


def test_allowed_order_is_asked_about_again_and_held_when_listed(house, bad):
    fall_silent(house)
    house.take(replace(bad, total=Decimal(500)))
    assert house.done() == []
    answer(house)
    assert house.done() == ["hold"]
    assert house.review_state() == "open"


def test_order_shipped_meanwhile_gets_a_note_when_listed(house, bad):
    fall_silent(house)
    cheap = replace(bad, total=Decimal(500))
    house.take(cheap, replace(cheap, stage=Stage.SHIPPED))
    answer(house)
    assert house.done() == ["flag"]


def test_order_cancelled_meanwhile_is_not_asked_about_any_more(house, clean):
    fall_silent(house)
    house.take(clean, replace(clean, stage=Stage.CLOSED))
    assert house.review_state() == "closed"
    asked = len(house.registry.queries)
    answer(house)
    assert house.next_due() is None
    assert len(house.registry.queries) == asked


def test_order_cancelled_while_waiting_and_placed_again_is_asked_about_again(house, bad):
    fall_silent(house)
    cheap = replace(bad, total=Decimal(500))
    house.take(cheap, replace(cheap, stage=Stage.CLOSED))
    house.pass_by(TEN_MINUTES)
    house.take(cheap)
    answer(house)
    assert house.done() == ["hold"]


def test_silence_for_a_day_adds_no_second_effect(house, clean):
    fall_silent(house)
    house.take(clean)
    for _ in range(12):
        house.pass_by(7_200)
    assert house.done() == ["hold"]
    answer(house)
    assert house.done() == ["hold", "release"]


def test_every_order_is_asked_about_within_minutes_once_the_registry_is_back(house, clean):
    fall_silent(house)
    for number in range(5):
        house.send(replace(clean, id=str(number)))
    for _ in range(24):
        house.pass_by(3_600)
    house.registry.failing = False
    house.pass_by(301)
    house.pass_by(1)
    assert house.platform.held == set()


def test_edited_while_silent_and_then_clean_is_let_go(house, bad, clean):
    fall_silent(house)
    house.take(bad, clean)
    answer(house)
    assert house.platform.held == set()
    assert house.review_state() == "closed"
    assert house.next_due() is None


def test_edited_to_a_clean_order_after_the_silence_is_let_go(house, bad, clean):
    fall_silent(house)
    house.take(bad)
    house.registry.failing = False
    house.take(clean)
    answer(house)
    assert house.platform.held == set()
    assert house.review_state() == "closed"


def test_held_for_a_match_is_not_let_go_by_an_edit_during_silence(house, bad, clean):
    house.take(bad)
    fall_silent(house)
    house.take(clean)
    answer(house)
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"


def test_edited_there_and_back_while_silent_is_asked_about_as_it_is(house, bad, clean):
    fall_silent(house)
    cheap = replace(bad, total=Decimal(500))
    house.take(cheap, replace(clean, total=Decimal(500)))
    house.pass_by(TEN_MINUTES)  # the form that was left is asked about no more
    house.take(cheap)
    answer(house)
    assert house.done() == ["hold"]


@pytest.mark.parametrize("then", ["clean", "possible"])
def test_hold_that_a_person_kept_while_silent_stays_whatever_the_answer(house, forms, then):
    fall_silent(house)
    house.take(forms[then])
    house.reviews.keep(forms[then].ref, "operator")
    answer(house)
    house.settle()
    assert house.platform.held == {"1"}
    assert house.review_state() == ("kept" if then == "clean" else "open")


def test_released_by_a_person_while_silent_and_then_clean_is_left_alone(house, clean):
    fall_silent(house)
    house.take(clean)
    house.release()
    house.work()
    answer(house)
    assert house.done() == ["hold", "release"]
    assert house.review_state() == "released"


def test_released_by_a_person_while_silent_and_then_listed_is_held_again(house, bad):
    fall_silent(house)
    house.take(bad)
    house.release()
    house.work()
    answer(house)
    assert house.done() == ["hold", "release", "hold"]
    assert house.platform.held == {"1"}
    assert house.review_state() == "open"


def test_clean_answer_before_the_hold_was_sent_calls_it_off(build, clean):
    house = build(rate_per_s=0.01)
    fall_silent(house)
    house.take(replace(clean, id="0"), clean)  # the shop's budget is spent on the first
    assert house.states_of() == [("hold", "intended")]
    house.registry.failing = False
    house.clock.pass_by(4)
    house.work()
    assert house.states_of() == [("hold", "cancelled")]
    assert house.done() == []


def test_clean_answer_releases_a_hold_whose_answer_was_lost(house, clean):
    fall_silent(house)
    house.platform.lose_answer(TemporaryFailure("cut off", 3_600))
    house.take(clean)
    assert house.platform.held == {"1"}
    answer(house)
    house.settle()
    assert house.platform.held == set()


class HalfSilent(FakeRegistry):
    """Answers about the buyer and is away when asked about the recipient."""

    def look_up(self, query) -> Answer:
        self.failing = query.party != "buyer"
        return super().look_up(query)


@pytest.mark.parametrize(("total", "kind"), [(500, PaymentKind.COD), (500, PaymentKind.CARD)])
def test_match_of_the_buyer_counts_while_the_recipient_is_unanswered(house, bad, clean, total, kind):
    house.screener._registry = HalfSilent(*house.registry.entries)
    house.take(replace(bad, recipients=(clean.buyer,), total=Decimal(total), payment=Payment(kind)))
    assert house.done() == (["hold"] if kind is PaymentKind.COD else ["flag"])
    assert house.verdict().state is ScreeningState.UNSCREENED
    assert {"strong_match", "registry_silent"} <= house.reasons()
    assert "phone" in house.planned()[0].text


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.FLAG], ids=str)
def test_clean_answer_closes_the_review_in_a_shop_that_does_not_hold(build, clean, mode):
    house = build(mode=mode)
    fall_silent(house)
    house.take(clean)
    assert house.review_state() == "open"
    answer(house)
    assert house.review_state() == "closed"
    assert "hold" not in house.done()


def test_verdict_after_asking_again_carries_the_shops_reasons_too(build, bad):
    house = build(mode=Mode.OBSERVE)
    fall_silent(house)
    house.take(bad)
    answer(house)
    assert house.reasons() == {"strong_match", "observing"}
