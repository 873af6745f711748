"""Privacy requests that platforms pass on: erase what is stored of a person or a shop, or tell the shop owner."""

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import fields
from itertools import islice
from unicodedata import normalize

import sqlalchemy as sa
import structlog

from shopguard.adapter import WebhookRequest
from shopguard.guard.inbox import FINAL, Delivery, Inbox
from shopguard.guard.phone_use import PhoneUseStore
from shopguard.guard.reviews import record
from shopguard.guard.shops import ACCESS_REQUEST, Shops
from shopguard.guard.store import OrderStore
from shopguard.identity import identify
from shopguard.identity.phone import normalize_phones
from shopguard.model import Order, OrderEvent, OrderRef, Party, PrivacyKind, PrivacyRequest
from shopguard.storage.engine import reading
from shopguard.storage.tables import inbox, note, orders, platform_token, screening, shop_state, watch
from shopguard.storage.writer import Writer

_log = structlog.get_logger()
_ACTOR = "platform"


class PrivacyDesk:
    """Carries out privacy requests on what the guard stores.

    Entries of the registry are not touched: they rest on reports and their own rules, not on the shop's orders.
    """

    def __init__(
        self,
        engine: sa.Engine,
        writer: Writer,
        store: OrderStore,
        deliveries: Inbox,
        shops: Shops,
        phones: PhoneUseStore,
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._writer, self._store = engine, writer, store
        self._inbox, self._shops, self._phones, self._clock = deliveries, shops, phones, clock

    def handle(self, request: PrivacyRequest) -> None:
        """Do what is asked; the request itself is kept in the audit log without personal data."""
        match request.kind:
            case PrivacyKind.ERASE_PERSON:
                refs = self._orders_of(request)
                self._erase(request, refs)
            case PrivacyKind.ERASE_SHOP:
                self._erase_shop(request)
            case PrivacyKind.ACCESS:
                self._tell_owner(request, self._orders_of(request))
        _log.info("privacy_request", shop=request.shop, kind=request.kind.value, request=request.request_id)

    def _orders_of(self, request: PrivacyRequest) -> Sequence[OrderRef]:
        """The named orders, and every stored order of the shop with the same mail address or telephone number."""
        named = {OrderRef(request.shop, order_id) for order_id in request.order_ids}
        if request.emails or request.phones:
            named |= {ref for ref, order in self._stored(request.shop) if _is_theirs(order, request)}
        return sorted(named, key=lambda ref: ref.order_id)

    def _stored(self, shop: str) -> list[tuple[OrderRef, Order]]:
        with reading(self._engine) as connection:
            query = sa.select(orders.c.order_id).where(orders.c.shop == shop, orders.c.sealed.is_not(None))
            refs = [OrderRef(shop, order_id) for order_id in connection.execute(query).scalars()]
        return [(ref, order) for ref in refs if (order := self._store.order(ref)) is not None]

    def _erase(self, request: PrivacyRequest, refs: Sequence[OrderRef]) -> None:
        now = self._clock()
        known = [order for ref in refs if (order := self._store.order(ref)) is not None]
        traces = _traces(request, *(order.buyer for order in known))
        loose = list(self._loose_deliveries(request.shop, set(refs), traces))
        erasures = [self._store.erase(ref) for ref in refs]
        forget_phones = self._phones.forget(_numbers(request, known))

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.update(inbox).where(inbox.c.id.in_(loose)).values(sealed=None))
            forget_phones(connection)
            for ref, erase in zip(refs, erasures, strict=True):
                erase(connection)
                mine = (inbox.c.shop == ref.shop) & (inbox.c.order_id == ref.order_id)
                connection.execute(sa.update(inbox).where(mine).values(sealed=None))
                record(connection, now, _ACTOR, "erase", ref, request.request_id)

        self._writer.run(work)

    def _loose_deliveries(self, shop: str, refs: Set[OrderRef], traces: Set[str]) -> Iterator[int]:
        """Find the deliveries of no single order that name the person: batches, dead letters, topics of no concern.

        One that still waits is left alone: other people's orders may be in it, and once done it is of an order.
        """
        loose = (inbox.c.shop == shop) & inbox.c.order_id.is_(None) & inbox.c.sealed.is_not(None)
        columns = [inbox.c[field.name] for field in fields(Delivery)]
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(*columns).where(loose, inbox.c.state.in_(FINAL))).all()
        for delivery in (Delivery(*row) for row in rows):
            content = self._inbox.content(delivery)
            if isinstance(content, Order):
                named = content.ref in refs or bool(traces & _traces(content.buyer, *content.recipients))
            else:
                named = content is not None and (
                    _is_named(content.body.decode(errors="replace"), traces)
                    or not refs.isdisjoint(self._orders_in(delivery.shop, content))
                )
            if named:
                yield delivery.id

    def _orders_in(self, shop: str, request: WebhookRequest) -> Sequence[OrderRef]:
        try:
            events = self._shops[shop].adapter.parse(request)
        except Exception:  # nobody could read it, which is why it is a dead letter
            return ()
        return [event.ref for event in events if isinstance(event, OrderEvent)]

    def _erase_shop(self, request: PrivacyRequest) -> None:
        now = self._clock()

        def work(connection: sa.Connection) -> None:
            for table in (orders, screening, inbox):
                connection.execute(sa.update(table).where(table.c.shop == request.shop).values(sealed=None))
            for loose in (watch, note):
                connection.execute(sa.delete(loose).where(loose.c.shop == request.shop))
            waiting = (inbox.c.shop == request.shop) & (inbox.c.state == "received")
            connection.execute(sa.update(inbox).where(waiting).values(state="done", done_at=now))
            connection.execute(sa.delete(platform_token).where(platform_token.c.shop == request.shop))
            record(connection, now, _ACTOR, "erase_shop", OrderRef(request.shop, ""), request.request_id)

        self._writer.run(work)

    def _tell_owner(self, request: PrivacyRequest, refs: Sequence[OrderRef]) -> None:
        now = self._clock()
        text = (
            f"request {request.request_id}: a person asks what is stored ({len(refs)} orders). "
            f"Run `shopguard data export {request.shop} --request {request.request_id}` and answer within 30 days"
        )

        def work(connection: sa.Connection) -> None:
            for ref in refs:
                record(connection, now, _ACTOR, "access_request", ref, request.request_id)
            values = {"alarm_code": ACCESS_REQUEST, "alarm_text": text[:500], "alarm_at": now}
            mine = shop_state.c.shop == request.shop
            connection.execute(sa.update(shop_state).where(mine).values(**values))

        self._writer.run(work)


def _is_theirs(order: Order, request: PrivacyRequest) -> bool:
    return not _traces(order.buyer, *order.recipients).isdisjoint(_traces(request))


def _numbers(request: PrivacyRequest, known: Sequence[Order]) -> Set[str]:
    """The numbers that are counted by: those the request names, and those that whoever placed the orders gave."""
    named = [number for phone in request.phones for number in normalize_phones(phone)]
    customers = [party for order in known for party in islice(order.parties.values(), 1)]
    return {*named, *(number for customer in customers for number in identify(customer).phones)}


def _traces(*people: Party | PrivacyRequest) -> Set[str]:
    """Return what people are found by in any text: mail addresses in one spelling, the last digits of telephones."""
    emails = {_plain(email) for person in people for email in person.emails}
    phones = {_digits(phone) for person in people for phone in person.phones}
    return (emails | phones) - {""}


def _is_named(text: str, traces: Collection[str]) -> bool:
    searched, dialled = _plain(text), _plain(text).translate(_BETWEEN_DIGITS)
    return any(trace in (dialled if trace.isdecimal() else searched) for trace in traces)


_BETWEEN_DIGITS = dict.fromkeys(map(ord, "-‐−– ()."))


def _plain(text: str) -> str:
    return normalize("NFKC", text).casefold().strip()


def _digits(phone: str) -> str:
    """The last nine digits, equal whether or not the country code is written; nothing for an extension or less."""
    digits = "".join(c for c in normalize("NFKC", phone) if c.isdecimal())
    return digits[-9:] if len(digits) >= 7 else ""
