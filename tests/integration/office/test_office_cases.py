"""What the office decides on entries: merging, splitting, suspending, disputes."""

from collections.abc import Callable

import pytest

from shopguard.model import Category, Entry
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.office.cases import Cases
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.office.conftest import CONTENT, PARTY, Centre, somebody

Deciding = Callable[[Cases, Life], object]
DECISIONS: dict[str, Deciding] = {
    "suspend": lambda cases, entry: cases.suspend(entry.number, "baba", "a doubt"),
    "uphold": lambda cases, entry: cases.uphold(entry.number, "baba", "proved"),
    "overturn": lambda cases, entry: cases.overturn(entry.number, "baba", "not proved"),
    "extend": lambda cases, entry: cases.extend(entry.number, "baba", "new facts"),
}


def contest(centre: Centre, number: int) -> None:
    with centre.home.entries.changing(number) as connection:
        centre.home.entries.contest(connection, number, "person")


def subject(entry: Life) -> Subject:
    return Subject.of(SubjectKind.ENTRY, entry.number)


def test_two_entries_of_one_person_become_one(either_centre: Centre) -> None:
    one, other = either_centre.entry("flower-shop"), either_centre.entry("book-shop")
    merged = either_centre.home.cases.merge(one.number, other.number, "aoki", "same person")
    assert merged.members == {"flower-shop", "book-shop"}
    assert either_centre.home.entries.find(other.reference) is None


def test_reports_that_are_about_somebody_else_get_an_entry_of_their_own(either_centre: Centre) -> None:
    entry = either_centre.entry("flower-shop", "book-shop")
    wrong = either_centre.store.of_numbers([entry.sources[1].report])[entry.sources[1].report]
    new = either_centre.home.cases.split(entry.number, [wrong.id], "aoki", "another person")
    assert new.state is LifeState.PENDING
    assert new.members == {"book-shop"}
    assert either_centre.home.entries.get(entry.number).members == {"flower-shop"}
    assert either_centre.again(wrong).entry == new.number


def test_what_another_entry_rests_on_cannot_be_split_off(centre: Centre) -> None:
    entry, other = centre.entry("flower-shop", "book-shop"), centre.entry("cake-shop")
    foreign = centre.store.of_numbers([other.sources[0].report])[other.sources[0].report]
    with pytest.raises(Refused):
        centre.home.cases.split(entry.number, [foreign.id], "aoki", "another person")
    assert centre.home.entries.get(other.number).members == {"cake-shop"}


def test_a_suspended_entry_goes_on_as_it_was(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    assert centre.home.cases.suspend(entry.number, "aoki", "a doubt").state is LifeState.SUSPENDED
    assert centre.home.cases.resume(entry.number, "aoki", "no doubt").state is LifeState.PENDING


def test_a_loaded_entry_is_suspended_and_served_to_nobody(centre: Centre) -> None:
    centre.load(Entry("OLD-1", Category.UNPAID, PARTY, 2, CONTENT.ordered_on, CONTENT.ordered_on))
    number = centre.home.entries.find("OLD-1")
    assert number is not None
    centre.home.cases.suspend(number, "aoki", "a doubt")
    kept = centre.home.publisher.placing.vault.find("OLD-1")
    assert kept is not None
    assert centre.home.index.blocked([kept.handle])


def test_what_was_proved_goes_on(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    contest(centre, entry.number)
    assert centre.home.cases.uphold(entry.number, "aoki", "proved").state is LifeState.PENDING


def test_what_was_not_proved_is_erased_and_counts_against_who_reported_it(centre: Centre) -> None:
    entry = centre.entry("flower-shop", "book-shop")
    contest(centre, entry.number)
    centre.home.cases.overturn(entry.number, "aoki", "not proved")
    assert centre.home.entries.find(entry.reference) is None
    overturned = {name: one.overturned for name, one in centre.qualities("flower-shop", "book-shop").items()}
    assert overturned == {"flower-shop": 1, "book-shop": 1}


def test_what_nobody_contests_is_not_overturned_and_counts_against_nobody(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    with pytest.raises(Refused) as refused:
        centre.home.cases.overturn(entry.number, "aoki", "not proved")
    assert refused.value.code is Refusal.STATE
    assert centre.qualities("flower-shop")["flower-shop"].overturned == 0


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_nobody_decides_on_an_entry_that_their_own_shop_reported(centre: Centre, decide: Deciding) -> None:
    entry = centre.entry("flower-shop", "book-shop")
    if decide is not DECISIONS["suspend"]:
        contest(centre, entry.number)
    centre.home.conflicts.affiliate("baba", "book-shop", "aoki", "staff")
    before = centre.home.entries.get(entry.number)
    with pytest.raises(Refused, match="a shop that you belong to"):
        decide(centre.home.cases, entry)
    assert centre.home.entries.get(entry.number) == before


@pytest.mark.parametrize("into", [0, 1])
def test_nobody_merges_an_entry_of_their_own_shop(centre: Centre, into: int) -> None:
    numbers = [centre.entry("flower-shop").number, centre.entry("book-shop").number]
    centre.home.conflicts.affiliate("baba", "book-shop", "aoki", "staff")
    with pytest.raises(Refused, match="a shop that you belong to"):
        centre.home.cases.merge(numbers[into], numbers[1 - into], "baba", "same person")


def test_every_decision_is_kept_with_who_when_why_before_and_after(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    centre.home.cases.suspend(entry.number, "aoki", "a doubt")
    centre.home.cases.resume(entry.number, "baba", "no doubt")
    told = centre.acts(subject(entry))
    assert [(by, reason) for by, _, _, reason in told[-2:]] == [("aoki", "a doubt"), ("baba", "no doubt")]
    assert ("pending" in told[-2][1], "suspended" in told[-2][2]) == (True, True)
    assert ("suspended" in told[-1][1], "pending" in told[-1][2]) == (True, True)


def test_nothing_is_done_to_an_entry_without_a_reason(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    with pytest.raises(Refused, match="say why"):
        centre.home.cases.suspend(entry.number, "aoki", "")
    assert centre.home.entries.get(entry.number).state is LifeState.PENDING


def test_an_entry_on_somebody_else_stays_as_it_is(centre: Centre) -> None:
    entry, other = centre.entry("flower-shop"), centre.entry("book-shop", party=somebody(4))
    centre.home.cases.suspend(entry.number, "aoki", "a doubt")
    assert centre.home.entries.get(other.number).state is LifeState.PENDING
