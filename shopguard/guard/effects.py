"""Effects: what shall stand on an order at its platform, written down before the platform is called.

An effect is intended (waits), sent (claimed, the call may be under way), confirmed, failed or cancelled. Its key
(shop, order, action, generation) is unique, so the same verdict never acts twice; a second attempt tells the
adapter to read before it writes. What changes an order's state is done one after the other for each order: a
release that were overtaken by the next hold would take that away.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shopguard.guard.claims import Claimant
from shopguard.guard.leases import Leases
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
    lease_until: float | None

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


COLUMNS = (
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
    effect.c.lease_until,
)
UNFINISHED = ("intended", "sent")
FAILED = ("failed", "settled")  # settled: a person looked at it (settling.py)
_LEASES = Leases(effect, waiting="intended", held="sent")


def read_effect(row: Any) -> Effect:
    """Return the effect in a row of ``COLUMNS``."""
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
        lease_until=row.lease_until,
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
    claimed = claimant is not None and wait_s <= 0 and not _must_wait(connection, ref, action)
    lease_until = now + claimant.lease_s if claimed and claimant else None
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
        "lease_until": lease_until,
        "worker": claimant.name if claimed and claimant else None,
        "boot": claimant.boot if claimed and claimant else None,
        "attempts": 1 if claimed else 0,
    }
    inserted = connection.execute(_INSERT, row).first()
    if inserted is None or not claimed:
        return None
    return Effect(
        inserted.id,
        ref.shop,
        ref.order_id,
        action,
        generation,
        "sent",
        text,
        argument,
        now,
        1,
        None,
        None,
        lease_until,
    )


def _must_wait(connection: sa.Connection, ref: OrderRef, action: Action) -> bool:
    """Whether something that changes the order's state is still unfinished; a note waits for nothing."""
    if action is Action.FLAG:
        return False
    return connection.execute(_IN_THE_WAY, {"which_shop": ref.shop, "which_order": ref.order_id}).first() is not None


def postpone(connection: sa.Connection, shop: str, now: float, until: float) -> None:
    """Let what waits for this shop begin at ``until``, as far apart as it was."""
    sooner = (effect.c.shop == shop) & (effect.c.state == "intended") & (effect.c.due_at < until)
    ahead = sa.case((effect.c.due_at > now, effect.c.due_at - now), else_=0.0)
    connection.execute(sa.update(effect).where(sooner).values(due_at=until + ahead))


# Put together once, as every effect needs them: that costs several times as much as running them.
_IN_THE_WAY = sa.select(sa.literal(1)).where(
    effect.c.shop == sa.bindparam("which_shop"),
    effect.c.order_id == sa.bindparam("which_order"),
    effect.c.action != Action.FLAG.value,
    effect.c.state.in_(UNFINISHED),
)
_CONFIRM = (
    sa.update(effect)
    .where(effect.c.id == sa.bindparam("which"))
    .values(
        state="confirmed",
        confirmed_at=sa.bindparam("now"),
        undo=sa.bindparam("kept"),
        lease_until=sa.null(),
        last_error=sa.null(),
    )
)


class Effects:
    """Hands out effects that are due and records how they went."""

    def __init__(self, engine: sa.Engine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    def claim(self, claimant: Claimant, now: float, limit: int) -> Sequence[Effect]:
        """Return up to ``limit`` due effects, oldest first, leased to ``claimant``."""
        claim = _LEASES.claim(claimant, now, limit, _due(now), COLUMNS)
        rows = self._writer.run(lambda connection: connection.execute(claim).all())
        return [read_effect(row) for row in sorted(rows, key=lambda row: row.id)]

    def any_due(self, now: float) -> bool:
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.literal(1)).where(_due(now)).limit(1)).first() is not None

    def take_back(self, claimant: Claimant, now: float) -> int:
        """Make effects of this worker's dead predecessors due again; returns how many."""
        take = _LEASES.take_back(claimant, now)
        return self._writer.run(lambda connection: connection.execute(take).rowcount)

    def hold_behind(self, release: Effect) -> Effect | None:
        """Return the hold that ``release`` undoes."""
        query = sa.select(*COLUMNS).where(
            effect.c.shop == release.shop,
            effect.c.order_id == release.order_id,
            effect.c.action == Action.HOLD.value,
            effect.c.generation == release.generation,
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return read_effect(row) if row else None

    def confirm(self, done: Effect, now: float, undo: Undo | None = None) -> None:
        """The platform did it; ``undo`` is what stood before."""
        kept = None if undo is None else json.dumps(undo, ensure_ascii=False)
        values = {"which": done.id, "now": now, "kept": kept}
        self._writer.run(lambda connection: connection.execute(_CONFIRM, values))

    def put_back(
        self, waiting: Effect, due_at: float, error: str | None, also: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """Try again at ``due_at``, unless it was released or taken over meanwhile; ``also`` is committed with it."""

        def work(connection: sa.Connection) -> None:
            if also:
                also(connection)
            values = {"state": "intended", "due_at": due_at, "lease_until": None, "last_error": error}
            connection.execute(sa.update(effect).where(_still(waiting)).values(**values))
            overtaken = (effect.c.id == waiting.id) & (effect.c.state == "intended") & _is_overtaken()
            connection.execute(sa.update(effect).where(overtaken).values(state="cancelled"))

        self._writer.run(work)

    def fail(
        self, failed: Effect, error: str, now: float, instead: Callable[[sa.Connection], None] | None = None
    ) -> None:
        """It cannot be done: a person sees it. ``instead`` plans the next best effect in the same transaction.

        Nothing happens if another worker has taken it over meanwhile.
        """

        def work(connection: sa.Connection) -> None:
            values = {"state": "failed", "confirmed_at": now, "lease_until": None, "last_error": error[:500]}
            mine = connection.execute(sa.update(effect).where(_still(failed)).values(**values)).rowcount == 1
            if mine and instead:
                instead(connection)

        self._writer.run(work)

    def try_again(self, ids: Sequence[int], now: float) -> int:
        """Make failed effects due again, for people; returns how many. What was decided since is not undone."""
        failed = effect.c.id.in_(ids) & effect.c.state.in_(FAILED) & ~_is_overtaken()
        return self._change(failed, state="intended", due_at=now, attempts=1, last_error=None)

    def of_order(self, ref: OrderRef) -> Sequence[Effect]:
        """Return every effect of one order, oldest first."""
        return self._select(of(ref))

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
            rows = connection.execute(sa.select(*COLUMNS).where(*where).order_by(effect.c.id)).all()
        return [read_effect(row) for row in rows]

    def _change(self, where: sa.ColumnElement[bool], **values: Any) -> int:
        return self._writer.run(lambda c: c.execute(sa.update(effect).where(where).values(**values)).rowcount)


def of(ref: OrderRef) -> sa.ColumnElement[bool]:
    """The effects of one order."""
    return (effect.c.shop == ref.shop) & (effect.c.order_id == ref.order_id)


def _still(claimed: Effect) -> sa.ColumnElement[bool]:
    """The row while it is under this claim: a later one counts another attempt."""
    return (effect.c.id == claimed.id) & (effect.c.state == "sent") & (effect.c.attempts == claimed.attempts)


def _due(now: float) -> sa.ColumnElement[bool]:
    earlier = effect.alias()
    waits = (
        (earlier.c.shop == effect.c.shop)
        & (earlier.c.order_id == effect.c.order_id)
        & (earlier.c.id < effect.c.id)
        & (earlier.c.action != Action.FLAG.value)
        & earlier.c.state.in_(UNFINISHED)
    )
    free = (effect.c.action == Action.FLAG.value) | ~sa.exists().where(waits)
    return free & _LEASES.due(now)


def _is_overtaken() -> sa.ColumnElement[bool]:
    """A hold that a release, the hold of a later verdict, or the end of the order has taken the place of."""
    later = effect.alias()
    return (effect.c.action == Action.HOLD.value) & sa.exists().where(
        later.c.shop == effect.c.shop,
        later.c.order_id == effect.c.order_id,
        later.c.action.in_((Action.HOLD.value, Action.RELEASE.value, Action.CANCEL.value)),
        later.c.generation >= effect.c.generation,
        later.c.id > effect.c.id,
    )
