"""What members owe: each row once, by the day in Japan, whoever writes it and however often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from shopguard.registry.members import Members
from shopguard.registry.members.fees import Fees, Rate, What
from shopguard.registry.refusals import Refused
from tests.integration.members.conftest import NAME, Clock, signer

RATES = (
    Rate(date(2026, 10, 1), Decimal(3_000), Decimal(300)),
    Rate(date(2027, 1, 15), Decimal(5_000), Decimal(500)),
)


class Centre:
    """The members of a registry and their invoices, on a day that the test chooses."""

    def __init__(self, members: Members, vault: sa.Engine, clock: Clock) -> None:
        self.members, self._vault, self.clock = members, vault, clock

    def at(self, text: str) -> "Centre":
        """Let it be ``text``, as clocks in Japan show it."""
        self.clock.now = datetime.fromisoformat(f"{text}+09:00").timestamp()
        return self

    def fees(self, *rates: Rate) -> Fees:
        return Fees(self._vault, self.members, rates, self.clock)

    def join(self, member: str, daily_orders: int | None = 50) -> None:
        self.members.create(member, NAME, signer().public, daily_orders)

    def owed(self) -> list[tuple[str, str, str, int]]:
        return [(row.member, row.what.value, row.month, int(row.amount)) for row in self.fees().rows()]


@pytest.fixture
def centre(members: Members, vault: sa.Engine, clock: Clock) -> Centre:
    return Centre(members, vault, clock)


def test_joining_is_owed_once_and_each_month_that_has_begun(centre: Centre) -> None:
    centre.at("2026-11-30T23:59").join("shop-1")
    fees = centre.fees(*RATES)
    assert fees.issue() == 2
    assert centre.owed() == [("shop-1", "joining", "2026-11", 3_000), ("shop-1", "monthly", "2026-11", 300)]
    centre.at("2026-12-01T00:00")
    assert (fees.issue(), fees.issue()) == (1, 0)
    assert centre.owed()[2:] == [("shop-1", "monthly", "2026-12", 300)]


def test_months_are_those_of_japan(centre: Centre) -> None:
    centre.at("2026-11-01T00:30").join("shop-1")  # still October in UTC
    centre.fees(*RATES).issue()
    assert {month for _, _, month, _ in centre.owed()} == {"2026-11"}


def test_months_in_which_nothing_ran_are_owed_too_each_by_the_fee_of_its_first_day(centre: Centre) -> None:
    centre.at("2026-12-10T12:00").join("shop-1")
    centre.at("2027-02-01T00:00")
    assert centre.fees(*RATES).issue() == 4
    assert [row[1:] for row in centre.owed()] == [
        ("joining", "2026-12", 3_000),
        ("monthly", "2026-12", 300),
        ("monthly", "2027-01", 300),
        ("monthly", "2027-02", 500),
    ]


def test_who_joins_after_a_change_pays_the_new_fee_at_once(centre: Centre) -> None:
    centre.at("2027-01-20T12:00").join("shop-1")
    centre.fees(*RATES).issue()
    assert [row[1:] for row in centre.owed()] == [("joining", "2027-01", 5_000), ("monthly", "2027-01", 500)]


def test_before_the_first_fee_nothing_is_owed_whenever_that_is_noticed(centre: Centre) -> None:
    centre.at("2026-08-10T12:00").join("shop-1")
    centre.at("2026-10-02T12:00")
    assert centre.fees(*RATES).issue() == 1
    assert centre.owed() == [("shop-1", "monthly", "2026-10", 300)]


@pytest.mark.parametrize("rates", [(), (Rate(date(2026, 1, 1), Decimal(0), Decimal(0)),)], ids=["none", "nothing"])
def test_where_nothing_is_asked_there_are_no_rows(centre: Centre, rates: tuple[Rate, ...]) -> None:
    centre.at("2026-11-10T12:00").join("shop-1")
    assert centre.fees(*rates).issue() == 0
    assert centre.owed() == []


def test_an_installations_own_shop_owes_nothing_and_who_left_no_more(centre: Centre) -> None:
    centre.at("2026-11-10T12:00")
    centre.join("self", None)
    centre.join("shop-1")
    fees = centre.fees(*RATES)
    fees.issue()
    centre.members.leave("shop-1")
    centre.at("2026-12-10T12:00")
    assert fees.issue() == 0
    assert [row[0] for row in centre.owed()] == ["shop-1", "shop-1"]


def test_a_suspended_member_is_one_all_the_same(centre: Centre) -> None:
    centre.at("2026-11-10T12:00").join("shop-1")
    centre.members.suspend("shop-1", "")
    assert centre.fees(*RATES).issue() == 2


def test_what_was_paid_is_paid_once_and_known_by_whom(centre: Centre) -> None:
    centre.at("2026-11-10T12:00").join("shop-1")
    fees = centre.fees(*RATES)
    fees.issue()
    joining, monthly = fees.rows("shop-1")
    centre.at("2026-11-20T12:00")
    assert fees.paid(joining.number, "clerk").paid_at == centre.clock.now
    assert fees.rows(unpaid=True) == [monthly]
    with pytest.raises(Refused, match="2026-11-20"):
        fees.paid(joining.number, "clerk")
    with pytest.raises(Refused, match="no invoice row"):
        fees.paid(999, "clerk")
    latest, *_ = centre.members.acts("shop-1")
    assert (latest.by, latest.detail) == ("clerk", "paid 3000 JPY: joining 2026-11")
    assert fees.issue() == 0


def test_rows_are_found_by_member_and_month(centre: Centre) -> None:
    centre.at("2026-11-10T12:00")
    for member in ("shop-1", "shop-2"):
        centre.join(member)
    fees = centre.fees(*RATES)
    fees.issue()
    centre.at("2026-12-10T12:00")
    fees.issue()
    assert {row.member for row in fees.rows("shop-2")} == {"shop-2"}
    assert [(row.member, row.what) for row in fees.rows(month="2026-12")] == [
        ("shop-1", What.MONTHLY),
        ("shop-2", What.MONTHLY),
    ]


def test_two_processes_that_write_at_once_write_no_row_twice(centre: Centre) -> None:
    centre.at("2026-11-10T12:00")
    for number in range(5):
        centre.join(f"shop-{number}")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: centre.fees(*RATES).issue(), range(4)))
    assert len(centre.owed()) == len(set(centre.owed())) == 10
