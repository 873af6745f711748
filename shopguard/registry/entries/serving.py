"""From an entry's life to what is served of it: the vault's entry, which the index follows."""

import os

import sqlalchemy as sa

from shopguard.model import Effect, Entry
from shopguard.registry.placing import Placing
from shopguard.registry.search.looks import move_looks
from shopguard.registry.vault import OWN_LIFE, EntryState, Kept


class Serving:
    """Writes what is served in the caller's transaction; ``Placing.settle`` brings it to the index afterwards."""

    def __init__(self, placing: Placing) -> None:
        self._placing, self._vault = placing, placing.vault

    def begin(self, connection: sa.Connection, number: int, entry: Entry) -> None:
        """Keep a new entry, which nobody is served yet. ``number`` has a key already."""
        id_digest, content = self._vault.id_digest(entry.id), self._vault.content(entry)
        kept = Kept(number, id_digest, content, os.urandom(16), EntryState.BLOCKED, False, OWN_LIFE)
        self._vault.put(connection, [(kept, entry)], self._placing.keys.open([number]))

    def loaded(self, connection: sa.Connection, number: int) -> tuple[Kept, Entry] | None:
        """Return an entry as it was loaded; None if there is none, or it was erased."""
        kept = self._vault.kept(connection, [number]).get(number)
        if kept is None or kept.state is EntryState.ERASED:
            return None
        entry = self._vault.open(connection, self._placing.keys.open([number])).get(number)
        return None if entry is None else (kept, entry)

    def bring(self, connection: sa.Connection, number: int, entry: Entry, *, is_served: bool) -> None:
        """Keep an entry as it is from now on. What says less than before must be hidden already."""
        kept, keys = self._vault.kept(connection, [number])[number], self._placing.keys.open([number])
        content = self._vault.content(entry)
        if kept.is_active and not is_served:
            self._expect_hidden(kept)
        if content != kept.content or not kept.has_own_life:
            if kept.is_active and _says_less(self._vault.open(connection, keys)[number], entry):
                self._expect_hidden(kept)
            as_now = Kept(number, kept.id_digest, content, kept.handle, kept.state, False, OWN_LIFE)
            self._vault.put(connection, [(as_now, entry)], keys)
        if is_served != kept.is_active:
            state = EntryState.ACTIVE if is_served else EntryState.BLOCKED
            self._vault.set_state(connection, number, state)

    def end(self, connection: sa.Connection, number: int) -> None:
        """Let an entry be erased by ``Placing.settle``."""
        kept = self._vault.kept(connection, [number])[number]
        if kept.is_active:
            self._expect_hidden(kept)
        self._vault.set_state(connection, number, EntryState.ERASED)

    def take_looks(self, connection: sa.Connection, into: int, other: int) -> None:
        """Let who was told of ``other`` stand with ``into``: the person may ask for all of them."""
        kept = self._vault.kept(connection, [into, other])
        move_looks(connection, kept[other].handle, kept[into].handle)

    def _expect_hidden(self, kept: Kept) -> None:
        """An entry is served for no moment longer than its life says; that it could be is a fault of the program."""
        if not self._placing.index.blocked([kept.handle]):
            raise RuntimeError(f"entry {kept.number} becomes weaker and was not named to `Entries.changing`")


def _says_less(before: Entry, after: Entry) -> bool:
    """Whether somebody met the entry as it was who would not, or not so, as it is."""
    parties = (after.party, *after.also)
    is_found = all(any(party.is_within(other) for other in parties) for party in (before.party, *before.also))
    is_as_strong = _MILDEST_FIRST.index(after.effect) >= _MILDEST_FIRST.index(before.effect)
    return not (is_found and is_as_strong and after.reporters >= before.reporters)


_MILDEST_FIRST = (Effect.CONFIRM, Effect.NOTE, Effect.FLAG, Effect.HOLD)
