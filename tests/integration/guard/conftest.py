"""A whole guard in one object: real tables, keys and worker around a fake platform, registry and clock."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from shopguard.adapter import AdapterContext, Capability, WebhookRequest
from shopguard.config import Language, Mode, PolicySettings, RetentionSettings, ShopSettings, WorkerSettings
from shopguard.crypto import Keyring
from shopguard.guard.claims import Claimant
from shopguard.guard.effects import Effect, Effects
from shopguard.guard.inbox import Inbox
from shopguard.guard.later_listing import LaterListings
from shopguard.guard.own_list import OwnList
from shopguard.guard.phone_use import PhoneUseStore
from shopguard.guard.pipeline import Pipeline
from shopguard.guard.privacy import PrivacyDesk
from shopguard.guard.reconcile import Reconciliation
from shopguard.guard.retention import Retention
from shopguard.guard.reviews import Review, Reviews
from shopguard.guard.screening import PairStore, Screener
from shopguard.guard.shops import GuardedShop, ShopStates
from shopguard.guard.store import OrderStore
from shopguard.guard.watch import WatchStore
from shopguard.guard.worker import Desk, Worker
from shopguard.guard.writeback import WriteBack
from shopguard.model import Category, Entry, Order, OrderRef, Party, Payment, PaymentKind, Verdict
from shopguard.storage.changes import ChangeWatch
from shopguard.storage.tables import effect, inbox, screening
from shopguard.storage.writer import writer_for
from shopguard.testing.fakes import FakePlatform, FixedClock
from shopguard.testing.registry import FakeRegistry

SHOP = "main-store"
ALL_BUT_FEED = frozenset(Capability) - {Capability.POLL}

LISTED = Party(
    name="渡邊 太郎",
    postal_code="105-0011",
    region="東京都",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
SAME_PHONE = Party(
    name="鈴木 花子", region="大阪府", city="大阪市北区", lines=("梅田1-1-1",), phones=("090-0000-1111",)
)
CLEAN = Party(name="佐藤 次郎", region="北海道", city="札幌市", lines=("北一条1-2-3",), phones=("090-0000-2222",))
ENTRY = Entry("E-1", Category.UNPAID, LISTED, 2, date(2025, 3, 1), date(2026, 8, 14))


class House:
    """One guarded shop. ``work`` does what is due; ``settle`` also lets time pass until nothing waits."""

    def __init__(
        self,
        engine: sa.Engine,
        keyring: Keyring,
        *,
        capabilities: Iterable[Capability] = ALL_BUT_FEED,
        platform: Callable[..., FakePlatform] = FakePlatform,
        policy: PolicySettings | None = None,
        attempts: int = 12,
        threads: int = 4,
        rate_per_s: float = 1000.0,
        mode: Mode = Mode.HOLD,
        language: Language = Language.EN,
        **settings: Any,
    ) -> None:
        self.engine, self.keyring, self.clock = engine, keyring, FixedClock()
        self.platform = platform(None, AdapterContext(SHOP, self.clock), capabilities=capabilities)
        self.registry = FakeRegistry(ENTRY)
        shop = ShopSettings(SHOP, "fake", None, mode=mode, language=language, rate_per_s=rate_per_s, **settings)
        self.shops = {SHOP: GuardedShop(shop, self.platform, policy or PolicySettings())}
        self.writer = writer_for(engine)
        self.inbox = Inbox(engine, self.writer, keyring)
        self.effects = Effects(engine, self.writer)
        self.store = OrderStore(engine, self.writer, keyring)
        self.states = ShopStates(engine, self.writer)
        self.reviews = Reviews(engine, self.writer, self.shops, self.now)
        self.phone_use = PhoneUseStore(engine, keyring, RetentionSettings().phone_use_days, self.now)
        self.own_list = OwnList(engine, self.writer, keyring, self.now)
        self.screener = Screener(self.registry, keyring, PairStore(engine), self.phone_use, self.own_list)
        self.watch = WatchStore(engine, self.writer, keyring, "fake", days=14, clock=self.now)
        self.listings = LaterListings(self.registry, self.watch, every_s=60, clock=self.now)
        self.listings.look()
        self.worker_settings = WorkerSettings(threads=threads, attempts=attempts)
        self._numbers = count(1)

    def now(self) -> float:
        return self.clock.now.timestamp()

    def claimant(self, name: str = "worker") -> Claimant:
        return Claimant(name, self.worker_settings.lease_s)

    @property
    def write_back(self) -> WriteBack:
        return WriteBack(self.engine, self.effects, self.shops, self.worker_settings.attempts, self.now)

    @property
    def privacy(self) -> PrivacyDesk:
        return PrivacyDesk(self.engine, self.writer, self.store, self.inbox, self.shops, self.phone_use, self.now)

    @property
    def reconciliation(self) -> Reconciliation:
        return Reconciliation(
            self.shops, self.states, self.inbox, self.store, self.screener, self.worker_settings, self.now
        )

    def pipeline(self, claimant: Claimant | None = None) -> Pipeline:
        return Pipeline(
            self.shops,
            self.store,
            self.screener,
            self.write_back,
            self.reviews,
            self.writer,
            claimant or self.claimant(),
            self.now,
            self.watch,
        )

    def worker(self, name: str = "worker") -> Worker:
        """A newly started worker: what a predecessor of this name left behind is taken back."""
        claimant = self.claimant(name)
        desk = Desk(
            shops=self.shops,
            inbox=self.inbox,
            effects=self.effects,
            store=self.store,
            pipeline=self.pipeline(claimant),
            write_back=self.write_back,
            privacy=self.privacy,
            reconciliation=self.reconciliation,
            retention=Retention(self.engine, self.writer, RetentionSettings(), self.now),
            states=self.states,
            writer=self.writer,
            listings=self.listings,
        )
        return Worker(desk, claimant, self.worker_settings, ChangeWatch(self.engine), self.now)

    def send(self, order: Order, key: str | None = None) -> None:
        """Take in a delivery about ``order``, without working on it. Deliveries with an equal ``key`` are repeats."""
        self.accept(self.platform.delivery(self.platform.place(order)), key)

    def accept(self, request: WebhookRequest, key: str | None = None) -> None:
        self.inbox.accept(SHOP, key or f"delivery-{next(self._numbers)}", request)

    def work(self, name: str = "worker") -> None:
        self.worker(name).run_until_idle()

    def take(self, *orders: Order) -> None:
        """Deliver ``orders`` one after the other and work on each."""
        for order in orders:
            self.send(order)
            self.work()

    def pass_by(self, seconds: float) -> None:
        self.clock.pass_by(seconds)
        self.work()

    def settle(self, rounds: int = 200) -> None:
        """Work, and jump to whatever is due next, until nothing is."""
        for _ in range(rounds):
            self.work()
            due = self.next_due()
            if due is None:
                return
            self.clock.pass_by(due - self.now() + 0.001)
        raise AssertionError("the worker is stuck: something is always due")

    def next_due(self) -> float | None:
        """When something that waits is due next; None if nothing waits."""
        later = self.now()
        waiting = (
            sa.select(inbox.c.due_at).where(inbox.c.state == "received"),
            sa.select(inbox.c.lease_until).where(inbox.c.state == "claimed"),
            sa.select(effect.c.due_at).where(effect.c.state == "intended"),
            sa.select(effect.c.lease_until).where(effect.c.state == "sent"),
            sa.select(screening.c.ask_again_at).where(screening.c.ask_again_at.is_not(None)),
        )
        with self.engine.connect() as connection:
            moments = [moment for query in waiting for moment in connection.execute(query).scalars()]
        assert not moments or max(moments) > later, "something is due and nobody works on it"
        return min((moment for moment in moments if moment > later), default=None)

    def release(self, order_id: str = "1", **more: Any) -> Any:
        return self.reviews.release(OrderRef(SHOP, order_id), "operator", **more)

    def review(self, order_id: str = "1") -> Review | None:
        return self.reviews.get(OrderRef(SHOP, order_id))

    def review_state(self, order_id: str = "1") -> str | None:
        review = self.review(order_id)
        return review.state.value if review else None

    def verdict(self, order_id: str = "1") -> Verdict | None:
        """The current verdict on the order."""
        latest = self.store.latest(OrderRef(SHOP, order_id))
        return latest.verdict if latest else None

    def reasons(self, order_id: str = "1") -> set[str]:
        verdict = self.verdict(order_id)
        return {reason.code for reason in verdict.reasons} if verdict else set()

    def planned(self, order_id: str = "1") -> list[Effect]:
        return list(self.effects.of_order(OrderRef(SHOP, order_id)))

    def states_of(self, order_id: str = "1") -> list[tuple[str, str]]:
        """What was planned for the order and how it went, oldest first."""
        return [(planned.action.value, planned.state) for planned in self.planned(order_id)]

    def done(self, order_id: str = "1") -> list[str]:
        """The verbs that took effect at the platform, oldest first."""
        return [verb for verb, target, _ in self.platform.effects if target == order_id]

    def dead(self) -> list[str | None]:
        return [line.last_error for line in self.inbox.lines(state="dead")]


@pytest.fixture
def build(sqlite_engine: sa.Engine, keyring: Keyring) -> Iterator[Callable[..., House]]:
    """Makes a house; its arguments are those of ``House``."""
    houses: list[House] = []

    def make(**more: Any) -> House:
        houses.append(House(sqlite_engine, keyring, **more))
        return houses[-1]

    yield make
    for house in houses:
        house.writer.close()


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    """A shop in mode hold on a platform that can do everything; E-1 is listed."""
    return build()


@pytest.fixture
def either_house(engine: sa.Engine, keyring: Keyring) -> Iterator[House]:
    """The same on each of the two databases."""
    made = House(engine, keyring)
    yield made
    made.writer.close()


@pytest.fixture
def bad() -> Order:
    """A cash-on-delivery order of the listed person."""
    return _order(LISTED)


@pytest.fixture
def clean() -> Order:
    """An order of somebody unknown, of the same id."""
    return _order(CLEAN)


@pytest.fixture
def possible() -> Order:
    """An order that shares only a phone number with the listed person: flagged by the default rules."""
    return _order(SAME_PHONE)


def _order(buyer: Party, **more: Any) -> Order:
    order = Order(
        "1", SHOP, "#1001", total=Decimal(12_800), payment=Payment(PaymentKind.COD, "代金引換"), buyer=buyer
    )
    return replace(order, **more)


@pytest.fixture(scope="session")
def house_class() -> type[House]:
    return House


@pytest.fixture(scope="session")
def forms() -> dict[str, Order]:
    """The forms that an order takes when it is edited."""
    return {"bad": _order(LISTED), "clean": _order(CLEAN), "possible": _order(SAME_PHONE)}
