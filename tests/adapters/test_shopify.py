"""The adapter contract on Shopify's deliveries and against the stub."""

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from adapters.shopify import ShopifyAdapter, ShopifySettings
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.model import OrderRef
from shopguard.testing.contract import AdapterContract
from shopguard.testing.fakes import FixedClock
from shopguard.testing.shopify_stub import ShopifyStub

_OLDER_SECRET = "shpss_test_secret"  # of the vector in orders_create_signed_with_older_secret.json
_ORDER = {"legacyResourceId": "5550001112223", "createdAt": "2026-11-02T01:15:00Z"}


def _adapter(base_url: str | None = None) -> ShopifyAdapter:
    settings = ShopifySettings(
        domain="demo.myshopify.com",
        client_secrets=(Secret("test-secret"), Secret(_OLDER_SECRET)),
        access_token=Secret("test-token"),
        base_url=base_url,
    )
    return ShopifyAdapter(settings, AdapterContext("main-store", FixedClock()))


class _Shop:
    """The stub with one open order of two parcels, one of which another app holds already."""

    ref = OrderRef("main-store", "5550001112223")

    def __init__(self, stub: ShopifyStub, address: str) -> None:
        self._stub, self._address = stub, address
        self._order = stub.add_order(_ORDER, parcels=2)
        stub.add_hold(self._order["fulfillmentOrders"]["nodes"][1], "stock", ours=False)

    @property
    def adapter(self) -> ShopifyAdapter:
        return _adapter(self._address)

    def effects(self) -> Sequence[tuple[str, object]]:
        parcels = self._order["fulfillmentOrders"]["nodes"]
        holds = [("hold", (p["id"], h["id"])) for p in parcels for h in p["fulfillmentHolds"]]
        facts = [("note", f["description"]) for a in self._order["risk"]["assessments"] for f in a["facts"]]
        return [*holds, *facts, *(("tag", tag) for tag in self._order["tags"])]

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        self._stub.failing = (status, retry_after)

    def fail_after(self, calls: int, status: int) -> None:
        self._stub.fail_after(calls, status)


class TestShopify(AdapterContract):
    adapter = _adapter()

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        digest = hmac.digest(b"test-secret", request.body, "sha256")
        prefix = "x-" if "x-shopify-topic" in request.headers else ""
        return {f"{prefix}shopify-hmac-sha256": base64.b64encode(digest).decode()}

    @contextmanager
    def platform(self) -> Iterator[_Shop]:
        stub = ShopifyStub()
        with stub.serving() as address:
            yield _Shop(stub, address)
