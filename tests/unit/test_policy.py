"""Rules: from an order and its matches to a verdict, and from a verdict to what is done. Told as tables."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from shopguard.adapter import Capability
from shopguard.config import GateSettings, Language, Mode, PolicyRule, PolicySettings, ShopSettings, SilentRule
from shopguard.guard.policy import Action, Measure, judge, let_go, measure, rule_for
from shopguard.model import (
    Category,
    Effect,
    Match,
    Order,
    Party,
    Payment,
    PaymentKind,
    Reason,
    ScreeningState,
    Stage,
    Strength,
    Verdict,
    VerdictKind,
)

from .matches import match

ALLOW, FLAG, HOLD = VerdictKind
NONE, WEAK, POSSIBLE, STRONG = Strength
COD, PAY_LATER, CARD = PaymentKind.COD, PaymentKind.PAY_LATER, PaymentKind.CARD
SCREENED, FROM_CACHE, UNSCREENED = ScreeningState
EN = Language.EN
BUYER = Party(name="山田 太郎", phones=("090-0000-0000",))


def order(kind: PaymentKind = COD, total: int = 12_800, **more: object) -> Order:
    return replace(Order("1", "main-store", total=Decimal(total), payment=Payment(kind), buyer=BUYER), **more)


def verdict_on(order_: Order, *matches: Match, policy: PolicySettings | None = None, state=SCREENED) -> Verdict:
    return judge(order_, matches, state, policy or PolicySettings(), EN)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def shop(mode: Mode, *kinds: PaymentKind) -> ShopSettings:
    gate = GateSettings(kinds or (COD,), "processing") if mode is Mode.GATE else None
    return ShopSettings("main-store", "fake", None, mode=mode, language=EN, gate=gate)


# Verdicts


@pytest.mark.parametrize(
    ("kind", "verdicts"),
    [
        (COD, (HOLD, FLAG, ALLOW)),
        (PAY_LATER, (HOLD, FLAG, ALLOW)),
        (PaymentKind.PAY_LATER_PROVIDER, (FLAG, ALLOW, ALLOW)),
        (CARD, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.WALLET, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.OTHER, (FLAG, ALLOW, ALLOW)),
    ],
)
def test_hold_takes_a_risky_payment_and_a_strong_match(kind, verdicts):
    assert tuple(verdict_on(order(kind), match(s)).kind for s in (STRONG, POSSIBLE, WEAK)) == verdicts


@pytest.mark.parametrize(
    ("strength", "code"), [(STRONG, "strong_match"), (POSSIBLE, "possible_match"), (WEAK, "weak_match")]
)
def test_each_verdict_says_why(strength, code):
    assert codes(verdict_on(order(), match(strength))) == [code]


def test_no_match_is_a_reason_too():
    assert codes(verdict_on(order())) == ["no_match"]


def test_strictest_match_decides():
    verdict = verdict_on(order(), match(WEAK, "E-1"), match(STRONG, "E-2"), match(POSSIBLE, "E-3"))
    assert verdict.kind is HOLD
    assert [found.entry for found in verdict.matches] == ["E-2", "E-3", "E-1"]


def test_two_likely_matches_are_no_sure_one():
    assert verdict_on(order(), match(POSSIBLE, "E-1"), match(POSSIBLE, "E-2")).kind is FLAG


@pytest.mark.parametrize("more", [{"effect": Effect.FLAG}, {"category": Category.OTHER}], ids=str)
def test_entry_without_weight_never_holds(more):
    verdict = verdict_on(order(), match(STRONG, **more))
    assert verdict.kind is FLAG
    assert codes(verdict) == ["strong_match", "entry_may_only_flag"]


@pytest.mark.parametrize("more", [{"effect": Effect.FLAG}, {"category": Category.OTHER}], ids=str)
def test_entry_without_weight_does_not_soften_another(more):
    assert verdict_on(order(), match(STRONG, "E-1", **more), match(STRONG, "E-2")).kind is HOLD


@pytest.mark.parametrize("strength", [WEAK, POSSIBLE, STRONG])
def test_note_is_shown_and_does_nothing(strength):
    policy = PolicySettings(rules=(PolicyRule((COD,), strong=HOLD, possible=HOLD, weak=HOLD),))
    verdict = verdict_on(order(), match(strength, effect=Effect.NOTE), policy=policy)
    assert (verdict.kind, codes(verdict)) == (ALLOW, ["entry_never_acts"])


def test_note_does_not_soften_another_entry():
    assert verdict_on(order(), match(STRONG, "E-1", effect=Effect.NOTE), match(STRONG, "E-2")).kind is HOLD


def test_misused_name_asks_for_a_call_and_says_nothing_else():
    misused = match(STRONG, category=Category.OTHER, reporters=0, effect=Effect.CONFIRM)
    verdict = verdict_on(order(), misused)
    assert (verdict.kind, codes(verdict)) == (FLAG, ["confirm_by_phone"])
    assert (verdict.strength, verdict.score) == (NONE, 0.0)


def test_misused_name_flags_only_where_the_shop_looks_at_such_matches():
    misused = match(POSSIBLE, category=Category.OTHER, reporters=0, effect=Effect.CONFIRM)
    assert [verdict_on(order(kind), misused).kind for kind in (COD, CARD)] == [FLAG, ALLOW]


def test_misused_name_beside_a_report_is_said_and_does_not_count_for_it():
    misused = match(STRONG, "P-1", category=Category.OTHER, reporters=0, effect=Effect.CONFIRM)
    verdict = verdict_on(order(), misused, match(POSSIBLE, "E-1"))
    assert (verdict.kind, verdict.strength) == (FLAG, POSSIBLE)
    assert codes(verdict) == ["confirm_by_phone", "possible_match"]


def test_unopened_entry_flags_as_others_do():
    verdict = verdict_on(order(), match(POSSIBLE, category=Category.OTHER))
    assert (verdict.kind, codes(verdict)) == (FLAG, ["possible_match"])


def test_first_rule_that_fits_by_kind_and_amount_decides():
    cheap = PolicyRule((COD,), strong=ALLOW, possible=ALLOW)
    dear = PolicyRule((COD,), Decimal(10_000), strong=HOLD, possible=HOLD)
    policy = PolicySettings(rules=(dear, cheap))
    totals = {9_999: ALLOW, 10_000: HOLD, 10_001: HOLD}
    assert {total: verdict_on(order(total=total), match(POSSIBLE), policy=policy).kind for total in totals} == totals


def test_order_that_no_rule_fits_is_looked_up_and_flagged_at_most():
    policy = PolicySettings(rules=(PolicyRule((PAY_LATER,), strong=HOLD),))
    assert rule_for(order(COD), policy) == PolicyRule()
    assert verdict_on(order(COD), match(STRONG), policy=policy).kind is FLAG


def test_cached_answer_counts_like_a_fresh_one():
    verdict = verdict_on(order(), match(STRONG), state=FROM_CACHE)
    assert (verdict.kind, verdict.state) == (HOLD, FROM_CACHE)


def test_verdict_names_the_rules_it_was_made_by():
    policy = PolicySettings(when_silent=())
    assert verdict_on(order(), policy=policy).policy == policy.version != PolicySettings().version


def test_equal_input_gives_an_equal_verdict_whatever_the_order_of_matches():
    matches = [match(POSSIBLE, "E-1"), match(STRONG, "E-2"), match(WEAK, "E-3")]
    first = verdict_on(order(), *matches)
    assert first == verdict_on(order(), *matches)
    turned = verdict_on(order(), *reversed(matches))
    assert (turned.kind, turned.matches) == (first.kind, first.matches)


def test_asides_are_kept_with_the_reasons():
    aside = Reason("different_person", "…")
    assert judge(order(), (), SCREENED, PolicySettings(), EN, [aside]).reasons[-1] == aside


# The registry is silent


@pytest.mark.parametrize(
    ("kind", "total", "wanted"),
    [(PAY_LATER, 1, HOLD), (COD, 10_000, HOLD), (COD, 9_999, ALLOW), (CARD, 99_999, ALLOW)],
)
def test_default_while_silent(kind, total, wanted):
    verdict = verdict_on(order(kind, total), state=UNSCREENED)
    assert (verdict.kind, verdict.state) == (wanted, UNSCREENED)
    assert codes(verdict) == ["held_until_answered" if wanted is HOLD else "allowed_until_answered"]


def test_first_silent_rule_that_fits_decides():
    rules = (SilentRule((COD,), Decimal(5_000), FLAG), SilentRule((), Decimal(0), HOLD))
    policy = PolicySettings(when_silent=rules)
    found = [verdict_on(order(COD, total), policy=policy, state=UNSCREENED).kind for total in (5_000, 4_999)]
    assert found == [FLAG, HOLD]


def test_match_found_before_the_silence_counts():
    verdict = verdict_on(order(COD, 500), match(STRONG), state=UNSCREENED)
    assert verdict.kind is HOLD
    assert codes(verdict) == ["strong_match", "allowed_until_answered"]


def test_silence_is_not_softened_by_a_weak_match():
    assert verdict_on(order(PAY_LATER), match(WEAK), state=UNSCREENED).kind is HOLD


# Who is not looked up


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"test": True}, "test_order"),
        ({"stage": Stage.DRAFT}, "draft"),
        ({"stage": Stage.CLOSED}, "closed"),
        ({"payment": Payment(PaymentKind.BANK_TRANSFER)}, "payment_not_screened"),
        ({"payment": Payment(PaymentKind.PREPAID)}, "payment_not_screened"),
        ({"buyer": Party()}, "no_party"),
    ],
)
def test_order_that_is_let_go_says_why(change, code):
    why = let_go(order(**change), PolicySettings(), EN)
    assert why is not None
    assert why.code == code
    assert why.text


@pytest.mark.parametrize("stage", [Stage.OPEN, Stage.SHIPPED])
def test_order_that_matters_is_looked_up(stage):
    assert let_go(order(stage=stage), PolicySettings(), EN) is None


# What is done


def verdict(kind: VerdictKind) -> Verdict:
    return Verdict("1", kind, SCREENED, "p")


ABLE = {
    "both": {Capability.HOLD, Capability.FLAG},
    "hold": {Capability.HOLD},
    "flag": {Capability.FLAG},
    "none": set(),
}
NOTHING, A_FLAG, A_HOLD = None, Action.FLAG, Action.HOLD

EXPECTED = {  # (mode, verdict): action by what the platform can do
    (Mode.OBSERVE, FLAG): (NOTHING, NOTHING, NOTHING, NOTHING),
    (Mode.OBSERVE, HOLD): (NOTHING, NOTHING, NOTHING, NOTHING),
    (Mode.FLAG, FLAG): (A_FLAG, NOTHING, A_FLAG, NOTHING),
    (Mode.FLAG, HOLD): (A_FLAG, NOTHING, A_FLAG, NOTHING),
    (Mode.HOLD, FLAG): (A_FLAG, NOTHING, A_FLAG, NOTHING),
    (Mode.HOLD, HOLD): (A_HOLD, A_HOLD, A_FLAG, NOTHING),
    (Mode.GATE, FLAG): (A_FLAG, NOTHING, A_FLAG, NOTHING),
    (Mode.GATE, HOLD): (A_HOLD, A_HOLD, A_FLAG, NOTHING),  # of a payment the shop does not stop itself
}


@pytest.mark.parametrize(("mode", "kind"), EXPECTED, ids=str)
def test_hold_else_flag_else_a_person(mode, kind):
    made = [measure(order(COD), verdict(kind), shop(mode, PAY_LATER), can) for can in ABLE.values()]
    assert tuple(one.action for one in made) == EXPECTED[mode, kind]
    assert all(one.to_review for one in made)


@pytest.mark.parametrize(("mode", "able"), [*product(Mode, ABLE)], ids=str)
def test_nothing_is_done_to_an_allowed_order(mode, able):
    assert measure(order(), verdict(ALLOW), shop(mode, PAY_LATER), ABLE[able]) == Measure(None, to_review=False)


@pytest.mark.parametrize(("mode", "kind", "able"), [*product(Mode, (FLAG, HOLD), ABLE)], ids=str)
def test_every_step_down_says_why(mode, kind, able):
    made = measure(order(), verdict(kind), shop(mode, PAY_LATER), ABLE[able])
    said = {reason.code for reason in made.asides}
    if mode is Mode.OBSERVE:
        assert said == {"observing"}
        return
    wanted_hold = kind is HOLD and mode in (Mode.HOLD, Mode.GATE)
    assert ("cannot_hold" in said) == (wanted_hold and Capability.HOLD not in ABLE[able])
    assert ("cannot_flag" in said) == (made.action is None)


@pytest.mark.parametrize("mode", [Mode.HOLD, Mode.GATE], ids=str)
def test_shipped_order_gets_a_note(mode):
    made = measure(order(stage=Stage.SHIPPED), verdict(HOLD), shop(mode, PAY_LATER), ABLE["both"])
    assert (made.action, made.to_review) == (A_FLAG, True)
    assert [reason.code for reason in made.asides] == ["already_shipped"]


@pytest.mark.parametrize("mode", [Mode.HOLD, Mode.FLAG, Mode.GATE], ids=str)
def test_order_that_is_held_already_gets_a_note_only(mode):
    assert measure(order(), verdict(HOLD), shop(mode, PAY_LATER), ABLE["both"], holding=True).action is A_FLAG


# The gate

EVERYTHING = frozenset(Capability)


def gated(kind: VerdictKind, can=EVERYTHING, order_: Order | None = None, **more: bool) -> Measure:
    return measure(order_ or order(COD), verdict(kind), shop(Mode.GATE, COD), can, **more)


def test_clean_order_is_let_through_the_gate():
    assert gated(ALLOW) == Measure(Action.CLEAR_GATE, to_review=False, argument="processing")


@pytest.mark.parametrize(("state", "cleared"), [(SCREENED, True), (FROM_CACHE, True), (UNSCREENED, False)])
def test_gate_is_cleared_only_when_the_registry_answered(state, cleared):
    made = measure(order(COD), replace(verdict(ALLOW), state=state), shop(Mode.GATE, COD), EVERYTHING)
    assert made.action is (Action.CLEAR_GATE if cleared else None)
    assert (made.to_review, [reason.code for reason in made.asides]) == (False, [] if cleared else ["left_at_gate"])


def test_unanswered_order_that_the_gate_lets_pass_says_nothing_of_it():
    unanswered = replace(verdict(ALLOW), state=UNSCREENED)
    assert measure(order(CARD), unanswered, shop(Mode.GATE, COD), EVERYTHING) == Measure(None, to_review=False)


@pytest.mark.parametrize("kind", [FLAG, HOLD])
def test_other_order_stays_at_the_gate(kind):
    made = gated(kind)
    assert (made.action, made.to_review) == (A_FLAG, True)


def test_held_order_at_the_gate_says_that_the_shop_stopped_it():
    assert [reason.code for reason in gated(HOLD).asides] == ["left_at_gate"]


@pytest.mark.parametrize(
    "change", [{"stage": Stage.SHIPPED}, {"payment": Payment(CARD)}], ids=["shipped", "payment that passes freely"]
)
def test_gate_is_cleared_for_its_own_open_orders_only(change):
    assert gated(ALLOW, order_=order(**change)).action is None


@pytest.mark.parametrize("more", [{"gate_cleared": True}, {"holding": True}], ids=str)
def test_gate_is_cleared_once_and_never_under_our_own_hold(more):
    assert gated(ALLOW, **more).action is None


def test_platform_without_a_gate_clears_none():
    assert gated(ALLOW, EVERYTHING - {Capability.GATE}).action is None


def test_order_behind_the_gate_is_held_like_any_other():
    made = gated(HOLD, gate_cleared=True)
    assert (made.action, made.asides) == (A_HOLD, ())
