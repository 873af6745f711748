"""Taking over an installation of the first form, whose one database held the whole registry, nothing of it sealed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import sqlalchemy as sa

from shopguard.model import Entry
from shopguard.registry.placing import BATCH, Placing, findable
from shopguard.registry.vault import EntryState
from shopguard.storage.engine import open_engine, reading, sqlite_url, version_table, writing
from shopguard.storage.turns import one_at_a_time

_FILE, _FILE_AFTERWARDS = "registry.db", "registry.db.taken-over"
_TABLES = ("index_posting", "index_entry", "vault_entry", version_table("registry"))


class Opening(Protocol):
    """Opens what the first form sealed; the guard's keyring does."""

    def open(self, sealed: bytes) -> bytes: ...


def adopt(
    data_dir: Path,
    url: str | None,
    opening: Opening,
    placing: Placing,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Bring the entries of the first form into the stores, take its tables away, and return how many entries it had.

    Blocked entries are blocked from the first moment. What broke off goes on; an entry that is in the stores already
    is newer and stays. Needs a live epoch (``Publisher.ensure_current``).

    Args:
        url: the PostgreSQL database of the installation; None: there is a file in ``data_dir``, or nothing.
        progress: hears how many of how many were read, at the beginning and after each batch, if there are any.
    """
    file = data_dir / _FILE
    if url is None and not file.exists():
        return 0
    old = open_engine(url or sqlite_url(file))
    try:
        if url is not None and not _is_there(old):
            return 0
        with one_at_a_time(old, "adoption"):
            return _adopt(old, file, opening, placing, progress)
    finally:
        old.dispose()


def _adopt(
    old: sa.Engine, file: Path, opening: Opening, placing: Placing, progress: Callable[[int, int], None]
) -> int:
    if old.dialect.name == "sqlite" and not file.exists():
        return 0  # another process was quicker
    total = done = 0
    if _is_there(old):
        with reading(old) as connection:
            total = connection.execute(sa.select(sa.func.count()).select_from(_vault_entry)).scalar_one()
        progress(0, total)
        for batch in _batches(old, opening):
            _take_in(batch, placing)
            done += len(batch)
            progress(done, total)
        _drop(old)
    if old.dialect.name == "sqlite":
        old.dispose()
        file.rename(file.with_name(_FILE_AFTERWARDS))
    return done


@dataclass(frozen=True, slots=True)
class _Old:
    entry: Entry
    blocked: bool


class _Record(msgspec.Struct):
    """What the first form sealed of an entry; its locators lead nowhere any more."""

    entry: Entry


def _batches(old: sa.Engine, opening: Opening) -> Iterator[Sequence[_Old]]:
    after = 0
    columns = (_vault_entry.c.number, _vault_entry.c.sealed, _index_entry.c.blocked)
    same = _index_entry.c.number == _vault_entry.c.number
    query = sa.select(*columns).outerjoin_from(_vault_entry, _index_entry, same).order_by(_vault_entry.c.number)
    while True:
        with reading(old) as connection:
            rows = connection.execute(query.where(_vault_entry.c.number > after).limit(BATCH)).all()
        if not rows:
            return
        yield [_Old(_decoder.decode(opening.open(sealed)).entry, bool(blocked)) for _, sealed, blocked in rows]
        after = rows[-1][0]


def _take_in(batch: Sequence[_Old], placing: Placing) -> None:
    with placing.turn():
        by_id = {placing.vault.id_digest(old.entry.id): old for old in batch}
        with reading(placing.vault.engine) as connection:
            known = placing.vault.known(connection, list(by_id))
        for state in (EntryState.BLOCKED, EntryState.ACTIVE):
            wanted = {
                id_: (old.entry, findable(old.entry.party))
                for id_, old in by_id.items()
                if id_ not in known and old.blocked == (state is EntryState.BLOCKED)
            }
            placing.store(placing.plan(wanted, state), tell=False)


def _is_there(old: sa.Engine) -> bool:
    with reading(old) as connection:
        return sa.inspect(connection).has_table("vault_entry")


def _drop(old: sa.Engine) -> None:
    with writing(old) as connection:
        if old.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        for table in _TABLES:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


_decoder = msgspec.msgpack.Decoder(_Record)
_vault_entry = sa.table("vault_entry", sa.column("number", sa.BigInteger), sa.column("sealed", sa.LargeBinary))
_index_entry = sa.table("index_entry", sa.column("number", sa.BigInteger), sa.column("blocked", sa.Boolean))
