"""By when an order leaves its shop: the carrier's next pick-up after the days that the shop takes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shopguard.config import Closed, ShippingSettings, ShopSettings
from shopguard.model import Order, Stage
from shopguard.registry.calendar import is_holiday

_WEEKDAYS = (Closed.MON, Closed.TUE, Closed.WED, Closed.THU, Closed.FRI, Closed.SAT, Closed.SUN)


def ship_by(order: Order, shop: ShopSettings, now: float) -> float | None:
    """Return the moment (Unix seconds) at which an order is to leave; None if nobody knows, or it has left or ended.

    Args:
        now: taken for the moment of an order that does not tell when it was placed.
    """
    if shop.shipping is None or order.stage is not Stage.OPEN:
        return None
    zone = ZoneInfo(shop.timezone)
    placed_at = (order.placed_at or datetime.fromtimestamp(now, UTC)).astimezone(zone)
    day, left = placed_at.date(), shop.shipping.handling_days
    while True:
        if _is_open(day, shop.shipping):
            pickup = datetime.combine(day, shop.shipping.pickup_at, zone)
            if left <= 0 and pickup >= placed_at:
                return pickup.timestamp()
            left -= 1
        day += timedelta(days=1)


def _is_open(day: date, shipping: ShippingSettings) -> bool:
    is_closed = Closed.HOLIDAYS in shipping.closed and is_holiday(day)
    return not is_closed and _WEEKDAYS[day.weekday()] not in shipping.closed
