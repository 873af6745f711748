"""Putting entries where they are found: one path for loading, sealing anew and finishing what broke off.

The order is keys, vault (not indexed), index, vault (indexed). Whatever breaks off in between leaves an entry that is
served as it was before, or not at all, and known to the vault as under way.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

import sqlalchemy as sa

from shopguard.config.periods import USUAL, Periods
from shopguard.errors import ConfigError
from shopguard.identity import PROFILE, Token, identify, tokens
from shopguard.model import Entry, Party
from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.entries import cases
from shopguard.registry.entries.rules import loaded_as_served, loaded_due_on
from shopguard.registry.entry_keys import EntryKey, EntryKeys
from shopguard.registry.epochs import SERVED, Epoch, EpochState
from shopguard.registry.evaluating import OfficeEvaluation
from shopguard.registry.index import Index, IndexRows
from shopguard.registry.same_day import Changes
from shopguard.registry.sealing import Listing, SealedEntry, seal
from shopguard.registry.search.looks import forget_looks, searches_for
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer, Timers
from shopguard.registry.vault import OWN_LIFE, EntryState, Kept, Link, Vault
from shopguard.storage.engine import reading, writing
from shopguard.storage.turns import one_at_a_time

LISTED_DAY = "listed_day"
"""The kind of deadline at which the rules come to loaded entries."""

BATCH = 500
"""Entries placed at once: what a crash can leave under way, and what is held in memory."""

_ERASED_AT_ONCE = 20
"""Entries erased in one turn: each takes some 30 ms, and a person who objects may wait for the turn."""


@dataclass(frozen=True, slots=True)
class Findable:
    """What an entry is found by, and which fields it has. Personal data."""

    tokens: tuple[Token, ...]
    fields: frozenset[str]

    def __repr__(self) -> str:
        return f"Findable({len(self.tokens)} tokens)"


def findable(party: Party, *also: Party) -> Findable:
    """Return what a person is found by under the rules of this version, by each of their names and addresses."""
    identity = identify(party)
    found, fields = tokens(identity), identity.fields
    for other in map(identify, also):
        found, fields = tuple(dict.fromkeys((*found, *tokens(other)))), fields | other.fields
    return Findable(found, fields)


@dataclass(frozen=True, slots=True)
class Placement:
    """One entry on its way: sealed for each epoch it goes into. ``old`` is where it lies now and shall no more."""

    kept: Kept
    entry: Entry
    sealed: Mapping[Epoch, SealedEntry]
    old: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch that was sealed before its turn came; it holds as long as ``targets`` and ``known`` are what they are.

    ``placements`` are of what is new, which has no number yet, and of what changed.
    """

    entries: Mapping[bytes, tuple[Entry, Findable]]
    state: EntryState
    targets: Sequence[Epoch]
    known: Mapping[bytes, Kept]
    placements: Sequence[Placement]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: how many were new or changed, and which (by the digest of their id) stay as they are.

    Those were erased, or have a life of their own.
    """

    count: int
    erased: Collection[bytes] = ()
    living: Collection[bytes] = ()


class Placing:
    """The stores an entry is written to, in their order.

    Whatever is done to entries is done in a ``turn``: among all processes, one at a time.
    """

    def __init__(
        self,
        vault: Vault,
        keys: EntryKeys,
        index: Index,
        office: OfficeEvaluation,
        clock: Callable[[], datetime],
        periods: Periods = USUAL,
    ) -> None:
        self.vault, self.keys, self.index, self.office, self.clock = vault, keys, index, office, clock
        self.periods, self._timers = periods, Timers(vault.engine)
        self.changes = Changes(vault.engine, index.engine)

    @property
    def today(self) -> date:
        """The day in Japan."""
        return day_of(self.clock().timestamp())

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

    def plan(self, entries: Mapping[bytes, tuple[Entry, Findable]], state: EntryState = EntryState.ACTIVE) -> Plan:
        """Seal what is new or changed of ``entries``, given by the digest of their id; needs no turn.

        Args:
            state: of those that are new; the others keep theirs.
        """
        targets, known, today = self.targets(), self._known(entries), self.today
        wanted: list[tuple[Kept, Entry, Findable]] = []
        for id_, (entry, found_by) in entries.items():
            content = self.vault.content(entry)
            before = known.get(id_) or Kept(0, id_, b"", os.urandom(16), state, indexed=False)
            if not (before.state is EntryState.ERASED or before.has_own_life or before.has(content)):
                due_on = loaded_due_on(entry, today, self.periods).toordinal()
                wanted.append((replace(before, content=content, due_on=due_on), entry, found_by))
        return Plan(entries, state, targets, known, self._sealed(wanted, targets))

    def store(self, plan: Plan, tell: bool = True) -> Stored:
        """Add or replace the entries of ``plan``. Needs the turn.

        Args:
            tell: whether members hear that something was added.
        """
        if (self.targets(), self._known(plan.entries)) != (plan.targets, plan.known):
            plan = self.plan(plan.entries, plan.state)
        numbers = {id_: kept.number for id_, kept in plan.known.items()}
        keys = dict(self.keys.open(list(numbers.values())))
        erased = {
            id_ for id_, kept in plan.known.items() if kept.state is EntryState.ERASED or kept.number not in keys
        }
        living = {id_ for id_, kept in plan.known.items() if kept.has_own_life} - erased
        changed = [one for one in plan.placements if one.kept.number in keys]
        new = self._numbered_anew([one for one in plan.placements if one.kept.id_digest not in numbers])
        keys |= self.keys.make([one.kept.number for one in new])
        links = self._links([one.kept.number for one in changed], keys)
        batch = [*new, *(replace(one, old=links.get(one.kept.number, ())) for one in changed)]
        self.place(batch, keys, tell)
        return Stored(len(batch), erased, living)

    def renew(self, batch: Sequence[Kept]) -> None:
        """Place entries that the vault has once more, everywhere, and tell members. Needs the turn.

        With an active one goes the block that it may have had: it is told in the moment it is served.
        """
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
        wanted = [
            (replace(kept, content=self.vault.content(entry)), entry, findable(entry.party, *entry.also))
            for kept in batch
            if (entry := entries.get(kept.number)) is not None
        ]
        placements = [
            replace(
                one,
                old=[old for old in links.get(one.kept.number, ()) if everywhere or old.epoch == epochs[0].number],
            )
            for one in self._sealed(wanted, epochs)
        ]
        self.place(placements, keys, tell=everywhere, unblock=everywhere)

    def place(
        self, batch: Sequence[Placement], keys: Mapping[int, EntryKey], tell: bool, unblock: bool = False
    ) -> None:
        """Take each entry from where it lies and put it where it is sealed for. Needs the turn."""
        if not batch:
            return
        epochs = sorted({epoch for one in batch for epoch in one.sealed}, key=lambda epoch: epoch.number)
        with writing(self.vault.engine) as connection:
            self.vault.put(connection, [(one.kept, one.entry) for one in batch], keys)
            days = (one.kept.due_on for one in batch)
            self._timers.add(connection, listed_days(days, self.periods))
            rows: dict[Epoch, list[IndexRows]] = {}
            for epoch in epochs:
                there = [one for one in batch if epoch in one.sealed]
                rows[epoch] = self._numbered(connection, [one.sealed[epoch] for one in there])
                links = [(one.kept.number, _link(epoch, new)) for one, new in zip(there, rows[epoch], strict=True)]
                self.vault.link(connection, links, keys)
            change = self.changes.begin(connection)
        old = [link for one in batch for link in one.old]
        with writing(self.index.engine) as connection:
            self._remove(connection, old)
            for epoch, entries in rows.items():
                added_at = self.clock().timestamp() if tell and epoch.state in SERVED else None
                self.index.put(connection, epoch.number, entries, added_at)
            if unblock:
                self.index.unblock(connection, [one.kept.handle for one in batch if one.kept.is_active])
            self.changes.reached(connection, change)
        with writing(self.vault.engine) as connection:
            self.changes.done(connection, change)
            self.vault.settled(connection, [one.kept.number for one in batch], [link.id for link in old])

    def hide(self, numbers: Collection[int]) -> None:
        """Serve these entries to nobody until ``settle`` has brought to the index what they are by then.

        What breaks off after this is found under way, and put right.
        """
        with writing(self.vault.engine) as connection:
            handles = self.vault.withhold(connection, numbers)
        for handle in handles:
            self.index.block(handle)

    def settle(self) -> None:
        """Finish what a crash, or Ctrl-C, left between the stores. Takes turns; costs one query where nothing is."""
        while self.vault.under_way(1):
            with self.turn():
                self.settle_some()

    def settle_some(self) -> bool:
        """Finish some of it and return whether there was any. Needs the turn."""
        batch = self.vault.under_way(BATCH)
        ended = [kept for kept in batch if kept.state is EntryState.ERASED]
        for kept in ended[:_ERASED_AT_ONCE]:
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
        """Take an entry out of every epoch and destroy its key and those of its reports; may be done twice.

        With it goes who was told of it, and what they searched it for. Needs the turn.
        """
        self.index.block(kept.handle)
        with writing(self.vault.engine) as connection:
            self.vault.set_state(connection, kept.number, EntryState.ERASED)
        links = self._links([kept.number], self.keys.open([kept.number]))
        with writing(self.index.engine) as connection:
            self._remove(connection, links.get(kept.number, ()))
        with reading(self.vault.engine) as connection:
            reports = cases.reports_of(connection, kept.number)
            searches = searches_for(connection, kept.handle)
        self.index.flush()
        for number in (*reports, *searches):
            self.keys.destroy(number)
        self.keys.destroy(kept.number, kept.handle)
        with writing(self.vault.engine) as connection:
            cases.empty(connection, kept.number, reports, self.clock().timestamp())
            forget_looks(connection, kept.handle)
            self.vault.empty(connection, kept.number)

    def _known(self, entries: Mapping[bytes, object]) -> Mapping[bytes, Kept]:
        with reading(self.vault.engine) as connection:
            return self.vault.known(connection, list(entries))

    def _numbered_anew(self, new: Sequence[Placement]) -> list[Placement]:
        """Give entries their numbers; those that come in blocked are so from now on."""
        if not new:
            return []
        with writing(self.vault.engine) as connection:
            numbers = self.vault.allocate(connection, "entry", len(new))
        for one in new:
            if one.kept.state is EntryState.BLOCKED:
                self.index.block(one.kept.handle)
        return [replace(one, kept=replace(one.kept, number=number)) for one, number in zip(new, numbers, strict=True)]

    def _links(self, numbers: Iterable[int], keys: Mapping[int, EntryKey]) -> Mapping[int, list[Link]]:
        wanted = {number: keys[number] for number in numbers if number in keys}
        if not wanted:
            return {}
        with reading(self.vault.engine) as connection:
            return self.vault.links(connection, wanted)

    def _sealed(self, batch: Sequence[tuple[Kept, Entry, Findable]], epochs: Sequence[Epoch]) -> Sequence[Placement]:
        """Seal entries for ``epochs``; one that is not active goes nowhere."""
        sealed: list[dict[Epoch, SealedEntry]] = [{} for _ in batch]
        today = self.today
        active = [at for at, (kept, _, _) in enumerate(batch) if kept.state is EntryState.ACTIVE]
        for epoch in epochs:
            tokens_of_all = [token for at in active for token in batch[at][2].tokens]
            places = iter(self.office.places(epoch.number, tokens_of_all))
            for at in active:
                kept, entry, found_by = batch[at]
                said = entry if kept.has_own_life else loaded_as_served(entry, today, self.periods)
                listing = Listing.of(said, kept.handle, found_by.fields)
                own = list(islice(places, len(found_by.tokens)))
                sealed[at][epoch] = seal(listing, found_by.tokens, own, epoch.number)
        return [Placement(kept, entry, into) for (kept, entry, _), into in zip(batch, sealed, strict=True)]

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


def listed_days(due_on: Iterable[int | None], periods: Periods = USUAL) -> Iterator[Timer]:
    """Return the deadlines of the days (as ordinals) on which the rules come to loaded entries, each once."""
    for ordinal in sorted({day for day in due_on if day is not None and day != OWN_LIFE}):
        day = date.fromordinal(ordinal)
        subject = Subject.of(SubjectKind.LISTED, day.isoformat())
        yield Timer(subject, LISTED_DAY, end_of(day), end_of(day - timedelta(days=periods.warn_days)))


def _link(epoch: Epoch, entry: IndexRows) -> Link:
    return Link(epoch.number, entry.t2_ref, tuple((number, locator) for number, locator, _ in entry.rows))
