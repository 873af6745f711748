"""What a shop's rules may say, and the rules it has when it says nothing. Applying them is the guard's work."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from shopguard.config.limits import Within
from shopguard.model import PaymentKind, VerdictKind

Amount = Annotated[Decimal, Within(0, 1_000_000_000)]
"""Money in the order's currency, in its main unit."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Which verdict each strength of match leads to, for some orders.

    Args:
        payment: the payment kinds it is for; none means every kind.
        from_amount: the smallest order total it is for.
        look_up: False lets these orders go without asking the registry.
    """

    payment: tuple[PaymentKind, ...] = ()
    from_amount: Amount = Decimal(0)
    look_up: bool = True
    strong: VerdictKind = VerdictKind.FLAG
    possible: VerdictKind = VerdictKind.ALLOW
    weak: VerdictKind = VerdictKind.ALLOW

    def fits(self, payment: PaymentKind, total: Decimal) -> bool:
        return _fits(self, payment, total)


@dataclass(frozen=True, slots=True)
class SilentRule:
    """Which verdict some orders get while the registry does not answer; they are chosen as in ``PolicyRule``."""

    payment: tuple[PaymentKind, ...] = ()
    from_amount: Amount = Decimal(0)
    verdict: VerdictKind = VerdictKind.HOLD

    def fits(self, payment: PaymentKind, total: Decimal) -> bool:
        return _fits(self, payment, total)


AnyRule = PolicyRule | SilentRule


def _fits(rule: AnyRule, payment: PaymentKind, total: Decimal) -> bool:
    return (not rule.payment or payment in rule.payment) and total >= rule.from_amount


@dataclass(frozen=True, slots=True)
class NoneHidden:
    """A list of rules each of which can be the first to fit some order."""

    def fault(self, value: object) -> str | None:
        rules: tuple[AnyRule, ...] = value if isinstance(value, tuple) else ()
        for number, rule in enumerate(rules):
            # An order of exactly from_amount is the hardest for the rules before to let past.
            if all(
                any(earlier.fits(kind, rule.from_amount) for earlier in rules[:number])
                for kind in rule.payment or PaymentKind
            ):
                return f"rule #{number + 1} can never fit: the rules before it take all its orders; move it up"
        return None


# Who bears the loss decides how strict: the shop itself, somebody else, or nobody before shipping.
DEFAULT_RULES = (
    PolicyRule(payment=(PaymentKind.COD, PaymentKind.PAY_LATER), strong=VerdictKind.HOLD, possible=VerdictKind.FLAG),
    PolicyRule(payment=(PaymentKind.PAY_LATER_PROVIDER, PaymentKind.CARD, PaymentKind.WALLET, PaymentKind.OTHER)),
    PolicyRule(payment=(PaymentKind.BANK_TRANSFER, PaymentKind.PREPAID), look_up=False, strong=VerdictKind.ALLOW),
)

DEFAULT_WHEN_SILENT = (
    SilentRule(payment=(PaymentKind.PAY_LATER,)),
    SilentRule(payment=(PaymentKind.COD,), from_amount=Decimal(10_000)),
)


class SignalEffect(StrEnum):
    """What follows from something odd about an order that is no match."""

    IGNORE = "ignore"
    SHOW = "show"  # a reason of the verdict
    FLAG = "flag"  # somebody should look, where a possible match would be looked at too


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """What follows from each signal; ``docs/policy.md`` says why these are the defaults.

    Args:
        many_names_from: how many surnames one phone must have been given with before it counts as odd.
    """

    unknown_address: SignalEffect = SignalEffect.SHOW
    postal_conflict: SignalEffect = SignalEffect.SHOW
    forwarding_address: SignalEffect = SignalEffect.SHOW
    throwaway_mail: SignalEffect = SignalEffect.FLAG
    dummy_phone: SignalEffect = SignalEffect.FLAG
    many_names: SignalEffect = SignalEffect.FLAG
    many_names_from: Annotated[int, Within(2, 100)] = 3
    own_list: SignalEffect = SignalEffect.FLAG


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """A shop's rules. In both lists the first rule that fits decides.

    Where no rule fits, ``PolicyRule()`` applies: look up, flag a strong match. Where no silent rule fits, the order
    is allowed.
    """

    rules: Annotated[tuple[PolicyRule, ...], NoneHidden()] = DEFAULT_RULES
    when_silent: Annotated[tuple[SilentRule, ...], NoneHidden()] = DEFAULT_WHEN_SILENT
    signals: SignalSettings = SignalSettings()

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that are equal exactly for equal rules, across restarts and machines."""
        rules = [
            [*_scope(rule), rule.look_up, rule.strong.value, rule.possible.value, rule.weak.value]
            for rule in self.rules
        ]
        silent = [[*_scope(rule), rule.verdict.value] for rule in self.when_silent]
        said = {"rules": rules, "when_silent": silent, "signals": asdict(self.signals)}
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()[:12]


def _scope(rule: AnyRule) -> list[object]:
    return [sorted(set(rule.payment)), format(rule.from_amount.normalize(), "f")]
