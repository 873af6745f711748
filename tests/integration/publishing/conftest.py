"""The office at its desk: stores of both kinds, the real keyed function, and a member's view of what is served."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.identity import identify, tokens
from shopguard.model import Category, Entry, Party
from shopguard.registry.epochs import EpochState
from shopguard.registry.evaluating import OfficeEvaluation
from shopguard.registry.index import Index
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.publishing import Publisher
from shopguard.registry.sealing import Row, open_full, open_row, secret_of, shares_of
from shopguard.registry.signing import Signer
from shopguard.registry.stores import migrate_store, open_store
from shopguard.storage.engine import snapshot

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
REGISTRY = "example"
OFFICE_KEY = Signer.of_seed(bytes([7]) * 32)
STORES = ("index", "vault", "keys", "prf")
PARTY = Party(
    name="渡邊 太郎",
    kana="ワタナベ タロウ",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
ENTRY = Entry("E-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))


class Crash(BaseException):
    """The process is gone."""


class Office:
    """One registry. ``now`` is its clock; ``path`` and ``url`` say where the stores are."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder, self.url, self.now = folder, url, NOW
        keys = folder / "registry-keys"
        self.master = Keyring.create(keys / "vault.json")
        self._seeds_file = keys / "prf.json"
        self.seeds = EpochSeeds.create(self._seeds_file, OFFICE_KEY.public, REGISTRY)
        self.engines: dict[str, sa.Engine] = {}
        self.open()

    def open(self) -> None:
        """Open every store anew, as the next process would."""
        self.close()
        self.engines = {store: open_store(store, self.folder, self.url) for store in STORES}
        for store, engine in self.engines.items():
            migrate_store(engine, store)
        self.index = Index(self.engines["index"])
        self.publisher = self.publish()

    def publish(self) -> Publisher:
        """Another publisher over the same stores."""
        prf = PrfService(self.engines["prf"], self.seeds, lambda: self.now)
        self.evaluation = OfficeEvaluation(prf, OFFICE_KEY, REGISTRY, lambda: self.now)
        vault, keys = self.engines["vault"], self.engines["keys"]
        return Publisher(vault, keys, self.index, prf, OFFICE_KEY, self.master, REGISTRY, lambda: self.now)

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)

    def load(self, *entries: Entry) -> None:
        assert self.publisher.load(lines(*entries)).faulty == 0

    def epochs(self) -> Mapping[int, EpochState]:
        return {epoch.number: epoch.state for epoch in self.index.epochs()}

    def rows(self, party: Party, epoch: int = 1) -> list[Row]:
        """The rows that an order of ``party`` leads to in ``epoch``, whatever state that is in."""
        asked = tokens(identify(party))
        places = self.evaluation.places(epoch, asked)
        found = self.index.find(epoch, [place.locator for place in places]).rows
        return [open_row(places[position], sealed, epoch) for position, _, sealed in found]

    def met(self, party: Party, epoch: int = 1) -> set[str]:
        """The ids of the entries that an order of ``party`` meets, if ``epoch`` is served."""
        rows: dict[bytes, list[Row]] = {}
        for row in self.rows(party, epoch):
            rows.setdefault(row.handle, []).append(row)
        blocked = self.index.blocked(list(rows))
        return {self._opened(found, epoch) for handle, found in rows.items() if handle not in blocked}

    def served(self, party: Party) -> dict[int, set[str]]:
        """What an order of ``party`` meets in each epoch that is served."""
        served = (EpochState.LIVE, EpochState.CLOSING)
        return {number: self.met(party, number) for number, state in self.epochs().items() if state in served}

    def _opened(self, rows: Sequence[Row], epoch: int) -> str:
        secret, (t2_ref,) = secret_of(shares_of(rows)), {row.t2_ref for row in rows}
        assert secret is not None
        return open_full(secret, t2_ref, self.index.fulls(epoch, [t2_ref])[t2_ref], epoch).reference

    def count(self, store: str, table: str, where: str = "") -> int:
        with self.engines[store].connect() as connection:
            return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table} {where}").scalar_one())

    def counts(self) -> Mapping[str, int]:
        """How many rows each table of entries has."""
        tables = {
            "index": ("posting", "sealed_row", "full_posting"),
            "vault": ("entry", "sealed_in"),
            "keys": ("entry_key",),
        }
        return {table: self.count(store, table) for store, names in tables.items() for table in names}

    def handles(self) -> list[bytes]:
        with self.engines["vault"].connect() as connection:
            return [bytes(found) for found in connection.scalars(sa.text("SELECT handle FROM entry ORDER BY number"))]

    def photograph(self) -> "Photograph":
        """The stores as they are now (SQLite), and what they serve."""
        for store in STORES:
            copy = self.folder / f"photograph-{store}.db"
            copy.unlink(missing_ok=True)
            snapshot(self.engines[store], copy)
        return Photograph(
            {store: (self.folder / f"photograph-{store}.db").read_bytes() for store in STORES},
            self._seeds_file.read_bytes(),
            self.served(PARTY),
            self.served(Party(phones=("090-0000-3333",), emails=("new@example.jp",))),
            self.counts(),
        )

    def restore(self, photograph: "Photograph", *stores: str) -> None:
        """Put ``stores`` back as they were; all of them and the seeds if none is named."""
        self.close()
        for store in stores or STORES:
            for suffix in ("", "-wal", "-shm"):  # others may still hold the old files
                (self.folder / f"registry-{store}.db{suffix}").unlink(missing_ok=True)
            (self.folder / f"registry-{store}.db").write_bytes(photograph.files[store])
        if not stores:
            self._seeds_file.write_bytes(photograph.seeds)
            self.seeds = EpochSeeds(self._seeds_file)
        self.open()

    def locators(self, epoch: int) -> list[bytes]:
        with self.engines["index"].connect() as connection:
            found = connection.execute(sa.text("SELECT locator FROM posting WHERE epoch = :e"), {"e": epoch})
            return [bytes(locator) for (locator,) in found]

    @contextmanager
    def crashing_at(self, number: int) -> Iterator[list[str]]:
        """Within, the ``number``-th commit to vault, keys and index is not reached; gives the stores committed to.

        Counts only what writes. 0: none, to see how many there are.
        """
        committed: list[str] = []

        def watch(store: str) -> Callable[[sa.Connection], None]:
            def before_commit(connection: sa.Connection) -> None:
                if connection.get_execution_options().get("writing"):
                    committed.append(store)
                    if len(committed) == number:
                        raise Crash

            return before_commit

        watched = [(self.engines[store], watch(store)) for store in ("vault", "keys", "index")]
        for engine, before_commit in watched:
            event.listen(engine, "commit", before_commit)
        try:
            yield committed
        finally:
            for engine, before_commit in watched:
                event.remove(engine, "commit", before_commit)


@dataclass(frozen=True)
class Photograph:
    """The files of all stores, and of the seeds, at one moment; what was served and how much there was."""

    files: Mapping[str, bytes]
    seeds: bytes
    served_old: Mapping[int, set[str]]
    served_new: Mapping[int, set[str]]
    counts: Mapping[str, int]


def lines(*entries: Entry) -> list[bytes]:
    return [wire.encode(entry) for entry in entries]


def many(count: int, start: int = 0) -> list[Entry]:
    """Entries that are told apart by mail and phone, and found by both."""
    return [
        replace(ENTRY, id=f"E-{n:04}", party=Party(phones=(f"090-3123-{n:04}",), emails=(f"p{n}@example.jp",)))
        for n in range(start, start + count)
    ]


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A registry whose first epoch is live, once on each kind of database."""
    if request.param == "sqlite":
        made: Office = request.getfixturevalue("one_file_office")
        yield made
    else:
        yield from _opened(Office(tmp_path, request.getfixturevalue("stores_url")))


@pytest.fixture
def one_file_office(tmp_path: Path, migrated_stores: Path) -> Iterator[Office]:
    """A registry on SQLite whose first epoch is live."""
    shutil.copytree(migrated_stores, tmp_path, dirs_exist_ok=True)
    yield from _opened(Office(tmp_path, None))


def _opened(office: Office) -> Iterator[Office]:
    try:
        office.publisher.ensure_current()
        yield office
    finally:
        office.close()
