"""An office: a vault of either kind with reports that wait, and the accounts that work on them."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as altered

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.model import Category, Entry, Party, PaymentKind
from shopguard.registry.entries.model import Life
from shopguard.registry.home import RegistryHome
from shopguard.registry.office.quality import Counted, Quality, count
from shopguard.registry.office.queue import Queue, hasten
from shopguard.registry.office.service import Office
from shopguard.registry.reports.model import Answers, Channel, Reminder, Report, ReportContent, ReportState
from shopguard.registry.reports.store import ReportStore, StoredFile, new_report_id, subject_of
from shopguard.registry.reports.wording import QUESTIONS
from shopguard.registry.subjects import Subject
from shopguard.storage.engine import writing

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
PARTY = Party(
    name="渡邊 太郎",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
FILE = b"%PDF-1.4 an invented invoice"


def content_on(today: date) -> ReportContent:
    """What a shop reports that keeps the rules as of ``today``."""
    ordered_on, due_on = today - timedelta(days=90), today - timedelta(days=60)
    evidence: dict[str, tuple[str, ...]] = dict.fromkeys(QUESTIONS, ("invoice.pdf",))
    return ReportContent(
        order_id="5001",
        category=Category.UNPAID,
        party=PARTY,
        ordered_on=ordered_on,
        payment=PaymentKind.PAY_LATER,
        items="花束",
        amount=Decimal(12800),
        shipped_on=ordered_on + timedelta(days=2),
        delivered_on=ordered_on + timedelta(days=3),
        due_on=due_on,
        reminders=tuple(Reminder(due_on + timedelta(days=days), Channel.MAIL, by_person=True) for days in (7, 21)),
        warned_on=due_on + timedelta(days=21),
        replies="お返事はありません。",
        answers=Answers(
            "未入金です。",
            "請求書の注文です。",
            "自社後払いです。",
            "督促しました。",
            evidence,
        ),
    )


CONTENT = content_on(NOW.date())


class Centre:
    """One registry with its office; ``now`` is its clock."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.now, self.url, self._orders = NOW, url, 0
        self.home = RegistryHome(folder, "example", Keyring(folder / "keys.json"), lambda: self.now, url, apart=False)

    @property
    def store(self) -> ReportStore:
        return self.home.reports.store

    @property
    def office(self) -> Office:
        return self.home.moderation

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.home.engine("vault"), lambda: self.now.timestamp())

    def pass_time(self, **units: float) -> None:
        self.now += timedelta(**units)

    def file(self, member: str = "flower-shop", party: Party = PARTY, **changes: object) -> Report:
        """File a report that keeps the rules, as the shop would, and return it."""
        self._orders += 1
        return file(self.home, member, altered(CONTENT, order_id=f"5{self._orders:06}", party=party, **changes))

    def refile(self, report: Report) -> None:
        """File a returned report once more, as it is."""
        with writing(self.home.engine("vault")) as connection:
            again = altered(self.store.by_number(connection, report.number), state=ReportState.SUBMITTED)
            self.store.change(connection, again)

    def hasten(self, *alike: int) -> None:
        with writing(self.home.engine("vault")) as connection:
            hasten(connection, alike)

    def again(self, report: Report) -> Report:
        """Return a report as it stands now."""
        return self.home.reports.get(report.id).report

    def count(self, member: str, what: Counted, times: int) -> None:
        """Let a member have a history."""
        for _ in range(times):
            with writing(self.home.engine("vault")) as connection:
                count(connection, member, what)

    def entry(self, *members: str, party: Party = PARTY) -> Life:
        """Return an entry, pending, that rests on a report of each of ``members``."""
        life: Life | None = None
        for member in members:
            into = None if life is None else life.number
            life = self.office.accept(self.file(member, party).id, "aoki", "shown", into).entry
        assert life is not None
        return life

    def load(self, *entries: Entry) -> None:
        """Load entries that were decided elsewhere."""
        assert self.home.publisher.load([wire.encode(entry) for entry in entries]).faulty == 0

    def qualities(self, *members: str) -> Mapping[str, Quality]:
        return self.office.qualities.of_all(members)

    def acts(self, subject: Subject) -> Sequence[tuple[str, str, str, str]]:
        """Who did what to a record: by whom, from which state, into which, and why."""
        return [(one.act.by, one.act.before, one.act.after, one.act.reason) for one in self.home.acts.of(subject)]


def file(home: RegistryHome, member: str, content: ReportContent) -> Report:
    """Put a report into the queue of a registry."""
    number, at = home.records.begin(), home.clock().timestamp()
    report = Report(number, new_report_id(), member, ReportState.SUBMITTED, content, at, at, 80)
    with writing(home.engine("vault")) as connection:
        home.reports.store.add(connection, report)
        kept = StoredFile(f"F-{report.id}", "invoice.pdf", "pdf", len(FILE), sha256(FILE).digest(), at)
        home.reports.store.add_file(connection, number, kept, FILE)
        home.seen.note(connection, subject_of(report), content.party)
    return report


def somebody(number: int) -> Party:
    """One of many who have nothing in common."""
    return Party(name=f"見本 {number}", phones=(f"090-3{number:03}-{number:04}",), emails=(f"p{number}@example.jp",))


@pytest.fixture
def centre(tmp_path: Path, furnished_registry: Path) -> Iterator[Centre]:
    """A registry on SQLite."""
    made = Centre(Path(shutil.copytree(furnished_registry, tmp_path / "var")))
    yield made
    made.home.close()


@pytest.fixture(params=["sqlite", "postgres"])
def either_centre(request: pytest.FixtureRequest) -> Centre:
    """A registry, once on each kind of database."""
    made: Centre = request.getfixturevalue("centre" if request.param == "sqlite" else "postgres_centre")
    return made


@pytest.fixture
def postgres_centre(tmp_path: Path, empty_postgres: sa.Engine) -> Iterator[Centre]:
    """A registry on PostgreSQL."""
    Keyring.create(tmp_path / "keys.json")
    made = Centre(tmp_path, empty_postgres.url.render_as_string(hide_password=False))
    made.home.prepare()
    yield made
    made.home.close()
