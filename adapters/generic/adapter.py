"""The adapter that does what its settings describe, and nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

import structlog

from adapters.generic.guide import GUIDE
from adapters.generic.orders import OrderReader
from adapters.generic.settings import ApiSettings, CallSettings, GenericSettings, HoldSettings, SignatureSettings
from adapters.generic.templates import fill_json, fill_path, fill_text, placeholders
from shopguard import payload
from shopguard.adapter import AdapterContext, Capability, Event, PlatformAdapter, WebhookRequest
from shopguard.errors import ActionUnsupported, PayloadInvalid, PlatformRefused, SignatureInvalid
from shopguard.http import PlatformApi
from shopguard.model import Mark, Order, OrderEvent, OrderRef, Undo
from shopguard.signatures import check_age, check_hmac, check_standard_webhooks, check_token

T = TypeVar("T")
_log = structlog.get_logger()
_MAX_PAGES = 1000


class GenericAdapter(PlatformAdapter):
    """One cart described in YAML. ``capabilities`` of an instance are those that its settings describe."""

    platform = "generic"
    capabilities = frozenset(Capability) - {Capability.GATE}
    settings_class = GenericSettings
    guide = GUIDE

    def __init__(self, settings: object, context: AdapterContext) -> None:
        if not isinstance(settings, GenericSettings):
            raise TypeError(f"GenericSettings wanted, not {type(settings).__name__}")
        self._settings, self._shop = settings, context.shop
        self._orders = OrderReader(settings, context.shop)
        self._api = _connect(settings.api) if settings.api else None
        self.capabilities = frozenset(_described(settings))

    # --- deliveries ---

    def verify(self, request: WebhookRequest) -> None:
        signature = self._settings.signature
        if signature is None:
            raise SignatureInvalid("this shop sends no webhooks")
        if signature.scheme == "standard_webhooks":
            check_standard_webhooks(
                request.headers, request.body, request.received_at, signature.secrets, signature.tolerance_s
            )
        elif signature.scheme == "token":
            check_token(_header(request, signature.header), signature.secrets)
        else:
            _check_signed_message(signature, request)

    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        decoded = self._orders.decode(request.body)
        if not self._is_about_orders(request, decoded):
            return []
        found = self._orders.orders_in(decoded, self._settings.orders_path)
        if self._settings.number_only:
            return [OrderEvent(OrderRef(self._shop, self._orders.order_id(sent)), None) for sent in found]
        orders = [self._orders.order(sent) for sent in found]
        return [OrderEvent(order.ref, order) for order in orders]

    def delivery_key(self, request: WebhookRequest) -> str:
        signature, name = self._settings.signature, self._settings.delivery_id_header
        if signature and signature.scheme == "standard_webhooks":
            name = name or "webhook-id"
        sent = _header(request, name) if name else None
        # hashed, because a header may be of any length and content
        return sha256(sent.encode("utf-8", "replace") if sent else request.body).hexdigest()

    def _is_about_orders(self, request: WebhookRequest, decoded: object) -> bool:
        topic = self._settings.topic
        if topic is None:
            return True
        said = _header(request, topic.header) if topic.header else payload.text(decoded, topic.path)
        return said in topic.orders

    # --- reading ---

    def fetch(self, ref: OrderRef) -> Order:
        fetch = self._able(self._settings.actions.fetch, "fetch")
        answer = self._calling.call("GET", fill_path(fetch.path, {"order_id": ref.order_id})).json
        try:
            order = self._orders.order(next(self._orders.orders_in(answer, fetch.order_path), {}))
        except PayloadInvalid as error:
            raise PlatformRefused(f"order {ref.order_id}: {error}", "unreadable") from None
        if order.ref != ref:
            raise PlatformRefused(f"order {ref.order_id}: the answer is about another order", "mixed_up")
        return order

    def orders_since(self, since: datetime) -> Iterator[Order | PayloadInvalid]:
        for sent in self._listed(since):
            try:
                yield self._orders.order(sent)
            except PayloadInvalid as error:
                yield error

    def _listed(self, since: datetime) -> Iterator[object]:
        feed = self._able(self._settings.feed, "list orders")
        moment = (
            str(int(since.timestamp()))
            if feed.since_format == "unix"
            else f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
        query = {name: fill_text(value, {"since": moment}) for name, value in feed.params.items()}
        before: Sequence[object] = ()
        for page in range(feed.first_page, feed.first_page + _MAX_PAGES):
            params = {**query, feed.page_param: str(page)} if feed.page_param else query
            try:
                answer = self._calling.call("GET", feed.path, params=params).json
                orders = self._orders.listed_in(answer, feed.orders_path)
            except PayloadInvalid as error:
                raise PlatformRefused(f"list of orders: {error}", "unreadable") from None
            if not orders or orders == before:  # some carts answer their last page again and again
                return
            yield from orders
            if not feed.page_param:
                return
            before = orders
        raise PlatformRefused(f"the list of orders does not end after {_MAX_PAGES} pages", "endless")

    # --- writing ---

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        flag = self._able(self._settings.actions.flag, "flag an order")
        self._make(flag.calls, _values(ref, mark), mark.attempt)

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        hold = self._able(self._settings.actions.hold, "hold an order")
        status, remembered = self._state(ref)
        if status == hold.status:
            return self._hold_again(hold, ref, mark, remembered)
        if status not in hold.holdable:
            raise ActionUnsupported(f"order {ref.order_id} cannot be stopped in its status")
        self._change(ref, hold.calls, _values(ref, mark, status), mark.attempt, lambda now: now == hold.status)
        return {"status": status}

    def _hold_again(self, hold: HoldSettings, ref: OrderRef, mark: Mark, remembered: str) -> Undo:
        """Finish a hold that stands: ours, broken off after the status, or one that the shop had placed itself."""
        if not remembered and mark.attempt > 1:
            remembered = _only(hold.holdable)
        previous = remembered or hold.status  # the shop's own hold: nothing to undo
        calls = hold.calls if remembered else [call for call in hold.calls if _carries_note(call)]
        self._change(ref, calls, _values(ref, mark, previous), mark.attempt, lambda now: now == hold.status)
        return {"status": previous}

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        release = self._able(self._settings.actions.release, "release an order")
        hold = self._able(self._settings.actions.hold, "hold an order")
        status, remembered = self._state(ref)
        # the core has no undo of a hold whose answer was lost
        previous = str(undo.get("status") or remembered or _only(hold.holdable))
        if status == hold.status and previous in hold.holdable:  # any other was the shop's own hold
            values = _values(ref, mark, previous)
            self._change(ref, release.calls, values, mark.attempt, lambda now: now != hold.status)

    def cancel(self, ref: OrderRef, mark: Mark) -> None:
        """Cancel the order by the described calls."""
        cancel = self._able(self._settings.actions.cancel, "cancel an order")
        self._make(cancel.calls, _values(ref, mark), mark.attempt)

    def _state(self, ref: OrderRef) -> tuple[str, str]:
        """Return the present status, and the one that a hold of ours wrote down (empty if none)."""
        read = self._able(self._settings.actions.read, "read an order")
        answer = self._calling.call("GET", fill_path(read.path, {"order_id": ref.order_id})).json
        status = payload.text(answer, read.status_path)
        if status is None:
            raise PlatformRefused(f"order {ref.order_id}: no status at {read.status_path}", "unreadable")
        return status, payload.text(answer, read.previous_status_path) or ""

    def _change(
        self,
        ref: OrderRef,
        calls: Iterable[CallSettings],
        values: Mapping[str, str],
        attempt: int,
        is_wanted: Callable[[str], bool],
    ) -> None:
        """Make calls that change the order's status. One refused for good counts only if the status is not as wanted.

        A note that a firewall refuses hinders no other call; behind any other refused call none is made.
        """
        refused: PlatformRefused | None = None
        for number, call in enumerate(calls):
            try:
                self._make_one(number, call, values, attempt)
            except PlatformRefused as error:
                refused = refused or error
                if not _carries_note(call):
                    break
        if refused is None:
            return
        if not is_wanted(self._state(ref)[0]):
            raise refused
        _log.warning("call_refused", shop=ref.shop, order=ref.order_id, code=refused.code)

    def _make(self, calls: Iterable[CallSettings], values: Mapping[str, str], attempt: int) -> None:
        for number, call in enumerate(calls):
            self._make_one(number, call, values, attempt)

    def _make_one(self, number: int, call: CallSettings, values: Mapping[str, str], attempt: int) -> None:
        if not values["note"] and _carries_note(call):
            return
        if attempt > 1 and self._is_done(call, values):
            return
        # each call of an effect is a write of its own: one key for all would swallow the second
        name = self._settings.api.idempotency_header if self._settings.api else ""
        headers = {name: f"{values['key']}-{number}"} if name else None
        path, body = fill_path(call.path, values), fill_json(call.json, values)
        self._calling.call(call.method, path, json=body, headers=headers)

    def _is_done(self, call: CallSettings, values: Mapping[str, str]) -> bool:
        already, read = call.already, self._settings.actions.read
        if already is None:
            return False
        path = already.read or (read.path if read else "")
        answer = self._calling.call("GET", fill_path(path, values)).json
        found = payload.dig(answer, already.path) if already.path else answer
        return _holds(found, fill_text(already.value, values))

    def _able(self, described: T | None, what: str) -> T:
        if described is None:
            raise ActionUnsupported(f"the settings of this shop do not say how to {what}")
        return described

    @property
    def _calling(self) -> PlatformApi:
        return self._able(self._api, "call it")


def _described(settings: GenericSettings) -> Iterator[Capability]:
    actions, fields = settings.actions, settings.fields
    described = {
        Capability.PUSH: settings.signature,
        Capability.POLL: settings.feed,
        Capability.FETCH: actions.fetch,
        Capability.FLAG: actions.flag,
        Capability.HOLD: actions.hold,
        Capability.RELEASE: actions.release,
        Capability.CANCEL: actions.cancel,
        Capability.KANA: fields.buyer.kana or fields.recipient.kana,
        Capability.IP: fields.ip,
    }
    return (capability for capability, setting in described.items() if setting)


def _connect(api: ApiSettings) -> PlatformApi:
    headers = {**api.headers, **{name: secret.reveal() for name, secret in api.secret_headers.items()}}
    if api.bearer:
        headers["Authorization"] = f"Bearer {api.bearer.reveal()}"
    auth = (api.basic.user, api.basic.password.reveal()) if api.basic else None
    return PlatformApi(api.base_url, headers, auth)


def _check_signed_message(signature: SignatureSettings, request: WebhookRequest) -> None:
    sent_at = _header(request, signature.timestamp_header) if signature.timestamp_header else ""
    if signature.timestamp_header:
        check_age(sent_at, request.received_at, signature.tolerance_s)
    before, after = (part.replace("{timestamp}", sent_at or "") for part in signature.message.split("{body}"))
    check_hmac(
        before.encode() + request.body + after.encode(),
        _header(request, signature.header),
        signature.secrets,
        algorithm=signature.algorithm,
        encoding=signature.encoding,
        prefix=signature.prefix,
    )


def _header(request: WebhookRequest, name: str) -> str | None:
    return request.headers.get(name.lower())


def _values(ref: OrderRef, mark: Mark, previous_status: str = "") -> Mapping[str, str]:
    return {"order_id": ref.order_id, "note": mark.text, "key": mark.key, "previous_status": previous_status}


def _only(holdable: Sequence[str]) -> str:
    """Return the one status that a held order can have had before, or "" if it may have been another."""
    return holdable[0] if len(holdable) == 1 else ""


def _carries_note(call: CallSettings) -> bool:
    return "note" in placeholders(call.json)


def _holds(found: object, value: str) -> bool:
    """Whether ``value`` stands in any text of ``found``."""
    if isinstance(found, Mapping):
        return any(_holds(part, value) for part in found.values())
    if isinstance(found, list):
        return any(_holds(part, value) for part in found)
    return isinstance(found, str) and value in found
