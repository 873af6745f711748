"""An entry that this installation's own registry takes in after an order was judged: from the load to the shop."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from shopguard.model import Order, OrderRef, Stage

if TYPE_CHECKING:
    from .conftest import Desk

LATER = {
    "id": "E-2",
    "category": "cod_refused",
    "party": {"name": "見本花子", "phones": ["+81 90 0000 0002"], "emails": ["hanako@example.com"]},
    "reporters": 2,
    "first_on": "2026-10-01",
    "last_on": "2026-10-02",
}


def reviews(desk: "Desk") -> dict[str, tuple[str, str, set[str]]]:
    listed = json.loads(desk.run("reviews", "--json").stdout)
    return {r["order_id"]: (r["verdict"], r["stage"], {reason["code"] for reason in r["reasons"]}) for r in listed}


def test_open_order_is_held_and_shipped_one_shown_when_their_buyer_is_listed(desk: "Desk", good_order: Order) -> None:
    shipped = replace(good_order, id="5003", stage=Stage.SHIPPED)
    desk.receive(good_order, shipped)
    desk.work()
    assert (desk.platform.held, reviews(desk)) == (set(), {})
    desk.load(LATER)
    desk.work()
    desk.work()
    assert desk.platform.held == {"5002"}
    seen = reviews(desk)
    assert seen["5002"] == ("hold", "open", {"strong_match", "listed_later"})
    assert seen["5003"] == ("hold", "shipped", {"strong_match", "listed_later", "already_shipped"})


def test_entry_that_concerns_nobody_changes_nothing(desk: "Desk", good_order: Order) -> None:
    desk.receive(good_order)
    desk.work()
    desk.load({**LATER, "party": {"name": "田中 四郎", "phones": ["090-0000-9999"]}})
    desk.work()
    with desk.opened() as installation:
        history = installation.store.history(OrderRef("main-store", good_order.id))
    assert (reviews(desk), [judged.asked for judged in history]) == ({}, [1])


def test_entry_that_is_served_again_is_noticed_like_a_new_one(desk: "Desk", good_order: Order) -> None:
    desk.load(LATER)
    desk.run("registry", "block", "E-2")
    desk.receive(good_order)
    desk.work()
    assert desk.platform.held == set()
    assert desk.run("registry", "unblock", "E-2").exit_code == 0
    desk.work()
    desk.work()
    assert desk.platform.held == {"5002"}
