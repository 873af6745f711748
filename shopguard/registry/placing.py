"""Putting entries where they are found: one path for loading, sealing anew and finishing what broke off.

The order is keys, vault (not indexed), index, vault (indexed). Whatever breaks off in between leaves an entry that is
served as it was before, or not at all, and known to the vault as under way.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from shopguard.errors import ConfigError
from shopguard.identity import PROFILE, Token, identify, tokens
from shopguard.model import Entry, Party
from shopguard.registry.entry_keys import EntryKey, EntryKeys
from shopguard.registry.epochs import SERVED, Epoch, EpochState
from shopguard.registry.evaluating import OfficeEvaluation
from shopguard.registry.index import Index, IndexRows
from shopguard.registry.sealing import Listing, SealedEntry, seal
from shopguard.registry.vault import EntryState, Kept, Link, Vault
from shopguard.storage.engine import reading, writing
from shopguard.storage.turns import one_at_a_time

BATCH = 500
"""Entries placed at once: what a crash can leave under way, and what is held in memory."""


@dataclass(frozen=True, slots=True)
class Findable:
    """What an entry is found by, and which fields it has. Personal data."""

    tokens: tuple[Token, ...]
    fields: frozenset[str]

    def __repr__(self) -> str:
        return f"Findable({len(self.tokens)} tokens)"


def findable(party: Party) -> Findable:
    """Return what ``party`` is found by under the rules of this version."""
    identity = identify(party)
    return Findable(tokens(identity), identity.fields)


@dataclass(frozen=True, slots=True)
class Placement:
    """One entry on its way. ``old`` is where it lies now and shall no more."""

    kept: Kept
    entry: Entry
    found_by: Findable
    old: Sequence[Link] = field(default=())


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: how many were new or changed, and which (by the digest of their id) stay erased."""

    count: int
    erased: Collection[bytes]


class Placing:
    """The stores an entry is written to, in their order.

    Whatever is done to entries is done in a ``turn``: among all processes, one at a time.
    """

    def __init__(
        self, vault: Vault, keys: EntryKeys, index: Index, office: OfficeEvaluation, clock: Callable[[], datetime]
    ) -> None:
        self.vault, self.keys, self.index, self.office, self.clock = vault, keys, index, office, clock

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else changes entries or epochs, and keep it so to the end of the block."""
        with one_at_a_time(self.vault.engine, "entries"):
            yield

    def targets(self) -> tuple[Epoch, ...]:
        """Return the epochs a new entry belongs into: all that follow the present rules and are not closed.

        An epoch of older rules gets none: its members ask by values that only an older version can make.
        """
        epochs = self.index.epochs()
        targets = tuple(e for e in epochs if e.profile == PROFILE and e.state is not EpochState.CLOSED)
        if not targets:
            raise ConfigError(
                "the entries follow newer rules of identity: install the version of ShopGuard that wrote them"
                if any(epoch.profile > PROFILE for epoch in epochs)
                else "no entry can be stored before `shopguard serve` has been started once"
            )
        return targets

    def store(
        self,
        entries: Mapping[bytes, tuple[Entry, Findable]],
        state: EntryState = EntryState.ACTIVE,
        tell: bool = True,
    ) -> "Stored":
        """Add or replace ``entries``, given by the digest of their id. Needs the turn.

        Args:
            state: of those that are new; the others keep theirs.
            tell: whether members hear that something was added.
        """
        targets = self.targets()
        with reading(self.vault.engine) as connection:
            known = self.vault.known(connection, list(entries))
        keys = dict(self.keys.open([kept.number for kept in known.values()]))
        erased = {id_ for id_, kept in known.items() if kept.state is EntryState.ERASED or kept.number not in keys}
        contents = {id_: self.vault.content(entry) for id_, (entry, _) in entries.items() if id_ not in erased}
        changed = [
            replace(known[id_], content=content)
            for id_, content in contents.items()
            if id_ in known and not known[id_].has(content)
        ]
        new = self._new({id_: content for id_, content in contents.items() if id_ not in known}, state)
        keys |= self.keys.make([kept.number for kept in new])
        links = self._links([kept.number for kept in changed], keys)
        batch = [Placement(kept, *entries[kept.id_digest], links.get(kept.number, ())) for kept in (*new, *changed)]
        self.place(batch, targets, keys, tell)
        return Stored(len(batch), erased)

    def renew(self, batch: Sequence[Kept]) -> None:
        """Place entries that the vault has once more, everywhere, and tell members. Needs the turn."""
        self._place_again(batch, self.targets(), everywhere=True)

    def extend(self, batch: Sequence[Kept], epoch: Epoch) -> None:
        """Place entries that the vault has in one more epoch. Needs the turn."""
        self._place_again(batch, (epoch,), everywhere=False)

    def _place_again(self, batch: Sequence[Kept], epochs: Sequence[Epoch], everywhere: bool) -> None:
        keys = self.keys.open([kept.number for kept in batch])
        for kept in batch:
            if kept.number not in keys:  # a backup brought back what was erased
                self.erase(kept)
        links = self._links(keys, keys)
        with reading(self.vault.engine) as connection:
            entries = self.vault.open(connection, keys)
        placements = [
            Placement(
                replace(kept, content=self.vault.content(entry)),
                entry,
                findable(entry.party),
                [link for link in links.get(kept.number, ()) if everywhere or link.epoch == epochs[0].number],
            )
            for kept in batch
            if (entry := entries.get(kept.number)) is not None
        ]
        self.place(placements, epochs, keys, tell=everywhere)

    def place(
        self, batch: Sequence[Placement], epochs: Sequence[Epoch], keys: Mapping[int, EntryKey], tell: bool
    ) -> None:
        """Take each entry from where it lies, and put it into ``epochs`` if it is active. Needs the turn."""
        if not batch:
            return
        numbers = [placement.kept.number for placement in batch]
        active = [placement for placement in batch if placement.kept.state is EntryState.ACTIVE]
        sealed = {epoch: self._sealed(active, epoch.number) for epoch in epochs}
        with writing(self.vault.engine) as connection:
            rows = {epoch: self._numbered(connection, entries) for epoch, entries in sealed.items()}
            links = [
                (one.kept.number, Link(epoch.number, new.t2_ref, tuple((n, locator) for n, locator, _ in new.rows)))
                for epoch, entries in rows.items()
                for one, new in zip(active, entries, strict=True)
            ]
            self.vault.put(connection, [(placement.kept, placement.entry) for placement in batch], keys)
            self.vault.link(connection, links, keys)
        old = [link for placement in batch for link in placement.old]
        with writing(self.index.engine) as connection:
            self._remove(connection, old)
            for epoch, entries in rows.items():
                added_at = self.clock().timestamp() if tell and epoch.state in SERVED else None
                self.index.put(connection, epoch.number, entries, added_at)
        with writing(self.vault.engine) as connection:
            self.vault.settled(connection, numbers, [link.id for link in old])

    def settle(self) -> None:
        """Finish what a crash, or Ctrl-C, left between the stores. Takes turns; costs one query where nothing is."""
        while self.vault.under_way(1):
            with self.turn():
                self.settle_some()

    def settle_some(self) -> bool:
        """Finish some of it and return whether there was any. Needs the turn."""
        batch = self.vault.under_way(BATCH)
        for kept in batch:
            if kept.state is EntryState.ERASED:
                self.erase(kept)
        readable = [kept for kept in batch if kept.state is not EntryState.ERASED]
        if readable:
            self.renew(readable)
        return bool(batch)

    def bury(self) -> int:
        """Erase what has no key any more and return how many entries those were. Takes turns."""
        buried, after = 0, 0
        while batch := self.vault.readable(after, BATCH):
            after = batch[-1].number
            with_key = self.keys.having([kept.number for kept in batch])
            for kept in batch:
                if kept.number not in with_key:
                    with self.turn():
                        self.erase(kept)
                    buried += 1
        return buried

    def erase(self, kept: Kept) -> None:
        """Take an entry out of every epoch and destroy its key; may be done twice. Needs the turn."""
        self.index.block(kept.handle)
        with writing(self.vault.engine) as connection:
            self.vault.set_state(connection, kept.number, EntryState.ERASED)
        links = self._links([kept.number], self.keys.open([kept.number]))
        with writing(self.index.engine) as connection:
            self._remove(connection, links.get(kept.number, ()))
        self.keys.destroy(kept.number)
        with writing(self.vault.engine) as connection:
            self.vault.empty(connection, kept.number)

    def _new(self, contents: Mapping[bytes, bytes], state: EntryState) -> list[Kept]:
        if not contents:
            return []
        with writing(self.vault.engine) as connection:
            numbers = self.vault.allocate(connection, "entry", len(contents))
        new = [
            Kept(number, id_, content, os.urandom(16), state, indexed=False)
            for number, (id_, content) in zip(numbers, contents.items(), strict=True)
        ]
        if state is EntryState.BLOCKED:
            for kept in new:
                self.index.block(kept.handle)
        return new

    def _links(self, numbers: Iterable[int], keys: Mapping[int, EntryKey]) -> Mapping[int, list[Link]]:
        wanted = {number: keys[number] for number in numbers if number in keys}
        if not wanted:
            return {}
        with reading(self.vault.engine) as connection:
            return self.vault.links(connection, wanted)

    def _sealed(self, batch: Sequence[Placement], epoch: int) -> list[SealedEntry]:
        places = iter(self.office.places(epoch, [token for one in batch for token in one.found_by.tokens]))
        return [
            seal(
                Listing.of(one.entry, one.kept.handle, one.found_by.fields),
                one.found_by.tokens,
                list(islice(places, len(one.found_by.tokens))),
                epoch,
            )
            for one in batch
        ]

    def _numbered(self, connection: sa.Connection, entries: Sequence[SealedEntry]) -> list[IndexRows]:
        """Number the rows in the order of their locators: numbers do not tell which are of one entry."""
        apart = sorted((row.locator, at, row.sealed) for at, entry in enumerate(entries) for row in entry.rows)
        rows: list[list[tuple[int, bytes, bytes]]] = [[] for _ in entries]
        numbers = self.vault.allocate(connection, "row", len(apart))
        for number, (locator, at, sealed) in zip(numbers, apart, strict=True):
            rows[at].append((number, locator, sealed))
        return [IndexRows(entry.t2_ref, entry.full, tuple(own)) for entry, own in zip(entries, rows, strict=True)]

    def _remove(self, connection: sa.Connection, links: Sequence[Link]) -> None:
        for epoch in sorted({link.epoch for link in links}):
            there = [link for link in links if link.epoch == epoch]
            rows = [row for link in there for row in link.rows]
            self.index.remove(connection, epoch, rows, [link.t2_ref for link in there])
