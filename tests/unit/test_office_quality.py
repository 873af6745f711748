"""What follows from how a shop's reports held."""

import pytest

from shopguard.registry.office.quality import Quality, Step


@pytest.mark.parametrize(
    ("quality", "needs_two"),
    [
        (Quality(filed=9, accepted=9, overturned=9), False),  # too few to say anything
        (Quality(filed=10, accepted=10, overturned=1), False),  # one in ten is not above it
        (Quality(filed=10, accepted=10, overturned=2), True),
        (Quality(filed=100, accepted=30, overturned=4), True),  # of what was accepted, not of what was filed
        (Quality(filed=100), False),
    ],
)
def test_two_check_where_more_than_one_in_ten_did_not_hold(quality: Quality, needs_two: bool) -> None:
    assert quality.needs_two is needs_two


@pytest.mark.parametrize(
    ("quality", "step"),
    [
        (Quality(filed=50, accepted=50), Step.NONE),
        (Quality(filed=50, accepted=50, late=2), Step.NONE),
        (Quality(filed=50, accepted=50, late=3), Step.WARN),
        (Quality(filed=2, accepted=2, overturned=1), Step.WARN),
        (Quality(filed=20, accepted=20, overturned=5), Step.DOUBLE_CHECK),
        (Quality(filed=20, accepted=20, overturned=6), Step.SUSPEND),
        (Quality(filed=20, accepted=20, overturned=10), Step.SUSPEND),
        (Quality(filed=20, accepted=20, overturned=11), Step.EXPEL),
    ],
)
def test_the_ladder_goes_up_with_what_did_not_hold(quality: Quality, step: Step) -> None:
    assert quality.suggestion is step
