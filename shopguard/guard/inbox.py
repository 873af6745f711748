"""The inbox: every delivery, stored before it is answered, worked on once, never lost.

One row is the truth of one delivery: received, claimed with a lease, then done or dead, and settled once a person
looked at what was dead. What identifies a repeat is the adapter's delivery key, unique per shop.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from shopguard.adapter import WebhookRequest
from shopguard.guard.claims import Claimant
from shopguard.guard.leases import Leases
from shopguard.model import Order
from shopguard.storage.engine import reading
from shopguard.storage.tables import inbox
from shopguard.storage.writer import Addition, Writer

_LONGEST_KEY = 500
_ADDITION = Addition(
    "INSERT INTO inbox (shop, delivery_key, source, received_at, due_at, sealed, state, last_error, attempts) VALUES",
    "(?, ?, ?, ?, ?, ?, ?, ?, 0)",
    "ON CONFLICT (shop, delivery_key) DO NOTHING",
)


# Put together once, as every delivery needs it: that costs several times as much as running it.
_DONE = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("which"))
    .values(
        state="done",
        done_at=sa.bindparam("now"),
        order_id=sa.bindparam("order"),
        lease_until=sa.null(),
        last_error=sa.null(),
    )
)
_DONE_AND_EMPTY = _DONE.values(sealed=sa.null())


class Sealer(Protocol):
    """Encrypts and decrypts what is at rest (``crypto.Keyring``)."""

    def seal(self, data: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...


class StoredRequest(msgspec.Struct, frozen=True, array_like=True, tag="request"):
    url: str
    headers: dict[str, str]
    body: bytes


class StoredOrder(msgspec.Struct, frozen=True, array_like=True, tag="order"):
    order: Order


def _fitting(key: str) -> str:
    """A key as the column holds it: cut short, two different deliveries would be taken for one."""
    if len(key) <= _LONGEST_KEY and key.isprintable():
        return key
    return sha256(key.encode("utf-8", "backslashreplace")).hexdigest()


def _stored(request: WebhookRequest) -> StoredRequest:
    return StoredRequest(request.url, dict(request.headers), request.body)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredRequest | StoredOrder)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed row. ``attempts`` counts this one."""

    id: int
    shop: str
    source: str
    received_at: float
    attempts: int
    sealed: bytes | None


def _still(delivery: Delivery) -> sa.ColumnElement[bool]:
    """The row while it is under this claim: a later one counts another attempt."""
    return (inbox.c.id == delivery.id) & (inbox.c.state == "claimed") & (inbox.c.attempts == delivery.attempts)


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A row as people look at it: no content, no personal data."""

    id: int
    shop: str
    source: str
    state: str
    received_at: float
    attempts: int
    order_id: str | None
    last_error: str | None


_LEASES = Leases(inbox, waiting="received", held="claimed")

FINAL = ("done", "dead", "settled")
"""Nobody works on a delivery in these states any more. Settled: it was dead and a person looked at it."""
_DELIVERY = (inbox.c.id, inbox.c.shop, inbox.c.source, inbox.c.received_at, inbox.c.attempts, inbox.c.sealed)


class Inbox:
    """Stores deliveries and hands them out."""

    def __init__(self, engine: sa.Engine, writer: Writer, sealer: Sealer) -> None:
        self._engine, self._writer, self._sealer = engine, writer, sealer

    def accept(self, shop: str, key: str, request: WebhookRequest) -> bool:
        """Store a verified delivery durably; False if it is a repeat. ``StoreUnavailable`` if nothing was stored."""
        return self._insert(shop, key, "webhook", request.received_at.timestamp(), _stored(request))

    def accept_order(self, shop: str, key: str, order: Order, at: float) -> bool:
        """Store an order that reconciliation found; False if it was found before."""
        return self._insert(shop, key, "feed", at, StoredOrder(order))

    def bury(self, shop: str, key: str, request: WebhookRequest, error: str) -> bool:
        """Keep a signed delivery that nobody can read, as a dead letter; False if it is a repeat."""
        return self._insert(shop, key, "webhook", request.received_at.timestamp(), _stored(request), "dead", error)

    def _insert(
        self,
        shop: str,
        key: str,
        source: str,
        at: float,
        content: StoredRequest | StoredOrder,
        state: str = "received",
        error: str | None = None,
    ) -> bool:
        sealed = self._sealer.seal(_encoder.encode(content))
        row = (shop, _fitting(key), source, at, at, sealed, state, error and error[:500])
        return self._writer.add(_ADDITION, row)

    def claim(self, claimant: Claimant, now: float, limit: int) -> Sequence[Delivery]:
        """Return up to ``limit`` due deliveries, oldest first, leased to ``claimant``."""
        claim = _LEASES.claim(claimant, now, limit, _LEASES.due(now), _DELIVERY)
        rows = self._writer.run(lambda connection: connection.execute(claim).all())
        return [Delivery(*row) for row in sorted(rows, key=lambda row: row.id)]

    def any_due(self, now: float) -> bool:
        """Whether something waits; cheap, reads only."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.literal(1)).where(_LEASES.due(now)).limit(1)).first() is not None

    def take_back(self, claimant: Claimant, now: float) -> int:
        """Make rows of this worker's dead predecessors due again; returns how many."""
        take = _LEASES.take_back(claimant, now)
        return self._writer.run(lambda connection: connection.execute(take).rowcount)

    def content(self, delivery: Delivery) -> WebhookRequest | Order | None:
        """Return what was stored: the request, the order of a feed, or None once retention emptied it."""
        if delivery.sealed is None:
            return None
        stored = _decoder.decode(self._sealer.open(delivery.sealed))
        if isinstance(stored, StoredOrder):
            return stored.order
        return WebhookRequest(
            stored.url, stored.headers, stored.body, datetime.fromtimestamp(delivery.received_at, UTC)
        )

    def finisher(
        self, delivery: Delivery, now: float, empty: bool = False
    ) -> Callable[[sa.Connection, str | None], None]:
        """Return the step that marks ``delivery`` done, to be committed together with what it caused.

        Args:
            empty: forget the content at once; a request to erase somebody names that person.
        """
        done = _DONE_AND_EMPTY if empty else _DONE

        def finish(connection: sa.Connection, order_id: str | None) -> None:
            connection.execute(done, {"which": delivery.id, "now": now, "order": order_id})

        return finish

    def put_back(self, delivery: Delivery, due_at: float, error: str) -> None:
        """Try ``delivery`` again at ``due_at``; nothing happens if another worker has taken it over meanwhile."""
        self._change(_still(delivery), state="received", due_at=due_at, lease_until=None, last_error=error[:500])

    def give_up(self, delivery: Delivery, error: str) -> None:
        """Make ``delivery`` a dead letter, unless taken over: people see it and can replay it."""
        self._change(_still(delivery), state="dead", lease_until=None, last_error=error[:500])

    def replay(self, ids: Iterable[int], now: float) -> int:
        """Make deliveries due again, whatever became of them; returns how many still had their content."""
        again = inbox.c.id.in_(list(ids)) & inbox.c.sealed.is_not(None) & (inbox.c.state != "claimed")
        return self._change(again, state="received", due_at=now, attempts=0, last_error=None)

    def lines(self, *, state: str | None = None, shop: str | None = None, limit: int = 50) -> Sequence[DeliveryLine]:
        """Return the newest deliveries, for people."""
        query = sa.select(
            inbox.c.id,
            inbox.c.shop,
            inbox.c.source,
            inbox.c.state,
            inbox.c.received_at,
            inbox.c.attempts,
            inbox.c.order_id,
            inbox.c.last_error,
        )
        if state:
            query = query.where(inbox.c.state == state)
        if shop:
            query = query.where(inbox.c.shop == shop)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(inbox.c.id.desc()).limit(limit)).all()
        return [DeliveryLine(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many rows stand in each state."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(inbox.c.state, sa.func.count().label("total")).group_by(inbox.c.state)
            ).all()
        return {row.state: row.total for row in rows}

    def oldest_waiting(self) -> float | None:
        """Return when the oldest delivery that is not final was received, or None."""
        query = sa.select(sa.func.min(inbox.c.received_at)).where(inbox.c.state.in_(("received", "claimed")))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def overdue_since(self) -> float | None:
        """Return since when the longest neglected delivery could have been worked on, or None if none waits.

        In the future if all of them wait for their next attempt or are being worked on.
        """
        could = sa.case((inbox.c.state == "claimed", inbox.c.lease_until), else_=inbox.c.due_at)
        query = sa.select(sa.func.min(could)).where(inbox.c.state.in_(("received", "claimed")))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def _change(self, where: sa.ColumnElement[bool], **values: Any) -> int:
        return self._writer.run(lambda c: c.execute(sa.update(inbox).where(where).values(**values)).rowcount)
