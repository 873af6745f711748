"""What WooCommerce deliveries say beyond the recorded ones: kana, payment, stages, erasure, pings, odd settings."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import adapters.woocommerce
from adapters.woocommerce import WooCommerceAdapter, WooCommerceSettings
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.errors import ConfigError, PayloadInvalid, SignatureInvalid
from shopguard.model import Order, OrderEvent, Party, PaymentKind, PrivacyKind, PrivacyRequest, ShopAlarm, Stage

NOW = datetime(2026, 11, 21, 16, 47, tzinfo=UTC)
SETTINGS = WooCommerceSettings(
    url="https://shop.example.com",
    webhook_secrets=(Secret("new-secret"), Secret("old-secret")),
    consumer_key=Secret("ck_0000"),
    consumer_secret=Secret("cs_0000"),
)
ORDER = {
    "id": 727,
    "number": "R-0727",
    "status": "processing",
    "currency": "JPY",
    "total": "8800",
    "date_created": "2026-11-02T10:15:00",
    "date_created_gmt": "2026-11-02T01:15:00",
    "payment_method": "cod",
    "payment_method_title": "代金引換",
    "customer_ip_address": "203.0.113.9",
    "customer_user_agent": "Mozilla/5.0",
    "customer_note": "",
    "billing": {
        "first_name": "太郎",
        "last_name": "見本",
        "company": "株式会社見本",
        "address_1": "架空町1-2-3",
        "address_2": "架空荘101",
        "city": "千代田区",
        "state": "JP13",
        "postcode": "100-0000",
        "country": "JP",
        "email": "taro@example.jp",
        "phone": "03-0000-0000",
    },
    "shipping": {
        "first_name": "花子",
        "last_name": "例示",
        "company": "",
        "address_1": "例示町4-5-6",
        "address_2": "",
        "city": "大阪市北区",
        "state": "JP27",
        "postcode": "530-0000",
        "country": "JP",
        "phone": "090-0000-0000",
    },
    "meta_data": [],
}
KANA = [
    {"key": "_billing_yomigana_first_name", "value": "タロウ"},
    {"key": "_billing_yomigana_last_name", "value": "ミホン"},
    {"key": "_shipping_yomigana_first_name", "value": "ﾊﾅｺ"},
    {"key": "_shipping_yomigana_last_name", "value": "ﾚｲｼﾞ"},
]


def built(settings: WooCommerceSettings = SETTINGS) -> WooCommerceAdapter:
    return WooCommerceAdapter(settings, AdapterContext("demo", lambda: NOW))


def delivery(body: object, topic: str = "order.created", **headers: str) -> WebhookRequest:
    sent = {"content-type": "application/json", "x-wc-webhook-topic": topic, **headers}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookRequest("https://guard.example.com/webhooks/woocommerce/demo", sent, raw, NOW)


def order_of(changes: Mapping[str, object], settings: WooCommerceSettings = SETTINGS) -> Order:
    (event,) = built(settings).parse(delivery({**ORDER, **changes}))
    assert isinstance(event, OrderEvent)
    assert event.order is not None
    return event.order


# --- the order ---


def test_buyer_comes_from_billing_and_recipient_from_shipping():
    order = order_of({"meta_data": KANA})
    assert order.buyer == Party(
        family="見本",
        given="太郎",
        kana="ミホン タロウ",
        company="株式会社見本",
        country="JP",
        postal_code="100-0000",
        region="JP13",
        city="千代田区",
        lines=("架空町1-2-3", "架空荘101"),
        phones=("03-0000-0000",),
        emails=("taro@example.jp",),
    )
    assert order.recipients == (
        Party(
            family="例示",
            given="花子",
            kana="ﾚｲｼﾞ ﾊﾅｺ",
            country="JP",
            postal_code="530-0000",
            region="JP27",
            city="大阪市北区",
            lines=("例示町4-5-6",),
            phones=("090-0000-0000",),
        ),
    )


def test_order_keeps_its_number_its_moment_in_utc_and_its_origin():
    order = order_of({})
    assert (order.id, order.number, order.total) == ("727", "R-0727", Decimal("8800"))
    assert order.placed_at == datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
    assert (order.ip, order.user_agent, order.test) == ("203.0.113.9", "Mozilla/5.0", False)


def test_goods_without_an_address_have_no_recipient():
    preset = {"first_name": "", "address_1": "", "state": "JP13", "country": "JP", "phone": ""}
    assert order_of({"shipping": preset}).recipients == ()


def test_empty_objects_written_as_lists_are_empty():
    order = order_of({"billing": [], "shipping": []})
    assert order.parties == {}


@pytest.mark.parametrize("prefix", ["_{}_yomigana_", "_wc_{}/jp4wc/yomigana_"])
def test_kana_is_found_where_classic_and_block_checkout_keep_it(prefix):
    meta = [
        {"key": f"{prefix.format('billing')}last_name", "value": "ミホン"},
        {"key": f"{prefix.format('billing')}first_name", "value": "タロウ"},
    ]
    assert order_of({"meta_data": meta}).buyer.kana == "ミホン タロウ"


def test_kana_keys_of_the_shop_replace_the_known_ones():
    settings = replace(SETTINGS, kana_keys=("{party}_reading",))
    meta = [*KANA, {"key": "billing_reading", "value": "みほんたろう"}]
    assert order_of({"meta_data": meta}, settings).buyer.kana == "みほんたろう"


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("checkout-draft", Stage.DRAFT),
        ("auto-draft", Stage.DRAFT),
        ("pending", Stage.OPEN),
        ("processing", Stage.OPEN),
        ("on-hold", Stage.OPEN),
        ("packing-at-the-plugin", Stage.OPEN),
        ("completed", Stage.SHIPPED),
        ("cancelled", Stage.CLOSED),
        ("refunded", Stage.CLOSED),
        ("failed", Stage.CLOSED),
        ("trash", Stage.CLOSED),
    ],
)
def test_status_tells_the_stage(status, stage):
    assert order_of({"status": status}).stage is stage


def test_shipped_statuses_of_the_shop_count():
    settings = replace(SETTINGS, shipped_statuses=("sent",))
    assert order_of({"status": "sent"}, settings).stage is Stage.SHIPPED
    assert order_of({"status": "completed"}, settings).stage is Stage.OPEN


# --- payment ---


@pytest.mark.parametrize(
    ("slug", "title", "kind"),
    [
        ("cod", "代金引換", PaymentKind.COD),
        ("other_cod_plugin", "代金引換（手数料330円）", PaymentKind.COD),
        ("bacs", "銀行振込", PaymentKind.BANK_TRANSFER),
        ("cheque", "小切手", PaymentKind.BANK_TRANSFER),
        ("paidy", "あと払い（ペイディ）", PaymentKind.PAY_LATER_PROVIDER),
        ("np_wc", "コンビニ後払い", PaymentKind.PAY_LATER_PROVIDER),
        ("custom", "NP後払い", PaymentKind.PAY_LATER_PROVIDER),
        ("custom", "コンビニ後払い", PaymentKind.PAY_LATER),
        ("custom", "請求書払い", PaymentKind.PAY_LATER),
        ("custom", "Pay by Invoice", PaymentKind.PAY_LATER),
        ("custom", "コンビニ決済", PaymentKind.PREPAID),
        ("stripe_konbini", "", PaymentKind.PREPAID),
        ("stripe", "クレジットカード", PaymentKind.CARD),
        ("stripe_applepay", "", PaymentKind.WALLET),
        ("paypay", "PayPay", PaymentKind.WALLET),
        ("amazon_payments_advanced", "Amazon Pay", PaymentKind.WALLET),
        ("barcode_gateway", "独自決済", PaymentKind.OTHER),
        ("", "", PaymentKind.OTHER),
    ],
)
def test_payment_kind_is_known_by_slug_and_title(slug, title, kind):
    payment = order_of({"payment_method": slug, "payment_method_title": title}).payment
    assert (payment.kind, payment.label) == (kind, title or slug)


@pytest.mark.parametrize("own", ["cod", "代金引換", "代金引換　"])
def test_payment_kinds_of_the_shop_win(own):
    settings = replace(SETTINGS, payment_kinds={own: PaymentKind.PREPAID})
    assert order_of({}, settings).payment.kind is PaymentKind.PREPAID


# --- topics, errors, erasure ---


def test_restored_order_is_read():
    assert len(built().parse(delivery(ORDER, "order.restored"))) == 1


@pytest.mark.parametrize("topic", ["order.deleted", "customer.created", "product.updated", "action.wc_x", ""])
def test_other_topics_say_nothing(topic):
    assert built().parse(delivery(ORDER, topic)) == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"id":5}', b'{"id":"../5","status":"processing"}'])
def test_body_that_is_no_order_is_refused(body):
    with pytest.raises(PayloadInvalid):
        built().parse(delivery(body))


def test_unknown_error_body_is_an_alarm_that_quotes_nothing_but_its_code():
    body = {"code": "woocommerce_rest_new_error", "message": "見本太郎", "data": {"status": 500}}
    (alarm,) = built().parse(delivery(body))
    assert isinstance(alarm, ShopAlarm)
    assert (alarm.shop, alarm.code) == ("demo", "woocommerce_rest_new_error")
    assert "見本" not in alarm.text


def test_alarm_for_lost_rights_says_what_to_do():
    (alarm,) = built().parse(delivery({"code": "woocommerce_rest_cannot_view", "message": "", "data": {}}))
    assert isinstance(alarm, ShopAlarm)
    assert "shopguard connect" in alarm.text


def erased(placeholder: str = "[deleted]") -> dict[str, object]:
    written = dict.fromkeys(("first_name", "last_name", "address_1", "address_2", "city", "postcode"), placeholder)
    billing = {**written, "company": "", "state": "", "country": "", "email": "deleted@site.invalid"}
    return {"billing": {**billing, "phone": "00-0000-0000"}, "shipping": {**written, "phone": ""}}


@pytest.mark.parametrize("placeholder", ["[deleted]", "[削除済み]"])
def test_erasure_in_place_is_a_privacy_request_without_people(placeholder):
    (event,) = built().parse(delivery({**ORDER, **erased(placeholder)}, "order.updated"))
    assert event == PrivacyRequest("demo", PrivacyKind.ERASE_PERSON, "erased-order-727", ("727",))


def test_mark_of_the_eraser_is_enough():
    (event,) = built().parse(delivery({**ORDER, "meta_data": [{"key": "_anonymized", "value": "yes"}]}))
    assert isinstance(event, PrivacyRequest)


def test_placeholder_typed_at_the_checkout_is_no_erasure():
    billing = {**ORDER["billing"], "first_name": "[deleted]", "last_name": "[deleted]", "email": "a@site.invalid"}
    assert order_of({"billing": billing}).buyer.family == "[deleted]"


# --- the sender ---


def signed(request: WebhookRequest, secret: str) -> WebhookRequest:
    digest = base64.b64encode(hmac.digest(secret.encode(), request.body, "sha256")).decode()
    return replace(request, headers={**request.headers, "x-wc-webhook-signature": digest})


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_both_secrets_of_a_rotation_are_good(secret):
    built().verify(signed(delivery(ORDER), secret))


def test_consumer_secret_does_not_sign():
    with pytest.raises(SignatureInvalid):
        built().verify(signed(delivery(ORDER), "cs_0000"))


def test_published_signature_fits():
    """Computed with openssl 3 from key and body, 2026-11."""
    settings = replace(SETTINGS, webhook_secrets=(Secret("wc-test-secret"),))
    request = delivery('{"id":1001,"note":"テスト"}'.encode())
    signature = "rwzqYSKRRlQqc0iGvmQX8xD8Kh0MDkFGi3qFNzoB6Eo="
    built(settings).verify(replace(request, headers={"x-wc-webhook-signature": signature}))


def ping(body: bytes = b"webhook_id=3", **headers: str) -> WebhookRequest:
    sent = {"content-type": "application/x-www-form-urlencoded; charset=utf-8", **headers}
    return WebhookRequest("https://guard.example.com/webhooks/woocommerce/demo", sent, body, NOW)


def test_ping_in_its_exact_form_is_one():
    assert built().is_ping(ping())


@pytest.mark.parametrize(
    "request_",
    [
        ping(b"webhook_id=3&id=5"),
        ping(b"webhook_id=3\n"),
        ping(b"webhook_id="),
        ping("webhook_id=３".encode()),
        ping(**{"content-type": "application/json"}),
        ping(**{"x-wc-webhook-topic": "order.created"}),
        ping(**{"x-wc-webhook-signature": ""}),
    ],
)
def test_anything_else_is_no_ping(request_):
    assert not built().is_ping(request_)


# --- which delivery it is ---


def recorded(name: str) -> WebhookRequest:
    path = Path(adapters.woocommerce.__file__).parent / "fixtures" / f"{name}.json"
    sent = json.loads(path.read_text(encoding="utf-8"))["request"]
    return WebhookRequest(sent["url"], sent["headers"], sent["body"].encode(), NOW)


def test_orders_with_one_delivery_id_have_keys_of_their_own():
    first, second = recorded("07-order_created"), recorded("11-order_created")
    assert first.headers["x-wc-webhook-delivery-id"] == second.headers["x-wc-webhook-delivery-id"]
    assert built().delivery_key(first) != built().delivery_key(second)


def test_created_and_updated_with_one_body_are_two_deliveries():
    created, updated = recorded("07-order_created"), recorded("04-order_updated")
    assert created.body == updated.body
    assert built().delivery_key(created) != built().delivery_key(updated)


def test_order_sent_again_under_another_delivery_id_is_a_repeat():
    first = delivery(ORDER, **{"x-wc-webhook-delivery-id": "1"})
    again = delivery(ORDER, **{"x-wc-webhook-delivery-id": "2"})
    assert built().delivery_key(first) == built().delivery_key(again)


def test_equal_error_bodies_may_be_two_lost_orders():
    first, second = recorded("46-slow"), recorded("51-order_created")
    assert first.body == second.body
    assert built().delivery_key(first) != built().delivery_key(second)


# --- settings ---


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"url": "shop.example.com"}, "url"),
        ({"url": "http://shop.example.com"}, "url"),
        ({"url": "https://ck:cs@shop.example.com"}, "url"),
        ({"assume_https": True}, "assume_https"),
        ({"webhook_secrets": ()}, "webhook_secrets"),
        ({"webhook_secrets": (Secret("good"), Secret(""))}, "webhook_secrets"),
        ({"webhook_secrets": (Secret("a&amp;b"),)}, "webhook_secrets"),
        ({"consumer_key": Secret("")}, "consumer_key"),
        ({"consumer_secret": Secret("")}, "consumer_secret"),
        ({"hold_status": ""}, "hold_status"),
        ({"hold_status": "completed"}, "hold_status"),
    ],
)
def test_setting_that_cannot_work_is_named(changes, key):
    with pytest.raises(ConfigError) as wrong:
        replace(SETTINGS, **changes)
    assert [fault.partition(":")[0] for fault in wrong.value.faults] == [key]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8085", "http://[::1]:8085/blog", "http://localhost"])
def test_plain_http_is_allowed_on_this_machine(url):
    assert replace(SETTINGS, url=url, assume_https=True).url == url
