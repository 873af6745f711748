"""Privacy requests that platforms pass on: erase what is stored of a person or a shop, or tell the shop owner."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
import structlog

from shopguard.guard.reviews import record
from shopguard.guard.store import OrderStore
from shopguard.model import Order, OrderRef, Party, PrivacyKind, PrivacyRequest
from shopguard.storage.engine import reading
from shopguard.storage.tables import inbox, orders, platform_token, screening, shop_state
from shopguard.storage.writer import Writer

_log = structlog.get_logger()
_ACTOR = "platform"


class PrivacyDesk:
    """Carries out privacy requests on what the guard stores.

    Entries of the registry are not touched: they rest on reports and their own rules, not on the shop's orders.
    """

    def __init__(self, engine: sa.Engine, writer: Writer, store: OrderStore, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._store, self._clock = engine, writer, store, clock

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
        erasures = [self._store.erase(ref) for ref in refs]

        def work(connection: sa.Connection) -> None:
            for ref, erase in zip(refs, erasures, strict=True):
                erase(connection)
                mine = (inbox.c.shop == ref.shop) & (inbox.c.order_id == ref.order_id)
                connection.execute(sa.update(inbox).where(mine).values(sealed=None))
                record(connection, now, _ACTOR, "erase", ref, request.request_id)

        self._writer.run(work)

    def _erase_shop(self, request: PrivacyRequest) -> None:
        now = self._clock()

        def work(connection: sa.Connection) -> None:
            for table in (orders, screening, inbox):
                connection.execute(sa.update(table).where(table.c.shop == request.shop).values(sealed=None))
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
            values = {"alarm_code": "privacy_access_request", "alarm_text": text[:500], "alarm_at": now}
            mine = shop_state.c.shop == request.shop
            connection.execute(sa.update(shop_state).where(mine).values(**values))

        self._writer.run(work)


def _is_theirs(order: Order, request: PrivacyRequest) -> bool:
    parties: tuple[Party, ...] = (order.buyer, *order.recipients)
    emails = {email.casefold() for party in parties for email in party.emails}
    phones = {_digits(phone) for party in parties for phone in party.phones}
    asked_phones = {_digits(phone) for phone in request.phones} - {""}
    return bool(emails & {email.casefold() for email in request.emails} or phones & asked_phones)


def _digits(phone: str) -> str:
    """The last nine digits: equal whether or not the country code is written."""
    return "".join(c for c in phone if c.isdecimal())[-9:]
