"""How many reports of a member are looked at in a day, and what it is told then."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from shopguard.registry.reports.allowance import Allowance
from shopguard.registry.reports.routes import CHECKS
from tests.integration.reports.conftest import OTHER, SHOP, UNPAID

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

TO_MIDNIGHT_S = 13 * 3_600 + 45 * 60  # from 10:15 in Japan


@pytest.fixture
def frugal(registry: "Registry") -> "Registry":
    """A registry that looks at two reports a day."""
    vars(registry.home.reports)["_allowance"] = Allowance(2, lambda: registry.now.timestamp())
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
