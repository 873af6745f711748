"""Who has which order open, so that two people do not work on one."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from shopguard.model import OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import account, presence
from shopguard.storage.writer import Writer

PRESENT_S = 30.0
"""How long somebody counts as looking after their page last said so."""
_AGAIN_S = 10.0


class Presence:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock

    def look_at(self, ref: OrderRef, who: int) -> None:
        """Say that an account has an order open; whatever it had open before is closed."""
        now = self._clock()
        mine = (presence.c.shop == ref.shop) & (presence.c.order_id == ref.order_id) & (presence.c.account == who)
        with reading(self._engine) as connection:
            seen_at = connection.execute(sa.select(presence.c.seen_at).where(mine)).scalar()
        if seen_at is not None and seen_at > now - _AGAIN_S:
            return
        row = {"shop": ref.shop, "order_id": ref.order_id, "account": who, "seen_at": now}

        def work(connection: sa.Connection) -> None:
            over = (presence.c.account == who) | (presence.c.seen_at < now - PRESENT_S)
            connection.execute(sa.delete(presence).where(over))
            connection.execute(_SEEN, row)

        self._writer.run(work)

    def others(self, who: int) -> Mapping[OrderRef, Sequence[str]]:
        """Return which orders are open at accounts other than ``who``, with the names they show."""
        query = (
            sa.select(presence.c.shop, presence.c.order_id, account.c.shown)
            .join(account, account.c.id == presence.c.account)
            .where(presence.c.account != who, presence.c.seen_at >= self._clock() - PRESENT_S)
            .order_by(account.c.shown)
        )
        names: dict[OrderRef, list[str]] = defaultdict(list)
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                names[OrderRef(row.shop, row.order_id)].append(row.shown)
        return names


_SEEN = sa.text(
    "INSERT INTO presence (shop, order_id, account, seen_at) VALUES (:shop, :order_id, :account, :seen_at)"
    " ON CONFLICT (shop, order_id, account) DO UPDATE SET seen_at = excluded.seen_at"
)
