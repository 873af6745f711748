"""Sealing every entry anew under a fresh seed: killed at every step, and while others store, block and erase."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard.identity import PROFILE
from shopguard.model import Entry, Party
from shopguard.registry import reseal
from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.reseal import EpochStaysOpen
from shopguard.storage.engine import writing
from tests.integration.publishing.conftest import ENTRY, PARTY, Crash, lines, many

if TYPE_CHECKING:
    from tests.integration.publishing.conftest import Office

CLOSED, CLOSING, LIVE, PREPARING = EpochState.CLOSED, EpochState.CLOSING, EpochState.LIVE, EpochState.PREPARING


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH", 2)


def met(office: "Office", entries: list[Entry], epoch: int) -> set[str]:
    """The ids of ``entries`` whose own party meets them and nobody else in ``epoch``."""
    return {entry.id for entry in entries if office.served(entry.party).get(epoch) == {entry.id}}


def ids(entries: list[Entry]) -> set[str]:
    return {entry.id for entry in entries}


def become(office: "Office", number: int, profile: int, state: EpochState) -> None:
    with writing(office.engines["index"]) as connection:
        office.index.set_epoch(connection, Epoch(number, profile, state, office.now.timestamp()))


def test_every_order_that_met_an_entry_meets_it_in_the_next_epoch_and_no_locator_repeats(office: "Office") -> None:
    entries = [ENTRY, *many(5)]
    office.load(*entries)
    assert office.publisher.reseal() == 6
    assert office.epochs() == {1: CLOSING, 2: LIVE}
    assert met(office, entries, 1) == met(office, entries, 2) == ids(entries)
    before, after = office.locators(1), office.locators(2)
    assert len(before) == len(after) > 20
    assert not set(before) & set(after)


def test_the_handle_stays_and_everything_else_is_drawn_anew(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.reseal()
    first, second = office.rows(PARTY, 1), office.rows(PARTY, 2)
    assert {row.handle for row in first} == {row.handle for row in second}
    assert not {row.t2_ref for row in first} & {row.t2_ref for row in second}
    assert not {row.share for row in first} & {row.share for row in second}


def test_members_do_not_hear_of_entries_that_are_only_sealed_anew(office: "Office") -> None:
    office.load(ENTRY)
    told = office.index.additions(0, 1_000_000).next
    office.publisher.reseal()
    assert office.index.additions(told, 1_000_000).added == ()


def test_progress_is_told_after_each_batch(one_file_office: "Office") -> None:
    one_file_office.load(*many(600))
    told: list[tuple[int, int]] = []
    assert one_file_office.publisher.reseal(lambda done, total: told.append((done, total))) == 600
    assert told == [(0, 600), (500, 600), (600, 600)]


@pytest.mark.usefixtures("small_batches")
def test_killed_at_any_step_it_goes_on_and_nothing_is_missing_or_twice(one_file_office: "Office") -> None:
    office, entries = one_file_office, [ENTRY, *many(4)]
    office.load(*entries)
    office.publisher.block("E-0003")
    active = ids(entries) - {"E-0003"}
    start = office.photograph()
    with office.crashing_at(0) as commits:
        office.publisher.reseal()
    end = office.counts()
    assert len(commits) == 12, "begun, two batches, made live: three steps each"
    for number in range(1, len(commits)):  # with the last but one it is live
        office.restore(start)
        with pytest.raises(Crash), office.crashing_at(number):
            office.publisher.reseal()
        office.open()
        assert office.epochs()[1] is LIVE
        assert met(office, entries, 1) == active
        assert met(office, entries, 2) == set(), "not served before it is complete"
        office.publisher.reseal()
        assert office.epochs() == {1: CLOSING, 2: LIVE}
        assert met(office, entries, 1) == met(office, entries, 2) == active
        assert office.counts() == end
        assert not set(office.locators(1)) & set(office.locators(2))


def test_a_blocked_entry_stays_unserved_in_both_and_comes_back_in_both(office: "Office") -> None:
    office.load(ENTRY)
    office.publisher.block("E-1")
    office.publisher.reseal()
    assert office.served(PARTY) == {1: set(), 2: set()}
    assert office.locators(2) == []
    office.publisher.unblock("E-1")
    assert office.served(PARTY) == {1: {"E-1"}, 2: {"E-1"}}


def meanwhile(act: Callable[[], object]) -> Callable[[int, int], None]:
    """Progress that does something once, after the first batch."""
    left = [act]

    def progress(done: int, _total: int) -> None:
        if done and left:
            left.pop()()

    return progress


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("id_", ["E-0000", "E-0004"], ids=["sealed before", "sealed after"])
def test_what_is_erased_during_it_leaves_nothing_in_the_new_epoch(office: "Office", id_: str) -> None:
    entries = many(5)
    office.load(*entries)
    other = office.publish()
    office.publisher.reseal(meanwhile(lambda: other.erase(id_)))
    assert met(office, entries, 1) == met(office, entries, 2) == ids(entries) - {id_}
    assert len(office.locators(1)) == len(office.locators(2)) == 8
    assert [office.count("vault", "sealed_in"), office.count("index", "full_posting")] == [8, 8]


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("id_", ["E-0000", "E-0004"], ids=["sealed before", "sealed after"])
def test_what_is_blocked_during_it_is_served_in_neither(office: "Office", id_: str) -> None:
    entries = many(5)
    office.load(*entries)
    other = office.publish()
    office.publisher.reseal(meanwhile(lambda: other.block(id_)))
    assert met(office, entries, 1) == met(office, entries, 2) == ids(entries) - {id_}


@pytest.mark.usefixtures("small_batches")
def test_what_is_loaded_during_it_is_met_in_both(office: "Office") -> None:
    entries, others = many(5), many(3, start=100)
    changed = [
        replace(entry, party=Party(phones=(f"090-3123-90{n:02}",), emails=(f"c{n}@example.jp",)))
        for n, entry in enumerate(entries)
    ]
    office.load(*entries)
    other = office.publish()
    office.publisher.reseal(meanwhile(lambda: other.load(lines(*others, *changed))))
    everybody = [*changed, *others]
    assert met(office, everybody, 1) == met(office, everybody, 2) == ids(everybody)
    assert met(office, entries, 1) == met(office, entries, 2) == set()
    assert len(office.locators(1)) == len(office.locators(2)) == 16


def test_what_is_stored_while_two_epochs_are_served_is_met_in_both(office: "Office") -> None:
    office.publisher.reseal()
    office.load(ENTRY)
    assert office.served(PARTY) == {1: {"E-1"}, 2: {"E-1"}}
    office.publisher.erase("E-1")
    assert office.counts() == {
        "posting": 0,
        "sealed_row": 0,
        "full_posting": 0,
        "entry": 1,
        "sealed_in": 0,
        "entry_key": 0,
    }


@pytest.mark.usefixtures("small_batches")
def test_processes_that_seal_anew_together_share_the_work(office: "Office") -> None:
    entries = many(20)
    office.load(*entries)
    together = threading.Barrier(2)

    def work(publisher: object) -> int:
        def begin(done: int, _total: int) -> None:
            if not done:
                together.wait()

        return office.publish().reseal(begin)

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(work, range(2)))
    assert sum(counts) == 20
    assert office.epochs() == {1: CLOSING, 2: LIVE}
    assert met(office, entries, 2) == ids(entries)
    assert len(office.locators(2)) == 40


# --- the end of an epoch --------------------------------------------------------------------------------------------


def test_an_epoch_is_kept_open_while_its_members_have_time_to_switch(office: "Office") -> None:
    office.load(ENTRY)
    for number, reason in ((1, "current"), (7, "there is none")):
        with pytest.raises(EpochStaysOpen, match=reason):
            office.publisher.close_epoch(number, force=True)
    office.publisher.reseal()
    office.pass_days(13.5)
    with pytest.raises(EpochStaysOpen, match="1 more day"):
        office.publisher.close_epoch(1)
    assert office.served(PARTY) == {1: {"E-1"}, 2: {"E-1"}}


@pytest.mark.parametrize(("days", "force"), [(14.1, False), (0, True)])
def test_a_closed_epoch_leaves_nothing_behind(office: "Office", days: float, force: bool) -> None:
    office.load(ENTRY, *many(3))
    office.publisher.reseal()
    office.pass_days(days)
    before = len(office.locators(2))
    office.publisher.close_epoch(1, force)
    assert office.epochs() == {1: CLOSED, 2: LIVE}
    assert office.seeds.numbers() == (2,)
    assert [office.count("index", "posting"), office.count("index", "sealed_row")] == [before, before]
    assert [office.count("index", "full_posting"), office.count("vault", "sealed_in")] == [4, 4]
    assert office.served(PARTY) == {2: {"E-1"}}


def test_closing_that_was_killed_at_any_step_goes_on(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(ENTRY)
    office.publisher.reseal()
    start = office.photograph()
    with office.crashing_at(0) as commits:
        office.publisher.close_epoch(1, force=True)
    end = office.counts()
    for number in range(1, len(commits) + 1):
        office.restore(start)
        with pytest.raises(Crash), office.crashing_at(number):
            office.publisher.close_epoch(1, force=True)
        office.open()
        assert office.served(PARTY) in ({2: {"E-1"}}, {1: {"E-1"}, 2: {"E-1"}})
        office.publisher.close_epoch(1, force=True)
        assert office.counts() == end
        assert office.epochs() == {1: CLOSED, 2: LIVE}


def test_an_epoch_that_is_being_prepared_is_given_up_only_by_force(one_file_office: "Office") -> None:
    office = one_file_office
    office.load(ENTRY)
    with pytest.raises(Crash):
        office.publisher.reseal(meanwhile(crash))
    with pytest.raises(EpochStaysOpen, match="prepared"):
        office.publisher.close_epoch(2)
    office.publisher.close_epoch(2, force=True)
    assert office.locators(2) == []
    assert office.publisher.reseal() == 1
    assert office.epochs() == {1: CLOSING, 2: CLOSED, 3: LIVE}


def crash() -> None:
    raise Crash


# --- at start -------------------------------------------------------------------------------------------------------


def test_the_first_start_begins_epoch_1(office: "Office") -> None:
    assert office.epochs() == {1: LIVE}
    assert office.index.epochs()[0].profile == PROFILE


def test_where_nothing_is_to_be_done_a_start_asks_for_the_epochs_alone(office: "Office") -> None:
    office.load(ENTRY)
    asked: list[str] = []
    for engine in office.engines.values():
        sa.event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, *_: asked.append(sql))
    assert office.publisher.ensure_current(lambda done, total: pytest.fail("there is nothing to tell")) == 0
    assert asked == []


def test_entries_of_older_rules_are_sealed_anew_and_older_members_still_ask(office: "Office") -> None:
    office.load(ENTRY, *many(1))
    become(office, 1, PROFILE - 1, LIVE)
    assert office.publisher.ensure_current() == 2
    assert [(e.number, e.profile, e.state) for e in office.index.epochs()] == [
        (1, PROFILE - 1, CLOSING),
        (2, PROFILE, LIVE),
    ]
    assert office.served(PARTY) == {1: {"E-1"}, 2: {"E-1"}}
    assert office.publisher.load(lines(ENTRY)).unchanged == 1
    assert office.publisher.ensure_current() == 0


def test_a_changed_entry_leaves_an_epoch_of_older_rules(office: "Office") -> None:
    office.load(ENTRY)
    become(office, 1, PROFILE - 1, LIVE)
    office.publisher.ensure_current()
    office.load(replace(ENTRY, reporters=9))
    assert office.served(PARTY) == {1: set(), 2: {"E-1"}}


def test_what_was_prepared_under_older_rules_is_given_up(office: "Office") -> None:
    office.load(ENTRY)
    with pytest.raises(Crash):
        office.publisher.reseal(meanwhile(crash))
    for number in (1, 2):
        become(office, number, PROFILE - 1, office.epochs()[number])
    assert office.publisher.ensure_current() == 1
    assert office.epochs() == {1: CLOSING, 2: CLOSED, 3: LIVE}
    assert office.locators(2) == []
    assert office.served(PARTY)[3] == {"E-1"}


def test_the_newest_version_decides_which_epoch_is_current(office: "Office") -> None:
    become(office, 1, PROFILE + 1, LIVE)
    assert office.publisher.ensure_current() == 0
    assert office.epochs() == {1: LIVE}
