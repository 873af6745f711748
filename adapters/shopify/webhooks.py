"""Shopify's deliveries: who sent them, what they are, what they say. Pure: no network, no clock."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from adapters.shopify.orders import REST, OrderReader
from shopguard.adapter import Event, WebhookRequest
from shopguard.errors import PayloadInvalid
from shopguard.model import OrderEvent, OrderRef, PrivacyKind, PrivacyRequest, ShopAlarm
from shopguard.payload import decode_object, items, required_id, text, texts

_LONGEST_KEY = 255
_ORDER_TOPICS = frozenset({"orders/create", "orders/updated", "orders/paid", "orders/cancelled"})
_PRIVACY_TOPICS = {
    "customers/data_request": PrivacyKind.ACCESS,
    "customers/redact": PrivacyKind.ERASE_PERSON,
    "shop/redact": PrivacyKind.ERASE_SHOP,
}


def header(request: WebhookRequest, name: str) -> str:
    """Return Shopify's header ``name``, or "". Newer deliveries drop the ``X-`` before the name."""
    return request.headers.get(f"x-shopify-{name}") or request.headers.get(f"shopify-{name}") or ""


def delivery_key(request: WebhookRequest, domain: str) -> str:
    """Return shop, topic and webhook id, which stays the same on Shopify's retries; at most 255 characters."""
    delivery = header(request, "webhook-id") or sha256(request.body).hexdigest()
    key = f"{domain}|{header(request, 'topic')}|{delivery}"
    return key if len(key) <= _LONGEST_KEY else sha256(key.encode("utf-8", "replace")).hexdigest()


def events(request: WebhookRequest, domain: str, reader: OrderReader) -> Sequence[Event]:
    """Return what the delivery says to the shop at ``domain``, whose orders ``reader`` reads."""
    topic = header(request, "topic")
    if topic in _ORDER_TOPICS:
        is_test = header(request, "test").lower() == "true"
        order = reader.read(decode_object(request.body), REST, is_test)
        return [OrderEvent(order.ref, order)]
    if topic == "orders/edited":  # carries the edit, not the order
        return [_number_only(reader.shop, required_id(decode_object(request.body), "order_edit.order_id"))]
    if topic == "fulfillment_orders/order_routing_complete":
        return _routed(reader.shop, decode_object(request.body))
    if topic in _PRIVACY_TOPICS:
        return [_privacy(request, domain, reader.shop, _PRIVACY_TOPICS[topic])]
    if topic == "app/uninstalled":
        said = "ShopGuard's app was removed from the Shopify shop: no orders arrive and no hold can be placed."
        return [ShopAlarm(reader.shop, "app_uninstalled", said)]
    return []


def _number_only(shop: str, order_id: str) -> OrderEvent:
    """Return the event of an order whose parcels are new ones: what is held of it may be no longer all of it."""
    return OrderEvent(OrderRef(shop, order_id), None, parcels_changed=True)


def _routed(shop: str, body: Mapping[str, Any]) -> Sequence[Event]:
    """Return the order whose parcels now exist, if the delivery names it: documented is only their own id."""
    named = text(body, "fulfillment_order.order_id") or text(body, "order_id") or ""
    order_id = named.removeprefix("gid://shopify/Order/")
    return [_number_only(shop, order_id)] if order_id.isdecimal() else []


def _privacy(request: WebhookRequest, domain: str, shop: str, kind: PrivacyKind) -> PrivacyRequest:
    body = decode_object(request.body)
    named = text(body, "shop_domain")
    if named is None or named.lower() != domain:
        # Headers are not signed: without this, one shop's request could be replayed at another of the same app, and
        # an order, which names no shop, as the request to erase its buyer.
        raise PayloadInvalid("shop_domain: the request is not about this shop")
    orders = "orders_requested" if kind is PrivacyKind.ACCESS else "orders_to_redact"
    number = text(body, "data_request.id") or header(request, "webhook-id")
    return PrivacyRequest(
        shop=shop,
        kind=kind,
        request_id=number or sha256(request.body).hexdigest()[:16],
        order_ids=texts(body, *(f"{orders}.{n}" for n in range(len(items(body, orders))))),
        emails=texts(body, "customer.email"),
        phones=texts(body, "customer.phone"),
    )
