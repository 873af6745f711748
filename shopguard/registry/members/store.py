"""Members and what was done to them, in the vault. Sealed as a whole: who can write the tables can forge no key."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.log import LeafKind, commitment
from shopguard.registry.members.independence import Held
from shopguard.registry.members.model import Member, MemberAct
from shopguard.registry.members.particulars import Trait, TraitKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.storage.columns import NUMBER

_SALT_BYTES = 32
_DIGEST_BYTES = 16
_AT_ONCE = 500

metadata = sa.MetaData()

member = sa.Table(
    "member",
    metadata,
    sa.Column("id", sa.String(length=40), primary_key=True),
    sa.Column("sealed", sa.LargeBinary(), nullable=False),
)

member_key = sa.Table(
    "member_key",
    metadata,
    sa.Column("key_id", sa.String(length=16), primary_key=True),
    sa.Column("member", sa.String(length=40), sa.ForeignKey("member.id"), nullable=False),
)
"""Every key that anybody ever had: none is used by two, and none that was ended comes back."""

member_trait = sa.Table(
    "member_trait",
    metadata,
    sa.Column("member", sa.String(length=40), nullable=False),
    sa.Column("kind", sa.String(length=12), nullable=False),
    sa.Column("digest", sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint("member", "kind", "digest", name="member_trait_pkey"),
)
"""What shows that two members are one, as keyed digests: of those present, and of nobody that left."""

member_act = sa.Table(
    "member_act",
    metadata,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("member", sa.String(length=40), sa.ForeignKey("member.id"), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("salt", sa.LargeBinary(), nullable=False),
    sa.Column("sealed", sa.LargeBinary(), nullable=False),
    sa.Column("leaf", sa.BigInteger(), nullable=True),
    sa.Index("member_act_member", "member", "number"),
)
"""``leaf`` is its number in the log, which holds the commitment to what is sealed here, under ``salt``."""


class _Said(msgspec.Struct, frozen=True):
    """What an act was, in the bytes that are committed to."""

    member: str
    kind: LeafKind
    at: float
    by: str
    detail: str


class MemberStore:
    """Reads and writes within the transactions it is given. ``master`` is the vault's keyring."""

    def __init__(self, master: Keyring) -> None:
        self._master = master

    def add(self, connection: sa.Connection, new: Member) -> None:
        """Keep a new member with its key; ``Refused`` if the id was ever given."""
        if connection.execute(sa.select(member.c.id).where(member.c.id == new.id)).first() is not None:
            raise Refused(Refusal.FORBIDDEN, f"{new.id}: there is such a member already")
        connection.execute(member.insert(), {"id": new.id, "sealed": self._seal(new)})
        self._claim_key(connection, new)

    def get(self, connection: sa.Connection, member_id: str) -> Member:
        """Return a member; ``Refused`` if there is none. Within ``writing`` nobody else changes it meanwhile."""
        query = sa.select(member.c.sealed).where(member.c.id == member_id)
        if connection.get_execution_options().get("writing", False):
            query = query.with_for_update()
        sealed = connection.execute(query).scalar()
        if sealed is None:
            raise Refused(Refusal.NOT_FOUND, f"{member_id}: there is no such member")
        return self._open(sealed)

    def all(self, connection: sa.Connection) -> tuple[Member, ...]:
        """Return every member, in the order of their ids."""
        found = connection.execute(sa.select(member.c.sealed).order_by(member.c.id)).scalars()
        return tuple(self._open(sealed) for sealed in found)

    def change(self, connection: sa.Connection, before: Member, after: Member) -> None:
        """Keep what became of a member; ``Refused`` for a new key that anybody ever had."""
        if after.key_ids[0] not in before.key_ids:
            self._claim_key(connection, after)
        statement = sa.update(member).where(member.c.id == after.id)
        connection.execute(statement.values(sealed=self._seal(after)))

    def put_traits(self, connection: sa.Connection, member_id: str, traits: Iterable[Trait]) -> None:
        """Keep what a member shares with others that are one with it, instead of what was stated before.

        What the office has found out stays.
        """
        stated = (member_trait.c.member == member_id) & (member_trait.c.kind != TraitKind.OFFICE.value)
        connection.execute(sa.delete(member_trait).where(stated))
        self._add_traits(connection, member_id, traits)

    def tie(self, connection: sa.Connection, one: str, other: str) -> bool:
        """Keep that two members are one, as the office found out; whether that is new."""
        found = _found_out(one, other)
        if self._digest(found) in {held.digest for held in self.held(connection)}:
            return False
        for member_id in (one, other):
            self._add_traits(connection, member_id, [found])
        return True

    def untie(self, connection: sa.Connection, one: str, other: str) -> bool:
        """Take back what ``tie`` kept; whether there was anything."""
        is_meant = member_trait.c.digest == self._digest(_found_out(one, other))
        return connection.execute(sa.delete(member_trait).where(is_meant)).rowcount > 0

    def forget_traits(self, connection: sa.Connection, member_id: str) -> None:
        """Keep nothing of what a member shares with others, nor what others found out to share with it."""
        own = sa.select(member_trait.c.digest).where(
            member_trait.c.member == member_id, member_trait.c.kind == TraitKind.OFFICE.value
        )
        connection.execute(sa.delete(member_trait).where(member_trait.c.digest.in_(own)))
        connection.execute(sa.delete(member_trait).where(member_trait.c.member == member_id))

    def would_hold(self, member_id: str, traits: Iterable[Trait]) -> list[Held]:
        """Return how ``traits`` would be kept of a member."""
        return [Held(member_id, trait.kind, self._digest(trait)) for trait in traits]

    def held(self, connection: sa.Connection) -> list[Held]:
        """Return every trait of every member."""
        rows = connection.execute(sa.select(member_trait))
        return [Held(row.member, TraitKind(row.kind), row.digest) for row in rows]

    def record(
        self, connection: sa.Connection, who: Member, kind: LeafKind, by: str, detail: str, now: float
    ) -> None:
        """Keep that something was done; the log gets it later, see ``unlogged``."""
        said = msgspec.json.encode(_Said(who.id, kind, now, by, detail))
        row = {
            "member": who.id,
            "kind": kind.value,
            "salt": os.urandom(_SALT_BYTES),
            "sealed": self._master.seal(said),
        }
        connection.execute(member_act.insert(), row)

    def acts(self, connection: sa.Connection, member_id: str) -> Iterator[MemberAct]:
        """Yield what was done to a member, the latest first."""
        query = sa.select(member_act).where(member_act.c.member == member_id).order_by(member_act.c.number.desc())
        for row in connection.execute(query):
            yield self._act(row)

    def acts_of_leaves(
        self, connection: sa.Connection, leaves: Collection[int]
    ) -> Mapping[int, tuple[str, MemberAct]]:
        """Return by their numbers those leaves of the log that stand for acts on members: whom, and what."""
        rows = connection.execute(sa.select(member_act).where(member_act.c.leaf.in_(leaves))).all()
        return {row.leaf: (row.member, self._act(row)) for row in rows}

    def forget_details(self, connection: sa.Connection, before: float) -> int:
        """Erase what was said with acts before a moment, the oldest first, and return of how many there were."""
        is_whole = (member_act.c.salt != b"") & member_act.c.leaf.is_not(None)
        forgotten = 0
        oldest = sa.select(member_act).where(is_whole).order_by(member_act.c.number).limit(_AT_ONCE)
        for row in connection.execute(oldest).all():
            said = msgspec.json.decode(self._master.open(row.sealed), type=_Said)
            if said.at >= before:
                break
            bare = msgspec.json.encode(msgspec.structs.replace(said, detail=""))
            is_row = member_act.c.number == row.number
            values = {"salt": b"", "sealed": self._master.seal(bare)}
            connection.execute(sa.update(member_act).where(is_row).values(values))
            forgotten += 1
        return forgotten

    def unlogged(self, connection: sa.Connection) -> list[tuple[int, LeafKind, bytes]]:
        """Return number, kind and commitment of each act that the log does not have yet, in their order."""
        query = sa.select(member_act).where(member_act.c.leaf.is_(None)).order_by(member_act.c.number)
        return [
            (row.number, LeafKind(row.kind), commitment(row.salt, self._master.open(row.sealed)))
            for row in connection.execute(query)
        ]

    def logged(self, connection: sa.Connection, number: int, leaf: int) -> None:
        """Keep that an act stands in the log."""
        connection.execute(sa.update(member_act).where(member_act.c.number == number).values(leaf=leaf))

    def _act(self, row: sa.Row[Any]) -> MemberAct:
        said = msgspec.json.decode(self._master.open(row.sealed), type=_Said)
        return MemberAct(said.at, said.kind, said.by, said.detail, row.leaf)

    def _add_traits(self, connection: sa.Connection, member_id: str, traits: Iterable[Trait]) -> None:
        held = self.would_hold(member_id, dict.fromkeys(traits))
        rows = [{"member": one.member, "kind": one.kind.value, "digest": one.digest} for one in held]
        if rows:
            connection.execute(member_trait.insert(), rows)

    def _digest(self, trait: Trait) -> bytes:
        said = (trait.kind.value.encode(), trait.value.encode())
        return self._master.digest("registry-vault/member-trait", *said)[:_DIGEST_BYTES]

    def _claim_key(self, connection: sa.Connection, owner: Member) -> None:
        """Keep that the newest key of ``owner`` is its own."""
        key_id = owner.key_ids[0]
        if connection.execute(sa.select(member_key).where(member_key.c.key_id == key_id)).first() is not None:
            raise Refused(Refusal.FORBIDDEN, f"key {key_id}: was used before; make a new one")
        connection.execute(member_key.insert(), {"key_id": key_id, "member": owner.id})

    def _seal(self, clear: Member) -> bytes:
        return self._master.seal(msgspec.json.encode(clear))

    def _open(self, sealed: bytes) -> Member:
        return msgspec.json.decode(self._master.open(sealed), type=Member)


def _found_out(one: str, other: str) -> Trait:
    return Trait(TraitKind.OFFICE, " ".join(sorted((one, other))))
