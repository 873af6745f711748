"""Effects: what shall stand on an order at its platform, written down before the platform is called.

An effect is intended (waits), sent (claimed, the call may be under way), confirmed, failed or cancelled. Its key
(shop, order, action, generation) is unique, so the same verdict never acts twice; a second attempt tells the
adapter to read before it writes.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shopguard.guard.claims import Claimant
from shopguard.guard.policy import Action
from shopguard.model import Mark, OrderRef, Undo
from shopguard.storage.engine import reading
from shopguard.storage.tables import effect
from shopguard.storage.writer import Writer

_INSERT = sa.text(
    "INSERT INTO effect (shop, order_id, action, generation, state, text, argument, intended_at, due_at, lease_until,"
    " worker, boot, attempts) VALUES (:shop, :order_id, :action, :generation, :state, :text, :argument, :now,"
    " :due_at, :lease_until, :worker, :boot, :attempts)"
    " ON CONFLICT (shop, order_id, action, generation) DO NOTHING RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One row. ``attempts`` counts the one under way."""

    id: int
    shop: str
    order_id: str
    action: Action
    generation: int
    state: str
    text: str
    argument: str
    intended_at: float
    attempts: int
    undo: Undo | None
    last_error: str | None

    @property
    def ref(self) -> OrderRef:
        return OrderRef(self.shop, self.order_id)

    @property
    def mark(self) -> Mark:
        return Mark(
            key=f"{self.action}-{self.order_id}-{self.generation}",
            text=self.text,
            since=datetime.fromtimestamp(self.intended_at, UTC),
            attempt=self.attempts,
        )


_COLUMNS = (
    effect.c.id,
    effect.c.shop,
    effect.c.order_id,
    effect.c.action,
    effect.c.generation,
    effect.c.state,
    effect.c.text,
    effect.c.argument,
    effect.c.intended_at,
    effect.c.attempts,
    effect.c.undo,
    effect.c.last_error,
)


def _effect(row: Any) -> Effect:
    undo = None if row.undo is None else json.loads(row.undo)
    return Effect(
        id=row.id,
        shop=row.shop,
        order_id=row.order_id,
        action=Action(row.action),
        generation=row.generation,
        state=row.state,
        text=row.text,
        argument=row.argument or "",
        intended_at=row.intended_at,
        attempts=row.attempts,
        undo=undo,
        last_error=row.last_error,
    )


def plan(
    connection: sa.Connection,
    ref: OrderRef,
    action: Action,
    generation: int,
    text: str,
    now: float,
    *,
    argument: str = "",
    wait_s: float = 0.0,
    claimant: Claimant | None = None,
) -> Effect | None:
    """Write down an effect as part of a larger transaction; None if it was written down before.

    With a ``claimant`` and nothing to wait for it is claimed at once: the claimant shall run it after the commit.
    """
    claimed = claimant is not None and wait_s <= 0
    row = {
        "shop": ref.shop,
        "order_id": ref.order_id,
        "action": action.value,
        "generation": generation,
        "state": "sent" if claimed else "intended",
        "text": text,
        "argument": argument or None,
        "now": now,
        "due_at": now + wait_s,
        "lease_until": now + claimant.lease_s if claimed and claimant else None,
        "worker": claimant.name if claimed and claimant else None,
        "boot": claimant.boot if claimed and claimant else None,
        "attempts": 1 if claimed else 0,
    }
    inserted = connection.execute(_INSERT, row).first()
    if inserted is None or not claimed:
        return None
    return Effect(inserted.id, ref.shop, ref.order_id, action, generation, "sent", text, argument, now, 1, None, None)


def standing_hold(connection: sa.Connection, ref: OrderRef) -> Effect | None:
    """Return our latest hold on the order that no release followed, or None. It may still be on its way."""
    released = effect.alias()
    query = (
        sa.select(*_COLUMNS)
        .where(effect.c.shop == ref.shop, effect.c.order_id == ref.order_id, effect.c.action == Action.HOLD.value)
        .where(effect.c.state.in_(("intended", "sent", "confirmed")))
        .where(
            ~sa.exists().where(
                released.c.shop == effect.c.shop,
                released.c.order_id == effect.c.order_id,
                released.c.action == Action.RELEASE.value,
                released.c.generation == effect.c.generation,
            )
        )
        .order_by(effect.c.generation.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return _effect(row) if row else None


def cancel_if_waiting(connection: sa.Connection, hold: Effect, now: float) -> bool:
    """Call off a hold that was never sent; False if it was (then it must be released)."""
    unsent = (effect.c.id == hold.id) & (effect.c.state == "intended") & (effect.c.attempts == 0)
    cancelled = sa.update(effect).where(unsent).values(state="cancelled", confirmed_at=now)
    return connection.execute(cancelled).rowcount == 1


class Effects:
    """Hands out effects that are due and records how they went."""

    def __init__(self, engine: sa.Engine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    def claim(self, claimant: Claimant, now: float, limit: int) -> Sequence[Effect]:
        """Return up to ``limit`` due effects, oldest first, leased to ``claimant``."""
        due = (
            sa.select(effect.c.id)
            .where(_due(now))
            .order_by(effect.c.due_at, effect.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            sa.update(effect)
            .where(effect.c.id.in_(due.scalar_subquery()))
            .values(
                state="sent",
                lease_until=now + claimant.lease_s,
                worker=claimant.name,
                boot=claimant.boot,
                attempts=effect.c.attempts + 1,
            )
            .returning(*_COLUMNS)
        )
        rows = self._writer.run(lambda connection: connection.execute(claim).all())
        return [_effect(row) for row in sorted(rows, key=lambda row: row.id)]

    def any_due(self, now: float) -> bool:
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.literal(1)).where(_due(now)).limit(1)).first() is not None

    def take_back(self, claimant: Claimant, now: float) -> int:
        """Make effects of this worker's dead predecessors due again; returns how many."""
        mine = (effect.c.state == "sent") & (effect.c.worker == claimant.name) & (effect.c.boot != claimant.boot)
        return self._change(mine, state="intended", due_at=now, lease_until=None)

    def hold_behind(self, release: Effect) -> Effect | None:
        """Return the hold that ``release`` undoes."""
        query = sa.select(*_COLUMNS).where(
            effect.c.shop == release.shop,
            effect.c.order_id == release.order_id,
            effect.c.action == Action.HOLD.value,
            effect.c.generation == release.generation,
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _effect(row) if row else None

    def confirm(self, done: Effect, now: float, undo: Undo | None = None) -> None:
        """The platform did it; ``undo`` is what stood before."""
        kept = None if undo is None else json.dumps(undo, ensure_ascii=False)
        self._change(
            effect.c.id == done.id, state="confirmed", confirmed_at=now, undo=kept, lease_until=None, last_error=None
        )

    def put_back(
        self, waiting: Effect, due_at: float, error: str | None, also: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """Try again at ``due_at``; ``also`` is committed together with it."""

        def work(connection: sa.Connection) -> None:
            values = {"state": "intended", "due_at": due_at, "lease_until": None, "last_error": error}
            connection.execute(sa.update(effect).where(effect.c.id == waiting.id).values(**values))
            if also:
                also(connection)

        self._writer.run(work)

    def fail(
        self, failed: Effect, error: str, now: float, instead: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """It cannot be done: a person sees it. ``instead`` plans the next best effect in the same transaction."""

        def work(connection: sa.Connection) -> None:
            values = {"state": "failed", "confirmed_at": now, "lease_until": None, "last_error": error[:500]}
            connection.execute(sa.update(effect).where(effect.c.id == failed.id).values(**values))
            if instead:
                instead(connection)

        self._writer.run(work)

    def try_again(self, ids: Sequence[int], now: float) -> int:
        """Make failed effects due again, for people; returns how many."""
        failed = effect.c.id.in_(ids) & (effect.c.state == "failed")
        return self._change(failed, state="intended", due_at=now, attempts=1, last_error=None)

    def of_order(self, ref: OrderRef) -> Sequence[Effect]:
        """Return every effect of one order, oldest first."""
        return self._select(effect.c.shop == ref.shop, effect.c.order_id == ref.order_id)

    def failed(self) -> Sequence[Effect]:
        """Return the effects that a person must look at."""
        return self._select(effect.c.state == "failed")

    def counts(self) -> dict[str, int]:
        """Return how many effects stand in each state."""
        query = sa.select(effect.c.state, sa.func.count().label("total")).group_by(effect.c.state)
        with reading(self._engine) as connection:
            return {row.state: row.total for row in connection.execute(query)}

    def _select(self, *where: sa.ColumnElement[bool]) -> Sequence[Effect]:
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(*where).order_by(effect.c.id)).all()
        return [_effect(row) for row in rows]

    def _change(self, where: sa.ColumnElement[bool], **values: Any) -> int:
        return self._writer.run(lambda c: c.execute(sa.update(effect).where(where).values(**values)).rowcount)


def _due(now: float) -> sa.ColumnElement[bool]:
    return sa.or_(
        (effect.c.state == "intended") & (effect.c.due_at <= now),
        (effect.c.state == "sent") & (effect.c.lease_until <= now),
    )
