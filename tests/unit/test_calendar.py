"""Days that deadlines are counted in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.registry.calendar import (
    add_business_days,
    add_months,
    add_years,
    business_days_before,
    day_of,
    end_of,
    is_business_day,
)

days = st.dates(date(2020, 1, 1), date(2049, 12, 31))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 2, 14, 59, 59, tzinfo=UTC), date(2026, 11, 2)),
        (datetime(2026, 11, 2, 15, 0, 0, tzinfo=UTC), date(2026, 11, 3)),
    ],
)
def test_a_day_begins_in_japan(moment: datetime, day: date) -> None:
    assert day_of(moment.timestamp()) == day


@given(days)
def test_a_day_is_over_when_the_next_begins(day: date) -> None:
    assert day_of(end_of(day)) == day + timedelta(days=1)
    assert day_of(end_of(day) - 0.001) == day


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 2), True),
        (date(2026, 11, 3), False),  # Culture Day
        (date(2026, 11, 7), False),  # Saturday
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2027, 3, 22), False),  # the equinox falls on a Sunday: the Monday after is its substitute
        (date(2026, 9, 22), False),  # between two holidays
        (date(2026, 5, 6), False),  # a substitute on a Wednesday
    ],
)
def test_offices_are_open_on_business_days(day: date, is_open: bool) -> None:
    assert is_business_day(day) is is_open


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        (date(2026, 11, 2), 1, date(2026, 11, 4)),
        (date(2026, 11, 6), 5, date(2026, 11, 13)),
        (date(2026, 12, 28), 5, date(2027, 1, 8)),
        (date(2027, 4, 28), 1, date(2027, 4, 30)),
        (date(2027, 4, 30), 1, date(2027, 5, 6)),
    ],
)
def test_business_days_are_counted_from_the_day_after(day: date, count: int, then: date) -> None:
    assert add_business_days(day, count) == then


@given(days, st.integers(1, 30))
def test_so_many_business_days_lie_between(day: date, count: int) -> None:
    then = add_business_days(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (then - day).days + 1)]
    assert sum(map(is_business_day, passed)) == count
    assert is_business_day(then)


@given(days, st.integers(1, 30))
def test_counting_back_is_counting_forth(day: date, count: int) -> None:
    before = business_days_before(add_business_days(day, count), count)
    assert before <= day
    assert add_business_days(before, count) == add_business_days(day, count)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_a_month_without_such_a_day_ends_earlier(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


def test_a_leap_day_has_its_anniversary_the_day_before() -> None:
    assert add_years(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
