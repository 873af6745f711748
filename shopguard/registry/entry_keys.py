"""The key of each entry, wrapped by the master, in a store of its own: what is sealed under it dies with it."""

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.storage.engine import empty_journal, reading, writing

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class EntryKey:
    """AES-256-GCM under the key of one entry. Holds a secret."""

    key: bytes

    def seal(self, clear: bytes, label: bytes) -> bytes:
        """Return ``clear`` sealed; it opens only under the same ``label``."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, clear, label)

    def open(self, sealed: bytes, label: bytes) -> bytes:
        """Return what was sealed under ``label``; ``ConfigError`` if it is of another entry, or damaged."""
        try:
            return AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label)
        except (InvalidTag, ValueError):
            raise ConfigError("a record of the vault is damaged; restore it from a backup") from None

    @property
    def mark(self) -> str:
        """What this very key goes by after it is destroyed; tells nothing of it."""
        return sha256(b"sg1/destroyed" + self.key).hexdigest()[:32]

    def __repr__(self) -> str:
        return "EntryKey(***)"


Witness = Callable[[int, str, bytes], None]
"""Keeps, outside every backup, that the key of a record is destroyed: its number, ``EntryKey.mark``, its handle."""


def no_witness(_number: int, _mark: str, _handle: bytes) -> None:
    """No backup is made of these stores."""


class EntryKeys:
    """The store ``keys``: by the number of an entry, its key under the master.

    Args:
        master: wraps the keys. After its rotation ``storage.resealing.SealedRows`` wraps them anew.
        witness: hears of every key before it is destroyed.
    """

    def __init__(self, engine: sa.Engine, master: Keyring, witness: Witness = no_witness) -> None:
        self.engine, self._master, self._witness = engine, master, witness

    def make(self, numbers: Iterable[int]) -> Mapping[int, EntryKey]:
        """Keep and return a fresh key for each of ``numbers``, which have none yet."""
        made = {number: EntryKey(secrets.token_bytes(32)) for number in numbers}
        if made:
            rows = [{"number": number, "sealed": self._master.seal(made[number].key)} for number in sorted(made)]
            with writing(self.engine) as connection:
                connection.execute(sa.insert(_table), rows)
        return made

    def open(self, numbers: Collection[int]) -> Mapping[int, EntryKey]:
        """Return the keys of those ``numbers`` that have one."""
        if not numbers:
            return {}
        with reading(self.engine) as connection:
            rows = connection.execute(_some, {"numbers": list(numbers)}).all()
        return {number: EntryKey(self._master.open(sealed)) for number, sealed in rows}

    def having(self, numbers: Collection[int]) -> frozenset[int]:
        """Return those of ``numbers`` that have a key."""
        with reading(self.engine) as connection:
            return frozenset(connection.scalars(sa.select(_table.c.number).where(_table.c.number.in_(numbers))))

    def last_number(self) -> int:
        """Return the highest number that has a key; 0: none has."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(sa.func.max(_table.c.number))).scalar() or 0

    def destroy(self, number: int, handle: bytes = b"") -> None:
        """Forget the key of one entry for good: its pages are overwritten, and SQLite's log that held it emptied.

        On PostgreSQL the row's space is overwritten when it is used again; a VACUUM of this small table hastens it.

        Args:
            handle: what the entry went by in the index, for the witness.
        """
        if number in (there := self.open([number])):
            self._witness(number, there[number].mark, handle)
        with writing(self.engine) as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.execute(sa.delete(_table).where(_table.c.number == number))
        empty_journal(self.engine)


_table = sa.table("entry_key", sa.column("number", sa.BigInteger), sa.column("sealed", sa.LargeBinary))
_some = sa.select(_table).where(_table.c.number.in_(sa.bindparam("numbers", expanding=True)))
