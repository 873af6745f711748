"""Whether vault, index and keys are of one day: one that was restored alone would serve what is no longer so.

Each change of the index goes by a random mark: the vault keeps it before, the index with the change, and the vault
lets go of the older ones afterwards. Whatever breaks off, the index's mark is one of the vault's; out of a backup of
another day it is not.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.errors import ConfigError
from shopguard.registry.entry_keys import EntryKeys
from shopguard.registry.vault import Vault
from shopguard.storage.engine import reading, writing

_MARK_BYTES = 16


class StoresApart(ConfigError):
    """One of the stores is of another day than the others: nothing of them is served. Says what mends it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the index. ``before`` are the marks that the index may have had."""

    mark: bytes
    before: Collection[bytes]


class Changes:
    """The marks of vault and index. Changes are made one at a time, in the turn of those who place entries."""

    def __init__(self, vault: sa.Engine, index: sa.Engine) -> None:
        self._vault, self._index = vault, index

    def begin(self, connection: sa.Connection) -> Change:
        """Keep in the vault, in the caller's transaction, that the index is about to change."""
        before = frozenset(bytes(mark) for mark in connection.scalars(sa.select(_mark.c.mark)))
        change = Change(os.urandom(_MARK_BYTES), before)
        connection.execute(sa.insert(_mark), {"mark": change.mark})
        return change

    def reached(self, connection: sa.Connection, change: Change) -> None:
        """Keep it in the index, in the transaction of the change. One of another day keeps its own mark."""
        connection.execute(sa.update(_mark).where(_mark.c.mark.in_(change.before)).values(mark=change.mark))

    def done(self, connection: sa.Connection, change: Change) -> None:
        """Let go, in the vault, of the changes before."""
        connection.execute(sa.delete(_mark).where(_mark.c.mark != change.mark))

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A change that is of the index alone, in one transaction of it."""
        with writing(self._vault) as connection:
            change = self.begin(connection)
        with writing(self._index) as connection:
            yield connection
            self.reached(connection, change)
        with writing(self._vault) as connection:
            self.done(connection, change)

    def are_known(self) -> bool:
        """Whether the last change of the index is one that the vault knows of."""
        while True:
            last = self._last()
            with reading(self._vault) as connection:
                known = {bytes(mark) for mark in connection.scalars(sa.select(_mark.c.mark))}
            if last in known:
                return True
            if last == self._last():  # else another process changed it meanwhile
                return False

    def agree(self) -> None:
        """Let both begin anew with one mark, where the index has been made out of the vault. Needs the turn."""
        with writing(self._vault) as connection:
            change = self.begin(connection)
            self.done(connection, change)
        with writing(self._index) as connection:
            connection.execute(sa.update(_mark).values(mark=change.mark))

    def _last(self) -> bytes:
        with reading(self._index) as connection:
            return bytes(connection.execute(sa.select(_mark.c.mark)).scalar_one())


def check_same_day(vault: Vault, keys: EntryKeys, changes: Changes) -> None:
    """Raise ``StoresApart`` where the stores are not of one day. Costs four short queries."""
    newest = vault.newest()
    if newest is not None and not keys.having([newest]) and newest == vault.newest():  # else it was erased meanwhile
        raise StoresApart(_KEYS)
    if not changes.are_known():
        raise StoresApart(_INDEX)


_KEYS = (
    "the store of keys is of an earlier day than the vault: what was entered since cannot be read, so nothing is "
    "served. Restore both out of one backup, or run `shopguard registry erasures apply FILE` (or `none`), which "
    "erases what has no key"
)
_INDEX = (
    "the vault and the index are not of one day: one of them was restored alone, so nothing is served. Restore both "
    "out of one backup, or run `shopguard registry reseal`, which makes the index anew out of the vault"
)

_mark = sa.table("change_mark", sa.column("mark", sa.LargeBinary))
