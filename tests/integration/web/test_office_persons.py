"""Disputes, requests of persons and letters at the office: their clocks, the answers, and what was sent."""

import re
from datetime import timedelta

from babel.dates import format_date

from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.model import RequestKind
from shopguard.registry.entries.model import LifeState
from tests.integration.office.conftest import PARTY

from .conftest import press, read
from .office_desk import WHY, Office


def test_a_dispute_shows_its_clocks_and_is_decided_with_its_letter(office: Office) -> None:
    life = office.entry("flower-shop")
    asked = office.contest(life)
    browser = office.somebody("aoki")
    page = read(browser.get("/office/disputes").text)
    assert life.reference in page
    assert "flower-shop to be told until" in page
    done = press(browser, f"/office/requests/{asked}/overturn", {"reason": "The payment slip shows it."})
    assert "Answered. The letter that says so is drafted." in read(browser.get(done.location).text)
    assert office.home.entries.in_state(LifeState.CONTESTED) == []
    assert office.home.entries.find(life.reference) is None


def test_a_reason_that_accuses_is_not_taken_and_stays(office: Office) -> None:
    asked = office.contest(office.entry("flower-shop"))
    answer = press(office.somebody("aoki"), f"/office/requests/{asked}/uphold", {"reason": "It is fraud."})
    assert answer.status_code == 422
    assert "a letter does not say this, write it otherwise: fraud" in read(answer.text)
    assert "It is fraud.</textarea>" in answer.text
    assert len(office.home.entries.in_state(LifeState.CONTESTED)) == 1


def test_a_wrong_fact_is_put_right_and_the_entry_goes_on(office: Office) -> None:
    life = office.entry("flower-shop")
    asked = office.contest(life, RequestKind.CORRECT)
    report = office.home.persons.files.held(life).reports[0]
    form = {"reason": "The invoice says so.", "report": report.id, "field": "party.phones", "value": "090-0000-7777"}
    assert press(office.somebody("aoki"), f"/office/requests/{asked}/correct", form).status_code == 303
    corrected = office.again(report).content
    assert (corrected.party.phones, corrected.party.name) == (("090-0000-7777",), "渡邊 太郎")
    assert office.home.entries.get(life.number).state is LifeState.PENDING


def test_a_misused_name_is_protected(office: Office) -> None:
    asked = office.contest(office.entry("flower-shop"), RequestKind.MISUSE)
    form = {"reason": "Somebody else ordered.", "part": ["name", "address"]}
    browser = office.somebody("aoki")
    press(browser, f"/office/requests/{asked}/protect", form)
    (protected,) = office.home.persons.protections.store.all()
    assert (protected.party.name, protected.party.phones) == (PARTY.name, ())
    end = f"/office/protected/{protected.number}/end"
    refused = press(browser, end)
    assert (refused.status_code, 'id="reason-error"' in refused.text) == (422, True)
    assert office.home.persons.protections.store.all() == [protected]
    assert press(browser, end, WHY).status_code == 303
    assert office.home.persons.protections.store.all() == []


def test_a_copy_is_sent_only_once_it_is_shown_who_asks(office: Office) -> None:
    asked = office.contest(office.entry("flower-shop"), RequestKind.ACCESS)
    browser = office.somebody("aoki")
    assert press(browser, f"/office/requests/{asked}/disclose").status_code == 409
    press(browser, f"/office/requests/{asked}/seen")
    assert press(browser, f"/office/requests/{asked}/disclose", {"withhold": "operations"}).status_code == 303
    page = read(browser.get(f"/office/requests/{asked}").text)
    assert "A part of the copy was sent" in page
    assert "Left out: To protect the rights of another person" in page


def test_a_request_by_letter_is_entered_and_attached_to_its_entry(office: Office) -> None:
    life, browser = office.entry("flower-shop"), office.somebody("aoki")
    form = {"kind": "contest", "text": "I paid.", "name": "渡邊", "email": "taro@example.jp"}
    done = press(browser, "/office/requests", form)
    page = done.location.partition("?")[0]
    assert press(browser, f"{page}/attach", {"entry": "E-NOBODY"}).status_code == 404
    assert office.home.entries.get(life.number).state is LifeState.PENDING
    assert press(browser, f"{page}/attach", {"entry": life.reference}).status_code == 303
    assert office.home.entries.get(life.number).state is LifeState.CONTESTED


def test_a_request_about_somebody_else_is_taken_back_from_its_entry(office: Office) -> None:
    life, browser = office.entry("flower-shop"), office.somebody("aoki")
    made = press(browser, "/office/requests", {"kind": "contest", "text": "I paid.", "email": "taro@example.jp"})
    page = made.location.partition("?")[0]
    assert "It is not about this entry" not in browser.get(page).text
    press(browser, f"{page}/attach", {"entry": life.reference})
    refused = press(browser, f"{page}/detach")
    assert (refused.status_code, 'id="detach_reason-error"' in refused.text) == (422, True)
    done = press(browser, f"{page}/detach", {"detach_reason": "a namesake"})
    shown = read(browser.get(done.location).text)
    assert "The request is about no entry yet." in shown
    assert "a namesake" in shown
    assert office.home.entries.get(life.number).state is LifeState.PENDING


def test_a_form_that_lacks_something_keeps_the_rest(office: Office) -> None:
    answer = press(office.somebody("aoki"), "/office/requests", {"text": "I paid.", "email": "taro@example.jp"})
    assert answer.status_code == 422
    assert "Choose what the person asks for." in answer.text
    assert "I paid.</textarea>" in answer.text
    assert 'value="taro@example.jp"' in answer.text


def test_a_notice_that_was_sent_begins_the_time_to_answer(office: Office) -> None:
    life, browser = office.entry("flower-shop"), office.somebody("aoki")
    office.home.persons.following.follow()
    (letter,) = re.findall(r"/office/letters/\d+", browser.get("/office/letters").text)
    assert "渡邊 太郎" in browser.get(letter).text
    assert press(browser, f"{letter}/sent", {"proof": "1234"}).status_code == 422, "how it left is not said"
    assert press(browser, f"{letter}/sent", {"way": "post", "proof": "1234"}).status_code == 303
    assert office.home.entries.get(life.number).untold == ()
    assert press(browser, f"{letter}/sent", {"way": "post"}).status_code == 409


def test_what_the_office_was_warned_of_is_no_letter_about_the_request(office: Office) -> None:
    asked = office.contest(office.entry("flower-shop"), RequestKind.ACCESS)
    office.clock.now += timedelta(days=13)
    office.home.sweeper.sweep()
    page = read(office.somebody("aoki").get(f"/office/requests/{asked}").text)
    assert "That we received the request" in page
    assert "Warning of a deadline" not in page


def test_a_deadline_is_the_day_on_which_it_ends(office: Office) -> None:
    office.contest(office.entry("flower-shop"))
    last = day_of(office.clock.now.timestamp()) + timedelta(days=30)
    page = read(office.somebody("aoki").get("/office/disputes").text)
    assert format_date(last, "long", locale="en") in page
    assert "00:00" not in page
