"""What ShopGuard writes onto a Shopify order, and what it leaves alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.shopify import ShopifyAdapter, ShopifySettings
from shopguard.adapter import AdapterContext, Secret
from shopguard.errors import ActionUnsupported, OrderGone, PlatformRefused, TemporaryFailure
from shopguard.model import Mark, OrderRef
from shopguard.testing.fakes import FixedClock
from shopguard.testing.shopify_stub import ShopifyStub

_REF = OrderRef("main-store", "5550001112223")
_ORDER = {"legacyResourceId": _REF.order_id, "createdAt": "2026-11-02T01:15:00Z"}
_MARK = Mark(
    "effect-1", "ShopGuard: 要確認（電話・住所 一致、2件、直近2026年8月）", datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
)


@pytest.fixture
def stub() -> ShopifyStub:
    return ShopifyStub()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def adapter(stub: ShopifyStub, clock: FixedClock) -> Iterator[ShopifyAdapter]:
    with stub.serving() as address:
        settings = ShopifySettings(
            "demo.myshopify.com", (Secret("test-secret"),), access_token=Secret("test-token"), base_url=address
        )
        yield ShopifyAdapter(settings, AdapterContext("main-store", clock))


def _parcels(order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = order["fulfillmentOrders"]["nodes"]
    return found


def _handles(parcel: dict[str, Any]) -> list[str]:
    return [hold["handle"] for hold in parcel["fulfillmentHolds"]]


def test_hold_says_why_in_neutral_words_and_tags_the_order(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.hold(_REF, _MARK)
    (call,) = stub.calls_of("fulfillmentOrderHold")
    assert call["fulfillmentHold"] == {
        "reason": "HIGH_RISK_OF_FRAUD",
        "reasonNotes": _MARK.text,
        "handle": "shopguard",
        "externalId": "effect-1",
        "notifyMerchant": False,
    }
    assert order["tags"] == ["ShopGuard要確認"]


def test_every_open_parcel_is_held_and_named_in_the_undo(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER, parcels=2)
    undo = adapter.hold(_REF, _MARK)
    assert undo == {
        "holds": [
            {"fulfillment_order": parcel["id"], "hold": parcel["fulfillmentHolds"][0]["id"]}
            for parcel in _parcels(order)
        ]
    }


def test_parcel_made_after_the_first_hold_is_held_by_the_next(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    first = adapter.hold(_REF, _MARK)
    stub.add_parcel(_REF.order_id)
    second = adapter.hold(_REF, _MARK)
    assert [_handles(parcel) for parcel in _parcels(order)] == [["shopguard"], ["shopguard"]]
    assert isinstance(first["holds"], list) and isinstance(second["holds"], list)
    assert second["holds"][: len(first["holds"])] == first["holds"]


def test_shipped_parcel_does_not_stop_the_hold_of_the_other(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER, parcels=0)
    stub.add_parcel(_REF.order_id, "CLOSED", actions=())
    stub.add_parcel(_REF.order_id)
    adapter.hold(_REF, _MARK)
    assert [_handles(parcel) for parcel in _parcels(order)] == [[], ["shopguard"]]


@pytest.mark.parametrize("status", ["CLOSED", "CANCELLED", "INCOMPLETE", "IN_PROGRESS"])
def test_order_without_a_parcel_to_hold_is_flagged_instead(
    stub: ShopifyStub, adapter: ShopifyAdapter, status: str
) -> None:
    order = stub.add_order(_ORDER, parcels=0)
    stub.add_parcel(_REF.order_id, status, actions=() if status == "IN_PROGRESS" else ("HOLD",))
    with pytest.raises(ActionUnsupported):
        adapter.hold(_REF, _MARK)
    assert order["tags"] == []


def test_new_order_without_parcels_is_tried_again_and_the_shop_need_not_rest(
    stub: ShopifyStub, adapter: ShopifyAdapter, clock: FixedClock
) -> None:
    stub.add_order(_ORDER, parcels=0)
    clock.pass_by(599)
    with pytest.raises(TemporaryFailure) as failure:
        adapter.hold(_REF, _MARK)
    assert failure.value.retry_after_s is None


def test_order_without_parcels_is_given_up_after_ten_minutes(
    stub: ShopifyStub, adapter: ShopifyAdapter, clock: FixedClock
) -> None:
    stub.add_order(_ORDER, parcels=0)
    clock.pass_by(600)
    with pytest.raises(ActionUnsupported):
        adapter.hold(_REF, _MARK)


def test_cancelled_order_without_parcels_is_given_up(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.add_order({**_ORDER, "cancelledAt": "2026-11-02T01:16:00Z"}, parcels=0)
    with pytest.raises(ActionUnsupported):
        adapter.hold(_REF, _MARK)


def test_hold_that_another_worker_placed_meanwhile_counts_as_done() -> None:
    class Racing(ShopifyStub):
        """Shows no holds to the first reader."""

        def _on_order(self, id: str) -> Any:
            order = super()._on_order(id)
            if len(self.calls_of("order")) > 1:
                return order
            unheld = [{**parcel, "fulfillmentHolds": []} for parcel in order["fulfillmentOrders"]["nodes"]]
            return {**order, "fulfillmentOrders": {"nodes": unheld}}

    stub = Racing()
    order = stub.add_order(_ORDER)
    theirs = stub.add_hold(_parcels(order)[0], "shopguard", ours=True)
    with stub.serving() as address:
        settings = ShopifySettings(
            "demo.myshopify.com", (Secret("test-secret"),), access_token=Secret("test-token"), base_url=address
        )
        undo = ShopifyAdapter(settings, AdapterContext("main-store", FixedClock())).hold(_REF, _MARK)
    assert len(stub.calls_of("fulfillmentOrderHold")) == 1
    assert undo == {"holds": [{"fulfillment_order": _parcels(order)[0]["id"], "hold": theirs}]}


def test_eleventh_hold_is_refused_with_shopifys_code(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    for number in range(10):
        stub.add_hold(_parcels(order)[0], f"other-{number}", ours=True)
    with pytest.raises(PlatformRefused) as refusal:
        adapter.hold(_REF, _MARK)
    assert refusal.value.code == "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"


def test_hold_stands_although_its_tag_is_refused(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    stub.scopes.remove("write_orders")
    with capture_logs() as logged:
        undo = adapter.hold(_REF, _MARK)
    (hold,) = _parcels(order)[0]["fulfillmentHolds"]
    assert undo == {"holds": [{"fulfillment_order": _parcels(order)[0]["id"], "hold": hold["id"]}]}
    (line,) = logged
    assert (line["log_level"], line["order"], line["code"]) == ("warning", _REF.order_id, "ACCESS_DENIED")


def test_release_without_the_scope_for_tags_releases(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    stub.scopes.remove("write_orders")
    adapter.release(_REF, adapter.hold(_REF, _MARK), _MARK)
    assert _handles(_parcels(order)[0]) == []


def test_refused_parcel_is_told_and_the_other_released_without_undo(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    order = stub.add_order(_ORDER, parcels=2)
    for number in range(10):
        stub.add_hold(_parcels(order)[1], f"other-{number}", ours=True)
    with pytest.raises(PlatformRefused):
        adapter.hold(_REF, _MARK)
    assert _handles(_parcels(order)[0]) == ["shopguard"]
    adapter.release(_REF, {}, replace(_MARK, text=""))
    assert _handles(_parcels(order)[0]) == []
    assert len(_handles(_parcels(order)[1])) == 10


def test_tag_that_fails_for_a_while_is_tried_again(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.add_order(_ORDER)
    stub.fail_after(3, 503)
    with pytest.raises(TemporaryFailure):
        adapter.hold(_REF, _MARK)


def test_release_names_our_hold_and_leaves_those_of_others(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    (parcel,) = _parcels(order)
    stub.add_hold(parcel, "stock", ours=False)
    stub.add_hold(parcel, "shopguard", ours=False)  # another app that uses our word
    stub.add_hold(parcel, "pre-order", ours=True)
    undo = adapter.hold(_REF, _MARK)
    ours = parcel["fulfillmentHolds"][-1]["id"]
    adapter.release(_REF, undo, _MARK)
    assert _handles(parcel) == ["stock", "shopguard", "pre-order"]
    assert stub.calls_of("fulfillmentOrderReleaseHold") == [{"id": parcel["id"], "holdIds": [ours]}]


def test_release_after_staff_released_touches_no_other_hold(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    (parcel,) = _parcels(order)
    undo = adapter.hold(_REF, _MARK)
    parcel["fulfillmentHolds"].clear()
    stub.add_hold(parcel, "stock", ours=False)
    adapter.release(_REF, undo, _MARK)
    assert _handles(parcel) == ["stock"]


def test_release_finds_the_hold_of_a_parcel_that_was_split_off(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    undo = adapter.hold(_REF, _MARK)
    split = stub.add_parcel(_REF.order_id)
    stub.add_hold(split, "shopguard", ours=True)
    adapter.release(_REF, undo, _MARK)
    assert [_handles(parcel) for parcel in _parcels(order)] == [[], []]


def test_release_swaps_our_tag_and_keeps_the_shops(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    order["tags"].append("VIP")
    adapter.release(_REF, adapter.hold(_REF, _MARK), _MARK)
    assert order["tags"] == ["VIP", "ShopGuard確認済み"]


def test_silent_release_only_takes_away(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.release(_REF, adapter.hold(_REF, _MARK), replace(_MARK, text=""))
    assert order["tags"] == []


def test_label_with_commas_stays_one_tag(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.flag(_REF, replace(_MARK, label="A,B、C"))
    assert order["tags"] == ["ABC要確認"]


def test_flag_shows_the_text_in_the_risk_panel_and_holds_nothing(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.flag(_REF, _MARK)
    assert order["risk"]["assessments"] == [{"riskLevel": "MEDIUM", "facts": [{"description": _MARK.text}]}]
    assert order["tags"] == ["ShopGuard要確認"]
    assert _handles(_parcels(order)[0]) == []


def test_long_text_is_flagged_once_although_shopify_cuts_it(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    long = replace(_MARK, text="長" * 300)
    adapter.flag(_REF, long)
    adapter.flag(_REF, long)
    assert [len(a["facts"][0]["description"]) for a in order["risk"]["assessments"]] == [256]


def test_flag_without_text_is_a_tag_alone(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.flag(_REF, replace(_MARK, text=""))
    assert order["risk"]["assessments"] == []


def test_cancel_is_done_once_and_gives_no_crime_as_reason(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    order = stub.add_order(_ORDER)
    adapter.cancel(_REF, _MARK)
    adapter.cancel(_REF, _MARK)
    assert order["cancelledAt"]
    assert stub.calls_of("orderCancel") == [
        {
            "orderId": "gid://shopify/Order/5550001112223",
            "reason": "OTHER",
            "restock": True,
            "notifyCustomer": False,
            "staffNote": _MARK.text,
            "refundMethod": {"originalPaymentMethodsRefund": True},
        }
    ]


def test_shipped_order_is_not_cancelled(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    stub.add_order({**_ORDER, "displayFulfillmentStatus": "FULFILLED"})
    with pytest.raises(PlatformRefused) as refusal:
        adapter.cancel(_REF, _MARK)
    assert refusal.value.code == "INVALID"


def test_flag_on_an_unknown_order_is_refused(adapter: ShopifyAdapter) -> None:
    with pytest.raises(PlatformRefused):
        adapter.flag(_REF, _MARK)


def test_hold_on_an_unknown_order_says_it_is_gone(adapter: ShopifyAdapter) -> None:
    with pytest.raises(OrderGone):
        adapter.hold(_REF, _MARK)


def test_gate_of_the_shop_is_left_alone(adapter: ShopifyAdapter) -> None:
    with pytest.raises(ActionUnsupported):
        adapter.clear_gate(_REF, "OPEN")
