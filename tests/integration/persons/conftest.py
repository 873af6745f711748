"""A registry with a persons' desk: entries that were accepted, persons who ask, and a clock that can be moved."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace as altered

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.identity import identify, tokens
from shopguard.model import Category, Effect, Entry, Party, PaymentKind
from shopguard.registry.calendar import day_of
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.letters import Sender, Template
from shopguard.registry.disputes.model import Contact, Opened, Request, RequestKind
from shopguard.registry.disputes.outbox import Message, MessageState, Way
from shopguard.registry.disputes.persons import Persons
from shopguard.registry.disputes.routes import persons_routes
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.home import RegistryHome
from shopguard.registry.messages import CandidateShape
from shopguard.registry.reports.model import Answers, Channel, Reminder, Report, ReportContent, ReportState
from shopguard.registry.reports.store import new_report_id, subject_of
from shopguard.registry.sealing import open_row
from shopguard.registry.search.model import Asking, Purpose
from shopguard.storage.engine import reading, writing

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
OFFICE = "aoki"
PARTY = Party(
    name="渡邊 太郎",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
CONTENT = ReportContent(
    order_id="5001",
    order_number="#1042",
    category=Category.UNPAID,
    party=PARTY,
    ordered_on=date(2026, 8, 1),
    payment=PaymentKind.PAY_LATER,
    items="花器",
    amount=Decimal(12800),
    due_on=date(2026, 9, 1),
    reminders=(Reminder(date(2026, 9, 10), Channel.MAIL), Reminder(date(2026, 9, 25), Channel.LETTER, True)),
    answers=Answers(ground="twice reminded", acted="a letter"),
)
FACTS = {"order_number": "1042", "amount": "12,800円"}
MAIL = Contact(name="渡邊太郎", email="new-address@example.jp")


SENDER = Sender("見本ネットワーク事務局", "https://registry.example.com/persons", "03-0000-0000")


class Centre:
    """One registry with its persons' desk; ``now`` is its clock."""

    def __init__(self, folder: Path, url: str | None = None, sender: Sender = SENDER) -> None:
        self.now, self._orders = NOW, 0
        keys = Keyring(folder / "keys.json")
        self.home = RegistryHome(folder, "example", keys, lambda: self.now, url, apart=False, sender=sender)

    def again(self, sender: Sender = SENDER) -> "Centre":
        """The same registry as another process opens it, at the same time."""
        other = Centre(self.home.data_dir, sender=sender)
        other.now = self.now
        return other

    @property
    def persons(self) -> Persons:
        return self.home.persons

    @property
    def today(self) -> date:
        return day_of(self.now.timestamp())

    def file(self, member: str = "flower-shop", party: Party = PARTY, **changes: object) -> Report:
        """File a report that keeps the rules, as the shop would, and return it."""
        self._orders += 1
        content = altered(CONTENT, order_id=f"5{self._orders:03}", party=party, **changes)
        number, at = self.home.records.begin(), self.now.timestamp()
        report = Report(number, new_report_id(), member, ReportState.SUBMITTED, content, at, at, 80)
        with writing(self.home.engine("vault")) as connection:
            self.home.reports.store.add(connection, report)
            self.home.seen.note(connection, subject_of(report), party)
        return report

    def pending(self, *members: str, party: Party = PARTY, **changes: object) -> Life:
        """An entry whose person was not told yet, of reports by these shops (by default one) that were accepted."""
        reports = [self.file(member, party, **changes) for member in members or ("flower-shop",)]
        number, entries = self.home.records.begin(), self.home.entries
        with entries.changing() as connection:
            checked = [altered(one, state=ReportState.CHECKED, entry=number, checked_by=(OFFICE,)) for one in reports]
            for report in checked:
                self.home.reports.store.change(connection, report)
            life = entries.open(connection, checked, number, OFFICE)
        entries.settle()
        return life

    def active(self, *members: str, party: Party = PARTY, **changes: object) -> Life:
        """An entry that is served, its notice sent and answered by nobody."""
        life = self.pending(*members, party=party, **changes)
        self.persons.following.follow()
        self.post(Template.NOTICE)
        self.pass_days(15)
        return self.home.entries.get(life.number)

    def pass_days(self, days: float, step: float | None = None) -> None:
        """Let time pass, in one leap or in steps, and everything happen that happens by the clock."""
        until = self.now + timedelta(days=days)
        while self.now < until:
            self.now = min(until, self.now + timedelta(days=step or days))
            self.sweep()

    def sweep(self) -> None:
        """What the registry does by the clock."""
        self.home.sweeper.sweep()
        self.home.entries.settle()
        self.persons.following.follow()
        self.home.entries.settle()

    def ask(self, kind: RequestKind, life: Life | None = None, contact: Contact = MAIL, text: str = "") -> Opened:
        return self.persons.desk.open_request(kind, text, contact, None if life is None else life.code)

    def proven(self, kind: RequestKind, life: Life) -> Opened:
        """A request of somebody whom the office has seen."""
        opened = self.ask(kind, life)
        self.persons.answers.seen(opened.request, OFFICE)
        return opened

    def request(self, opened: Opened) -> Request:
        return self.persons.answers.get(opened.request)

    def letters(self, template: Template, addressee: str | None = None) -> list[Message]:
        """The letters of a kind that wait to be sent."""
        return [one for one in self.persons.files.outbox.waiting(addressee) if one.template is template]

    def text(self, template: Template) -> str:
        """What the only letter of a kind says."""
        (message,) = self.letters(template)
        assert message.letter is not None
        return message.letter.text

    def post(self, template: Template) -> Message:
        """Send the only letter of a kind."""
        (message,) = self.letters(template)
        done = self.persons.mailroom.sent(message.number, OFFICE, Way.POST, "123-4567-8901")
        assert done.state is MessageState.SENT
        return done

    def met(self, party: Party = PARTY) -> set[Effect]:
        """What an order of ``party`` meets: the highest effect of each entry."""
        home, epoch = self.home, 1
        asked = tokens(identify(party))
        places = home.publisher.placing.office.places(epoch, asked)
        found = home.index.find(epoch, [place.locator for place in places]).rows
        rows = [open_row(places[position], sealed, epoch) for position, _, sealed in found]
        blocked = home.index.blocked([row.handle for row in rows])
        return {row.effect for row in rows if row.handle not in blocked}

    def look(self, member: str, purpose: Purpose, party: Party = PARTY) -> None:
        """Let a member be told of the entry that ``party`` meets."""
        (number,) = [life.number for life in self.home.entries.in_state(LifeState.ACTIVE)]
        with reading(self.home.engine("vault")) as connection:
            handle = self.home.records.vault.kept(connection, [number])[number].handle
        told = CandidateShape(handle.hex(), (), (), Category.OTHER, 1, self.today, False, False)
        self.home.looks.write(Asking(member, "0" * 16, purpose, b"c" * 16, (), "a stated case"), [told])
        self.home.looks.settle()

    def load(self, entry: Entry) -> int:
        """Load an entry that was decided elsewhere, and return its number."""
        assert self.home.publisher.load([wire.encode(entry)]).faulty == 0
        number = self.home.entries.find(entry.id)
        assert number is not None
        return number

    def app(self, proxies: int = 0) -> Flask:
        """The desk alone over HTTP, as the registry serves it beside everything else."""
        from shopguard.registry.lookup.routes import registry_app

        door = Door(lambda: self.now.timestamp())
        return registry_app(self.home.service, more=[persons_routes(self.persons.desk, door, proxies)])


@pytest.fixture
def centre(tmp_path: Path, furnished_registry: Path) -> Iterator[Centre]:
    """A registry on SQLite."""
    made = Centre(Path(shutil.copytree(furnished_registry, tmp_path / "var")))
    yield made
    made.home.close()


@pytest.fixture
def postgres_centre(tmp_path: Path, empty_postgres: sa.Engine) -> Iterator[Centre]:
    """A registry on PostgreSQL."""
    Keyring.create(tmp_path / "keys.json")
    made = Centre(tmp_path, empty_postgres.url.render_as_string(hide_password=False))
    made.home.prepare()
    yield made
    made.home.close()


@pytest.fixture
def web(centre: Centre) -> FlaskClient:
    """A browser at the desk."""
    return centre.app().test_client()
