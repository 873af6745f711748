"""The queue and a report: what the office sees of them, what pressing does, and when somebody else was quicker."""

import re
from dataclasses import replace

import pytest

from shopguard.model import Category, Party
from shopguard.registry.entries.model import LifeState
from shopguard.registry.reports.model import ReportState
from shopguard.registry.reports.store import subject_of
from shopguard.web.roles import Role
from tests.integration.office.conftest import FILE, PARTY, somebody

from .conftest import press, read
from .office_desk import WHY, Office, at


def altered_party(**changes: object) -> Party:
    return replace(PARTY, **changes)  # type: ignore[arg-type]  # of any field


def test_the_queue_names_reports_and_nobody(office: Office) -> None:
    report = office.file()
    shown = office.somebody("aoki").get("/office/reports").text
    assert report.id in shown
    for personal in ("渡邊", "090", "taro", "芝公園"):
        assert personal not in shown


def test_whoever_takes_the_next_one_has_it_and_the_next_person_gets_another(office: Office) -> None:
    first, second = office.file(party=somebody(1)), office.file(party=somebody(2))
    aoki, kubo = office.somebody("aoki"), office.somebody("kubo")
    assert press(aoki, "/office/reports/next").location == at(first)
    assert press(kubo, "/office/reports/next").location == at(second)
    assert "kubo works on it" in read(aoki.get(at(second)).text)


def test_of_an_empty_queue_nothing_is_taken_and_that_is_said(office: Office) -> None:
    browser = office.somebody("aoki")
    answer = press(browser, "/office/reports/next")
    assert "Nothing waits that you could take now." in browser.get(answer.location).text


def test_a_long_queue_is_turned_by_addresses_that_keep_the_filter(office: Office) -> None:
    for number in range(51):
        office.file(party=somebody(number))
    office.file("book-shop", somebody(60))
    browser = office.somebody("aoki")
    page = browser.get("/office/reports?member=flower-shop").text
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    last = browser.get(following.group(1).replace("&amp;", "&")).text
    assert len(re.findall(r"/office/reports/R-", page)) == 50
    assert len(re.findall(r"/office/reports/R-", last)) == 1


def test_a_report_shows_what_the_shop_says_whatever_is_in_it(office: Office) -> None:
    said = "<script>alert(1)</script> 😀 " + "長" * 500
    report = office.file(replies=said)
    page = office.somebody("aoki").get(at(report)).text
    assert "渡邊 太郎" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 😀 " + "長" * 500 in page


def test_every_view_of_a_report_and_of_its_evidence_is_written_down(office: Office) -> None:
    report = office.file()
    file_id = office.home.reports.get(report.id).files[0].id
    browser = office.somebody("aoki")
    browser.get(at(report))
    browser.get(at(report, "files", file_id))
    assert office.views("aoki")[-2:] == [("view_report", report.id), ("view_evidence", f"{report.id} {file_id}")]


def test_evidence_is_shown_so_that_nothing_in_it_runs_or_stays(office: Office) -> None:
    report = office.file()
    file_id = office.home.reports.get(report.id).files[0].id
    answer = office.somebody("aoki").get(at(report, "files", file_id))
    assert answer.data == FILE
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "inline; filename=invoice.pdf"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("page.pdf", "pdf", b"<html><script>alert(1)</script></html>"),  # no PDF, whatever is written down of it
        ("photo.png", "png", b"\xff\xd8\xff a JPEG"),
        ("list.xlsx", "xlsx", b"PK\x03\x04"),
        ("請求書.txt", "text", "支払のお願い".encode()),
    ],
)
def test_what_no_browser_shows_safely_is_only_saved(office: Office, name: str, kind: str, content: bytes) -> None:
    report = office.file()
    file_id = office.attach(report, name, kind, content)
    answer = office.somebody("aoki").get(at(report, "files", file_id))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.data == content


def test_a_picture_is_shown_within_the_page(office: Office) -> None:
    report = office.file()
    file_id = office.attach(report, "photo.png", "png", b"\x89PNG\r\n\x1a\n and so on")
    browser = office.somebody("aoki")
    assert f'<img src="{at(report, "files", file_id)}"' in browser.get(at(report)).text
    assert browser.get(at(report, "files", file_id)).headers["Content-Type"] == "image/png"


def test_the_words_of_a_file_are_read_and_nothing_else_of_it(office: Office) -> None:
    report = office.file()
    text = office.attach(report, "memo.txt", "text", "<b>督促</b>のメモ".encode("cp932"))
    odd = office.attach(report, "odd.csv", "csv", b"\xff\xff\x80\x81")
    browser = office.somebody("aoki")
    assert at(report, "files", text, "text") in browser.get(at(report)).text
    assert "&lt;b&gt;督促&lt;/b&gt;のメモ" in browser.get(at(report, "files", text, "text")).text
    assert "cannot be read here" in browser.get(at(report, "files", odd, "text")).text
    pdf = office.home.reports.get(report.id).files[0].id
    assert browser.get(at(report, "files", pdf, "text")).status_code == 404


def test_a_file_of_another_report_is_not_there(office: Office) -> None:
    one, other = office.file(), office.file(party=somebody(1))
    file_id = office.home.reports.get(other.id).files[0].id
    assert office.somebody("aoki").get(at(one, "files", file_id)).status_code == 404


def test_reports_that_resemble_one_another_stand_side_by_side(office: Office) -> None:
    one, other = office.file(), office.file("book-shop", altered_party(phones=("090-0000-2222",)))
    browser = office.somebody("aoki")
    assert at(one, "beside", other.id) in browser.get(at(one)).text
    page = read(browser.get(at(one, "beside", other.id)).text)
    assert "090-0000-1111" in page
    assert "090-0000-2222" in page
    assert browser.get(at(one, "beside", "R-NONE")).status_code == 404


def test_an_accepted_report_opens_an_entry_that_waits_for_its_person(office: Office) -> None:
    report, browser = office.file(), office.somebody("aoki")
    press(browser, at(report, "take"))
    done = press(browser, at(report, "accept"), WHY)
    assert office.again(report).state is ReportState.CHECKED
    page = read(browser.get(done.location).text)
    assert "Accepted. " in page
    assert "Report accepted by aoki" in page
    (life,) = office.home.entries.in_state(LifeState.PENDING)
    assert life.reference in page


def test_a_report_can_support_an_entry_that_it_resembles(office: Office) -> None:
    life, report = office.entry("flower-shop"), office.file("book-shop")
    press(office.somebody("kubo"), at(report, "accept"), {**WHY, "into": life.reference})
    assert office.home.entries.get(life.number).members == {"flower-shop", "book-shop"}


@pytest.mark.parametrize(("press_it", "state"), [("return", ReportState.RETURNED), ("reject", ReportState.REJECTED)])
def test_a_report_can_be_turned_down_with_a_reason(office: Office, press_it: str, state: ReportState) -> None:
    report = office.file()
    press(office.somebody("aoki"), at(report, press_it), WHY)
    now = office.again(report)
    assert (now.state, now.reason) == (state, WHY["reason"])


def test_two_people_accept_what_shall_stop_orders(office: Office) -> None:
    report, aoki, kubo = (
        office.file(category=Category.MALICIOUS_CLAIM),
        office.somebody("aoki"),
        office.somebody("kubo"),
    )
    press(aoki, at(report, "accept"), WHY)
    assert office.again(report).state is ReportState.SUBMITTED
    assert "Somebody else has to accept it too." in aoki.get(at(report)).text
    press(aoki, at(report, "accept"), WHY)
    assert office.again(report).state is ReportState.SUBMITTED, "one person is not two"
    press(kubo, at(report, "accept"), WHY)
    assert office.again(report).checked_by == ("aoki", "kubo")


def test_a_reason_that_is_missing_is_asked_for_and_the_rest_stays(office: Office) -> None:
    report, life = office.file("book-shop"), office.entry("flower-shop")
    browser = office.somebody("aoki")
    press(browser, at(report, "take"))
    answer = press(browser, at(report, "accept"), {"reason": " ", "into": life.reference, "hold": "1"})
    assert answer.status_code == 422
    assert "say why: the reason is kept with the case" in read(answer.text)
    assert f'value="{life.reference}" checked' in answer.text
    assert 'name="hold" value="1" checked' in answer.text
    assert office.again(report).state is ReportState.SUBMITTED


def test_a_refusal_keeps_what_was_typed(office: Office) -> None:
    report = office.file()
    press(office.somebody("kubo"), at(report, "take"))
    answer = press(office.somebody("aoki"), at(report, "reject"), {"reason": "<i>not shown</i>"})
    assert answer.status_code == 409
    assert "somebody else works on this report" in read(answer.text)
    assert office.again(report).state is ReportState.SUBMITTED


def test_a_stale_page_tells_who_decided_meanwhile(office: Office) -> None:
    report, aoki, kubo = office.file(), office.somebody("aoki"), office.somebody("kubo")
    press(kubo, at(report, "reject"), WHY)
    answer = press(aoki, at(report, "accept"), {"reason": "proved"})
    assert answer.status_code == 409
    assert "Report rejected by kubo" in read(answer.text)
    assert office.again(report).state is ReportState.REJECTED


@pytest.mark.parametrize("press_it", ["accept", "return", "reject"])
def test_what_is_pressed_twice_is_done_once_and_is_no_error(office: Office, press_it: str) -> None:
    report, browser = office.file(), office.somebody("aoki")
    first, second = (press(browser, at(report, press_it), WHY) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, first.location)
    assert len(office.home.acts.of(subject_of(report))) == 1


def test_the_first_of_two_who_presses_twice_has_accepted_once(office: Office) -> None:
    report, browser = office.file(category=Category.MALICIOUS_CLAIM), office.somebody("aoki")
    first, second = (press(browser, at(report, "accept"), WHY) for _ in range(2))
    assert first.location == second.location
    assert len(office.home.acts.of(subject_of(report))) == 1


def test_what_the_shop_changed_since_is_shown_before_it_is_decided(office: Office) -> None:
    report, browser = office.file(), office.somebody("aoki")
    press(browser, at(report, "take"))
    seen = re.search(r'name="seen" value="([^"]+)"', browser.get(at(report)).text)
    assert seen is not None
    office.refile(report, replies="paid on Monday")
    answer = press(browser, at(report, "accept"), {**WHY, "seen": seen.group(1)})
    assert answer.status_code == 409
    assert "The shop has changed this report" in answer.text
    assert "paid on Monday" in answer.text
    assert office.again(report).state is ReportState.SUBMITTED


def test_nobody_decides_in_a_case_of_their_own_shop(office: Office) -> None:
    report, browser = office.file(), office.somebody("aoki")
    office.home.conflicts.affiliate("aoki", "flower-shop", "kubo", "owner")
    page = browser.get(at(report)).text
    assert "You belong to this shop" in page
    assert at(report, "accept") not in page
    assert press(browser, at(report, "accept"), WHY).status_code == 403
    assert office.again(report).state is ReportState.SUBMITTED


def test_an_auditor_sees_all_of_it_and_presses_nothing(office: Office) -> None:
    report = office.file()
    browser = office.console.browser(Role.AUDITOR)
    page = browser.get(at(report)).text
    assert report.id in page
    assert "渡邊" in page
    assert "<textarea" not in page
    assert press(browser, at(report, "accept"), WHY).status_code == 403
    assert office.again(report).state is ReportState.SUBMITTED
