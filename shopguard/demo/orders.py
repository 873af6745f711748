"""What WooCommerce does with an order: place it, change its status, meta data and notes, and tell the webhooks."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shopguard.demo.document import BANK_TRANSFER, BILLING, COD, SHIPPING, Checkout, kana_meta, new_document
from shopguard.demo.store import Effect, Note, ShopStore, StoredOrder
from shopguard.demo.wordpress import gmt

STATUS_NAMES = {
    "auto-draft": "Auto draft",
    "pending": "Pending payment",
    "processing": "Processing",
    "on-hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
}
TRASH = "trash"
_FIRST_STATUS = {BANK_TRANSFER: "on-hold"}  # everything else goes straight to processing
_FIRST_NOTE = {COD: "Payment to be made upon delivery.", BANK_TRANSFER: "Awaiting BACS payment."}
_UNPAID_UNTIL_COMPLETED = frozenset({COD})


class OrderUnknown(LookupError):
    """There is no such order (any more)."""


class Orders:
    """The shop's orders. Each method is one transaction with the news for the webhooks in it.

    Args:
        delay_s: returns how long the next delivery waits (seconds).
        wake: called after news was noted.
    """

    def __init__(
        self,
        store: ShopStore,
        delay_s: Callable[[], float] = lambda: 0.0,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._delay_s, self._wake, self._clock = store, delay_s, wake, clock

    def get(self, order_id: int) -> StoredOrder:
        """Return the order; raises ``OrderUnknown``."""
        order = self._store.order(order_id)
        if order is None:
            raise OrderUnknown(order_id)
        return order

    def start(self, checkout: Checkout, number: int | None = None) -> StoredOrder:
        """Take a checkout in: as a draft, which only fires *updated*, or placed at once.

        Args:
            number: the checkout's place in the invented sequence; the same one twice is refused by the store.
        """
        with self._store.transaction():
            document = new_document(checkout, f"wc_order_{secrets.token_hex(8)}")
            order = self._store.add_order("checkout-draft", self._now(), document, number)
            self._merge_meta(order, [{"key": k, "value": v} for k, v in kana_meta(checkout).items()])
            self._store.save_order(order)
            if checkout.draft:
                self._announce("order.updated", order)
            else:
                self.place(order.id)
        self._wake()
        return self.get(order.id)

    def place(self, order_id: int) -> None:
        """Turn a draft into an order, in the first status of its payment. *Updated* goes out before *created*."""
        with self._store.transaction():
            order = self.get(order_id)
            method = order.document["payment_method"]
            status = _FIRST_STATUS.get(method, "processing")
            note = (
                f"{_FIRST_NOTE.get(method, '')} Order status changed from Pending payment to {STATUS_NAMES[status]}."
            )
            self._set_status(order, status)
            self._save(order)
            self._store.add_note(order_id, self._now(), note.strip(), False)
            self._announce("order.created", order)
        self._wake()

    def update(self, order_id: int, changes: Mapping[str, Any], *, journal: bool = False) -> StoredOrder:
        """Apply a PUT: status, meta data by key, addresses, customer note; unknown keys are ignored.

        It fires *updated* even if nothing is different. An order in the trash comes back.

        Args:
            journal: whether status and meta changes are entered as effects (for calls from outside).
        """
        with self._store.transaction():
            order = self.get(order_id)
            effects = self._merge_meta(order, changes.get("meta_data") or ())
            for key, allowed in (("billing", BILLING), ("shipping", SHIPPING)):
                order.document[key] |= {k: str(v) for k, v in (changes.get(key) or {}).items() if k in allowed}
            if "customer_note" in changes:
                order.document["customer_note"] = str(changes["customer_note"])
            before, status = order.status, changes.get("status", order.status)
            if status != before:
                self._set_status(order, status)
                effects.append(Effect(self._now(), order_id, "status", "status", before, status))
                note = f"Order status changed from {STATUS_NAMES.get(before, 'Trash')} to {STATUS_NAMES[status]}."
                self._store.add_note(order_id, self._now(), note, False)
            self._save(order)
            if journal:
                for effect in effects:
                    self._store.journal(effect)
        self._wake()
        return order

    def add_note(self, order_id: int, text: str, customer_note: bool = False, *, journal: bool = False) -> Note:
        """Write a note, which fires nothing; raises ``OrderUnknown``."""
        with self._store.transaction():
            self.get(order_id)
            note = self._store.add_note(order_id, self._now(), text, customer_note)
            if journal:
                self._store.journal(Effect(note.created, order_id, "note", "note", "", text))
        return note

    def trash(self, order_id: int) -> None:
        """Move an order to the trash: *deleted* fires, a later PUT brings it back."""
        with self._store.transaction():
            order = self.get(order_id)
            order.status = TRASH
            self._store.save_order(order)
            self._announce("order.deleted", order)
        self._wake()

    def remove(self, order_id: int) -> None:
        """Delete an order for good. What still waits to be sent about it becomes a signed error body."""
        with self._store.transaction():
            order = self.get(order_id)
            self._store.remove_order(order_id)
            self._announce("order.deleted", order)
        self._wake()

    def _set_status(self, order: StoredOrder, status: str) -> None:
        """Change the status and what hangs on it: when it was paid, when it was completed."""
        order.status = status
        document = order.document
        paying = "completed" if document["payment_method"] in _UNPAID_UNTIL_COMPLETED else "processing"
        if document["date_paid_gmt"] is None and status in (paying, "completed"):
            document["date_paid_gmt"] = self._now()
        if status == "completed":
            document["date_completed_gmt"] = self._now()

    def _merge_meta(self, order: StoredOrder, changes: Sequence[Mapping[str, Any]]) -> list[Effect]:
        """Set meta values by key; null removes one. Returns what really changed."""
        meta: list[dict[str, Any]] = order.document["meta_data"]
        effects = []
        for change in changes:
            key, value = str(change.get("key", "")), change.get("value")
            standing = next((entry for entry in meta if entry["key"] == key), None)
            before = standing["value"] if standing else None
            if before == value:
                continue
            if standing and value is None:
                meta.remove(standing)
            elif standing:
                standing["value"] = value
            else:
                meta.append({"id": self._store.count("meta") + 1, "key": key, "value": value})
            effects.append(Effect(self._now(), order.id, "meta", key, _text(before), _text(value)))
        return effects

    def _save(self, order: StoredOrder) -> None:
        order.modified = self._now()
        self._store.save_order(order)
        self._announce("order.updated", order)

    def _announce(self, topic: str, order: StoredOrder) -> None:
        for webhook in reversed(self._store.webhooks()):
            if webhook.status == "active" and webhook.topic == topic:
                self._store.enqueue(webhook.id, order.id, self._clock().timestamp() + self._delay_s())

    def _now(self) -> str:
        return gmt(self._clock())


def _text(value: object) -> str:
    return "" if value is None else str(value)
