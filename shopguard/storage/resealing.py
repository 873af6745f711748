"""Sealing stored rows anew under the newest key, and finding out what an older key is still needed for."""

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shopguard.crypto import EncryptionKey, Keyring
from shopguard.storage.engine import reading, writing

_BATCH = 500
_SEALED = (
    *("inbox", "orders", "screening", "platform_token", "answer_cache", "watch", "vault_entry"),  # the guard's keys
    *("account", "note", "own_entry", "notice_target"),
    *("member", "member_act", "entry_key"),  # the vault's keys, in databases of the registry
)


class SealedRows:
    """The rows of one database that hold something sealed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        found = sa.MetaData()
        found.reflect(engine, only=lambda name, _: name in _SEALED)
        self._tables = [found.tables[name] for name in _SEALED if name in found.tables]

    def count(self) -> int:
        with reading(self._engine) as connection:
            return sum(
                connection.execute(sa.select(sa.func.count()).where(table.c.sealed.is_not(None))).scalar_one()
                for table in self._tables
            )

    def reseal(self, keyring: Keyring) -> Iterator[bool]:
        """Seal every row under the newest key, batch by batch; yields for each row whether it had to be changed.

        A row that somebody changes meanwhile stays as they left it. Safe to break off and to run again.
        """
        newest = Fernet(keyring.encryption_keys[0].key.reveal())
        for table in self._tables:
            for rows in self._batches(table):
                is_old = [not _opens(newest, row.sealed) for row in rows]
                with writing(self._engine) as connection:
                    for row in compress(rows, is_old):
                        same = _is_row(table, row) & (table.c.sealed == row.sealed)
                        fresh = keyring.seal(keyring.open(row.sealed))
                        connection.execute(sa.update(table).where(same).values(sealed=fresh))
                yield from is_old

    def needing(self, key_id: str, keys: Sequence[EncryptionKey]) -> Iterator[bool]:
        """Yield for each row whether it cannot be opened without the key ``key_id``."""
        others = MultiFernet([Fernet(key.key.reveal()) for key in keys if key.id != key_id])
        for table in self._tables:
            for rows in self._batches(table):
                yield from (not _opens(others, row.sealed) for row in rows)

    def _batches(self, table: sa.Table) -> Iterator[Sequence[Any]]:
        """Yield the sealed rows in the order of their keys, without holding a transaction open in between."""
        keys = list(table.primary_key.columns)
        query = sa.select(*keys, table.c.sealed).where(table.c.sealed.is_not(None)).order_by(*keys).limit(_BATCH)
        after: sa.ColumnElement[bool] | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query if after is None else query.where(after)).all()
            if not rows:
                return
            yield rows
            after = sa.tuple_(*keys) > sa.tuple_(*rows[-1][: len(keys)])


def _is_row(table: sa.Table, row: Any) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == row[number] for number, column in enumerate(table.primary_key.columns)))


def _opens(fernet: Fernet | MultiFernet, sealed: bytes) -> bool:
    try:
        fernet.decrypt(sealed)
    except InvalidToken:
        return False
    return True
