"""A member with valid keys who browses: it is stopped, and what it was told before it may hear again."""

from typing import TYPE_CHECKING

import pytest

from shopguard.identity import Token
from shopguard.registry.refusals import Refusal, Refused
from shopguard.testing import FixedClock

if TYPE_CHECKING:
    from tests.integration.prf.conftest import Office, Shop

DAY_S = 86_400
RANGE = 10**8  # numbers behind one prefix of Japanese mobile phones


@pytest.fixture(params=["sqlite"])
def store(sqlite_store: object) -> object:
    """One kind is enough for rules that know no database."""
    return sqlite_store


def browse(shop: "Shop", clock: FixedClock, until: float) -> int:
    """Ask for one number after the other, as many a batch and as fast as is allowed; how many were learned."""
    learned = 0
    while clock().timestamp() < until:
        numbers = [Token(1, 1, 1, f"+8190{learned + at:08d}") for at in range(4)]
        try:
            learned += len(set(shop.ask(*numbers).values[1]))
        except Refused as refused:
            clock.pass_by(refused.retry_after_s or 600)
    return learned


def test_a_rogue_member_is_stopped_the_same_day_having_learned_next_to_nothing(
    shop: "Shop", clock: FixedClock
) -> None:
    began = clock().timestamp()
    learned = browse(shop, clock, began + DAY_S)
    assert shop.standing().stopped
    assert learned / RANGE < 0.001 / 100
    assert learned > 600  # it did try
    assert browse(shop, clock, began + 14 * DAY_S) == 0


def test_a_stopped_member_is_stopped_for_every_class(shop: "Shop", clock: FixedClock) -> None:
    browse(shop, clock, clock().timestamp() + DAY_S)
    refused = shop.refusal(Token(1, 2, 2, "taro@example.jp"))
    assert (refused.code, refused.retry_after_s) == (Refusal.BUDGET_SPENT, None)


def test_what_was_answered_is_answered_again_when_the_budget_is_spent(shop: "Shop", clock: FixedClock) -> None:
    phone = Token(1, 1, 1, "+819012345678")
    first = shop.ask(phone, commitment=bytes(16))
    browse(shop, clock, clock().timestamp() + DAY_S)
    again = shop.ask(phone, commitment=bytes(16))
    assert (again.repeated, again.values) == (True, first.values)


def test_a_slowed_member_is_told_how_long_to_wait(shop: "Shop", clock: FixedClock) -> None:
    for at in range(75):
        shop.ask(*(Token(1, 1, 1, f"+8190{at:04d}{number:04d}") for number in range(4)))
    refused = shop.refusal(Token(1, 1, 1, "+819012345678"))
    assert (refused.code, refused.retry_after_s) == (Refusal.SLOW_DOWN, pytest.approx(108))
    assert shop.standing().batches_today == 75
    clock.pass_by(refused.retry_after_s or 0)
    shop.ask(Token(1, 1, 1, "+819012345678"))


def test_one_member_does_not_spend_the_budget_of_another(shop: "Shop", office: "Office", clock: FixedClock) -> None:
    other = office.enrol("shop-2")
    browse(shop, clock, clock().timestamp() + DAY_S)
    other.ask(Token(1, 1, 1, "+819012345678"))
    assert not other.standing().stopped


def test_the_installations_own_member_may_ask_without_end(office: "Office") -> None:
    own = office.enrol("own", daily_orders=None)
    for at in range(700):
        own.ask(Token(1, 1, 1, f"+8190{at:08d}"))
    assert own.standing().batches_today == 700
