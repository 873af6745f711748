"""WooCommerce against the adapter contract, with every delivery and answer recorded from a running shop.

The expected events in the fixtures were generated once, checked field by field against the raw bodies by eye,
and are frozen: change them by hand only.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta

import pytest
import responses

from shopguard.adapter import WebhookRequest
from shopguard.errors import OrderGone, PlatformRefused
from shopguard.model import Mark, OrderRef, PaymentKind, Stage
from shopguard.testing import AdapterContract
from tests.adapters.woocommerce_shop import MARK, NOW, ORDER, SITE, built, recorded, simulated_shop


class TestWooCommerce(AdapterContract):
    adapter = built()

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        digest = hmac.digest("wh-secret-with-<&>-あ".encode(), request.body, "sha256")
        return {"x-wc-webhook-signature": base64.b64encode(digest).decode()}

    def platform(self):
        return simulated_shop()


# --- what the recorded answers mean ---


@responses.activate
def test_fetch_reads_the_recorded_order():
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("30-get-order"))
    order = built().fetch(ORDER)
    assert (order.id, order.shop, order.stage) == ("18", "demo", Stage.OPEN)
    assert (order.buyer.family, order.buyer.given) == ("佐藤", "花子")
    assert order.note == "置き配でお願いします。\n不在時は宅配ボックスへ。"
    assert order.payment.kind is PaymentKind.COD


@responses.activate
def test_unknown_order_is_gone_when_read():
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **{**recorded("41-err-no-order"), "status": 404})
    with pytest.raises(OrderGone):
        built().fetch(ORDER)


@responses.activate
def test_order_deleted_before_it_is_written_is_gone():
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("30-get-order"))
    responses.put(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("41-err-no-order"))
    with pytest.raises(OrderGone):
        built().hold(ORDER, MARK)


@responses.activate
def test_order_deleted_before_its_note_is_gone():
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("30-get-order"))
    responses.post(f"{SITE}/wp-json/wc/v3/orders/18/notes", **recorded("42-err-note-no-order"))
    with pytest.raises(OrderGone):
        built().flag(ORDER, MARK)


@responses.activate
def test_missing_plugin_does_not_make_an_order_gone():
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", json={"code": "rest_no_route"}, status=404)
    with pytest.raises(PlatformRefused) as refused:
        built().fetch(ORDER)
    assert not isinstance(refused.value, OrderGone)


def test_id_that_is_no_number_never_reaches_the_shop():
    with pytest.raises(OrderGone):
        built().fetch(OrderRef("demo", "18/../../users"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("43-err-readonly-key", "woocommerce_rest_authentication_error"),
        ("44-err-bad-key", "woocommerce_rest_cannot_edit"),
        ("45-err-bad-secret", "woocommerce_rest_authentication_error"),
        ("40-err-invalid-status", "rest_invalid_param"),
    ],
)
@responses.activate
def test_recorded_refusal_carries_its_code(name, code):
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("30-get-order"))
    responses.put(f"{SITE}/wp-json/wc/v3/orders/18", **recorded(name))
    with pytest.raises(PlatformRefused) as refused:
        built().hold(ORDER, MARK)
    assert refused.value.code == code


@responses.activate
def test_recorded_note_is_recognized():
    written = "ShopGuard: 過去の代引き受取拒否と一致（スコア 87）<b>保留</b>"
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("30-get-order"))
    responses.get(f"{SITE}/wp-json/wc/v3/orders/18/notes", **recorded("34-list-notes"))
    responses.put(f"{SITE}/wp-json/wc/v3/orders/18", **recorded("32-put-on-hold"))
    mark = Mark("effect-1", written, NOW + timedelta(seconds=7), attempt=2)
    built().flag(ORDER, mark)
    assert [call.request.method for call in responses.calls] == ["GET", "GET", "PUT"]
