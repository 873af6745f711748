"""What an entry is worth and for how long, looked up at each step, and one walk through every state and clock."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shopguard.model import Category, Effect, Party
from shopguard.registry.calendar import add_months
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.entries.conftest import MOVED, PARTY, Met

if TYPE_CHECKING:
    from tests.integration.entries.conftest import Registry


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
    registry.heard(number)
    assert registry.met() == Met(Effect.HOLD, 2)


def test_shops_of_one_group_are_one_voice(registry: "Registry") -> None:
    registry.home.entries._groups = lambda: {"shop-1": "owner", "shop-2": "owner"}
    number = registry.served()
    registry.added(number, registry.report("shop-2"))
    registry.heard(number)
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
    registry.heard(number)
    assert registry.met(PARTY) == registry.met(MOVED) == Met(Effect.HOLD, 2)
    registry.said(moved, "withdrawn")
    assert (registry.met(PARTY), registry.met(MOVED)) == (Met(Effect.FLAG, 1), None)


def test_a_case_whose_time_is_over_opens_no_entry(registry: "Registry") -> None:
    old = registry.report(category=Category.COD_REFUSED, due_on=None, refused_on=date(2024, 11, 1))
    with pytest.raises(Refused, match="too old"):
        registry.opened(old)


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
    met_by_phone(number, LifeState.ACTIVE, Met(Effect.FLAG, 1))
    registry.heard(number)
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
