"""The vault: every entry with its party, sealed, and the only link from an entry to its locators."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
import sqlalchemy as sa

from shopguard.model import Entry


class Sealing(Protocol):
    """Encrypts and authenticates what is stored; the keyring does."""

    def seal(self, clear: bytes) -> bytes: ...

    def open(self, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as the vault keeps it, with the locators under which the index has it."""

    entry: Entry
    locators: tuple[bytes, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


class Vault:
    """Sealed records by entry id, each with a number that the index knows it by. Works on the caller's connection."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def get(self, connection: sa.Connection, ids: Collection[str]) -> Mapping[str, tuple[int, Record]]:
        """Return number and record of those ``ids`` that are there."""
        rows = connection.execute(_select_sealed, {"ids": list(ids)})
        return {id_: (number, _decoder.decode(self._sealing.open(sealed))) for id_, number, sealed in rows}

    def put(self, connection: sa.Connection, records: Collection[Record]) -> Mapping[str, int]:
        """Add or replace ``records`` by entry id and return the number of each."""
        rows = [{"id": record.entry.id, "sealed": self._sealing.seal(_encoder.encode(record))} for record in records]
        connection.execute(_upsert, rows)
        ids = [record.entry.id for record in records]
        return {id_: int(number) for id_, number in connection.execute(_select_numbers, {"ids": ids})}


_ids = sa.bindparam("ids", expanding=True, type_=sa.String())  # PostgreSQL must know the type of an empty list
_select_sealed = sa.text("SELECT id, number, sealed FROM vault_entry WHERE id IN :ids").bindparams(_ids)
_select_numbers = sa.text("SELECT id, number FROM vault_entry WHERE id IN :ids").bindparams(_ids)
_upsert = sa.text(
    "INSERT INTO vault_entry (id, sealed) VALUES (:id, :sealed)"
    " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed"
)
