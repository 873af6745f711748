"""A registry with its members and one listed person, in process; ``now`` is its clock."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.identity import PROFILE, identify, tokens
from shopguard.model import Category, Entry, Party
from shopguard.registry.client import InProcess, RegistryClient, Transport
from shopguard.registry.client.search import SearchClient
from shopguard.registry.home import RegistryHome
from shopguard.registry.messages import LOOKUPS, Element, LookUp, LookUpAnswer, SearchAnswer
from shopguard.registry.signing import Signer, key_id_of

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)  # 10:15 in Japan
PARTY = Party(
    name="渡邊 太郎",
    kana="ワタナベ タロウ",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
ENTRY = Entry("E-1", Category.UNPAID, PARTY, 4, date(2025, 3, 9), date(2026, 8, 14))
NOBODY = Party(name="見本 花子", phones=("090-0000-2222",), emails=("hanako@example.com",))
NAMESAKE = Party(name=PARTY.name, emails=("another.taro@example.com",))


@dataclass
class Town:
    """A registry, and shops that ask it."""

    home: RegistryHome
    now: datetime = NOW
    signers: dict[str, Signer] = field(default_factory=dict)

    def pass_time(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    def enrol(self, member: str, daily_orders: int | None = 50) -> None:
        self.signers[member] = Signer.of_seed(member.encode().ljust(32))
        self.home.members.create(member, member, self.signers[member].public, daily_orders)

    def client(self, member: str, line: Transport | None = None) -> RegistryClient:
        return RegistryClient(
            line or InProcess(self.home.service),
            member,
            lambda: self.signers[member],
            b"secret of " + member.encode(),
            PROFILE,
            lambda: {key_id_of(public): public for public in self.home.answer_keys.publics},
            lambda: self.now,
        )

    def search(
        self, member: str, party: Party = PARTY, case: str = "注文1042", line: Transport | None = None
    ) -> SearchAnswer:
        searches = SearchClient(self.client(member, line), b"secret of " + member.encode(), PROFILE)
        return searches.search(tokens(identify(party)), case)

    def order(self, member: str, party: Party = PARTY, asked: bytes = b"") -> LookUpAnswer:
        """A guard's look-up about an order of its own."""
        elements = tuple(Element(token.cls, token.encode()) for token in tokens(identify(party)))
        batch = LookUp(member, 1, PROFILE, asked or os.urandom(16), elements)
        return self.client(member).ask("POST", LOOKUPS, msgspec.json.encode(batch), LookUpAnswer)

    def load(self, *entries: Entry) -> None:
        assert self.home.publisher.load([wire.encode(entry) for entry in entries]).faulty == 0

    def handle(self, entry: str = "E-1") -> bytes:
        """What stands for an entry."""
        kept = self.home.publisher.placing.vault.find(entry)
        assert kept is not None
        return kept.handle

    def rows(self, table: str = "look", where: str = "1 = 1") -> list[dict[str, Any]]:
        with self.home.engine("vault").connect() as connection:
            found = connection.execute(sa.text(f"SELECT * FROM {table} WHERE {where} ORDER BY number"))
            return [dict(row) for row in found.mappings()]


@pytest.fixture
def town(tmp_path: Path, furnished_registry: Path) -> Iterator[Town]:
    """A registry on SQLite with one entry and two members."""
    folder = tmp_path / "registry"
    shutil.copytree(furnished_registry, folder)
    yield from _town(lambda clock: _home(folder, Keyring.load(folder / "keys.json"), clock))


@pytest.fixture
def postgres_town(tmp_path: Path, empty_postgres: sa.Engine) -> Iterator[Town]:
    """The same on PostgreSQL."""
    url, keyring = empty_postgres.url.render_as_string(hide_password=False), Keyring.create(tmp_path / "keys.json")
    yield from _town(lambda clock: _home(tmp_path, keyring, clock, url))


@pytest.fixture(params=["sqlite", "postgres"])
def either_town(request: pytest.FixtureRequest) -> Town:
    found: Town = request.getfixturevalue({"sqlite": "town", "postgres": "postgres_town"}[request.param])
    return found


def _town(build: Callable[[Callable[[], datetime]], RegistryHome]) -> Iterator[Town]:
    made: list[Town] = []
    home = build(lambda: made[0].now if made else NOW)
    made.append(Town(home))
    home.prepare()
    made[0].load(ENTRY)
    for member in ("shop-1", "shop-2"):
        made[0].enrol(member)
    yield made[0]
    home.close()


def _home(folder: Path, keyring: Keyring, clock: Callable[[], datetime], url: str | None = None) -> RegistryHome:
    return RegistryHome(folder, "example", keyring, clock, url, apart=False)
