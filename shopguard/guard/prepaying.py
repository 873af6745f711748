"""Asking a buyer to pay first: the order goes on waiting, and comes up again when the money should be here."""

from collections.abc import Callable

import sqlalchemy as sa

from shopguard.guard.reviews import Decision, ReviewState, overtaken_by, record
from shopguard.model import OrderRef
from shopguard.storage.tables import review
from shopguard.storage.writer import Writer

REMIND_S = 3 * 86_400.0
"""After how long somebody should look whether a buyer who was asked has paid."""

_TWICE_S = 60.0  # a button pressed twice asks once


class Prepaying:
    """``clock`` is Unix seconds."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer, self._clock = writer, clock

    def asked(self, ref: OrderRef, actor: str, looked_at: int | None = None) -> Decision:
        """Write down that the buyer was asked; an order that was left as it is waits again, for the money.

        Nothing is done to one that was let go, cancelled or settled, nor to one that never waited for a person.

        Args:
            looked_at: as in ``Reviews.release``.
        """
        now = self._clock()
        mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)

        def work(connection: sa.Connection) -> Decision:
            if overtaken := overtaken_by(connection, ref, looked_at):
                return overtaken
            row = connection.execute(sa.select(review).where(mine).with_for_update()).first()
            state = ReviewState(row.state) if row else ReviewState.CLOSED
            if row is None or state not in (ReviewState.OPEN, ReviewState.KEPT):
                return Decision(ref, state, changed=False, overtaken=True)
            if state is ReviewState.OPEN and row.asked_at is not None and row.asked_at > now - _TWICE_S:
                return Decision(ref, state, changed=False)
            opened = {"state": ReviewState.OPEN.value, "decided_at": None, "decided_by": None}
            asked = {"asked_at": now, "look_by": now + REMIND_S}
            connection.execute(sa.update(review).where(mine).values(**opened, **asked))
            record(connection, now, actor, "ask_prepayment", ref)
            return Decision(ref, ReviewState.OPEN)

        return self._writer.run(work)
