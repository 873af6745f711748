"""A member of 100 orders a day with valid keys that asks for phone after phone: how far it comes, and who notices."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre, MovedClock
    from tests.end_to_end.registry.member import Member, Token

pytestmark = pytest.mark.timeout(400)  # several waits, each as patient as a busy machine needs

RANGE = 10**8  # phone numbers of one mobile prefix
DAY_S = 86_400.0


def number(value: int) -> "Token":
    """The token of a phone number, 0 to ``RANGE`` - 1; those of the list are 1000 to 1119."""
    raw = f"+8190{value:08d}".encode()
    return 1, b"sg1\x02\x01\x01" + len(raw).to_bytes(2, "big") + raw


def browse(rogue: "Member", clock: "MovedClock", at_once: int, from_number: int) -> tuple[int, list[Any], float, str]:
    """Ask number after number, as fast as is allowed, for at most two days or until stopped.

    Returns how many numbers were learned, what was said of those listed, after how long (seconds), and the last code.
    """
    began, learned, said, code = clock(), 0, [], ""
    while clock() - began < 2 * DAY_S and code != "budget_spent":
        asked = [number(from_number + learned + step) for step in range(at_once)]
        answered = rogue.ask(asked)
        if answered.status_code == 200:
            learned += at_once
            said += answered.json()["candidates"]
            continue
        code = answered.json()["code"]
        assert (answered.status_code, code) in {(429, "slow_down"), (429, "budget_spent")}
        if code == "slow_down":
            clock.move_on(max(0.5, answered.json()["retry_after_s"]))
    return learned, said, clock() - began, code


def test_a_member_that_browses_is_stopped_the_same_day_and_disturbs_nobody(
    watched: "Centre", clock: "MovedClock", stock: "Stock"
) -> None:
    rogue, honest = watched.member("rogue"), watched.member("honest")
    learned, said, took_s, code = browse(rogue, clock, at_once=4, from_number=990)
    assert (code, took_s < DAY_S) == ("budget_spent", True)
    assert 0 < learned < RANGE * 0.001 / 100
    assert len(said) == 120, "every listed phone among those asked was said to be listed"
    _are_weak_postings(said)

    _honest_day(honest, clock, stock, DAY_S)  # a day of its orders, while the other one goes on trying
    assert [rogue.ask([number(5000)]).json()["code"] for _ in range(3)] == ["budget_spent"] * 3
    clock.move_on(30 * DAY_S)
    assert rogue.ask([number(5000)]).json()["code"] == "budget_spent", "it is stopped until somebody looked"
    assert rogue.ask(stock.tokens[0][:1]).status_code == 429, "also for what has a budget of its own"
    assert {row["id"]: row["stopped"] for row in watched.json("registry", "members", "list")}["rogue"]

    watched.run("registry", "members", "resume-budget", "rogue")
    learned, _, took_s, code = browse(rogue, clock, at_once=1, from_number=5000)
    assert (code, took_s < DAY_S) == ("budget_spent", True), "one by one it comes no further"
    assert 0 < learned < RANGE * 0.001 / 100


def _are_weak_postings(said: Sequence[Any]) -> None:
    """Nothing but: listed, about how many shops, about when. No id, and nothing that links two answers."""
    for told in said:
        assert (told["opened"], told["category"], told["unopened"]) == (False, "other", "")
        assert told["reporters"] in {1, 2, 3, 6}
        assert told["last_on"].endswith("-01")
        assert not told["handle"].startswith("E-")
    assert len({told["handle"] for told in said}) == len(said)
    text = json.dumps(said, ensure_ascii=False)
    assert not any(word in text for word in ("E-", "unpaid", "見本", "example.jp", "芝公園"))


def _honest_day(honest: "Member", clock: "MovedClock", stock: "Stock", day_s: float) -> None:
    """100 orders over the day, every tenth by somebody listed: all are answered, and rightly."""
    for order in range(100):
        clock.move_on(day_s / 100)
        listed = order % 10 == 0
        tokens = stock.tokens[order if listed else 120 + order % 20]
        answered = honest.ask(_usual(tokens))
        assert answered.status_code == 200, answered.text
        assert listed == (f"E-{order}" in {each["handle"] for each in answered.json()["candidates"]})


def _usual(tokens: Sequence["Token"]) -> list["Token"]:
    return sorted(tokens)[:20]
