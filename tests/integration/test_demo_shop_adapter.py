"""The production adapter and the simulated shop speak one language, over real HTTP on this machine."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from adapters.woocommerce import WooCommerceAdapter, WooCommerceSettings
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.demo.document import Checkout
from shopguard.demo.people import RECYCLED_PHONE, listed_buyers
from shopguard.demo.shop import DemoShopSettings, ShopSimulation, build_shop
from shopguard.demo.traffic import demo_orders
from shopguard.errors import ActionUnsupported, OrderGone
from shopguard.matching import compare
from shopguard.model import Mark, OrderEvent, OrderRef, PaymentKind, ShopAlarm, Stage, Strength

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TEXT = "ShopGuard: 要確認（電話・住所 一致、3件、直近2026年9月）"


class Receiver:
    """What stands at the webhook address: it keeps every request and says 200."""

    def __init__(self) -> None:
        self.got: Queue[WebhookRequest] = Queue()
        self.address = ""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.put(WebhookRequest(request.url, headers, request.get_data(), datetime.now(UTC)))
        return Response()(environ, start_response)

    def next(self) -> WebhookRequest:
        return self.got.get(timeout=30)


@contextmanager
def serving(app: "WSGIApplication", port: int = 0) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver) as server:
        receiver.address = f"http://127.0.0.1:{server.port}/webhooks/woocommerce/demo"
        yield receiver


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[ShopSimulation, str]]:
    app = build_shop(DemoShopSettings(tmp_path / "shop.sqlite", "ck_demo", "cs_demo", "ck_ro", "cs_ro"))
    simulation: ShopSimulation = app.extensions["demo_shop"]
    with serving(app) as server:
        yield simulation, f"http://127.0.0.1:{server.port}"
    simulation.stop()


@pytest.fixture
def shop(served: tuple[ShopSimulation, str]) -> ShopSimulation:
    return served[0]


@pytest.fixture
def adapter(served: tuple[ShopSimulation, str]) -> WooCommerceAdapter:
    return adapter_for(served[1])


def adapter_for(url: str, key: str = "ck_demo", secret: str = "cs_demo") -> WooCommerceAdapter:
    settings = WooCommerceSettings(
        url, (Secret("hush-hush"),), consumer_key=Secret(key), consumer_secret=Secret(secret), assume_https=True
    )
    return WooCommerceAdapter(settings, AdapterContext("demo", lambda: datetime.now(UTC)))


def listed_order(shop: ShopSimulation, payment_method: str = "cod") -> OrderRef:
    buyer = listed_buyers()[0]
    return OrderRef("demo", str(shop.orders.start(Checkout(buyer.billing, payment_method, kana=buyer.kana)).id))


def mark(text: str = TEXT, key: str = "demo:1:hold:1", attempt: int = 1) -> Mark:
    return Mark(key, text, since=datetime.now(UTC), attempt=attempt)


def journal(shop: ShopSimulation, ref: OrderRef) -> list[tuple[str, str, str]]:
    """Status changes and notes in order; of meta data only that it changed, the adapter alone reads it."""
    effects = shop.store.effects(int(ref.order_id))
    return [(e.kind, e.before, e.after) if e.kind != "meta" else ("meta", "", "") for e in effects]


def test_connect_subscribes_once_and_both_pings_are_known(
    shop: ShopSimulation, adapter: WooCommerceAdapter, receiver: Receiver
) -> None:
    adapter.connect(receiver.address)
    adapter.connect(receiver.address)
    assert sorted(w.topic for w in shop.store.webhooks()) == ["order.created", "order.updated"]
    assert receiver.got.qsize() == 2  # answered with 200, so a repair sends no more
    assert adapter.is_ping(receiver.next())
    assert adapter.is_ping(receiver.next())


def test_connect_wakes_a_webhook_that_was_disabled_in_silence(
    shop: ShopSimulation, adapter: WooCommerceAdapter, receiver: Receiver
) -> None:
    adapter.connect(receiver.address)
    for webhook in shop.store.webhooks():
        webhook.status = "disabled"
        shop.store.save_webhook(webhook)
    assert {f.ok for f in adapter.doctor(receiver.address) if f.check.startswith("webhook")} == {False}
    adapter.connect(receiver.address)
    assert {w.status for w in shop.store.webhooks()} == {"active"}


def test_doctor_finds_nothing_wrong_in_a_connected_shop(
    shop: ShopSimulation, adapter: WooCommerceAdapter, receiver: Receiver
) -> None:
    adapter.connect(receiver.address)
    for _ in range(14):
        shop.next_buyer()
    assert [finding for finding in adapter.doctor(receiver.address) if not finding.ok] == []


def test_doctor_tells_a_read_only_key(served: tuple[ShopSimulation, str], receiver: Receiver) -> None:
    findings = adapter_for(served[1], "ck_ro", "cs_ro").doctor(receiver.address)
    assert "write" in [finding.check for finding in findings if not finding.ok]


def test_a_placed_order_arrives_signed_and_is_read_whole(
    shop: ShopSimulation, adapter: WooCommerceAdapter, receiver: Receiver
) -> None:
    adapter.connect(receiver.address)
    pings = [receiver.next(), receiver.next()]
    shop.sender.start()
    ref = listed_order(shop)
    for delivery in (receiver.next(), receiver.next()):
        adapter.verify(delivery)
        (event,) = adapter.parse(delivery)
        assert isinstance(event, OrderEvent)
        assert event.ref == ref
        assert event.order == adapter.fetch(ref)
        assert event.order is not None
        assert event.order.payment.kind is PaymentKind.COD
        assert event.order.stage is Stage.OPEN
        assert (event.order.buyer.family, event.order.buyer.given) == ("渡辺", "太郎")
        assert event.order.buyer.kana == "ﾜﾀﾅﾍﾞ ﾀﾛｳ"
        assert event.order.buyer.phones == ("+81 90-0000-1001",)
    assert all(adapter.is_ping(ping) for ping in pings)


def test_a_hold_and_its_release_happen_exactly_once(shop: ShopSimulation, adapter: WooCommerceAdapter) -> None:
    ref = listed_order(shop)
    undo = adapter.hold(ref, mark())
    assert shop.orders.get(int(ref.order_id)).status == "on-hold"
    assert adapter.hold(ref, mark(attempt=2)) == undo
    released = mark("ShopGuard: 保留を解除しました", "demo:1:release:1")
    adapter.release(ref, undo, released)
    adapter.release(ref, undo, released)
    assert shop.orders.get(int(ref.order_id)).status == "processing"
    done = journal(shop, ref)
    assert [effect for effect in done if effect[0] == "status"] == [
        ("status", "processing", "on-hold"),
        ("status", "on-hold", "processing"),
    ]
    assert [effect[2] for effect in done if effect[0] == "note"] == [TEXT, "ShopGuard: 保留を解除しました"]


def test_a_held_bank_transfer_is_not_paid_by_its_release(shop: ShopSimulation, adapter: WooCommerceAdapter) -> None:
    ref = listed_order(shop, "bacs")
    undo = adapter.hold(ref, mark())
    adapter.release(ref, undo, mark("", "demo:1:release:1"))
    order = shop.orders.get(int(ref.order_id))
    assert (order.status, order.document["date_paid_gmt"]) == ("on-hold", None)
    assert [effect for effect in journal(shop, ref) if effect[0] == "status"] == []
    assert [effect[2] for effect in journal(shop, ref) if effect[0] == "note"] == [TEXT]


def test_a_flag_leaves_the_status_and_is_written_once(shop: ShopSimulation, adapter: WooCommerceAdapter) -> None:
    ref = listed_order(shop)
    adapter.flag(ref, mark(key="demo:1:flag:1"))
    adapter.flag(ref, mark(key="demo:1:flag:1", attempt=2))
    assert shop.orders.get(int(ref.order_id)).status == "processing"
    assert [effect[0] for effect in journal(shop, ref)].count("note") == 1


def test_what_has_left_cannot_be_held(shop: ShopSimulation, adapter: WooCommerceAdapter) -> None:
    ref = listed_order(shop)
    shop.orders.update(int(ref.order_id), {"status": "completed"})
    with pytest.raises(ActionUnsupported):
        adapter.hold(ref, mark())
    assert journal(shop, ref) == []


def test_an_unknown_order_is_gone_for_every_call(adapter: WooCommerceAdapter) -> None:
    ref = OrderRef("demo", "424242")
    for call in (lambda: adapter.fetch(ref), lambda: adapter.hold(ref, mark()), lambda: adapter.flag(ref, mark())):
        with pytest.raises(OrderGone):
            call()


def test_an_order_deleted_before_sending_is_an_alarm(
    shop: ShopSimulation, adapter: WooCommerceAdapter, receiver: Receiver
) -> None:
    adapter.connect(receiver.address)
    ref = listed_order(shop)
    shop.orders.remove(int(ref.order_id))
    shop.sender.send_due()
    delivery = [receiver.next() for _ in range(4)][-1]  # after two pings
    adapter.verify(delivery)
    (event,) = adapter.parse(delivery)
    assert isinstance(event, ShopAlarm)


def test_the_feed_finds_every_order_the_webhooks_lost(shop: ShopSimulation, adapter: WooCommerceAdapter) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    expected = {str(shop.orders.start(Checkout(listed_buyers()[0].billing)).id) for _ in range(105)}
    assert {order.id for order in adapter.orders_since(since)} == expected
    assert list(adapter.orders_since(since + timedelta(hours=1))) == []


def test_every_listed_buyer_is_recognized_in_the_other_spelling(
    shop: ShopSimulation, adapter: WooCommerceAdapter
) -> None:
    found = {}
    for buyer in listed_buyers():
        order = shop.orders.start(Checkout(buyer.billing, kana=buyer.kana))
        read = adapter.fetch(OrderRef("demo", str(order.id)))
        found[buyer.id] = compare(read.buyer, buyer.party).strength
    assert set(found.values()) == {Strength.STRONG}, found


def test_strangers_resemble_nobody_and_a_recycled_number_alone_is_only_possible(
    shop: ShopSimulation, adapter: WooCommerceAdapter
) -> None:
    names = {(buyer.billing["last_name"], buyer.billing["first_name"]) for buyer in listed_buyers()}
    strengths: dict[bool, set[Strength]] = {True: set(), False: set()}
    for checkout in islice(demo_orders(), 28):
        if (checkout.billing["last_name"], checkout.billing["first_name"]) in names:
            continue
        read = adapter.fetch(OrderRef("demo", str(shop.orders.start(checkout).id)))
        for buyer in listed_buyers():
            has_number = RECYCLED_PHONE in read.buyer.phones and RECYCLED_PHONE in buyer.party.phones
            strengths[has_number].add(compare(read.buyer, buyer.party).strength)
    assert strengths == {True: {Strength.POSSIBLE}, False: {Strength.NONE}}
