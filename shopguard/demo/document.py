"""The order document in WooCommerce's shape: made from a checkout, completed when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from shopguard.demo.store import StoredOrder
from shopguard.demo.wordpress import site_time
from shopguard.errors import PayloadInvalid

ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")
BILLING = (*ADDRESS, "email", "phone")
SHIPPING = (*ADDRESS, "phone")

COD = "cod"
BANK_TRANSFER = "bacs"
PAYMENTS = {
    COD: "代金引換",
    BANK_TRANSFER: "銀行振込",
    "stripe": "クレジットカード",
    "paidy": "あと払い（ペイディ）",
}

_PRODUCTS = {  # article number: product id, name, price in yen with tax
    "TEA-30": (10, "有機緑茶ティーバッグ 30包", 1500),
    "FIG-001": (11, "限定フィギュア「猫又」", 24800),
    "TEN-7": (12, "手ぬぐい「青海波」", 1980),
}
_SHIPPING_FEE = 600
_COD_FEE = 330


@dataclass(frozen=True, slots=True)
class Checkout:
    """What one buyer sends off.

    Args:
        billing, shipping: WooCommerce's address keys; an empty ``shipping`` means the same as ``billing``.
        kana: reading of the family and the given name, as the kana plugin stores it.
        items: article number and quantity.
        draft: left in the basket first, placed a little later.
        correction: billing keys the buyer changes after ordering.
    """

    billing: Mapping[str, str]
    payment_method: str = COD
    shipping: Mapping[str, str] | None = None
    kana: tuple[str, str] | None = None
    items: tuple[tuple[str, int], ...] = (("TEA-30", 1),)
    customer_note: str = ""
    ip: str = "203.0.113.1"
    draft: bool = False
    correction: Mapping[str, str] | None = None


def new_document(checkout: Checkout, order_key: str) -> dict[str, Any]:
    """Return what is stored of an order: everything but its number, status and moments.

    Raises ``PayloadInvalid`` for an article the shop does not sell.
    """
    if unknown := [sku for sku, _ in checkout.items if sku not in _PRODUCTS]:
        raise PayloadInvalid(f"no such article: {', '.join(unknown)}")
    billing = {key: checkout.billing.get(key, "JP" if key == "country" else "") for key in BILLING}
    shipping = {key: (checkout.shipping or billing).get(key, billing[key]) for key in SHIPPING}
    goods = [(sku, *_PRODUCTS[sku], quantity) for sku, quantity in checkout.items]
    gross = sum(price * quantity for _, _, _, price, quantity in goods)
    cod_fee = _COD_FEE if checkout.payment_method == COD else 0
    goods_tax, shipping_tax = _tax(gross), _tax(_SHIPPING_FEE)
    return {
        "discount_total": "0",
        "discount_tax": "0",
        "shipping_total": str(_SHIPPING_FEE - shipping_tax),
        "shipping_tax": str(shipping_tax),
        "cart_tax": str(goods_tax),
        "total": str(gross + _SHIPPING_FEE + cod_fee),
        "total_tax": str(goods_tax + shipping_tax),
        "customer_id": 0,
        "order_key": order_key,
        "billing": billing,
        "shipping": shipping,
        "payment_method": checkout.payment_method,
        "payment_method_title": PAYMENTS.get(checkout.payment_method, checkout.payment_method),
        "transaction_id": "",
        "customer_ip_address": checkout.ip,
        "customer_user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
        "created_via": "store-api",
        "customer_note": checkout.customer_note,
        "date_completed_gmt": None,
        "date_paid_gmt": None,
        "meta_data": [],
        "line_items": [_line(number, *good) for number, good in enumerate(goods, start=1)],
        "fee_lines": [_fee_line(len(goods) + 1, cod_fee)] if cod_fee else [],
    }


def kana_meta(checkout: Checkout) -> dict[str, str]:
    """Return the reading under the keys of the usual Japanese plugin."""
    if checkout.kana is None:
        return {}
    family, given = checkout.kana
    return {
        f"_{side}_yomigana_{part}": reading
        for side in ("billing", "shipping")
        for part, reading in (("last_name", family), ("first_name", given))
    }


def full_document(order: StoredOrder, site: str) -> dict[str, Any]:
    """Return ``order`` as GET /orders/{id} and the webhooks show it, key by key in WooCommerce's order.

    Source: recordings of WooCommerce 10.5.0, November 2026.
    """
    kept = dict(order.document)
    paid, completed = kept.pop("date_paid_gmt"), kept.pop("date_completed_gmt")
    meta = sorted(kept.pop("meta_data"), key=lambda entry: str(entry["key"]))
    line_items, fee_lines = kept.pop("line_items"), kept.pop("fee_lines")
    return {
        "id": order.id,
        "parent_id": 0,
        "status": order.status,
        "currency": "JPY",
        "version": "10.5.0",
        "prices_include_tax": True,
        "date_created": site_time(order.created),
        "date_modified": site_time(order.modified),
        **kept,
        "date_completed": site_time(completed),
        "date_paid": site_time(paid),
        "cart_hash": md5(str(line_items).encode(), usedforsecurity=False).hexdigest(),
        "number": str(order.id),
        "meta_data": meta,
        "line_items": line_items,
        "tax_lines": [_tax_line(kept)],
        "shipping_lines": [_shipping_line(kept)],
        "fee_lines": fee_lines,
        "coupon_lines": [],
        "refunds": [],
        "payment_url": f"{site}/checkout/order-pay/{order.id}/?pay_for_order=true&key={kept['order_key']}",
        "is_editable": order.status in ("pending", "on-hold", "auto-draft"),
        "needs_payment": order.status in ("pending", "failed", "checkout-draft"),
        "needs_processing": True,
        "date_created_gmt": order.created,
        "date_modified_gmt": order.modified,
        "date_completed_gmt": completed,
        "date_paid_gmt": paid,
        "currency_symbol": "¥",
        "_links": links(site, f"orders/{order.id}", "orders", "GET", "POST", "PUT", "PATCH", "DELETE"),
    }


def links(site: str, path: str, collection: str, *allow: str) -> dict[str, Any]:
    """Return the ``_links`` of one object of the REST API."""
    base = f"{site}/wp-json/wc/v3"
    return {
        "self": [{"href": f"{base}/{path}", "targetHints": {"allow": list(allow)}}],
        "collection": [{"href": f"{base}/{collection}"}],
    }


def _tax(gross: int) -> int:
    return gross - round(gross / 1.1)


def _line(number: int, sku: str, product_id: int, name: str, price: int, quantity: int) -> dict[str, Any]:
    gross = price * quantity
    net, tax = str(gross - _tax(gross)), str(_tax(gross))
    return {
        "id": number,
        "name": name,
        "product_id": product_id,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": net,
        "subtotal_tax": tax,
        "total": net,
        "total_tax": tax,
        "taxes": [{"id": 1, "total": tax, "subtotal": tax}],
        "meta_data": [],
        "sku": sku,
        "global_unique_id": "",
        "price": round(price / 1.1, 6),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _fee_line(number: int, fee: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": "代引手数料",
        "tax_class": "0",
        "tax_status": "taxable",
        "amount": str(fee),
        "total": str(fee),
        "total_tax": "0",
        "taxes": [],
        "meta_data": [],
    }


def _tax_line(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": 90,
        "rate_code": "JP-消費税-1",
        "rate_id": 1,
        "label": "消費税",
        "compound": False,
        "tax_total": kept["cart_tax"],
        "shipping_tax_total": kept["shipping_tax"],
        "rate_percent": 10,
        "meta_data": [],
    }


def _shipping_line(kept: Mapping[str, Any]) -> dict[str, Any]:
    tax = kept["shipping_tax"]
    return {
        "id": 91,
        "method_title": "宅配便",
        "method_id": "flat_rate",
        "instance_id": "1",
        "total": kept["shipping_total"],
        "total_tax": tax,
        "taxes": [{"id": 1, "total": tax, "subtotal": ""}],
        "tax_status": "taxable",
        "meta_data": [],
    }
