"""Cancelling an order: a person's decision, and the effect that tells the platform, in one transaction."""

from collections.abc import Callable

import sqlalchemy as sa

from shopguard.adapter import Capability
from shopguard.guard import effects
from shopguard.guard.effects import FAILED, of
from shopguard.guard.policy import Action
from shopguard.guard.reviews import Decision, ReviewState, overtaken_by, record
from shopguard.guard.shops import GuardedShop, Shops
from shopguard.guard.wording import cancelled_text
from shopguard.model import OrderRef, Stage
from shopguard.storage.tables import effect, orders, review
from shopguard.storage.writer import Writer


class Cancelling:
    """``clock`` is Unix seconds."""

    def __init__(self, writer: Writer, shops: Shops, clock: Callable[[], float]) -> None:
        self._writer, self._shops, self._clock = writer, shops, clock

    def can(self, shop: str) -> bool:
        """Whether this shop's platform lets us cancel."""
        guarded = self._shops.get(shop)
        return guarded is not None and _cancels(guarded)

    def cancel(self, ref: OrderRef, actor: str, looked_at: int | None = None) -> Decision:
        """Cancel an order that has not shipped; pressed twice it does nothing the second time.

        Nothing is done to one that never waited for a person, nor where the platform cannot.

        Args:
            looked_at: as in ``Reviews.release``.
        """
        now, guarded = self._clock(), self._shops.get(ref.shop)

        def work(connection: sa.Connection) -> Decision:
            if overtaken := overtaken_by(connection, ref, looked_at):
                return overtaken
            row = connection.execute(sa.select(review).where(_reviewed(ref)).with_for_update()).first()
            state = ReviewState(row.state) if row else ReviewState.CLOSED
            if guarded is None or row is None or not _cancels(guarded) or not _is_possible(connection, ref, state):
                return Decision(ref, state, changed=False, overtaken=state is not ReviewState.CANCELLED)
            decided = {"state": ReviewState.CANCELLED.value, "decided_at": now, "decided_by": actor[:100]}
            connection.execute(sa.update(review).where(_reviewed(ref)).values(**decided))
            text = cancelled_text(guarded.settings.language)
            effects.plan(connection, ref, Action.CANCEL, row.generation, text, now)
            _try_again(connection, ref, now)
            record(connection, now, actor, "cancel", ref)
            return Decision(ref, ReviewState.CANCELLED)

        return self._writer.run(work)


def _cancels(guarded: GuardedShop) -> bool:
    return Capability.CANCEL in guarded.adapter.capabilities


def _reviewed(ref: OrderRef) -> sa.ColumnElement[bool]:
    return (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)


def _is_possible(connection: sa.Connection, ref: OrderRef, state: ReviewState) -> bool:
    mine = (orders.c.shop == ref.shop) & (orders.c.order_id == ref.order_id)
    stage = connection.execute(sa.select(orders.c.stage).where(mine)).scalar()
    return state not in (ReviewState.CANCELLED, ReviewState.CLOSED) and stage == Stage.OPEN.value


def _try_again(connection: sa.Connection, ref: OrderRef, now: float) -> None:
    """Have a cancellation tried again that the platform refused before."""
    failed = of(ref) & (effect.c.action == Action.CANCEL.value) & effect.c.state.in_(FAILED)
    again = {"state": "intended", "due_at": now, "attempts": 1, "last_error": None, "confirmed_at": None}
    connection.execute(sa.update(effect).where(failed).values(**again))
