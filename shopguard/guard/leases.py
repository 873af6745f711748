"""Leased rows: how workers share a table of work. A row waits until it is due, then one worker holds it for a while.

A lease that ran out gives the row to the next worker: work is done at least once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shopguard.guard.claims import Claimant


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases of one table, which has the columns id, state, due_at, lease_until, worker, boot and attempts.

    Args:
        waiting: the state of a row that waits.
        held: the state of a row that a worker holds.
    """

    table: sa.Table
    waiting: str
    held: str

    def due(self, now: float) -> sa.ColumnElement[bool]:
        """Rows whose time has come, and rows whose holder let its lease run out."""
        columns = self.table.c
        return sa.or_(
            (columns.state == self.waiting) & (columns.due_at <= now),
            (columns.state == self.held) & (columns.lease_until <= now),
        )

    def claim(
        self, claimant: Claimant, now: float, limit: int, which: sa.ColumnElement[bool], returning: Sequence[Any]
    ) -> sa.UpdateBase:
        """Return the statement that leases up to ``limit`` rows of ``which``, longest due first, to ``claimant``."""
        columns = self.table.c
        chosen = (
            sa.select(columns.id)
            .where(which)
            .order_by(columns.due_at, columns.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")  # PostgreSQL may run a plain subquery once per row, and then its limit limits nothing
        )
        return (
            sa.update(self.table)
            .where(columns.id.in_(sa.select(chosen.c.id)))
            .values(
                state=self.held,
                lease_until=now + claimant.lease_s,
                worker=claimant.name,
                boot=claimant.boot,
                attempts=columns.attempts + 1,
            )
            .returning(*returning)
        )

    def take_back(self, claimant: Claimant, now: float) -> sa.Update:
        """Return the statement that makes rows of this worker's dead predecessors due again."""
        columns = self.table.c
        mine = (columns.state == self.held) & (columns.worker == claimant.name) & (columns.boot != claimant.boot)
        return sa.update(self.table).where(mine).values(state=self.waiting, due_at=now, lease_until=None)
