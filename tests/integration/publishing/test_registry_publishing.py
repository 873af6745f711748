"""Entries on their way to those who look them up: stored, replaced, blocked, erased, and broken off at every step."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard.identity import identify, tokens
from shopguard.model import Effect, Party
from shopguard.registry.load import LineFault, LoadReport
from tests.integration.publishing.conftest import ENTRY, PARTY, Crash, lines, many

if TYPE_CHECKING:
    from tests.integration.publishing.conftest import Office

MOVED = replace(ENTRY, party=Party(phones=("090-0000-3333",), emails=("new@example.jp",)), reporters=5)
STRANGER = Party(name="鈴木 一郎", phones=("090-0000-2222",))


def test_a_stored_entry_is_met_by_an_order_of_the_same_person(office: "Office") -> None:
    office.load(ENTRY)
    assert office.served(PARTY) == {1: {"E-1"}}
    assert office.served(STRANGER) == {1: set()}
    assert office.count("index", "posting") == len(tokens(identify(PARTY)))


def test_an_entry_of_the_same_id_replaces_the_old_one_entirely(office: "Office") -> None:
    office.load(ENTRY)
    office.load(MOVED)
    assert office.served(PARTY) == {1: set()}
    assert office.served(MOVED.party) == {1: {"E-1"}}
    assert office.count("index", "posting") == office.count("index", "sealed_row") == 2
    assert [office.count("index", "full_posting"), office.count("vault", "sealed_in")] == [1, 1]


def test_the_handle_of_a_replaced_entry_stays(office: "Office") -> None:
    office.load(ENTRY)
    before = office.handles()
    office.load(MOVED)
    assert office.handles() == before


def test_a_blocked_entry_is_served_no_more_even_after_loading_it_again(office: "Office") -> None:
    office.load(ENTRY)
    assert office.publisher.block("E-1")
    assert office.served(PARTY) == {1: set()}
    office.load(replace(ENTRY, reporters=9))
    assert office.served(PARTY) == {1: set()}
    assert not office.publisher.block("E-2")


def test_a_note_that_stands_without_end_is_changed_and_blocked_as_any_entry(office: "Office") -> None:
    note = replace(ENTRY, effect=Effect.CONFIRM)
    office.load(note)
    office.load(replace(note, reporters=3))
    assert office.publisher.block(note.id)


def test_a_blocked_entry_that_changed_has_no_row_at_all(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.block("E-1")
    office.load(MOVED)
    assert [office.count("index", "posting"), office.count("index", "full_posting")] == [0, 0]


def test_an_unblocked_entry_is_met_as_it_is_now(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.block("E-1")
    office.load(MOVED)
    assert office.publisher.unblock("E-1")
    assert office.served(MOVED.party) == {1: {"E-1"}}
    assert office.served(PARTY) == {1: set()}
    assert not office.publisher.unblock("E-2")


def test_an_erased_entry_leaves_nothing_but_that_it_was_erased(office: "Office") -> None:
    office.load(ENTRY, *many(1))
    assert office.publisher.erase("E-1")
    assert office.served(PARTY) == {1: set()}
    assert office.count("index", "posting") == office.count("index", "sealed_row") == 2
    assert [office.count("keys", "entry_key"), office.count("vault", "sealed_in")] == [1, 1]
    assert office.count("vault", "entry", "WHERE sealed IS NULL AND state = 'erased'") == 1
    assert not office.publisher.erase("E-1")
    assert not office.publisher.erase("E-2")
    assert not office.publisher.block("E-1")
    assert not office.publisher.unblock("E-1")


def test_an_erased_entry_does_not_come_back_under_its_id(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.erase("E-1")
    faults: list[LineFault] = []
    report = office.publisher.load(lines(*many(1), ENTRY), on_fault=faults.append)
    assert report == LoadReport(stored=1, faulty=1)
    assert [(fault.line, "erased" in fault.reason) for fault in faults] == [(2, True)]
    assert office.served(PARTY) == {1: set()}


def test_rows_are_numbered_by_their_locators_over_the_whole_batch(office: "Office") -> None:
    office.load(*many(40))
    with office.engines["index"].connect() as connection:
        numbers = list(connection.scalars(sa.text("SELECT number FROM posting ORDER BY locator")))
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 80


def test_a_new_entry_is_told_to_those_who_watch_and_one_that_is_there_is_not(office: "Office") -> None:
    office.load(ENTRY)
    told = office.index.additions(0, 1_000_000)
    assert {added.epoch for added in told.added} == {1}
    pieces = {added.values[at : at + 6] for added in told.added for at in range(0, len(added.values), 6)}
    assert {locator[:6] for locator in office.locators(1)} <= pieces
    office.load(ENTRY)
    assert office.index.additions(told.next, 1_000_000).added == ()


def test_what_was_listed_long_ago_is_told_no_more(office: "Office") -> None:
    office.load(*many(2))
    first = office.index.additions(0, 1_000_000).next
    office.load(ENTRY)
    office.pass_days(31)
    office.load(MOVED)
    told = office.index.additions(0, 1_000_000)
    pieces = {added.values[at : at + 6] for added in told.added for at in range(0, len(added.values), 6)}
    assert office.index.additions(0, 1).next > first
    assert {locator[:6] for locator in office.locators(1)} - pieces, "those of the first two entries"


# --- broken off -----------------------------------------------------------------------------------------------------


def replaced(office: "Office") -> None:
    office.publisher.load(lines(MOVED, *many(3)))


def blocked(office: "Office") -> None:
    office.publisher.block("E-1")


def unblocked(office: "Office") -> None:
    office.publisher.unblock("E-1")


def erased(office: "Office") -> None:
    office.publisher.erase("E-1")


def never(office: "Office") -> None:
    pass


@pytest.mark.parametrize(
    ("before", "act", "afterwards"),
    [
        (never, replaced, {"old": {"E-1"}, "new": {"E-1"}}),
        (blocked, replaced, {"old": set(), "new": set()}),
        (never, blocked, {"old": {"E-1"}, "new": set()}),
        (blocked, unblocked, {"old": {"E-1"}, "new": set()}),
        (never, erased, {"old": {"E-1"}, "new": set()}),
    ],
)
def test_whatever_breaks_off_leaves_an_entry_served_whole_or_not_at_all_and_is_finished_later(
    one_file_office: "Office",
    before: Callable[["Office"], None],
    act: Callable[["Office"], None],
    afterwards: dict[str, set[str]],
) -> None:
    office = one_file_office
    office.load(ENTRY)
    before(office)
    start = office.photograph()
    with office.crashing_at(0) as commits:
        act(office)
    end = office.photograph()
    assert len(commits) >= 2
    for number in range(1, len(commits) + 1):
        office.restore(start)
        with pytest.raises(Crash), office.crashing_at(number):
            act(office)
        office.open()
        met_old, met_new = office.served(PARTY)[1], office.served(MOVED.party)[1]
        assert met_old <= afterwards["old"]
        assert met_new <= afterwards["new"]
        assert not (met_old and met_new), "one entry in two forms"
        office.publisher.settle()
        act(office)
        assert office.served(PARTY) == end.served_old
        assert office.served(MOVED.party) == end.served_new
        keys, keys_in_use = office.counts()["entry_key"], end.counts["entry_key"]
        assert {**office.counts(), "entry_key": keys_in_use} == end.counts
        assert keys >= keys_in_use, "a key that was made for nothing opens nothing"
        assert keys == keys_in_use or act is replaced
        assert office.publisher.placing.vault.under_way(1) == []


def test_a_whole_batch_that_broke_off_is_there_after_settling(one_file_office: "Office") -> None:
    office, entries = one_file_office, many(20)
    with office.crashing_at(0) as commits:
        office.load(ENTRY)
    for number in range(1, len(commits) + 1):
        fresh = many(20, start=100 * number)
        with pytest.raises(Crash), office.crashing_at(number):
            office.load(*fresh)
        office.open()
        office.publisher.settle()
        stored = [entry.id for entry in fresh if office.served(entry.party) == {1: {entry.id}}]
        assert stored in ([], [entry.id for entry in fresh])
        entries += fresh if stored else []
    rows = sum(len(tokens(identify(entry.party))) for entry in entries)
    assert rows == 40 * (len(entries) // 20)


def test_those_who_write_together_take_turns(office: "Office") -> None:
    together = threading.Barrier(3)

    def load(entries: list[bytes]) -> LoadReport:
        together.wait()
        return office.publish().load(entries)

    shared = many(60)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(load, [lines(*shared), lines(*reversed(shared)), lines(*shared[30:])]))
    assert sum(report.stored for report in reports) == 60
    assert sum(report.unchanged for report in reports) == 90
    assert office.count("index", "posting") == office.count("index", "sealed_row") == 120
    assert all(office.served(entry.party) == {1: {entry.id}} for entry in shared[::7])


def test_a_block_is_in_force_while_others_write(office: "Office") -> None:
    office.load(ENTRY)
    with office.publisher.placing.turn():
        thread = threading.Thread(target=office.publish().block, args=["E-1"])
        thread.start()
        while office.served(PARTY) != {1: set()}:
            threading.Event().wait(0.005)
    thread.join()
    assert office.count("vault", "entry", "WHERE state = 'blocked'") == 1


def test_an_unblocked_entry_is_told_in_the_moment_it_is_served(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.block("E-1")
    told = office.index.additions(0, 1_000_000).next
    seen: list[tuple[bool, bool]] = []

    def look(*_: object) -> None:
        news = office.index.additions(told, 1_000_000).added
        seen.append((bool(news), bool(office.index.blocked(office.handles()))))

    sa.event.listen(office.index.engine, "commit", look)
    office.publisher.unblock("E-1")
    look()  # after everything
    assert seen[0] == (False, True)
    assert seen[-1] == (True, False)
    assert {(False, True), (True, False)} == set(seen)


def test_a_block_that_broke_off_before_the_vault_knew_it_can_be_lifted(office: "Office") -> None:
    office.load(ENTRY)
    office.index.block(office.handles()[0])
    assert office.met(ENTRY.party) == set()
    assert office.publisher.unblock("E-1")
    assert office.met(ENTRY.party) == {"E-1"}


def test_an_entry_is_blocked_by_the_handle_that_a_shop_was_told(office: "Office") -> None:
    office.load(ENTRY)
    assert office.publisher.block(office.handles()[0].hex())
    assert office.met(ENTRY.party) == set()
    assert not office.publisher.block(bytes(16).hex())
