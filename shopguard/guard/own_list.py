"""The shop's own list: people to look at before shipping, and people known to be fine. No other shop's matter.

People are kept sealed and found by keyed digests of their tokens, as the registry finds its entries: an order costs
a few look-ups, however long the list is, and nothing is opened for it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.guard.own_batches import LISTED, PIECE, Batch, Row, add_tokens, delete, sweep
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


class Bringing:
    """People who are put on a list together, or taken off it; see ``OwnList.bringing``."""

    def __init__(self, batch: Batch, writer: Writer) -> None:
        self._batch, self._writer = batch, writer
        self._waiting: list[Row] = []

    def put(self, row: Row) -> None:
        """Store one of them, now or with the next; nobody of them counts yet."""
        self._waiting.append(row)
        if len(self._waiting) == PIECE:
            self._store()

    def _store(self) -> None:
        rows, self._waiting = self._waiting, []
        self._writer.run(lambda connection: self._batch.store(connection, rows))

    def finish(self) -> Added:
        """Let all of them count."""
        self._store()
        batch = self._batch

        def work(connection: sa.Connection) -> Added:
            count = batch.list_all(connection)
            if count:
                _note(connection, batch, "own_list_add", batch.at, count)
            return Added(count, batch.at)

        return self._writer.run(work)

    def take_back(self, now: float) -> int:
        """Take off who was put on the list together, and return how many."""
        batch = self._batch

        def work(connection: sa.Connection) -> int:
            count = batch.unlist_all(connection)
            if count:
                _note(connection, batch, "own_list_remove", now, count)
            return count

        count = self._writer.run(work)
        self.drop()
        return count

    def drop(self) -> None:
        """Delete what does not count."""
        while self._writer.run(self._batch.drop_some):
            pass


def _note(connection: sa.Connection, batch: Batch, what: str, now: float, count: int) -> None:
    record(connection, now, batch.actor, what, OrderRef(batch.shop, ""), f"{count}")


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

    def row(self, shop: str, person: OwnPerson) -> Row:
        """Return what is stored of a person."""
        identity = identify(person.party)
        return Row(
            person.kind,
            self._vault.digest("own-person", shop.encode(), as_written(person.party))[:_DIGEST_BYTES],
            " ".join(sorted(identity.fields)),
            self._vault.seal(msgspec.json.encode(_Sealed(person.party, person.why))),
            tuple({self._digest(shop, token): None for token in tokens(identity)}),
        )

    def add_all(self, shop: str, rows: Sequence[Row], actor: str) -> Added:
        """Put all of them on the list, or none if something fails. Who is on it already is passed over."""
        with self.bringing(shop, actor) as brought:
            for row in rows:
                brought.put(row)
            return brought.finish()

    @contextmanager
    def bringing(self, shop: str, actor: str) -> Iterator["Bringing"]:
        """Put people on the list a few at a time: they count when it is finished, and if it is not none is kept."""
        brought = Bringing(Batch(shop, actor, self._clock()), self._writer)
        try:
            yield brought
        finally:
            brought.drop()

    def take_back(self, shop: str, at: float, actor: str) -> int:
        """Take off what was added together at a moment by ``actor``, and return how many that were."""
        return Bringing(Batch(shop, actor, at), self._writer).take_back(self._clock())

    def remove(self, entry: int, actor: str) -> bytes | None:
        """Take somebody off the list; returns what ``put_back`` takes, or None if nobody is there.

        Nothing stays here: what is returned is sealed, and goes with the page that offers to undo it.
        """
        known = self.get(entry)
        if known is None or not self._take_off(known.shop, entry, actor):
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
        """Bring all entries to the present rules of identity, and return how many were of other ones.

        What crashes have left is swept on the way.
        """
        self._writer.run(lambda connection: sweep(connection, self._clock()))
        done = 0
        while rows := self._select(own_entry.c.profile != PROFILE, _AT_ONCE):
            fresh = [(entry, self.row(entry.shop, entry.person)) for entry in rows]
            self._writer.run(lambda connection, fresh=fresh: _renew(connection, fresh))  # type: ignore[misc]
            done += len(rows)
        return done

    def _take_off(self, shop: str, entry: int, actor: str) -> int:
        now = self._clock()

        def work(connection: sa.Connection) -> int:
            count = delete(connection, own_entry.c.id == entry)
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
        query = (
            sa.select(own_entry.c.kind, sa.func.count()).where(_of(shops, None), LISTED).group_by(own_entry.c.kind)
        )
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
            query = sa.select(own_entry).where(where, LISTED).order_by(own_entry.c.id.desc()).limit(most)
            rows = connection.execute(query)
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
    own_entry.c.id.in_(sa.bindparam("ids", expanding=True)), LISTED
)
_FOUND = (
    sa.select(own_token.c.entry)
    .where(own_token.c.shop == sa.bindparam("of"), _IN)
    .group_by(own_token.c.entry)
    .order_by(sa.func.count().desc())
    .limit(_AT_ONCE)
)


def _renew(connection: sa.Connection, fresh: Sequence[tuple[OwnEntry, Row]]) -> None:
    for entry, row in fresh:
        changed = sa.update(own_entry).where(own_entry.c.id == entry.id)
        connection.execute(changed.values(fields=row.fields, profile=PROFILE))
        connection.execute(sa.delete(own_token).where(own_token.c.entry == entry.id))
        add_tokens(connection, entry.shop, [(entry.id, row.tokens)])


def _of(shops: Collection[str], kind: OwnKind | None) -> sa.ColumnElement[bool]:
    where = own_entry.c.shop.in_(shops)
    return where if kind is None else where & (own_entry.c.kind == kind.value)
