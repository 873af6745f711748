"""Dates, money and ages as the reader writes them. Moments come as Unix seconds and are shown in Japan's time."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal

from shopguard.web.language import language

ZONE = ZoneInfo("Asia/Tokyo")


def moment(at: float, zone: ZoneInfo = ZONE) -> str:
    """Return day and time to the minute."""
    if language() == "ja":
        return format_datetime(_local(at, zone), "y年M月d日 HH:mm", locale="ja")
    return format_datetime(_local(at, zone), "d MMM y, HH:mm", locale="en")


def iso(at: float, zone: ZoneInfo = ZONE) -> str:
    """Return what the ``datetime`` of a ``time`` element holds."""
    return _local(at, zone).isoformat(timespec="seconds")


def day(on: date | float) -> str:
    """Return a day; of Unix seconds, the day it is then in Japan."""
    known = on if isinstance(on, date) else _local(on, ZONE).date()
    return format_date(known, "long", locale=language().value)


def month(on: date) -> str:
    """Return the month of a day: all that is told of an entry's age."""
    return format_date(on, "y年M月" if language() == "ja" else "MMMM y", locale=language().value)


def age(at: float, now: float) -> str:
    """Return how long ago, or in how long, in one unit."""
    return format_timedelta(timedelta(seconds=at - now), add_direction=True, locale=language().value)


def money(amount: Decimal | int, currency: str = "JPY") -> str:
    """Return an amount with its currency."""
    return format_currency(amount, currency, locale=language().value)


def number(value: int | float | Decimal) -> str:
    """Return a number with separators."""
    return format_decimal(value, locale=language().value)


FILTERS = {
    "moment": moment,
    "iso": iso,
    "day": day,
    "month": month,
    "age": age,
    "money": money,
    "number": number,
}


def _local(at: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)
