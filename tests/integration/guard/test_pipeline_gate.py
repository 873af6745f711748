"""The shop's own rule stops every order of a kind; ShopGuard lets the clean ones go and nothing else."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.config import GateSettings, Mode
from shopguard.errors import TemporaryFailure
from shopguard.model import Payment, PaymentKind, Stage


@pytest.fixture
def gated(build):
    house = build(mode=Mode.GATE, gate=GateSettings((PaymentKind.COD,), "processing"))
    house.platform.gated = {str(number) for number in range(10)}
    return house


def test_clean_order_is_let_through_once(gated, clean):
    gated.take(clean, replace(clean, note="our echo"))
    assert gated.platform.effects == [("clear_gate", "1", "processing")]
    assert gated.review() is None


@pytest.mark.parametrize("silent", [False, True])
def test_listed_or_unanswered_order_stays_at_the_gate(gated, bad, silent):
    gated.registry.failing = silent
    gated.take(bad)
    assert gated.done() == ["flag"]
    assert "1" in gated.platform.gated
    assert gated.review_state() == "open"
    assert "left_at_gate" in gated.reasons()


def test_likely_order_stays_at_the_gate(gated, possible):
    gated.take(possible)
    assert gated.done() == ["flag"]


def test_clean_answer_after_silence_lets_the_order_through(gated, clean):
    gated.registry.failing = True
    gated.take(clean)
    gated.registry.failing = False
    gated.pass_by(600)
    assert gated.done() == ["flag", "clear_gate"]
    assert gated.review_state() == "closed"


def test_order_that_turns_bad_behind_the_gate_is_held(gated, clean, bad):
    gated.take(clean, bad)
    assert gated.done() == ["clear_gate", "hold"]
    assert "left_at_gate" not in gated.reasons()


@pytest.mark.parametrize(("listed", "then"), [(False, ["clear_gate"]), (True, ["flag"])])
def test_unanswered_order_of_small_worth_stays_at_the_gate_until_answered(gated, bad, clean, listed, then):
    gated.registry.failing = True
    gated.take(replace(bad if listed else clean, total=Decimal(500)))
    gated.pass_by(600)
    assert gated.done() == []
    assert {"registry_silent", "left_at_gate"} <= gated.reasons()
    assert gated.review() is None
    gated.registry.failing = False
    gated.pass_by(600)
    assert gated.done() == then
    assert ("1" in gated.platform.gated) is listed


def test_order_that_is_never_looked_up_is_let_through_while_the_registry_is_silent(build, bad):
    house = build(mode=Mode.GATE, gate=GateSettings((PaymentKind.BANK_TRANSFER,), "processing"))
    house.platform.gated.add("1")
    house.registry.failing = True
    house.take(replace(bad, payment=Payment(PaymentKind.BANK_TRANSFER)))
    assert house.done() == ["clear_gate"]


def test_order_that_a_person_kept_at_the_gate_stays_there(gated, clean):
    gated.registry.failing = True
    gated.take(clean)
    gated.reviews.keep(clean.ref, "operator")
    gated.registry.failing = False
    gated.pass_by(600)
    gated.take(replace(clean, total=Decimal(9_000)))
    assert gated.done() == ["flag"]
    assert "1" in gated.platform.gated


def test_stop_by_staff_after_we_let_it_through_is_theirs(gated, clean):
    gated.take(clean)
    gated.platform.gated.add("1")
    gated.take(replace(clean, total=Decimal(9_000)))
    assert "1" in gated.platform.gated


def test_other_payments_are_held_as_in_mode_hold(gated, bad, clean):
    gated.take(replace(bad, payment=Payment(PaymentKind.PAY_LATER)))
    gated.take(replace(clean, id="2", payment=Payment(PaymentKind.CARD)))
    assert gated.platform.effects == [("hold", "1", "hold-1-1")]


@pytest.mark.parametrize("change", [{"stage": Stage.SHIPPED}, {"stage": Stage.DRAFT}, {"test": True}], ids=str)
def test_only_an_open_order_is_let_through(gated, clean, change):
    gated.take(replace(clean, **change))
    assert gated.done() == []


def test_release_by_a_person_never_clears_the_gate(gated, bad):
    gated.take(bad)
    decision = gated.release()
    gated.settle()
    assert not decision.releases_hold
    assert gated.done() == ["flag"]


def test_lost_answer_does_not_clear_twice(gated, clean):
    gated.platform.lose_answer(TemporaryFailure("cut off"))
    gated.take(clean)
    gated.platform.gated.add("9")
    gated.settle()
    assert gated.done() == ["clear_gate"]
    assert gated.states_of() == [("clear_gate", "confirmed")]
