"""Notes: what people here write about an order, sealed, for their colleagues alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.guard.store import Vault
from shopguard.model import OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import note
from shopguard.storage.writer import Writer

LONGEST = 2_000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Note:
    """``at`` is Unix seconds; ``by`` the name that is on record."""

    at: float
    by: str
    text: str


class Notes:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, vault: Vault, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._vault, self._clock = engine, writer, vault, clock

    def add(self, ref: OrderRef, by: str, text: str) -> bool:
        """Keep a note, unless its writer has just written the same: a form sent twice says no more."""
        known = self.of(ref)
        if known and (known[-1].by, known[-1].text) == (by, text):
            return False
        row = {
            "shop": ref.shop,
            "order_id": ref.order_id,
            "at": self._clock(),
            "by": by[:100],
            "sealed": self._vault.seal(text.encode()),
        }
        self._writer.run(lambda connection: connection.execute(sa.insert(note).values(**row)))
        return True

    def of(self, ref: OrderRef) -> Sequence[Note]:
        """Return the notes on an order, oldest first."""
        mine = (note.c.shop == ref.shop) & (note.c.order_id == ref.order_id)
        query = sa.select(note.c.at, note.c.by, note.c.sealed).where(mine).order_by(note.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Note(row.at, row.by, self._vault.open(row.sealed).decode()) for row in rows]
