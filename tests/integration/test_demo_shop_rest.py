"""The simulated shop's REST API answers as WooCommerce was recorded to answer."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.demo.document import Checkout
from shopguard.demo.shop import DemoShopSettings, ShopSimulation, build_shop

BILLING = {"last_name": "見本", "first_name": "花子", "phone": "090-0000-0000", "email": "hanako@example.jp"}


class Shop:
    """A shop and a client that is believed to come by HTTPS."""

    def __init__(self, client: FlaskClient, simulation: ShopSimulation) -> None:
        self.client, self.simulation = client, simulation

    def order(self, payment_method: str = "cod", *, draft: bool = False) -> int:
        return self.simulation.orders.start(Checkout(BILLING, payment_method, draft=draft)).id

    def call(
        self, method: str, path: str, body: object = None, key: str = "ck_rw:cs_rw", scheme: str = "https"
    ) -> TestResponse:
        headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}", "X-Forwarded-Proto": scheme}
        return self.client.open(f"/wp-json/wc/v3{path}", method=method, json=body, headers=headers)

    def status(self, order_id: int) -> str:
        return str(self.get(f"/orders/{order_id}")["status"])

    def get(self, path: str) -> Any:
        return self.call("GET", path).json


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    app = build_shop(DemoShopSettings(tmp_path / "shop.sqlite", "ck_rw", "cs_rw", "ck_ro", "cs_ro"))
    simulation: ShopSimulation = app.extensions["demo_shop"]
    yield Shop(app.test_client(), simulation)
    simulation.stop()


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_cash_on_delivery_starts_in_processing_unpaid(shop: Shop) -> None:
    order = shop.get(f"/orders/{shop.order('cod')}")
    assert (order["status"], order["date_paid"], order["payment_method_title"]) == ("processing", None, "代金引換")
    assert order["fee_lines"][0]["name"] == "代引手数料"


def test_bank_transfer_is_on_hold_by_nature(shop: Shop) -> None:
    assert shop.status(shop.order("bacs")) == "on-hold"


def test_bodies_are_escaped_as_php_does_it(shop: Shop) -> None:
    body = shop.call("GET", f"/orders/{shop.order()}").get_data()
    assert body.isascii()
    assert rb"\u898b\u672c" in body
    assert rb"https:\/\/" in body


def test_dates_are_utc_without_offset_beside_the_shops_own_time(shop: Shop) -> None:
    order = shop.get(f"/orders/{shop.order()}")
    assert order["date_created_gmt"] != order["date_created"]
    assert len(order["date_created"]) == len(order["date_created_gmt"]) == len("2026-11-02T01:15:00")


def test_hold_writes_the_system_note_and_both_effects(shop: Shop) -> None:
    order_id = shop.order()
    meta = [{"key": "_shopguard", "value": "held"}]
    answer = shop.call("PUT", f"/orders/{order_id}", {"status": "on-hold", "meta_data": meta})
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "on-hold"
    notes = [note["note"] for note in shop.get(f"/orders/{order_id}/notes")]
    assert notes.count("Order status changed from Processing to On hold.") == 1
    effects = [(e.kind, e.name, e.before, e.after) for e in shop.simulation.store.effects(order_id)]
    assert effects == [("meta", "_shopguard", "", "held"), ("status", "status", "processing", "on-hold")]


def test_same_status_again_adds_no_note_and_no_effect(shop: Shop) -> None:
    order_id = shop.order("bacs")
    notes = shop.get(f"/orders/{order_id}/notes")
    assert shop.call("PUT", f"/orders/{order_id}", {"status": "on-hold"}).status_code == 200
    assert shop.get(f"/orders/{order_id}/notes") == notes
    assert shop.simulation.store.effects() == []


def test_meta_data_is_merged_by_key_and_null_removes(shop: Shop) -> None:
    path = f"/orders/{shop.order()}"
    for key, value in (("a", "1"), ("b", {"any": ["json"]}), ("a", "2")):
        shop.call("PUT", path, {"meta_data": [{"key": key, "value": value}]})
    meta = {m["key"]: m["value"] for m in shop.get(path)["meta_data"]}
    assert meta == {"a": "2", "b": {"any": ["json"]}}
    shop.call("PUT", path, {"meta_data": [{"key": "a", "value": None}]})
    assert [m["key"] for m in shop.get(path)["meta_data"]] == ["b"]


def test_releasing_a_bank_transfer_to_processing_marks_it_paid(shop: Shop) -> None:
    order_id = shop.order("bacs")
    assert shop.call("PUT", f"/orders/{order_id}", {"status": "processing"}).get_json()["date_paid"] is not None


def test_cash_on_delivery_is_paid_only_when_completed(shop: Shop) -> None:
    path = f"/orders/{shop.order()}"
    shop.call("PUT", path, {"status": "on-hold"})
    assert shop.call("PUT", path, {"status": "processing"}).get_json()["date_paid"] is None
    done = shop.call("PUT", path, {"status": "completed"}).get_json()
    assert done["date_paid"] is not None
    assert done["date_completed"] is not None


def test_a_write_brings_a_trashed_order_back(shop: Shop) -> None:
    order_id = shop.order()
    shop.call("DELETE", f"/orders/{order_id}")
    assert shop.status(order_id) == "trash"
    assert shop.get("/orders") == []
    assert shop.call("PUT", f"/orders/{order_id}", {"status": "on-hold"}).status_code == 200
    assert shop.status(order_id) == "on-hold"


def test_notes_are_written_as_sent_and_counted(shop: Shop) -> None:
    order_id = shop.order()
    answer = shop.call("POST", f"/orders/{order_id}/notes", {"note": "要確認 <b>", "customer_note": False})
    assert answer.status_code == 201
    assert (answer.get_json()["note"], answer.get_json()["customer_note"]) == ("要確認 <b>", False)
    assert [(e.kind, e.after) for e in shop.simulation.store.effects(order_id)] == [("note", "要確認 <b>")]


def test_unknown_orders_are_refused_as_recorded(shop: Shop) -> None:
    assert refusal(shop.call("PUT", "/orders/9", {"status": "on-hold"})) == (
        400,
        "woocommerce_rest_shop_order_invalid_id",
    )
    assert refusal(shop.call("GET", "/orders/9")) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert refusal(shop.call("POST", "/orders/9/notes", {"note": "x"})) == (404, "woocommerce_rest_order_invalid_id")


def test_an_unknown_status_is_an_invalid_parameter(shop: Shop) -> None:
    answer = shop.call("PUT", f"/orders/{shop.order()}", {"status": "held"})
    assert refusal(answer) == (400, "rest_invalid_param")
    assert answer.get_json()["data"]["params"]["status"].startswith("status is not one of auto-draft, pending,")


def test_keys_count_only_behind_https(shop: Shop) -> None:
    order_id = shop.order()
    assert refusal(shop.call("GET", "/orders", scheme="http")) == (401, "woocommerce_rest_cannot_view")
    changed = shop.call("PUT", f"/orders/{order_id}", {"status": "on-hold"}, scheme="http")
    assert refusal(changed) == (401, "woocommerce_rest_cannot_edit")
    assert shop.status(order_id) == "processing"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("ck_ro:cs_ro", "woocommerce_rest_authentication_error"),
        ("ck_nobody:cs_rw", "woocommerce_rest_cannot_edit"),
        ("ck_rw:cs_wrong", "woocommerce_rest_authentication_error"),
    ],
)
def test_who_may_not_write_is_told_so(shop: Shop, key: str, code: str) -> None:
    order_id = shop.order()
    assert refusal(shop.call("PUT", f"/orders/{order_id}", {"status": "on-hold"}, key=key)) == (401, code)
    assert shop.status(order_id) == "processing"


def test_a_read_only_key_may_read(shop: Shop) -> None:
    assert shop.call("GET", f"/orders/{shop.order()}", key="ck_ro:cs_ro").status_code == 200


def test_the_list_is_paged_with_totals(shop: Shop) -> None:
    ids = [shop.order() for _ in range(5)]
    answer = shop.call("GET", "/orders?per_page=2&page=2&orderby=modified&order=asc")
    assert [order["id"] for order in answer.get_json()] == ids[2:4]
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("5", "3")
    assert 'rel="next"' in answer.headers["Link"]
    assert [order["id"] for order in shop.get("/orders?per_page=2&offset=1")] == [ids[3], ids[2]]


def test_the_list_can_be_cut_by_status(shop: Shop) -> None:
    shop.order()
    waiting = shop.order("bacs")
    draft = shop.order(draft=True)
    assert [order["id"] for order in shop.get("/orders?status=on-hold")] == [waiting]
    assert {order["id"] for order in shop.get("/orders?status=on-hold,checkout-draft")} == {waiting, draft}
    assert refusal(shop.call("GET", "/orders?status=held")) == (400, "rest_invalid_param")


def test_modified_after_excludes_its_own_second_and_is_utc_on_request(shop: Shop) -> None:
    order_id = shop.order()
    order = shop.get(f"/orders/{order_id}")
    before = (datetime.fromisoformat(order["date_modified_gmt"]) - timedelta(seconds=1)).isoformat()
    gmt = "dates_are_gmt=true"
    assert shop.get(f"/orders?modified_after={order['date_modified_gmt']}&{gmt}") == []
    assert [o["id"] for o in shop.get(f"/orders?modified_after={before}&{gmt}")] == [order_id]
    assert shop.get(f"/orders?modified_after={order['date_modified']}") == []
    assert [o["id"] for o in shop.get(f"/orders?modified_after={before}")] == [order_id]  # nine hours earlier
    assert shop.get(f"/orders?modified_after={before}Z&{gmt}") == []  # nine hours too late, as in the original


def test_a_webhooks_secret_never_comes_out(shop: Shop) -> None:
    sent = {"name": "n", "topic": "order.created", "delivery_url": "http://127.0.0.1:9/x", "secret": "hush-hush"}
    made = shop.call("POST", "/webhooks", sent | {"status": "paused"})
    assert made.status_code == 201
    assert made.get_json()["status"] == "active"  # a status is ignored at first
    listed = shop.call("GET", "/webhooks?status=all")
    assert [w["delivery_url"] for w in listed.get_json()] == [sent["delivery_url"]]
    assert "hush-hush" not in made.get_data(as_text=True) + listed.get_data(as_text=True)


def test_webhooks_are_changed_and_removed(shop: Shop) -> None:
    sent = {"name": "n", "topic": "order.created", "delivery_url": "http://127.0.0.1:9/x", "secret": "s"}
    path = f"/webhooks/{shop.call('POST', '/webhooks', sent).get_json()['id']}"
    assert shop.call("PUT", path, {"status": "paused"}).get_json()["status"] == "paused"
    assert shop.get("/webhooks?status=active") == []
    assert refusal(shop.call("DELETE", path)) == (501, "woocommerce_rest_trash_not_supported")
    assert shop.call("DELETE", f"{path}?force=true").status_code == 200
    assert refusal(shop.call("GET", path)) == (404, "woocommerce_rest_shop_webhook_invalid_id")


@pytest.mark.parametrize(
    "address", ["https://shop.example.com/hook", "ftp://127.0.0.1/", "http://10.0.0.1/", "nonsense"]
)
def test_the_simulated_shop_calls_nobody_outside_this_machine(shop: Shop, address: str) -> None:
    answer = shop.call("POST", "/webhooks", {"topic": "order.created", "delivery_url": address, "secret": "s"})
    assert refusal(answer) == (400, "woocommerce_rest_shop_webhook_invalid_delivery_url")


def test_the_page_shows_a_held_order_apart_from_a_waiting_bank_transfer(shop: Shop) -> None:
    shop.order("bacs")
    held = shop.order()
    shop.call("PUT", f"/orders/{held}", {"status": "on-hold", "meta_data": [{"key": "_shopguard", "value": "held"}]})
    shop.call("POST", f"/orders/{held}/notes", {"note": "ShopGuard: 要確認"})
    page = shop.client.get("/").get_data(as_text=True)
    assert page.count('class="held"') == 1
    assert "ShopGuard: 要確認" in page
    assert "<script" not in page


def test_the_order_list_as_json_is_newest_first(shop: Shop) -> None:
    first, second = shop.order(), shop.order("bacs")
    listed = json.loads(shop.client.get("/orders.json").get_data())
    assert [order["id"] for order in listed] == [second, first]
    assert set(listed[0]) == {"id", "number", "buyer", "payment", "status", "notes"}
    assert (listed[0]["buyer"], listed[0]["payment"], listed[0]["status"]) == ("見本 花子", "銀行振込", "on-hold")


def test_tests_can_place_edit_and_ship(shop: Shop) -> None:
    placed = shop.client.post("/simulate/order", json={"billing": BILLING, "payment_method": "bacs"})
    assert placed.status_code == 201
    order_id = placed.get_json()["id"]
    shop.client.post(f"/simulate/edit/{order_id}", json={"billing": {"phone": "03-0000-0000"}})
    assert shop.get(f"/orders/{order_id}")["billing"]["phone"] == "03-0000-0000"
    assert shop.client.post(f"/simulate/ship/{order_id}").get_json()["status"] == "completed"
    assert shop.simulation.store.effects() == []  # these did not come through the REST API


def test_an_unreadable_simulated_order_is_refused(shop: Shop) -> None:
    assert shop.client.post("/simulate/order", json={"payment_method": "cod"}).status_code == 400
    assert shop.client.post("/simulate/order", json={"billing": BILLING, "items": [["NO", 1]]}).status_code == 400
    assert shop.client.post("/simulate/order", data={"billing": "form"}).status_code == 415
    assert shop.client.post("/simulate/ship/9").status_code == 404
