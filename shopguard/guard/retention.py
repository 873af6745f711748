"""Retention: what the shop no longer needs is emptied after a set time; that it once was there remains."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.config import RetentionSettings
from shopguard.guard import answers, own_batches
from shopguard.guard.inbox import FINAL
from shopguard.storage.engine import reading
from shopguard.storage.tables import answer_cache, audit, inbox, note, orders, phone_use, screening, watch
from shopguard.storage.writer import Writer

_DAY_S = 86_400.0
_is_kept = sa.exists().where(
    orders.c.shop == watch.c.shop, orders.c.order_id == watch.c.order_id, orders.c.sealed.is_not(None)
)
_of_a_kept_order = sa.exists().where(
    orders.c.shop == note.c.shop, orders.c.order_id == note.c.order_id, orders.c.sealed.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows lost their personal data, or (audit, phone_use, answers) were deleted."""

    deliveries: int
    orders: int
    audit: int
    phone_use: int = 0
    answers: int = 0


class Retention:
    """Empties what is older than the settings allow."""

    def __init__(
        self, engine: sa.Engine, writer: Writer, settings: RetentionSettings, clock: Callable[[], float]
    ) -> None:
        self._engine, self._writer, self._settings, self._clock = engine, writer, settings, clock

    def purge(self, dry_run: bool = False) -> Purged:
        """Empty what is due and return how much; with ``dry_run`` only count.

        Deliveries still waiting keep their content whatever their age: emptied, they could not be worked on.
        """
        now = self._clock()
        old_delivery = (
            (inbox.c.received_at < now - self._settings.deliveries_days * _DAY_S)
            & inbox.c.state.in_(FINAL)
            & inbox.c.sealed.is_not(None)
        )
        order_limit = now - self._settings.orders_days * _DAY_S
        old_order = (orders.c.updated_at < order_limit) & orders.c.sealed.is_not(None)
        old_screening = (screening.c.screened_at < order_limit) & screening.c.sealed.is_not(None)
        old_audit = audit.c.at < now - self._settings.audit_days * _DAY_S
        old_use = phone_use.c.seen_at < now - self._settings.phone_use_days * _DAY_S
        if dry_run:
            return self._count(
                (inbox, old_delivery),
                (orders, old_order),
                (audit, old_audit),
                (phone_use, old_use),
                (answer_cache, answers.needless(now)),
            )

        def work(connection: sa.Connection) -> Purged:
            deliveries = connection.execute(sa.update(inbox).where(old_delivery).values(sealed=None)).rowcount
            emptied = connection.execute(sa.update(orders).where(old_order).values(sealed=None)).rowcount
            connection.execute(sa.update(screening).where(old_screening).values(sealed=None))
            dropped = connection.execute(sa.delete(audit).where(old_audit)).rowcount
            connection.execute(sa.delete(watch).where((watch.c.until_at < now) | ~_is_kept))
            connection.execute(sa.delete(note).where((note.c.at < order_limit) & ~_of_a_kept_order))
            own_batches.sweep(connection, now)
            forgotten = connection.execute(sa.delete(phone_use).where(old_use)).rowcount
            return Purged(deliveries, emptied, dropped, forgotten, answers.sweep(connection, now))

        return self._writer.run(work)

    def _count(self, *due: tuple[sa.Table, sa.ColumnElement[bool]]) -> Purged:
        with reading(self._engine) as connection:
            counts = [
                connection.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one()
                for table, where in due
            ]
        return Purged(*counts)
