"""What was done, by whom and why: kept with the record it was done to, and committed to in the log.

An act is written in the transaction of the change itself; the log gets it afterwards, once, however often that is
tried. Its words go with the key of its record, or after ``KEEP_YEARS``: who did what when stays.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.calendar import add_years, day_of, end_of
from shopguard.registry.log import LeafKind, Log, commitment
from shopguard.registry.records import Forgotten, Records
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

KEEP_YEARS = 3
"""How long the words of acts about members are kept, as nobody erases a member: as long as who looked at whom is."""

SYSTEM = "shopguard"
"""Who acts where a clock did, and no person."""

_SALT_BYTES = 32
_AT_ONCE = 500


class Act(msgspec.Struct, frozen=True):
    """Something that was done to a record.

    Args:
        at: Unix seconds.
        by: an account at the office, ``member:ID``, ``person`` or ``SYSTEM``.
        reason: in words; may name a person, so it is sealed under the record's own key.
        before, after: the state (or what else changed), as words of the program.
    """

    at: float
    kind: LeafKind
    subject: str
    by: str
    reason: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """An act as it stands in the vault. ``leaf`` is its number in the log, None: not there yet.

    ``salt`` shows that the log's commitment is to this act, to whoever is to be shown. Where ``is_whole`` is not set,
    it is gone with reason, before and after.
    """

    number: int
    act: Act
    leaf: int | None
    salt: bytes
    is_whole: bool = True

    @property
    def subject(self) -> Subject:
        return Subject.read(self.act.subject)


def words_kept_from(now: float) -> float:
    """Return the moment from which on the words of acts about members are still kept."""
    return end_of(add_years(day_of(now), -KEEP_YEARS) - timedelta(days=1))


class Acts:
    """The acts of one registry. ``master`` seals those about members, who have no key of their own."""

    def __init__(self, records: Records, master: Keyring, log: Log) -> None:
        self._records, self._master, self._log = records, master, log
        self._vault = records.vault.engine

    def record(self, connection: sa.Connection, subject: Subject, act: Act) -> bytes:
        """Keep ``act`` in the transaction of what it tells, and return what the log will hold of it (32 bytes)."""
        clear, salt = msgspec.json.encode(act), os.urandom(_SALT_BYTES)
        key_number = None if subject.kind is SubjectKind.MEMBER else subject.number
        committed = commitment(salt, clear)
        row = {
            "kind": act.kind.value,
            "subject": str(subject),
            "at": act.at,
            "by": act.by,
            "key_number": key_number,
            # salt and words go with the key of the record: what the log then holds means nothing any more
            "salt": self._seal(key_number, "act-salt", salt),
            "sealed": self._seal(key_number, "act", clear),
            "committed": committed,
        }
        connection.execute(act_table.insert(), row)
        return committed

    def of(self, subject: Subject) -> Sequence[Logged]:
        """Return what was done to a record, the oldest first; nothing once the record is erased."""
        return [logged for logged in self.trail(subject) if logged.is_whole]

    def trail(self, subject: Subject) -> Sequence[Logged]:
        """Return what was done to a record, the oldest first: who did what when also where the words are erased."""
        query = sa.select(act_table).where(act_table.c.subject == str(subject)).order_by(act_table.c.number)
        with reading(self._vault) as connection:
            rows = connection.execute(query).all()
        return [self._logged(row) for row in rows]

    def of_leaves(self, leaves: Collection[int]) -> Mapping[int, Logged]:
        """Return by their numbers those leaves of the log that stand for acts about records; see ``trail``."""
        with reading(self._vault) as connection:
            rows = connection.execute(sa.select(act_table).where(act_table.c.leaf.in_(leaves))).all()
        return {row.leaf: self._logged(row) for row in rows}

    def expire(self, before: float) -> int:
        """Erase the words of acts about members before a moment, and return of how many.

        Those of acts about other records go with the record's key.
        """
        is_old = act_table.c.key_number.is_(None) & (act_table.c.at < before) & (act_table.c.sealed != b"")
        with writing(self._vault) as connection:
            bare = sa.update(act_table).where(is_old, act_table.c.leaf.is_not(None)).values(sealed=b"", salt=b"")
            return connection.execute(bare).rowcount

    def settle(self) -> int:
        """Bring into the log what is not there yet, in its order, and return how many that were."""
        query = sa.select(act_table).where(act_table.c.leaf.is_(None)).order_by(act_table.c.number).limit(_AT_ONCE)
        done = 0
        while True:
            with reading(self._vault) as connection:
                waiting = connection.execute(query).all()
            for row in waiting:
                leaf = self._log.append(LeafKind(row.kind), row.committed)
                with writing(self._vault) as connection:
                    is_row = act_table.c.number == row.number
                    connection.execute(sa.update(act_table).where(is_row).values(leaf=leaf))
            done += len(waiting)
            if len(waiting) < _AT_ONCE:
                return done

    def _logged(self, row: sa.Row[Any]) -> Logged:
        try:
            if not row.sealed:
                raise Forgotten(row.number)
            salt = self._open(row.key_number, "act-salt", row.salt)
            act = msgspec.json.decode(self._open(row.key_number, "act", row.sealed), type=Act)
        except Forgotten:
            bare = Act(row.at, LeafKind(row.kind), row.subject, row.by)
            return Logged(row.number, bare, row.leaf, b"", is_whole=False)
        return Logged(row.number, act, row.leaf, salt)

    def _seal(self, key_number: int | None, what: str, clear: bytes) -> bytes:
        return self._master.seal(clear) if key_number is None else self._records.seal(key_number, what, clear)

    def _open(self, key_number: int | None, what: str, sealed: bytes) -> bytes:
        return self._master.open(sealed) if key_number is None else self._records.open(key_number, what, sealed)


act_table = sa.table(
    "act",
    sa.column("number", NUMBER),
    sa.column("kind", sa.String),
    sa.column("subject", sa.String),
    sa.column("at", sa.Float),
    sa.column("by", sa.String),
    sa.column("key_number", NUMBER),
    sa.column("salt", sa.LargeBinary),
    sa.column("sealed", sa.LargeBinary),
    sa.column("committed", sa.LargeBinary),
    sa.column("leaf", NUMBER),
)
