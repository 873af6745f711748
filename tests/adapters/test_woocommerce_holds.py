"""What ShopGuard writes onto a WooCommerce order, and what it leaves alone."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from shopguard.errors import ActionUnsupported, PlatformRefused, TemporaryFailure
from tests.adapters.woocommerce_shop import MARK, ORDER, SETTINGS, built, simulated_shop

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
