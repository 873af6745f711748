"""The default rules, which rule fits, and the version of a policy."""

from decimal import Decimal
from pathlib import Path

import pytest

from shopguard.config import PolicyRule, PolicySettings, SilentRule, load_config
from shopguard.errors import ConfigError
from shopguard.model import PaymentKind, VerdictKind

ALLOW, FLAG, HOLD = VerdictKind.ALLOW, VerdictKind.FLAG, VerdictKind.HOLD


@pytest.mark.parametrize(
    ("kind", "look_up", "verdicts"),
    [
        (PaymentKind.COD, True, (HOLD, FLAG, ALLOW)),
        (PaymentKind.PAY_LATER, True, (HOLD, FLAG, ALLOW)),
        (PaymentKind.PAY_LATER_PROVIDER, True, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.CARD, True, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.WALLET, True, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.OTHER, True, (FLAG, ALLOW, ALLOW)),
        (PaymentKind.BANK_TRANSFER, False, (ALLOW, ALLOW, ALLOW)),
        (PaymentKind.PREPAID, False, (ALLOW, ALLOW, ALLOW)),
    ],
)
def test_default_rule(kind: PaymentKind, look_up: bool, verdicts: tuple[VerdictKind, ...]) -> None:
    (rule,) = [rule for rule in PolicySettings().rules if rule.fits(kind, Decimal(0))]
    assert (rule.look_up, (rule.strong, rule.possible, rule.weak)) == (look_up, verdicts)


@pytest.mark.parametrize(
    ("kind", "total", "verdict"),
    [
        (PaymentKind.PAY_LATER, 1, HOLD),
        (PaymentKind.COD, 10_000, HOLD),
        (PaymentKind.COD, 9_999, ALLOW),
        (PaymentKind.CARD, 99_999, ALLOW),
    ],
)
def test_default_while_the_registry_is_silent(kind: PaymentKind, total: int, verdict: VerdictKind) -> None:
    fitting = (rule.verdict for rule in PolicySettings().when_silent if rule.fits(kind, Decimal(total)))
    assert next(fitting, ALLOW) == verdict


def test_a_rule_without_payment_is_for_every_kind() -> None:
    assert all(PolicyRule().fits(kind, Decimal(0)) for kind in PaymentKind)


def test_the_version_is_the_same_on_every_machine() -> None:
    assert PolicySettings().version == "a7bc082c3b58"


def test_the_version_does_not_depend_on_spelling() -> None:
    one = PolicySettings(rules=(PolicyRule((PaymentKind.COD, PaymentKind.CARD), Decimal("1000")),))
    other = PolicySettings(rules=(PolicyRule((PaymentKind.CARD, PaymentKind.COD), Decimal("1000.00")),))
    assert one.version == other.version


@pytest.mark.parametrize(
    "changed",
    [
        PolicySettings(rules=PolicySettings().rules[:2]),
        PolicySettings(rules=PolicySettings().rules[::-1]),
        PolicySettings(when_silent=()),
        PolicySettings(when_silent=(SilentRule((PaymentKind.COD,), Decimal(10_001)),)),
    ],
)
def test_the_version_changes_with_the_rules(changed: PolicySettings) -> None:
    assert changed.version != PolicySettings().version


@pytest.mark.parametrize(
    ("rules", "hidden"),
    [
        ("[{}, {payment: [cod]}]", 2),
        ("[{payment: [cod]}, {payment: [card]}, {payment: [card, cod], from_amount: 5}]", 3),
        ("[{payment: [cod], from_amount: 5}, {payment: [cod], from_amount: 5}]", 2),
    ],
)
def test_a_rule_that_can_never_fit_is_a_fault(tmp_path: Path, rules: str, hidden: int) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"policy: {{rules: {rules}}}")
    with pytest.raises(ConfigError, match=rf"^policy\.rules: rule #{hidden} can never fit"):
        load_config(path, {}, {})


@pytest.mark.parametrize(
    "rules",
    [
        "[{payment: [cod], from_amount: 5}, {}]",
        "[{payment: [cod], from_amount: 5}, {payment: [cod], from_amount: 4}]",
        "[{payment: [cod]}, {payment: [cod, card]}]",
    ],
)
def test_a_rule_that_fits_some_order_is_none(tmp_path: Path, rules: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"policy: {{rules: {rules}}}")
    load_config(path, {}, {})
