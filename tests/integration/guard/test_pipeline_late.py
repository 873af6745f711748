"""Deliveries that overtake each other: what is older than what is known changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shopguard.model import Stage

EARLY, LATE = datetime(2026, 11, 2, 1, 0, tzinfo=UTC), datetime(2026, 11, 2, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("stage", [Stage.CLOSED, Stage.DRAFT, Stage.SHIPPED], ids=str)
def test_older_form_does_not_bring_back_a_past_stage(house, bad, stage):
    house.take(replace(bad, stage=stage, changed_at=LATE))
    done = house.done()
    house.take(replace(bad, changed_at=EARLY))
    assert house.store.order(bad.ref).stage is stage
    assert house.done() == done


def test_older_form_is_not_judged(house, bad, clean):
    house.take(replace(clean, changed_at=LATE), replace(bad, changed_at=EARLY))
    assert (house.done(), house.inbox.counts()) == ([], {"done": 2})


def test_newer_form_is_judged(house, bad, clean):
    house.take(replace(clean, changed_at=EARLY), replace(bad, changed_at=LATE))
    assert house.done() == ["hold"]


def test_form_of_the_same_moment_is_judged(house, bad, clean):
    house.take(replace(clean, changed_at=LATE), replace(bad, changed_at=LATE))
    assert house.done() == ["hold"]


@pytest.mark.parametrize(("ahead_s", "judged"), [(119, False), (121, True), (3_600, True)])
def test_moment_that_a_wrong_clock_stamped_makes_no_later_form_outdated(house, bad, clean, ahead_s, judged):
    now = house.clock.now
    wrong = replace(clean, changed_at=now + timedelta(seconds=ahead_s))
    house.take(wrong, replace(bad, changed_at=now))
    assert house.done() == (["hold"] if judged else [])
    assert house.store.order(bad.ref).changed_at == (now if judged else wrong.changed_at)


def test_form_of_an_unknown_moment_is_judged_and_followed_by_any(house, bad, clean):
    house.take(replace(clean, changed_at=LATE), clean, replace(bad, changed_at=EARLY))
    assert house.done() == ["hold"]
