"""Taking a decision back: the order waits again as it did, and a hold that was taken away is placed once more."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from shopguard.guard import effects, standing
from shopguard.guard.policy import Action
from shopguard.guard.reviews import ReviewState, record
from shopguard.model import OrderRef, Stage
from shopguard.storage.tables import effect, orders, review, screening
from shopguard.storage.writer import Writer

UNDO_S = 300.0
"""How long a decision can be taken back: a page offers it for seconds, one without script until it is left."""


class Undoing:
    """``clock`` is Unix seconds."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer, self._clock = writer, clock

    def undo(self, ref: OrderRef, actor: str) -> bool:
        """Put an order back before people that ``actor`` has just released or kept; False if it is too late.

        It is too late after ``UNDO_S``, once somebody else decided, and once the shop shipped or cancelled.
        """
        now = self._clock()
        return self._writer.run(lambda connection: _undo(connection, ref, actor, now))


def _undo(connection: sa.Connection, ref: OrderRef, actor: str, now: float) -> bool:
    order = (orders.c.shop == ref.shop) & (orders.c.order_id == ref.order_id)
    stage = connection.execute(sa.select(orders.c.stage).where(order).with_for_update()).scalar()
    mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
    decided = connection.execute(
        sa.select(review).where(
            mine,
            review.c.state.in_((ReviewState.RELEASED.value, ReviewState.KEPT.value)),
            review.c.decided_by == actor[:100],
            review.c.decided_at >= now - UNDO_S,
        )
    ).first()
    if decided is None or stage == Stage.CLOSED or (stage == Stage.SHIPPED and not decided.shipped):
        return False
    opened: dict[str, Any] = {"state": ReviewState.OPEN.value, "decided_at": None, "decided_by": None}
    if decided.state == ReviewState.RELEASED.value:
        opened |= _hold_again(connection, ref, decided, now)
    connection.execute(sa.update(review).where(mine).values(**opened))
    record(connection, now, actor, "undo", ref, decided.state)
    return True


def _hold_again(connection: sa.Connection, ref: OrderRef, decided: Any, now: float) -> dict[str, int]:
    """Let a hold stand that a release took away, and return what changes for the review by that."""
    last = standing.last_step(connection, ref)
    if last is None or (last.confirmed_at is not None and last.confirmed_at < decided.decided_at):
        return {}  # no hold stood when it was released
    is_release = last.action == Action.RELEASE.value
    if is_release and last.state == "intended" and last.attempts == 0:
        connection.execute(sa.delete(effect).where(effect.c.id == last.id))  # nobody has sent it: the hold stands
        return {}
    if not is_release and last.state != "cancelled":
        return {}
    generation = _next_generation(connection, ref)
    if generation is None:
        return {}
    text = connection.execute(_TEXT, {"which_shop": ref.shop, "which_order": ref.order_id}).scalar() or ""
    effects.plan(connection, ref, Action.HOLD, generation, text, now)
    return {"generation": generation}


def _next_generation(connection: sa.Connection, ref: OrderRef) -> int | None:
    """Count the last judgement anew: each hold has a generation of its own, and the next judgement a higher one."""
    same_order = (screening.c.shop == ref.shop) & (screening.c.order_id == ref.order_id)
    last = sa.select(sa.func.max(screening.c.generation)).where(same_order).scalar_subquery()
    counted = sa.update(screening).where(same_order, screening.c.generation == last)
    step = counted.values(generation=screening.c.generation + 1).returning(screening.c.generation)
    return connection.execute(step).scalar()


_TEXT = (
    sa.select(effect.c.text)
    .where(
        effect.c.shop == sa.bindparam("which_shop"),
        effect.c.order_id == sa.bindparam("which_order"),
        effect.c.action == Action.HOLD.value,
    )
    .order_by(effect.c.id.desc())
    .limit(1)
)
