"""A registry with real stores: entries sealed as the office seals them, members with keys, and a client to ask."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import LogCapture

from shopguard.identity import PROFILE, Token, Type
from shopguard.model import Category, OrderRef, ScreeningState
from shopguard.registry.client import Http, InProcess, RegistryClient, Transport
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index import Index, IndexRows
from shopguard.registry.lookup import KeyDesk, LookUpService
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import (
    ADDITIONS,
    LOOKUPS,
    ME,
    Additions,
    Element,
    LookUp,
    LookUpAnswer,
    Me,
    RefusalShape,
)
from shopguard.registry.prf.function import OFFICE, PUT_MEMBER, SET_STATE, MemberState, PutMember
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.service import PrfService
from shopguard.registry.protocol import Answer, Query
from shopguard.registry.refusals import Refused
from shopguard.registry.sealing import Listing, Place, SealedEntry, place, seal
from shopguard.registry.signing import SignedAnswer, SignedRequest, Signer, verify
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.stores import open_store
from shopguard.storage.engine import writing

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
REGISTRY = "example"
MEMBER = "shop-1"
PHONE = Token(PROFILE, 1, Type.PHONE, "+819000001111")
MAIL = Token(PROFILE, 2, Type.EMAIL, "taro@example.jp")
NAME = Token(PROFILE, 2, Type.NAME_HOUSE, "見本太郎|13103-4-2-8")
ORDER = OrderRef("main-store", "5001")
QUERY = Query(ORDER, "buyer", "revision-1", (PHONE, MAIL))


class Centre:
    """The service with everything behind it. ``now`` is its clock, ``members`` are the keys of those it knows."""

    def __init__(self, folder: Path, index_engine: sa.Engine, prf_engine: sa.Engine) -> None:
        self.now = NOW
        self.index_engine = index_engine
        self.members: dict[str, Signer] = {}
        self.office = SigningKeys.create(folder / "office.json", clock=self.clock)
        self.seeds = EpochSeeds.create(folder / "prf.json", self.office.signer.public, REGISTRY)
        self.prf = PrfService(prf_engine, self.seeds, self.clock)
        self.index = Index(index_engine)
        self.answer_keys_path = folder / "answers.json"
        self.answer_keys = SigningKeys.create(self.answer_keys_path, clock=self.clock)
        self.service = self.serve()
        self._rows = iter(range(1, 1_000_000))
        self.epoch(1)
        self.enrol(MEMBER)

    def serve(self, key_desk: KeyDesk | None = None, **parts: Any) -> LookUpService:
        """Another service over the same stores; ``parts`` replace some."""
        given = {"index": self.index, "prf": self.prf, "answer_keys": self.answer_keys, **parts}
        self.service = LookUpService(**given, registry_id=REGISTRY, clock=self.clock, key_desk=key_desk)
        return self.service

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def epoch(self, number: int, state: EpochState = EpochState.LIVE, profile: int = 1) -> None:
        """Bring an epoch into a state, with a seed if it never had one."""
        while number > max(self.seeds.numbers(), default=0):
            self.seeds.add()
        with writing(self.index_engine) as connection:
            self.index.set_epoch(connection, Epoch(number, profile, state, self.now.timestamp()))

    def enrol(self, member: str, daily_orders: int | None = None) -> None:
        """Take in a member; None: without a budget."""
        self.members[member] = Signer.of_seed(member.encode().ljust(32))
        self.administer(PUT_MEMBER, PutMember(member, "active", daily_orders, (self.members[member].public,)))

    def set_state(self, member: str, state: str) -> None:
        self.administer(SET_STATE, MemberState(member, state))

    def administer(self, path: str, what: msgspec.Struct) -> None:
        body = msgspec.msgpack.encode(what)
        self.prf.administer(self.office.signer.request("POST", path, body, OFFICE, int(self.now.timestamp())))

    def add(self, reference: str, *tokens: Token, epoch: int = 1, **told: Any) -> Listing:
        """Put an entry into an epoch; ``told`` are fields of ``Listing``."""
        usual: dict[str, Any] = {
            "handle": os.urandom(16),
            "category": Category.UNPAID,
            "reporters": 4,
            "first_on": date(2025, 3, 9),
            "last_on": date(2026, 8, 14),
            "fields": frozenset({"phone", "email"}),
        }
        listing = Listing(reference, **{**usual, **told})
        self.put(seal(listing, tokens, self.places(tokens, epoch), epoch), epoch, self.now.timestamp())
        return listing

    def put(self, sealed: SealedEntry, epoch: int = 1, added_at: float | None = None) -> None:
        rows = tuple((next(self._rows), row.locator, row.sealed) for row in sealed.rows)
        with writing(self.index_engine) as connection:
            self.index.put(connection, epoch, [IndexRows(sealed.t2_ref, sealed.full, rows)], added_at)

    def places(self, tokens: Sequence[Token], epoch: int = 1) -> Sequence[Place]:
        values = self.seeds.prf(epoch).evaluate([(token.cls, token.encode()) for token in tokens])
        return [place(y, REGISTRY, token.cls, epoch) for token, y in zip(tokens, values, strict=True)]

    def batch(self, *tokens: Token, **changed: Any) -> bytes:
        """The body of a look-up; ``changed`` are fields of ``LookUp``."""
        usual: dict[str, Any] = {"member": MEMBER, "epoch": 1, "profile": 1, "commitment": os.urandom(16)}
        elements = tuple(Element(token.cls, token.encode()) for token in tokens)
        return msgspec.json.encode(LookUp(**{"tokens": elements, **usual, **changed}))

    def request(self, method: str, path: str, body: bytes = b"", member: str = MEMBER) -> SignedRequest:
        return self.members[member].request(method, path, body, member, int(self.now.timestamp()))

    def proven(self, request: SignedRequest) -> SignedAnswer:
        """The answer to a request, found to be the registry's own, to this very request, of this moment."""
        answer = self.service.handle(request)
        verify(answer, {key.id: key.signer.public for key in self.answer_keys.all()}[answer.key_id])
        assert (answer.nonce, answer.time) == (request.nonce, int(self.now.timestamp()))
        return answer

    def look_up(self, *tokens: Token, member: str = MEMBER, **changed: Any) -> LookUpAnswer:
        """What the registry says to a batch that it must answer."""
        answer = self.proven(self.request("POST", LOOKUPS, self.batch(*tokens, member=member, **changed), member))
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body, type=LookUpAnswer)

    def handles(self, *tokens: Token, **changed: Any) -> list[str]:
        return [candidate.handle for candidate in self.look_up(*tokens, **changed).candidates]

    def me(self, member: str = MEMBER) -> Me:
        return msgspec.json.decode(self.proven(self.request("GET", ME, member=member)).body, type=Me)

    def additions(self, after: int = 0) -> Additions:
        answer = self.proven(self.request("GET", f"{ADDITIONS}?after={after}"))
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body, type=Additions)

    def refused(self, *tokens: Token, member: str = MEMBER, **changed: Any) -> RefusalShape:
        """What the registry says to a batch that it must refuse."""
        body = self.batch(*tokens, **{"member": member, **changed})
        return self.refusal(self.request("POST", LOOKUPS, body, member))

    def refusal(self, request: SignedRequest) -> RefusalShape:
        answer = self.proven(request)
        assert answer.status >= 400, answer.body
        return msgspec.json.decode(answer.body, type=RefusalShape)


class Between:
    """Stands before the service: sees each request, and does to its answer what ``twist`` says."""

    more = ()

    def __init__(self, centre: Any) -> None:
        self._centre = centre
        self.requests: list[SignedRequest] = []
        self.twist: Callable[[SignedRequest, SignedAnswer], SignedAnswer] = lambda _request, answer: answer

    def handle(self, request: SignedRequest) -> SignedAnswer:
        self.requests.append(request)
        return self.twist(request, self._centre.service.handle(request))

    def refuse(self, refused: Refused, nonce: str) -> SignedAnswer:
        return self._centre.service.refuse(refused, nonce)

    @property
    def look_ups(self) -> list[LookUp]:
        return [msgspec.json.decode(r.body, type=LookUp) for r in self.requests if r.path == LOOKUPS]

    def signed(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Have the registry itself sign look-up answers that ``change`` has been at."""

        def twist(request: SignedRequest, answer: SignedAnswer) -> SignedAnswer:
            if request.path != LOOKUPS:
                return answer
            body = msgspec.json.decode(answer.body)
            change(body)
            signer = self._centre.answer_keys.signer
            return signer.answer(answer.status, msgspec.json.encode(body), request.nonce, answer.time)

        self.twist = twist


def silent(answer: Answer) -> str:
    """The reason of an answer that must be unscreened, and know nothing."""
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())
    return answer.reason


@pytest.fixture
def centre(tmp_path: Path, migrated_stores: Path) -> Iterator[Centre]:
    """A registry on SQLite with one epoch and one member without a budget."""
    yield from _on_sqlite(tmp_path, migrated_stores)


@pytest.fixture(scope="module")
def lasting_centre(tmp_path_factory: pytest.TempPathFactory, migrated_stores: Path) -> Iterator[Centre]:
    """The same for all tests of a file, which change nothing that another one sees."""
    yield from _on_sqlite(tmp_path_factory.mktemp("centre"), migrated_stores)


def _on_sqlite(folder: Path, migrated_stores: Path) -> Iterator[Centre]:
    engines = []
    for store in ("index", "prf"):
        name = f"registry-{store}.db"
        shutil.copy(migrated_stores / name, folder / name)
        engines.append(open_store(store, folder))
    yield Centre(folder, *engines)
    for engine in engines:
        engine.dispose()


@pytest.fixture
def postgres_centre(tmp_path: Path, stores_url: str) -> Iterator[Centre]:
    """The same on PostgreSQL: one schema for each store."""
    engines = [open_store(store, tmp_path, stores_url) for store in ("index", "prf")]
    yield Centre(tmp_path, *engines)
    for engine in engines:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def either_centre(request: pytest.FixtureRequest) -> Centre:
    """Once of each kind."""
    found: Centre = request.getfixturevalue({"sqlite": "centre", "postgres": "postgres_centre"}[request.param])
    return found


@pytest.fixture
def ready(centre: Any) -> Any:
    """The registry with a live epoch of our rules of identity, and one entry of phone, mail and name."""
    centre.epoch(1, profile=PROFILE)
    centre.add("E-1", PHONE, MAIL, NAME, reporters=4)
    return centre


@pytest.fixture
def between(ready: Any) -> Between:
    return Between(ready)


@pytest.fixture(params=["in-process", "http"])
def transport(request: pytest.FixtureRequest, between: Between) -> Iterator[Transport]:
    """Both ways to the same registry."""
    if request.param == "in-process":
        yield InProcess(between)
        return
    serve = request.getfixturevalue("serve")
    http = Http(f"http://127.0.0.1:{serve(registry_app(cast('LookUpService', between)))}", 5.0)
    yield http
    http.close()


@pytest.fixture
def make(ready: Any, transport: Transport) -> Callable[..., RegistryClient]:
    """Makes a client; its arguments replace the usual ones."""

    def client(**more: Any) -> RegistryClient:
        usual: dict[str, Any] = {
            "transport": transport,
            "member": MEMBER,
            "signer": lambda: ready.members[MEMBER],
            "commitment_secret": b"s" * 32,
            "profile": PROFILE,
            "centre_keys": lambda: {key.id: key.signer.public for key in ready.answer_keys.all()},
            "clock": ready.clock,
        }
        return RegistryClient(**{**usual, **more})

    return client


@pytest.fixture
def client(make: Callable[..., RegistryClient]) -> RegistryClient:
    return make()


@pytest.fixture
def log() -> LogCapture:
    """What is logged from here on."""
    capture = structlog.get_config()["processors"][-1]
    assert isinstance(capture, LogCapture)
    capture.entries.clear()
    return capture
