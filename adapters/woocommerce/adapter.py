"""WooCommerce: orders in by webhook and poll; notes, holds, releases and cancellations out by REST API."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

import structlog

from adapters.woocommerce.api import WooCommerceApi
from adapters.woocommerce.connect import connect_webhooks, examine_shop
from adapters.woocommerce.guide import GUIDE
from adapters.woocommerce.marks import FLAG_KEY, OwnHold
from adapters.woocommerce.orders import is_erased, meta_value, read_order, stage_of, status_of
from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.adapter import AdapterContext, Capability, Event, PlatformAdapter, WebhookRequest
from shopguard.errors import ActionUnsupported, OrderGone, PayloadInvalid, PlatformRefused
from shopguard.model import (
    ConnectReport,
    Finding,
    Mark,
    Order,
    OrderEvent,
    OrderRef,
    PrivacyKind,
    PrivacyRequest,
    ShopAlarm,
    Stage,
    Undo,
)
from shopguard.payload import decode_object, text
from shopguard.signatures import check_hmac

_log = structlog.get_logger()
_TOPICS = frozenset({"order.created", "order.updated", "order.restored"})  # order.deleted carries nothing but an id
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_CLOCKS_APART = timedelta(minutes=2)  # how far the site's clock may be behind ours when notes are compared

_ALARMS = {
    "woocommerce_rest_cannot_view": (
        "WooCommerce may no longer read the orders it should send: the account that made the webhook is gone or "
        "has lost its rights. Every later order is missed by the webhook. Delete ShopGuard's webhooks in WooCommerce "
        "(Settings, Advanced, Webhooks), then run `shopguard connect`: the new ones belong to the API key's account."
    ),
    "woocommerce_rest_shop_order_invalid_id": (
        "An order was deleted before WooCommerce could send it. There is nothing to do, unless staff did not delete "
        "any: then look into the shop's trash."
    ),
}
_OTHER_ALARM = "WooCommerce sent an error in place of an order. Run `shopguard doctor` and look into the shop's logs."


class WooCommerceAdapter(PlatformAdapter):
    """One WooCommerce shop. It is also a ``Feed``, a ``Connector`` and a ``Canceller``."""

    platform: ClassVar[str] = "woocommerce"
    capabilities = frozenset(
        {
            *(Capability.PUSH, Capability.POLL, Capability.FETCH, Capability.KANA, Capability.IP),
            *(Capability.FLAG, Capability.HOLD, Capability.RELEASE, Capability.GATE, Capability.CANCEL),
        }
    )
    settings_class: ClassVar[type] = WooCommerceSettings
    guide = GUIDE

    def __init__(self, settings: WooCommerceSettings, context: AdapterContext) -> None:
        self._settings = settings
        self._context = context
        self._api = WooCommerceApi(settings)

    def verify(self, request: WebhookRequest) -> None:
        signature = request.headers.get("x-wc-webhook-signature")
        check_hmac(request.body, signature, self._settings.webhook_secrets)

    def is_ping(self, request: WebhookRequest) -> bool:
        """WooCommerce says hello unsigned when a webhook is created, and again after failures."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return (
            media_type == "application/x-www-form-urlencoded"
            and _PING.fullmatch(request.body) is not None
            and not any(name.startswith("x-wc-") for name in request.headers)
        )

    def delivery_key(self, request: WebhookRequest) -> str:
        """Topic and digest of the body: the delivery id is shared by all orders that a webhook sends in one second.

        An error body names no order, so equal ones may stand for several lost orders: there the id is added.
        """
        key = f"{_topic(request)[:60]}:{sha256(request.body).hexdigest()}"
        if request.body.startswith(b'{"code":'):
            return f"{key}:{request.headers.get('x-wc-webhook-delivery-id', '')[:64]}"
        return key

    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        if _topic(request) not in _TOPICS:
            return []
        raw = decode_object(request.body)
        if "id" not in raw and (code := text(raw, "code")):
            return [self._alarm(code)]
        order = read_order(raw, self._context.shop, self._settings)
        if is_erased(raw):
            return [PrivacyRequest(order.shop, PrivacyKind.ERASE_PERSON, f"erased-order-{order.id}", (order.id,))]
        return [OrderEvent(order.ref, order)]

    def fetch(self, ref: OrderRef) -> Order:
        return self._read(self._api.order(ref.order_id))

    def orders_since(self, since: datetime) -> Iterator[Order | PayloadInvalid]:
        for raw in self._api.orders_changed_since(since):
            try:
                yield self._read(raw)
            except PayloadInvalid as error:
                yield error

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        raw = self._api.order(ref.order_id)
        if meta_value(raw, FLAG_KEY) == mark.key:
            return
        self._note(ref, mark, look_first=mark.attempt > 1)
        if status_of(raw) != "trash":  # writing an order in the trash may bring it back
            self._api.update_order(ref.order_id, {"meta_data": [{"key": FLAG_KEY, "value": mark.key}]})

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        raw = self._api.order(ref.order_id)
        status, own = status_of(raw), OwnHold.on(raw)
        if own and (own.key == mark.key or own.stands(status, self._settings.hold_status)):
            self._say(ref, mark, look_first=True)
            return {"status": own.previous}
        if stage_of(status, self._settings) is not Stage.OPEN:
            raise ActionUnsupported(f"order {ref.order_id} is {status}: it cannot be held")
        self._api.update_order(
            ref.order_id, self._change_status(status, self._settings.hold_status, OwnHold(mark.key, status))
        )
        self._say(ref, mark, look_first=mark.attempt > 1)
        return {"status": status}

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        raw = self._api.order(ref.order_id)
        status, own = status_of(raw), OwnHold.on(raw)
        if own is None or status == "trash":
            return
        if own.state == "held":
            before = str(undo.get("status") or own.previous)
            # What staff set meanwhile stays: only our mark goes.
            target = before if own.stands(status, self._settings.hold_status) else status
            self._api.update_order(ref.order_id, self._change_status(status, target, own.released()))
        self._say(ref, mark, look_first=mark.attempt > 1 or own.state == "released")

    def clear_gate(self, ref: OrderRef, to_status: str) -> None:
        raw = self._api.order(ref.order_id)
        status, own = status_of(raw), OwnHold.on(raw)
        ours = own is not None and own.stands(status, self._settings.hold_status)
        if status == self._settings.hold_status and not ours:
            self._api.update_order(ref.order_id, {"status": to_status})

    def cancel(self, ref: OrderRef, mark: Mark) -> None:
        """Cancel an order that has not left; WooCommerce puts the goods back into stock and mails the shop."""
        status = status_of(self._api.order(ref.order_id))
        cancelled = status == "cancelled"
        if not cancelled:
            if stage_of(status, self._settings) in (Stage.SHIPPED, Stage.CLOSED):
                raise ActionUnsupported(f"order {ref.order_id} is {status}: it cannot be cancelled")
            self._api.update_order(ref.order_id, {"status": "cancelled"})
        self._say(ref, mark, look_first=mark.attempt > 1 or cancelled)

    def connect(self, address: str) -> ConnectReport:
        return connect_webhooks(self._api, self._settings, address)

    def doctor(self, address: str) -> Iterator[Finding]:
        return examine_shop(self._api, self._settings, self._context.clock, address)

    def _read(self, raw: Mapping[str, Any]) -> Order:
        return read_order(raw, self._context.shop, self._settings)

    def _alarm(self, code: str) -> ShopAlarm:
        known = code if code.isascii() and code.replace("_", "").isalnum() else "unknown"
        return ShopAlarm(self._context.shop, known[:80], _ALARMS.get(known, _OTHER_ALARM))

    def _change_status(self, now: str, target: str, own: OwnHold) -> Mapping[str, object]:
        """One write for status and mark, so that no crash can part them. An unchanged status is not sent."""
        status = {} if now == target else {"status": target}
        return {**status, "meta_data": [own.as_meta()]}

    def _say(self, ref: OrderRef, mark: Mark, *, look_first: bool) -> None:
        """Write the note to what is done already: if the shop refuses notes (its firewall may), that still stands."""
        try:
            self._note(ref, mark, look_first=look_first)
        except OrderGone:
            raise
        except PlatformRefused as error:
            _log.warning("note_refused", shop=ref.shop, order=ref.order_id, code=error.code)

    def _note(self, ref: OrderRef, mark: Mark, *, look_first: bool) -> None:
        if not mark.text:
            return
        if look_first and self._api.has_note(ref.order_id, mark.text, mark.since - _CLOCKS_APART):
            return
        self._api.add_note(ref.order_id, mark.text)


def _topic(request: WebhookRequest) -> str:
    return request.headers.get("x-wc-webhook-topic", "")
