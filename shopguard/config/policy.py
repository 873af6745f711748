"""What a shop's rules may say, and the rules it has when it says nothing. Applying them is the guard's work."""

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Annotated

from shopguard.config.limits import Within
from shopguard.model import PaymentKind, VerdictKind

Amount = Annotated[Decimal, Within(0, 10**12)]
"""Money in the currency's main unit."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Which verdict each strength of match leads to, for some orders.

    Args:
        payment: the payment kinds it is for; none means every kind.
        from_amount: the smallest order total it is for, in the order's currency.
        look_up: False lets these orders go without asking the registry.
    """

    payment: tuple[PaymentKind, ...] = ()
    from_amount: Amount = Decimal(0)
    look_up: bool = True
    strong: VerdictKind = VerdictKind.FLAG
    possible: VerdictKind = VerdictKind.ALLOW
    weak: VerdictKind = VerdictKind.ALLOW

    def fits(self, payment: PaymentKind, total: Decimal) -> bool:
        return _fits(self.payment, self.from_amount, payment, total)


@dataclass(frozen=True, slots=True)
class SilentRule:
    """Which verdict some orders get while the registry does not answer; the fields are those of ``PolicyRule``."""

    payment: tuple[PaymentKind, ...] = ()
    from_amount: Amount = Decimal(0)
    verdict: VerdictKind = VerdictKind.HOLD

    def fits(self, payment: PaymentKind, total: Decimal) -> bool:
        return _fits(self.payment, self.from_amount, payment, total)


def _fits(kinds: tuple[PaymentKind, ...], from_amount: Decimal, payment: PaymentKind, total: Decimal) -> bool:
    return (not kinds or payment in kinds) and total >= from_amount


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


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """A shop's rules. In both lists the first rule that fits decides.

    Where no rule fits, ``PolicyRule()`` applies: look up, flag a strong match. Where no silent rule fits, the order
    is allowed.
    """

    rules: tuple[PolicyRule, ...] = DEFAULT_RULES
    when_silent: tuple[SilentRule, ...] = DEFAULT_WHEN_SILENT

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that are equal exactly for equal rules, across restarts and machines."""
        rules = [
            [*_scope(rule), rule.look_up, rule.strong.value, rule.possible.value, rule.weak.value]
            for rule in self.rules
        ]
        silent = [[*_scope(rule), rule.verdict.value] for rule in self.when_silent]
        canonical = json.dumps({"rules": rules, "when_silent": silent}, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()[:12]


def _scope(rule: PolicyRule | SilentRule) -> list[object]:
    return [sorted(set(rule.payment)), format(rule.from_amount.normalize(), "f")]
