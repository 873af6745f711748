"""The book of looks: who was told of which entry, when and what for. Counted for the others: who asked how often.

That somebody is told everything of an entry is written down before. That an order met one by no more than a name or a
house, as it does a dozen in a list of a million, is written down within seconds, together with others.

Rows are only ever added, each hour one root over them goes into the log. What an erased entry takes with it leaves
its hash behind, so that the root still fits.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.registry.calendar import add_years, day_of, end_of
from shopguard.registry.entries import cases
from shopguard.registry.messages import CandidateShape
from shopguard.registry.records import Forgotten, Records
from shopguard.registry.search.model import Asking, Look, Purpose, handle_of
from shopguard.registry.search.staff import Staff
from shopguard.registry.search.waiting import Batch, Row, WaitingLooks
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading
from shopguard.storage.turns import share_turn, take_turn
from shopguard.storage.writer import Addition, Writer, writer_for

KEEP_YEARS = 3
"""Source: rules of the Act on the Protection of Personal Information on records of provision, arts. 29 and 30 (read
2026-11)."""

_HOUR_S = 3_600
_LABEL = "search"
_MOVING = "looks"  # looks go from one entry to another, or are forgotten, while none is being written
_ROWS_AT_ONCE = 500  # SQLite takes 32,766 values in a statement, and others want their turn


class Looks:
    """``LookBook`` in the vault. Safe to share between threads.

    Args:
        records: seal the cases of searches, each under a key of its own.
        clock: Unix seconds.
    """

    def __init__(self, vault: sa.Engine, records: Records, staff: Staff, clock: Callable[[], float]) -> None:
        self._vault, self._records, self._staff, self._clock = vault, records, staff, clock
        self._waiting = WaitingLooks(self._write_down)
        self._opening = threading.Lock()
        self._open_writer: Writer | None = None

    def write(self, asking: Asking, told: Sequence[CandidateShape]) -> None:
        """See ``LookBook``. A look-up that told of nobody is only counted, a search is always written."""
        now, staff_of = self._clock(), self._staff.of(asking.tokens)
        if asking.purpose is Purpose.ORDER and not told and not staff_of:
            self._waiting.count((asking.member, asking.key_id, int(now // _HOUR_S)))
            return
        shared = self._row(asking, now) | {"staff_of": _named(staff_of, asking.member)} | self._stated(asking)
        met = [{"handle": handle_of(candidate), "opened": candidate.opened} for candidate in told]
        rows = [shared | one for one in met or [{"handle": None, "opened": False}]]
        if asking.purpose is Purpose.ORDER and not staff_of and not any(candidate.opened for candidate in told):
            self._waiting.put(rows)
        else:
            self._add(rows)

    def settle(self) -> None:
        """Write down what waits."""
        self._waiting.settle()

    def of(self, handle: bytes) -> Sequence[Look]:
        """Return who was told of an entry, the latest first; what another process told seconds ago may still miss.

        ``handle`` is what stands for it in every epoch.
        """
        self._waiting.settle()
        query = sa.select(look).where(look.c.handle == handle).order_by(look.c.number.desc())
        with reading(self._vault) as connection:
            return [
                Look(row.at, row.member, row.key_id, Purpose(row.purpose), row.opened, bytes(row.asked))
                for row in connection.execute(query)
            ]

    def case(self, asked: bytes) -> str | None:
        """Return the case that was stated for a search; None where it was forgotten, or is none."""
        query = sa.select(look.c.stated_under, look.c.stated).where(look.c.asked == asked, look.c.stated.is_not(None))
        with reading(self._vault) as connection:
            row = connection.execute(query.limit(1)).first()
        try:
            return None if row is None else self._records.open(row.stated_under, _LABEL, row.stated).decode()
        except Forgotten:
            return None

    def expire(self) -> int:
        """Drop what is older than ``KEEP_YEARS``, and the roots over it, and return how many looks that were."""
        first_day = add_years(day_of(self._clock()), -KEEP_YEARS)
        is_old = look.c.hour < int(end_of(first_day - timedelta(days=1)) // _HOUR_S)
        stated = sa.select(look.c.stated_under).where(is_old, look.c.stated_under.is_not(None)).distinct()
        with reading(self._vault) as connection:
            under = connection.scalars(stated).all()
            last = connection.execute(sa.select(sa.func.max(look.c.number)).where(is_old)).scalar()

        def drop(connection: sa.Connection) -> int:
            connection.execute(sa.delete(look_root).where(look_root.c.first <= last))
            return connection.execute(sa.delete(look).where(is_old)).rowcount

        if last is None:
            return 0
        for number in under:  # first, as a crash in between leaves them named, to be forgotten by the next round
            self._records.forget(number)
        return self._writer.run(drop)

    def close(self) -> None:
        """Write down what waits, and stop."""
        try:
            self._waiting.close()
        finally:
            if self._open_writer is not None:
                self._open_writer.close()

    def _write_down(self, waiting: Batch) -> None:
        now = self._clock()
        counted = [
            {**_EMPTY, "at": now, "hour": hour, "member": member, "key_id": key_id, "times": times}
            for (member, key_id, hour), times in waiting.unmet.items()
        ]
        self._add([*waiting.rows, *counted])

    def _add(self, rows: Sequence[Row]) -> None:
        """Keep rows in one commit, which others may share."""

        def add(connection: sa.Connection) -> None:
            share_turn(connection, _MOVING)
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                _ADDITION.add(connection, *(tuple(row[name] for name in _COLUMNS) for row in some))
                _catch_up(connection, {row["handle"] for row in some} - {None})

        self._writer.run(add)

    @property
    def _writer(self) -> Writer:
        """Opened by the first who writes: many only read."""
        with self._opening:
            if self._open_writer is None:
                self._open_writer = writer_for(self._vault)
            return self._open_writer

    def _row(self, asking: Asking, now: float) -> dict[str, Any]:
        return {
            **_EMPTY,
            "at": now,
            "hour": int(now // _HOUR_S),
            "member": asking.member,
            "key_id": asking.key_id,
            "purpose": asking.purpose.value,
            "asked": asking.asked,
        }

    def _stated(self, asking: Asking) -> dict[str, Any]:
        if asking.purpose is not Purpose.SEARCH:
            return {}
        number = self._records.begin()
        tokens = b"".join(sorted(element.token for element in asking.tokens))
        sealed = self._records.seal(number, _LABEL, asking.case.encode())
        return {"searched": self._staff.digest(tokens), "stated_under": number, "stated": sealed}


def searches_for(connection: sa.Connection, handle: bytes) -> Sequence[int]:
    """Return the numbers of the records that hold the cases of the searches that found an entry."""
    query = sa.select(look.c.stated_under).where(look.c.handle == handle, look.c.stated.is_not(None))
    return connection.scalars(query.distinct().order_by(look.c.stated_under)).all()


def move_looks(connection: sa.Connection, old: bytes, new: bytes) -> None:
    """Let who was told of one entry stand with another, which it becomes part of: both are about one person."""
    take_turn(connection, _MOVING)
    _move(connection, old, new)


def forget_looks(connection: sa.Connection, handle: bytes) -> None:
    """Forget who was told of an entry that ends, and the cases of its searches; that somebody looked stays."""
    take_turn(connection, _MOVING)
    _forget(connection, handle)


def _catch_up(connection: sa.Connection, handles: Collection[bytes]) -> None:
    """Do with looks that waited what was done, meanwhile, with those of entries that have ended."""
    for handle, into in cases.ended(connection, handles).items() if handles else ():
        if into is None:
            _forget(connection, handle)
        else:
            _move(connection, handle, into)


def _move(connection: sa.Connection, old: bytes, new: bytes) -> None:
    for row in connection.execute(sa.select(look).where(look.c.handle == old)).all():
        moved = {"handle": new, "hashed": hash_of(row)}
        connection.execute(sa.update(look).where(look.c.number == row.number).values(moved))


def _forget(connection: sa.Connection, handle: bytes) -> None:
    own = connection.execute(sa.select(look).where(look.c.handle == handle)).all()
    under = {row.stated_under for row in own if row.stated_under is not None}
    beside = sa.select(look).where(look.c.stated_under.in_(under), look.c.handle != handle)
    for row in (*own, *connection.execute(beside).all()):
        bare: dict[str, object] = {"stated": None, "searched": None, "hashed": hash_of(row)}
        if row.handle == handle:
            bare |= {"handle": None}
        connection.execute(sa.update(look).where(look.c.number == row.number).values(bare))


def hash_of(row: sa.Row[Any]) -> bytes:
    """Return what stands for a look in its hour's root: what it hashed to when it was written."""
    if row.hashed is not None:
        return bytes(row.hashed)
    said = [getattr(row, name) for name in _HASHED]
    return sha256(b"sg1/look\n" + msgspec.msgpack.encode(said)).digest()


def _named(members: frozenset[str], asking: str) -> str | None:
    """One of the members whose person it is, the one who asks before all."""
    return asking if asking in members else min(members, default=None)


_EMPTY: Row = {
    "purpose": Purpose.ORDER.value,
    "times": 1,
    "asked": None,
    "handle": None,
    "opened": False,
    "staff_of": None,
    "searched": None,
    "stated_under": None,
    "stated": None,
}
_COLUMNS = ("at", "hour", "member", "key_id", *_EMPTY)
_ADDITION = Addition(f"INSERT INTO look ({', '.join(_COLUMNS)}) VALUES", f"({', '.join('?' * len(_COLUMNS))})", "")
_HASHED = (
    *("at", "hour", "member", "key_id", "purpose", "times"),
    *("asked", "handle", "opened", "staff_of", "searched", "stated"),
)

look = sa.table(
    "look",
    sa.column("number", NUMBER),
    sa.column("at", sa.Float),
    sa.column("hour", NUMBER),
    sa.column("member", sa.String),
    sa.column("key_id", sa.String),
    sa.column("purpose", sa.String),
    sa.column("times", sa.Integer),
    sa.column("asked", sa.LargeBinary),
    sa.column("handle", sa.LargeBinary),
    sa.column("opened", sa.Boolean),
    sa.column("staff_of", sa.String),
    sa.column("searched", sa.LargeBinary),
    sa.column("stated_under", NUMBER),
    sa.column("stated", sa.LargeBinary),
    sa.column("hashed", sa.LargeBinary),
)

look_root = sa.table(
    "look_root",
    sa.column("number", NUMBER),
    sa.column("at", sa.Float),
    sa.column("first", NUMBER),
    sa.column("last", NUMBER),
    sa.column("root", sa.LargeBinary),
    sa.column("salt", sa.LargeBinary),
    sa.column("leaf", NUMBER),
)
