"""A further report of an entry that is served: it counts when the person was told of it and had fourteen days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, LifeState, NoticeState, Source
from shopguard.registry.entries.rules import entry_of
from tests.integration.entries.conftest import PARTY, Met, Registry, somebody

if TYPE_CHECKING:
    from shopguard.registry.reports.model import Report

MOVED = Party(
    name="佐藤 次郎", postal_code="150-0001", city="渋谷区", lines=("神宮前1-1-1",), emails=("t2@example.jp",)
)
REFUSED = {"category": Category.COD_REFUSED, "due_on": None, "refused_on": date(2026, 11, 1)}
LOADED = Entry("E-1", Category.UNPAID, PARTY, 1, date(2025, 3, 1), date(2026, 8, 14), effect=Effect.FLAG)

Act = Callable[[Registry, int], object]


def source(registry: Registry, number: int, report: "Report") -> Source:
    (found,) = [one for one in registry.entries.get(number).sources if one.report == report.number]
    return found


def tell(registry: Registry, number: int) -> date:
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    return registry.today


# --- until it counts ------------------------------------------------------------------------------------------------


def test_it_changes_nothing_until_the_person_had_fourteen_days(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2", MOVED, **REFUSED)
    registry.added(number, further)
    assert (registry.met(), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)
    told_on = tell(registry, number)
    registry.until(told_on + timedelta(days=14))
    assert (registry.met(), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)
    assert registry.state(number) is LifeState.ACTIVE
    registry.until(told_on + timedelta(days=15))
    assert registry.met() == registry.met(MOVED) == Met(Effect.HOLD, 2)


def test_category_days_and_end_are_told_when_it_counts(registry: Registry) -> None:
    number = registry.served(registry.report(**REFUSED))
    registry.added(number, registry.report("shop-2", due_on=date(2026, 11, 10)))
    before = entry_of(registry.entries.get(number), registry.today)
    assert (before.category, before.last_on) == (Category.COD_REFUSED, date(2026, 11, 1))
    assert before.expires_on == date(2028, 11, 2)
    registry.heard(number)
    after = entry_of(registry.entries.get(number), registry.today)
    assert (after.category, after.last_on, after.expires_on) == (
        Category.UNPAID,
        date(2026, 11, 10),
        date(2031, 11, 11),
    )


def test_it_keeps_when_it_was_added_when_the_person_was_told_and_since_when_it_counts(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2")
    added_at = registry.now.timestamp()
    registry.added(number, further)
    registry.until(registry.today + timedelta(days=3))
    told_at = registry.now.timestamp()
    registry.do(number, "notice_sent", "post", "RR 1", "aoki")
    kept = source(registry, number, further)
    assert (kept.added_at, kept.notice.told_at, kept.notice.shown) == (added_at, told_at, "post: RR 1")
    assert kept.counts_from is None
    registry.until(registry.today + timedelta(days=15))
    assert source(registry, number, further).counts_from == registry.now.timestamp()


def test_its_deadline_is_seen_and_warned_of_before_it_fires(registry: Registry) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    assert Clock.COUNT not in registry.clocks(number)
    told_on = tell(registry, number)
    assert registry.clocks(number)[Clock.COUNT] == told_on + timedelta(days=14)
    registry.warned.clear()
    registry.fired.clear()
    registry.until(told_on + timedelta(days=12))
    assert [timer.what for timer in registry.warned] == [Clock.COUNT]
    registry.until(told_on + timedelta(days=15))
    assert [timer.what for timer in registry.fired] == [Clock.COUNT]
    assert Clock.COUNT not in registry.clocks(number)


def test_each_of_several_has_its_own_fourteen_days(registry: Registry) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    first_told_on = tell(registry, number)
    registry.until(first_told_on + timedelta(days=5))
    registry.added(number, registry.report("shop-3"))
    second_told_on = tell(registry, number)
    registry.until(first_told_on + timedelta(days=15))
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(second_told_on + timedelta(days=14))
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(second_told_on + timedelta(days=15))
    assert registry.met() == Met(Effect.HOLD, 3)


def test_one_that_comes_while_the_first_is_pending_has_its_own_fourteen_days(registry: Registry) -> None:
    number = registry.opened()
    told_on = tell(registry, number)
    registry.until(told_on + timedelta(days=10))
    registry.added(number, registry.report("shop-2"))
    tell(registry, number)
    registry.until(told_on + timedelta(days=15))
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(told_on + timedelta(days=25))
    assert registry.met() == Met(Effect.HOLD, 2)


def test_one_that_nobody_tells_the_person_of_falls_away_and_the_entry_stays(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2")
    registry.added(number, further)
    added_on = registry.today
    assert registry.clocks(number)[Clock.NOTICE] == added_on + timedelta(days=30)
    registry.until(added_on + timedelta(days=31))
    assert [one.member for one in registry.entries.get(number).sources] == ["shop-1"]
    assert (registry.state(number), registry.met()) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))


def test_where_no_notice_is_possible_it_counts_after_fourteen_days_and_flags_at_most(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2")
    registry.added(number, further)
    added_on = registry.today
    registry.do(number, "notice_impossible", "aoki", "no address", [further.number])
    kept = source(registry, number, further).notice
    assert (kept.state, kept.told_at, kept.shown) == (NoticeState.IMPOSSIBLE, None, "no address")
    registry.until(added_on + timedelta(days=14))
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(added_on + timedelta(days=15))
    assert registry.met() == Met(Effect.FLAG, 2)


def test_its_letter_that_comes_back_takes_the_hold_away(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2")
    registry.added(number, further)
    registry.heard(number)
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.do(number, "notice_impossible", "aoki", "came back", [further.number])
    assert registry.met() == Met(Effect.FLAG, 2)


def sweeps(registry: Registry, _number: int) -> None:
    registry.sweep()


def confirms(registry: Registry, number: int) -> None:
    report = registry.entries.get(number).sources[0].report
    with registry.entries.changing(number) as connection:
        registry.entries.confirmed(connection, report, "member:shop-1")
    registry.entries.settle()


@pytest.mark.parametrize("first", [sweeps, confirms])
def test_where_the_registry_stood_still_it_counts_after_the_office_was_warned(registry: Registry, first: Act) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    tell(registry, number)
    registry.pass_time(days=25)
    first(registry, number)
    assert registry.met() == Met(Effect.FLAG, 1)
    assert registry.clocks(number)[Clock.COUNT] == registry.today + timedelta(days=3)
    registry.warned.clear()
    registry.until(registry.today + timedelta(days=4))
    assert Clock.COUNT in {timer.what for timer in registry.warned}
    assert registry.met() == Met(Effect.HOLD, 2)


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def test_a_dispute_meanwhile_unserves_the_whole_entry(registry: Registry) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    told_on = tell(registry, number)
    registry.do(number, "contest", "person")
    assert (registry.state(number), registry.met()) == (LifeState.CONTESTED, None)
    registry.do(number, "uphold", "baba", "shown")
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(told_on + timedelta(days=15))
    assert registry.met() == Met(Effect.HOLD, 2)


def test_what_was_heard_during_a_dispute_counts_when_that_is_decided(registry: Registry) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    told_on = tell(registry, number)
    registry.do(number, "contest", "person")
    registry.until(told_on + timedelta(days=20))
    assert registry.met() is None
    registry.do(number, "uphold", "baba", "shown")
    assert registry.met() == Met(Effect.HOLD, 2)


@pytest.mark.parametrize("act", ["paid", "withdrawn"])
def test_one_that_is_gone_before_it_counts_leaves_nothing(registry: Registry, act: str) -> None:
    number, further = registry.served(), registry.report("shop-2", MOVED)
    registry.added(number, further)
    tell(registry, number)
    registry.said(further, act)
    assert Clock.COUNT not in registry.clocks(number)
    registry.until(registry.today + timedelta(days=20))
    assert (registry.met(), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)


def test_where_all_that_counted_is_withdrawn_the_other_is_served_when_it_was_heard(registry: Registry) -> None:
    first = registry.report()
    number = registry.served(first)
    registry.added(number, registry.report("shop-2"))
    told_on = tell(registry, number)
    registry.said(first, "withdrawn")
    assert (registry.state(number), registry.met()) == (LifeState.PENDING, None)
    assert registry.clocks(number)[Clock.SERVE] == told_on + timedelta(days=14)
    registry.until(told_on + timedelta(days=15))
    assert (registry.state(number), registry.met()) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))


def test_a_correction_asks_for_no_further_notice(registry: Registry) -> None:
    first = registry.report()
    number = registry.served(first)
    registry.added(number, first)
    assert registry.met() == Met(Effect.FLAG, 1)
    assert Clock.NOTICE not in registry.clocks(number)


def test_what_comes_by_a_merger_counts_when_the_person_was_told_of_it(registry: Registry) -> None:
    into, other = registry.served(registry.report("shop-1")), registry.opened(registry.report("shop-2", MOVED))
    with registry.entries.changing(into, other) as connection:
        registry.entries.merge(connection, into, other, "aoki", "one person")
    registry.entries.settle()
    assert (registry.met(), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)
    registry.heard(into)
    assert registry.met() == registry.met(MOVED) == Met(Effect.HOLD, 2)


def test_one_that_is_split_off_begins_anew(registry: Registry) -> None:
    number, further = registry.served(), registry.report("shop-2", MOVED)
    registry.added(number, further)
    tell(registry, number)
    new = registry.home.records.begin()
    with registry.entries.changing(number) as connection:
        report = registry.reports.by_number(connection, further.number)
        registry.entries.split(connection, number, [report], new, "aoki", "two persons")
    registry.entries.settle()
    kept = source(registry, new, further)
    assert (kept.notice.state, kept.counts_from) == (NoticeState.DUE, None)
    assert (registry.met(), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)


def test_an_erased_entry_has_nobody_left_to_tell(registry: Registry) -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    assert registry.entries.untold() == [number]
    registry.do(number, "erase", "aoki", "a reason")
    assert registry.entries.untold() == []
    assert registry.count("vault", "timer", f"WHERE subject = 'entry:{number}'") == 0
    assert registry.ending(number) == Ending.ERASED


def test_what_was_loaded_is_served_as_before_until_a_report_of_it_counts(registry: Registry) -> None:
    registry.load(wire.encode(LOADED))
    number = registry.entries.find("E-1")
    assert number is not None
    registry.added(number, registry.report("shop-1", checked_by=("aoki", "baba")))
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.heard(number)
    assert registry.met() == Met(Effect.HOLD, 1)


# --- beside it ------------------------------------------------------------------------------------------------------


def test_it_begins_to_count_on_either_database(either_registry: Registry) -> None:
    registry = either_registry
    number, further = registry.served(), registry.report("shop-2", MOVED)
    registry.added(number, further)
    assert registry.entries.untold() == [number]
    assert registry.met(MOVED) is None
    registry.heard(number)
    assert registry.entries.untold() == []
    assert registry.met(MOVED) == Met(Effect.HOLD, 2)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda registry, number: registry.do(number, "suspend", "aoki", "a doubt"), id="suspended"),
        pytest.param(lambda registry, number: registry.do(number, "contest", "person"), id="contested"),
    ],
)
def test_nothing_begins_to_count_while_an_entry_is_interrupted(registry: Registry, act: Act) -> None:
    number, further = registry.served(), registry.report("shop-2")
    registry.added(number, further)
    tell(registry, number)
    act(registry, number)
    registry.until(registry.today + timedelta(days=20))
    assert source(registry, number, further).counts_from is None
    assert Clock.COUNT not in registry.clocks(number)


def test_other_entries_are_served_as_before(registry: Registry) -> None:
    other = registry.served(registry.report("shop-1", somebody(7)))
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    registry.heard(number)
    assert (registry.state(other), registry.met(somebody(7))) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))
