"""What a person decides: release takes exactly our hold away, keep leaves it, each pressed once or twice."""

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shopguard.errors import ActionUnsupported, OrderGone, PlatformRefused, TemporaryFailure
from shopguard.model import Category, Entry, OrderRef, Stage
from shopguard.storage.tables import audit
from shopguard.testing.fakes import FakePlatform

REF = OrderRef("main-store", "1")


def actions(house):
    with house.engine.connect() as connection:
        return list(connection.execute(sa.select(audit.c.action).order_by(audit.c.id)).scalars())


class Remembering(FakePlatform):
    """Keeps what it was told to restore."""

    undone: tuple = ()

    def hold(self, ref, mark):
        super().hold(ref, mark)
        return {"status": "processing"}

    def release(self, ref, undo, mark):
        super().release(ref, undo, mark)
        self.undone += ((dict(undo), mark.text),)


def test_release_restores_what_stood_before_the_hold(build, bad):
    house = build(platform=Remembering)
    house.take(bad)
    decision = house.release()
    house.work()
    assert decision.releases_hold
    assert house.platform.undone == (({"status": "processing"}, "ShopGuard: checked"),)
    assert house.platform.held == set()
    assert house.review_state() == "released"
    assert house.review().decided_by == "operator"


def test_release_pressed_twice_releases_once(house, bad):
    house.take(bad)
    assert house.release().changed
    second = house.release()
    house.work()
    house.release()
    house.work()
    assert not second.changed
    assert house.done() == ["hold", "release"]
    assert actions(house) == ["release"]


def test_release_before_the_hold_was_sent_calls_it_off(build, bad):
    house = build(rate_per_s=0.01)
    house.take(replace(bad, id="0"), bad)
    assert house.states_of() == [("hold", "intended")]
    assert house.release().releases_hold
    house.settle()
    assert house.states_of() == [("hold", "cancelled")]
    assert house.done() == []


def test_release_while_the_hold_is_under_way_waits_for_it(build, bad):
    house = build(platform=Remembering)
    house.send(bad)
    pressed = []

    def press_in_the_middle(ref, mark):
        pressed.append(house.release())
        house.work("second worker")
        return Remembering.hold(house.platform, ref, mark)

    house.platform.hold = press_in_the_middle
    house.work()
    house.settle()
    assert house.done() == ["hold", "release"]
    assert house.platform.undone == (({"status": "processing"}, "ShopGuard: checked"),)


def test_release_while_the_hold_is_under_way_ends_its_attempts_when_it_fails(house, bad):
    house.send(bad)

    def press_in_the_middle(ref, mark):
        house.release()
        raise TemporaryFailure("busy", 3_600)

    house.platform.hold = press_in_the_middle
    house.work()
    del house.platform.hold
    house.settle()
    assert [state for _, state in house.states_of()] == ["cancelled", "confirmed"]
    assert house.platform.held == set()
    assert "hold" not in house.done()


def test_release_while_the_hold_is_being_tried_again_does_not_wait_for_it(house, bad):
    house.platform.lose_answer(TemporaryFailure("cut off", 3_600))
    house.take(bad)
    assert (house.states_of(), house.platform.held) == ([("hold", "intended")], {"1"})
    house.release()
    house.work()
    assert house.platform.held == set()
    house.settle()
    assert house.done() == ["hold", "release"]


def test_release_after_the_hold_was_given_up_takes_away_what_may_stand(build, bad):
    house = build(attempts=2)
    house.platform.lose_answer(TemporaryFailure("cut off"))
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad)
    house.settle()
    assert (house.states_of(), house.platform.held) == ([("hold", "failed")], {"1"})
    assert house.release().releases_hold
    house.settle()
    assert house.platform.held == set()


class InTwoCalls(FakePlatform):
    """Takes two calls for a hold: the first is carried out, the second fails as told."""

    error: Exception = PlatformRefused("the second call was refused")

    def hold(self, ref, mark):
        super().hold(ref, mark)
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        PlatformRefused("refused"),
        ActionUnsupported("not this parcel"),
        TemporaryFailure("busy", 3_600),
        KeyError("id"),
    ],
    ids=repr,
)
def test_release_takes_away_what_a_hold_that_was_sent_once_may_have_left(build, bad, error):
    house = build(platform=InTwoCalls)
    house.platform.error = error
    house.take(bad)
    assert house.platform.held == {"1"}
    assert house.release().releases_hold
    house.work()
    assert house.platform.held == set()
    house.settle()
    assert [state for verb, state in house.states_of() if verb == "hold"] == ["cancelled"]


def test_given_up_hold_is_not_tried_again_after_the_release(build, bad):
    house = build(attempts=1)
    house.platform.fail(TemporaryFailure("busy"))
    house.take(bad)
    (failed,) = house.effects.failed()
    house.release()
    house.effects.try_again([failed.id], house.now())
    house.settle()
    assert house.platform.held == set()


def test_release_of_an_order_without_a_hold_only_takes_it_off_the_list(house, possible):
    house.take(possible)
    decision = house.release()
    house.settle()
    assert (decision.changed, decision.releases_hold) == (True, False)
    assert house.done() == ["flag"]
    assert house.reviews.waiting() == []


def test_release_of_an_unknown_order_changes_nothing(house):
    assert not house.release("nowhere").changed
    assert actions(house) == []


def test_released_order_edited_with_the_same_matches_is_not_held_again(house, bad):
    house.take(bad)
    house.release()
    house.work()
    house.take(replace(bad, total=Decimal(9_000)), replace(bad, total=Decimal(20_000)))
    assert house.done() == ["hold", "release"]
    assert house.review_state() == "released"
    assert "released_before" in house.reasons()


def test_released_order_edited_to_clean_and_back_is_not_held_again(house, bad, clean):
    house.take(bad)
    house.release()
    house.work()
    house.take(clean, replace(bad, total=Decimal(9_000)))
    assert house.done() == ["hold", "release"]


def test_released_order_with_a_new_match_is_held_again(house, bad):
    house.take(bad)
    house.release()
    house.work()
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, total=Decimal(9_000)))
    assert house.done() == ["hold", "release", "hold"]
    assert house.review_state() == "open"


def test_released_order_whose_match_grew_stronger_is_held(house, possible, bad):
    house.take(possible)
    house.release()
    house.take(bad)
    assert house.done() == ["flag", "hold"]


def test_new_hold_is_not_taken_away_by_the_release_before_it(house, bad):
    house.take(bad)
    house.platform.fail(TemporaryFailure("busy", 600))
    house.release()
    house.work()  # the release waits for the platform
    house.registry.entries.append(replace(house.registry.entries[0], id="E-2"))
    house.take(replace(bad, total=Decimal(9_000)))
    house.settle()
    assert house.done() == ["hold", "release", "hold"]
    assert house.platform.held == {"1"}


def test_released_again_after_the_second_hold(house, bad):
    test_new_hold_is_not_taken_away_by_the_release_before_it(house, bad)
    assert house.release().releases_hold
    house.settle()
    assert house.platform.held == set()


def test_keep_leaves_the_hold_and_takes_the_order_off_the_list(house, bad):
    house.take(bad)
    assert house.reviews.keep(REF, "operator").changed
    house.settle()
    assert house.platform.held == {"1"}
    assert (house.review_state(), house.reviews.waiting()) == ("kept", [])
    assert not house.reviews.keep(REF, "operator").changed
    assert actions(house) == ["keep"]


def test_kept_order_can_still_be_released(house, bad):
    house.take(bad)
    house.reviews.keep(REF, "operator")
    assert house.release().releases_hold
    house.settle()
    assert house.platform.held == set()


def test_keep_after_release_changes_nothing(house, bad):
    house.take(bad)
    house.release()
    house.work()
    assert not house.reviews.keep(REF, "operator").changed
    assert house.review_state() == "released"


def test_waiting_orders_are_listed_oldest_first_with_their_numbers(house, bad):
    for number in ("3", "1", "2"):
        house.take(replace(bad, id=number, number=f"#{number}"))
        house.clock.pass_by(60)
    assert [review.number for review in house.reviews.waiting()] == ["#3", "#1", "#2"]
    assert house.reviews.count_waiting() == 3
    assert [review.hold_state for review in house.reviews.waiting()] == ["confirmed"] * 3


def test_failures_are_shown_with_the_review(house, bad):
    for number, error in (("1", OrderGone("order 1 is not here")), ("2", PlatformRefused("no permission"))):
        house.platform.fail(error)
        house.take(replace(bad, id=number))
    assert [review.effect_error for review in house.reviews.waiting()] == ["order 1 is not here", "no permission"]
    assert len(house.effects.failed()) == 2


def test_release_that_the_platform_refuses_is_a_visible_failure(house, bad):
    house.take(bad)
    house.platform.fail(ActionUnsupported("order 1 was archived"))
    house.release()
    house.settle()
    assert [(e.action.value, e.last_error) for e in house.effects.failed()] == [("release", "order 1 was archived")]


def test_review_of_an_order_cancelled_by_the_shop_is_closed_and_stays_released_if_it_was(house, bad):
    house.take(bad)
    house.release()
    house.work()
    house.take(replace(bad, stage=Stage.CLOSED))
    assert house.review_state() == "released"


@pytest.mark.parametrize("stage", [Stage.SHIPPED, Stage.CLOSED], ids=str)
def test_order_that_the_shop_ships_or_cancels_is_decided_there(house, bad, stage):
    house.take(bad, replace(bad, stage=stage))
    assert (house.review_state(), house.review().decided_by) == ("closed", "shop")
    with house.engine.connect() as connection:
        (line,) = connection.execute(sa.select(audit.c.actor, audit.c.action, audit.c.order_id, audit.c.detail))
    assert tuple(line) == ("shop", "close", "1", stage.value)


def test_order_first_seen_shipped_waits_for_a_person(house, bad):
    shipped = replace(bad, stage=Stage.SHIPPED)
    house.take(shipped, replace(shipped, note="with the parcel service"))
    assert house.review_state() == "open"
    house.take(replace(shipped, stage=Stage.CLOSED))  # and then refunded
    assert (house.review_state(), house.review().decided_by) == ("closed", "shop")


def test_order_that_is_edited_and_shipped_at_once_waits_only_if_the_new_form_calls_for_it(house, bad, clean):
    house.take(bad, replace(clean, stage=Stage.SHIPPED))
    assert house.review_state() == "closed"
    house.take(replace(bad, id="2"), replace(bad, id="2", total=Decimal(9_000), stage=Stage.SHIPPED))
    assert house.review_state("2") == "open"


def test_decision_of_a_person_outlives_the_shipping(house, bad):
    house.take(bad)
    house.reviews.keep(REF, "operator")
    house.take(replace(bad, stage=Stage.SHIPPED))
    assert (house.review_state(), actions(house)) == ("kept", ["keep"])


def test_who_decided_what_is_on_record_without_the_person(house, bad):
    house.take(bad)
    house.release(not_same_person=[("a" * 64, "E-1")])
    with house.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.actor, audit.c.action, audit.c.detail)).all()
    assert [tuple(line) for line in lines] == [
        ("operator", "different_person", "E-1"),
        ("operator", "release", ""),
    ]


def test_entry_of_free_text_never_holds(house, bad):
    house.registry.entries[0] = Entry(
        "E-9",
        Category.OTHER,
        bad.buyer,
        5,
        house.registry.entries[0].first_on,
        house.registry.entries[0].last_on,
    )
    house.take(bad)
    assert house.done() == ["flag"]
    assert "entry_may_only_flag" in house.reasons()
