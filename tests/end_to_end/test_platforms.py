"""Delivery in, hold out, release: every adapter of ours through the whole guard, on SQLite and on PostgreSQL."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from adapters.shopify import ShopifySettings
from adapters.woocommerce import WooCommerceSettings
from shopguard import wire
from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config, DatabaseSettings, Mode, ShopSettings
from shopguard.crypto import Keyring
from shopguard.demo.document import BANK_TRANSFER, Checkout
from shopguard.demo.people import demo_entries, listed_buyers
from shopguard.demo.shop import DemoShopSettings, ShopSimulation, build_shop
from shopguard.model import OrderRef
from shopguard.testing.shopify_stub import ShopifyStub

_SHOP = "main-store"
_LISTED = listed_buyers()[0]


@pytest.fixture
def guard(engine: sa.Engine, tmp_path: Path, keyring: Keyring) -> Iterator[Callable[[str, object], Installation]]:
    """Builds a guard of one shop on the parametrized database, with the demo's list loaded."""
    made: list[Installation] = []

    def build(platform: str, adapter: object) -> Installation:
        shop = ShopSettings(_SHOP, platform, adapter, mode=Mode.HOLD)
        on_postgres = engine.dialect.name == "postgresql"
        url = Secret(engine.url.render_as_string(hide_password=False)) if on_postgres else None
        installation = Installation(Config(database=DatabaseSettings(url), shops={_SHOP: shop}), keyring, tmp_path)
        installation.migrate()
        installation.home.publisher.load(wire.encode(entry) for entry in demo_entries())
        installation.states.introduce([_SHOP], installation.clock())
        made.append(installation)
        return installation

    yield build
    for installation in made:
        installation.close()


def _work(installation: Installation) -> None:
    installation.worker("test").run_until_idle()


class TestWooCommerce:
    """Against the demo's simulated shop, over HTTP in both directions."""

    @pytest.fixture
    def shop(self, tmp_path: Path, serve: Callable[[Flask], int]) -> Iterator[tuple[ShopSimulation, str]]:
        app = build_shop(DemoShopSettings(tmp_path / "shop.db", "ck_demo", "cs_demo"))
        simulation: ShopSimulation = app.extensions["demo_shop"]
        yield simulation, f"http://127.0.0.1:{serve(app)}"
        simulation.stop()

    @pytest.mark.parametrize(("payment", "before"), [("cod", "processing"), (BANK_TRANSFER, "on-hold")])
    def test_held_and_released(
        self,
        shop: tuple[ShopSimulation, str],
        guard: Callable[[str, object], Installation],
        serve: Callable[[Flask], int],
        payment: str,
        before: str,
    ) -> None:
        simulation, address = shop
        secret = Secret("test-secret")
        settings = WooCommerceSettings(
            url=address,
            webhook_secrets=(secret,),
            consumer_key=Secret("ck_demo"),
            consumer_secret=Secret("cs_demo"),
            payment_kinds={"bacs": "pay_later"},  # so that a transfer is screened at all
            assume_https=True,
        )
        installation = guard("woocommerce", settings)
        receiver = serve(installation.receiver_app())
        adapter: Any = installation.shops[_SHOP].adapter
        adapter.connect(f"http://127.0.0.1:{receiver}/webhooks/woocommerce/{_SHOP}")

        order = simulation.orders.start(Checkout(dict(_LISTED.billing), payment_method=payment, kana=_LISTED.kana))
        assert simulation.orders.get(order.id).status == before
        simulation.sender.send_due()
        _work(installation)

        assert simulation.orders.get(order.id).status == "on-hold"
        assert _notes(simulation, order.id) == ["ShopGuard: 要確認（電話・住所・氏名 一致、3件、" + _month() + "）"]
        simulation.sender.send_due()  # the echo of our own write
        _work(installation)
        assert len(_notes(simulation, order.id)) == 1

        installation.reviews.release(OrderRef(_SHOP, str(order.id)), "tester")
        _work(installation)
        after = simulation.orders.get(order.id)
        assert after.status == before
        assert after.document["date_paid_gmt"] is None
        assert not installation.reviews.waiting()


class TestShopify:
    """Against the stub that enforces Shopify's rules, with tokens that expire."""

    @pytest.fixture
    def stub(self) -> ShopifyStub:
        return ShopifyStub(access_token=None)

    def test_held_and_released(
        self, stub: ShopifyStub, guard: Callable[[str, object], Installation], serve: Callable[[Flask], int]
    ) -> None:
        with stub.serving() as address:
            settings = ShopifySettings(
                domain=stub.domain,
                client_secrets=(Secret(stub.client_secret),),
                client_id=stub.client_id,
                base_url=address,
            )
            installation = guard("shopify", settings)
            receiver = f"http://127.0.0.1:{serve(installation.receiver_app())}/webhooks/shopify"
            body = _shopify_order()
            stub.add_order({"legacyResourceId": "1001", "createdAt": "2026-11-02T01:15:00Z"})

            assert _deliver(f"{receiver}/{_SHOP}", body, "forged", stub) == 401
            assert _deliver(receiver, body, stub.client_secret, stub) == 200  # the app's one address for all shops
            assert _deliver(f"{receiver}/{_SHOP}", body, stub.client_secret, stub) == 200  # the platform repeats
            _work(installation)

            (parcel,) = _parcels(stub)
            (hold,) = parcel["fulfillmentHolds"]
            assert hold["handle"] == "shopguard"
            assert len(stub.calls_of("fulfillmentOrderHold")) == 1
            assert stub.tokens_issued == 1

            installation.reviews.release(OrderRef(_SHOP, "1001"), "tester")
            _work(installation)
            assert _parcels(stub)[0]["fulfillmentHolds"] == []


def _parcels(stub: ShopifyStub) -> list[dict[str, Any]]:
    (order,) = stub.orders.values()
    parcels: list[dict[str, Any]] = order["fulfillmentOrders"]["nodes"]
    return parcels


def _shopify_order() -> bytes:
    billing = _LISTED.billing
    address = {
        "first_name": billing["first_name"],
        "last_name": billing["last_name"],
        "address1": billing["address_1"],
        "address2": billing.get("address_2"),
        "city": billing["city"],
        "province_code": billing["state"].replace("JP", "JP-"),
        "zip": billing["postcode"],
        "country_code": "JP",
        "phone": billing["phone"],
    }
    order = {
        "id": 1001,
        "name": "#1001",
        "created_at": "2026-11-02T10:15:00+09:00",
        "updated_at": "2026-11-02T10:15:00+09:00",
        "currency": "JPY",
        "total_price": "12800",
        "financial_status": "pending",
        "payment_gateway_names": ["代金引換"],
        "email": "someone.else@example.com",
        "billing_address": address,
        "shipping_address": address,
    }
    return json.dumps(order).encode()


def _deliver(address: str, body: bytes, secret: str, stub: ShopifyStub) -> int:
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": stub.domain,
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Hmac-Sha256": signature,
    }
    return requests.post(address, data=body, headers=headers, timeout=10).status_code


def _notes(simulation: ShopSimulation, order_id: int) -> list[str]:
    return [note.text for note in simulation.store.notes(order_id) if note.text.startswith("ShopGuard: 要確認")]


def _month() -> str:
    last = next(iter(demo_entries())).last_on
    return f"直近{last.year}年{last.month}月"
