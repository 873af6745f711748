"""A buyer is asked to pay first: the order waits for the money, out of the way, and comes up again in time."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.guard.prepaying import REMIND_S, Prepaying
from shopguard.guard.queue import Filter, Queue
from shopguard.model import OrderRef, Stage
from shopguard.storage.tables import audit

REF = OrderRef("main-store", "1")
EVERYTHING = Filter()


@pytest.fixture
def prepaying(house):
    return Prepaying(house.writer, house.now)


@pytest.fixture
def queue(house):
    return Queue(house.engine, house.keyring)


def ids(queue, wanted=EVERYTHING):
    return [row.review.ref.order_id for row in queue.page(wanted, 10).rows]


def times_asked(house):
    query = sa.select(sa.func.count()).where(audit.c.action == "ask_prepayment")
    with house.engine.connect() as connection:
        return connection.execute(query).scalar_one()


def test_an_order_whose_buyer_was_asked_waits_behind_the_others_until_the_money_should_be_here(
    house, bad, prepaying, queue
):
    house.take(bad, replace(bad, id="2"))
    assert prepaying.asked(REF, "sato", looked_at=1).changed
    assert ids(queue) == ["2", "1"]
    assert ids(queue, Filter(asked=True)) == ["1"]
    house.clock.pass_by(REMIND_S - 3_600)
    house.take(replace(bad, id="3"))
    assert ids(queue) == ["2", "1", "3"]
    assert (house.review().asked_at, house.review_state()) == (house.now() - REMIND_S + 3_600, "open")


def test_an_order_that_was_left_on_hold_waits_again_for_the_money(house, bad, prepaying, queue):
    house.take(bad)
    house.reviews.keep(REF, "sato")
    assert ids(queue) == []
    prepaying.asked(REF, "sato")
    assert ids(queue) == ["1"]
    assert house.review().decided_by is None
    assert house.platform.held == {"1"}


def test_asking_twice_at_once_is_asking_once_and_later_it_is_a_reminder(house, bad, prepaying):
    house.take(bad)
    prepaying.asked(REF, "sato")
    assert not prepaying.asked(REF, "sato").overtaken
    assert times_asked(house) == 1
    house.clock.pass_by(REMIND_S)
    prepaying.asked(REF, "sato")
    assert times_asked(house) == 2
    assert house.review().look_by == house.now() + REMIND_S


def test_that_the_buyer_was_asked_is_still_known_when_the_order_is_judged_anew(house, bad, clean, prepaying):
    house.take(bad)
    prepaying.asked(REF, "sato")
    asked_at = house.now()
    house.clock.pass_by(3_600)
    house.take(replace(bad, total=bad.total + 1))
    assert (house.review().asked_at, house.review().opened_at) == (asked_at, house.now())
    assert house.review().look_by < house.now() + REMIND_S


def test_nothing_is_asked_of_an_order_that_was_decided_or_changed_meanwhile_or_never_waited(house, bad, prepaying):
    assert prepaying.asked(REF, "sato").overtaken
    house.take(bad, replace(bad, id="2"), replace(bad, id="3"))
    house.release()
    assert prepaying.asked(REF, "sato").overtaken
    assert house.review_state() == "released"
    assert prepaying.asked(OrderRef("main-store", "2"), "sato", looked_at=7).overtaken
    house.take(replace(bad, id="3", stage=Stage.SHIPPED))
    assert prepaying.asked(OrderRef("main-store", "3"), "sato").overtaken
    assert times_asked(house) == 0
