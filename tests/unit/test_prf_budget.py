"""Token buckets: who asks as shops do is never stopped, who asks for numbers alone is stopped the same day."""

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shopguard.registry.messages import BudgetShape
from shopguard.registry.prf.budget import Account, charge, left, size, spacing_s
from shopguard.registry.refusals import Refusal

DAY = 86_400.0
NOW = 1_800_000_000.0


def spend(account: Account, cost: Mapping[int, int], daily_orders: int | None = 100, now: float = NOW) -> Account:
    """The account after a batch that must not be refused."""
    after, refused = charge(account, daily_orders, cost, now)
    assert refused is None
    return after


def used(**classes: float) -> Account:
    """An account that has spent ``one``, ``two``, ``three`` values of its classes."""
    return Account((classes.get("one", 0), classes.get("two", 0), classes.get("three", 0)), NOW, NOW)


def test_a_bucket_holds_two_days_of_what_orders_need() -> None:
    assert [size(cls, 100) for cls in (1, 2, 3)] == [600, 3_600, 1_600]


def test_a_small_shop_is_taken_for_one_of_fifty_orders() -> None:
    assert [size(cls, 3) for cls in (1, 2, 3)] == [size(cls, 50) for cls in (1, 2, 3)] == [300, 1_800, 800]
    assert spacing_s(3) == spacing_s(50)


def test_a_batch_costs_what_it_asks_of_each_class() -> None:
    after = spend(Account(at=NOW), {1: 2, 2: 10, 3: 4})
    assert left(after, 100) == (BudgetShape(1, 598, 600), BudgetShape(2, 3_590, 3_600), BudgetShape(3, 1_596, 1_600))


@pytest.mark.parametrize(("hours", "expected"), [(0, 300), (1, 287.5), (12, 150), (24, 0), (100, 0)])
def test_a_day_of_normal_use_flows_back_in_a_day(hours: float, expected: float) -> None:
    assert spend(used(one=300), {}, now=NOW + hours * 3_600).spent[0] == pytest.approx(expected)


def test_a_clock_set_back_gives_nothing() -> None:
    assert spend(used(one=200), {1: 1}, now=NOW - DAY).spent[0] == 201


@pytest.mark.parametrize(("spent", "slowed"), [(298, False), (299, True), (500, True)])
def test_below_half_there_is_one_batch_in_a_while(spent: int, slowed: bool) -> None:
    after, refused = charge(used(one=spent), 100, {1: 2}, NOW + 0.001)
    assert (refused is not None) == slowed
    if refused is not None:
        assert refused.code is Refusal.SLOW_DOWN
        assert refused.retry_after_s == pytest.approx(108, abs=0.01)
        assert after.spent[0] == pytest.approx(spent, abs=0.01)
        assert not after.stopped


def test_who_waited_as_told_is_answered() -> None:
    account, refused = charge(used(one=400), 100, {1: 2}, NOW + 30)
    assert refused is not None and refused.retry_after_s is not None
    spend(account, {1: 2}, now=NOW + 30 + refused.retry_after_s)


def test_nobody_waits_for_longer_than_a_spacing_after_a_clock_was_wrong() -> None:
    ahead = replace(used(one=400), last_at=NOW + 10 * DAY)
    _, refused = charge(ahead, 100, {1: 1}, NOW)
    assert refused is not None and refused.retry_after_s == spacing_s(100)


def test_a_large_shop_is_slowed_to_its_own_pace() -> None:
    assert spacing_s(10_000) == pytest.approx(spacing_s(100) / 100)


def test_a_class_that_is_not_asked_for_slows_nobody() -> None:
    spend(used(one=599), {2: 10, 3: 4}, now=NOW + 1)


def test_an_empty_bucket_stops_the_member_for_good() -> None:
    account, refused = charge(used(one=598), 100, {1: 4}, NOW + 109)
    assert refused is not None and refused.code is Refusal.BUDGET_SPENT and refused.retry_after_s is None
    account, refused = charge(account, 100, {2: 1}, NOW + 10 * DAY)
    assert refused is not None and refused.code is Refusal.BUDGET_SPENT


@pytest.mark.parametrize(("cls", "spent"), [(1, (600, 0, 0)), (2, (0, 3_600, 0)), (3, (0, 0, 1_600))])
def test_each_class_has_a_bucket_of_its_own(cls: int, spent: tuple[int, int, int]) -> None:
    account = Account(spent, NOW, NOW)
    _, refused = charge(account, 100, {cls: 4}, NOW + 109)
    assert refused is not None and refused.code is Refusal.BUDGET_SPENT
    spend(account, {other: 1 for other in (1, 2, 3) if other != cls}, now=NOW + 109)


def test_a_raised_budget_gives_the_difference_and_forgives_nothing() -> None:
    assert left(used(one=500), 100)[0].left == 100
    assert left(used(one=500), 1_000)[0].left == 5_500


def test_who_is_not_limited_is_never_refused() -> None:
    account = Account(at=NOW)
    for _ in range(10_000):
        account = spend(account, {1: 4, 2: 20, 3: 8}, daily_orders=None)


def test_who_was_stopped_stays_so_when_the_limit_goes() -> None:
    _, refused = charge(Account(stopped=True), None, {1: 1}, NOW)
    assert refused is not None and refused.code is Refusal.BUDGET_SPENT


def test_an_honest_shop_is_never_stopped_and_a_sale_waits_for_minutes_at_most() -> None:
    """A fortnight of 100 orders a day with 1.5 phones each, and one day of three times as many in six hours."""
    draw = random.Random(7)
    account, free_at, longest = Account(), 0.0, 0.0
    for day in range(14):
        orders, opens, hours = (300, 18, 6) if day == 8 else (100, 9, 15)
        for at in sorted(NOW + day * DAY + opens * 3_600 + draw.random() * hours * 3_600 for _ in range(orders)):
            cost = {1: draw.choice((1, 2)), 2: draw.randint(8, 14), 3: draw.randint(2, 6)}
            now = max(at, free_at)
            account, refused = charge(account, 100, cost, now)
            while refused is not None:
                assert refused.code is Refusal.SLOW_DOWN and refused.retry_after_s is not None
                now += refused.retry_after_s
                account, refused = charge(account, 100, cost, now)
            free_at, longest = now, max(longest, now - at)
    assert longest < 2 * 3_600


def test_a_rogue_who_asks_for_numbers_alone_is_stopped_within_hours_whatever_the_time_between() -> None:
    for phones in (1, 2, 4):
        account, now, learned = Account(), NOW, 0
        while True:
            account, refused = charge(account, 100, {1: phones}, now)
            if refused is None:
                learned += phones
            elif refused.code is Refusal.BUDGET_SPENT:
                break
            else:
                assert refused.retry_after_s is not None
                now += refused.retry_after_s
            assert now < NOW + DAY, f"not stopped with {phones} numbers a batch after {learned}"
        assert learned <= 1_000
