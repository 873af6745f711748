"""Who was told of whom: written before it is told, kept three years, gone with the entry, and hashed into the log."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.registry.client import NoAnswer
from shopguard.registry.log import LeafKind, tree_root
from shopguard.registry.records import Forgotten
from shopguard.registry.refusals import Refusal
from shopguard.registry.search.looks import Looks
from shopguard.registry.search.model import Purpose
from shopguard.registry.search.roots import LookRoots
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.search.conftest import ENTRY, NAMESAKE, NOBODY, NOW, PARTY, Town
from tests.waiting import until


@pytest.fixture
def roots(either_town: Town) -> LookRoots:
    return either_town.home.look_roots


def test_an_order_that_meets_an_entry_is_written_with_all_of_it(either_town: Town) -> None:
    either_town.order("shop-1", asked=b"order 1042 of me")
    (look,) = either_town.home.looks.of(either_town.handle())
    assert (look.at, look.member, look.purpose) == (NOW.timestamp(), "shop-1", Purpose.ORDER)
    assert (look.key_id, look.opened) == (either_town.signers["shop-1"].key_id, True)
    assert look.asked == b"order 1042 of me"


def test_a_search_is_written_with_its_case_sealed(either_town: Town) -> None:
    either_town.search("shop-2", case="注文1042 渡邊様")
    (look,) = either_town.home.looks.of(either_town.handle())
    assert (look.member, look.purpose) == ("shop-2", Purpose.SEARCH)
    assert either_town.home.looks.case(look.asked) == "注文1042 渡邊様"
    assert "渡邊".encode() not in repr(either_town.rows()).encode("unicode-escape")
    assert all("渡邊".encode() not in (row["stated"] or b"") for row in either_town.rows())


def test_a_search_that_finds_nobody_is_written_too(town: Town) -> None:
    town.search("shop-1", NOBODY)
    (row,) = town.rows()
    assert (row["purpose"], row["handle"]) == ("search", None)


def test_who_was_told_of_what_is_shown_the_latest_first(town: Town) -> None:
    town.order("shop-1")
    town.pass_time(hours=1)
    town.search("shop-2")
    assert [look.member for look in town.home.looks.of(town.handle())] == ["shop-2", "shop-1"]


def test_look_ups_that_tell_of_nobody_are_counted_together(either_town: Town) -> None:
    for _ in range(6):
        either_town.order("shop-1", NOBODY)
    either_town.home.looks.settle()
    rows = either_town.rows()
    assert {(row["member"], row["handle"], row["asked"]) for row in rows} == {("shop-1", None, None)}
    assert sum(row["times"] for row in rows) == 6


def test_an_order_that_shares_no_more_than_a_name_is_written_within_seconds(either_town: Town) -> None:
    either_town.order("shop-1", NAMESAKE)
    until(lambda: len(either_town.rows()) == 1, "the look is written down")
    (look,) = either_town.home.looks.of(either_town.handle())
    assert (look.member, look.opened) == ("shop-1", False)


def test_nobody_is_told_of_anybody_while_earlier_looks_cannot_be_written(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopguard.registry.search.waiting.LATE_S", 0.0)
    with town.home.engine("vault").begin() as connection:
        connection.execute(sa.text("ALTER TABLE look RENAME TO away"))
    town.order("shop-1", NOBODY)
    with pytest.raises(NoAnswer) as silence:
        town.order("shop-1", NAMESAKE)
    assert silence.value.code is Refusal.UNAVAILABLE
    town.order("shop-1", NOBODY)


def test_what_is_counted_is_written_at_the_end(town: Town) -> None:
    town.order("shop-1", NOBODY)
    town.order("shop-2", NOBODY)
    town.home.looks.settle()
    assert sorted((row["member"], row["times"]) for row in town.rows()) == [("shop-1", 1), ("shop-2", 1)]


def test_nothing_is_told_that_cannot_be_written_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(Looks, "write", away)
    with pytest.raises(NoAnswer) as silence:
        town.order("shop-1")
    assert silence.value.code is Refusal.UNAVAILABLE


def test_counts_that_cannot_be_written_wait(town: Town) -> None:
    town.order("shop-1", NOBODY)
    with town.home.engine("vault").begin() as connection:
        connection.execute(sa.text("ALTER TABLE look RENAME TO away"))
    town.home.looks.settle()
    with town.home.engine("vault").begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO look"))
    town.order("shop-1", NOBODY)
    town.home.looks.settle()
    assert sum(row["times"] for row in town.rows()) == 2


def test_many_at_once_are_all_written(either_town: Town) -> None:
    threads = [threading.Thread(target=either_town.order, args=["shop-1"]) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(either_town.home.looks.of(either_town.handle())) == 16


def test_who_looked_is_forgotten_with_the_entry_and_its_cases_too(either_town: Town) -> None:
    home, handle = either_town.home, either_town.handle()
    either_town.order("shop-1")
    either_town.search("shop-1", case="渡邊様の件")
    (under,) = {row["stated_under"] for row in either_town.rows() if row["stated_under"]}
    home.publisher.erase("E-1")
    assert home.looks.of(handle) == []
    kept = either_town.rows()
    assert [(row["member"], row["handle"], row["stated"], row["searched"]) for row in kept] == [
        ("shop-1", None, None, None)
    ] * 2
    with pytest.raises(Forgotten):
        home.records.open(under, "search", b"")


def test_a_case_is_forgotten_with_the_first_of_those_it_found(town: Town) -> None:
    town.load(replace(ENTRY, id="E-2"))
    town.search("shop-1")
    town.home.publisher.erase("E-1")
    (look,) = town.home.looks.of(town.handle("E-2"))
    assert town.home.looks.case(look.asked) is None


def test_who_looked_stands_with_the_entry_that_another_becomes_part_of(either_town: Town, roots: LookRoots) -> None:
    home = either_town.home
    into, other = two_entries(either_town)
    either_town.search("shop-1", NOBODY, case="注文7")
    either_town.order("shop-2")
    either_town.pass_time(hours=1)
    roots.enter()
    with home.entries.changing(into, other) as connection:
        home.entries.merge(connection, into, other, "office-1", "同じ人")
    home.entries.settle()
    assert {look.member for look in home.looks.of(either_town.handle("E-1"))} == {"shop-1", "shop-2"}
    assert list(roots.faults()) == []


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may wait does, until somebody has it written."""
    monkeypatch.setattr("shopguard.registry.search.waiting.WRITE_EVERY_S", 600.0)


@pytest.mark.usefixtures("unwritten")
def test_who_asks_who_looked_hears_of_what_still_waits(either_town: Town) -> None:
    either_town.order("shop-1", NAMESAKE)
    assert either_town.rows() == []
    assert [look.member for look in either_town.home.looks.of(either_town.handle())] == ["shop-1"]


@pytest.mark.usefixtures("unwritten")
def test_a_look_that_waits_while_its_entry_is_erased_names_it_no_more(either_town: Town, roots: LookRoots) -> None:
    either_town.order("shop-1", NAMESAKE)
    either_town.home.publisher.erase("E-1")
    either_town.home.looks.settle()
    assert [(row["member"], row["handle"]) for row in either_town.rows()] == [("shop-1", None)]
    either_town.pass_time(hours=1)
    roots.enter()
    assert list(roots.faults()) == []


@pytest.mark.usefixtures("unwritten")
def test_a_look_that_waits_while_its_entry_becomes_part_of_another_stands_with_that(
    either_town: Town, roots: LookRoots
) -> None:
    into, other = two_entries(either_town)
    either_town.order("shop-2", replace(NAMESAKE, name=NOBODY.name))
    with either_town.home.entries.changing(into, other) as connection:
        either_town.home.entries.merge(connection, into, other, "office-1", "同じ人")
        written = threading.Thread(target=either_town.home.looks.settle)
        written.start()
        written.join(0.3)  # time to write it down before the entries are one, which it must not
    written.join()
    either_town.home.looks.settle()
    either_town.home.entries.settle()
    assert [look.member for look in either_town.home.looks.of(either_town.handle("E-1"))] == ["shop-2"]
    either_town.pass_time(hours=1)
    roots.enter()
    assert list(roots.faults()) == []


def two_entries(town: Town) -> tuple[int, int]:
    """The numbers of the entry and of another, on ``NOBODY``."""
    town.load(replace(ENTRY, id="E-2", party=NOBODY))
    into, other = (town.home.entries.find(reference) for reference in ("E-1", "E-2"))
    assert into is not None
    assert other is not None
    return into, other


def test_looks_are_kept_for_three_years(either_town: Town, roots: LookRoots) -> None:
    either_town.search("shop-1")
    either_town.pass_time(hours=2)
    roots.enter()
    either_town.pass_time(days=3 * 365)
    assert either_town.home.looks.expire() == 0
    either_town.pass_time(days=2)
    assert either_town.home.looks.expire() == 1
    assert either_town.rows() == either_town.rows("look_root") == []


def test_a_crash_leaves_no_case_readable_whose_look_is_gone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.search("shop-1")
    (row,) = town.rows()
    town.pass_time(days=3 * 365 + 2)

    def broken(_number: int) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(town.home.records, "forget", broken)
        town.home.looks.expire()
    town.home.looks.expire()
    assert town.rows() == []
    assert not town.home.records.keys.having([row["stated_under"]])


# --- the log ---


def logged(town: Town) -> int:
    with town.home.engine("log").connect() as connection:
        query = sa.text("SELECT COUNT(*) FROM leaf WHERE kind = :kind")
        return int(connection.execute(query, {"kind": LeafKind.LOOK_UPS.value}).scalar_one())


def test_an_hour_of_looks_is_one_leaf(either_town: Town, roots: LookRoots) -> None:
    for _ in range(3):
        either_town.order("shop-1")
    roots.enter()
    assert logged(either_town) == 0, "the hour is not over"
    either_town.pass_time(minutes=50)
    roots.enter()
    roots.enter()
    assert logged(either_town) == 1
    assert list(roots.faults()) == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Have something done while the looks of an hour are being hashed."""

    def hashing(hashes: Iterable[bytes]) -> bytes:
        do()
        return tree_root(hashes)

    monkeypatch.setattr("shopguard.registry.search.roots.tree_root", hashing)


def test_looks_are_written_while_those_of_an_hour_are_hashed(
    either_town: Town, roots: LookRoots, monkeypatch: pytest.MonkeyPatch
) -> None:
    either_town.search("shop-1")
    either_town.pass_time(hours=2)
    meanwhile(monkeypatch, lambda: either_town.search("shop-2"))
    roots.enter()
    monkeypatch.undo()
    assert [(row["first"], row["last"]) for row in either_town.rows("look_root")] == [(1, 1)]
    either_town.pass_time(hours=1)
    roots.enter()
    assert [(row["first"], row["last"]) for row in either_town.rows("look_root")] == [(1, 1), (2, 2)]
    assert list(roots.faults()) == []


def test_a_look_that_is_forgotten_while_it_is_hashed_stands_under_its_root(
    either_town: Town, roots: LookRoots, monkeypatch: pytest.MonkeyPatch
) -> None:
    either_town.search("shop-1")
    either_town.pass_time(hours=2)
    meanwhile(monkeypatch, lambda: either_town.home.publisher.erase("E-1"))
    roots.enter()
    monkeypatch.undo()
    assert len(either_town.rows("look_root", "leaf IS NOT NULL")) == 1
    assert list(roots.faults()) == []


def test_looks_that_are_dropped_while_they_are_hashed_are_left_for_the_next_round(
    either_town: Town, roots: LookRoots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for member in ("shop-1", "shop-2"):
        either_town.search(member)
    either_town.pass_time(hours=2)

    def drop() -> None:
        with writing(either_town.home.engine("vault")) as connection:
            connection.exec_driver_sql("DELETE FROM look WHERE number = 1")

    meanwhile(monkeypatch, drop)
    roots.enter()
    assert either_town.rows("look_root") == []
    monkeypatch.undo()
    roots.enter()
    assert list(roots.faults()) == []


def test_a_root_that_a_crash_kept_from_the_log_is_entered_once(
    either_town: Town, roots: LookRoots, monkeypatch: pytest.MonkeyPatch
) -> None:
    either_town.search("shop-1")
    either_town.pass_time(hours=2)
    with monkeypatch.context() as broken:
        broken.setattr(roots, "_settle", lambda: None)
        roots.enter()
    roots.enter()
    roots.enter()
    assert len(either_town.rows("look_root", "leaf IS NOT NULL")) == 1
    leaves = either_town.home.log.leaves(0, 1_000)
    assert [leaf.kind for leaf in leaves].count(LeafKind.LOOK_UPS) == 1


def test_an_hour_in_which_nobody_looked_has_no_leaf(town: Town) -> None:
    town.pass_time(hours=5)
    town.home.look_roots.enter()
    assert logged(town) == 0


def test_looks_of_many_hours_are_made_up_for(town: Town) -> None:
    for _ in range(3):
        town.order("shop-1")
        town.pass_time(hours=1)
    town.home.look_roots.enter()
    assert logged(town) == 1
    (root,) = town.rows("look_root")
    assert (root["first"], root["last"]) == (1, 3)


def test_a_crash_before_the_log_is_made_up_for_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.order("shop-1")
    town.pass_time(hours=1)

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(town.home.log, "append", crash)
        town.home.look_roots.enter()
    town.home.look_roots.enter()
    assert logged(town) == 1
    assert town.rows("look_root")[0]["leaf"] is not None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE look SET member = 'shop-2' WHERE number = 2",
        "UPDATE look SET handle = NULL WHERE number = 2",
        "DELETE FROM look WHERE number = 2",
    ],
)
def test_a_look_that_was_changed_is_noticed(town: Town, change: str) -> None:
    for _ in range(3):
        town.order("shop-1")
    town.pass_time(hours=1)
    town.home.look_roots.enter()
    with town.home.engine("vault").begin() as connection:
        connection.execute(sa.text(change))
    assert list(town.home.look_roots.faults()) == [(1, 3)]


def test_what_is_forgotten_by_rule_still_fits(either_town: Town, roots: LookRoots) -> None:
    either_town.order("shop-1")
    either_town.search("shop-2")
    either_town.pass_time(hours=1)
    roots.enter()
    either_town.home.publisher.erase("E-1")
    assert either_town.rows(where="handle IS NOT NULL") == []
    assert list(roots.faults()) == []


# --- persons of member shops ---


def test_who_asks_about_a_person_of_a_member_is_noticed(town: Town) -> None:
    home = town.home
    with writing(home.engine("vault")) as connection:
        home.seen.note(connection, Subject.of(SubjectKind.MEMBER, "shop-2"), PARTY)
    town.search("shop-1")
    town.search("shop-1", NOBODY)
    assert [row["staff_of"] for row in town.rows()] == ["shop-2", None]


def test_an_order_of_a_members_own_person_is_written_even_if_nobody_is_listed(town: Town) -> None:
    with writing(town.home.engine("vault")) as connection:
        town.home.seen.note(connection, Subject.of(SubjectKind.MEMBER, "shop-1"), NOBODY)
    town.pass_time(minutes=2)
    town.order("shop-1", NOBODY)
    (row,) = town.rows()
    assert (row["staff_of"], row["handle"]) == ("shop-1", None)
