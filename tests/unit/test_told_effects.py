"""What a guard makes of the effect that an answer names, of this registry or an older one."""

from datetime import date

import pytest

from shopguard.model import Category, Effect
from shopguard.registry.client.reading import facts_of
from shopguard.registry.messages import CandidateShape
from shopguard.registry.protocol import Facts

DAY = date(2026, 8, 14)


def told(effect: Effect | None, *, may_hold: bool) -> Facts:
    return facts_of(CandidateShape("E-1", (0,), (), Category.UNPAID, 2, DAY, may_hold, opened=True, effect=effect))


@pytest.mark.parametrize("effect", [Effect.HOLD, Effect.FLAG, Effect.NOTE])
def test_the_effect_that_is_named_counts(effect: Effect) -> None:
    for may_hold in (True, False):
        assert told(effect, may_hold=may_hold) == Facts(Category.UNPAID, 2, DAY, effect)


@pytest.mark.parametrize(("may_hold", "effect"), [(True, Effect.HOLD), (False, Effect.FLAG)])
def test_a_registry_of_before_says_it_in_one_word(may_hold: bool, effect: Effect) -> None:
    assert told(None, may_hold=may_hold).effect is effect


def test_whatever_is_told_of_a_misused_name_it_is_no_report() -> None:
    assert told(Effect.CONFIRM, may_hold=True) == Facts(
        Category.OTHER, 0, date(2026, 8, 1), Effect.CONFIRM, opened=False
    )
