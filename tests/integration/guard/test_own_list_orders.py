"""The shop's own list: what follows for an order when its buyer or who receives it is on it."""

from dataclasses import replace

import pytest

from shopguard.config import PolicySettings, SignalEffect, SignalSettings
from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.model import Party, Payment, PaymentKind, Relation, VerdictKind

from .own_people import ALLOWED, HANAKO, SHOP, WATCHED, order_of


def test_an_order_of_somebody_to_watch_is_flagged_and_not_held(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.verdict().kind is VerdictKind.FLAG
    assert house.reasons() == {"no_match", "signal_own_list"}
    assert house.done() == ["flag"]


def test_it_is_flagged_whatever_the_way_of_paying(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO, payment=Payment(PaymentKind.CARD)))
    assert house.verdict().kind is VerdictKind.FLAG


def test_a_shop_may_choose_to_see_it_only(build):
    house = build(policy=PolicySettings(signals=SignalSettings(own_list=SignalEffect.SHOW)))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.verdict().kind is VerdictKind.ALLOW
    assert "signal_own_list" in house.reasons()


def test_a_match_of_the_registry_still_holds_beside_it(house, bad):
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, bad.buyer, "x"), "clerk")
    house.take(bad)
    assert house.verdict().kind is VerdictKind.HOLD
    assert {"strong_match", "signal_own_list"} <= house.reasons()


def test_an_order_of_somebody_allowed_is_let_go_whatever_the_registry_says(house, bad):
    house.own_list.add(SHOP, OwnPerson(OwnKind.ALLOW, bad.buyer, ""), "clerk")
    house.take(bad)
    assert house.verdict().kind is VerdictKind.ALLOW
    assert house.reasons() == {"allow_listed"}


def test_allowed_wins_over_watched(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, ALLOWED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"allow_listed"}


def test_the_allow_list_of_the_settings_counts_as_well(build):
    house = build(allow_list=(HANAKO,))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"allow_listed"}


def test_a_list_is_of_one_shop(house):
    house.own_list.add("other-shop", WATCHED, "clerk")
    house.take(order_of(HANAKO))
    assert house.reasons() == {"no_match"}


# --- and for those who receive it -----------------------------------------------------------------------------------

FRIEND = Party(name="佐藤 次郎", phones=("080-0000-4444",))
HOME = replace(HANAKO, phones=(), emails=())


def told(house) -> list[tuple[str, set[str]]]:
    """Whom the verdict names of the own list: as which person of the order, and which details agree."""
    return [
        (match.party, {item.field for item in match.comparison.evidence if item.relation is Relation.SAME})
        for match in house.verdict().own
    ]


@pytest.mark.parametrize(
    ("recipient", "agree"),
    [
        (HOME, {"name", "address"}),
        (Party(name="鈴木 一郎", phones=HANAKO.phones), {"phone"}),
        (replace(HOME, phones=HANAKO.phones), {"name", "address", "phone"}),
        (replace(HOME, name="鈴木 一郎"), None),
        (Party(name="見本 花子"), None),
    ],
)
def test_an_order_for_somebody_to_watch_is_flagged_and_says_what_agrees(house, clean, recipient, agree):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(replace(clean, recipients=(recipient,)))
    assert house.verdict().kind is (VerdictKind.FLAG if agree else VerdictKind.ALLOW)
    assert house.reasons() == ({"no_match", "signal_own_list_recipient"} if agree else {"no_match"})
    assert told(house) == ([("recipient", agree)] if agree else [])


def test_each_person_of_an_order_is_named_with_what_agrees(house):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, FRIEND, "x"), "clerk")
    other = Party(name="鈴木 一郎", phones=("080-0000-9999",))
    house.take(order_of(replace(FRIEND, name="別 人"), recipients=(other, HOME)))
    assert told(house) == [("buyer", {"phone"}), ("recipient 2", {"name", "address"})]
    assert {"signal_own_list", "signal_own_list_recipient"} <= house.reasons()


def test_a_customer_known_to_be_fine_may_send_to_anybody(house, clean):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.ALLOW, clean.buyer), "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert house.verdict().kind is VerdictKind.ALLOW
    assert (house.reasons(), told(house)) == ({"allow_listed"}, [])


@pytest.mark.parametrize("in_settings", [True, False])
def test_a_recipient_known_to_be_fine_is_not_flagged_and_speaks_for_no_buyer(build, clean, bad, in_settings):
    house = build(allow_list=(HANAKO,)) if in_settings else build()
    house.own_list.add(SHOP, WATCHED, "clerk")
    if not in_settings:
        house.own_list.add(SHOP, ALLOWED, "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert (house.reasons(), told(house)) == ({"no_match"}, [])
    house.take(replace(bad, id="2", recipients=(HANAKO,)))
    assert house.verdict("2").kind is VerdictKind.HOLD


def test_a_shop_that_ignores_its_list_is_told_nothing_of_it(build, clean):
    house = build(policy=PolicySettings(signals=SignalSettings(own_list=SignalEffect.IGNORE)))
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.take(replace(clean, recipients=(HANAKO,)))
    assert (house.reasons(), told(house)) == ({"no_match"}, [])


def test_a_release_covers_whom_it_was_sent_to_and_nobody_else_on_the_list(house, clean):
    house.own_list.add(SHOP, WATCHED, "clerk")
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, FRIEND, "x"), "clerk")
    order = replace(clean, recipients=(HANAKO,))
    house.take(order)
    house.release()
    house.take(replace(order, total=order.total + 1))
    assert house.verdict().kind is VerdictKind.ALLOW
    house.take(replace(order, recipients=(FRIEND,)))
    assert house.verdict().kind is VerdictKind.FLAG


def test_a_released_order_is_let_go_until_its_buyer_is_put_on_the_list(house, possible):
    house.take(possible)
    house.release()
    house.take(replace(possible, total=possible.total + 1))
    assert house.verdict().kind is VerdictKind.ALLOW
    house.own_list.add(SHOP, OwnPerson(OwnKind.WATCH, possible.buyer, "x"), "clerk")
    house.take(replace(possible, total=possible.total + 2))
    assert house.verdict().kind is VerdictKind.FLAG
