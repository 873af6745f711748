"""A guard with its pages and no server: browsers that are signed in with given roles, and orders that came in."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.crypto import Keyring
from shopguard.model import Category, Entry, Order, OrderRef, Party, Payment, PaymentKind
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.home import RegistryHome
from shopguard.registry.protocol import Registry
from shopguard.storage.tables import audit
from shopguard.testing.fakes import FakePlatform
from shopguard.testing.registry import FakeRegistry
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.passwords import Passwords
from shopguard.web.accounts.people import People
from shopguard.web.roles import Role

from .office_desk import Clock as OfficeClock
from .office_desk import Office

SHOP, OTHER_SHOP = "main-store", "second-store"
BAD = Party(name="渡邊 太郎", phones=("090-0000-0001",), emails=("taro@example.jp",))
ENTRY = Entry("E-1", Category.UNPAID, BAD, 2, date(2025, 3, 1), date(2026, 8, 14))
ORDER = Order("5001", number="#1042", total=Decimal(12800), payment=Payment(PaymentKind.COD, "代金引換"), buyer=BAD)
REF = OrderRef(SHOP, "5001")

PASSWORD = "correct horse 電池"
START = 1_800_000_015.0
"""In the middle of a half minute."""

Install = Callable[[Config, Registry], Installation]


class Clock:
    """Stands at ``now``, in Unix seconds."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def press(browser: FlaskClient, address: str, form: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
    """Send a form as a page of this browser would: with the key of its sign-in. Redirects are not followed."""
    return browser.post(address, data={**(form or {}), "form_key": form_key(browser)}, **more)


def form_key(browser: FlaskClient) -> str:
    """What every form of this browser carries."""
    page = browser.get("/console/me")
    found = re.search(r'<body data-form-key="([^"]+)"', page.text)
    assert found is not None, "nobody is signed in"
    return found.group(1)


def key_of(page: TestResponse) -> str:
    """What a form of the sign-in pages carries."""
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def try_password(browser: FlaskClient, name: str, password: str, **more: str) -> TestResponse:
    """Type a name and a password into the sign-in page."""
    key = key_of(browser.get("/console/sign-in?again=1"))
    return browser.post("/console/sign-in", data={"name": name, "password": password, "key": key, **more})


def is_in(browser: FlaskClient) -> bool:
    """Whether somebody is signed in."""
    return browser.get("/console/me").status_code == 200


def read(page: str) -> str:
    """What somebody reads of a page, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


class Console:
    """The pages of one guard with two shops on fake platforms.

    ``guard`` is the installation, ``app`` the application, ``platform`` where the first shop stands.
    """

    def __init__(self, guard: Installation) -> None:
        self.guard = guard
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        vars(guard)["people"] = replace(guard.people, passwords=cheap)
        self.app = guard.console_app()
        self.accounts = guard.people.accounts
        adapter = guard.shops[SHOP].adapter
        assert isinstance(adapter, FakePlatform)
        self.platform = adapter

    def stop(self, clock: Clock) -> None:
        """Let it always be what ``clock`` says."""
        self.guard.clock = clock
        for part in ("people", "reviews"):
            vars(self.guard).pop(part, None)
        Console.__init__(self, self.guard)

    def audit(self) -> list[tuple[str, str, str]]:
        """Who did what, and the detail, in order."""
        query = sa.select(audit.c.actor, audit.c.action, audit.c.detail).order_by(audit.c.id)
        with self.guard.engine.connect() as connection:
            return [(row.actor, row.action, row.detail) for row in connection.execute(query)]

    def account(self, *roles: Role, shops: Iterable[str] | None = None, name: str | None = None) -> Account:
        """A new account; ``name`` None makes one up."""
        named = name or f"person-{len(self.accounts.all()) + 1}"
        return self.accounts.create(named, named, roles, shops)

    def browser(
        self,
        *roles: Role,
        shops: Iterable[str] | None = None,
        name: str | None = None,
        language: str = "en",
    ) -> FlaskClient:
        """A browser signed in to a new account: with all roles, if none are given."""
        browser = self.visitor(language)
        self.sign_in(browser, self.account(*(roles or Role), shops=shops, name=name))
        return browser

    def visitor(self, language: str = "en") -> FlaskClient:
        """A browser that nobody is signed in to."""
        browser = self.app.test_client()
        browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return browser

    def sign_in(self, browser: FlaskClient, account: Account) -> None:
        token = self.guard.people.links.make(account.id)
        assert browser.get("/console/sign-in", query_string={"token": token}).status_code == 302

    def order(self, order: Order = ORDER, shop: str = SHOP) -> OrderRef:
        """Let ``order`` come in at a shop and be judged."""
        adapter = self.guard.shops[shop].adapter
        assert isinstance(adapter, FakePlatform)
        self.guard.inbox.accept(shop, f"{order.id} {order.total}", adapter.delivery(order))
        ref = adapter.place(order).ref
        self.work()
        return ref

    def work(self) -> None:
        """Let the worker do all there is to do."""
        self.guard.worker("w").run_until_idle()


@pytest.fixture
def console(install: Install) -> Console:
    """Two shops in mode hold and a registry with one entry; nothing was ordered, nobody is signed in."""
    return Console(install(Config(shops=dict(map(_shop, (SHOP, OTHER_SHOP)))), FakeRegistry(ENTRY)))


@pytest.fixture
def clock(console: Console) -> Clock:
    """The console's clock, which stands."""
    made = Clock()
    console.stop(made)
    return made


@pytest.fixture
def people(console: Console, clock: Clock) -> People:
    return console.guard.people


@pytest.fixture
def sato(console: Console, people: People) -> Account:
    """An operator with a password; the clock stands."""
    made = console.account(Role.OPERATOR, name="sato")
    people.proofs.set_password(made.id, people.passwords.hash(PASSWORD))
    return made


@pytest.fixture
def office(install: Install, tmp_path: Path, furnished_registry: Path) -> Iterator[Office]:
    """The office of this installation's own registry, whose clock the test turns."""
    folder = Path(shutil.copytree(furnished_registry, tmp_path / "registry"))
    guard = install(Config(shops={SHOP: ShopSettings(SHOP, "fake", None)}), FakeRegistry())
    sender = Sender("見本ネットワーク事務局", "https://registry.example.com/persons", "03-0000-0000")
    clock, keys = OfficeClock(datetime.now(UTC)), Keyring(folder / "keys.json")
    home = RegistryHome(folder, "example", keys, clock, apart=False, sender=sender)
    vars(guard)["home"] = home
    guard.clock = lambda: clock.now.timestamp()
    yield Office(Console(guard), home, clock)
    home.close()


def _shop(name: str) -> tuple[str, ShopSettings]:
    settings = ShopSettings(name, "fake", None, mode=Mode.HOLD, language=Language.JA, rate_per_s=1000)
    return name, settings
