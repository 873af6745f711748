"""Days that deadlines are counted in: Japanese business days, and years and months that end where people expect."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

JST = ZoneInfo("Asia/Tokyo")


def day_of(moment: float) -> date:
    """Return the day in Japan at a moment (Unix seconds)."""
    return datetime.fromtimestamp(moment, JST).date()


def end_of(day: date) -> float:
    """Return the moment (Unix seconds) at which a day in Japan is over: a deadline of that day has passed then."""
    return datetime.combine(day + timedelta(days=1), time(), JST).astimezone(UTC).timestamp()


def is_business_day(day: date) -> bool:
    """Whether offices in Japan are open: no weekend and no holiday."""
    return day.weekday() < 5 and not is_holiday(day)


def is_holiday(day: date) -> bool:
    """Whether it is a national holiday of Japan, or from 29 December to 3 January.

    Source: package ``holidays`` for the national holidays; the days around the New Year are those of government
    offices, Act on Holidays of Administrative Organs art. 1 (read 2026-11).
    """
    return (day.month, day.day) in _NEW_YEAR or day in _japan()


def add_business_days(day: date, count: int) -> date:
    """Return the ``count``-th business day after ``day``, which itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day


def business_days_before(day: date, count: int) -> date:
    """Return the ``count``-th business day before ``day``, which itself does not count."""
    while count > 0:
        day -= timedelta(days=1)
        count -= is_business_day(day)
    return day


@lru_cache(maxsize=8192)  # a load asks for every entry, and their days recur
def add_months(day: date, count: int) -> date:
    """Return the same day ``count`` months later, or the last of that month where it has no such day.

    Source: Civil Code of Japan art. 143 (read 2026-11).
    """
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, count: int) -> date:
    """Return the same day ``count`` years later; 29 February becomes the 28th where it must."""
    return add_months(day, 12 * count)


_NEW_YEAR = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})


@lru_cache(maxsize=1)
def _japan() -> holidays.HolidayBase:
    return holidays.country_holidays("JP")
