"""What a dispute, the office and the reporters do to an entry, looked up for real at each step."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shopguard.model import Effect
from shopguard.registry.calendar import add_business_days, add_months
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, LifeState, NoticeState
from shopguard.registry.refusals import Refusal, Refused
from tests.integration.entries.conftest import MOVED, PARTY, Met

if TYPE_CHECKING:
    from tests.integration.entries.conftest import Registry


# --- disputes -------------------------------------------------------------------------------------------------------


def test_a_contested_entry_is_served_to_nobody_from_before_the_transaction_commits(registry: "Registry") -> None:
    number = registry.served()
    with registry.entries.changing(number) as connection:
        assert registry.met() is None
        registry.entries.contest(connection, number, "person")
    assert registry.met() is None
    registry.entries.settle()
    assert (registry.state(number), registry.met()) == (LifeState.CONTESTED, None)


def test_a_change_that_fails_leaves_the_entry_served_as_it_was(registry: "Registry") -> None:
    number = registry.served()
    with pytest.raises(Refused), registry.entries.changing(number) as connection:
        registry.entries.contest(connection, number, "person")
        raise Refused(Refusal.STATE, "the caller's own part does not go")
    assert registry.met() is None
    registry.entries.settle()
    assert (registry.state(number), registry.met()) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))


def test_an_upheld_entry_is_served_again(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    registry.do(number, "uphold", "baba", "shown", hide=False)
    assert (registry.state(number), registry.met()) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))


def test_an_entry_upheld_while_the_person_has_time_to_answer_waits_for_that(registry: "Registry") -> None:
    number = registry.opened()
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    told_on = registry.today
    registry.do(number, "contest", "person")
    registry.do(number, "uphold", "baba", "shown")
    assert registry.state(number) is LifeState.PENDING
    registry.until(told_on + timedelta(days=15))
    assert registry.state(number) is LifeState.ACTIVE


def test_an_overturned_entry_is_erased(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    registry.do(number, "overturn", "baba", "not shown")
    assert (registry.ending(number), registry.met()) == (Ending.OVERTURNED, None)


def test_a_dispute_that_nobody_decides_erases_the_entry_after_thirty_days(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    contested_on = registry.today
    registry.until(contested_on + timedelta(days=30))
    assert registry.state(number) is LifeState.CONTESTED
    registry.until(contested_on + timedelta(days=31))
    assert registry.ending(number) == Ending.UNDECIDED


def test_a_dispute_is_extended_once_by_fifteen_days(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    contested_on = registry.today
    registry.do(number, "extend", "baba", "new facts", hide=False)
    with pytest.raises(Refused, match="once only"):
        registry.do(number, "extend", "baba", "more")
    registry.until(contested_on + timedelta(days=45))
    assert registry.state(number) is LifeState.CONTESTED
    registry.until(contested_on + timedelta(days=46))
    assert registry.ending(number) == Ending.UNDECIDED


def test_a_second_dispute_has_its_own_extension(registry: "Registry") -> None:
    number = registry.served()
    for _ in range(2):
        registry.do(number, "contest", "person")
        registry.do(number, "extend", "baba", "new facts")
        registry.do(number, "uphold", "baba", "shown")
    assert registry.state(number) is LifeState.ACTIVE


def test_reporters_must_hear_of_a_dispute_in_five_business_days(registry: "Registry") -> None:
    number = registry.served()
    registry.until(date(2026, 12, 28))
    registry.do(number, "contest", "person")
    told_by = add_business_days(date(2026, 12, 28), 5)
    assert told_by == date(2027, 1, 8), "29 December to 3 January are no business days"
    assert registry.clocks(number)[Clock.TELL] == told_by
    registry.do(number, "reporter_told", "aoki", hide=False)
    assert Clock.TELL not in registry.clocks(number)


def test_reporters_who_were_not_told_in_time_are_a_matter_of_record(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    registry.until(registry.today + timedelta(days=20))
    assert registry.entries.get(number).reporter_late
    assert registry.state(number) is LifeState.CONTESTED
    assert [timer.what for timer in registry.warned].count(Clock.TELL) == 1


# --- the office -----------------------------------------------------------------------------------------------------


def test_a_suspended_entry_is_unserved_and_goes_on_when_resumed(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "suspend", "aoki", "a doubt")
    assert registry.met() is None
    registry.do(number, "resume", "baba", "no doubt", hide=False)
    assert registry.met() == Met(Effect.FLAG, 1)


def test_a_suspension_that_nobody_ends_erases_the_entry(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "suspend", "aoki", "a doubt")
    registry.until(registry.today + timedelta(days=31))
    assert registry.ending(number) == Ending.UNDECIDED


def test_a_contested_entry_is_decided_and_not_suspended(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "contest", "person")
    for act in ("suspend", "resume"):
        with pytest.raises(Refused) as refused:
            registry.do(number, act, "aoki", "a doubt")
        assert refused.value.code is Refusal.STATE


def test_merged_entries_are_one_that_rests_on_both(registry: "Registry") -> None:
    into, other = registry.served(registry.report("shop-1")), registry.served(registry.report("shop-2", MOVED))
    code = registry.entries.get(other).code
    with registry.entries.changing(into, other) as connection:
        registry.entries.merge(connection, into, other, "aoki", "one person")
    assert registry.look_up(PARTY) == registry.look_up(MOVED) == []
    registry.entries.settle()
    assert registry.met(PARTY) == registry.met(MOVED) == Met(Effect.HOLD, 2)
    assert registry.ending(other) == Ending.MERGED
    found = registry.entries.by_code(code)
    assert found is not None
    assert found.number == into


def test_what_the_reports_of_a_merged_entry_said_lives_on_with_the_other(registry: "Registry") -> None:
    moved = registry.report("shop-2", MOVED)
    into, other = registry.served(registry.report("shop-1")), registry.served(moved)
    with registry.entries.changing(into, other) as connection:
        registry.entries.merge(connection, into, other, "aoki", "one person")
    registry.entries.settle()
    assert registry.entry_of(moved) == into
    registry.said(moved, "withdrawn")
    assert registry.met(PARTY) == Met(Effect.FLAG, 1)


def test_a_split_entry_begins_anew_for_the_other_person(registry: "Registry") -> None:
    mistaken = registry.report("shop-2", MOVED)
    number = registry.served(registry.report("shop-1"), mistaken)
    new = registry.home.records.begin()
    with registry.entries.changing(number) as connection:
        report = registry.reports.by_number(connection, mistaken.number)
        registry.entries.split(connection, number, [report], new, "aoki", "two persons")
    registry.entries.settle()
    assert (registry.met(PARTY), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)
    assert (registry.state(new), registry.entry_of(mistaken)) == (LifeState.PENDING, new)
    assert registry.entries.get(new).sources[0].notice.state is NoticeState.DUE


def test_not_all_of_an_entry_is_split_off(registry: "Registry") -> None:
    report = registry.report()
    number, new = registry.served(report), registry.home.records.begin()
    with pytest.raises(Refused, match="some, not all"), registry.entries.changing(number) as connection:
        registry.entries.split(connection, number, [report], new, "aoki", "two")


# --- the reporter ---------------------------------------------------------------------------------------------------


def test_a_paid_entry_is_unserved_at_once_and_gone_within_two_days(registry: "Registry") -> None:
    report = registry.report()
    number = registry.served(report)
    registry.said(report, "paid")
    assert (registry.state(number), registry.met()) == (LifeState.SUSPENDED, None)
    registry.pass_time(hours=47, minutes=59)
    registry.sweep()
    assert registry.state(number) is LifeState.SUSPENDED
    registry.pass_time(minutes=1)
    registry.sweep()
    assert registry.ending(number) == Ending.PAID


@pytest.mark.parametrize("act", ["contest", "suspend", "resume"])
def test_nothing_keeps_a_paid_entry(registry: "Registry", act: str) -> None:
    report = registry.report()
    number = registry.served(report)
    registry.said(report, "paid")
    try:
        registry.do(number, act, "person", "a reason")
    except Refused as refused:
        assert refused.code is Refusal.STATE
    registry.pass_time(hours=48)
    registry.sweep()
    assert registry.ending(number) == Ending.PAID


def test_nobody_has_to_be_told_any_more_of_an_entry_that_was_paid(registry: "Registry") -> None:
    report = registry.report()
    number = registry.opened(report)
    registry.until(registry.today + timedelta(days=30))
    registry.said(report, "paid")
    leaves = registry.home.log.size()
    registry.until(registry.today + timedelta(days=1))
    registry.sweep()
    assert registry.state(number) is LifeState.SUSPENDED
    assert registry.home.log.size() == leaves
    registry.until(registry.today + timedelta(days=1))
    registry.sweep()
    assert registry.ending(number) == Ending.PAID


def test_one_of_two_debts_paid_leaves_the_other(registry: "Registry") -> None:
    paid = registry.report("shop-1")
    number = registry.served(paid, registry.report("shop-2"))
    registry.said(paid, "paid")
    assert registry.met() == Met(Effect.FLAG, 1)
    assert Clock.PAID not in registry.clocks(number)


def test_a_withdrawn_report_ends_the_entry_that_rests_on_it_alone(registry: "Registry") -> None:
    report = registry.report()
    number = registry.served(report)
    registry.said(report, "withdrawn")
    assert (registry.ending(number), registry.met()) == (Ending.WITHDRAWN, None)


def test_an_entry_whose_reporter_is_silent_for_six_months_sleeps(registry: "Registry") -> None:
    number, confirmed_on = registry.served(), date(2026, 11, 2)
    registry.until(add_months(confirmed_on, 6))
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(add_months(confirmed_on, 6) + timedelta(days=1))
    assert (registry.state(number), registry.met()) == (LifeState.ASLEEP, None)


def test_a_sleeping_entry_wakes_when_its_reporter_speaks(registry: "Registry") -> None:
    report = registry.report()
    number = registry.served(report)
    registry.until(date(2027, 6, 1))
    assert registry.state(number) is LifeState.ASLEEP
    registry.said(report, "confirmed")
    assert registry.met() == Met(Effect.FLAG, 1)


def test_an_entry_that_slept_for_six_months_is_erased(registry: "Registry") -> None:
    number = registry.served()
    registry.until(date(2027, 11, 4))
    assert registry.ending(number) == Ending.UNCONFIRMED


def test_the_voice_of_a_silent_reporter_counts_no_more(registry: "Registry") -> None:
    speaks = registry.report("shop-2")
    registry.served(registry.report("shop-1"), speaks)
    registry.until(date(2027, 4, 1))
    registry.said(speaks, "confirmed")
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(date(2027, 6, 1))
    assert registry.met() == Met(Effect.FLAG, 1)
