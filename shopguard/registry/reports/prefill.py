"""A report begun from an order that the guard saw: what it says is filled in, what only the shop knows is not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopguard import wire
from shopguard.identity.one_line import region_line
from shopguard.model import Category, Order, PaymentKind
from shopguard.registry.calendar import JST
from shopguard.registry.reports.wording import QUESTIONS

_NOT_YET: Mapping[Category, Mapping[str, Any]] = {
    Category.UNPAID: {
        "shipped_on": None,
        "carrier": "",
        "tracking": "",
        "delivered_on": None,
        "due_on": None,
        "reminders": [],
        "warned_on": None,
        "replies": "",
        "payments": [],
    },
    Category.COD_REFUSED: {
        "shipped_on": None,
        "carrier": "",
        "tracking": "",
        "refused_on": None,
        "return_reason": "",
    },
    Category.MALICIOUS_CLAIM: {"delivered_on": None, "replies": ""},
}


def prefilled(order: Order, category: Category | None = None) -> Mapping[str, Any]:
    """Return a report on ``order`` as JSON data, to be completed and then read by ``read_content``.

    Args:
        category: None: a refused parcel if it was to be paid on delivery, else an unpaid bill.
    """
    if category is None:
        category = Category.COD_REFUSED if order.payment.kind is PaymentKind.COD else Category.UNPAID
    buyer = replace(order.buyer, region=region_line(order.buyer) or None)
    return {
        "order_id": order.id,
        "order_number": order.number,
        "category": category.value,
        "party": {name: value for name, value in wire.plain(buyer).items() if value},
        "ordered_on": order.placed_at and order.placed_at.astimezone(JST).date().isoformat(),
        "payment": order.payment.kind.value,
        "items": "",
        "amount": str(order.total),
        "currency": order.currency,
        **_NOT_YET.get(category, {}),
        "complained_on": None,
        "disputed": False,
        "age_doubt": False,
        "mall": False,
        "answers": {**dict.fromkeys(QUESTIONS, ""), "evidence": {name: [] for name in QUESTIONS}},
        "note": "",
    }
