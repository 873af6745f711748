"""Setting up, examining and configuring a Shopify shop."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.shopify import ShopifyAdapter, ShopifySettings
from adapters.shopify.connect import TOPICS
from shopguard.adapter import AdapterContext, Canceller, Connector, Feed, Secret
from shopguard.errors import ConfigError, PlatformRefused
from shopguard.model import Finding, PaymentKind
from shopguard.testing.fakes import FixedClock
from shopguard.testing.shopify_stub import ShopifyStub

_ADDRESS = "https://guard.example.com/webhooks/shopify/main-store"
_SECRETS = (Secret("test-secret"),)
_MAILING_ADDRESS = dict.fromkeys(
    ("firstName", "lastName", "name", "company", "address1", "address2", "city", "province", "zip", "countryCodeV2")
)


@pytest.fixture
def stub() -> ShopifyStub:
    return ShopifyStub()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))  # the stub's answers carry the machine's time


@pytest.fixture
def adapter(stub: ShopifyStub, clock: FixedClock) -> Iterator[ShopifyAdapter]:
    with stub.serving() as address:
        settings = ShopifySettings(
            "demo.myshopify.com",
            _SECRETS,
            access_token=Secret("test-token"),
            payment_kinds={"店頭": PaymentKind.OTHER},
            base_url=address,
        )
        yield ShopifyAdapter(settings, AdapterContext("main-store", clock))


def _add_order(stub: ShopifyStub, number: int, label: str, phone: str | None, code: str | None) -> None:
    stub.add_order(
        {
            "legacyResourceId": str(number),
            "name": None,
            "createdAt": f"2026-11-02T01:{number:02}:00Z",
            "currencyCode": "JPY",
            "test": False,
            "note": None,
            "email": None,
            "phone": None,
            "clientIp": None,
            "displayFinancialStatus": "PENDING",
            "displayFulfillmentStatus": "UNFULFILLED",
            "paymentGatewayNames": [label],
            "paymentTerms": None,
            "currentTotalPriceSet": None,
            "totalPriceSet": None,
            "customAttributes": [],
            "customer": None,
            "billingAddress": None,
            "shippingAddress": {**_MAILING_ADDRESS, "lastName": "見本", "phone": phone, "provinceCode": code},
        }
    )


def _examine(adapter: ShopifyAdapter) -> dict[str, Finding]:
    return {finding.check: finding for finding in adapter.doctor(_ADDRESS)}


def test_adapter_is_feed_connector_and_canceller(adapter: ShopifyAdapter) -> None:
    assert isinstance(adapter, Feed) and isinstance(adapter, Connector) and isinstance(adapter, Canceller)


def test_connect_subscribes_every_topic_once(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.connect(_ADDRESS)
    adapter.connect(_ADDRESS)
    assert [(s["topic"], s["uri"]) for s in stub.subscriptions] == [(topic, _ADDRESS) for topic in TOPICS]


def test_connect_repairs_what_shopify_deleted(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.connect(_ADDRESS)
    stub.subscriptions = [s for s in stub.subscriptions if s["topic"] != "ORDERS_CREATE"]
    report = adapter.connect(_ADDRESS)
    assert report.done[:2] == ["ORDERS_CREATE: subscribed", "ORDERS_UPDATED: was subscribed"]
    assert stub.subscriptions[-1]["topic"] == "ORDERS_CREATE"


def test_connect_leaves_subscriptions_to_other_addresses(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    other = {"id": "1", "topic": "ORDERS_CREATE", "uri": "https://other.example.com/"}
    stub.subscriptions.append(other)
    adapter.connect(_ADDRESS)
    assert stub.subscriptions[0] == other
    assert len(stub.subscriptions) == 1 + len(TOPICS)


def test_connect_names_the_three_addresses_without_an_api(adapter: ShopifyAdapter) -> None:
    assert list(adapter.connect(_ADDRESS).to_paste.values()) == [_ADDRESS] * 3


def test_connect_says_why_shopify_refuses_a_subscription(adapter: ShopifyAdapter) -> None:
    with pytest.raises(PlatformRefused, match=r"ORDERS_CREATE .* https"):
        adapter.connect("http://guard.example.com/")


def test_healthy_shop_has_no_fault(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.connect(_ADDRESS)
    _add_order(stub, 1, "代金引換", "090-0000-0000", "JP-13")
    _add_order(stub, 2, "店頭", "090-0000-0000", "JP-27")
    findings = _examine(adapter)
    assert [finding for finding in findings.values() if not finding.ok] == []
    assert list(findings) == [
        "credentials",
        "scopes",
        "webhooks",
        "api version",
        "clock",
        "payment labels",
        "phone",
        "prefecture code",
    ]


def test_doctor_names_missing_scopes(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.scopes -= {"read_payment_terms"}
    finding = _examine(adapter)["scopes"]
    assert (finding.ok, finding.text) == (False, "missing: read_payment_terms")


def test_scope_to_write_includes_reading(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.scopes -= {"read_merchant_managed_fulfillment_orders"}
    assert _examine(adapter)["scopes"].ok


def test_doctor_sees_webhooks_that_go_elsewhere(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.connect(_ADDRESS)
    stub.subscriptions[0]["uri"] = "https://old.example.com/"
    finding = _examine(adapter)["webhooks"]
    assert (finding.ok, finding.text) == (False, "not sent here: ORDERS_CREATE")


def test_doctor_sees_another_api_version(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.answered_version = "2027-01"
    assert not _examine(adapter)["api version"].ok


@pytest.mark.parametrize("seconds", [-70, 70])
def test_doctor_sees_a_wrong_clock(adapter: ShopifyAdapter, clock: FixedClock, seconds: int) -> None:
    clock.pass_by(seconds)
    assert not _examine(adapter)["clock"].ok


def test_doctor_sees_a_token_of_another_shop(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.domain = "other.myshopify.com"
    assert not _examine(adapter)["credentials"].ok


def test_doctor_stops_at_dead_credentials(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.access_token = "another"
    assert [(finding.check, finding.ok) for finding in adapter.doctor(_ADDRESS)] == [("credentials", False)]


def test_doctor_names_labels_it_does_not_know(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    _add_order(stub, 1, "ご相談払い", None, None)
    _add_order(stub, 2, "代金引換", None, None)
    finding = _examine(adapter)["payment labels"]
    assert (finding.ok, finding.text) == (False, "unknown: ご相談払い")


def test_doctor_counts_orders_with_phone_and_prefecture(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    _add_order(stub, 1, "代金引換", "090-0000-0000", "JP-13")
    _add_order(stub, 2, "代金引換", None, "JP-13")
    _add_order(stub, 3, "代金引換", None, None)
    findings = _examine(adapter)
    assert (findings["phone"].ok, findings["phone"].text) == (False, "in 1 of the 3 newest orders")
    assert (findings["prefecture code"].ok, findings["prefecture code"].text) == (True, "in 2 of the 3 newest orders")


def test_doctor_goes_on_when_orders_may_not_be_read(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.scopes -= {"read_orders"}
    assert not _examine(adapter)["recent orders"].ok


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("domain", {"domain": "shop.example.jp"}),
        ("domain", {"domain": "demo.myshopify.com.example.jp"}),
        ("domain", {"domain": "-demo.myshopify.com"}),
        ("domain", {"domain": "Demo.myshopify.com"}),
        ("client_secrets", {"client_secrets": ()}),
        ("client_secrets", {"client_secrets": (Secret(""),)}),
        ("client_secrets", {"client_secrets": (Secret("a"), Secret("b"), Secret("c"))}),
        ("api_version", {"api_version": "latest"}),
        ("access_token", {"access_token": Secret("a"), "client_id": "b"}),
        ("access_token", {"access_token": Secret("a"), "refresh_token": Secret("b"), "client_id": "c"}),
        ("client_id", {"access_token": None, "refresh_token": Secret("a")}),
        ("client_id", {"access_token": None}),
        ("base_url", {"base_url": "https://shopify.example.com"}),
        ("base_url", {"base_url": "http://127.0.0.1.example.com"}),
        ("base_url", {"base_url": "http://[::1"}),
    ],
)
def test_impossible_setting_is_named(key: str, settings: dict[str, Any]) -> None:
    known: dict[str, Any] = {
        "domain": "demo.myshopify.com",
        "client_secrets": _SECRETS,
        "access_token": Secret("test-token"),
    }
    with pytest.raises(ConfigError) as error:
        ShopifyAdapter(ShopifySettings(**{**known, **settings}), AdapterContext("main-store", FixedClock()))
    assert [fault.partition(":")[0] for fault in error.value.faults] == [key]


def test_every_impossible_setting_is_named_in_one_run() -> None:
    settings = ShopifySettings("demo", (), api_version="1")
    with pytest.raises(ConfigError) as error:
        ShopifyAdapter(settings, AdapterContext("main-store", FixedClock()))
    keys = [fault.partition(":")[0] for fault in error.value.faults]
    assert keys == ["domain", "client_secrets", "api_version", "client_id"]


def test_settings_of_another_platform_are_refused() -> None:
    with pytest.raises(ConfigError):
        ShopifyAdapter(object(), AdapterContext("main-store", FixedClock()))
