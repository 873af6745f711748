"""The receiver over real HTTP: every status of the contract, and never a 500 or a lost order whatever is sent."""

import base64
import contextlib
import hmac
import http.client
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from adapters.shopify import ShopifySettings
from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.adapter import Secret, WebhookRequest
from shopguard.bootstrap import Installation
from shopguard.cli.serve import receiver_installation
from shopguard.config import Config, ServerSettings, ShopSettings
from shopguard.crypto import Keyring
from shopguard.errors import StoreUnavailable
from shopguard.guard.claims import Claimant
from shopguard.registry.protocol import Registry
from shopguard.testing.registry import FakeRegistry

LIMIT = 20_000
NEW, OLD, SHOPIFY_ONE, SHOPIFY_TWO = b"new-secret", b"old-secret", b"first-secret", b"second-secret"
ORDER = json.dumps({"id": 1001, "number": "1001", "status": "processing", "billing": {"first_name": "花子"}}).encode()
WOO = "/webhooks/woocommerce/main-store"


def woocommerce(name: str) -> ShopSettings:
    adapter = WooCommerceSettings(
        "https://shop.example.com", (Secret(NEW.decode()), Secret(OLD.decode())), Secret("ck"), Secret("cs")
    )
    return ShopSettings(name, "woocommerce", adapter)


def shopify(name: str, secret: bytes) -> ShopSettings:
    adapter = ShopifySettings(f"{name}.myshopify.com", (Secret(secret.decode()),), access_token=Secret("t"))
    return ShopSettings(name, "shopify", adapter)


SHOPS = (woocommerce("main-store"), shopify("one", SHOPIFY_ONE), shopify("two", SHOPIFY_TWO))


@dataclass
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]


@dataclass
class Receiver:
    """A running receiver and what it has stored."""

    guard: Installation
    port: int

    def send(
        self, path: str, body: bytes | Iterator[bytes] = b"", headers: Mapping[str, str] = {}, method: str = "POST"
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), dict(response.headers))
        finally:
            connection.close()

    def stored(self) -> list[tuple[str, str]]:
        """Shop and state of every delivery, oldest first."""
        return [(line.shop, line.state) for line in reversed(self.guard.inbox.lines())]

    def content(self) -> WebhookRequest:
        (delivery,) = self.guard.inbox.claim(Claimant("w", 60.0), 4e9, 10)
        content = self.guard.inbox.content(delivery)
        assert isinstance(content, WebhookRequest)
        return content


@pytest.fixture
def receiver(install: Callable[[Config, Registry], Installation], serve: Callable[[Flask], int]) -> Receiver:
    config = Config(server=ServerSettings(body_limit_bytes=LIMIT), shops={shop.name: shop for shop in SHOPS})
    guard = install(config, FakeRegistry())
    return Receiver(guard, serve(guard.receiver_app()))


def signature(body: bytes, secret: bytes = NEW) -> str:
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()


def signed(body: bytes = ORDER, secret: bytes = NEW, **more: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Signature": signature(body, secret),
        "Content-Type": "application/json",
        **named,
    }


def shopify_signed(body: bytes, secret: bytes, domain: str) -> dict[str, str]:
    return {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Webhook-Id": "w-1",
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Hmac-Sha256": signature(body, secret),
        "Content-Type": "application/json",
    }


# --- accepted -------------------------------------------------------------------------------------------------------


def test_a_signed_delivery_is_stored_exactly_as_it_came(receiver: Receiver) -> None:
    answer = receiver.send(f"{WOO}?key=%E3%81%82", ORDER, signed())
    assert (answer.status, answer.text) == (200, "accepted\n")
    assert receiver.stored() == [("main-store", "received")]
    content = receiver.content()
    assert content.body == ORDER
    assert content.headers["x-wc-webhook-topic"] == "order.created"
    assert content.url.endswith("/webhooks/woocommerce/main-store?key=%E3%81%82")


def test_a_repeat_is_answered_200_and_stored_once(receiver: Receiver) -> None:
    texts = [receiver.send(WOO, ORDER, signed()).text for _ in range(3)]
    assert texts == ["accepted\n", "repeat\n", "repeat\n"]
    assert receiver.stored() == [("main-store", "received")]


def test_repeats_at_the_same_moment_are_stored_once(receiver: Receiver) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: receiver.send(WOO, ORDER, signed()), range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert sorted(answer.text for answer in answers) == ["accepted\n"] + ["repeat\n"] * 7
    assert receiver.stored() == [("main-store", "received")]


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_both_secrets_are_valid_during_a_rotation(receiver: Receiver, secret: bytes) -> None:
    assert receiver.send(WOO, ORDER, signed(secret=secret)).status == 200


def test_a_ping_is_answered_and_nothing_is_stored(receiver: Receiver) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert receiver.send(WOO, b"webhook_id=12", headers).status == 200
    assert receiver.stored() == []


def test_what_only_resembles_a_ping_must_be_signed(receiver: Receiver) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert receiver.send(WOO, b"webhook_id=12&order=1", headers).status == 401
    assert receiver.send(WOO, b"webhook_id=12").status == 401
    assert receiver.stored() == []


def test_one_address_of_an_app_finds_the_shop(receiver: Receiver) -> None:
    for name, secret in (("one", SHOPIFY_ONE), ("two", SHOPIFY_TWO)):
        answer = receiver.send(
            "/webhooks/shopify", b'{"id":1}', shopify_signed(b'{"id":1}', secret, f"{name}.myshopify.com")
        )
        assert answer.status == 200
    assert receiver.stored() == [("one", "received"), ("two", "received")]


def test_a_body_in_chunks_is_taken_in_like_any_other(receiver: Receiver) -> None:
    answer = receiver.send(WOO, iter([ORDER[:7], ORDER[7:]]), signed())
    assert answer.status == 200
    assert receiver.content().body == ORDER


def test_json_that_nobody_can_map_is_the_workers_business(receiver: Receiver) -> None:
    body = b'{"order": null}'
    assert receiver.send(WOO, body, signed(body)).status == 200
    assert receiver.stored() == [("main-store", "received")]


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/woocommerce/other-store",
        "/webhooks/shopify/main-store",
        "/webhooks/unknown/main-store",
        "/webhooks/unknown",
        "/webhooks/woocommerce/main-store/",
        "/webhooks//woocommerce/main-store",
        "/webhooks/woocommerce//main-store",
        "/webhooks/woocommerce/../woocommerce/main-store",
        "/webhooks/woocommerce/%00",
        "/webhooks/woocommerce/%FF%FE",
        "/webhooks/woocommerce/%E3%81%82",
        "/webhooks/woocommerce/" + "x" * 5000,
        "/webhooks/",
        "/webhooks",
        "/",
    ],
    ids=lambda path: path[:40],
)
def test_an_address_that_leads_to_no_shop_is_404(receiver: Receiver, path: str) -> None:
    assert receiver.send(path, ORDER, signed()).status == 404
    assert receiver.stored() == []


@pytest.mark.parametrize("secret", [SHOPIFY_ONE, b"nobody's secret"])
def test_a_shop_that_is_not_of_the_app_proves_nothing(receiver: Receiver, secret: bytes) -> None:
    headers = shopify_signed(b'{"id":1}', secret, "three.myshopify.com")
    assert receiver.send("/webhooks/shopify", b'{"id":1}', headers).status == 401
    assert receiver.stored() == []


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_delivery_to_an_app_that_names_no_shop_proves_nothing(receiver: Receiver, platform: str) -> None:
    assert receiver.send(f"/webhooks/{platform}", ORDER, signed()).status == 401
    assert receiver.stored() == []


def test_one_shop_cannot_sign_for_another_of_its_app(receiver: Receiver) -> None:
    headers = shopify_signed(b'{"id":1}', SHOPIFY_ONE, "two.myshopify.com")
    assert receiver.send("/webhooks/shopify", b'{"id":1}', headers).status == 401
    assert receiver.stored() == []


GOOD = signature(ORDER)
SIGNATURES = {
    "missing": None,
    "empty": "",
    "blank": "   ",
    "another secret": signature(ORDER, b"third-secret"),
    "another body": signature(ORDER + b" "),
    "hexadecimal": hmac.digest(NEW, ORDER, "sha256").hex(),
    "cut": GOOD[:-4],
    "longer": GOOD + "AAAA",
    "overlong": "A" * 8000,
    "not base64": "!" * 44,
    "bad padding": GOOD.rstrip("="),
    "not ASCII": "\xe9" * 44,
    "a list": f"{GOOD}, {GOOD}",
    "prefixed": f"sha256={GOOD}",
    "empty key": base64.b64encode(hmac.digest(b"\0", ORDER, "sha256")).decode(),
}


@pytest.mark.parametrize("given", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_malformed_signature_is_401_and_nothing_is_stored(receiver: Receiver, given: str | None) -> None:
    headers = signed()
    del headers["X-WC-Webhook-Signature"]
    if given is not None:
        headers["X-WC-Webhook-Signature"] = given
    assert receiver.send(WOO, ORDER, headers).status == 401
    assert receiver.stored() == []


def test_the_answer_to_a_forgery_tells_nothing_of_the_right_signature(receiver: Receiver) -> None:
    answer = receiver.send(WOO, ORDER, {**signed(), "X-WC-Webhook-Signature": signature(ORDER, b"x")})
    assert GOOD not in answer.text
    assert NEW.decode() not in answer.text


DEEP = b"[" * 100_000
UNREADABLE = {
    "cut off": ORDER[:-1],
    "empty": b"",
    "not JSON": b"hello",
    "too deep": DEEP,
    "not UTF-8": '{"name": "花子"}'.encode("shift_jis"),
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "half a surrogate": b'{"name": "\\ud800"}',
    "not a number": b'{"id": NaN}',
    "two documents": b"{}{}",
    "with a mark": b"\xef\xbb\xbf{}",
    "compressed": b"\x1f\x8b\x08\x00garbage",
    "NUL": b"\x00",
}


@pytest.mark.parametrize("body", [body[: LIMIT - 1] for body in UNREADABLE.values()], ids=UNREADABLE.keys())
def test_a_signed_body_that_is_not_json_is_400_and_kept_dead(receiver: Receiver, body: bytes) -> None:
    answer = receiver.send(WOO, body, signed(body))
    assert answer.status == 400
    (line,) = receiver.guard.inbox.lines()
    assert line.state == "dead"
    assert line.last_error
    assert "JSON" in line.last_error
    assert receiver.send(WOO, body, signed(body)).status == 400
    assert len(receiver.stored()) == 1


def test_a_dead_delivery_can_be_replayed_with_its_bytes(receiver: Receiver) -> None:
    receiver.send(WOO, b"hello", signed(b"hello"))
    (line,) = receiver.guard.inbox.lines()
    receiver.guard.inbox.replay([line.id], 0.0)
    assert receiver.content().body == b"hello"


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_above_the_limit_is_413(receiver: Receiver, in_chunks: bool) -> None:
    body = b" " * (LIMIT + 1)
    answer = receiver.send(WOO, iter([body]) if in_chunks else body, signed(body))
    assert answer.status == 413
    assert str(LIMIT) in answer.text
    assert receiver.stored() == []


def test_a_body_of_exactly_the_limit_is_taken_in(receiver: Receiver) -> None:
    body = ORDER + b" " * (LIMIT - len(ORDER))
    assert receiver.send(WOO, body, signed(body)).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_another_method_stores_nothing_and_is_no_fault_of_ours(receiver: Receiver, method: str) -> None:
    assert receiver.send(WOO, ORDER, signed(), method).status < 500
    assert receiver.stored() == []


# --- odd but signed -------------------------------------------------------------------------------------------------

ODD_HEADERS = {
    "no topic": {"X-WC-Webhook-Topic": ""},
    "long topic": {"X-WC-Webhook-Topic": "t" * 5000},
    "topic of bytes": {"X-WC-Webhook-Topic": "\xff\xfe\x80"},
    "long key": {"X-WC-Webhook-Delivery-ID": "d" * 5000},
    "unknown type": {"Content-Type": "application/cbor; charset=\xff"},
    "no type": {"Content-Type": ""},
    "type of bytes": {"Content-Type": "\xe3\x81\x82"},
    "odd language": {"Accept-Language": ";;;q=x"},
    "bytes in host": {"Host": "\xe3\x81\x82:99999"},
    "cookies": {"Cookie": "\xff=;;==;a"},
    "forwarded": {"X-Forwarded-For": "\xff, ,,"},
    "range": {"Range": "bytes=-"},
    "date": {"If-Modified-Since": "yesterday"},
}


@pytest.mark.parametrize("odd", ODD_HEADERS.values(), ids=ODD_HEADERS.keys())
def test_odd_headers_cost_no_order(receiver: Receiver, odd: Mapping[str, str]) -> None:
    answer = receiver.send(WOO, ORDER, {**signed(), **odd})
    assert answer.status == 200
    assert receiver.content().body == ORDER


def test_a_host_that_cannot_be_is_refused_without_a_fault(receiver: Receiver) -> None:
    assert receiver.send(WOO, ORDER, {**signed(), "Host": "a" * 300}).status in (200, 400)


@pytest.mark.parametrize("query", ["a=%FF%00", "%", "a=b=c&&&", "x" * 3000, "%ED%A0%80"], ids=lambda q: q[:12])
def test_odd_queries_cost_no_order(receiver: Receiver, query: str) -> None:
    assert receiver.send(f"{WOO}?{query}", ORDER, signed()).status == 200
    assert receiver.content().body == ORDER


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999"])
def test_a_length_that_cannot_be_is_refused_without_a_fault(receiver: Receiver, length: str) -> None:
    answer = receiver.send(WOO, b"", {**signed(), "Content-Length": length})
    assert 400 <= answer.status < 500
    assert receiver.stored() == []


# --- the store cannot -----------------------------------------------------------------------------------------------


def test_a_locked_store_is_503_and_the_next_try_is_stored(receiver: Receiver) -> None:
    locked = sqlite3.connect(receiver.guard.data_dir / "guard.db", isolation_level=None)
    event.listen(receiver.guard.engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=50"))
    receiver.guard.engine.dispose()
    locked.execute("BEGIN IMMEDIATE")
    answer = receiver.send(WOO, ORDER, signed())
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    locked.execute("ROLLBACK")
    locked.close()
    assert receiver.stored() == []
    assert receiver.send(WOO, ORDER, signed()).text == "accepted\n"
    assert receiver.stored() == [("main-store", "received")]


def test_a_full_store_is_503_for_readable_and_unreadable_alike(receiver: Receiver) -> None:
    event.listen(receiver.guard.engine, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count=1"))
    receiver.guard.engine.dispose()
    large = b'{"id": 1, "note": "' + b"x" * 15_000 + b'"}'
    statuses = set()
    for number in range(40):
        body = large.replace(b'"id": 1', b'"id": %d' % number)
        statuses.add(receiver.send(WOO, body, signed(body)).status)
    assert statuses == {200, 503} or statuses == {503}
    assert receiver.send(WOO, large[:-1], signed(large[:-1])).status == 503
    accepted = receiver.stored()
    assert set(accepted) <= {("main-store", "received")}


def test_a_forgery_is_still_401_while_the_store_is_away(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(receiver.guard.inbox, "accept", away)
    assert receiver.send(WOO, ORDER, signed(secret=b"x")).status == 401
    assert receiver.send(WOO, ORDER, signed()).status == 503


def test_a_fault_of_ours_asks_the_platform_to_send_again(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("花子")

    monkeypatch.setattr(receiver.guard.inbox, "accept", broken)
    answer = receiver.send(WOO, ORDER, signed())
    assert answer.status == 503
    assert "花子" not in answer.text


def test_many_senders_at_once_lose_nothing(receiver: Receiver) -> None:
    bodies = [json.dumps({"id": number}).encode() for number in range(100)]
    start = threading.Barrier(10)

    def send_ten(first: int) -> list[int]:
        start.wait(10)
        return [receiver.send(WOO, body, signed(body)).status for body in bodies[first : first + 10]]

    with ThreadPoolExecutor(10) as pool:
        statuses = [status for ten in pool.map(send_ten, range(0, 100, 10)) for status in ten]
    assert statuses == [200] * 100
    assert receiver.guard.inbox.counts() == {"received": 100}


# --- what only the worker can tell ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000], ids=lambda number: number[:6])
@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_a_number_that_nothing_can_hold_ends_as_a_dead_letter(receiver: Receiver, platform: str, number: str) -> None:
    """The receiver only reads over the JSON; the worker neither stops at it nor tries it again and again."""
    body = f'{{"id": 1001, "status": "processing", "total": {number}}}'.encode()
    headers = signed(body) if platform == "woocommerce" else shopify_signed(body, SHOPIFY_ONE, "one.myshopify.com")
    shop = "main-store" if platform == "woocommerce" else "one"
    assert receiver.send(f"/webhooks/{platform}/{shop}", body, headers).status == 200
    receiver.send(WOO, ORDER, signed())
    for name in receiver.guard.shops:
        receiver.guard.states.update(name, feed_due_at=4e9)  # there is no shop to poll
    receiver.guard.worker("w").run_until_idle()
    assert receiver.stored() == [(shop, "dead"), ("main-store", "done")]
    assert "not readable JSON" in (receiver.guard.inbox.lines(state="dead")[0].last_error or "")


# --- a locked database ----------------------------------------------------------------------------------------------


def test_the_receiver_gives_a_locked_database_up_well_before_platforms_give_us_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shopify waits 5 s; a request may wait for the time-out of those before it and then for its own."""
    Keyring.create(tmp_path / "keys.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPGUARD_SERVE_CONFIG", "")
    monkeypatch.setenv("SHOPGUARD_SERVE_DATA_DIR", str(tmp_path))
    with contextlib.closing(receiver_installation()) as guard:
        for engine in (guard.engine, guard.home.engine("index")):
            with engine.connect() as connection:
                busy_timeout_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
            assert 100 <= 2 * busy_timeout_ms <= 3000
