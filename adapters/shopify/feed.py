"""Orders read from Shopify: one by its number, or all that changed since a moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.shopify.graphql import AdminApi
from adapters.shopify.orders import GRAPHQL, ORDER_FIELDS, OrderReader
from shopguard.errors import OrderGone, PayloadInvalid
from shopguard.model import Order, OrderRef
from shopguard.payload import dig, items, text

READ_ORDER = f"query OneOrder($id: ID!) {{ order(id: $id) {{ {ORDER_FIELDS} }} }}"

# 25 at once: such a page costs well below the 1,000 points that one query may cost (read 2026-11).
READ_CHANGED = f"""
query ChangedOrders($since: String!, $after: String) {{
  orders(first: 25, after: $after, query: $since, sortKey: UPDATED_AT) {{
    nodes {{ {ORDER_FIELDS} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

READ_LATEST = f"""
query LatestOrders {{
  orders(first: 25, sortKey: CREATED_AT, reverse: true) {{ nodes {{ {ORDER_FIELDS} }} }}
}}"""


@dataclass(frozen=True, slots=True)
class OrderFeed:
    """Reads the orders of one shop."""

    api: AdminApi
    reader: OrderReader

    def one(self, ref: OrderRef) -> Order:
        order = self.api.ask(READ_ORDER, id=f"gid://shopify/Order/{ref.order_id}").get("order")
        if not isinstance(order, dict):
            raise OrderGone(f"order {ref.order_id}: Shopify does not know it")
        return self.reader.read(order, GRAPHQL)

    def since(self, moment: datetime) -> Iterator[Order | PayloadInvalid]:
        """Yield the orders changed at ``moment`` or later, oldest change first, page by page as they are taken.

        In place of one that cannot be read comes the error.
        """
        changed = f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
        after: str | None = None
        while True:
            page = self.api.ask(READ_CHANGED, since=changed, after=after).get("orders")
            for order in items(page, "nodes"):
                yield self._read(order)
            after = text(page, "pageInfo.endCursor")
            if dig(page, "pageInfo.hasNextPage") is not True or after is None:
                return

    def latest(self) -> list[Order]:
        """Return the newest orders that can be read, at most 25."""
        found = map(self._read, items(self.api.ask(READ_LATEST).get("orders"), "nodes"))
        return [order for order in found if isinstance(order, Order)]

    def _read(self, order: Mapping[str, Any]) -> Order | PayloadInvalid:
        try:
            return self.reader.read(order, GRAPHQL)
        except PayloadInvalid as error:
            return error
