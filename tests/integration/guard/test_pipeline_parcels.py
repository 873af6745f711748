"""A platform divides an order into parcels anew: our hold comes to stand on those too, and nothing else renews it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shopguard.errors import TemporaryFailure
from shopguard.model import OrderEvent, Stage
from shopguard.testing.fakes import FakePlatform


class Parcels(FakePlatform):
    """Holds parcels, each once; ``attempts`` tells which attempt each call to hold was."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.parcels, self.held_parcels, self.attempts = {"a"}, set(), []

    def hold(self, ref, mark):
        self.attempts.append(mark.attempt)
        undo = super().hold(ref, mark)
        self.held_parcels |= self.parcels
        return undo

    def release(self, ref, undo, mark):
        super().release(ref, undo, mark)
        self.held_parcels.clear()


@pytest.fixture
def parcels(build):
    return build(platform=Parcels)


def divide(house, order, parcels_changed=True):
    """Tell that there are the parcels a and b now."""
    house.platform.parcels = {"a", "b"}
    placed = house.platform.place(order)
    house.pipeline().handle(OrderEvent(placed.ref, placed, parcels_changed=parcels_changed))
    house.settle()


@pytest.mark.parametrize("edited", [False, True])
def test_new_parcels_are_held_by_the_same_effect(parcels, bad, edited):
    parcels.take(bad)
    divide(parcels, replace(bad, total=Decimal(9_000)) if edited else bad)
    assert parcels.platform.held_parcels == {"a", "b"}
    assert parcels.states_of() == [("hold", "confirmed")]
    assert parcels.platform.attempts == [1, 2]  # from the second on an adapter looks before it acts


def test_parcels_of_an_order_that_is_fetched_are_held_too(parcels, bad):
    parcels.take(bad)
    parcels.platform.parcels = {"a", "b"}
    parcels.pipeline().handle(OrderEvent(bad.ref, None, parcels_changed=True))
    parcels.settle()
    assert parcels.platform.held_parcels == {"a", "b"}


def test_news_of_parcels_counts_though_the_form_of_the_order_is_outdated(parcels, bad):
    now = parcels.clock.now
    parcels.take(replace(bad, changed_at=now))
    divide(parcels, replace(bad, changed_at=now.replace(year=2025)))
    assert parcels.platform.held_parcels == {"a", "b"}


def test_ordinary_event_does_not_bring_back_a_hold_that_staff_took_away(parcels, bad):
    parcels.take(bad)
    parcels.platform.held_parcels.clear()
    divide(parcels, bad, parcels_changed=False)
    assert parcels.platform.held_parcels == set()


@pytest.mark.parametrize("release_waits", [False, True])
def test_released_hold_is_never_renewed(parcels, bad, release_waits):
    parcels.take(bad)
    if release_waits:
        parcels.platform.fail(TemporaryFailure("busy", 600))
    parcels.release()
    parcels.work()
    divide(parcels, bad)
    assert parcels.platform.held_parcels == set()
    assert parcels.states_of() == [("hold", "confirmed"), ("release", "confirmed")]


def test_release_of_a_hold_that_is_being_renewed_takes_it_away(parcels, bad):
    parcels.take(bad)
    parcels.platform.fail(TemporaryFailure("busy", 600))
    placed = parcels.platform.place(bad)
    parcels.pipeline().handle(OrderEvent(placed.ref, placed, parcels_changed=True))
    parcels.work()
    assert parcels.release().releases_hold
    parcels.settle()
    assert parcels.platform.held_parcels == set()
    assert parcels.states_of() == [("hold", "cancelled"), ("release", "confirmed")]


@pytest.mark.parametrize("stage", [Stage.SHIPPED, Stage.CLOSED, Stage.DRAFT], ids=str)
def test_hold_is_renewed_on_open_orders_only(parcels, bad, stage):
    parcels.take(bad)
    divide(parcels, replace(bad, stage=stage))
    assert parcels.platform.attempts == [1]


def test_order_without_our_hold_gets_none(parcels, clean):
    parcels.take(clean)
    divide(parcels, clean)
    assert parcels.platform.effects == []


def test_hold_can_be_renewed_any_number_of_times(build, bad):
    house = build(platform=Parcels, attempts=2)
    house.take(bad)
    for _ in range(6):
        divide(house, bad)
    assert house.states_of() == [("hold", "confirmed")]
    assert house.platform.attempts == [1, *[2] * 6]


def test_renewal_keeps_to_the_budget_of_the_shop(build, bad):
    house = build(platform=Parcels, rate_per_s=0.01)
    house.take(bad)
    placed = house.platform.place(bad)
    house.pipeline().handle(OrderEvent(placed.ref, placed, parcels_changed=True))
    house.work()
    assert house.platform.attempts == [1]
    house.settle()
    assert house.platform.attempts == [1, 2]
