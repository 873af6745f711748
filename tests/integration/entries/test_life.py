"""What happens to an entry, looked up for real at each step, and one person's walk through every state and clock."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.calendar import add_business_days, add_months
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, LifeState, NoticeState
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.entries.conftest import PARTY, Met, somebody

if TYPE_CHECKING:
    from tests.integration.entries.conftest import Registry

MOVED = Party(
    name="佐藤 次郎", postal_code="150-0001", city="渋谷区", lines=("神宮前1-1-1",), emails=("t2@example.jp",)
)
LOADED = Entry("E-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))


# --- notice ---------------------------------------------------------------------------------------------------------


def test_a_new_entry_is_served_when_the_person_had_fourteen_days(registry: "Registry") -> None:
    number = registry.opened()
    registry.entries.settle()
    assert registry.met() is None
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    told_on = registry.today
    registry.until(told_on + timedelta(days=14))
    assert (registry.state(number), registry.met()) == (LifeState.PENDING, None)
    registry.until(told_on + timedelta(days=15))
    assert (registry.state(number), registry.met()) == (LifeState.ACTIVE, Met(Effect.FLAG, 1))


def test_an_entry_whose_person_nobody_tells_is_erased(registry: "Registry") -> None:
    number, opened_on = registry.opened(), registry.today
    registry.until(opened_on + timedelta(days=30))
    assert registry.state(number) is LifeState.PENDING
    registry.until(opened_on + timedelta(days=31))
    assert registry.ending(number) == Ending.UNTOLD


def test_where_no_address_works_two_shops_flag_at_most(registry: "Registry") -> None:
    number = registry.opened(registry.report("shop-1"), registry.report("shop-2"))
    registry.do(number, "notice_impossible", "aoki", "no address")
    registry.until(registry.today + timedelta(days=15))
    assert registry.met() == Met(Effect.FLAG, 2)


def test_a_letter_that_came_back_takes_the_hold_away(registry: "Registry") -> None:
    number = registry.served(registry.report("shop-1"), registry.report("shop-2"))
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.do(number, "notice_impossible", "aoki", "came back")
    assert registry.met() == Met(Effect.FLAG, 2)


def test_an_address_found_later_gives_the_hold_back_after_fourteen_days(registry: "Registry") -> None:
    number = registry.opened(registry.report("shop-1"), registry.report("shop-2"))
    registry.do(number, "notice_impossible", "aoki", "no address")
    registry.until(registry.today + timedelta(days=40))
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    told_on = registry.today
    registry.until(told_on + timedelta(days=14))
    assert registry.met() == Met(Effect.FLAG, 2)
    registry.until(told_on + timedelta(days=15))
    assert registry.met() == Met(Effect.HOLD, 2)


def test_an_address_found_while_pending_gives_the_whole_time_to_answer(registry: "Registry") -> None:
    number = registry.opened()
    registry.do(number, "notice_impossible", "aoki", "no address")
    registry.until(registry.today + timedelta(days=13))
    registry.do(number, "notice_sent", "mail", "id", "aoki")
    registry.until(registry.today + timedelta(days=14))
    assert registry.met() is None
    registry.until(registry.today + timedelta(days=1))
    assert registry.met() == Met(Effect.FLAG, 1)


def test_where_the_registry_stood_still_nothing_is_served_before_the_office_was_warned(registry: "Registry") -> None:
    number = registry.opened()
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    registry.pass_time(days=21)
    registry.sweep()
    assert registry.state(number) is LifeState.PENDING
    assert registry.clocks(number)[Clock.SERVE] == registry.today + timedelta(days=3)
    registry.warned.clear()
    registry.until(registry.today + timedelta(days=3))
    assert Clock.SERVE in {timer.what for timer in registry.warned}
    assert registry.met() is None
    registry.until(registry.today + timedelta(days=1))
    assert registry.met() is not None


# --- corroboration --------------------------------------------------------------------------------------------------


def test_a_second_shop_makes_an_entry_hold(registry: "Registry") -> None:
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    assert registry.met() == Met(Effect.HOLD, 2)


def test_shops_of_one_group_are_one_voice(registry: "Registry") -> None:
    registry.home.entries._groups = lambda: {"shop-1": "owner", "shop-2": "owner"}
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    assert registry.met() == Met(Effect.FLAG, 1)


def test_two_persons_at_the_office_make_one_shops_entry_hold(registry: "Registry") -> None:
    registry.served(registry.report(checked_by=("aoki", "baba")))
    assert registry.met() == Met(Effect.HOLD, 1)


def test_a_malicious_claim_needs_two_persons_at_the_office(registry: "Registry") -> None:
    claim = registry.report(category=Category.MALICIOUS_CLAIM, checked_by=("aoki",))
    with pytest.raises(Refused) as refused:
        registry.opened(claim)
    assert refused.value.code is Refusal.STATE
    assert registry.count("vault", "life") == 0
    registry.opened(registry.report(category=Category.MALICIOUS_CLAIM, checked_by=("aoki", "baba")))
    assert registry.count("vault", "life") == 1


def test_what_fits_no_category_never_acts(registry: "Registry") -> None:
    other = [registry.report(f"shop-{n}", category=Category.OTHER, checked_by=("aoki", "baba")) for n in (1, 2)]
    registry.served(*other)
    assert registry.met() == Met(Effect.NOTE, 2)


def test_a_person_is_met_under_each_name_and_address_that_was_reported(registry: "Registry") -> None:
    number = registry.served(registry.report("shop-1"))
    moved = registry.report("shop-2", MOVED)
    registry.added(number, moved)
    assert registry.met(PARTY) == registry.met(MOVED) == Met(Effect.HOLD, 2)
    registry.said(moved, "withdrawn")
    assert (registry.met(PARTY), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)


def test_a_case_whose_time_is_over_opens_no_entry(registry: "Registry") -> None:
    old = registry.report(category=Category.COD_REFUSED, due_on=None, refused_on=date(2024, 11, 1))
    with pytest.raises(Refused, match="too old"):
        registry.opened(old)


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
    assert registry.entries.get(new).notice is NoticeState.DUE


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


# --- expiry ---------------------------------------------------------------------------------------------------------


def kept_up(registry: "Registry", number: int, until: date) -> None:
    """Let the reporters confirm every five months."""
    while registry.today < until:
        registry.until(min(add_months(registry.today, 5), until))
        if registry.state(number) is LifeState.ERASED:
            return
        for source in registry.entries.get(number).sources:
            with registry.entries.changing() as connection:
                registry.entries.confirmed(connection, source.report, f"member:{source.member}")


def test_unpaid_ends_five_years_after_the_due_date(registry: "Registry") -> None:
    number = registry.served()
    kept_up(registry, number, date(2031, 9, 1))
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(date(2031, 9, 2))
    assert (registry.ending(number), registry.met()) == (Ending.EXPIRED, None)


def test_a_refused_parcel_ends_after_two_years(registry: "Registry") -> None:
    refused = {"category": Category.COD_REFUSED, "due_on": None, "refused_on": date(2026, 10, 20)}
    number = registry.served(registry.report(**refused))
    kept_up(registry, number, date(2028, 10, 20))
    assert registry.state(number) is LifeState.ACTIVE
    registry.until(date(2028, 10, 21))
    assert registry.ending(number) == Ending.EXPIRED


def test_a_new_report_alone_moves_the_end(registry: "Registry") -> None:
    number = registry.served()
    before = registry.entries.get(number).expires_on
    for act, given in (("suspend", ["aoki", "x"]), ("resume", ["aoki", "x"]), ("contest", ["person"])):
        registry.do(number, act, *given)
        assert registry.entries.get(number).expires_on == before
    registry.do(number, "uphold", "aoki", "x")
    registry.added(number, registry.report("shop-2", due_on=date(2026, 10, 1)))
    assert registry.entries.get(number).expires_on == date(2031, 10, 2) > before


def test_a_phone_number_alone_is_but_a_note_after_a_year(registry: "Registry") -> None:
    phone = Party(name="渡邊 太郎", phones=("090-0000-1111",))
    number = registry.served(registry.report("shop-1", phone), registry.report("shop-2", phone))
    assert registry.met(phone) == Met(Effect.HOLD, 2)
    kept_up(registry, number, date(2027, 9, 1))
    assert registry.met(phone) == Met(Effect.HOLD, 2)
    registry.until(date(2027, 9, 2))
    assert registry.met(phone) == Met(Effect.NOTE, 2)


# --- erased ---------------------------------------------------------------------------------------------------------


def test_of_an_erased_entry_nothing_is_left_but_what_it_was_and_how_it_ended(registry: "Registry") -> None:
    report = registry.report()
    number = registry.served(report)
    registry.do(number, "erase", "aoki", "at the person's wish")
    assert registry.count("index", "posting") == registry.count("keys", "entry_key") == 0
    assert registry.count("vault", "life", "WHERE sealed IS NOT NULL OR state <> 'erased'") == 0
    assert registry.count("vault", "report", "WHERE LENGTH(sealed) > 0") == 0
    assert registry.count("vault", "timer", f"WHERE subject = 'entry:{number}'") == 0
    assert registry.entries.endings() == {(Category.UNPAID, Ending.ERASED): 1}
    with pytest.raises(Refused) as refused:
        registry.entries.get(number)
    assert refused.value.code is Refusal.NOT_FOUND


def test_every_act_is_in_the_log_though_the_entry_is_gone(registry: "Registry") -> None:
    before = registry.home.log.size()
    number = registry.served()  # opened, told, active
    registry.do(number, "erase", "aoki", "at the person's wish")
    assert registry.home.log.size() == before + 4
    assert registry.count("vault", "act", "WHERE leaf IS NULL") == 0


def test_acts_say_who_why_and_from_where_to_where(registry: "Registry") -> None:
    number = registry.served()
    registry.do(number, "suspend", "aoki", "a doubt")
    acts = registry.home.acts.of(Subject.of(SubjectKind.ENTRY, number))
    told = [(one.act.by, one.act.before, one.act.after) for one in acts]
    assert told == [
        ("aoki", "", "pending"),
        ("aoki", "pending", "pending"),
        ("shopguard", "pending", "active"),
        ("aoki", "active", "suspended"),
    ]
    assert acts[-1].act.reason == "a doubt"


# --- entries that were loaded ---------------------------------------------------------------------------------------


def test_a_loaded_entry_ends_by_its_category_from_its_last_case(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    registry.until(date(2031, 8, 14))
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(date(2031, 8, 15))
    assert (registry.met(), registry.count("index", "posting")) == (None, 0)
    assert registry.count("vault", "timer") == 0


def test_a_loaded_entry_is_not_served_on_its_last_day_even_if_nobody_sweeps(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    registry.pass_time(days=365 * 5)
    assert registry.met() is None


def test_a_line_whose_time_is_over_is_left_out(registry: "Registry") -> None:
    old = Entry("E-2", Category.COD_REFUSED, somebody(2), 1, date(2023, 1, 1), date(2024, 11, 1))
    report = registry.home.publisher.load([wire.encode(old), wire.encode(LOADED)])
    assert (report.stored, report.faulty) == (1, 1)


def test_a_loaded_phone_number_alone_is_but_a_note_after_a_year(registry: "Registry") -> None:
    phone = Party(name="渡邊 太郎", phones=("090-0000-1111",))
    registry.load(wire.encode(Entry("E-3", Category.UNPAID, phone, 2, date(2026, 8, 14), date(2026, 8, 14))))
    registry.until(date(2027, 8, 14))
    assert registry.met(phone) == Met(Effect.HOLD, 2)
    registry.until(date(2027, 8, 15))
    assert registry.met(phone) == Met(Effect.NOTE, 2)
    registry.until(date(2031, 8, 15))
    assert registry.met(phone) is None


def test_a_loaded_entry_that_is_contested_has_a_life_of_its_own(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    number = registry.entries.find("E-1")
    assert number is not None
    life = registry.do(number, "contest", "person")
    assert (life.state, life.reference, registry.met()) == (LifeState.CONTESTED, "E-1", None)
    assert registry.entries.by_code(life.code) == life
    registry.do(number, "uphold", "aoki", "shown")
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(date(2031, 8, 15))
    assert registry.ending(number) == Ending.EXPIRED


def test_loading_does_not_touch_an_entry_with_a_life_of_its_own(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    number = registry.entries.find("E-1")
    assert number is not None
    registry.do(number, "contest", "person")
    longer = Entry("E-1", Category.UNPAID, PARTY, 9, date(2025, 3, 1), date(2026, 10, 14))
    assert registry.home.publisher.load([wire.encode(longer)]).faulty == 1
    assert registry.met() is None


def test_no_operator_serves_an_entry_past_its_life(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    number = registry.entries.find("E-1")
    assert number is not None
    registry.do(number, "contest", "person")
    for act in (registry.home.publisher.unblock, registry.home.publisher.block):
        with pytest.raises(Refused) as refused:
            act("E-1")
        assert refused.value.code is Refusal.STATE
    assert registry.met() is None


def test_an_entry_that_an_operator_blocked_is_suspended_once_it_has_a_life(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    registry.home.publisher.block("E-1")
    number = registry.entries.find("E-1")
    assert number is not None
    registry.added(number, registry.report("shop-1"))
    assert (registry.state(number), registry.met()) == (LifeState.SUSPENDED, None)


def test_an_operator_who_erases_an_entry_ends_its_life(registry: "Registry") -> None:
    report = registry.report()
    number = registry.served(report)
    assert registry.home.publisher.erase(registry.entries.get(number).reference)
    assert (registry.ending(number), registry.met()) == (Ending.ERASED, None)
    assert registry.count("vault", "timer", f"WHERE subject = 'entry:{number}'") == 0


def test_a_report_that_supports_a_loaded_entry_must_be_told_to_the_person(registry: "Registry") -> None:
    registry.load(wire.encode(LOADED))
    number = registry.entries.find("E-1")
    assert number is not None
    added_on = registry.today
    registry.added(number, registry.report("shop-1"))
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(added_on + timedelta(days=31))
    assert registry.entries.get(number).sources == ()
    assert registry.met() == Met(Effect.HOLD, 2)


# --- the walk -------------------------------------------------------------------------------------------------------


def test_one_person_walks_through_every_state_and_clock(registry: "Registry") -> None:
    states, walked = set[LifeState](), list[int]()

    def see(number: int, state: LifeState, met: Met | None) -> None:
        assert (registry.state(number), registry.met()) == (state, met)
        states.add(state)
        walked.append(number)

    phone = Party(name="渡邊 太郎", phones=("090-0000-1111",))

    def met_by_phone(number: int, state: LifeState, met: Met | None) -> None:
        assert (registry.state(number), registry.met(phone)) == (state, met)

    never_told = registry.opened()
    see(never_told, LifeState.PENDING, None)
    registry.until(date(2026, 12, 3))
    see(never_told, LifeState.ERASED, None)

    first, second = registry.report("shop-1", phone), registry.report("shop-2", phone)
    number = registry.opened(first)
    registry.do(number, "notice_sent", "post", "12345", "aoki")
    registry.until(date(2026, 12, 18))
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.FLAG, 1))
    registry.added(number, second)
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.HOLD, 2))

    registry.do(number, "contest", "person")
    see(number, LifeState.CONTESTED, None)
    registry.until(date(2027, 1, 10))
    assert registry.entries.get(number).reporter_late
    registry.do(number, "uphold", "baba", "shown")
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.HOLD, 2))

    registry.until(date(2027, 6, 1))
    registry.said(second, "confirmed")
    registry.until(date(2027, 6, 4))
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.FLAG, 1))
    registry.until(date(2027, 9, 2))
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.NOTE, 1))
    registry.until(date(2027, 12, 2))
    see(number, LifeState.ASLEEP, None)
    registry.said(second, "confirmed")
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.NOTE, 1))
    registry.said(first, "withdrawn")
    registry.said(second, "paid")
    see(number, LifeState.SUSPENDED, None)
    registry.until(date(2027, 12, 5))
    see(number, LifeState.ERASED, None)

    undecided = registry.served(registry.report(due_on=date(2027, 10, 1)))
    registry.do(undecided, "contest", "person")
    registry.until(registry.today + timedelta(days=31))
    see(undecided, LifeState.ERASED, None)

    forgotten = registry.served(registry.report(due_on=date(2027, 10, 1)))
    see(forgotten, LifeState.ACTIVE, Met(Effect.FLAG, 1))
    registry.do(forgotten, "suspend", "aoki", "a doubt")
    registry.until(registry.today + timedelta(days=31))
    see(forgotten, LifeState.ERASED, None)

    silent = registry.served(registry.report(due_on=date(2027, 10, 1)))
    registry.until(registry.today + timedelta(days=400))
    see(silent, LifeState.ERASED, None)

    day = registry.today
    old = registry.served(registry.report(category=Category.COD_REFUSED, due_on=None, refused_on=day))
    kept_up(registry, old, add_months(day, 24) + timedelta(days=1))
    see(old, LifeState.ERASED, None)

    assert states == set(LifeState)
    assert {timer.what for timer in registry.fired} == set(Clock)
    assert registry.entries.endings() == {
        (Category.UNPAID, Ending.UNTOLD): 1,
        (Category.UNPAID, Ending.PAID): 1,
        (Category.UNPAID, Ending.UNDECIDED): 2,
        (Category.UNPAID, Ending.UNCONFIRMED): 1,
        (Category.COD_REFUSED, Ending.EXPIRED): 1,
    }
    warned = {(timer.subject, timer.what, timer.due_at) for timer in registry.warned}
    assert {(timer.subject, timer.what, timer.due_at) for timer in registry.fired} <= warned
