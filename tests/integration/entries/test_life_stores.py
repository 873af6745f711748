"""What of an entry's life may differ between the databases: who waits for whom, and what an older version left."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard import wire
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.refusals import Refused
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.registry.vault import EntryState, Kept
from shopguard.storage.engine import writing
from tests.integration.entries.conftest import LOADED, MOVED, Met, somebody

if TYPE_CHECKING:
    from tests.integration.entries.conftest import Registry

DAY = date(2026, 8, 14)


def test_a_life_from_report_to_end(either_registry: "Registry") -> None:
    registry = either_registry
    paid = registry.report("shop-2", MOVED)
    number = registry.served(registry.report("shop-1"))
    registry.added(number, paid)
    registry.heard(number)
    assert registry.met(MOVED) == Met(Effect.HOLD, 2)
    life = registry.do(number, "contest", "person")
    assert registry.met() is None
    assert registry.entries.by_code(life.code) == life
    assert registry.entries.in_state(LifeState.CONTESTED) == [life]
    registry.do(number, "uphold", "baba", "shown")
    registry.said(paid, "paid")
    assert registry.met() == Met(Effect.FLAG, 1)
    registry.until(date(2028, 1, 1))
    assert registry.entries.endings() == {(Category.UNPAID, Ending.UNCONFIRMED): 1}
    gone = registry.entries.gone(life.code)
    assert gone is not None
    assert (gone.number, gone.ending) == (number, Ending.UNCONFIRMED)
    assert registry.count("index", "posting") == registry.count("keys", "entry_key") == 0


def test_those_who_decide_at_once_decide_one_after_the_other(either_registry: "Registry") -> None:
    registry, together = either_registry, threading.Barrier(4)
    number = registry.served()
    registry.do(number, "contest", "person")

    def decide(act: str) -> bool:
        together.wait()
        try:
            registry.do(number, act, "aoki", "a reason")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(decide, ["uphold", "uphold", "overturn", "extend"]))
    registry.entries.settle()  # of those who were refused, some had hidden it
    assert sum(done[:3]) == 1
    assert registry.state(number) in (LifeState.ACTIVE, LifeState.ERASED)
    assert (registry.met() is not None) is (registry.state(number) is LifeState.ACTIVE)


def test_a_deadline_that_two_set_at_once_is_the_later_ones(either_registry: "Registry") -> None:
    registry, begun = either_registry, threading.Event()
    subject, timers = Subject.of(SubjectKind.MEMBER, "shop-1"), registry.home.timers

    def set_second() -> None:
        begun.wait()
        with writing(registry.vault) as connection:
            timers.set(connection, Timer(subject, "member_regroup", 2.0))

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(set_second)
        with writing(registry.vault) as connection:
            timers.set(connection, Timer(subject, "member_regroup", 1.0))
            begun.set()
            wait([second], timeout=0.3)  # it waits for this one
        second.result()
    assert timers.of(subject) == {"member_regroup": Timer(subject, "member_regroup", 2.0)}


def test_entries_of_an_older_version_are_given_their_days(either_registry: "Registry") -> None:
    registry = either_registry
    phone = Party(phones=("090-0000-2222",))
    faded = Entry("E-2", Category.UNPAID, phone, 2, date(2025, 1, 1), date(2025, 1, 1))
    registry.load(wire.encode(LOADED), wire.encode(faded))
    with writing(registry.vault) as connection:  # as migration 0003 finds them
        connection.execute(sa.text("UPDATE entry SET due_on = NULL"))
        connection.execute(sa.text("DELETE FROM timer"))
        insert = "INSERT INTO timer (subject, what, due_at) VALUES ('listed:undated', 'listed_undated', 0)"
        connection.execute(sa.text(insert))
    registry.sweep()
    assert registry.met(phone) == Met(Effect.NOTE, 2)
    registry.until(date(2030, 1, 2))
    assert registry.met(phone) is None
    assert registry.met() == Met(Effect.HOLD, 2)
    registry.until(date(2031, 8, 15))
    assert registry.count("index", "posting") == registry.count("keys", "entry_key") == 0


def test_many_entries_that_end_on_one_day_end(registry: "Registry") -> None:
    entries = [Entry(f"E-{n}", Category.COD_REFUSED, somebody(n), 1, DAY, DAY) for n in range(450)]
    registry.load(*map(wire.encode, entries))
    assert registry.count("vault", "timer") == 1
    registry.now = registry.now.replace(year=2028)
    registry.sweep()
    assert registry.count("index", "posting") == registry.count("keys", "entry_key") == 0
    assert registry.count("vault", "timer") == 0


def test_whoever_waits_gets_a_turn_while_many_entries_are_erased(
    registry: "Registry", monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.load(*(wire.encode(Entry(f"E-{n}", Category.UNPAID, somebody(n), 1, DAY, DAY)) for n in range(45)))
    placing = registry.home.publisher.placing
    with writing(registry.vault) as connection:
        for kept in placing.vault.readable(0, 45):
            placing.vault.set_state(connection, kept.number, EntryState.ERASED)
    erased, turns, erase, turn = [0], list[int](), placing.erase, placing.turn

    def counted(kept: Kept) -> None:
        erase(kept)
        erased[0] += 1

    @contextmanager
    def noted() -> Iterator[None]:
        before = erased[0]
        with turn():
            yield
        turns.append(erased[0] - before)

    monkeypatch.setattr(placing, "erase", counted)
    monkeypatch.setattr(placing, "turn", noted)
    placing.settle()
    assert turns == [20, 20, 5]
