"""What resembles a report: reports, entries of every state and origin, protected names, persons of member shops."""

from dataclasses import replace

import pytest

from shopguard.model import Category, Effect, Entry, Party, Strength
from shopguard.registry.office.similar import LOADED, Similar
from shopguard.registry.reports.model import Mark
from shopguard.registry.reports.store import subject_of
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.office.conftest import CONTENT, PARTY, Centre, somebody

SPELT_OTHERWISE = replace(PARTY, name="渡辺太郎", phones=("+81 90 0000 1111",), emails=())
NAMESAKE = Party(name="渡邊 太郎", phones=("090-0000-9999",), postal_code="060-0001", city="札幌市中央区")


def similar(centre: Centre, party: Party = PARTY) -> dict[str, Similar]:
    report = centre.file("asking-shop", party)
    return {one.name: one for one in centre.office.show(report.id, "aoki").similar}


def test_a_report_on_the_same_person_spelt_otherwise_is_found(either_centre: Centre) -> None:
    other = either_centre.file("book-shop", SPELT_OTHERWISE)
    found = similar(either_centre)[other.id]
    assert (found.state, found.comparison.strength) == ("submitted", Strength.STRONG)


def test_what_is_found_is_explained_in_both_languages(centre: Centre) -> None:
    other = centre.file("book-shop", SPELT_OTHERWISE)
    explanation = similar(centre)[other.id].explanation
    assert any("same mobile number" in line for line in explanation["en"])
    assert any("携帯番号が一致" in line for line in explanation["ja"])
    assert all("0000" not in line for lines in explanation.values() for line in lines)


@pytest.mark.parametrize("other", [somebody(3), NAMESAKE], ids=["stranger", "namesake"])
def test_somebody_else_is_not_found(centre: Centre, other: Party) -> None:
    centre.file("book-shop", other)
    assert similar(centre) == {}


def test_the_surest_comes_first(centre: Centre) -> None:
    phone_only = centre.file("book-shop", Party(name="見本 花子", phones=PARTY.phones))
    same = centre.file("book-shop", SPELT_OTHERWISE)
    assert list(similar(centre)) == [same.id, phone_only.id]


def test_a_rejected_report_is_not_found(centre: Centre) -> None:
    other = centre.file("book-shop")
    centre.office.reject(other.id, "aoki", "it was paid")
    assert similar(centre) == {}


def test_an_entry_that_is_not_served_yet_is_found_by_its_reports(centre: Centre) -> None:
    entry = centre.entry("book-shop")
    found = similar(centre)[entry.reference]
    assert (found.subject, found.state) == (Subject.of(SubjectKind.ENTRY, entry.number), "pending")


def test_a_loaded_entry_is_found_through_the_index(either_centre: Centre) -> None:
    either_centre.load(Entry("OLD-1", Category.UNPAID, SPELT_OTHERWISE, 2, CONTENT.ordered_on, CONTENT.ordered_on))
    found = similar(either_centre)["OLD-1"]
    assert (found.state, found.comparison.strength) == (LOADED, Strength.STRONG)


def test_a_loaded_entry_that_is_blocked_is_found_too(centre: Centre) -> None:
    centre.load(Entry("OLD-1", Category.UNPAID, PARTY, 2, CONTENT.ordered_on, CONTENT.ordered_on))
    centre.home.publisher.block("OLD-1")
    assert "OLD-1" in similar(centre)


@pytest.mark.parametrize("parties", [(SPELT_OTHERWISE, somebody(5)), (somebody(5), SPELT_OTHERWISE)])
def test_an_entry_is_found_by_what_any_of_its_reports_says(centre: Centre, parties: tuple[Party, Party]) -> None:
    entry = centre.entry("flower-shop", party=parties[0])
    centre.office.accept(centre.file("book-shop", parties[1]).id, "aoki", "same person", entry.number)
    assert similar(centre)[entry.reference].comparison.strength is Strength.STRONG


def test_an_erased_entry_is_not_found(centre: Centre) -> None:
    centre.load(Entry("OLD-1", Category.UNPAID, PARTY, 2, CONTENT.ordered_on, CONTENT.ordered_on))
    centre.home.publisher.erase("OLD-1")
    assert similar(centre) == {}


def test_a_note_that_protects_a_name_is_no_entry(centre: Centre) -> None:
    note = Entry("P-1", Category.OTHER, PARTY, 1, CONTENT.ordered_on, CONTENT.ordered_on, Effect.CONFIRM)
    centre.load(note)
    assert similar(centre) == {}


@pytest.mark.parametrize(
    ("subject", "mark"),
    [
        (Subject.of(SubjectKind.PROTECTION, 77), Mark.PROTECTED),
        (Subject.of(SubjectKind.MEMBER, "book-shop"), Mark.CONFLICT),
    ],
)
def test_whoever_is_protected_or_of_a_member_shop_is_marked(centre: Centre, subject: Subject, mark: Mark) -> None:
    report = centre.file()
    with writing(centre.home.engine("vault")) as connection:
        centre.home.seen.note(connection, subject, SPELT_OTHERWISE)
    assert mark in centre.office.show(report.id, "aoki").marks


def test_a_namesake_of_a_protected_person_is_not_marked(centre: Centre) -> None:
    report = centre.file()
    with writing(centre.home.engine("vault")) as connection:
        centre.home.seen.note(connection, Subject.of(SubjectKind.PROTECTION, 77), NAMESAKE)
    assert centre.office.show(report.id, "aoki").marks == frozenset()


def test_the_queue_counts_other_reports_and_nothing_else(either_centre: Centre) -> None:
    report, other = either_centre.file("flower-shop"), either_centre.file("book-shop", SPELT_OTHERWISE)
    with writing(either_centre.home.engine("vault")) as connection:
        either_centre.home.seen.note(connection, Subject.of(SubjectKind.PROTECTION, 77), PARTY)
    counted = {subject_of(item.report): item.similar for item in either_centre.office.queue().items}
    assert counted == {subject_of(report): 1, subject_of(other): 1}
