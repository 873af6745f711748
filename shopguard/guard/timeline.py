"""The whole story of one order, in the order of its moments: received, judged, written, decided, noted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from shopguard.guard.notes import Notes
from shopguard.model import OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit, effect, inbox, screening


class What(StrEnum):
    """What kind of moment it is, the first in a story first; what ``Moment.code`` says depends on it."""

    RECEIVED = "received"  # webhook or feed
    JUDGED = "judged"  # the verdict
    NOTED = "noted"
    DECIDED = "decided"  # the line in the audit log
    PLANNED = "planned"  # the action that was decided on
    DONE = "done"  # the action that the platform confirmed
    FAILED = "failed"  # the action that the platform did not take
    CALLED_OFF = "called_off"  # the action that was not needed any more


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is Unix seconds. ``by`` is who did it, empty for ShopGuard itself; ``text`` is a note or a cause."""

    at: float
    what: What
    code: str = ""
    by: str = ""
    text: str = ""


_ENDS = {
    "confirmed": What.DONE,
    "failed": What.FAILED,
    "settled": What.FAILED,
    "cancelled": What.CALLED_OFF,
}
_AT_ONCE_S = 60.0  # what was done so soon is told once


class Timeline:
    """Reads what the tables say of an order."""

    def __init__(self, engine: sa.Engine, notes: Notes) -> None:
        self._engine, self._notes = engine, notes

    def of(self, ref: OrderRef) -> Sequence[Moment]:
        """Return the moments of an order, the first one first; who merely looked is left to the audit log."""
        with reading(self._engine) as connection:
            moments = [
                *_received(connection, ref),
                *_judged(connection, ref),
                *_written(connection, ref),
                *_decided(connection, ref),
            ]
        moments += [Moment(note.at, What.NOTED, by=note.by, text=note.text) for note in self._notes.of(ref)]
        return sorted(moments, key=lambda moment: (moment.at, _rank(moment)))


def _rank(moment: Moment) -> int:
    """Which of two things at one moment came first: what was decided was then done; what failed was then reopened."""
    return len(What) if moment.code == "reopen" else list(What).index(moment.what)


def _received(connection: sa.Connection, ref: OrderRef) -> Iterator[Moment]:
    mine = (inbox.c.shop == ref.shop) & (inbox.c.order_id == ref.order_id)
    for row in connection.execute(sa.select(inbox.c.received_at, inbox.c.source).where(mine)):
        yield Moment(row.received_at, What.RECEIVED, row.source)


def _judged(connection: sa.Connection, ref: OrderRef) -> Iterator[Moment]:
    mine = (screening.c.shop == ref.shop) & (screening.c.order_id == ref.order_id)
    for row in connection.execute(sa.select(screening.c.screened_at, screening.c.verdict).where(mine)):
        yield Moment(row.screened_at, What.JUDGED, row.verdict)


def _written(connection: sa.Connection, ref: OrderRef) -> Iterator[Moment]:
    mine = (effect.c.shop == ref.shop) & (effect.c.order_id == ref.order_id)
    columns = (effect.c.action, effect.c.state, effect.c.intended_at, effect.c.confirmed_at, effect.c.last_error)
    for row in connection.execute(sa.select(*columns).where(mine)):
        has_ended = row.state in _ENDS and row.confirmed_at is not None
        if not has_ended or row.confirmed_at > row.intended_at + _AT_ONCE_S:
            yield Moment(row.intended_at, What.PLANNED, row.action)
        if has_ended:
            yield Moment(row.confirmed_at, _ENDS[row.state], row.action, text=row.last_error or "")


def _decided(connection: sa.Connection, ref: OrderRef) -> Iterator[Moment]:
    mine = (audit.c.shop == ref.shop) & (audit.c.order_id == ref.order_id) & ~audit.c.action.startswith("view_")
    columns = (audit.c.at, audit.c.action, audit.c.actor, audit.c.detail)
    for row in connection.execute(sa.select(*columns).where(mine)):
        yield Moment(row.at, What.DECIDED, row.action, row.actor, row.detail)
