"""The shop's own list: people to look at before shipping, and people known to be fine. No other shop's matter.

People are kept sealed and found by keyed digests of their tokens, as the registry finds its entries: an order costs
a few look-ups, however long the list is, and nothing is opened for it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.guard.own_people import (
    OwnEntry,
    OwnKind,
    OwnPerson,
    Standing,
    as_written,
    is_allowed,
    is_watched,
    searched,
    text_of,
)
from shopguard.guard.reviews import record
from shopguard.guard.store import Vault
from shopguard.identity import PROFILE, Identity, Token, Type, identify, tokens
from shopguard.matching import compare_identities, score_each
from shopguard.model import Comparison, OrderRef, Party
from shopguard.storage.engine import reading
from shopguard.storage.tables import own_entry, own_token
from shopguard.storage.writer import Writer

_DIGEST_BYTES = 16
_MOST_MET = 200  # entries that one order is compared with: more in one house says nothing of anybody
_MOST_TOLD = 5  # lines that somebody is told to be
_AT_ONCE = 500
_CONTACTS = {Type.PHONE, Type.EMAIL}
_HOUSES = {Type.ADDRESS, Type.ADDRESS_ROOM, Type.ADDRESS_AREA, Type.POSTAL_NUMBERS, Type.POSTAL_ROOM} | {
    Type.NAME_HOUSE,
    Type.SOUND_HOUSE,
    Type.READING_HOUSE,
    Type.PART_HOUSE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list as it is stored; made outside of the transaction that stores it."""

    kind: OwnKind
    person: bytes
    fields: str
    sealed: bytes
    tokens: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding: how many are new, and by which moment they are taken back together."""

    count: int
    at: float


@dataclass(frozen=True, slots=True)
class _Met:
    """A line that shares something with whom is asked about, and the positions of all that it shares."""

    id: int
    kind: OwnKind
    fields: frozenset[str]
    shared: Sequence[int]


class _Sealed(msgspec.Struct, frozen=True):
    party: Party
    why: str


class _TakenOff(msgspec.Struct, frozen=True, tag="own-entry"):
    shop: str
    kind: OwnKind
    party: Party
    why: str


class OwnList:
    """Keeps the lists of all shops of this guard, and is ``OwnPeople`` for its worker.

    Args:
        clock: returns now, in Unix seconds.
    """

    def __init__(self, engine: sa.Engine, writer: Writer, vault: Vault, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._vault, self._clock = engine, writer, vault, clock

    # --- what an order asks ---

    def standing(self, shop: str, identity: Identity) -> Standing:
        """Return what the list of ``shop`` says of somebody, where they surely are one of its people."""
        asked = tokens(identity)
        met = self._met(shop, asked)
        compared = score_each(identity, asked, [(one.shared, one.fields) for one in met])
        found = sorted(zip(met, compared, strict=True), key=lambda pair: -pair[1].score)
        watched = [(one.id, said) for one, said in found if one.kind is OwnKind.WATCH and is_watched(said)]
        allowed = any(one.kind is OwnKind.ALLOW and is_allowed(said) for one, said in found)
        return Standing(dict(watched[:_MOST_TOLD]), allowed)

    def _met(self, shop: str, asked: Sequence[Token]) -> list[_Met]:
        """Return the entries that share a phone, a mail or a house, with the positions of all that they share."""
        places = {self._digest(shop, token): at for at, token in enumerate(asked)}
        shared: dict[int, list[int]] = {}
        with reading(self._engine) as connection:
            for types in (_CONTACTS, _HOUSES):  # apart, so that a crowd in one house hides no phone
                digests = [digest for digest, at in places.items() if asked[at].type in types]
                ids = connection.execute(_NEAR, {"of": shop, "digests": digests}).scalars() if digests else ()
                shared.update((id_, []) for id_ in ids)
            if not shared:
                return []
            of = {"of": shop, "digests": list(places), "ids": list(shared)}
            for row in connection.execute(_SHARED, of):
                shared[row.entry].append(places[bytes(row.token)])
            known = connection.execute(_KNOWN, {"ids": list(shared)}).all()
        return [
            _Met(row.id, OwnKind(row.kind), frozenset(row.fields.split()), sorted(shared[row.id])) for row in known
        ]

    # --- changing it ---

    def add(self, shop: str, person: OwnPerson, actor: str) -> bool:
        """Put somebody on the list; False if exactly this person is on it already."""
        return self.add_all(shop, [self.row(shop, person)], actor).count == 1

    def row(self, shop: str, person: OwnPerson, identity: Identity | None = None) -> Row:
        """Return what is stored of a person; ``identity`` spares reading the party again."""
        identity = identity or identify(person.party)
        return Row(
            person.kind,
            self._vault.digest("own-person", shop.encode(), as_written(person.party))[:_DIGEST_BYTES],
            " ".join(sorted(identity.fields)),
            self._vault.seal(msgspec.json.encode(_Sealed(person.party, person.why))),
            tuple({self._digest(shop, token): None for token in tokens(identity)}),
        )

    def add_all(self, shop: str, rows: Sequence[Row], actor: str) -> Added:
        """Put all of them on the list, or none if something fails. Who is on it already is passed over."""
        now = self._clock()

        def work(connection: sa.Connection) -> Added:
            count = _insert(connection, shop, rows, actor, now)
            if count:
                record(connection, now, actor, "own_list_add", OrderRef(shop, ""), f"{count}")
            return Added(count, now)

        return self._writer.run(work)

    def take_back(self, shop: str, at: float, actor: str) -> int:
        """Take off what was added together at a moment by ``actor``, and return how many that were."""
        mine = (own_entry.c.shop == shop) & (own_entry.c.added_at == at) & (own_entry.c.added_by == actor[:100])
        return self._take_off(shop, mine, actor)

    def remove(self, entry: int, actor: str) -> bytes | None:
        """Take somebody off the list; returns what ``put_back`` takes, or None if nobody is there.

        Nothing stays here: what is returned is sealed, and goes with the page that offers to undo it.
        """
        known = self.get(entry)
        if known is None or not self._take_off(known.shop, own_entry.c.id == entry, actor):
            return None
        person = known.person
        left = _TakenOff(known.shop, person.kind, person.party, person.why)
        return self._vault.seal(msgspec.json.encode(left))

    def put_back(self, left: bytes, shop: str, actor: str) -> None:
        """Put somebody on the list of ``shop`` again.

        Raises what ``Vault.open`` raises, or ``ValueError``, for anything but what ``remove`` returned of this shop.
        """
        known = msgspec.json.decode(self._vault.open(left), type=_TakenOff)
        if known.shop != shop:
            raise ValueError("taken off another shop's list")
        self.add(shop, OwnPerson(known.kind, known.party, known.why), actor)

    def renew(self) -> int:
        """Bring all entries to the present rules of identity, and return how many were of other ones."""
        done = 0
        while rows := self._select(own_entry.c.profile != PROFILE, _AT_ONCE):
            fresh = [(entry, self.row(entry.shop, entry.person)) for entry in rows]
            self._writer.run(lambda connection, fresh=fresh: _renew(connection, fresh))  # type: ignore[misc]
            done += len(rows)
        return done

    def _take_off(self, shop: str, which: sa.ColumnElement[bool], actor: str) -> int:
        now = self._clock()

        def work(connection: sa.Connection) -> int:
            gone = sa.select(own_entry.c.id).where(which)
            connection.execute(sa.delete(own_token).where(own_token.c.entry.in_(gone)))
            count = connection.execute(sa.delete(own_entry).where(which)).rowcount
            if count:
                record(connection, now, actor, "own_list_remove", OrderRef(shop, ""), f"{count}")
            return count

        return self._writer.run(work)

    # --- looking at it ---

    def get(self, entry: int) -> OwnEntry | None:
        """Return one line of the list."""
        return next(iter(self._select(own_entry.c.id == entry, 1)), None)

    def page(
        self, shops: Collection[str], kind: OwnKind | None, size: int, before: int | None = None
    ) -> Sequence[OwnEntry]:
        """Return at most ``size`` lines, the latest first; ``before`` is the last of the page before."""
        where = _of(shops, kind)
        return self._select(where if before is None else where & (own_entry.c.id < before), size)

    def every(self, shop: str, kind: OwnKind | None = None) -> Iterator[OwnEntry]:
        """Yield all lines of a shop, the latest first."""
        before = None
        while rows := self.page([shop], kind, _AT_ONCE, before):
            yield from rows
            before = rows[-1].id

    def counts(self, shops: Collection[str]) -> dict[OwnKind, int]:
        """Return how many lines of each kind there are."""
        query = sa.select(own_entry.c.kind, sa.func.count()).where(_of(shops, None)).group_by(own_entry.c.kind)
        with reading(self._engine) as connection:
            found = {OwnKind(kind): count for kind, count in connection.execute(query)}
        return {kind: found.get(kind, 0) for kind in OwnKind}

    def find(self, shop: str, party: Party, most: int) -> list[tuple[OwnEntry, Comparison]]:
        """Return who has something in common with ``party``, the surest first; a name alone finds namesakes too."""
        identity = identify(party)
        digests = [self._digest(shop, token) for token in tokens(identity)]
        with reading(self._engine) as connection:
            ids = connection.execute(_FOUND, {"of": shop, "digests": digests}).scalars().all() if digests else ()
        met = self._select(own_entry.c.id.in_(ids), _AT_ONCE)
        compared = [(entry, compare_identities(identity, identify(entry.person.party))) for entry in met]
        return sorted(compared, key=lambda one: -one[1].score)[:most]

    def having(self, shops: Collection[str], text: str, most: int) -> Sequence[OwnEntry]:
        """Return the latest lines that have ``text`` in them, whatever its width, case, spaces and hyphens."""
        sought = searched(text)
        found: list[OwnEntry] = []
        for shop in shops if sought else ():
            for entry in self.every(shop):
                if sought in text_of(entry.person):
                    found.append(entry)
                    if len(found) >= most:
                        return found
        return found

    def _select(self, where: sa.ColumnElement[bool], most: int) -> list[OwnEntry]:
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(own_entry).where(where).order_by(own_entry.c.id.desc()).limit(most))
            return [self._read(row) for row in rows]

    def _read(self, row: Any) -> OwnEntry:
        sealed = msgspec.json.decode(self._vault.open(row.sealed), type=_Sealed)
        person = OwnPerson(OwnKind(row.kind), sealed.party, sealed.why)
        return OwnEntry(row.id, row.shop, person, row.added_at, row.added_by)

    def _digest(self, shop: str, token: Token) -> bytes:
        return self._vault.digest("own-token", shop.encode(), token.encode())[:_DIGEST_BYTES]


_IN = own_token.c.token.in_(sa.bindparam("digests", expanding=True))
_NEAR = sa.select(own_token.c.entry).where(own_token.c.shop == sa.bindparam("of"), _IN).distinct().limit(_MOST_MET)
_SHARED = sa.select(own_token.c.token, own_token.c.entry).where(
    own_token.c.shop == sa.bindparam("of"), _IN, own_token.c.entry.in_(sa.bindparam("ids", expanding=True))
)
_KNOWN = sa.select(own_entry.c.id, own_entry.c.kind, own_entry.c.fields).where(
    own_entry.c.id.in_(sa.bindparam("ids", expanding=True))
)
_FOUND = (
    sa.select(own_token.c.entry)
    .where(own_token.c.shop == sa.bindparam("of"), _IN)
    .group_by(own_token.c.entry)
    .order_by(sa.func.count().desc())
    .limit(_AT_ONCE)
)
_ENTRY = sa.text(
    "INSERT INTO own_entry (shop, kind, person, fields, profile, sealed, added_at, added_by)"
    " VALUES (:shop, :kind, :person, :fields, :profile, :sealed, :at, :by) ON CONFLICT DO NOTHING"
)
_TOKEN = sa.text("INSERT INTO own_token (shop, token, entry) VALUES (:shop, :token, :entry) ON CONFLICT DO NOTHING")


def _insert(connection: sa.Connection, shop: str, rows: Sequence[Row], actor: str, now: float) -> int:
    of = {"shop": shop, "profile": PROFILE, "at": now, "by": actor[:100]}
    before = _ids_at(connection, shop, actor, now)
    entries = [
        {**of, "kind": row.kind.value, "person": row.person, "fields": row.fields, "sealed": row.sealed}
        for row in rows
    ]
    if entries:
        connection.execute(_ENTRY, entries)
    new = {key: id_ for key, id_ in _ids_at(connection, shop, actor, now).items() if key not in before}
    ways: list[dict[str, Any]] = [
        {"shop": shop, "token": token, "entry": new[row.kind.value, row.person]}
        for row in rows
        if (row.kind.value, row.person) in new
        for token in row.tokens
    ]
    if ways:  # in the order of the index: others wait for this transaction
        connection.execute(_TOKEN, sorted(ways, key=lambda way: way["token"]))
    return len(new)


def _ids_at(connection: sa.Connection, shop: str, actor: str, now: float) -> dict[tuple[str, bytes], int]:
    mine = (own_entry.c.shop == shop) & (own_entry.c.added_at == now) & (own_entry.c.added_by == actor[:100])
    rows = connection.execute(sa.select(own_entry.c.kind, own_entry.c.person, own_entry.c.id).where(mine))
    return {(row.kind, bytes(row.person)): row.id for row in rows}


def _renew(connection: sa.Connection, fresh: Sequence[tuple[OwnEntry, Row]]) -> None:
    for entry, row in fresh:
        changed = sa.update(own_entry).where(own_entry.c.id == entry.id)
        connection.execute(changed.values(fields=row.fields, profile=PROFILE))
        connection.execute(sa.delete(own_token).where(own_token.c.entry == entry.id))
        ways = [{"shop": entry.shop, "token": token, "entry": entry.id} for token in row.tokens]
        if ways:
            connection.execute(_TOKEN, ways)


def _of(shops: Collection[str], kind: OwnKind | None) -> sa.ColumnElement[bool]:
    where = own_entry.c.shop.in_(shops)
    return where if kind is None else where & (own_entry.c.kind == kind.value)
