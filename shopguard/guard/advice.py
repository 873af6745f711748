"""What a person might do next with an order, by rule, and why. Pure: it suggests, and decides nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from shopguard.guard.signals import Signal, among
from shopguard.model import Category, Match, Order, PaymentKind, ScreeningState, Stage, Strength, Verdict, VerdictKind

_SHOP_BEARS_IT = (PaymentKind.COD, PaymentKind.PAY_LATER)
_ODD_PLACE = (Signal.UNKNOWN_ADDRESS, Signal.POSTAL_CONFLICT)


class Step(StrEnum):
    NOTHING = "nothing"
    WAIT = "wait"
    PHONE = "phone"
    PREPAYMENT = "prepayment"
    SIGNATURE = "signature"
    CANCEL = "cancel"


class Why(StrEnum):
    """The rule that a suggestion comes from."""

    CLOSED = "closed"
    SHIPPED = "shipped"
    PASSED = "passed"
    SILENT = "silent"
    MISUSED_NAME = "misused_name"
    KNOWN_HERE = "known_here"
    UNREACHABLE = "unreachable"
    SHOP_BEARS_IT = "shop_bears_it"
    CLAIMS = "claims"
    RESALE = "resale"
    PAID = "paid"
    SURE = "sure"
    UNSURE = "unsure"
    NO_PHONE = "no_phone"
    ODD_PLACE = "odd_place"
    FORWARDED = "forwarded"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Advice:
    step: Step
    why: Why


def advise(order: Order, verdict: Verdict, good_orders: int) -> Advice:
    """Return the next step for an order that was judged.

    Args:
        good_orders: how many orders of the same buyer left this shop before.
    """
    if order.stage is Stage.CLOSED:
        return Advice(Step.NOTHING, Why.CLOSED)
    if verdict.kind is VerdictKind.ALLOW:
        return Advice(Step.NOTHING, Why.PASSED)
    if order.stage is Stage.SHIPPED:
        return Advice(Step.PHONE, Why.SHIPPED)
    signs = among(verdict.reasons)
    if verdict.reported and verdict.strength is Strength.STRONG:
        return _when_sure(order, verdict.reported[0], signs, good_orders)
    if verdict.strength is Strength.POSSIBLE:
        return _by_phone(order, signs, Why.KNOWN_HERE if good_orders else Why.UNSURE)
    if any(not match.is_report for match in verdict.matches):
        return Advice(Step.PHONE, Why.MISUSED_NAME)
    if verdict.state is ScreeningState.UNSCREENED:
        return Advice(Step.WAIT, Why.SILENT)
    return _when_odd(order, signs)


def _when_sure(order: Order, match: Match, signs: Collection[Signal], good_orders: int) -> Advice:
    """Two details agree. What is asked for first is what costs an honest buyer least."""
    if good_orders:
        return _by_phone(order, signs, Why.KNOWN_HERE)
    if match.category is Category.PRANK_ORDER:
        return Advice(Step.CANCEL, Why.UNREACHABLE) if _no_phone(order, signs) else Advice(Step.PHONE, Why.SURE)
    if match.category is Category.MALICIOUS_CLAIM:
        return Advice(Step.SIGNATURE, Why.CLAIMS)
    if match.category is Category.RESALE_ABUSE:
        return _by_phone(order, signs, Why.RESALE)
    if order.payment.kind in _SHOP_BEARS_IT:
        return Advice(Step.PREPAYMENT, Why.SHOP_BEARS_IT)
    if order.payment.kind in (PaymentKind.OTHER, PaymentKind.PAY_LATER_PROVIDER):
        return _by_phone(order, signs, Why.SURE)
    return Advice(Step.SIGNATURE, Why.PAID)


def _when_odd(order: Order, signs: Collection[Signal]) -> Advice:
    """Nothing but signals, or a report that never acts."""
    if _no_phone(order, signs):
        return Advice(Step.PREPAYMENT, Why.NO_PHONE)
    if any(sign in signs for sign in _ODD_PLACE):
        return Advice(Step.PHONE, Why.ODD_PLACE)
    if Signal.FORWARDING_ADDRESS in signs:
        return Advice(Step.SIGNATURE, Why.FORWARDED)
    return Advice(Step.PHONE, Why.ODD)


def _by_phone(order: Order, signs: Collection[Signal], why: Why) -> Advice:
    return Advice(Step.PREPAYMENT, Why.NO_PHONE) if _no_phone(order, signs) else Advice(Step.PHONE, why)


def _no_phone(order: Order, signs: Collection[Signal]) -> bool:
    return Signal.DUMMY_PHONE in signs or not any(any(c.isdigit() for c in phone) for phone in order.buyer.phones)
