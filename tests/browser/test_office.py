"""The office in a browser: two people accept a report, and its entry is served once its person could answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from msgspec.structs import replace as altered
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shopguard.bootstrap import Installation
from shopguard.config import Config
from shopguard.crypto import Keyring
from shopguard.registry.calendar import day_of
from shopguard.registry.client.reports import ReportClient
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.home import RegistryHome
from shopguard.web.accounts.links import SignInLinks
from shopguard.web.accounts.store import Accounts
from shopguard.web.roles import Role
from tests.integration.office.conftest import content_on

INVOICE = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R>>endobj
4 0 obj<</Length 30>>stream
BT 40 100 Td (Invoice) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
"""


@dataclass
class Office:
    """A registry with its pages, served; ``now`` is its clock."""

    guard: Installation
    address: str
    browser: Browser
    now: datetime

    @property
    def home(self) -> RegistryHome:
        return self.guard.home

    def sign_in(self, name: str) -> Page:
        """The page of somebody at the office."""
        account = Accounts(self.guard.engine, self.guard.writer, self.guard.clock).create(name, name, [Role.OFFICE])
        context: BrowserContext = self.browser.new_context(base_url=self.address, locale="en-GB")
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto("/console/sign-in?token=" + SignInLinks(self.guard.writer, self.guard.clock).make(account.id))
        return page


@pytest.fixture
def office(tmp_path: Path, browser: Browser, serve: Callable[[Flask], int]) -> Iterator[Office]:
    keys = Keyring.create(tmp_path / "keys.json")
    guard = Installation(Config(), keys, tmp_path, {})
    made = Office(guard, "", browser, datetime.now(UTC))
    sender = Sender("見本ネットワーク事務局", "https://registry.example.com/persons", "03-0000-0000")
    vars(guard)["home"] = RegistryHome(tmp_path, "example", keys, lambda: made.now, apart=False, sender=sender)
    guard.clock = lambda: made.now.timestamp()
    guard.migrate()
    made.address = f"http://127.0.0.1:{serve(guard.console_app())}"
    yield made
    for context in browser.contexts:
        if context.pages and context.pages[0].url.startswith(made.address):
            context.close()
    guard.close()


def test_two_people_accept_a_report_and_its_entry_is_served_once_the_person_could_answer(office: Office) -> None:
    report = filed_by_a_member(office)
    aoki, kubo = office.sign_in("aoki"), office.sign_in("kubo")

    take_next(aoki, report)
    with aoki.expect_popup() as opened:
        aoki.get_by_role("link", name="invoice.pdf").click()
    assert opened.value.url.startswith(office.address), "evidence comes from here"
    aoki.get_by_label("The entry shall be able to stop an order").check()
    accept(aoki, "The invoice and two reminders show it.")
    expect(aoki.get_by_role("main")).to_contain_text("Somebody else has to accept it too.")
    expect(aoki.get_by_role("main")).not_to_contain_text("Part of the entry")

    take_next(kubo, report)
    expect(kubo.get_by_role("main")).to_contain_text("Accepted so far by: aoki")
    kubo.get_by_label("The entry shall be able to stop an order").check()
    accept(kubo, "So it is.")
    kubo.get_by_role("main").get_by_role("link", name="E-").click()
    expect(kubo.get_by_role("main")).to_contain_text("Not served yet: the person may answer first")
    entry = kubo.url

    office.home.persons.following.follow()
    send_the_notice(kubo)
    office.now += timedelta(days=15)
    office.home.sweeper.sweep()
    office.home.entries.settle()
    later = office.sign_in("mori")  # the others' sign-ins have ended
    later.goto(entry)
    expect(later.get_by_role("main")).to_contain_text("Served to members")
    expect(later.get_by_role("main")).to_contain_text("May cause: A hold")


def filed_by_a_member(office: Office) -> str:
    """Let a shop file a report over the members' API, with its evidence, and return its id."""
    content = content_on(day_of(office.now.timestamp()))
    filed = ReportClient(office.guard.registry_client).file(
        altered(content, order_id="5001"), {"invoice.pdf": INVOICE}
    )
    return filed.receipt.report


def take_next(page: Page, report: str) -> None:
    page.goto("/office/reports")
    page.get_by_role("button", name="Take the next one").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(report)


def accept(page: Page, reason: str) -> None:
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Accepted.")


def send_the_notice(page: Page) -> None:
    page.goto("/office/letters")
    page.get_by_role("main").get_by_role("table").get_by_role("link").first.click()
    page.get_by_label("By post").check()
    page.get_by_label("What shows it").fill("1234-5678")
    page.get_by_role("button", name="It was sent", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Kept: the letter was sent.")
