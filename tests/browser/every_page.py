"""Every page there is, with something on it: found in the applications' own tables of routes; new ones join."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
import segno
from flask import Flask, url_for
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from werkzeug.routing import Rule

from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.crypto import Keyring
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.disputes.model import Contact, RequestKind
from shopguard.registry.home import RegistryHome
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.members.fees import Rate
from shopguard.registry.protocol import Registry
from shopguard.testing.registry import FakeRegistry
from shopguard.web.public.app import Office as PersonsOffice
from shopguard.web.public.app import beside, persons_app
from shopguard.web.roles import Role
from tests.integration.web.conftest import ENTRY, REF, SHOP, Console
from tests.integration.web.office_desk import APPLIED, Clock, Office, at

LANGUAGES = {"ja": "ja-JP", "en": "en-GB"}
_SAMPLES = {
    "shop": REF.shop,
    "order_id": REF.order_id,
    "name": SHOP,
    "platform": "generic",
    "kind": "mail",
}
_SAMPLES_OF = {"shops.answer": {"name": "new-store"}}
"""Arguments of a single endpoint, by name; of any other ``_SAMPLES``, and 1 where these have none."""

_SENT = (
    "/console/search/",
    "/console/own-list/new",
    "/console/own-list/import",
    "/console/try/",
    "/console/replay/",
    "/console/set-up",
    "/console/accounts",
)
"""Pages whose form is sent as it is: what comes of it, and how they tell what is missing, are pages too."""

FEES = [Rate(date(2020, 1, 1), Decimal(3000), Decimal(300))]
CONTACT = Contact("渡邊", "taro@example.jp")
DISPUTED = timedelta(days=13)
"""How long ago somebody contested an entry: its deadlines are near, and the office was warned."""

_TWO = ["flower-shop", "book-shop"]
_LONG = "督促の記録" * 12
_MOST_STEPS = 400

_BUTTONS = """
  const buttons = [...document.querySelectorAll("main form[method=post] button")];
  const goesTo = button => new URL(button.getAttribute("formaction") ?? button.form.action, location).pathname;
"""
_ACTIONS = f"() => {{ {_BUTTONS} return buttons.map(goesTo); }}"
_PRESS = f"""action => {{
  {_BUTTONS}
  const button = buttons.find(button => goesTo(button) === action);
  button.form.noValidate = true;
  button.form.requestSubmit(button);
}}"""


@dataclass
class Everything:
    """A console and a registry's office with work on every page, and the pages of a person who has a letter.

    Args:
        code: of the letter.
        more: addresses of the office's pages that look otherwise in another state.
    """

    office: Office
    console_address: str
    persons_address: str
    code: str
    more: Sequence[str]
    browser: Browser

    def on_a_phone(self, language: str) -> Page:
        """A page of a browser that nobody used before."""
        phone = {"width": 390, "height": 844}
        context = self.browser.new_context(base_url=self.console_address, locale=LANGUAGES[language], viewport=phone)  # type: ignore[arg-type]  # a dictionary is as good
        context.set_default_timeout(30_000)
        return context.new_page()

    def console_pages(self) -> Sequence[str]:
        """An address of each page of the console that shows something to whoever has all roles."""
        found = Addresses(self.office.console.app, self.office.console.browser()).found()
        return list(dict.fromkeys((*found.values(), *self.more)))

    def console_steps(self, page: Page) -> Iterator[str]:
        """Open every page of the console, before and after signing in; yields the address of each."""
        for address in ("/console/sign-in", "/console/sign-in?token=used-up"):
            page.goto(address)
            yield address
        pages, console = self.console_pages(), self.office.console
        page.goto(f"/console/sign-in?token={console.guard.people.links.make(console.account(*Role).id)}")
        for address in (*pages, "/console/nowhere"):
            page.goto(address)
            yield address
        for address in _SENT:
            page.goto(address)
            with page.expect_navigation():
                page.locator("main form:has(.primary)").first.evaluate("form => form.submit()")
            yield f"{address}, sent"
        yield from self.office_answers(page, [address for address in pages if address.startswith("/office")])

    def office_answers(self, page: Page, pages: Sequence[str]) -> Iterator[str]:
        """Send everything that these pages can send, as it is: what they ask for then, and what was done, are pages.

        Each kind of thing once; what becomes possible by another is sent after that.
        """
        sent: set[str] = set()
        for address in pages:
            while (action := self._next_action(page, address, sent)) is not None:
                with page.expect_navigation():
                    page.evaluate(_PRESS, action)
                yield f"{address}, {action}"
        rules = self.office.console.app.url_map.iter_rules()
        missed = {rule.endpoint for rule in rules if rule.endpoint.startswith("office.") and "POST" in rule.methods}
        assert missed - sent == set(), "nobody looks at what comes of these"

    def _next_action(self, page: Page, address: str, sent: set[str]) -> str | None:
        """Open a page, and return where its first form goes whose endpoint is not in ``sent``; it is from now on."""
        page.goto(address)
        matching = self.office.console.app.url_map.bind("")
        for action in page.evaluate(_ACTIONS):
            endpoint, _ = matching.match(action, method="POST")
            if endpoint not in sent:
                sent.add(endpoint)
                return str(action)
        return None

    def persons_steps(self, page: Page) -> Iterator[str]:
        """Let a person walk through all pages; yields the name of each once it is open."""
        for name in ("", "record", "ask", "status", "letter", "nowhere"):
            page.goto(f"{self.persons_address}/{name}")
            yield name or "start"
        page.goto(f"{self.persons_address}/letter")
        of_ours = [(self.code, dated) for dated in ("", "soon", "2020-01-01")]
        for code, dated in (("ABCD-1234-EFGH-5678", ""), *of_ours):
            page.fill("#code", code)
            page.fill("#date", dated)
            _send(page)
            yield f"letter checked: {code} {dated}"
        page.goto(f"{self.persons_address}/record")
        for code in ("wrong", self.code):
            page.fill("#code", code)
            _send(page)
            yield "record of a code"
        page.check("#kind-access")
        _send(page)
        page.fill("#email", "not-an-address")
        page.fill("#text", "払いました。" + "x" * 300)
        _send(page)
        yield "ask with a fault"
        page.fill("#email", "taro@example.jp")
        _send(page)
        expect(page.locator("main [name=receipt]")).to_have_count(1)
        yield "received"
        _send(page)
        expect(page.locator("main [name=letter_code]")).to_have_count(1)
        yield "status"
        _send(page)
        yield "status with a fault"


class Addresses:
    """Finds an address of each page that ``browser`` may open, by samples and by the links of other pages."""

    def __init__(self, app: Flask, browser: FlaskClient) -> None:
        self._app, self._browser = app, browser
        self._found: dict[str, str] = {}

    def found(self) -> dict[str, str]:
        """Addresses by endpoint, of pages alone: files, pictures and what machines read are left out."""
        rules = [rule for rule in self._app.url_map.iter_rules() if "GET" in (rule.methods or ()) and _is_page(rule)]
        waiting = dict.fromkeys(self._sample(rule) for rule in rules)
        for number in range(_MOST_STEPS):
            if number >= len(waiting):
                break
            waiting |= dict.fromkeys(self._links(list(waiting)[number]))
        return self._found

    def _sample(self, rule: Rule) -> str:
        with self._app.test_request_context():
            samples = {**_SAMPLES, **_SAMPLES_OF.get(rule.endpoint, {})}
            return url_for(rule.endpoint, **{name: samples.get(name, 1) for name in rule.arguments})

    def _links(self, address: str) -> Sequence[str]:
        """What a page leads to that is not known yet, if it is a page."""
        path = address.partition("?")[0]
        endpoint, _ = self._app.url_map.bind("").match(path, method="GET")
        if endpoint in self._found:
            return []
        with self._browser.get(address) as answer:
            if answer.status_code != 200 or not answer.content_type.startswith("text/html"):
                return []
            if not answer.text.startswith("<!doctype html>"):
                return []  # a part of a page, for its script
            self._found[endpoint] = address
            links = re.findall(r'<a [^>]*href="(/(?:console|office)[^"#]*)"', answer.text)
        return [link.replace("&amp;", "&") for link in dict.fromkeys(links)]


def _send(page: Page) -> None:
    """Send the page's form and wait for what comes of it: a click alone may return before the next page is there."""
    with page.expect_navigation():
        page.click("main .primary")


def _is_page(rule: Rule) -> bool:
    return rule.endpoint != "static" and not rule.endpoint.startswith("health.") and rule.endpoint != "home"


@pytest.fixture
def everything(
    install: Callable[[Config, Registry], Installation],
    tmp_path: Path,
    furnished_registry: Path,
    serve: Callable[[Flask], int],
    browser: Browser,
) -> Iterator[Everything]:
    folder = Path(shutil.copytree(furnished_registry, tmp_path / "registry"))
    settings = ShopSettings(SHOP, "fake", None, mode=Mode.HOLD, language=Language.JA, rate_per_s=1000)
    guard = install(Config(shops={SHOP: settings}), FakeRegistry(ENTRY))
    sender = Sender("見本ネットワーク事務局", "https://registry.example.com/persons/", "03-0000-0000")
    clock = Clock(datetime.now(UTC) - DISPUTED)
    home = RegistryHome(
        folder, "example", Keyring(folder / "keys.json"), clock, apart=False, fees=FEES, sender=sender
    )
    vars(guard)["home"] = home
    office = Office(Console(guard), home, clock)
    code, more = _furnish(office)
    persons = registry_app(home.service)
    beside(persons, persons_app(home.persons.desk, Door(guard.clock), PersonsOffice(sender)))
    yield Everything(
        office,
        f"http://127.0.0.1:{serve(office.console.app)}",
        f"http://127.0.0.1:{serve(persons)}/persons",
        code,
        more,
        browser,
    )
    home.close()


def _furnish(office: Office) -> tuple[str, Sequence[str]]:
    """Let there be something to do everywhere.

    Returns the code of a person who has not asked for anything yet, and addresses of pages in another state.
    """
    office.console.order()
    home = office.home
    for number, name in enumerate(("flower-shop", "book-shop", "tea-shop"), 1):
        home.members.create(name, "長い名前の店舗" * 12, bytes([number] * 32), 50)
    home.members.tie("flower-shop", "book-shop", "one family, as both shops told us", "aoki")
    home.members.suspend("tea-shop", "asked too much", "aoki")
    home.conflicts.affiliate("kubo", "tea-shop", "aoki", "owner")
    home.fees.issue()
    home.applications.apply(APPLIED, "office")
    contested, waiting, suspended = (office.entry(*shops) for shops in (_TWO, ["tea-shop"], ["tea-shop"]))
    office.contest(contested)
    home.cases.suspend(suspended.number, "aoki", "looked at again")
    home.persons.answers.protect(office.contest(office.entry("tea-shop"), RequestKind.MISUSE), "aoki", "Another did.")
    copy = office.contest(office.entry("book-shop"), RequestKind.ACCESS)
    unknown = [home.persons.desk.open_request(RequestKind.ACCESS, text, CONTACT).request for text in "?!."]
    misused = office.contest(office.entry("book-shop"), RequestKind.MISUSE)
    home.persons.answers.attach(unknown[2], office.entry("tea-shop").number, "aoki")
    home.persons.following.follow()
    office.clock.now += DISPUTED
    home.sweeper.sweep()
    home.heads.sign()
    office.raise_alarm()
    alike, report = office.file("book-shop"), office.file()
    office.attach(report, "photo.png", "png", _wide_picture())
    memo = office.attach(report, _LONG + ".txt", "text", (f"{_LONG}\n" * 20 + "x" * 600).encode())
    more = [
        at(report),
        at(report, "files", memo, "text"),
        at(report, "beside", alike.id),
        *(f"/office/requests/{request}" for request in (*unknown, copy, misused)),
        *(f"/office/entries/{life.reference}" for life in (contested, waiting, suspended)),
        "/office/members/tea-shop",
        "/office/fees",
    ]
    return waiting.code, more


def _wide_picture() -> bytes:
    """A PNG that is wider than a phone."""
    drawn = BytesIO()
    segno.make("an invented parcel slip").save(drawn, kind="png", scale=40)
    return drawn.getvalue()
