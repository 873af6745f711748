"""One leaf an hour in the log: the root over all looks since the last one, so that none can be changed unseen."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.registry.log import LeafKind, Log, commitment, tree_root
from shopguard.registry.search.looks import hash_of, look, look_root
from shopguard.storage.engine import reading, writing

SETTLED_S = 120
"""How long a transaction may still bring in a look that was numbered before others: none takes that long."""

_HOUR_S = 3_600
_SALT_BYTES = 32
_BATCH = 10_000


class _Span(msgspec.Struct, frozen=True):
    """What the log commits to: the root over the looks of these numbers."""

    first: int
    last: int
    root: bytes


class LookRoots:
    """``clock`` is Unix seconds."""

    def __init__(self, vault: sa.Engine, log: Log, clock: Callable[[], float]) -> None:
        self._vault, self._log, self._clock = vault, log, clock

    def enter(self) -> None:
        """Bring the hours that are over into the log; may be done at any time, and twice."""
        now = self._clock()
        hour = now - now % _HOUR_S
        if now - hour >= SETTLED_S:
            self._span(hour, now)
        self._settle()

    def faults(self) -> Iterator[tuple[int, int]]:
        """Yield first and last number of looks that were changed, added to or taken from since they were logged."""
        with reading(self._vault) as connection:
            for row in connection.execute(sa.select(look_root).order_by(look_root.c.number)):
                if tree_root(_hashes(connection, row.first, row.last)) != row.root:
                    yield row.first, row.last

    def _span(self, hour: float, now: float) -> None:
        with reading(self._vault) as connection:  # whoever looks meanwhile does not wait until all of it is hashed
            span = _open_span(connection, hour)
            hashes = [] if span is None else list(_hashes(connection, *span))
        if span is None:
            return
        first, last = span
        row = {"at": now, "first": first, "last": last, "root": tree_root(hashes), "salt": os.urandom(_SALT_BYTES)}
        with writing(self._vault) as connection:
            # a look that was forgotten meanwhile goes by the same hash; where one has gone altogether, the next round
            # begins anew
            if _first_open(connection) == first and _count(connection, first, last) == len(hashes):
                connection.execute(look_root.insert(), row | {"leaf": None})

    def _settle(self) -> None:
        waiting = sa.select(look_root).where(look_root.c.leaf.is_(None)).order_by(look_root.c.number)
        with reading(self._vault) as connection:
            rows = connection.execute(waiting).all()
        for row in rows:
            leaf = self._log.append(LeafKind.LOOK_UPS, commitment(row.salt, _content(row)))
            with writing(self._vault) as connection:
                is_row = look_root.c.number == row.number
                connection.execute(sa.update(look_root).where(is_row).values(leaf=leaf))


def _open_span(connection: sa.Connection, hour: float) -> tuple[int, int] | None:
    """First and last number of the looks up to a moment that are under no root yet, or None."""
    first = _first_open(connection)
    ended = sa.select(sa.func.max(look.c.number)).where(look.c.number >= first, look.c.at < hour)
    last = connection.execute(ended).scalar()
    return None if last is None else (first, last)


def _first_open(connection: sa.Connection) -> int:
    return (connection.execute(sa.select(sa.func.max(look_root.c.last))).scalar() or 0) + 1


def _count(connection: sa.Connection, first: int, last: int) -> int:
    within = look.c.number.between(first, last)
    return connection.execute(sa.select(sa.func.count()).select_from(look).where(within)).scalar_one()


def _content(row: sa.Row[Any]) -> bytes:
    return msgspec.json.encode(_Span(row.first, row.last, row.root))


def _hashes(connection: sa.Connection, first: int, last: int) -> Iterator[bytes]:
    for start in range(first, last + 1, _BATCH):
        wanted = (look.c.number >= start) & (look.c.number < min(start + _BATCH, last + 1))
        for row in connection.execute(sa.select(look).where(wanted).order_by(look.c.number)):
            yield hash_of(row)
