"""The members of a registry with its keyed function and its log, in process."""

import itertools
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.log import Log
from shopguard.registry.members import Members
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.messages import ME
from shopguard.registry.prf.function import MemberStanding
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest, Signer
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.stores import migrate_store, open_store

NOW = 1_793_580_000.0
NAME, CONTACT = "見本商店", "見本 花子 <hanako@example.com>"


class Clock:
    """What time it is for the office, in seconds since 1970; a test may set ``now``."""

    now = NOW

    def __call__(self) -> float:
        return self.now


class Watched(PrfService):
    """The keyed function, which remembers what it was asked and can be taken away."""

    def begin(self) -> "Watched":
        self.paths: list[str] = []
        self.before: Callable[[str], None] = lambda path: None
        return self

    def administer(self, request: SignedRequest) -> bytes:
        self.before(request.path)
        self.paths.append(request.path)
        return super().administer(request)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path) -> SigningKeys:
    return SigningKeys.create(tmp_path / "registry-keys" / "office.json")


@pytest.fixture
def prf(tmp_path: Path, office: SigningKeys, clock: Clock) -> Iterator[Watched]:
    engine = open_store("prf", tmp_path)
    migrate_store(engine, "prf")
    seeds = EpochSeeds.create(tmp_path / "registry-keys" / "prf.json", office.signer.public, "example")
    yield Watched(engine, seeds, lambda: datetime.fromtimestamp(clock(), UTC)).begin()
    engine.dispose()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    engine = open_store("log", tmp_path)
    migrate_store(engine, "log")
    yield Log(engine, clock)
    engine.dispose()


@pytest.fixture
def vault(empty_engine: sa.Engine) -> sa.Engine:
    migrate_store(empty_engine, "vault")
    return empty_engine


@pytest.fixture
def members(vault: sa.Engine, keyring: Keyring, prf: Watched, office: SigningKeys, log: Log, clock: Clock) -> Members:
    return Members(vault, keyring, prf, office, log, clock)


def signer() -> Signer:
    return Signer.of_seed(secrets.token_bytes(32))


def ask(prf: PrfService, by: Signer, member_id: str = "shop-1") -> MemberStanding:
    return prf.authenticate(by.request("GET", ME, b"", member_id, int(NOW)))


def refusal(prf: PrfService, by: Signer, member_id: str = "shop-1") -> Refusal | None:
    try:
        ask(prf, by, member_id)
    except Refused as refused:
        return refused.code
    return None


def fails(_path: str) -> None:
    raise Refused(Refusal.UNAVAILABLE, "the keyed function is away")


_shops = itertools.count(1)


def shop(**changed: str) -> Particulars:
    """A shop that shares nothing with another one but what is told."""
    count = next(_shops)
    stated = {
        "legal_name": f"株式会社見本{count}",
        "representative": f"見本 {'一二三四五六七八九'[count % 9]}郎",
        "address": f"東京都港区芝公園4-2-{count}",
        "phone": f"090-1234-{count:04}",
        "mail": f"shop-{count}@example.jp",
        "site": "https://shop.example.jp",
        "bank_account": f"0001 001 {count:07}",
    }
    return Particulars(**{**stated, **changed})
