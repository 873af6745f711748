"""Entries that were loaded from a file: how long they are served, and how each comes to a life of its own."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.refusals import Refusal, Refused
from tests.integration.entries.conftest import LOADED, PARTY, Met, somebody

if TYPE_CHECKING:
    from tests.integration.entries.conftest import Registry


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
