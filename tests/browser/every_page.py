"""Every page there is, with something on it: found in the applications' own tables of routes; new ones join."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule

from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.crypto import Keyring
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.home import RegistryHome
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.protocol import Registry
from shopguard.testing.registry import FakeRegistry
from shopguard.web.public.app import Office as PersonsOffice
from shopguard.web.public.app import beside, persons_app
from shopguard.web.roles import Role
from tests.integration.web.conftest import ENTRY, REF, SHOP, Console
from tests.integration.web.office_desk import APPLIED, Clock, Office

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
    "/office/requests/new",
)
"""Pages whose form is sent as it is: what comes of it, and how they tell what is missing, are pages too."""

_MOST_STEPS = 400


@dataclass
class Everything:
    """A console and a registry's office with work on every page, and the pages of a person who has a letter.

    Args:
        code: of the letter.
    """

    office: Office
    console_address: str
    persons_address: str
    code: str
    browser: Browser

    def on_a_phone(self, language: str) -> Page:
        """A page of a browser that nobody used before."""
        phone = {"width": 390, "height": 844}
        context = self.browser.new_context(base_url=self.console_address, locale=LANGUAGES[language], viewport=phone)  # type: ignore[arg-type]  # a dictionary is as good
        context.set_default_timeout(30_000)
        return context.new_page()

    def console_pages(self) -> Sequence[str]:
        """An address of each page of the console that shows something to whoever has all roles."""
        return list(Addresses(self.office.console.app, self.office.console.browser()).found().values())

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

    def persons_steps(self, page: Page) -> Iterator[str]:
        """Let a person walk through all pages; yields the name of each once it is open."""
        for name in ("", "record", "ask", "status", "letter", "nowhere"):
            page.goto(f"{self.persons_address}/{name}")
            yield name or "start"
        page.goto(f"{self.persons_address}/letter")
        for code in ("ABCD-1234-EFGH-5678", self.code):
            page.fill("#code", code)
            _send(page)
            yield "letter checked"
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
        yield "received"
        _send(page)
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
        waiting = [self._sample(rule) for rule in rules]
        for _ in range(_MOST_STEPS):
            if not waiting:
                break
            waiting += self._links(waiting.pop(0))
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
    clock = Clock(datetime.now(UTC))
    home = RegistryHome(folder, "example", Keyring(folder / "keys.json"), clock, apart=False, sender=sender)
    vars(guard)["home"] = home
    office = Office(Console(guard), home, clock)
    life = _furnish(office)
    persons = registry_app(home.service)
    beside(persons, persons_app(home.persons.desk, Door(guard.clock), PersonsOffice(sender)))
    yield Everything(
        office,
        f"http://127.0.0.1:{serve(office.console.app)}",
        f"http://127.0.0.1:{serve(persons)}/persons",
        life,
        browser,
    )
    home.close()


def _furnish(office: Office) -> str:
    """Let there be something to do everywhere; returns the code of a person who has not asked for anything yet."""
    office.console.order()
    for _ in range(2):
        office.file()
    office.home.applications.apply(APPLIED, "office")
    contested, waiting = office.entry("flower-shop", "book-shop"), office.entry("tea-shop")
    office.contest(contested)
    office.home.persons.following.follow()
    return waiting.code
