"""What the desk's rounds have to open, told by what stands in clear: opening a record takes a millisecond."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import sqlalchemy as sa

from shopguard.registry.disputes.model import RequestKind, RequestState
from shopguard.registry.entries.model import LifeState
from shopguard.registry.entries.steps import FREE
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading

_AT_ONCE = 500


def decided_elsewhere(vault: sa.Engine) -> Sequence[int]:
    """Return the open requests, by their numbers, whose entry has ended or is interrupted by nothing any more."""
    has_ended = _life.c.state.is_(None) | (_life.c.state == LifeState.ERASED.value)
    unserves = _request.c.kind.in_([kind.value for kind in RequestKind if kind.unserves])
    is_free = unserves & _life.c.state.in_([state.value for state in FREE])
    is_open = (_request.c.state == RequestState.OPEN.value) & _request.c.entry.is_not(None)
    both = _request.outerjoin(_life, _life.c.number == _request.c.entry)
    query = sa.select(_request.c.number).select_from(both).where(is_open, has_ended | is_free)
    with reading(vault) as connection:
        return connection.scalars(query.order_by(_request.c.number)).all()


def as_written(vault: sa.Engine, entries: Sequence[int]) -> Mapping[int, bytes]:
    """Return, by the number of an entry, what differs after every change of its life; nothing of those that ended."""
    found: dict[int, bytes] = {}
    for start in range(0, len(entries), _AT_ONCE):
        wanted = _life.c.number.in_(entries[start : start + _AT_ONCE]) & _life.c.sealed.is_not(None)
        with reading(vault) as connection:
            rows = connection.execute(sa.select(_life.c.number, _life.c.sealed).where(wanted)).all()
        found |= {number: sha256(sealed).digest() for number, sealed in rows}
    return found


_request = sa.table(
    "request",
    sa.column("number", NUMBER),
    sa.column("entry", NUMBER),
    sa.column("kind", sa.String),
    sa.column("state", sa.String),
)
_life = sa.table(
    "life", sa.column("number", NUMBER), sa.column("state", sa.String), sa.column("sealed", sa.LargeBinary)
)
