"""By when an order leaves its shop: the pick-up that follows, by its clock, without the days it is closed."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shopguard.config import Closed, ShippingSettings, ShopSettings
from shopguard.guard.shipping import ship_by
from shopguard.model import Order, Stage

TOKYO = ZoneInfo("Asia/Tokyo")
SHOP = ShopSettings("main-store", "fake", None, shipping=ShippingSettings(time(15)))
SUNDAY, HOLIDAYS = Closed.SUN, Closed.HOLIDAYS


def ships(placed: str, shop: ShopSettings = SHOP) -> str:
    """When an order leaves that was placed at a moment of November 2026 in Japan."""
    order = Order("1", placed_at=datetime.fromisoformat(placed).replace(tzinfo=TOKYO))
    at = ship_by(order, shop, 0.0)
    assert at is not None
    return datetime.fromtimestamp(at, TOKYO).isoformat(" ", "minutes")[:16]


def with_shipping(days: int, *closed: Closed) -> ShopSettings:
    return replace(SHOP, shipping=ShippingSettings(time(15), days, closed))


@pytest.mark.parametrize(
    ("days", "placed", "leaves"),
    [
        (1, "2026-11-10 09:00", "2026-11-11 15:00"),
        (1, "2026-11-10 16:00", "2026-11-11 15:00"),
        (0, "2026-11-10 09:00", "2026-11-10 15:00"),
        (0, "2026-11-10 15:00", "2026-11-10 15:00"),
        (0, "2026-11-10 15:01", "2026-11-11 15:00"),
        (3, "2026-11-29 23:59", "2026-12-02 15:00"),
    ],
)
def test_an_order_leaves_with_the_pick_up_after_the_days_that_the_shop_takes(
    days: int, placed: str, leaves: str
) -> None:
    assert ships(placed, with_shipping(days)) == leaves


@pytest.mark.parametrize(
    ("placed", "closed", "leaves"),
    [
        ("2026-11-14 09:00", (SUNDAY,), "2026-11-16 15:00"),  # a Saturday
        ("2026-11-15 09:00", (SUNDAY,), "2026-11-17 15:00"),  # counts from Monday
        ("2026-11-20 09:00", (Closed.SAT, SUNDAY, HOLIDAYS), "2026-11-24 15:00"),  # the 23rd is a holiday
        ("2026-11-20 09:00", (Closed.SAT, SUNDAY), "2026-11-23 15:00"),
        ("2026-12-28 09:00", (HOLIDAYS,), "2027-01-04 15:00"),  # Saturday the 2nd is one of them
    ],
)
def test_days_without_a_pick_up_do_not_count(placed: str, closed: tuple[Closed, ...], leaves: str) -> None:
    assert ships(placed, with_shipping(1, *closed)) == leaves


def test_the_day_is_that_of_the_shop() -> None:
    late_in_tokyo = Order("1", placed_at=datetime(2026, 11, 10, 15, 30, tzinfo=UTC))  # half past midnight there
    assert ship_by(late_in_tokyo, SHOP, 0.0) == datetime(2026, 11, 12, 15, tzinfo=TOKYO).timestamp()
    in_london = replace(SHOP, timezone="Europe/London")
    assert ship_by(late_in_tokyo, in_london, 0.0) == datetime(2026, 11, 11, 15, tzinfo=UTC).timestamp()


def test_an_order_that_does_not_tell_when_it_was_placed_counts_from_now() -> None:
    now = datetime(2026, 11, 10, 9, tzinfo=TOKYO).timestamp()
    assert ship_by(Order("1"), SHOP, now) == datetime(2026, 11, 11, 15, tzinfo=TOKYO).timestamp()


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.OPEN])
def test_what_has_left_or_ended_leaves_no_more(stage: Stage) -> None:
    assert ship_by(Order("1", stage=stage), SHOP, 0.0) is None


def test_nobody_knows_when_a_shop_ships_that_does_not_say_so() -> None:
    assert ship_by(Order("1"), replace(SHOP, shipping=None), 0.0) is None
