"""The vault: every entry with its party, sealed under a key of its own, and the only link from it to its rows.

Methods work on the caller's connection, in the caller's transaction. Moments of writing are the publisher's business.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.identity import PROFILE
from shopguard.model import Entry
from shopguard.registry.entry_keys import EntryKey
from shopguard.storage.engine import reading

_DIGEST_BYTES = 16


_HANDLE = re.compile(r"[0-9a-f]{32}")


OWN_LIFE = date.max.toordinal()
"""Stands for the day on which the rules come to an entry, where the entry's own clocks tell that."""


class EntryState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"  # kept, and served no more
    ERASED = "erased"  # nothing of it is left but this: it does not come back


@dataclass(frozen=True, slots=True)
class Kept:
    """What the vault knows of an entry without opening it.

    Args:
        number: goes by it here and in the store of keys; never used again.
        id_digest: keyed digest of the entry's id, which may say who it is.
        content: keyed digest of all it says and of the rules of identity it was indexed by.
        handle: stands for it in the index, in every epoch.
        indexed: False from the moment it changes until the index has it so.
        due_on: the day (as its ordinal) after which the rules change or end it, ``OWN_LIFE``, or None where an older
            version wrote it.
    """

    number: int
    id_digest: bytes
    content: bytes
    handle: bytes
    state: EntryState
    indexed: bool
    due_on: int | None = None

    @property
    def has_own_life(self) -> bool:
        """Whether it is kept by its reports and disputes, and no longer as it was loaded."""
        return self.due_on == OWN_LIFE

    @property
    def is_active(self) -> bool:
        return self.state is EntryState.ACTIVE

    def has(self, content: bytes) -> bool:
        """Whether the vault and the index have the entry with this content already."""
        return self.indexed and self.content == content


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry lies in the index of one epoch: its full posting, and number and locator of each row."""

    epoch: int
    t2_ref: bytes
    rows: tuple[tuple[int, bytes], ...]
    id: int = 0  # of the vault's row that holds this; 0 where there is none yet

    def __repr__(self) -> str:
        return f"Link(epoch={self.epoch})"


class Vault:
    """Sealed entries, found by a keyed digest of their id.

    Args:
        engine: a database whose history ``registry_vault`` is up to date.
        keyring: digests come from its root, which never changes.
    """

    def __init__(self, engine: sa.Engine, keyring: Keyring) -> None:
        self.engine, self._keyring = engine, keyring

    def id_digest(self, entry_id: str) -> bytes:
        return self._keyring.digest("registry-vault/id", entry_id.encode())[:_DIGEST_BYTES]

    def content(self, entry: Entry, profile: int = PROFILE) -> bytes:
        """Return what differs whenever an entry says something else, or is found by other rules."""
        return self._keyring.digest("registry-vault/content", bytes((profile,)), _encode(entry))[:_DIGEST_BYTES]

    def known(self, connection: sa.Connection, id_digests: Collection[bytes]) -> Mapping[bytes, Kept]:
        """Return those of ``id_digests`` that are there."""
        rows = connection.execute(_select_kept.where(_entry.c.id_digest.in_(id_digests)))
        return {kept.id_digest: kept for kept in map(_kept, rows)}

    def find(self, entry_id: str) -> Kept | None:
        """Return the entry of this id, or of this handle in hexadecimal, if there is one that is not erased.

        A match of one detail alone is told by its handle: whoever looks at it can have that very entry blocked.
        """
        kept = self.trace(entry_id)
        return None if kept is None or kept.state is EntryState.ERASED else kept

    def trace(self, entry_id: str) -> Kept | None:
        """Return what is left of the entry of this id or handle, also where it was erased."""
        with reading(self.engine) as connection:
            kept = self.known(connection, [self.id_digest(entry_id)]).get(self.id_digest(entry_id))
            if kept is None and _HANDLE.fullmatch(entry_id):
                row = connection.execute(_select_kept.where(_entry.c.handle == bytes.fromhex(entry_id))).first()
                kept = None if row is None else _kept(row)
        return kept

    def kept(self, connection: sa.Connection, numbers: Collection[int]) -> Mapping[int, Kept]:
        """Return those of ``numbers`` that are entries, erased ones too."""
        rows = connection.execute(_select_kept.where(_entry.c.number.in_(numbers)))
        return {kept.number: kept for kept in map(_kept, rows)}

    def due(self, until: int, limit: int) -> list[Kept]:
        """Return the first loaded entries that the rules come to up to the day ``until`` (its ordinal)."""
        return self._loaded(_entry.c.due_on <= until, limit)

    def undated(self, limit: int) -> list[Kept]:
        """Return the first entries of an older version, of which it is not known when the rules come to them."""
        return self._loaded(_entry.c.due_on.is_(None), limit)

    def _loaded(self, which: sa.ColumnElement[bool], limit: int) -> list[Kept]:
        wanted = which & (_entry.c.state != EntryState.ERASED.value)
        with reading(self.engine) as connection:
            found = connection.execute(_select_kept.where(wanted).order_by(_entry.c.number).limit(limit))
            return [_kept(row) for row in found]

    def withhold(self, connection: sa.Connection, numbers: Collection[int]) -> list[bytes]:
        """Keep that active ones of these entries are under way, and return the handles of those."""
        is_meant = _entry.c.number.in_(numbers) & (_entry.c.state == EntryState.ACTIVE.value)
        withheld = sa.update(_entry).where(is_meant).values(indexed=False).returning(_entry.c.handle)
        return [bytes(handle) for handle in connection.scalars(withheld)]

    def set_due(self, connection: sa.Connection, number: int, due_on: int, renew: bool = True) -> None:
        """Keep when the rules come to an entry next.

        Args:
            renew: whether it says something else from now on, and has yet to be brought to the index so.
        """
        values = {"due_on": due_on, **({"indexed": False} if renew else {})}
        connection.execute(sa.update(_entry).where(_entry.c.number == number).values(values))

    def under_way(self, limit: int) -> list[Kept]:
        """Return the first entries whose change has not reached the index."""
        with reading(self.engine) as connection:
            found = connection.execute(_select_kept.where(_not_indexed).order_by(_entry.c.number).limit(limit))
            return [_kept(row) for row in found]

    def missing_in(self, epoch: int, after: int, limit: int) -> list[Kept]:
        """Return the first active entries above the number ``after`` that are not sealed in ``epoch``."""
        wanted = (_entry.c.number > after) & _is_missing(epoch)
        query = _select_kept.where(wanted).order_by(_entry.c.number).limit(limit)
        with reading(self.engine) as connection:
            return [_kept(row) for row in connection.execute(query)]

    def count_missing_in(self, epoch: int) -> int:
        query = sa.select(sa.func.count()).select_from(_entry).where(_is_missing(epoch))
        with reading(self.engine) as connection:
            return connection.execute(query).scalar_one()

    def readable(self, after: int, limit: int) -> list[Kept]:
        """Return the first entries above the number ``after`` that are not erased."""
        wanted = (_entry.c.number > after) & (_entry.c.state != EntryState.ERASED)
        with reading(self.engine) as connection:
            found = connection.execute(_select_kept.where(wanted).order_by(_entry.c.number).limit(limit))
            return [_kept(row) for row in found]

    def newest(self) -> int | None:
        """Return the highest number of an entry that is not erased."""
        is_there = _entry.c.state != EntryState.ERASED
        with reading(self.engine) as connection:
            query = sa.select(_entry.c.number).where(is_there).order_by(_entry.c.number.desc()).limit(1)
            return connection.execute(query).scalar()

    def epochs(self) -> Collection[int]:
        """Return the epochs in which any entry is said to lie."""
        with reading(self.engine) as connection:
            return frozenset(connection.scalars(sa.select(_sealed_in.c.epoch).distinct()))

    def allocate(self, connection: sa.Connection, what: str, wanted: int) -> Iterable[int]:
        """Return ``wanted`` numbers for an ``entry`` or ``row`` that nothing had before."""
        taken = (
            sa.update(_allocation)
            .where(_allocation.c.what == what)
            .values(next=_allocation.c.next + wanted)
            .returning(_allocation.c.next)
        )
        first = connection.execute(taken).scalar_one() - wanted
        return range(first, first + wanted)

    def next_number(self, connection: sa.Connection, what: str) -> int:
        """Return the number that the next ``entry`` or ``row`` gets."""
        number: int = connection.execute(sa.select(_allocation.c.next).where(_allocation.c.what == what)).scalar_one()
        return number

    def pass_over(self, connection: sa.Connection, what: str, last: int) -> None:
        """Allocate no number up to ``last`` any more."""
        is_behind = (_allocation.c.what == what) & (_allocation.c.next <= last)
        connection.execute(sa.update(_allocation).where(is_behind).values(next=last + 1))

    def open(self, connection: sa.Connection, keys: Mapping[int, EntryKey]) -> Mapping[int, Entry]:
        """Return the entries whose ``keys`` these are, by number."""
        query = sa.select(_entry.c.number, _entry.c.sealed).where(_entry.c.number.in_(keys))
        rows = connection.execute(query.where(_entry.c.sealed.is_not(None)))
        return {n: _entry_decoder.decode(keys[n].open(sealed, _label(n))) for n, sealed in rows}

    def links(self, connection: sa.Connection, keys: Mapping[int, EntryKey]) -> Mapping[int, list[Link]]:
        """Return by number, in every epoch, where the entries whose ``keys`` these are lie in the index."""
        found: dict[int, list[Link]] = {}
        query = sa.select(_sealed_in).where(_sealed_in.c.number.in_(keys)).order_by(_sealed_in.c.id)
        for id_, number, epoch, sealed in connection.execute(query):
            t2_ref, rows = _link_decoder.decode(keys[number].open(sealed, _label(number, epoch)))
            found.setdefault(number, []).append(Link(epoch, t2_ref, rows, id_))
        return found

    def put(
        self, connection: sa.Connection, entries: Iterable[tuple[Kept, Entry]], keys: Mapping[int, EntryKey]
    ) -> None:
        """Add or replace entries by number; the state of one that is there stays."""
        rows = [
            {
                "number": kept.number,
                "id_digest": kept.id_digest,
                "content": kept.content,
                "handle": kept.handle,
                "state": kept.state.value,
                "indexed": False,
                "due_on": kept.due_on,
                "sealed": keys[kept.number].seal(_encode(entry), _label(kept.number)),
            }
            for kept, entry in entries
        ]
        if rows:
            connection.execute(_upsert, rows)

    def link(
        self, connection: sa.Connection, links: Iterable[tuple[int, Link]], keys: Mapping[int, EntryKey]
    ) -> None:
        """Keep where entries (by number) are going to lie in the index."""
        rows = [
            {
                "number": number,
                "epoch": link.epoch,
                "sealed": keys[number].seal(_encode((link.t2_ref, link.rows)), _label(number, link.epoch)),
            }
            for number, link in links
        ]
        if rows:
            connection.execute(sa.insert(_sealed_in), rows)

    def settled(self, connection: sa.Connection, numbers: Collection[int], left: Collection[int]) -> None:
        """The index has these entries as they are now; the links with the ids in ``left`` lead nowhere any more."""
        connection.execute(_settle, [{"n": number} for number in numbers])
        if left:
            connection.execute(_unlink, [{"i": id_} for id_ in left])

    def set_state(self, connection: sa.Connection, number: int, state: EntryState) -> None:
        """An entry that is blocked is so in the index already; another state has yet to be brought there."""
        values = {"state": state.value} if state is EntryState.BLOCKED else {"state": state.value, "indexed": False}
        connection.execute(sa.update(_entry).where(_entry.c.number == number).values(values))

    def empty(self, connection: sa.Connection, number: int) -> None:
        """Take away all that an erased entry said, and where it was; what remains is that it is erased."""
        is_entry = _entry.c.number == number
        bare = {
            "state": EntryState.ERASED.value,
            "indexed": True,
            "content": b"",
            "sealed": None,
            "due_on": OWN_LIFE,
        }
        connection.execute(sa.delete(_sealed_in).where(_sealed_in.c.number == number))
        connection.execute(sa.update(_entry).where(is_entry).values(bare))

    def unlink(self, connection: sa.Connection, epoch: int, above: int, limit: int) -> int | None:
        """Forget where the ``limit`` numbers ``above`` one lay in ``epoch``; None when there was no number left."""
        if above >= (connection.execute(sa.select(sa.func.max(_sealed_in.c.number))).scalar_one() or 0):
            return None
        within = (_sealed_in.c.number > above) & (_sealed_in.c.number <= above + limit)
        connection.execute(sa.delete(_sealed_in).where(within, _sealed_in.c.epoch == epoch))
        return above + limit


_encode = msgspec.msgpack.encode
_entry_decoder = msgspec.msgpack.Decoder(Entry)
_link_decoder = msgspec.msgpack.Decoder(tuple[bytes, tuple[tuple[int, bytes], ...]])


def _label(number: int, epoch: int | None = None) -> bytes:
    """What a sealed record is bound to, so that none can stand in for another."""
    if epoch is None:
        return b"sg1/entry" + number.to_bytes(8, "big")
    return b"sg1/link" + number.to_bytes(8, "big") + epoch.to_bytes(4, "big")


_tables = sa.MetaData()
_entry = sa.Table(
    "entry",
    _tables,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id_digest", sa.LargeBinary),
    sa.Column("content", sa.LargeBinary),
    sa.Column("handle", sa.LargeBinary),
    sa.Column("state", sa.String(8)),
    sa.Column("indexed", sa.Boolean),
    sa.Column("due_on", sa.Integer),
    sa.Column("sealed", sa.LargeBinary),
)
_sealed_in = sa.Table(
    "sealed_in",
    _tables,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger),
    sa.Column("epoch", sa.Integer),
    sa.Column("sealed", sa.LargeBinary),
)
_allocation = sa.Table(
    "allocation", _tables, sa.Column("what", sa.String(8), primary_key=True), sa.Column("next", sa.BigInteger)
)
_kept_columns = (
    _entry.c.number,
    _entry.c.id_digest,
    _entry.c.content,
    _entry.c.handle,
    _entry.c.state,
    _entry.c.indexed,
    _entry.c.due_on,
)
_select_kept = sa.select(*_kept_columns)
_not_indexed = sa.text("NOT indexed")  # as the partial index says it
_upsert = sa.text(
    "INSERT INTO entry (number, id_digest, content, handle, state, indexed, due_on, sealed)"
    " VALUES (:number, :id_digest, :content, :handle, :state, :indexed, :due_on, :sealed)"
    " ON CONFLICT (number) DO UPDATE SET content = excluded.content, indexed = excluded.indexed,"
    " due_on = excluded.due_on, sealed = excluded.sealed"
)
_settle = sa.update(_entry).where(_entry.c.number == sa.bindparam("n")).values(indexed=True)
_unlink = sa.delete(_sealed_in).where(_sealed_in.c.id == sa.bindparam("i"))


def _kept(row: sa.Row[int, bytes, bytes, bytes, str, bool, int | None]) -> Kept:
    number, id_digest, content, handle, state, indexed, due_on = row
    return Kept(number, id_digest, content, handle, EntryState(state), bool(indexed), due_on)


def _is_missing(epoch: int) -> sa.ColumnElement[bool]:
    is_there = sa.exists().where(_sealed_in.c.number == _entry.c.number, _sealed_in.c.epoch == epoch)
    return (_entry.c.state == EntryState.ACTIVE.value) & ~is_there
