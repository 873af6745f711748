"""What is read from Shopify's orders: the same from both shapes, Japanese names and labels included."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import adapters.shopify
from adapters.shopify import ShopifyAdapter, ShopifySettings
from adapters.shopify.kana import is_kana, reused_as_kana
from adapters.shopify.payments import PaymentRules
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.errors import OrderGone, PayloadInvalid, SignatureInvalid
from shopguard.model import Order, OrderEvent, OrderRef, PaymentKind
from shopguard.testing.fakes import FixedClock
from shopguard.testing.fixtures import Fixture, load_fixtures
from shopguard.testing.shopify_stub import ShopifyStub

_FIXTURES = {f.name: f for f in load_fixtures(Path(adapters.shopify.__file__).parent / "fixtures")}
_ORDERS = [
    name
    for name, fixture in _FIXTURES.items()
    if name.startswith("orders_") and fixture.expected and fixture.expected[0]["order"] and "test_noti" not in name
]


@pytest.fixture
def stub() -> ShopifyStub:
    return ShopifyStub()


@pytest.fixture
def adapter(stub: ShopifyStub) -> Iterator[ShopifyAdapter]:
    with stub.serving() as address:
        yield _adapter(base_url=address)


def _adapter(**more: Any) -> ShopifyAdapter:
    known = {"client_secrets": (Secret("test-secret"),), "access_token": Secret("test-token")}
    settings = ShopifySettings("demo.myshopify.com", **{**known, **more})
    return ShopifyAdapter(settings, AdapterContext("main-store", FixedClock()))


def _read(request: WebhookRequest, **settings: Any) -> Order:
    (event,) = _adapter(**settings).parse(request)
    assert isinstance(event, OrderEvent) and event.order is not None
    return event.order


def _request(body: object, topic: str = "orders/create", **headers: str) -> WebhookRequest:
    named = {f"x-shopify-{name.replace('_', '-')}": value for name, value in headers.items()}
    sent = {"x-shopify-topic": topic, **named}
    return WebhookRequest(
        "https://guard.example.com/", sent, json.dumps(body).encode(), datetime(2026, 11, 2, tzinfo=UTC)
    )


def _as_graphql(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return the webhook's ``order`` as GraphQL tells the same sale."""
    customer = order.get("customer")
    amount = {name: order.get(name) and {"shopMoney": {"amount": f"{float(order[name]):.1f}"}} for name in _TOTALS}
    return {
        "legacyResourceId": str(order["id"]),
        "name": order.get("name"),
        "createdAt": _in_utc(order.get("created_at")),
        "updatedAt": _in_utc(order.get("updated_at") or order.get("created_at")),
        "cancelledAt": order.get("cancelled_at"),
        "currencyCode": order.get("currency"),
        "test": order.get("test", False),
        "note": order.get("note"),
        "email": order.get("email"),
        "phone": order.get("phone"),
        "clientIp": order.get("browser_ip"),
        "displayFinancialStatus": (order.get("financial_status") or "").upper(),
        "displayFulfillmentStatus": _FULFILLMENT[order.get("fulfillment_status")],
        "paymentGatewayNames": order.get("payment_gateway_names") or [],
        "paymentTerms": {"id": "gid://shopify/PaymentTerms/1"} if order.get("payment_terms") else None,
        "currentTotalPriceSet": amount["current_total_price"],
        "totalPriceSet": amount["total_price"],
        "customAttributes": [{"key": a["name"], "value": a["value"]} for a in order.get("note_attributes") or ()],
        "customer": customer
        and {
            "firstName": customer["first_name"],
            "lastName": customer["last_name"],
            "defaultEmailAddress": {"emailAddress": customer["email"]},
            "defaultPhoneNumber": customer["phone"] and {"phoneNumber": customer["phone"]},
        },
        "billingAddress": _as_mailing_address(order.get("billing_address")),
        "shippingAddress": _as_mailing_address(order.get("shipping_address")),
    }


_TOTALS = ("current_total_price", "total_price")
_FULFILLMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}
_ADDRESS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "name": "name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "province": "province",
    "provinceCode": "province_code",
    "zip": "zip",
    "countryCodeV2": "country_code",
    "phone": "phone",
}


def _in_utc(moment: str | None) -> str | None:
    return moment and datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _as_mailing_address(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if address is None else {theirs: address.get(ours) for theirs, ours in _ADDRESS.items()}


@pytest.mark.parametrize("name", _ORDERS)
def test_webhook_and_graphql_give_equal_orders(name: str, stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    fixture: Fixture = _FIXTURES[name]
    stub.add_order(_as_graphql(json.loads(fixture.request.body)))
    pushed = _read(fixture.request)
    fetched = adapter.fetch(pushed.ref)
    assert fetched == pushed
    assert str(fetched.total) == str(pushed.total), "equal amounts must also be written alike"


def test_unknown_order_is_gone(adapter: ShopifyAdapter) -> None:
    with pytest.raises(OrderGone):
        adapter.fetch(OrderRef("main-store", "404"))


def test_feed_gives_changes_since_the_moment_oldest_first_over_pages(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    first = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    for minute in reversed(range(60)):
        body = {"id": 1000 + minute, "created_at": "2026-11-01T00:00:00+00:00"}
        changed = {"updatedAt": f"{first + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"}
        stub.add_order({**_as_graphql(body), **changed}, parcels=0)
    since = datetime(2026, 11, 2, 10, 5, tzinfo=timezone(timedelta(hours=9)))  # 01:05 in UTC
    assert [order.id for order in adapter.orders_since(since)] == [str(1000 + minute) for minute in range(5, 60)]
    assert len(stub.calls_of("orders")) == 3


def test_order_that_cannot_be_read_stops_neither_the_feed_nor_the_newest_orders(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    for number, minute in (("7/8", 1), ("9", 2)):
        body = {"id": number, "created_at": f"2026-11-02T01:0{minute}:00Z"}
        stub.add_order(_as_graphql(body), parcels=0)
    bad, good = adapter.orders_since(datetime(2026, 11, 1, tzinfo=UTC))
    assert isinstance(bad, PayloadInvalid)
    assert isinstance(good, Order)
    assert good.id == "9"
    assert [order.id for order in adapter._feed.latest()] == ["9"]


def test_feed_asks_for_the_next_page_only_when_it_is_taken(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    for number in range(30):
        stub.add_order(_as_graphql({"id": number, "created_at": "2026-11-02T01:00:00+00:00"}), parcels=0)
    next(adapter.orders_since(datetime(2026, 11, 1, tzinfo=UTC)))
    assert len(stub.calls_of("orders")) == 1


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["代引"], "cod"),
        (["ＣＯＤ"], "cod"),
        (["Cash On Delivery"], "cod"),
        (["QR code"], "other"),
        (["Bank Deposit"], "bank_transfer"),
        (["コンビニ決済"], "prepaid"),
        (["コンビニ後払い"], "pay_later"),
        (["後払い"], "pay_later"),
        (["ＮＰ後払い"], "pay_later_provider"),
        (["あと払い（ペイディ）"], "pay_later_provider"),
        (["クロネコ代金後払い"], "pay_later_provider"),
        (["GMO後払い"], "pay_later_provider"),
        (["後払い.com"], "pay_later_provider"),
        (["atone"], "pay_later_provider"),
        (["Paidy"], "pay_later_provider"),
        (["shopify_payments"], "card"),
        (["stripe"], "card"),
        (["amazon_payments"], "wallet"),
        (["paypay"], "wallet"),
        (["PayPal Express Checkout"], "wallet"),
        (["gift_card", "代金引換"], "cod"),
        (["manual"], "other"),
        ([], "other"),
    ],
)
def test_common_labels_have_their_kind(labels: list[str], kind: str) -> None:
    assert PaymentRules({}).payment(labels, has_terms=False).kind == kind


def test_shops_own_label_wins_over_terms_and_common_labels() -> None:
    rules = PaymentRules({"代金引換": PaymentKind.PREPAID})
    assert rules.payment(["代金引換"], has_terms=True).kind is PaymentKind.PREPAID


def test_terms_mean_that_the_shop_waits_for_its_money() -> None:
    assert PaymentRules({}).payment(["銀行振込"], has_terms=True).kind is PaymentKind.PAY_LATER


@pytest.mark.parametrize("value", ["ミホン ハナコ", "みほん　はなこ", "ﾐﾎﾝ･ﾊﾅｺ", "ヴァイオレット・ルー"])
def test_kana_is_seen(value: str) -> None:
    assert is_kana(value)


@pytest.mark.parametrize("value", ["", "・", "見本 ハナコ", "Mihon", "ミホン 1", "ミホン\nハナコ"])
def test_other_text_is_no_kana(value: str) -> None:
    assert not is_kana(value)


def test_one_kana_word_in_the_address_is_a_building() -> None:
    assert reused_as_kana("サンハイツ", None) is None
    assert reused_as_kana("株式会社見本", "ミホン ハナコ") == "ミホン ハナコ"


def test_kana_is_taken_from_the_attributes_the_shop_names() -> None:
    attributes = [{"name": "furigana", "value": "チガウ"}, {"name": "お名前（ﾌﾘｶﾞﾅ）", "value": "ミホン ハナコ"}]
    request = _request({"id": 1, "note_attributes": attributes})
    assert _read(request, kana_attributes=("お名前(フリガナ)",)).buyer.kana == "ミホン ハナコ"


def test_delivery_of_another_shop_of_the_same_app_is_refused() -> None:
    fixture = _FIXTURES["orders_create"].request
    other = WebhookRequest(
        fixture.url,
        {**fixture.headers, "x-shopify-shop-domain": "other.myshopify.com"},
        fixture.body,
        fixture.received_at,
    )
    with pytest.raises(SignatureInvalid):
        _adapter().verify(other)


def test_retry_of_hours_later_is_accepted() -> None:
    fixture = _FIXTURES["orders_create"].request
    late = fixture.received_at + timedelta(hours=4)
    _adapter().verify(WebhookRequest(fixture.url, fixture.headers, fixture.body, late))


def test_same_webhook_id_under_another_topic_is_another_delivery() -> None:
    created, updated = (_request({"id": 1}, topic, webhook_id="a") for topic in ("orders/create", "orders/updated"))
    assert _adapter().delivery_key(created) != _adapter().delivery_key(updated)


def test_delivery_key_names_shop_topic_and_webhook_id() -> None:
    assert _adapter().delivery_key(_request({}, webhook_id="b-1")) == "demo.myshopify.com|orders/create|b-1"


def test_delivery_without_webhook_id_is_known_by_its_body() -> None:
    keys = {_adapter().delivery_key(_request({"id": number})) for number in (1, 1, 2)}
    assert len(keys) == 2


def test_app_wide_address_finds_the_shop_by_its_domain() -> None:
    shops = {
        "first": ShopifySettings("first.myshopify.com", (Secret("a"),)),
        "other-platform": object(),
        "second": ShopifySettings("second.myshopify.com", (Secret("a"),)),
    }
    assert ShopifyAdapter.shop_of(_request({}, shop_domain="Second.myshopify.com"), shops) == "second"
    assert ShopifyAdapter.shop_of(_request({}, shop_domain="third.myshopify.com"), shops) is None
    assert ShopifyAdapter.shop_of(_request({}), shops) is None


def test_privacy_request_of_another_shop_is_not_replayed_here() -> None:
    body = {"shop_domain": "other.myshopify.com", "customer": {"email": "hanako@example.jp"}}
    with pytest.raises(PayloadInvalid):
        _adapter().parse(_request(body, "customers/redact"))
