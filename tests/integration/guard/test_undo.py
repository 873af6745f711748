"""Taking a decision back: the order waits again at its old place, and what was let go is held again."""

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shopguard.errors import TemporaryFailure
from shopguard.guard.undo import UNDO_S, Undoing
from shopguard.model import OrderRef, Stage
from shopguard.storage.tables import audit

REF = OrderRef("main-store", "1")


@pytest.fixture
def undo(house):
    undoing = Undoing(house.writer, house.now)
    return lambda actor="operator": undoing.undo(REF, actor)


def test_a_release_that_nobody_has_sent_is_forgotten_and_the_hold_stands(house, bad, undo):
    house.take(bad)
    house.release()
    assert undo()
    house.settle()
    assert (house.done(), house.platform.held, house.review_state()) == (["hold"], {"1"}, "open")
    assert house.states_of() == [("hold", "confirmed")]


def test_a_release_that_was_carried_out_is_followed_by_a_new_hold(house, bad, undo):
    house.take(bad)
    house.release()
    house.work()
    assert undo()
    house.settle()
    assert (house.done(), house.platform.held) == (["hold", "release", "hold"], {"1"})
    assert house.planned()[0].text == house.planned()[-1].text


def test_the_order_waits_where_it_waited_before(house, bad, undo):
    house.take(bad)
    before = house.review().opened_at
    house.clock.pass_by(20)
    house.release()
    house.work()
    undo()
    assert (house.review().opened_at, house.review().decided_by) == (before, None)


def test_an_order_that_waits_again_can_be_released_again(house, bad, undo):
    house.take(bad)
    house.release()
    house.work()
    undo()
    house.work()
    assert house.release().releases_hold
    house.settle()
    assert (house.done(), house.platform.held) == (["hold", "release", "hold", "release"], set())


def test_a_release_under_way_is_finished_before_the_new_hold(house, bad, undo):
    house.take(bad)
    house.platform.fail(TemporaryFailure("busy", 60))
    house.release()
    house.work()
    assert undo()
    house.settle()
    assert house.done() == ["hold", "release", "hold"]


def test_a_hold_that_was_called_off_is_placed_after_all(build, bad):
    house = build(rate_per_s=0.01)
    house.take(replace(bad, id="0"), bad)
    house.release()
    assert house.states_of() == [("hold", "cancelled")]
    assert Undoing(house.writer, house.now).undo(REF, "operator")
    house.settle()
    assert (house.done(), house.platform.held) == (["hold"], {"0", "1"})


def test_the_next_verdict_still_holds_after_a_hold_that_was_placed_again(house, bad, undo):
    house.take(bad)
    house.release()
    house.work()
    undo()
    house.work()
    house.release()
    house.work()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, total=Decimal(9_000)))
    assert house.platform.held == {"1"}


def test_what_was_kept_waits_again_and_its_hold_is_left_alone(house, bad, undo):
    house.take(bad)
    house.reviews.keep(REF, "operator")
    assert undo()
    house.settle()
    assert (house.done(), house.review_state()) == (["hold"], "open")


def test_an_order_that_was_only_flagged_is_not_held_by_undoing(house, possible, undo):
    house.take(possible)
    house.release()
    assert undo()
    house.settle()
    assert (house.done(), house.review_state()) == (["flag"], "open")


def test_a_flagged_order_whose_hold_ended_before_is_not_held_by_undoing(house, bad, possible, undo):
    house.take(bad)
    house.release()
    house.work()
    house.clock.pass_by(60)
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(possible)
    assert house.review_state() == "open"
    house.clock.pass_by(60)
    house.release()
    undo()
    house.settle()
    assert house.platform.held == set()


def test_only_who_decided_takes_it_back(house, bad, undo):
    house.take(bad)
    house.release()
    assert not undo("somebody else")
    assert house.review_state() == "released"


def test_it_can_be_too_late(house, bad, undo):
    house.take(bad)
    house.release()
    house.clock.pass_by(UNDO_S + 1)
    assert not undo()


def test_nothing_is_taken_back_twice(house, bad, undo):
    house.take(bad)
    house.release()
    house.work()
    assert undo()
    assert not undo()
    house.settle()
    assert house.done() == ["hold", "release", "hold"]


@pytest.mark.parametrize("stage", [Stage.SHIPPED, Stage.CLOSED], ids=str)
def test_an_order_that_the_shop_has_shipped_or_cancelled_is_left_alone(house, bad, undo, stage):
    house.take(bad)
    house.release()
    house.work()
    house.take(replace(bad, stage=stage))
    assert not undo()
    assert house.review_state() == "released"


def test_who_took_what_back_is_on_record(house, bad, undo):
    house.take(bad)
    house.release()
    undo()
    with house.engine.connect() as connection:
        lines = connection.execute(
            sa.select(audit.c.actor, audit.c.action, audit.c.detail).order_by(audit.c.id)
        ).all()
    assert [tuple(line) for line in lines] == [("operator", "release", ""), ("operator", "undo", "released")]


def test_both_databases_hold_again(either_house, bad):
    house = either_house
    house.take(bad)
    house.release()
    house.work()
    assert Undoing(house.writer, house.now).undo(REF, "operator")
    house.settle()
    assert house.done() == ["hold", "release", "hold"]
