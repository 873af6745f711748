"""The rules: from an order and its matches to a verdict with its reasons, and from a verdict to what is done.

Pure: the same order, matches and rules give the same verdict, always.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shopguard.adapter import Capability
from shopguard.config import Language, Mode, PolicyRule, PolicySettings, ShopSettings, SignalEffect
from shopguard.guard.signals import OF_OWN_LIST, Signal, effect_of
from shopguard.guard.wording import reason
from shopguard.model import (
    Category,
    Effect,
    Match,
    Order,
    Reason,
    ScreeningState,
    Stage,
    Strength,
    Verdict,
    VerdictKind,
)


class Action(StrEnum):
    """What is done to an order at its platform."""

    HOLD = "hold"
    FLAG = "flag"
    RELEASE = "release"
    CLEAR_GATE = "clear_gate"
    CANCEL = "cancel"  # never by a rule: a person decides it


def rule_for(order: Order, policy: PolicySettings) -> PolicyRule:
    """Return the first rule that fits ``order``."""
    fitting = (rule for rule in policy.rules if rule.fits(order.payment.kind, order.total))
    return next(fitting, PolicyRule())


def let_go(order: Order, policy: PolicySettings, language: Language) -> Reason | None:
    """Return why ``order`` is not looked up at all, or None if it is to be screened."""
    if order.test:
        return reason("test_order", language)
    if order.stage is Stage.DRAFT:
        return reason("draft", language)
    if order.stage is Stage.CLOSED:
        return reason("closed", language)
    if not rule_for(order, policy).look_up:
        return reason("payment_not_screened", language)
    if not order.parties:
        return reason("no_party", language)
    return None


def judge(
    order: Order,
    matches: Sequence[Match],
    state: ScreeningState,
    policy: PolicySettings,
    language: Language,
    asides: Sequence[Reason] = (),
) -> Verdict:
    """Return the verdict on ``order`` given what the registry answered.

    Args:
        asides: reasons that came up while asking (allow-list, "not the same person", a silent registry).
    """
    if state is ScreeningState.UNSCREENED:
        kind, reasons = _while_silent(order, policy, language)
        if matches:  # it answered about one party and fell silent about another: the stricter verdict counts
            by_matches, more = _by_matches(order, matches, policy, language)
            kind, reasons = max(kind, by_matches, key=lambda k: k.severity), (*more, *reasons)
    else:
        kind, reasons = _by_matches(order, matches, policy, language)
    return Verdict(
        order_id=order.id,
        kind=kind,
        state=state,
        policy=policy.version,
        matches=tuple(sorted(matches, key=lambda m: m.comparison.score, reverse=True)),
        reasons=(*reasons, *asides),
    )


def notice(
    verdict: Verdict, order: Order, noticed: Iterable[Signal], policy: PolicySettings, language: Language
) -> Verdict:
    """Return ``verdict`` with what is odd about ``order`` besides: a reason for each signal, and a flag at most."""
    effects = {signal: effect_of(signal, policy.signals) for signal in dict.fromkeys(noticed)}
    reasons = [reason(s, language) for s, effect in effects.items() if effect is not SignalEffect.IGNORE]
    if not reasons:
        return verdict
    at_least = VerdictKind.FLAG if flagging(effects, order, policy) else VerdictKind.ALLOW
    kind = max(verdict.kind, at_least, key=lambda k: k.severity)
    return replace(verdict, kind=kind, reasons=(*verdict.reasons, *reasons))


def flagging(noticed: Iterable[Signal], order: Order, policy: PolicySettings) -> frozenset[Signal]:
    """Return which of these signals flag ``order``.

    Where not even a possible match would be looked at, only the shop's own list does: the shop wrote it for that.
    """
    flag = frozenset(signal for signal in noticed if effect_of(signal, policy.signals) is SignalEffect.FLAG)
    return flag & OF_OWN_LIST if rule_for(order, policy).possible is VerdictKind.ALLOW else flag


def allowed(order: Order, why: Reason, policy: PolicySettings) -> Verdict:
    """Return the verdict on an order that is let go without asking."""
    return Verdict(order.id, VerdictKind.ALLOW, ScreeningState.SCREENED, policy.version, (), (why,))


def _while_silent(order: Order, policy: PolicySettings, language: Language) -> tuple[VerdictKind, Sequence[Reason]]:
    fitting = (rule.verdict for rule in policy.when_silent if rule.fits(order.payment.kind, order.total))
    kind = next(fitting, VerdictKind.ALLOW)
    code = "allowed_until_answered" if kind is VerdictKind.ALLOW else "held_until_answered"
    return kind, (reason(code, language),)


def _by_matches(
    order: Order, matches: Sequence[Match], policy: PolicySettings, language: Language
) -> tuple[VerdictKind, Sequence[Reason]]:
    rule = rule_for(order, policy)
    kind, reasons = VerdictKind.ALLOW, list[Reason]()
    for match in matches:
        wanted = _wanted(rule, match.comparison.strength)
        permitted = _permitted(wanted, match)
        reasons += (reason(code, language) for code in _said_of(match, wanted, permitted))
        kind = max(kind, permitted, key=lambda k: k.severity)
    return kind, tuple(dict.fromkeys(reasons)) or (reason("no_match", language),)


def _wanted(rule: PolicyRule, strength: Strength) -> VerdictKind:
    by_strength: Mapping[Strength, VerdictKind] = {
        Strength.STRONG: rule.strong,
        Strength.POSSIBLE: rule.possible,
        Strength.WEAK: rule.weak,
    }
    return by_strength.get(strength, VerdictKind.ALLOW)


def _permitted(wanted: VerdictKind, match: Match) -> VerdictKind:
    """An entry that nobody corroborated, or one of free text only, never stops an order; a mere note does nothing."""
    if match.effect is Effect.NOTE:
        return VerdictKind.ALLOW
    may_hold = match.effect is Effect.HOLD and match.category is not Category.OTHER
    return VerdictKind.FLAG if wanted is VerdictKind.HOLD and not may_hold else wanted


def _said_of(match: Match, wanted: VerdictKind, permitted: VerdictKind) -> Iterator[str]:
    """Yield the codes of the reasons that ``match`` gives."""
    if not match.is_report:
        yield "confirm_by_phone"
        return
    yield "entry_never_acts" if match.effect is Effect.NOTE else f"{match.comparison.strength}_match"
    if permitted is VerdictKind.FLAG and wanted is VerdictKind.HOLD:
        yield "entry_may_only_flag"


@dataclass(frozen=True, slots=True)
class Measure:
    """What follows from a verdict: at most one action, and whether a person must look."""

    action: Action | None
    to_review: bool
    argument: str = ""
    asides: tuple[Reason, ...] = ()


def measure(
    order: Order,
    verdict: Verdict,
    shop: ShopSettings,
    capabilities: Iterable[Capability],
    *,
    holding: bool = False,
    gate_cleared: bool = False,
) -> Measure:
    """Return what to do about ``verdict`` in a shop of this mode on a platform of these capabilities.

    "Hold, else flag, else tell an operator" is decided here alone.

    Args:
        holding: our hold already stands on the order (or is on its way).
        gate_cleared: we let it through the shop's gate before: nothing but a hold stops it now.
    """
    can = frozenset(capabilities)
    gate = shop.gate if shop.mode is Mode.GATE and not gate_cleared else None
    gated = gate is not None and order.payment.kind in gate.payment
    if verdict.kind is VerdictKind.ALLOW:
        waits = gate and gated and order.stage is Stage.OPEN and Capability.GATE in can and not holding
        if not gate or not waits:
            return Measure(None, to_review=False)
        if verdict.state is ScreeningState.UNSCREENED:  # the gate stands for the very case that nobody answers
            return Measure(None, to_review=False, asides=(reason("left_at_gate", shop.language),))
        return Measure(Action.CLEAR_GATE, to_review=False, argument=gate.to_status)
    if shop.mode is Mode.OBSERVE:
        return Measure(None, to_review=True, asides=(reason("observing", shop.language),))
    if verdict.kind is VerdictKind.FLAG or shop.mode is Mode.FLAG or holding:
        return _flagged(can, shop.language)
    if order.stage is Stage.SHIPPED:
        return _flagged(can, shop.language, "already_shipped")
    if gated:  # the shop's own rule has stopped it; ours would only stand in the way
        return _flagged(can, shop.language, "left_at_gate")
    if Capability.HOLD in can:
        return Measure(Action.HOLD, to_review=True)
    return _flagged(can, shop.language, "cannot_hold")


def _flagged(can: frozenset[Capability], language: Language, *codes: str) -> Measure:
    """A note on the order; where the platform shows none, the person who reviews it is told so."""
    if Capability.FLAG in can:
        return Measure(Action.FLAG, to_review=True, asides=tuple(reason(code, language) for code in codes))
    return Measure(None, to_review=True, asides=tuple(reason(code, language) for code in (*codes, "cannot_flag")))
