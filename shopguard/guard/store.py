"""Orders as last seen, and how each was judged. Both are encrypted; only what is needed to find them is not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from shopguard import wire
from shopguard.model import Order, OrderRef, ScreeningState, Stage, Verdict, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import note, orders, screening, watch
from shopguard.storage.writer import Writer

_LATELY = 500  # judgements
_LONGEST_NUMBER = 200  # what the column holds; the order itself keeps all of it
_CLOCKS_DIFFER_S = 120.0  # a moment further ahead was stamped by a wrong clock: it makes nothing outdated


class Vault(Protocol):
    """Encrypts, decrypts, and makes keyed digests (``crypto.Keyring``)."""

    def seal(self, data: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...
    def digest(self, purpose: str, *parts: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Screening:
    """One judgement of one order. ``generation`` counts the judgements of that order from 1."""

    id: int
    ref: OrderRef
    digest: str
    generation: int
    verdict: Verdict | None
    kind: VerdictKind
    state: ScreeningState
    screened_at: float
    asked: int


def digest_of(order: Order, vault: Vault) -> str:
    """Return the keyed digest of the fields that screening depends on, as hexadecimal text.

    Equal digests mean that nothing was changed which could change a verdict, so an echo of our own write (a new
    status, a note, our meta data) stops here, and so does 12800.00 after 12800.
    """
    total = format(order.total.normalize(), "f")
    screened = (tuple(order.parties.items()), order.payment.kind, total, order.currency)
    return vault.digest("screened-fields", msgspec.msgpack.encode(screened)).hex()


class OrderStore:
    """Reads and writes ``orders`` and ``screening``."""

    def __init__(self, engine: sa.Engine, writer: Writer, vault: Vault) -> None:
        self._engine, self._writer, self._vault = engine, writer, vault

    def keep(self, order: Order, now: float) -> Callable[[sa.Connection], bool]:
        """Return the step that stores ``order`` and gives False if a later form is known: then nothing is stored.

        Sealing happens here, outside the transaction.
        """
        row = {
            "shop": order.shop,
            "order_id": order.id,
            "number": (order.number or order.id)[:_LONGEST_NUMBER],
            "stage": order.stage.value,
            "placed_at": _seconds(order.placed_at),
            "changed_at": _seconds(order.changed_at),
            "now": now,
            "soon": now + _CLOCKS_DIFFER_S,
            "sealed": self._vault.seal(wire.encode(order)),
        }

        def work(connection: sa.Connection) -> bool:
            return connection.execute(_UPSERT, row).first() is not None

        return work

    def order(self, ref: OrderRef) -> Order | None:
        """Return the order as last seen, or None if it is unknown or was erased."""
        with reading(self._engine) as connection:
            return self._order(connection, _SEALED.where(_is(ref)))

    def order_in_turn(self, connection: sa.Connection, ref: OrderRef) -> Order | None:
        """Return what ``order`` does; it stays so until the transaction ends."""
        return self._order(connection, _SEALED.where(_is(ref)).with_for_update())

    def _order(self, connection: sa.Connection, query: sa.Select[Any]) -> Order | None:
        sealed = connection.execute(query).scalar()
        return None if sealed is None else wire.decode(self._vault.open(sealed), Order)

    def is_outdated(self, order: Order, now: float) -> bool:
        """Whether a later form of ``order`` is known: deliveries overtake each other, and repeats come hours late.

        Spares the look-up; what counts is what ``keep`` finds inside the transaction.
        """
        with reading(self._engine) as connection:
            changed_at: float | None = connection.execute(
                _CHANGED_AT, {"which_shop": order.shop, "which_order": order.id}
            ).scalar()
        if changed_at is None or order.changed_at is None:
            return False
        return order.changed_at.timestamp() < changed_at <= now + _CLOCKS_DIFFER_S

    def stage(self, ref: OrderRef) -> Stage | None:
        """Return where the order stood when it was last seen, or None if it is unknown."""
        query = sa.select(orders.c.stage).where(_is(ref))
        with reading(self._engine) as connection:
            stage = connection.execute(query).scalar()
        return None if stage is None else Stage(stage)

    def take_turn(self, connection: sa.Connection, ref: OrderRef) -> Stage | None:
        """Make other workers wait with what they write of this order until the transaction ends.

        Returns where the order stood when it was last seen, None if it is unknown.
        """
        stage = connection.execute(sa.select(orders.c.stage).where(_is(ref)).with_for_update()).scalar()
        return None if stage is None else Stage(stage)

    def find(self, number_or_id: str, shop: str | None = None) -> Sequence[OrderRef]:
        """Return the orders with this id or display number (with or without ``#``)."""
        wanted = {number_or_id, number_or_id.lstrip("#"), f"#{number_or_id}"}
        query = sa.select(orders.c.shop, orders.c.order_id).where(
            orders.c.order_id.in_(wanted) | orders.c.number.in_(wanted)
        )
        if shop:
            query = query.where(orders.c.shop == shop)
        with reading(self._engine) as connection:
            return [OrderRef(*row) for row in connection.execute(query.limit(20))]

    def lately(self, shops: Collection[str], limit: int = 20) -> Sequence[tuple[str, str]]:
        """Return shop and number of orders of these shops that were judged lately and not erased, the last one first.

        Only the last few hundred judgements are looked at.
        """
        last = sa.select(screening.c.shop, screening.c.order_id, screening.c.id)
        judged = last.order_by(screening.c.id.desc()).limit(_LATELY).subquery()
        same = (orders.c.shop == judged.c.shop) & (orders.c.order_id == judged.c.order_id)
        query = (
            sa.select(orders.c.shop, orders.c.number)
            .join(judged, same)
            .where(orders.c.shop.in_(shops), orders.c.sealed.is_not(None))
            .group_by(orders.c.shop, orders.c.number)
            .order_by(sa.func.max(judged.c.id).desc())
        )
        with reading(self._engine) as connection:
            return [(row.shop, row.number) for row in connection.execute(query.limit(limit))]

    def latest(self, ref: OrderRef) -> Screening | None:
        """Return the last judgement of the order."""
        return next(iter(self._history(ref, limit=1)), None)

    def history(self, ref: OrderRef) -> Sequence[Screening]:
        """Return every judgement of the order, the last one first: one for each form it had."""
        return self._history(ref)

    def is_screened(self, ref: OrderRef, digest: str) -> bool:
        """Whether exactly these fields were judged."""
        query = sa.select(sa.literal(1)).where(
            screening.c.shop == ref.shop, screening.c.order_id == ref.order_id, screening.c.digest == digest
        )
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def judged(
        self, order: Order, digest: str, verdict: Verdict, now: float, ask_again_at: float | None
    ) -> Callable[[sa.Connection], int | None]:
        """Return the step that stores a judgement and gives its generation, or None if it was stored before."""
        row = {
            "shop": order.shop,
            "order_id": order.id,
            "digest": digest,
            **_columns(verdict, ask_again_at),
            "sealed": self._vault.seal(wire.encode(verdict)),
            "now": now,
        }
        return lambda connection: connection.execute(_JUDGED, row).scalar()

    def judged_again(
        self, earlier: Screening, verdict: Verdict, now: float, ask_again_at: float | None
    ) -> Callable[[sa.Connection], int | None]:
        """Return the step that replaces a judgement of the same fields and gives its new generation.

        The step gives None if somebody else replaced it meanwhile. A new generation, because an answer may call for
        an effect that the silence before it called for already, and that a person has undone since.
        """
        others = screening.alias()
        same_order = (others.c.shop == earlier.ref.shop) & (others.c.order_id == earlier.ref.order_id)
        values = {
            **_columns(verdict, ask_again_at),
            "generation": sa.select(sa.func.max(others.c.generation) + 1).where(same_order).scalar_subquery(),
            "sealed": self._vault.seal(wire.encode(verdict)),
            "screened_at": now,
            "asked": earlier.asked + 1,
        }
        unchanged = (screening.c.id == earlier.id) & (screening.c.asked == earlier.asked)
        update = sa.update(screening).where(unchanged).values(**values).returning(screening.c.generation)
        return lambda connection: connection.execute(update).scalar()

    def claim_to_ask(self, now: float, until: float, limit: int) -> Sequence[Screening]:
        """Return judgements whose registry is to be asked again now; nobody else asks before ``until``."""
        due = sa.select(screening.c.id).where(screening.c.ask_again_at <= now)
        with reading(self._engine) as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        chosen = due.order_by(screening.c.ask_again_at).limit(limit).with_for_update(skip_locked=True).cte("due")
        claim = (
            sa.update(screening)
            .where(screening.c.id.in_(sa.select(chosen.c.id)))
            .values(ask_again_at=until)
            .returning(*screening.c)
        )
        rows = self._writer.run(lambda connection: connection.execute(claim).all())
        return [self._read(row) for row in rows]

    def stop_asking(self, connection: sa.Connection, earlier: Screening) -> None:
        """Leave a judgement as it is: the order is gone or no longer matters, or the answer changes nothing."""
        connection.execute(sa.update(screening).where(screening.c.id == earlier.id).values(ask_again_at=None))

    def ask_later(self, connection: sa.Connection, earlier: Screening, at: float) -> None:
        """Leave a judgement as it is and ask again ``at`` that moment, unless somebody else has just asked."""
        unchanged = (screening.c.id == earlier.id) & (screening.c.asked == earlier.asked)
        later = {"ask_again_at": at, "asked": earlier.asked + 1}
        connection.execute(sa.update(screening).where(unchanged).values(**later))

    def resume_asking(self, connection: sa.Connection, ref: OrderRef, digest: str, now: float) -> None:
        """Ask again about a form the order has come back to, if there is no answer that takes account of all."""
        noticed = sa.exists().where(
            watch.c.shop == screening.c.shop,
            watch.c.order_id == screening.c.order_id,
            watch.c.digest == screening.c.digest,
            watch.c.noticed_at.is_not(None),
        )
        unanswered = (
            (screening.c.shop == ref.shop)
            & (screening.c.order_id == ref.order_id)
            & (screening.c.digest == digest)
            & ((screening.c.state != ScreeningState.SCREENED.value) | noticed)
            & screening.c.ask_again_at.is_(None)
        )
        connection.execute(sa.update(screening).where(unanswered).values(ask_again_at=now))

    def erase(self, ref: OrderRef) -> Callable[[sa.Connection], None]:
        """Return the step that erases what is known of an order's people; that it was judged remains."""

        def work(connection: sa.Connection) -> None:
            for loose in (watch, note):
                connection.execute(sa.delete(loose).where(loose.c.shop == ref.shop, loose.c.order_id == ref.order_id))
            for table in (orders, screening):
                mine = (table.c.shop == ref.shop) & (table.c.order_id == ref.order_id)
                connection.execute(sa.update(table).where(mine).values(sealed=None))

        return work

    def _history(self, ref: OrderRef, limit: int | None = None) -> Sequence[Screening]:
        query = _HISTORY if limit is None else _HISTORY.limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(query, {"which_shop": ref.shop, "which_order": ref.order_id}).all()
        return [self._read(row) for row in rows]

    def _read(self, row: Any) -> Screening:
        verdict = None if row.sealed is None else wire.decode(self._vault.open(row.sealed), Verdict)
        return Screening(
            row.id,
            OrderRef(row.shop, row.order_id),
            row.digest,
            row.generation,
            verdict,
            VerdictKind(row.verdict),
            ScreeningState(row.state),
            row.screened_at,
            row.asked,
        )


# What every order needs is put together once: that costs several times as much as running it.
_SEALED = sa.select(orders.c.sealed)
_CHANGED_AT = sa.select(orders.c.changed_at).where(
    orders.c.shop == sa.bindparam("which_shop"), orders.c.order_id == sa.bindparam("which_order")
)
_HISTORY = (
    sa.select(screening)
    .where(screening.c.shop == sa.bindparam("which_shop"), screening.c.order_id == sa.bindparam("which_order"))
    .order_by(screening.c.generation.desc())
)

# the order's row is written first and so locked: two workers never take the same generation for an order
_JUDGED = sa.text(
    "INSERT INTO screening (shop, order_id, digest, generation, verdict, strength, state, policy, sealed,"
    " screened_at, ask_again_at, asked)"
    " SELECT :shop, :order_id, :digest, COALESCE(MAX(generation), 0) + 1, :verdict, :strength, :state, :policy,"
    " :sealed, :now, :ask_again_at, 1 FROM screening WHERE shop = :shop AND order_id = :order_id"
    " ON CONFLICT (shop, order_id, digest) DO NOTHING RETURNING generation"
).bindparams(
    sa.bindparam("shop", type_=sa.String),  # PostgreSQL takes one type for a parameter that stands twice
    sa.bindparam("order_id", type_=sa.String),
    sa.bindparam("sealed", type_=sa.LargeBinary),
    sa.bindparam("now", type_=sa.Float),
    sa.bindparam("ask_again_at", type_=sa.Float),
)

_UPSERT = sa.text(
    "INSERT INTO orders (shop, order_id, number, stage, placed_at, changed_at, updated_at, sealed)"
    " VALUES (:shop, :order_id, :number, :stage, :placed_at, :changed_at, :now, :sealed)"
    " ON CONFLICT (shop, order_id) DO UPDATE SET number = :number, stage = :stage, placed_at = :placed_at,"
    " changed_at = :changed_at, updated_at = :now, sealed = :sealed"
    " WHERE orders.changed_at IS NULL OR excluded.changed_at IS NULL OR orders.changed_at <= excluded.changed_at"
    " OR orders.changed_at > :soon RETURNING order_id"
)


def _is(ref: OrderRef) -> sa.ColumnElement[bool]:
    return (orders.c.shop == ref.shop) & (orders.c.order_id == ref.order_id)


def _columns(verdict: Verdict, ask_again_at: float | None) -> dict[str, Any]:
    return {
        "verdict": verdict.kind.value,
        "strength": verdict.strength.value,
        "state": verdict.state.value,
        "policy": verdict.policy,
        "ask_again_at": ask_again_at,
    }


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
