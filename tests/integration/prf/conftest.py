"""The keyed function with its store and a clock of its own, and members who ask it under their own keys."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.identity import Token
from shopguard.registry.messages import LOOKUPS, Element, LookUp
from shopguard.registry.prf import function
from shopguard.registry.prf.function import OFFICE, Evaluated, KeyedFunction, MemberStanding, PutMember
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path
from shopguard.registry.prf.service import PrfService
from shopguard.registry.refusals import Refused
from shopguard.registry.signing import SignedRequest, Signer
from shopguard.registry.stores import history_of, migrate_store, open_store
from shopguard.storage.engine import open_engine
from shopguard.testing import FixedClock

OFFICE_KEY = Signer.of_seed(bytes([7]) * 32)
REGISTRY = "example"
EMAIL = Token(1, 2, 2, "taro@example.jp")


class Shop:
    """A member who asks; every ``commitment`` left out is a new order."""

    def __init__(self, prf: KeyedFunction, clock: Callable[[], Any], name: str = "shop-1") -> None:
        self.prf, self.clock, self.name = prf, clock, name
        self.key = Signer.of_seed(name.encode().ljust(32))
        self._orders = itertools.count(1)

    def body(self, *tokens: Token, **changed: Any) -> bytes:
        """The body of a look-up; ``changed`` are fields of ``LookUp``."""
        elements = tuple(Element(token.cls, token.encode()) for token in tokens or (EMAIL,))
        usual = {"member": self.name, "epoch": 1, "profile": 1, "commitment": self.commitment(), "tokens": elements}
        return msgspec.json.encode(LookUp(**{**usual, **changed}))

    def commitment(self) -> bytes:
        return next(self._orders).to_bytes(16, "big")

    def sign(self, body: bytes, path: str = LOOKUPS, method: str = "POST", late_s: float = 0) -> SignedRequest:
        return self.key.request(method, path, body, self.name, int(self.clock().timestamp() - late_s))

    def ask(self, *tokens: Token, epochs: Sequence[int] = (1,), **changed: Any) -> Evaluated:
        return self.prf.evaluate(self.sign(self.body(*tokens, **changed)), epochs)

    def refusal(self, *tokens: Token, epochs: Sequence[int] = (1,), **changed: Any) -> Refused:
        """Why the keyed function does not answer a batch that it must refuse."""
        return refusal(lambda: self.ask(*tokens, epochs=epochs, **changed))

    def standing(self) -> MemberStanding:
        return self.prf.authenticate(self.sign(b"", "/registry/v1/me", "GET"))

    def spent(self) -> tuple[int, ...]:
        """How many values of each class have been charged."""
        return tuple(budget.size - budget.left for budget in self.standing().budgets)


def refusal(ask: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value


class Office:
    """The office, which administers."""

    def __init__(self, prf: KeyedFunction, clock: Callable[[], Any]) -> None:
        self.prf, self.clock, self.key = prf, clock, OFFICE_KEY

    def request(self, path: str, body: msgspec.Struct | bytes = b"") -> SignedRequest:
        content = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
        return self.key.request("POST", path, content, OFFICE, int(self.clock().timestamp()))

    def do(self, path: str, body: msgspec.Struct | bytes = b"") -> bytes:
        return self.prf.administer(self.request(path, body))

    def enrol(self, name: str = "shop-1", daily_orders: int | None = 100) -> Shop:
        shop = Shop(self.prf, self.clock, name)
        self.do(function.PUT_MEMBER, PutMember(name, "active", daily_orders, (shop.key.public,)))
        return shop


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def seeds(tmp_path: Path) -> EpochSeeds:
    """The seeds of a data directory, which is ``tmp_path``; the first is that of the project's vectors."""
    EpochSeeds.create(seeds_path(tmp_path), OFFICE_KEY.public, REGISTRY)
    path = seeds_path(tmp_path)
    content = msgspec.json.decode(path.read_bytes())
    content["seeds"]["1"] = msgspec.to_builtins(bytes(range(32)))
    path.write_bytes(msgspec.json.encode(content))
    return EpochSeeds(path)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_store("prf", tmp_path)
    migrate_store(engine, "prf")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_store(empty_postgres: sa.Engine) -> Iterator[sa.Engine]:
    engine = open_engine(
        empty_postgres.url.render_as_string(hide_password=False), schema=history_of("prf"), durable=False
    )
    migrate_store(engine, "prf")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> sa.Engine:
    """The store ``prf``, once of each kind."""
    made: sa.Engine = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture
def prf(store: sa.Engine, seeds: EpochSeeds, clock: FixedClock) -> PrfService:
    return PrfService(store, seeds, clock)


@pytest.fixture
def office(prf: PrfService, clock: FixedClock) -> Office:
    return Office(prf, clock)


@pytest.fixture
def shop(office: Office) -> Shop:
    """A member of 100 orders a day."""
    return office.enrol()
