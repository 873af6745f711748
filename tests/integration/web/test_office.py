"""The office's pages as a whole: which there are, what is due, what the log says, and who has no business here."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as altered

from shopguard.config import Config, RegistrySettings, ShopSettings
from shopguard.registry.log import leaf
from shopguard.storage.engine import writing
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role

from .conftest import SHOP, Console, Install, press, read
from .office_desk import APPLIED, Office


def test_every_page_opens(office: Office) -> None:
    office.entry("flower-shop", "book-shop")
    office.file()
    browser = office.console.browser(Role.OFFICE)
    pages = ("", "reports", "disputes", "requests", "requests/new", "letters", "entries", "entries?state=pending")
    for page in (*pages, "members", "applications", "applications/new", "fees", "alarms", "log"):
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
    said = read(browser.get("/office/").text)
    assert re.search(r"What: the reporters must hear of the dispute .* Due: ", said), said[:900]
    assert "entry:" not in said, "the link says what it is about"
    for _ in range(2):  # twice is as once
        assert press(browser, waiting[0]).location == "/office/"
    assert re.findall(r'action="(/office/warnings/\d+/read)"', browser.get("/office/").text) == waiting[1:]


def test_the_log_tells_who_did_what(office: Office) -> None:
    life = office.entry("flower-shop")
    office.home.members.create("book-shop", "本の店", bytes(32), 50, by="kubo")
    page = read(office.somebody("aoki").get("/office/log").text)
    assert f"Entry opened {life.reference} aoki" in page
    assert "Member taken in book-shop kubo" in page


def test_the_log_leads_to_applications_and_members(office: Office) -> None:
    office.home.members.create("book-shop", "本の店", bytes(32), 50)
    office.home.conflicts.affiliate("kubo", "book-shop", "aoki", "owner")
    waiting = office.home.applications.apply(APPLIED, "aoki")
    gone = office.home.applications.apply(altered(APPLIED, daily_orders=7), "aoki")
    office.home.applications.reject(gone.id, "no shop", "aoki")
    page = office.somebody("aoki").get("/office/log").text
    assert f'<a href="/office/applications/{waiting.id}">{waiting.id}</a>' in page
    assert gone.id not in page
    assert '<a href="/office/members/book-shop">member:book-shop</a>' in page


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


def test_a_registry_that_is_not_made_yet_says_so(console: Console) -> None:
    answer = console.browser(Role.OFFICE).get("/office/")
    assert answer.status_code == 409
    assert "The registry has no tables yet" in answer.text


def test_a_shop_that_asks_a_central_registry_has_no_office(install: Install) -> None:
    settings = RegistrySettings(url="https://registry.example.com", member="flower-shop")
    guard = install(Config(shops={SHOP: ShopSettings(SHOP, "fake", None)}, registry=settings), FakeRegistry())
    assert Console(guard).browser().get("/office/").status_code == 404
