"""Stand-ins for tests of what surrounds an adapter: a platform in memory, a clock that stands, a token store."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shopguard import wire
from shopguard.adapter import AdapterContext, Capability, Event, PlatformAdapter, TokenPair, WebhookRequest
from shopguard.errors import ActionUnsupported, OrderGone, PayloadInvalid, SignatureInvalid
from shopguard.model import Mark, Order, OrderEvent, OrderRef, Stage, Undo

T = TypeVar("T")
_EVERYTHING = frozenset(Capability) - {Capability.KANA, Capability.IP}


class FixedClock:
    """A clock that stands at ``now`` (UTC) until it is moved on."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryTokens:
    """A ``TokenStore`` for one process."""

    def __init__(self) -> None:
        self._pairs: dict[str, TokenPair] = {}
        self._lock = threading.RLock()

    def get(self, shop: str) -> TokenPair | None:
        return self._pairs.get(shop)

    def renew(
        self, shop: str, stale: TokenPair | None, exchange: Callable[[TokenPair | None], TokenPair]
    ) -> TokenPair:
        with self._lock:
            stored = self._pairs.get(shop)
            if stored is not None and stored != stale:
                return stored
            self._pairs[shop] = exchange(stored)
            return self._pairs[shop]


class FakePlatform(PlatformAdapter):
    """A platform in memory that does everything, counts its effects and fails on demand.

    A delivery is an order in contract form with the header ``x-fake-signature: genuine``. ``effects`` lists what
    was done, in order, as (verb, order id, mark key or status): a repeat with an equal key adds nothing. So many
    orders as ``unreadable`` says stand at the head of its feed and cannot be read.

    Args:
        capabilities: what it can do; every other method raises ``ActionUnsupported``.
        orders: what it knows from the start; more come by ``place``.
    """

    platform = "fake"
    settings_class = object

    def __init__(
        self,
        settings: object = None,
        context: AdapterContext | None = None,
        *,
        capabilities: Iterable[Capability] = _EVERYTHING,
        orders: Iterable[Order] = (),
    ) -> None:
        self.shop = context.shop if context else "main-store"
        self.capabilities = frozenset(capabilities)
        self.orders: dict[str, Order] = {}
        self.effects: list[tuple[str, str, str]] = []
        self.held: set[str] = set()
        self.gated: set[str] = set()
        self.unreadable = 0
        self._failures: list[tuple[Exception, bool]] = []
        for order in orders:
            self.place(order)

    def place(self, order: Order) -> Order:
        """Take in ``order`` as this shop's and return it."""
        placed = self.orders[order.id] = replace(order, shop=self.shop)
        return placed

    def fail(self, *errors: Exception) -> None:
        """Raise ``errors``, one per call, before anything is done."""
        self._failures += [(error, False) for error in errors]

    def lose_answer(self, error: Exception) -> None:
        """Do what the next call asks, then raise ``error``: the caller never learns that it succeeded."""
        self._failures.append((error, True))

    def delivery(self, order: Order) -> WebhookRequest:
        """Return the delivery that tells about ``order``."""
        headers = {"x-fake-signature": "genuine"}
        return WebhookRequest("http://127.0.0.1/webhooks/fake", headers, wire.encode(order), FixedClock().now)

    def verify(self, request: WebhookRequest) -> None:
        if request.headers.get("x-fake-signature") != "genuine":
            raise SignatureInvalid("the signature does not fit the body")

    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        order = replace(wire.decode_order(request.body), shop=self.shop)
        return [OrderEvent(order.ref, order)]

    def fetch(self, ref: OrderRef) -> Order:
        return self._do(Capability.FETCH, lambda: self._order(ref))

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        self._do(Capability.FLAG, lambda: self._note("flag", ref, mark.key))

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        return self._do(Capability.HOLD, lambda: self._hold(ref, mark))

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        def do() -> None:
            self._note("release", ref, mark.key)
            self.held.discard(ref.order_id)

        self._do(Capability.RELEASE, do)

    def clear_gate(self, ref: OrderRef, to_status: str) -> None:
        def do() -> None:
            if ref.order_id in self.gated:
                self._note("clear_gate", ref, to_status)
                self.gated.discard(ref.order_id)

        self._do(Capability.GATE, do)

    def cancel(self, ref: OrderRef, mark: Mark) -> None:
        self._do(Capability.CANCEL, lambda: self._note("cancel", ref, mark.key))

    def orders_since(self, since: datetime) -> Iterator[Order | PayloadInvalid]:
        recent = [o for o in self.orders.values() if o.placed_at is None or o.placed_at >= since]
        found = self._do(Capability.POLL, lambda: recent)
        yield from (PayloadInvalid("id: an order id is missing or unusable") for _ in range(self.unreadable))
        yield from found

    def _hold(self, ref: OrderRef, mark: Mark) -> Undo:
        if self._order(ref).stage in (Stage.SHIPPED, Stage.CLOSED):
            raise ActionUnsupported(f"order {ref.order_id} cannot be held any more")
        self._note("hold", ref, mark.key)
        self.held.add(ref.order_id)
        return {"was": "open"}

    def _order(self, ref: OrderRef) -> Order:
        if ref.order_id not in self.orders:
            raise OrderGone(f"order {ref.order_id} is not here")
        return self.orders[ref.order_id]

    def _note(self, verb: str, ref: OrderRef, what: str) -> None:
        self._order(ref)
        effect = (verb, ref.order_id, what)
        if effect not in self.effects:
            self.effects.append(effect)

    def _do(self, capability: Capability, act: Callable[[], T]) -> T:
        if capability not in self.capabilities:
            raise ActionUnsupported(f"fake: {capability} is switched off")
        error, after = self._failures.pop(0) if self._failures else (None, False)
        if error and not after:
            raise error
        result = act()
        if error:
            raise error
        return result
