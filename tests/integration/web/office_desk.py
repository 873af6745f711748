"""An office in whose registry the tests file reports, open entries and let persons ask."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask.testing import FlaskClient
from msgspec.structs import replace as altered

from shopguard.model import Party
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.model import Contact, RequestKind
from shopguard.registry.entries.model import Life
from shopguard.registry.home import RegistryHome
from shopguard.registry.members.applications import Applied
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.reports.model import Report
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.search.monitoring import alarm_table
from shopguard.storage.engine import writing
from shopguard.storage.tables import audit
from shopguard.web.roles import Role
from tests.integration.office.conftest import PARTY, content_on, file

if TYPE_CHECKING:
    from .conftest import Console

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

    console: "Console"
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
        file_id = f"F-{report.id}-{sha256(name.encode()).hexdigest()[:8]}"
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

    def raise_alarm(self) -> None:
        """Let the monitoring have found something odd about a member."""
        columns = {"code": "night", "member": "flower-shop", "about": "", "times": 7, "first_at": 1.0, "last_at": 2.0}
        with writing(self.home.engine("vault")) as connection:
            connection.execute(alarm_table.insert(), {**columns, "raised_at": 3.0})

    def somebody(self, name: str) -> FlaskClient:
        """A browser of an account at the office."""
        return self.console.browser(Role.OFFICE, name=name)

    def views(self, name: str) -> Sequence[tuple[str, str]]:
        """What the audit log says that somebody saw."""
        seen = sa.select(audit.c.action, audit.c.detail).where(audit.c.actor == name).order_by(audit.c.id)
        with self.console.guard.engine.connect() as connection:
            return [(row.action, row.detail) for row in connection.execute(seen)]


def at(report: Report, *rest: str) -> str:
    """The address of a report's page, or of what can be done to it."""
    return "/".join(["/office/reports", report.id, *rest])
