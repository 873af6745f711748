"""The suggested next step: by rule, with its reason, and mild towards a buyer who may be somebody else."""

from dataclasses import replace

import pytest

from shopguard.guard.advice import Advice, Step, Why, advise
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

ORDER = Order("1", payment=Payment(PaymentKind.COD), buyer=Party(name="見本 花子", phones=("090-0000-0001",)))
SILENT = replace(ORDER, buyer=Party(name="見本 花子"))


def verdict(*matches: Match, kind: VerdictKind = VerdictKind.HOLD, signs: tuple[str, ...] = ()) -> Verdict:
    reasons = tuple(Reason(sign, "…") for sign in signs)
    return Verdict("1", kind, ScreeningState.SCREENED, "p1", matches, reasons)


@pytest.mark.parametrize(
    ("category", "payment", "advice"),
    [
        (Category.UNPAID, PaymentKind.COD, Advice(Step.PREPAYMENT, Why.SHOP_BEARS_IT)),
        (Category.COD_REFUSED, PaymentKind.PAY_LATER, Advice(Step.PREPAYMENT, Why.SHOP_BEARS_IT)),
        (Category.UNPAID, PaymentKind.CARD, Advice(Step.SIGNATURE, Why.PAID)),
        (Category.MALICIOUS_CLAIM, PaymentKind.COD, Advice(Step.SIGNATURE, Why.CLAIMS)),
        (Category.PRANK_ORDER, PaymentKind.COD, Advice(Step.PHONE, Why.SURE)),
        (Category.RESALE_ABUSE, PaymentKind.CARD, Advice(Step.PHONE, Why.RESALE)),
    ],
)
def test_a_sure_match_is_answered_by_what_it_is_about(
    category: Category, payment: PaymentKind, advice: Advice
) -> None:
    order = replace(ORDER, payment=Payment(payment))
    assert advise(order, verdict(match(Strength.STRONG, category=category)), 0) == advice


def test_only_an_order_under_an_invented_name_that_nobody_answers_for_is_to_be_cancelled() -> None:
    prank = verdict(match(Strength.STRONG, category=Category.PRANK_ORDER))
    assert advise(SILENT, prank, 0) == Advice(Step.CANCEL, Why.UNREACHABLE)
    assert advise(SILENT, prank, 1).step is not Step.CANCEL


def test_good_earlier_orders_ask_for_a_call_before_anything_else() -> None:
    assert advise(ORDER, verdict(match(Strength.STRONG)), 2) == Advice(Step.PHONE, Why.KNOWN_HERE)


def test_a_possible_match_is_a_call_and_without_a_number_prepayment() -> None:
    possible = verdict(match(Strength.POSSIBLE), kind=VerdictKind.FLAG)
    assert advise(ORDER, possible, 0) == Advice(Step.PHONE, Why.UNSURE)
    assert advise(SILENT, possible, 0) == Advice(Step.PREPAYMENT, Why.NO_PHONE)
    assert advise(ORDER, replace(possible, reasons=(Reason("signal_dummy_phone", "…"),)), 0).step is Step.PREPAYMENT


def test_a_misused_name_is_only_ever_a_call() -> None:
    victim = verdict(match(Strength.STRONG, effect=Effect.CONFIRM), kind=VerdictKind.FLAG)
    assert advise(ORDER, victim, 0) == Advice(Step.PHONE, Why.MISUSED_NAME)


@pytest.mark.parametrize(
    ("sign", "advice"),
    [
        ("signal_unknown_address", Advice(Step.PHONE, Why.ODD_PLACE)),
        ("signal_postal_conflict", Advice(Step.PHONE, Why.ODD_PLACE)),
        ("signal_forwarding_address", Advice(Step.SIGNATURE, Why.FORWARDED)),
        ("signal_dummy_phone", Advice(Step.PREPAYMENT, Why.NO_PHONE)),
        ("signal_many_names", Advice(Step.PHONE, Why.ODD)),
    ],
)
def test_signals_alone_never_suggest_to_cancel(sign: str, advice: Advice) -> None:
    assert advise(ORDER, verdict(kind=VerdictKind.FLAG, signs=(sign,)), 0) == advice


def test_what_has_ended_or_passed_needs_nothing() -> None:
    sure = verdict(match(Strength.STRONG))
    assert advise(replace(ORDER, stage=Stage.CLOSED), sure, 0) == Advice(Step.NOTHING, Why.CLOSED)
    assert advise(ORDER, verdict(kind=VerdictKind.ALLOW), 0) == Advice(Step.NOTHING, Why.PASSED)
    assert advise(replace(ORDER, stage=Stage.SHIPPED), sure, 0) == Advice(Step.PHONE, Why.SHIPPED)


def test_a_silent_registry_is_waited_for() -> None:
    silent = replace(verdict(), state=ScreeningState.UNSCREENED)
    assert advise(ORDER, silent, 0) == Advice(Step.WAIT, Why.SILENT)
