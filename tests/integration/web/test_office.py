"""The office's pages: what they show, what pressing does, and what happens when somebody else was quicker."""

import re
import shutil
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from msgspec.structs import replace as altered

from shopguard.config import Config, RegistrySettings, ShopSettings
from shopguard.crypto import Keyring
from shopguard.model import Category, Party
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.disputes.model import Contact, RequestKind
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import leaf
from shopguard.registry.members.applications import Applied
from shopguard.registry.members.model import State
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.store import StoredFile, subject_of
from shopguard.registry.search.monitoring import alarm_table
from shopguard.storage.engine import writing
from shopguard.storage.tables import audit
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role
from tests.integration.office.conftest import FILE, PARTY, content_on, file, somebody

from .conftest import SHOP, Console, Install, press, read

APPLIED = Applied(
    Particulars(
        "合同会社見本",
        "見本 花子",
        "東京都港区芝公園4-2-8",
        "06-6345-1234",
        "shop@example.jp",
        "https://shop.example.jp",
        "0001-001-1234567",
    ),
    b64encode(bytes(32)).decode(),
)
WHY = {"reason": "shown by the invoice"}


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """The office of one registry."""

    console: Console
    home: RegistryHome
    clock: Clock
    _orders: int = 0

    def file(self, member: str = "flower-shop", party: Party = PARTY, **changes: object) -> Report:
        """Let a member file a report that keeps the rules."""
        self._orders += 1
        content = altered(content_on(day_of(self.clock.now.timestamp())), order_id=f"5{self._orders:06}", party=party)
        return file(self.home, member, altered(content, **changes))

    def attach(self, report: Report, name: str, kind: str, content: bytes) -> str:
        """Let a report have one file more, and return its id."""
        file_id = f"F-{name}"
        kept = StoredFile(file_id, name, kind, len(content), sha256(content).digest(), self.clock.now.timestamp())
        with writing(self.home.engine("vault")) as connection:
            self.home.reports.store.add_file(connection, report.number, kept, content)
        return file_id

    def refile(self, report: Report, **changes: object) -> None:
        """Let the shop say something else in a report, and file it again."""
        content = altered(report.content, **changes)
        with writing(self.home.engine("vault")) as connection:
            changed = altered(report, content=content, changed_at=report.changed_at + 60)
            self.home.reports.store.change(connection, changed)

    def again(self, report: Report) -> Report:
        return self.home.reports.get(report.id).report

    def entry(self, *members: str) -> Life:
        """An entry, pending, that rests on a report of each of ``members``."""
        life: Life | None = None
        for member in members:
            report, into = self.file(member), None if life is None else life.number
            life = self.home.moderation.accept(report.id, "aoki", "shown", into).entry
        assert life is not None
        self.home.entries.settle()
        return life

    def contest(self, life: Life, kind: RequestKind = RequestKind.CONTEST) -> str:
        """Let the person of an entry ask for something, and return the id of the request."""
        return self.home.persons.desk.open_request(
            kind, "I paid.", Contact("渡邊", "taro@example.jp"), life.code
        ).request

    def somebody(self, name: str) -> FlaskClient:
        """A browser of an account at the office."""
        return self.console.browser(Role.OFFICE, name=name)

    def views(self, name: str) -> Sequence[tuple[str, str]]:
        """What the audit log says that somebody saw."""
        seen = sa.select(audit.c.action, audit.c.detail).where(audit.c.actor == name).order_by(audit.c.id)
        with self.console.guard.engine.connect() as connection:
            return [(row.action, row.detail) for row in connection.execute(seen)]


@pytest.fixture
def office(install: Install, tmp_path: Path, furnished_registry: Path) -> Iterator[Office]:
    folder = Path(shutil.copytree(furnished_registry, tmp_path / "registry"))
    guard = install(Config(shops={SHOP: ShopSettings(SHOP, "fake", None)}), FakeRegistry())
    sender = Sender("見本ネットワーク事務局", "https://registry.example.com/persons", "03-0000-0000")
    clock, keys = Clock(datetime.now(UTC)), Keyring(folder / "keys.json")
    home = RegistryHome(folder, "example", keys, clock, apart=False, sender=sender)
    vars(guard)["home"] = home
    guard.clock = lambda: clock.now.timestamp()
    yield Office(Console(guard), home, clock)
    home.close()


def altered_party(**changes: object) -> Party:
    return replace(PARTY, **changes)  # type: ignore[arg-type]  # of any field


def at(report: Report, *rest: str) -> str:
    return "/".join(["/office/reports", report.id, *rest])


def test_every_page_opens(office: Office) -> None:
    office.entry("flower-shop", "book-shop")
    office.file()
    browser = office.console.browser(Role.OFFICE)
    for page in (
        "",
        "reports",
        "disputes",
        "requests",
        "requests/new",
        "letters",
        "entries",
        "members",
        "applications",
    ):
        assert browser.get(f"/office/{page}").status_code == 200, page
    for page in ("fees", "alarms", "log", "entries?state=pending"):
        assert browser.get(f"/office/{page}").status_code == 200, page


@pytest.mark.parametrize(
    "address",
    [
        "reports?from=99999999999999999999999&category=nothing&member=%00%F0%9F%98%80",
        "reports?from=-1",
        "entries?after=99999999999999999999999&state=erased",
        "entries?find=%00/../🙂",
        "requests?after=x&state=forgotten",
        "log?before=99999999999999999999999",
        "letters?to=nobody",
    ],
)
def test_an_odd_address_shows_the_usual_page(office: Office, address: str) -> None:
    assert office.console.browser(Role.OFFICE).get(f"/office/{address}").status_code == 200


@pytest.mark.parametrize(
    "address", ["letters/99999999999999999999999", "entries/a/b", "reports/R-/beside/x", "members/x"]
)
def test_what_is_not_there_is_said_to_be_not_there(office: Office, address: str) -> None:
    assert office.console.browser(Role.OFFICE).get(f"/office/{address}").status_code == 404


# --- the queue ------------------------------------------------------------------------------------------------------


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


# --- a report -------------------------------------------------------------------------------------------------------


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


# --- deadlines ------------------------------------------------------------------------------------------------------


def test_deadlines_stand_nearest_first_with_those_that_need_somebody_apart(office: Office) -> None:
    life = office.entry("flower-shop")
    office.contest(life)
    page = read(office.somebody("aoki").get("/office/").text)
    ours, _, by_itself = page.partition("What happens by itself")
    assert life.reference in ours
    told, decided = ours.index("the reporters must hear"), ours.index("a clear case is decided")
    assert told < decided
    assert by_itself == "" or "the reporters must hear" not in by_itself


def test_a_deadline_that_is_near_or_over_says_so(office: Office) -> None:
    office.contest(office.entry("flower-shop"))
    office.clock.now += timedelta(days=13)
    page = read(office.somebody("aoki").get("/office/").text)
    assert "Overdue" in page
    assert "Soon" in page


def test_what_is_urgent_stands_on_every_page(office: Office) -> None:
    office.contest(office.entry("flower-shop"))
    assert "within 3 days" not in office.somebody("aoki").get("/office/members").text
    office.clock.now += timedelta(days=13)
    assert "2 deadlines end within 3 days" in office.somebody("kubo").get("/office/members").text


def test_a_warning_waits_until_somebody_has_seen_to_it(office: Office) -> None:
    office.contest(office.entry("flower-shop"))
    office.clock.now += timedelta(days=13)
    office.home.sweeper.sweep()
    browser = office.somebody("aoki")
    waiting = re.findall(r'action="(/office/warnings/\d+/read)"', browser.get("/office/").text)
    assert waiting
    for _ in range(2):  # twice is as once
        assert press(browser, waiting[0]).location == "/office/"
    assert re.findall(r'action="(/office/warnings/\d+/read)"', browser.get("/office/").text) == waiting[1:]


# --- disputes, requests, letters ------------------------------------------------------------------------------------


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
    assert press(browser, f"/office/protected/{protected.number}/end", WHY).status_code == 303
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


# --- entries --------------------------------------------------------------------------------------------------------


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


# --- members, applications, fees, alarms ----------------------------------------------------------------------------


def test_a_member_is_suspended_and_may_ask_again(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    browser = office.somebody("aoki")
    assert press(browser, "/office/members/flower-shop/suspend").status_code == 422
    press(browser, "/office/members/flower-shop/suspend", WHY)
    assert office.home.members.show("flower-shop").state is State.SUSPENDED
    press(browser, "/office/members/flower-shop/resume")
    assert office.home.members.show("flower-shop").state is State.ACTIVE
    page = read(browser.get("/office/members/flower-shop").text)
    assert "Member suspended aoki" in page


def test_a_member_leaves_only_for_whoever_types_its_id_once_more(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    browser, page = office.somebody("aoki"), "/office/members/flower-shop/leave"
    assert press(browser, page, WHY).status_code == 422
    assert press(browser, page, {**WHY, "again": "flower-shop"}).status_code == 303
    assert office.home.members.show("flower-shop").state is State.LEFT


def test_whoever_belongs_to_a_shop_is_kept_and_cannot_end_it_alone(office: Office) -> None:
    office.home.members.create("flower-shop", "花の店", bytes(32), 50)
    aoki, kubo = office.somebody("aoki"), office.somebody("kubo")
    page = "/office/members/flower-shop"
    press(kubo, f"{page}/affiliate", {"account": "aoki", "as": "owner"})
    assert office.home.conflicts.barred("aoki") == {"flower-shop"}
    assert press(aoki, f"{page}/end-affiliation", {"account": "aoki"}).status_code == 403
    press(kubo, f"{page}/end-affiliation", {"account": "aoki"})
    assert office.home.conflicts.barred("aoki") == frozenset()


def test_a_shop_is_taken_in_and_told_what_to_write(office: Office) -> None:
    made = office.home.applications.apply(APPLIED, "office")
    browser, page = office.somebody("aoki"), f"/office/applications/{made.id}"
    assert "合同会社見本" in browser.get(page).text
    refused = press(browser, f"{page}/approve", {"member": "Not An Id"})
    assert (refused.status_code, 'value="Not An Id"' in refused.text) == (400, True)
    done = press(browser, f"{page}/approve", {"member": "sample-shop"})
    assert "member: sample-shop" in browser.get(done.location).text
    assert office.home.members.show("sample-shop").state is State.ACTIVE


def test_a_shop_that_is_turned_down_leaves_nothing(office: Office) -> None:
    made = office.home.applications.apply(APPLIED, "office")
    browser = office.somebody("aoki")
    press(browser, f"/office/applications/{made.id}/reject", WHY)
    assert "合同会社見本" not in browser.get("/office/applications?all=1").text


def test_an_alarm_is_answered_with_what_came_of_it(office: Office) -> None:
    with writing(office.home.engine("vault")) as connection:
        columns = {"code": "night", "member": "flower-shop", "about": "", "times": 7, "first_at": 1.0, "last_at": 2.0}
        connection.execute(alarm_table.insert(), {**columns, "raised_at": 3.0})
    browser = office.somebody("aoki")
    assert "searches at night" in browser.get("/office/alarms").text
    assert press(browser, "/office/alarms/1/answer", {"reason": " "}).status_code == 422
    press(browser, "/office/alarms/1/answer", {"reason": "a night shift"})
    assert office.home.monitoring.open() == []


# --- the log --------------------------------------------------------------------------------------------------------


def test_the_log_tells_who_did_what(office: Office) -> None:
    life = office.entry("flower-shop")
    office.home.members.create("book-shop", "本の店", bytes(32), 50, by="kubo")
    page = read(office.somebody("aoki").get("/office/log").text)
    assert f"Entry opened {life.reference} aoki" in page
    assert "Member taken in book-shop kubo" in page


def test_the_whole_log_is_checked_by_a_button(office: Office) -> None:
    office.entry("flower-shop")
    browser = office.console.browser(Role.AUDITOR)
    assert press(browser, "/office/log/verify").status_code == 409, "nothing was signed yet"
    office.home.heads.sign()
    page = read(press(browser, "/office/log/verify").text)
    assert "leaves, all as they were logged" in page


def test_a_leaf_that_was_changed_is_named(office: Office) -> None:
    office.entry("flower-shop", "book-shop")
    office.home.heads.sign()
    with writing(office.home.engine("log")) as connection:
        triggers = connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        for name in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(sa.update(leaf).where(leaf.c.number == 2).values(kind="report_paid"))
    page = read(press(office.somebody("aoki"), "/office/log/verify").text)
    assert "Not as it was logged : leaf 2 – is not what was logged" in page


# --- whoever has no business here -----------------------------------------------------------------------------------


def test_a_registry_that_is_not_made_yet_says_so(console: Console) -> None:
    answer = console.browser(Role.OFFICE).get("/office/")
    assert answer.status_code == 409
    assert "The registry has no tables yet" in answer.text


def test_a_shop_that_asks_a_central_registry_has_no_office(install: Install) -> None:
    settings = RegistrySettings(url="https://registry.example.com", member="flower-shop")
    guard = install(Config(shops={SHOP: ShopSettings(SHOP, "fake", None)}, registry=settings), FakeRegistry())
    assert Console(guard).browser().get("/office/").status_code == 404
