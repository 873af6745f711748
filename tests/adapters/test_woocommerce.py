"""WooCommerce against the adapter contract, with every delivery recorded from a running shop, and a simulated shop.

The expected events in the fixtures were generated once, checked field by field against the raw bodies by eye,
and are frozen: change them by hand only.
"""

import base64
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import responses
from requests import PreparedRequest
from structlog.testing import capture_logs

import adapters.woocommerce
from adapters.woocommerce import WooCommerceAdapter, WooCommerceSettings
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.errors import ActionUnsupported, OrderGone, PlatformRefused, TemporaryFailure
from shopguard.model import Mark, OrderRef, PaymentKind, Stage
from shopguard.testing import AdapterContract

FIXTURES = Path(adapters.woocommerce.__file__).parent / "fixtures"
SITE = "http://127.0.0.1:8085"
ORDER = OrderRef("demo", "18")
NOW = datetime(2026, 11, 21, 16, 47, tzinfo=UTC)
MARK = Mark("effect-1", "ShopGuard: 要確認（電話・住所 一致、2件、直近2026年8月）", NOW)

# Invented for the recording; the shop's third webhook has a secret that nobody knows.
SETTINGS = WooCommerceSettings(
    url=SITE,
    webhook_secrets=tuple(map(Secret, ("wh-secret-with-<&>-あ", "wh-secret-updated", "wh-gone", "wh-slow"))),
    consumer_key=Secret("ck_" + "a1" * 20),
    consumer_secret=Secret("cs_" + "b2" * 20),
    assume_https=True,
)


def built(settings: WooCommerceSettings = SETTINGS) -> WooCommerceAdapter:
    return WooCommerceAdapter(settings, AdapterContext("demo", lambda: NOW))


def recorded(name: str) -> Mapping[str, object]:
    """Return the answer recorded under ``name`` as ``responses`` takes it."""
    answer = json.loads((FIXTURES / "api" / f"{name}.json").read_text(encoding="utf-8"))["answer"]
    return {"status": answer["status"], "body": answer["body"], "content_type": "application/json"}


class SimulatedShop:
    """One recorded order over HTTP, changed by writes as WooCommerce 10.5.0 was seen to change it."""

    ref = ORDER

    def __init__(self, mock: responses.RequestsMock, status: str = "processing") -> None:
        self.order = json.loads(str(recorded("30-get-order")["body"]))
        self.order["status"] = status
        self.notes: list[dict[str, object]] = []
        self.writes: list[dict[str, object]] = []
        self.note_written_at = NOW
        self._failure: tuple[int | None, str | None] | None = None
        self._answers_left: int | None = None  # until one call fails; None: no call succeeds before the failure ends
        path = re.escape(f"{SITE}/wp-json/wc/v3/orders/18")
        for method, url, answer in (
            ("GET", f"{path}$", self._get),
            ("PUT", f"{path}$", self._put),
            ("GET", f"{path}/notes$", self._get_notes),
            ("POST", f"{path}/notes$", self._add_note),
        ):
            mock.add_callback(method, re.compile(url), callback=self._unless_failing(answer))

    @property
    def adapter(self) -> WooCommerceAdapter:
        return built()

    @property
    def own(self) -> dict[str, str] | None:
        """What our meta data says."""
        value = next((meta["value"] for meta in self.order["meta_data"] if meta["key"] == "_shopguard"), None)
        return json.loads(value) if value else None

    @property
    def said(self) -> list[object]:
        return [note["note"] for note in self.notes]

    def effects(self) -> list[tuple[str, object]]:
        held = [("held by", self.own["key"])] if self.own and self.own["state"] == "held" else []
        flags = [("tag", meta["value"]) for meta in self.order["meta_data"] if meta["key"] == "_shopguard_flag"]
        return [("status", self.order["status"]), *held, *flags, *(("note", text) for text in self.said)]

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        self._failure = (status, retry_after)

    def fail_after(self, calls: int, status: int) -> None:
        self._answers_left, self._failure = calls, (status, None)

    def _unless_failing(self, answer):
        def respond(request: PreparedRequest):
            assert request.headers["X-Forwarded-Proto"] == "https"
            assert request.headers["Authorization"].startswith("Basic ")
            if self._failure is None or self._answers_left:
                self._answers_left = self._answers_left and self._answers_left - 1
                return (200, {}, json.dumps(answer(request)))
            status, retry_after = self._failure
            if self._answers_left == 0:
                self._failure = None
            if status is None:
                raise requests.ReadTimeout
            return (status, {"Retry-After": retry_after} if retry_after else {}, '{"code":"woocommerce_rest_error"}')

        return respond

    def _get(self, _request: PreparedRequest):
        return self.order

    def _put(self, request: PreparedRequest):
        changes = json.loads(request.body)
        self.writes.append(changes)
        for meta in changes.get("meta_data", ()):
            kept = [old for old in self.order["meta_data"] if old["key"] != meta["key"]]
            self.order["meta_data"] = [*kept, {"id": 117, **meta}]
        self.order["status"] = changes.get("status", self.order["status"])
        return self.order

    def _get_notes(self, _request: PreparedRequest):
        return self.notes

    def _add_note(self, request: PreparedRequest):
        sent = json.loads(request.body)
        assert sent["customer_note"] is False, "a customer note is mailed to the buyer"
        written = self.note_written_at.strftime("%Y-%m-%dT%H:%M:%S")
        self.notes.append({"id": 21, "note": sent["note"], "date_created_gmt": written})
        return self.notes[-1]


@contextmanager
def simulated_shop(status: str = "processing") -> Iterator[SimulatedShop]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield SimulatedShop(mock, status)


class TestWooCommerce(AdapterContract):
    adapter = built()

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        digest = hmac.digest("wh-secret-with-<&>-あ".encode(), request.body, "sha256")
        return {"x-wc-webhook-signature": base64.b64encode(digest).decode()}

    def platform(self):
        return simulated_shop()


# --- hold ---


def test_hold_writes_status_and_mark_at_once():
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        assert undo == {"status": "processing"}
        assert [sorted(write) for write in shop.writes] == [["meta_data", "status"]]
        assert shop.order["status"] == "on-hold"
        assert shop.own == {"key": "effect-1", "previous": "processing", "state": "held"}
        assert shop.said == [MARK.text]


def test_hold_of_a_bank_transfer_writes_only_the_mark():
    with simulated_shop("on-hold") as shop:
        assert shop.adapter.hold(ORDER, MARK) == {"status": "on-hold"}
        assert [sorted(write) for write in shop.writes] == [["meta_data"]]
        assert shop.own["previous"] == "on-hold"


def test_hold_after_a_crash_adds_the_missing_note():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.notes.clear()
        shop.adapter.hold(ORDER, replace(MARK, attempt=2))
        assert shop.said == [MARK.text]
        assert len(shop.writes) == 1


def test_second_attempt_looks_for_its_note_before_it_writes_one():
    with simulated_shop() as shop:
        shop.notes.append({"note": MARK.text, "date_created_gmt": "2026-11-21T16:46:00"})
        shop.adapter.hold(ORDER, replace(MARK, attempt=2))
        assert shop.said == [MARK.text]


def test_equal_note_of_an_earlier_effect_does_not_count():
    with simulated_shop() as shop:
        shop.notes.append({"note": MARK.text, "date_created_gmt": "2026-11-21T16:44:59"})
        shop.adapter.hold(ORDER, replace(MARK, attempt=2))
        assert shop.said == [MARK.text, MARK.text]


def test_standing_hold_of_another_effect_keeps_its_undo():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        assert shop.adapter.hold(ORDER, replace(MARK, key="effect-2")) == {"status": "processing"}
        assert shop.own["key"] == "effect-1"
        assert len(shop.writes) == 1


def test_order_that_staff_moved_on_is_not_held_again_by_the_same_effect():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.order["status"] = "processing"
        assert shop.adapter.hold(ORDER, replace(MARK, attempt=2)) == {"status": "processing"}
        assert shop.order["status"] == "processing"


def test_order_that_staff_moved_on_is_held_by_a_new_effect():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.order["status"] = "packing"
        assert shop.adapter.hold(ORDER, replace(MARK, key="effect-2")) == {"status": "packing"}
        assert shop.order["status"] == "on-hold"
        assert shop.own["key"] == "effect-2"


def test_released_order_is_held_by_a_new_effect_only():
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, undo, replace(MARK, key="effect-2", text=""))
        shop.adapter.hold(ORDER, replace(MARK, attempt=2))
        assert shop.order["status"] == "processing"
        shop.adapter.hold(ORDER, replace(MARK, key="effect-3"))
        assert shop.order["status"] == "on-hold"


@pytest.mark.parametrize(
    "status", ["completed", "cancelled", "refunded", "failed", "trash", "checkout-draft", "auto-draft"]
)
def test_order_that_is_gone_or_not_placed_cannot_be_held(status):
    with simulated_shop(status) as shop:
        with pytest.raises(ActionUnsupported):
            shop.adapter.hold(ORDER, MARK)
        assert not shop.writes
        assert not shop.notes


def test_unreadable_mark_of_somebody_else_is_overwritten():
    with simulated_shop() as shop:
        shop.order["meta_data"].append({"id": 9, "key": "_shopguard", "value": {"a": [1, None]}})
        assert shop.adapter.hold(ORDER, MARK) == {"status": "processing"}


def test_hold_stands_although_its_note_is_refused():
    with simulated_shop() as shop, capture_logs() as logged:
        shop.fail_after(2, 403)
        assert shop.adapter.hold(ORDER, MARK) == {"status": "processing"}
        assert shop.own["state"] == "held"
        (line,) = logged
        assert (line["log_level"], line["order"], line["code"]) == ("warning", "18", "woocommerce_rest_error")


def test_hold_that_stood_already_stands_although_notes_cannot_be_read():
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.fail_after(1, 403)
        assert shop.adapter.hold(ORDER, replace(MARK, attempt=2)) == undo


def test_hold_whose_status_is_refused_is_refused():
    with simulated_shop() as shop:
        shop.fail_after(1, 403)
        with pytest.raises(PlatformRefused):
            shop.adapter.hold(ORDER, MARK)
        assert not shop.notes


def test_note_that_fails_for_a_while_is_written_by_the_next_attempt():
    with simulated_shop() as shop:
        shop.fail_after(2, 503)
        with pytest.raises(TemporaryFailure):
            shop.adapter.hold(ORDER, MARK)
        assert shop.adapter.hold(ORDER, replace(MARK, attempt=2)) == {"status": "processing"}
        assert shop.said == [MARK.text]


# --- release ---


def test_release_without_undo_restores_what_our_mark_remembers():
    with simulated_shop("packing") as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, {}, replace(MARK, key="effect-2", text=""))
        assert shop.order["status"] == "packing"


def test_release_stands_although_its_note_is_refused():
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.fail_after(2, 403)
        shop.adapter.release(ORDER, undo, replace(MARK, key="effect-2", text="ShopGuard: 解除"))
        assert shop.order["status"] == "processing"


@pytest.mark.parametrize("before", ["processing", "pending", "packing"])
def test_release_restores_the_status_before(before):
    with simulated_shop(before) as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, undo, replace(MARK, key="effect-2", text="ShopGuard: 解除"))
        assert shop.order["status"] == before
        assert shop.own["state"] == "released"
        assert shop.said == [MARK.text, "ShopGuard: 解除"]


def test_release_restores_the_undo_that_the_core_kept():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, {"status": "packing"}, replace(MARK, text=""))
        assert shop.order["status"] == "packing"


def test_released_bank_transfer_still_waits_for_its_payment():
    with simulated_shop("on-hold") as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, undo, replace(MARK, text=""))
        assert shop.order["status"] == "on-hold"
        assert not any("status" in write for write in shop.writes)
        assert shop.own["state"] == "released"


@pytest.mark.parametrize("status", ["completed", "cancelled", "processing", "packing"])
def test_release_leaves_what_staff_set_meanwhile(status):
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.order["status"] = status
        shop.adapter.release(ORDER, {**undo, "status": "pending"}, replace(MARK, text=""))
        assert shop.order["status"] == status
        assert shop.own["state"] == "released"


def test_release_leaves_an_order_that_only_the_shop_holds():
    with simulated_shop("on-hold") as shop:
        shop.adapter.release(ORDER, {"status": "processing"}, MARK)
        assert shop.order["status"] == "on-hold"
        assert not shop.writes
        assert not shop.notes


def test_release_does_not_write_into_the_trash():
    with simulated_shop() as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.order["status"] = "trash"
        shop.adapter.release(ORDER, undo, MARK)
        assert len(shop.writes) == 1


# --- flag, gate, cancel ---


def test_flag_leaves_status_and_hold_alone():
    with simulated_shop() as shop:
        shop.adapter.flag(ORDER, MARK)
        assert shop.order["status"] == "processing"
        assert shop.own is None
        assert shop.said == [MARK.text]


def test_flag_after_a_crash_before_its_mark_writes_no_second_note():
    with simulated_shop() as shop:
        shop.adapter.flag(ORDER, MARK)
        shop.order["meta_data"] = []
        shop.adapter.flag(ORDER, replace(MARK, attempt=2))
        assert shop.said == [MARK.text]


def test_flag_in_the_trash_is_a_note_only():
    with simulated_shop("trash") as shop:
        shop.adapter.flag(ORDER, MARK)
        assert not shop.writes
        assert shop.said == [MARK.text]


def test_gate_is_cleared_where_the_shop_holds():
    with simulated_shop("on-hold") as shop:
        shop.adapter.clear_gate(ORDER, "processing")
        assert shop.writes == [{"status": "processing"}]


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled", "pending"])
def test_gate_is_left_where_no_hold_stands(status):
    with simulated_shop(status) as shop:
        shop.adapter.clear_gate(ORDER, "processing")
        assert not shop.writes


def test_gate_never_lifts_our_own_hold():
    with simulated_shop() as shop:
        shop.adapter.hold(ORDER, MARK)
        shop.adapter.clear_gate(ORDER, "processing")
        assert shop.order["status"] == "on-hold"


def test_gate_is_cleared_after_our_hold_is_released():
    with simulated_shop("on-hold") as shop:
        undo = shop.adapter.hold(ORDER, MARK)
        shop.adapter.release(ORDER, undo, replace(MARK, text=""))
        shop.adapter.clear_gate(ORDER, "processing")
        assert shop.order["status"] == "processing"


def test_cancel_twice_cancels_once():
    with simulated_shop() as shop:
        shop.adapter.cancel(ORDER, MARK)
        shop.adapter.cancel(ORDER, replace(MARK, attempt=2))
        assert shop.writes == [{"status": "cancelled"}]
        assert shop.said == [MARK.text]


@pytest.mark.parametrize("status", ["completed", "refunded", "trash"])
def test_order_that_left_cannot_be_cancelled(status):
    with simulated_shop(status) as shop:
        with pytest.raises(ActionUnsupported):
            shop.adapter.cancel(ORDER, MARK)
        assert not shop.writes


def test_shop_with_its_own_hold_status_is_respected():
    with simulated_shop() as shop:
        settings = replace(SETTINGS, hold_status="fraud-check", shipped_statuses=("completed", "sent"))
        built(settings).hold(ORDER, MARK)
        assert shop.order["status"] == "fraud-check"
        shop.order.update(status="sent", meta_data=[])
        with pytest.raises(ActionUnsupported):
            built(settings).hold(ORDER, MARK)


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
