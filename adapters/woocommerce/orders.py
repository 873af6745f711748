"""A WooCommerce order, as webhooks and REST API both write it, read into the words of the domain.

Fields: WooCommerce REST API documentation, "Order properties"; checked against WooCommerce 10.5.0 (2026-11).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.woocommerce.payments import payment_kind
from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.errors import PayloadInvalid
from shopguard.model import Order, Party, Payment, PaymentKind, Stage
from shopguard.payload import dig, items, moment, money, required_id, text, texts

_DRAFT = frozenset(
    {"checkout-draft", "auto-draft", "draft"}
)  # the block checkout saves orders before they are placed
_CLOSED = frozenset({"cancelled", "refunded", "failed", "trash"})

# What a person fills in; a state or country alone is a preset of the checkout.
_WRITTEN = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode")


def read_order(raw: Mapping[str, Any], shop: str, settings: WooCommerceSettings) -> Order:
    """Return the order in ``raw``; ``PayloadInvalid`` if it has no usable id or no status.

    An order whose personal data WordPress has erased comes back without people.
    """
    order_id = required_id(raw, "id")
    known = {} if is_erased(raw) else _people(raw, settings)
    return Order(
        id=order_id,
        shop=shop,
        number=text(raw, "number") or order_id,
        placed_at=moment(raw, "date_created_gmt"),  # UTC without a suffix; date_created is in the shop's own time
        changed_at=moment(raw, "date_modified_gmt"),
        currency=text(raw, "currency") or "JPY",
        total=money(raw, "total") or Decimal(0),
        payment=_payment(raw, settings),
        stage=stage_of(status_of(raw), settings),
        **known,
    )


def status_of(raw: Mapping[str, Any]) -> str:
    """Return the order's status without ``wc-``; ``PayloadInvalid`` if it has none."""
    status = text(raw, "status")
    if status is None:
        raise PayloadInvalid("status: missing, so this is no order")
    return status


def stage_of(status: str, settings: WooCommerceSettings) -> Stage:
    """Return where an order of ``status`` stands; a status that plugins added is open."""
    if status in _DRAFT:
        return Stage.DRAFT
    if status in _CLOSED:
        return Stage.CLOSED
    return Stage.SHIPPED if status in settings.shipped_statuses else Stage.OPEN


def is_erased(raw: Mapping[str, Any]) -> bool:
    """Whether WordPress has erased the order's personal data in place.

    The eraser leaves a meta mark that no buyer can set. Without the mark, *everything* a buyer writes must have
    become one placeholder ("[deleted]", translated with the site): names and a mail address alone could be typed
    at the checkout, to be passed over. Source: class-wc-privacy-erasers.php (read 2026-11).
    """
    if _meta(raw, "_anonymized") == "yes":
        return True
    left = set(texts(raw, *(f"{party}.{name}" for party in ("billing", "shipping") for name in _WRITTEN)))
    return len(left) == 1 and left.pop().startswith("[") and (text(raw, "billing.email") or "").endswith(".invalid")


def meta_value(raw: Mapping[str, Any], key: str) -> object:
    """Return the value of the order's meta data ``key``, of any JSON type, or None."""
    return next((dig(meta, "value") for meta in items(raw, "meta_data") if dig(meta, "key") == key), None)


def _meta(raw: Mapping[str, Any], key: str) -> str:
    return text({"value": meta_value(raw, key)}, "value") or ""


def _people(raw: Mapping[str, Any], settings: WooCommerceSettings) -> dict[str, Any]:
    delivered = any(text(raw, f"shipping.{name}") for name in _WRITTEN)
    return {
        "buyer": _party(raw, "billing", settings),
        "recipients": (_party(raw, "shipping", settings),) if delivered else (),
        "ip": text(raw, "customer_ip_address"),
        "user_agent": text(raw, "customer_user_agent"),
        "note": text(raw, "customer_note") or "",
    }


def _party(raw: Mapping[str, Any], party: str, settings: WooCommerceSettings) -> Party:
    return Party(
        family=text(raw, f"{party}.last_name"),
        given=text(raw, f"{party}.first_name"),
        kana=_kana(raw, party, settings),
        company=text(raw, f"{party}.company"),
        country=text(raw, f"{party}.country"),
        postal_code=text(raw, f"{party}.postcode"),
        region=text(raw, f"{party}.state"),
        city=text(raw, f"{party}.city"),
        lines=tuple(line for n in (1, 2) if (line := text(raw, f"{party}.address_{n}"))),
        phones=texts(raw, f"{party}.phone"),
        emails=texts(raw, f"{party}.email"),
    )


def _kana(raw: Mapping[str, Any], party: str, settings: WooCommerceSettings) -> str | None:
    for reading in settings.kana_keys:
        parts = (_meta(raw, key) for key in reading.replace("{party}", party).split())
        if joined := " ".join(part for part in parts if part):
            return joined
    return None


def _payment(raw: Mapping[str, Any], settings: WooCommerceSettings) -> Payment:
    slug, title = text(raw, "payment_method"), text(raw, "payment_method_title")
    return Payment(payment_kind(settings, slug, title) or PaymentKind.OTHER, title or slug or "")
