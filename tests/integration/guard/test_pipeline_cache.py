"""Orders judged by copies of earlier answers: acted on at once, and judged again when the registry itself answers."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.config import GateSettings, Mode
from shopguard.model import PaymentKind, ScreeningState, Stage

TEN_MINUTES = 600.0


def fall_silent(house, *copies):
    """The registry fails; ``copies`` are the entries its member knows from earlier answers."""
    house.registry.failing, house.registry.copies = True, list(copies)


def answer(house, *entries):
    """The registry is back and lists ``entries`` by now."""
    house.registry.failing, house.registry.entries = False, list(entries)
    house.pass_by(TEN_MINUTES)
    house.pass_by(1)


@pytest.fixture
def entry(house):
    return house.registry.entries[0]


def test_known_buyer_is_held_by_the_copy_and_the_verdict_says_so(house, bad, entry):
    fall_silent(house, entry)
    house.take(bad)
    assert house.done() == ["hold"]
    assert house.verdict().state is ScreeningState.FROM_CACHE
    assert house.reasons() == {"strong_match", "from_cache", "silent_away"}


def test_known_clean_buyer_is_let_go_where_an_unknown_one_would_be_held(house, clean, entry):
    fall_silent(house, entry)
    house.take(clean)
    assert house.done() == []
    assert house.reasons() == {"no_match", "from_cache", "silent_away"}


def test_verdict_by_a_copy_is_made_again_when_the_registry_is_back(house, clean, entry):
    fall_silent(house, entry)
    house.take(clean)
    answer(house, entry)
    assert house.verdict().state is ScreeningState.SCREENED
    assert house.reasons() == {"no_match"}
    assert house.next_due() is None


def test_buyer_listed_since_the_copy_is_held_in_the_end(house, bad, entry):
    fall_silent(house)
    house.take(bad)
    assert house.done() == []
    answer(house, entry)
    assert house.done() == ["hold"]
    assert house.review_state() == "open"


def test_hold_by_a_copy_ends_when_the_registry_no_longer_lists_the_buyer(house, bad, entry):
    fall_silent(house, entry)
    house.take(bad)
    answer(house)
    assert house.done() == ["hold", "release"]
    assert house.review_state() == "closed"


def test_hold_by_a_copy_stays_without_a_second_effect_when_the_registry_agrees(house, bad, entry):
    fall_silent(house, entry)
    house.take(bad)
    for _ in range(5):
        house.pass_by(TEN_MINUTES)
    answer(house, entry)
    house.settle()
    assert house.done() == ["hold"]
    assert house.review_state() == "open"


def test_hold_by_the_registry_itself_is_not_ended_by_a_later_copy_or_answer(house, bad, clean, entry):
    house.take(bad)
    fall_silent(house, entry)
    house.take(clean)
    answer(house, entry)
    assert house.platform.held == {"1"}


def test_hold_until_answered_is_not_ended_by_a_copy(house, clean, entry):
    house.registry.failing = True
    house.take(clean)
    fall_silent(house, entry)  # another order's answer has come to be known meanwhile
    house.pass_by(TEN_MINUTES)
    assert house.platform.held == {"1"}
    answer(house, entry)
    assert house.platform.held == set()


def test_hold_by_a_copy_that_a_person_released_stays_released(house, bad, entry):
    fall_silent(house, entry)
    house.take(bad)
    house.release()
    house.work()
    answer(house, entry)
    assert house.done() == ["hold", "release"]
    assert "released_before" in house.reasons()


def test_order_cancelled_and_placed_again_is_asked_about_after_a_copy(house, bad, entry):
    fall_silent(house)
    house.take(bad, replace(bad, stage=Stage.CLOSED))
    house.pass_by(TEN_MINUTES)
    house.take(bad)
    answer(house, entry)
    assert house.done() == ["hold"]


def test_copy_lets_an_order_through_the_gate_once(build, clean):
    house = build(mode=Mode.GATE, gate=GateSettings((PaymentKind.COD,), "processing"))
    house.platform.gated.add("1")
    fall_silent(house)
    house.take(replace(clean, total=Decimal(20_000)))
    answer(house)
    assert house.done() == ["clear_gate"]
