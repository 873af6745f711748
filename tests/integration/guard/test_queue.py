"""What waits for a person: in which order, by which filters, found by what, and what became of it."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from shopguard.config import ShippingSettings
from shopguard.errors import ActionUnsupported, TemporaryFailure
from shopguard.guard.presence import PRESENT_S, Presence
from shopguard.guard.queue import Filter, Queue
from shopguard.guard.reviews import ReviewState
from shopguard.model import OrderRef, Party, Stage, VerdictKind
from shopguard.storage.tables import account, note

EVERYTHING = Filter()
SHOP = "main-store"
REF = OrderRef(SHOP, "1")
DAY_S = 86_400.0


@pytest.fixture
def queue(house):
    return Queue(house.engine, house.keyring)


def ids(rows):
    return [row.review.ref.order_id for row in rows]


def fill(house, bad, count):
    for number in range(1, count + 1):
        house.take(replace(bad, id=str(number), number=f"#{number}"))
        house.clock.pass_by(60)


def test_who_waits_longest_comes_first_and_what_has_shipped_comes_last(house, queue, bad):
    house.take(replace(bad, id="shipped", stage=Stage.SHIPPED))
    house.clock.pass_by(60)
    fill(house, bad, 3)
    assert ids(queue.page(EVERYTHING, 10).rows) == ["1", "2", "3", "shipped"]


def test_what_ships_next_comes_first_among_orders_of_which_nobody_knows(build, queue, bad):
    house = build(shipping=ShippingSettings(time(15), 1))
    placed = house.clock.now
    for days in (0, -5, 3):
        house.take(replace(bad, id=f"ships in {days + 1}", placed_at=placed + timedelta(days=days)))
    house.shops[SHOP] = replace(house.shops[SHOP], settings=replace(house.shops[SHOP].settings, shipping=None))
    house.clock.pass_by(2 * DAY_S)
    house.take(replace(bad, id="nobody knows"))
    assert ids(queue.page(EVERYTHING, 10).rows) == ["ships in -4", "ships in 1", "nobody knows", "ships in 4"]


def test_orders_that_ship_together_come_by_age_and_each_on_one_page(build, queue, bad):
    house = build(shipping=ShippingSettings(time(15), 1))
    placed = house.clock.now
    for number in (3, 1, 2):
        house.take(replace(bad, id=str(number), placed_at=placed))
        house.clock.pass_by(60)
    first = queue.page(EVERYTHING, 2)
    second = queue.page(EVERYTHING, 2, after=first.after)
    assert (ids(first.rows), ids(second.rows)) == (["3", "1"], ["2"])
    assert first.rows[0].review.ship_by == first.rows[1].review.ship_by == first.rows[0].review.look_by
    assert ids(queue.page(EVERYTHING, 2, before=second.before).rows) == ["3", "1"]


def test_pages_follow_each_other_both_ways_without_gap_or_repeat(house, queue, bad):
    fill(house, bad, 7)
    first = queue.page(EVERYTHING, 3)
    second = queue.page(EVERYTHING, 3, after=first.after)
    third = queue.page(EVERYTHING, 3, after=second.after)
    assert [ids(page.rows) for page in (first, second, third)] == [["1", "2", "3"], ["4", "5", "6"], ["7"]]
    assert (first.before, third.after) == (None, None)
    again = queue.page(EVERYTHING, 3, before=third.before)
    assert ids(again.rows) == ["4", "5", "6"]
    back = queue.page(EVERYTHING, 3, before=again.before)
    assert (ids(back.rows), back.before) == (["1", "2", "3"], None)


def test_a_page_that_is_just_full_has_no_next_one(house, queue, bad):
    fill(house, bad, 3)
    assert queue.page(EVERYTHING, 3).after is None


def test_orders_that_wait_since_the_same_moment_are_each_on_one_page(house, queue, bad):
    house.take(*(replace(bad, id=str(number)) for number in range(1, 6)))
    first = queue.page(EVERYTHING, 2)
    second = queue.page(EVERYTHING, 2, after=first.after)
    third = queue.page(EVERYTHING, 2, after=second.after)
    assert sorted(ids([*first.rows, *second.rows, *third.rows])) == ["1", "2", "3", "4", "5"]


def test_an_order_comes_with_what_is_known_of_it(house, queue, bad):
    house.take(bad)
    (row,) = queue.page(EVERYTHING, 10).rows
    assert (row.order.buyer, row.verdict.kind, row.review.hold_state) == (bad.buyer, VerdictKind.HOLD, "confirmed")
    house.writer.run(house.store.erase(REF))
    (row,) = queue.page(EVERYTHING, 10).rows
    assert (row.order, row.verdict, row.review.number) == (None, None, "#1001")


def test_filters_leave_what_they_say(house, queue, bad, possible):
    house.take(bad)
    house.clock.pass_by(3_600)
    house.take(replace(possible, id="2"))
    with house.engine.begin() as connection:
        connection.execute(note.insert(), {**row_of_note("2"), "by": "sato"})
    assert ids(queue.page(Filter(verdict=VerdictKind.FLAG), 10).rows) == ["2"]
    assert ids(queue.page(Filter(before=house.now() - 60), 10).rows) == ["1"]
    assert ids(queue.page(Filter(noted_by="sato"), 10).rows) == ["2"]
    assert ids(queue.page(Filter(shops=frozenset({"other"})), 10).rows) == []
    assert queue.count(Filter(shops=frozenset({"main-store"}))) == 2
    assert queue.counts() == {("main-store", VerdictKind.HOLD): 1, ("main-store", VerdictKind.FLAG): 1}
    assert queue.counts(frozenset({"other"})) == {}


def row_of_note(order_id):
    return {"shop": "main-store", "order_id": order_id, "at": 1.0, "sealed": b"x"}


@pytest.mark.parametrize(
    "text",
    [
        "#1001",
        "1001",
        "渡邊",
        "渡辺太郎",
        "渡邊　太郎",
        "09000001111",
        "TARO@example",
        "芝公園４－２－８",
        "105-0011",
    ],
)
def test_an_order_is_found_by_what_stands_on_it_however_it_is_typed(house, queue, bad, clean, text):
    house.take(bad, replace(clean, id="2", number="#2"))
    assert ids(queue.search(EVERYTHING, text, 10)) == ["1"]


@pytest.mark.parametrize("text", ["", "  ", "--", "nobody", "1001渡邊", "0", "jp"])
def test_nothing_is_found_by_what_stands_nowhere(house, queue, bad, text):
    house.take(bad)
    assert queue.search(EVERYTHING, text, 10) == []


def test_a_recipient_is_found_too_and_what_was_decided_is_not(house, queue, bad):
    house.take(replace(bad, recipients=(Party(name="贈答 次子"),)))
    assert ids(queue.search(EVERYTHING, "贈答次子", 10)) == ["1"]
    house.release()
    assert queue.search(EVERYTHING, "贈答次子", 10) == []


def test_a_search_ends_at_its_limit_and_keeps_to_the_filters(house, queue, bad):
    fill(house, bad, 3)
    assert ids(queue.search(EVERYTHING, "渡邊", 2)) == ["1", "2"]
    assert queue.search(Filter(verdict=VerdictKind.FLAG), "渡邊", 2) == []


def test_the_next_order_is_the_one_behind_and_after_the_last_the_first(house, queue, bad):
    fill(house, bad, 3)
    rows = queue.page(EVERYTHING, 3).rows
    assert queue.next_after(EVERYTHING, rows[0].place).order_id == "2"
    assert queue.next_after(EVERYTHING, rows[2].place).order_id == "1"
    for number in "123":
        house.release(number)
    assert queue.next_after(EVERYTHING, rows[0].place) is None


def test_what_was_decided_is_told_with_what_the_shop_made_of_it(house, queue, bad):
    house.take(bad)
    began = house.now()
    house.clock.pass_by(1)
    house.release()
    (told,) = queue.decided_since(None, began)
    assert (told.ref, told.number, told.state, told.by) == (REF, "#1001", ReviewState.RELEASED, "operator")
    assert told.effect == "intended"
    house.work()
    assert queue.decided(REF).effect == "confirmed"
    assert queue.decided_since(None, house.now()) == []
    assert queue.decided_since(frozenset({"other"}), began) == []


def test_of_an_order_that_waits_nothing_is_told(house, queue, bad):
    house.take(bad)
    assert queue.decided(REF) is None
    assert queue.decided(OrderRef("main-store", "nowhere")) is None


def test_how_many_came_since_and_how_many_were_judged(house, queue, bad, clean):
    house.take(bad)
    began = house.now()
    house.clock.pass_by(1)
    house.take(replace(clean, id="2"), replace(bad, id="3"))
    assert queue.opened_since(EVERYTHING, began) == 1
    day = queue.judged_since(None, began + 0.5)
    assert (day.judged, day.passed) == (2, 1)
    assert queue.judged_since(frozenset({"other"}), began).judged == 0


# --- a release that failed


def test_an_order_that_the_platform_does_not_let_go_waits_again_with_the_cause(house, queue, bad):
    house.take(bad)
    house.platform.fail(ActionUnsupported("order 1 was archived"))
    house.release()
    house.settle()
    (row,) = queue.page(EVERYTHING, 10).rows
    assert (row.review.state, row.review.effect_error) == (ReviewState.OPEN, "order 1 was archived")


def test_a_release_that_failed_is_tried_again_by_pressing_again(house, queue, bad):
    house.take(bad)
    house.platform.fail(ActionUnsupported("order 1 was archived"))
    house.release()
    house.settle()
    assert house.release().releases_hold
    house.settle()
    assert (house.done(), house.platform.held, house.review_state()) == (["hold", "release"], set(), "released")
    assert queue.decided(REF).effect == "confirmed"


def test_a_release_that_is_given_up_waits_again(build, bad):
    house = build(attempts=1)
    house.take(bad)
    house.platform.fail(TemporaryFailure("busy"))
    house.release()
    house.settle()
    assert house.review_state() == "open"


# --- decided meanwhile


@pytest.mark.parametrize("act", ["release", "keep"])
def test_a_decision_on_what_somebody_else_decided_meanwhile_does_nothing(house, bad, act):
    house.take(bad)
    house.reviews.keep(REF, "sato")
    made = getattr(house.reviews, act)(REF, "operator", looked_at=1)
    house.settle()
    assert (made.overtaken, made.changed, made.state) == (True, False, ReviewState.KEPT)
    assert (house.done(), house.review().decided_by) == (["hold"], "sato")


def test_a_decision_on_an_older_verdict_does_nothing(house, bad):
    house.take(bad, replace(bad, total=bad.total * 2))
    assert house.reviews.release(REF, "operator", looked_at=1).overtaken
    assert house.review_state() == "open"
    assert not house.reviews.release(REF, "operator", looked_at=house.review().generation).overtaken


# --- who looks


@pytest.fixture
def presence(house):
    with house.engine.begin() as connection:
        for number, name in enumerate(("sato", "suzuki"), start=1):
            row = {"id": number, "name": name, "shown": name.title(), "roles": "operator", "made_at": 1.0}
            connection.execute(account.insert(), row)
    return Presence(house.engine, house.writer, house.now)


def test_others_see_who_has_an_order_open_and_nobody_sees_themselves(presence):
    presence.look_at(REF, 1)
    assert presence.others(2) == {REF: ["Sato"]}
    assert presence.others(1) == {}


def test_who_opens_another_order_has_closed_the_one_before(presence):
    presence.look_at(REF, 1)
    other = OrderRef("main-store", "2")
    presence.look_at(other, 1)
    assert presence.others(2) == {other: ["Sato"]}


def test_who_says_nothing_for_a_while_has_gone(house, presence):
    presence.look_at(REF, 1)
    house.clock.pass_by(PRESENT_S - 1)
    assert presence.others(2) == {REF: ["Sato"]}
    presence.look_at(REF, 1)
    house.clock.pass_by(PRESENT_S - 1)
    assert presence.others(2) == {REF: ["Sato"]}
    house.clock.pass_by(2)
    assert presence.others(2) == {}


def test_both_databases_page_and_search(either_house, bad):
    house, queue = either_house, Queue(either_house.engine, either_house.keyring)
    fill(house, bad, 3)
    first = queue.page(EVERYTHING, 2)
    assert ids(queue.page(EVERYTHING, 2, after=first.after).rows) == ["3"]
    assert ids(queue.search(EVERYTHING, "#2", 5)) == ["2"]
    house.release("2")
    house.work()
    assert queue.decided(OrderRef("main-store", "2")).effect == "confirmed"
    assert (queue.count(EVERYTHING), queue.judged_since(None, 0.0).judged) == (2, 3)
    with house.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(note)).scalar() == 0
