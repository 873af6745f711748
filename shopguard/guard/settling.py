"""Settling what was given up: a person looked at it, so it counts no more. It stays stored and can be run again."""

from collections.abc import Callable

import sqlalchemy as sa

from shopguard.guard.reviews import record
from shopguard.model import OrderRef
from shopguard.storage.tables import effect, inbox
from shopguard.storage.writer import Writer


class Settling:
    """Takes dead letters and failed effects off the list of what a person must look at."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer, self._clock = writer, clock

    def letter(self, id_: int, actor: str) -> bool:
        """Settle a dead letter, also one that retention emptied; False if there is none with this number."""
        return self._settle(inbox, "dead", "settle_delivery", id_, actor)

    def effect(self, id_: int, actor: str) -> bool:
        """Settle a failed effect; False if there is none with this number."""
        return self._settle(effect, "failed", "settle_effect", id_, actor)

    def _settle(self, table: sa.Table, given_up: str, action: str, id_: int, actor: str) -> bool:
        which = (table.c.id == id_) & (table.c.state == given_up)
        settle = sa.update(table).where(which).values(state="settled").returning(table.c.shop, table.c.order_id)

        def work(connection: sa.Connection) -> bool:
            row = connection.execute(settle).first()
            if row is None:
                return False
            of = OrderRef(row.shop, row.order_id or "")
            record(connection, self._clock(), actor, action, of, str(id_))
            return True

        return self._writer.run(work)
