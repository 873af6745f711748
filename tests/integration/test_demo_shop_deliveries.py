"""The simulated shop sends webhooks as WooCommerce does, and loses them alike."""

import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from shopguard.demo.deliveries import WebhookSender
from shopguard.demo.document import Checkout
from shopguard.demo.shop import DemoShopSettings, ShopSimulation
from shopguard.demo.store import Webhook

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CHECKOUT = Checkout({"last_name": "見本", "first_name": "花子"})
NOW = "2026-11-02T01:15:00"


class Receiver:
    """An HTTP server that keeps what it gets and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def orders(self) -> list[tuple[str, dict[str, object]]]:
        return [(h["X-Wc-Webhook-Topic"], json.loads(b)) for h, b in self.got if "X-Wc-Webhook-Topic" in h]

    @property
    def pings(self) -> list[bytes]:
        return [body for headers, body in self.got if "X-Wc-Webhook-Topic" not in headers]

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        self.got.append((dict(request.headers), request.get_data()))
        return Response(status=self.status)(environ, start_response)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopSimulation]:
    shop = ShopSimulation(DemoShopSettings(tmp_path / "shop.sqlite", "ck", "cs"))
    yield shop
    shop.stop()


def subscribe(shop: ShopSimulation, receiver: Receiver, topic: str = "order.created", secret: str = "s") -> Webhook:
    webhook = shop.store.add_webhook("test", topic, receiver.address, secret, NOW)
    shop.sender.ping(webhook)
    return webhook


def test_the_ping_is_a_form_without_any_header_of_woocommerce(shop: ShopSimulation, receiver: Receiver) -> None:
    webhook = subscribe(shop, receiver)
    headers, body = receiver.got[0]
    assert body == b"webhook_id=%d" % webhook.id
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in headers if name.lower().startswith("x-wc")]


def test_a_delivery_is_signed_over_its_raw_bytes(shop: ShopSimulation, receiver: Receiver) -> None:
    webhook = subscribe(shop, receiver, secret="a&amp;b-あ")
    order = shop.orders.start(CHECKOUT)
    assert shop.sender.send_due() == 1
    headers, body = receiver.got[-1]
    # entity-decoded, as the original does
    assert headers["X-Wc-Webhook-Signature"] == b64encode(hmac.digest("a&b-あ".encode(), body, "sha256")).decode()
    assert (headers["X-Wc-Webhook-Topic"], headers["X-Wc-Webhook-Id"]) == ("order.created", str(webhook.id))
    assert (headers["X-Wc-Webhook-Resource"], headers["X-Wc-Webhook-Event"]) == ("order", "created")
    assert headers["X-Wc-Webhook-Source"] == "http://127.0.0.1:8085/"
    assert headers["User-Agent"].startswith("WooCommerce/")
    assert body.isascii()
    assert json.loads(body)["id"] == order.id


def test_updated_comes_before_created(shop: ShopSimulation, receiver: Receiver) -> None:
    for topic in ("order.created", "order.updated"):
        subscribe(shop, receiver, topic)
    shop.orders.start(CHECKOUT)
    shop.sender.send_due()
    assert [topic for topic, _ in receiver.orders] == ["order.updated", "order.created"]


def test_a_draft_fires_updated_only_until_it_is_placed(shop: ShopSimulation, receiver: Receiver) -> None:
    for topic in ("order.created", "order.updated"):
        subscribe(shop, receiver, topic)
    draft = shop.orders.start(Checkout(CHECKOUT.billing, draft=True))
    shop.sender.send_due()
    assert [(t, o["status"]) for t, o in receiver.orders] == [("order.updated", "checkout-draft")]
    shop.orders.place(draft.id)
    shop.sender.send_due()
    assert [(t, o["status"]) for t, o in receiver.orders[1:]] == [
        ("order.updated", "processing"),
        ("order.created", "processing"),
    ]


def test_the_body_is_built_when_it_is_sent_and_changes_are_merged(shop: ShopSimulation, receiver: Receiver) -> None:
    for topic in ("order.created", "order.updated"):
        subscribe(shop, receiver, topic)
    order = shop.orders.start(CHECKOUT)
    shop.orders.update(order.id, {"status": "cancelled"})
    assert shop.sender.send_due() == 2
    assert [(t, o["status"]) for t, o in receiver.orders] == [
        ("order.updated", "cancelled"),
        ("order.created", "cancelled"),
    ]


def test_a_note_fires_nothing(shop: ShopSimulation, receiver: Receiver) -> None:
    order = shop.orders.start(CHECKOUT)
    subscribe(shop, receiver, "order.updated")
    shop.orders.add_note(order.id, "x")
    assert shop.sender.send_due() == 0


def test_an_order_deleted_before_sending_becomes_a_signed_error_body(
    shop: ShopSimulation, receiver: Receiver
) -> None:
    subscribe(shop, receiver)
    order = shop.orders.start(CHECKOUT)
    shop.orders.remove(order.id)
    shop.sender.send_due()
    headers, body = receiver.got[-1]
    expected = b'{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}'
    assert body == expected
    assert headers["X-Wc-Webhook-Signature"] == b64encode(hmac.digest(b"s", expected, "sha256")).decode()


def test_the_delivery_id_is_shared_by_orders_of_one_second(shop: ShopSimulation, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    for _ in range(2):
        shop.orders.start(CHECKOUT)
    WebhookSender(shop.store, "http://127.0.0.1:8085", shop.weather, clock=lambda: 4_000_000_000.5).send_due()
    assert len({headers["X-Wc-Webhook-Delivery-Id"] for headers, _ in receiver.got[1:]}) == 1
    assert len(receiver.orders) == 2


def test_a_failed_delivery_is_never_sent_again(shop: ShopSimulation, receiver: Receiver) -> None:
    webhook = subscribe(shop, receiver)
    shop.orders.start(CHECKOUT)
    receiver.status = 503
    shop.sender.send_due()
    receiver.status = 200
    assert shop.sender.send_due() == 0
    assert len(receiver.orders) == 1
    assert failures(shop, webhook) == ("active", 1)


def test_the_seventh_failure_in_a_row_disables_the_webhook(shop: ShopSimulation, receiver: Receiver) -> None:
    webhook = subscribe(shop, receiver)
    receiver.status = 500
    deliver(shop, 6)
    assert failures(shop, webhook) == ("active", 6)
    deliver(shop, 1)
    assert failures(shop, webhook)[0] == "disabled"
    deliver(shop, 1)
    assert len(receiver.orders) == 7


@pytest.mark.parametrize("status", [204, 301, 302])
def test_a_success_starts_the_count_of_failures_anew(shop: ShopSimulation, receiver: Receiver, status: int) -> None:
    webhook = subscribe(shop, receiver)
    receiver.status = 500
    deliver(shop, 6)
    receiver.status = status
    deliver(shop, 1)
    assert failures(shop, webhook) == ("active", 0)


def test_an_unanswered_ping_follows_every_delivery(shop: ShopSimulation, receiver: Receiver) -> None:
    receiver.status = 204
    subscribe(shop, receiver)
    deliver(shop, 2)
    assert len(receiver.pings) == 3
    receiver.status = 200
    deliver(shop, 2)
    assert len(receiver.pings) == 4


def test_deliveries_can_be_lost_or_doubled(shop: ShopSimulation, receiver: Receiver) -> None:
    webhook = subscribe(shop, receiver)
    shop.weather.loss = 1.0
    deliver(shop, 1)
    assert receiver.orders == []
    assert failures(shop, webhook) == ("active", 0)
    shop.weather.loss, shop.weather.duplicate = 0.0, 1.0
    deliver(shop, 1)
    assert len(receiver.orders) == 2
    assert receiver.orders[0] == receiver.orders[1]


def test_nothing_is_sent_while_paused(shop: ShopSimulation, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.weather.paused = True
    deliver(shop, 2)
    assert receiver.orders == []
    shop.weather.paused = False
    assert shop.sender.send_due() == 2


def test_what_waits_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    settings = DemoShopSettings(tmp_path / "shop.sqlite", "ck", "cs")
    before = ShopSimulation(settings)
    subscribe(before, receiver)
    order = before.orders.start(CHECKOUT)
    before.stop()
    after = ShopSimulation(settings)
    assert after.sender.send_due() == 1
    assert receiver.orders[0][1]["id"] == order.id
    after.stop()


def test_the_background_sender_delivers_by_itself(shop: ShopSimulation, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    shop.sender.start()
    order = shop.orders.start(CHECKOUT)
    arrived = threading.Event()
    for _ in range(500):
        if receiver.orders:
            break
        arrived.wait(0.02)
    assert [o["id"] for _, o in receiver.orders] == [order.id]


def deliver(shop: ShopSimulation, times: int) -> None:
    for _ in range(times):
        shop.orders.start(CHECKOUT)
        shop.sender.send_due()


def failures(shop: ShopSimulation, webhook: Webhook) -> tuple[str, int]:
    found = shop.store.webhook(webhook.id)
    assert found is not None
    return found.status, found.failure_count
