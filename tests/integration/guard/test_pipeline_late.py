"""Deliveries that overtake each other: what is older than what is known changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime

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
