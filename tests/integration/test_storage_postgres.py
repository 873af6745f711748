"""The whole story on PostgreSQL: received, judged, held, shown, released; the registry is in the same database."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shopguard import wire
from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config, DatabaseSettings, Mode, ShopSettings
from shopguard.guard.retention import Purged
from shopguard.model import (
    Category,
    Entry,
    Order,
    OrderRef,
    Party,
    Payment,
    PaymentKind,
    PrivacyKind,
    PrivacyRequest,
    Stage,
)
from shopguard.registry.protocol import Registry
from shopguard.storage.engine import reading
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry
from shopguard.web.accounts.links import SignInLinks

BAD = Party(name="渡邊 太郎", phones=("090-0000-0001",), emails=("taro@example.jp",))
ENTRY = Entry("E-1", Category.UNPAID, BAD, 2, date(2025, 3, 1), date(2026, 8, 14))
ORDER = Order("5001", number="#1042", total=Decimal(12800), payment=Payment(PaymentKind.COD, "代金引換"), buyer=BAD)
REF = OrderRef("main-store", "5001")


@pytest.fixture
def guard(install: Callable[[Config, Registry], Installation], postgres_engine: sa.Engine) -> Installation:
    url = postgres_engine.url.render_as_string(hide_password=False)
    shop = ShopSettings("main-store", "fake", None, mode=Mode.HOLD, rate_per_s=1000)
    made = install(Config(database=DatabaseSettings(Secret(url)), shops={"main-store": shop}), FakeRegistry(ENTRY))
    made.migrate()
    return made


@pytest.fixture
def platform(guard: Installation) -> FakePlatform:
    adapter = guard.shops["main-store"].adapter
    assert isinstance(adapter, FakePlatform)
    adapter.place(ORDER)
    return adapter


def take(guard: Installation, platform: FakePlatform, order: Order) -> str:
    """Send ``order`` to the receiver, let it be worked on, and return what the receiver said."""
    delivery = platform.delivery(order)
    client = guard.receiver_app().test_client()
    answer = client.post("/webhooks/fake/main-store", data=delivery.body, headers=dict(delivery.headers))
    guard.worker("w").run_until_idle()
    return answer.text


def test_a_bad_order_is_held_and_released(guard: Installation, platform: FakePlatform) -> None:
    assert take(guard, platform, ORDER) == "accepted\n"
    assert take(guard, platform, ORDER) == "repeat\n"
    assert platform.held == {"5001"}
    browser = guard.console_app().test_client()
    browser.get("/console/sign-in", query_string={"token": SignInLinks(guard.writer, guard.clock).make()})
    page = browser.get("/console/").text
    assert "渡邊 太郎" in page
    key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert key is not None
    browser.post("/console/orders/main-store/5001/release", data={"form_key": key.group(1)})
    guard.worker("w").run_until_idle()
    assert [effect[0] for effect in platform.effects] == ["hold", "release"]
    assert set(guard.inbox.counts()) == {"done"}  # the webhook's delivery, and perhaps the feed's
    assert guard.effects.counts() == {"confirmed": 2}


def test_a_changed_and_a_cancelled_order_are_followed(guard: Installation, platform: FakePlatform) -> None:
    take(guard, platform, ORDER)
    take(guard, platform, replace(ORDER, total=Decimal(20000)))
    take(guard, platform, replace(ORDER, stage=Stage.CLOSED))
    kept = guard.store.order(REF)
    assert kept is not None
    assert kept.stage is Stage.CLOSED
    assert guard.reviews.count_waiting() == 0


def test_a_silent_registry_is_asked_again(guard: Installation, platform: FakePlatform) -> None:
    registry = guard.registry
    assert isinstance(registry, FakeRegistry)
    registry.failing = True
    take(guard, platform, ORDER)
    assert platform.held == {"5001"}
    registry.failing = False
    latest = guard.store.latest(REF)
    assert latest is not None
    (again,) = guard.store.claim_to_ask(guard.clock() + 3600, guard.clock() + 7200, 10)
    assert again.id == latest.id


def test_many_senders_of_one_order_store_it_once(guard: Installation, platform: FakePlatform) -> None:
    client, delivery = guard.receiver_app(), platform.delivery(ORDER)

    def send(_: int) -> str:
        answer = client.test_client().post(
            "/webhooks/fake/main-store", data=delivery.body, headers=dict(delivery.headers)
        )
        return answer.text

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(16))) == ["accepted\n"] + ["repeat\n"] * 15
    assert guard.inbox.counts() == {"received": 1}


def test_people_are_erased_on_request_and_by_time(guard: Installation, platform: FakePlatform) -> None:
    take(guard, platform, ORDER)
    request = PrivacyRequest("main-store", PrivacyKind.ERASE_PERSON, "r" * 900, emails=("TARO@example.jp",))
    guard.worker("w")._desk.privacy.handle(request)
    assert guard.store.order(REF) is None
    assert guard.retention.purge() == Purged(0, 0, 0)


def test_the_probes_read_this_database_too(guard: Installation, platform: FakePlatform) -> None:
    take(guard, platform, ORDER)
    client = guard.receiver_app().test_client()
    assert client.get("/readyz").text == "ready\n"
    assert 'shopguard_inbox_deliveries{state="done"}' in client.get("/metrics").text


def test_nothing_of_the_buyer_is_in_any_table(guard: Installation, platform: FakePlatform) -> None:
    take(guard, platform, ORDER)
    with reading(guard.engine) as connection:
        rows = [
            repr(connection.execute(sa.text(f'SELECT * FROM "{table}"')).all())
            for table in sa.inspect(connection).get_table_names()
        ]
    stored = "".join(rows)
    assert "5001" in stored
    for text in ("渡邊", "太郎", "taro", "090-0000", "9000000001", wire.encode(BAD).decode()):
        assert text not in stored
