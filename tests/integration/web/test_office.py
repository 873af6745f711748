"""The office's pages: what they show, what pressing does, and what happens when somebody else was quicker."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from msgspec.structs import replace as altered

from shopguard.config import Config, ShopSettings
from shopguard.crypto import Keyring
from shopguard.model import Category, Party
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.home import RegistryHome
from shopguard.registry.reports.model import Report, ReportState
from shopguard.storage.tables import audit
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role
from tests.integration.office.conftest import FILE, PARTY, content_on, file, somebody

from .conftest import SHOP, Console, Install, press, read

WHY = {"reason": "shown by the invoice"}


@dataclass
class Office:
    """The office of one registry; ``now`` is its clock."""

    console: Console
    home: RegistryHome
    now: datetime
    _orders: int = 0

    def file(self, member: str = "flower-shop", party: Party = PARTY, **changes: object) -> Report:
        """Let a member file a report that keeps the rules."""
        self._orders += 1
        content = altered(content_on(day_of(self.now.timestamp())), order_id=f"5{self._orders:06}", party=party)
        return file(self.home, member, altered(content, **changes))

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
    keys = Keyring(folder / "keys.json")
    home = RegistryHome(folder, "example", keys, lambda: made.now, apart=False, sender=sender)
    vars(guard)["home"] = home
    made = Office(Console(guard), home, datetime.now(UTC))
    yield made
    home.close()


def at(report: Report, *rest: str) -> str:
    return "/".join(["/office/reports", report.id, *rest])


def test_every_page_opens(office: Office) -> None:
    office.entry("flower-shop", "book-shop")
    office.file()
    browser = office.console.browser(Role.OFFICE)
    for page in ("", "reports", "disputes", "requests", "requests/new", "letters", "entries", "members", "applications"):
        assert browser.get(f"/office/{page}").status_code == 200, page
    for page in ("fees", "alarms", "log", "entries?state=pending"):
        assert browser.get(f"/office/{page}").status_code == 200, page
