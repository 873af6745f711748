"""A registry on files, and what comes of putting some of them back out of a backup."""

import shutil
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.identity import identify, tokens
from shopguard.model import Category, Entry, OrderRef, Party, ScreeningState
from shopguard.registry.home import RegistryHome
from shopguard.registry.protocol import Query
from shopguard.registry.stores import STORES
from shopguard.storage.engine import reading
from shopguard.storage.snapshots import copy_at_one_moment

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
PARTY = Party(name="渡邊 太郎", phones=("090-0000-1111",), emails=("taro@example.jp",))
OTHER = Party(name="見本 花子", phones=("090-0000-2222",), emails=("hanako@example.jp",))
NEW = Party(name="見本 次郎", phones=("090-0000-3333",), emails=("jiro@example.jp",))
ENTRY = Entry("E-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))
_asked = count(1)


class Registry:
    """One registry, and its backups."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder, self.url = folder, url
        self.open()

    def open(self) -> None:
        """Open everything anew, as the next process would; nothing is prepared."""
        keys = Keyring(self.folder / "keys.json")
        self.home = RegistryHome(self.folder, "example", keys, lambda: NOW, self.url, apart=False)

    def start(self) -> None:
        """As `shopguard serve` does."""
        self.home.close()
        self.open()
        self.home.prepare()

    def mend(self) -> None:
        """As `shopguard registry reseal` does."""
        self.home.erasures.settle()
        self.home.publisher.reseal()
        self.start()

    def load(self, *entries: Entry) -> None:
        assert self.home.publisher.load([wire.encode(entry) for entry in entries]).faulty == 0

    def erase(self, entry_id: str) -> None:
        assert self.home.publisher.erase(entry_id)

    def asked(self, party: Party) -> tuple[ScreeningState, int]:
        """What a guard is told: whether it was told at all, and how many entries it meets."""
        query = Query(OrderRef("main", "1"), "buyer", str(next(_asked)), tokens(identify(party)))
        answer = self.home.client(b"m" * 32).look_up(query)
        return answer.state, len(answer.candidates)

    def meets(self, party: Party) -> bool:
        state, found = self.asked(party)
        assert state is ScreeningState.SCREENED
        return found > 0

    def backup(self, name: str = "backup") -> None:
        """Copy the files of all stores as they are at one moment."""
        (self.folder / name).mkdir()
        files = {self.folder / f"registry-{store}.db": self.folder / name / f"{store}.db" for store in STORES}
        copy_at_one_moment(files)

    def restore(self, *stores: str, name: str = "backup") -> None:
        """Put ``stores`` (none named: all) back as they were; the journal is none of them."""
        self.home.close()
        for store in stores or STORES:
            for suffix in ("", "-wal", "-shm"):
                (self.folder / f"registry-{store}.db{suffix}").unlink(missing_ok=True)
            shutil.copy(self.folder / name / f"{store}.db", self.folder / f"registry-{store}.db")
        self.open()

    def count(self, store: str, table: str, where: str = "") -> int:
        with reading(self.home.engine(store)) as connection:
            return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table} {where}").scalar_one())

    @property
    def journal(self) -> Path:
        return self.folder / "erasures.jsonl"
