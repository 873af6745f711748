"""What the pages of orders work with, and what they may show to whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import abort

from shopguard.guard.reviews import Reviews
from shopguard.guard.shops import Shops
from shopguard.guard.store import OrderStore
from shopguard.identity.one_line import name_line
from shopguard.model import Order, OrderRef
from shopguard.web import formats
from shopguard.web.app import viewer


@dataclass(frozen=True, slots=True)
class Desk:
    """``clock`` is Unix seconds."""

    reviews: Reviews
    store: OrderStore
    shops: Shops
    clock: Callable[[], float]

    def shops_seen(self) -> Sequence[str]:
        """Return the names of the shops that the viewer may see."""
        return [name for name in self.shops if viewer().account.may_see(name)]

    def zone(self, shop: str) -> ZoneInfo:
        """Return the zone that a shop's moments are shown in."""
        guarded = self.shops.get(shop)
        return ZoneInfo(guarded.settings.timezone) if guarded else formats.ZONE


def seen_ref(shop: str, order_id: str) -> OrderRef:
    """Return an order's reference; 404 where the viewer may not see its shop."""
    if not viewer().account.may_see(shop):
        abort(404)
    return OrderRef(shop, order_id)


def buyer_of(order: Order | None) -> str:
    """Return the buyer's name as a page shows it; empty once retention has erased it."""
    return "" if order is None else name_line(order.buyer)
