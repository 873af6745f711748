"""The orders that are measured with: the demo's buyers as WooCommerce deliveries of about 6 KB, no two alike."""

import base64
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shopguard.demo.document import full_document, kana_meta, new_document
from shopguard.demo.store import StoredOrder
from shopguard.demo.traffic import checkout
from shopguard.demo.wordpress import php_json

SECRET = "bench-webhook-secret-of-an-invented-shop"
_PLACED = "2026-11-02T01:15:00"
_GOODS = (("TEA-30", 1), ("TEN-7", 2), ("TEA-30", 3), ("TEN-7", 1), ("FIG-001", 1), ("TEA-30", 2))
_BY_PLUGINS = {  # what attribution, tax and stock plugins leave on every order
    **{f"_wc_order_attribution_{name}": "(none)" for name in ("utm_source", "utm_medium", "utm_campaign", "utm_id")},
    "_wc_order_attribution_session_entry": "https://shop.example.jp/product/tea-30?variant=loose-leaf",
    "_wc_order_attribution_user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
    "_wc_order_attribution_session_start_time": "2026-11-02 01:02:03",
    **{f"_stock_reduced_{number}": "yes" for number in range(1, 7)},
}


@dataclass(frozen=True)
class Delivery:
    """One signed request; ``headers`` in lower case."""

    headers: dict[str, str]
    body: bytes


def deliveries(count: int, first: int = 1) -> Iterator[Delivery]:
    """Yield ``count`` new orders from number ``first`` on: mostly unknown buyers, about a quarter of them listed."""
    for number in range(first, first + count):
        body = _body(number)
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        yield Delivery(
            {
                "content-type": "application/json",
                "user-agent": "WooCommerce/10.5.0 Hookshot (WordPress/6.9.1)",
                "x-wc-webhook-source": "https://shop.example.jp/",
                "x-wc-webhook-topic": "order.created",
                "x-wc-webhook-resource": "order",
                "x-wc-webhook-event": "created",
                "x-wc-webhook-signature": signature,
                "x-wc-webhook-id": "1",
                "x-wc-webhook-delivery-id": f"{number:032x}",
            },
            body,
        )


def _body(number: int) -> bytes:
    bought = replace(checkout(number % 5_000), items=_GOODS)
    document = new_document(bought, f"wc_order_{number:013}")
    meta = {**kana_meta(bought), **_BY_PLUGINS}
    document["meta_data"] = [
        {"id": at, "key": key, "value": value} for at, (key, value) in enumerate(meta.items(), 1)
    ]
    order = StoredOrder(number, "processing", _PLACED, _PLACED, None, document)
    return php_json(full_document(order, "https://shop.example.jp"))
