"""How many reports of a member are looked at in a day, and what it is told then."""

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from shopguard.registry.refusals import Refused
from shopguard.registry.reports.allowance import Allowance
from shopguard.registry.reports.routes import CHECKS
from shopguard.registry.stores import history_of
from shopguard.storage.engine import migrate
from tests.integration.reports.conftest import OTHER, SHOP, UNPAID

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

TO_MIDNIGHT_S = 13 * 3_600 + 45 * 60  # from 10:15 in Japan


@pytest.fixture
def frugal(registry: "Registry") -> "Registry":
    """A registry that looks at two reports a day."""
    vars(registry.home.reports)["_allowance"] = Allowance(
        registry.home.engine("vault"), 2, lambda: registry.now.timestamp()
    )
    return registry


ASK: dict[str, Callable[["Registry", str], Any]] = {
    "check": lambda registry, _: registry.ask("POST", CHECKS, UNPAID),
    "draft": lambda registry, _: registry.ask("POST", "", {**UNPAID, "order_id": "another"}),
    "change": lambda registry, report: registry.ask("PUT", f"/{report}", UNPAID),
}


@pytest.mark.parametrize("what", list(ASK))
def test_no_more_reports_are_looked_at_than_the_day_allows(frugal: "Registry", what: str) -> None:
    report = str(frugal.done("POST", "", UNPAID)["head"]["id"])
    frugal.done("POST", CHECKS, UNPAID)
    said = ASK[what](frugal, report)
    assert (said.status, said.code, said.body["retry_after_s"]) == (429, "reports_spent", TO_MIDNIGHT_S)
    assert "1日に合わせて2件まで" in said.text
    assert "2 times a day" in said.text
    frugal.done("POST", CHECKS, UNPAID, OTHER)
    assert frugal.state(report, SHOP) == "draft", "what was begun can still be shown"


def test_the_next_day_in_japan_begins_anew(frugal: "Registry") -> None:
    for _ in range(2):
        frugal.done("POST", CHECKS, UNPAID)
    frugal.pass_time(seconds=TO_MIDNIGHT_S - 1)
    assert frugal.ask("POST", CHECKS, UNPAID).status == 429
    frugal.pass_time(seconds=1)
    frugal.done("POST", CHECKS, UNPAID)


# --- what outlives the process ---

NOON = 1_793_588_400.0  # 2026-11-02 in Japan
DAY_S = 86_400.0


@pytest.fixture
def vault(empty_engine: sa.Engine) -> sa.Engine:
    migrate(empty_engine, history_of("vault"))
    return empty_engine


def had(*allowances: Allowance, member: str = "shop-1") -> int:
    """How many of them a member gets, asking one after the other until all refuse."""
    refused, times = set[Allowance](), 0
    for allowance in cycle(allowances):
        try:
            allowance.take(member)
            times += 1
        except Refused:
            refused.add(allowance)
            if len(refused) == len(allowances):
                return times
    raise AssertionError


def test_a_restart_gives_no_more(vault: sa.Engine) -> None:
    before = Allowance(vault, 50, lambda: NOON)
    for _ in range(30):
        before.take("shop-1")
    assert had(Allowance(vault, 50, lambda: NOON)) == 20


def test_a_restart_costs_a_hundredth_at_most(vault: sa.Engine) -> None:
    for _ in range(3):
        Allowance(vault, 1_000, lambda: NOON).take("shop-1")
    assert had(Allowance(vault, 1_000, lambda: NOON)) == 1_000 - 3 * 10


@pytest.mark.parametrize("a_day", [50, 250, 299])
def test_two_processes_give_no_more_than_one(vault: sa.Engine, a_day: int) -> None:
    assert had(*(Allowance(vault, a_day, lambda: NOON) for _ in range(2))) == a_day


def test_each_member_and_each_day_has_its_own(vault: sa.Engine) -> None:
    now = [NOON]
    allowance = Allowance(vault, 50, lambda: now[0])
    assert (had(allowance), had(allowance, member="shop-2")) == (50, 50)
    now[0] += DAY_S
    assert had(allowance) == 50


def test_yesterday_is_forgotten(vault: sa.Engine) -> None:
    for day in range(3):
        at = NOON + day * DAY_S
        Allowance(vault, 50, partial(float, at)).take(f"shop-{day}")
    with vault.connect() as connection:
        assert connection.execute(sa.text("SELECT member FROM report_day")).scalars().all() == ["shop-2"]
