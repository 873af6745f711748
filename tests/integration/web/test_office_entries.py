"""Entries at the office: found, suspended, split and merged."""

from shopguard.registry.entries.model import LifeState

from .conftest import press
from .office_desk import WHY, Office


def test_an_entry_is_found_by_its_reference(office: Office) -> None:
    life, browser = office.entry("flower-shop"), office.somebody("aoki")
    assert browser.get("/office/entries", query_string={"find": life.reference}).status_code == 302
    assert "There is no entry of this reference." in browser.get("/office/entries?find=E-NOBODY").text


def test_an_entry_is_suspended_and_goes_on(office: Office) -> None:
    life, browser = office.entry("flower-shop"), office.somebody("aoki")
    page = f"/office/entries/{life.reference}"
    assert press(browser, f"{page}/suspend", {"reason": ""}).status_code == 422
    press(browser, f"{page}/suspend", WHY)
    assert office.home.entries.get(life.number).state is LifeState.SUSPENDED
    assert press(browser, f"{page}/suspend", WHY).status_code == 409
    press(browser, f"{page}/resume", WHY)
    assert office.home.entries.get(life.number).state is LifeState.PENDING


def test_an_entry_is_split_by_the_reports_that_are_ticked(office: Office) -> None:
    life, browser = office.entry("flower-shop", "book-shop"), office.somebody("aoki")
    page = f"/office/entries/{life.reference}"
    assert press(browser, f"{page}/split", WHY).status_code == 422
    report = office.home.persons.files.held(life).reports[1]
    done = press(browser, f"{page}/split", {**WHY, "report": report.id})
    assert not done.location.startswith(page)
    assert office.home.entries.get(life.number).members == {"flower-shop"}


def test_two_entries_about_one_person_are_merged(office: Office) -> None:
    one, other, browser = office.entry("flower-shop"), office.entry("book-shop"), office.somebody("aoki")
    page = f"/office/entries/{one.reference}"
    refused = press(browser, f"{page}/merge", {**WHY, "other": "E-NOBODY"})
    assert (refused.status_code, 'value="E-NOBODY"' in refused.text) == (404, True)
    press(browser, f"{page}/merge", {**WHY, "other": other.reference})
    assert office.home.entries.get(one.number).members == {"flower-shop", "book-shop"}
    assert browser.get(f"/office/entries/{other.reference}").status_code == 404
