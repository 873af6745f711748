"""The bucket of searches: small, its own, and filled again by the day."""

import pytest

from shopguard.registry.prf.budget import Searches, charge_search, searches_a_day
from shopguard.registry.refusals import Refusal

NOW = 1_800_000_000.0
DAY_S = 86_400.0


@pytest.mark.parametrize(("daily_orders", "searches"), [(1, 10), (50, 10), (100, 20), (500, 100), (10_000, 100)])
def test_searches_grow_with_orders_between_ten_and_a_hundred(daily_orders: int, searches: int) -> None:
    assert searches_a_day(daily_orders) == searches


def test_two_days_are_kept_ready_and_the_next_one_says_when() -> None:
    spent = Searches()
    for _ in range(20):
        spent, refused = charge_search(spent, 50, NOW)
        assert refused is None
    after, refused = charge_search(spent, 50, NOW)
    assert refused is not None
    assert after == spent, "what is refused costs nothing"
    assert (refused.code, refused.retry_after_s) == (Refusal.SEARCHES_SPENT, pytest.approx(DAY_S / 10))
    assert charge_search(spent, 50, NOW + DAY_S / 10)[1] is None


def test_nothing_flows_back_beyond_a_full_bucket_or_by_a_clock_set_back() -> None:
    assert charge_search(Searches(5, NOW), 50, NOW + 365 * DAY_S)[0].spent == 1
    assert charge_search(Searches(20, NOW), 50, NOW - DAY_S)[1] is not None


def test_who_is_not_limited_searches_on() -> None:
    assert charge_search(Searches(1_000, NOW), None, NOW) == (Searches(1_000, NOW), None)
