"""A registry whose calendar tests turn: reports of shops, the acts of an office, and a member that asks for real."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as altered
from sqlalchemy import event

from shopguard.crypto import Keyring
from shopguard.identity import identify, tokens
from shopguard.model import Category, Effect, Entry, OrderRef, Party, PaymentKind, ScreeningState
from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.entries.service import Entries
from shopguard.registry.home import RegistryHome
from shopguard.registry.protocol import Query
from shopguard.registry.reports.model import Report, ReportContent, ReportState
from shopguard.registry.reports.store import ReportStore, new_report_id
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Sweeper, Timer
from shopguard.storage.engine import reading, writing

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
PARTY = Party(
    name="渡邊 太郎",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
MOVED = Party(
    name="佐藤 次郎", postal_code="150-0001", city="渋谷区", lines=("神宮前1-1-1",), emails=("t2@example.jp",)
)
LOADED = Entry("E-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))
CONTENT = ReportContent(
    order_id="5001",
    category=Category.UNPAID,
    party=PARTY,
    ordered_on=date(2026, 8, 1),
    payment=PaymentKind.PAY_LATER,
    amount=Decimal(12800),
    due_on=date(2026, 9, 1),
)
_orders = count(1)


class Crash(BaseException):
    """The process is gone."""


class Met(NamedTuple):
    """What an order of somebody is told of one entry."""

    effect: Effect
    reporters: int


class Registry:
    """One registry; ``now`` is its clock, ``warned`` and ``fired`` are the deadlines that its sweeper did so with."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder, self.url, self.now = folder, url, NOW
        self.warned: list[Timer] = []
        self.fired: list[Timer] = []
        self._asked = count(1)
        self.open()

    def open(self) -> None:
        """Open everything anew, as the next process would."""
        keys = Keyring(self.folder / "keys.json")
        self.home = RegistryHome(self.folder, "example", keys, lambda: self.now, self.url, apart=False)
        self.member = self.home.client(b"m" * 32)

    @property
    def entries(self) -> Entries:
        return self.home.entries

    @property
    def vault(self) -> sa.Engine:
        return self.home.engine("vault")

    @property
    def reports(self) -> ReportStore:
        return ReportStore(self.home.records, self.home.vault_keys)

    @property
    def today(self) -> date:
        return day_of(self.now.timestamp())

    # --- what happens -----------------------------------------------------------------------------------------------

    def report(
        self, member: str = "shop-1", party: Party = PARTY, checked_by: tuple[str, ...] = ("aoki",), **said: object
    ) -> Report:
        """A report that the office has accepted; it is part of no entry yet."""
        number, at = self.home.records.begin(), self.now.timestamp()
        content = altered(CONTENT, party=party, order_id=f"5{next(_orders):06}", **said)
        report = Report(number, new_report_id(), member, ReportState.CHECKED, content, at, at, checked_by=checked_by)
        with writing(self.vault) as connection:
            self.reports.add(connection, report)
        return report

    def opened(self, *reports: Report) -> int:
        """Open an entry that rests on ``reports`` (or on one of shop-1) and return its number."""
        number = self.home.records.begin()
        given = [altered(report, entry=number) for report in reports or (self.report(),)]
        with self.entries.changing() as connection:
            for report in given:
                self.reports.change(connection, report)
            self.entries.open(connection, given, number, "aoki")
        return number

    def served(self, *reports: Report) -> int:
        """Open an entry whose person was told and kept silent: it is served."""
        number = self.opened(*reports)
        self.heard(number)
        assert self.state(number) is LifeState.ACTIVE
        return number

    def heard(self, number: int) -> None:
        """Tell the person of all that an entry rests on, and let the time to answer pass."""
        self.do(number, "notice_sent", "post", "12345", "aoki")
        self.until(self.today + timedelta(days=15))

    def added(self, number: int, report: Report) -> Life:
        """Let a report support an entry that is there."""
        with self.entries.changing(number) as connection:
            self.reports.change(connection, altered(report, entry=number))
            life = self.entries.add_source(connection, number, report, "aoki")
        self.entries.settle()
        return life

    def do(self, number: int, act: str, *given: object, hide: bool = True) -> Life:
        """Do one of the acts of ``Entries`` to an entry, and let everything follow."""
        with self.entries.changing(*([number] if hide else [])) as connection:
            life: Life = getattr(self.entries, act)(connection, number, *given)
        self.entries.settle()
        return life

    def said(self, report: Report, act: str) -> Life | None:
        """Its shop says of a report that it was ``paid``, or is ``withdrawn``, or ``confirmed``."""
        number = self.entry_of(report)
        with self.entries.changing(*([] if number is None else [number])) as connection:
            life: Life | None = getattr(self.entries, act)(connection, report.number, f"member:{report.member}")
        self.entries.settle()
        return life

    def load(self, *lines: bytes) -> None:
        assert self.home.publisher.load(lines).faulty == 0

    # --- the clock --------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Warn, fire what is due, and let everything follow."""
        fires = {what: self._noting(fire) for what, fire in self.entries.fires().items()}
        sweeper = Sweeper(
            self.vault, self.home.timers, fires, lambda _, timer: self.warned.append(timer), self._seconds
        )
        sweeper.sweep()
        self.entries.settle()

    def until(self, day: date) -> None:
        """Let time pass to the first moment of ``day``, sweeping whenever something is due or to be warned of."""
        target = end_of(day - timedelta(days=1))
        while (moment := self._next_moment()) is not None and moment <= target:
            self.now = datetime.fromtimestamp(max(moment, self._seconds()), UTC)
            self.sweep()
        self.now = datetime.fromtimestamp(max(target, self._seconds()), UTC)

    def pass_time(self, **units: float) -> None:
        """Let time pass while nobody sweeps."""
        self.now += timedelta(**units)

    def _next_moment(self) -> float | None:
        with reading(self.vault) as connection:
            text = "SELECT MIN(due_at), MIN(warn_at) FROM timer"
            found = [moment for moment in connection.exec_driver_sql(text).one() if moment is not None]
        return min(found, default=None)

    def _noting(self, fire: Callable[[Timer], None]) -> Callable[[Timer], None]:
        def noted(timer: Timer) -> None:
            fire(timer)
            self.fired.append(timer)

        return noted

    def _seconds(self) -> float:
        return self.now.timestamp()

    # --- what is so -------------------------------------------------------------------------------------------------

    def state(self, number: int) -> LifeState:
        """Where an entry stands, however it got there."""
        with reading(self.vault) as connection:
            text = sa.text("SELECT state FROM life WHERE number = :number")
            return LifeState(connection.execute(text, {"number": number}).scalar_one())

    def ending(self, number: int) -> str | None:
        with reading(self.vault) as connection:
            text = sa.text("SELECT ending FROM life WHERE number = :number")
            return connection.execute(text, {"number": number}).scalar_one()  # type: ignore[no-any-return]  # raw SQL

    def entry_of(self, report: Report) -> int | None:
        with reading(self.vault) as connection:
            return self.reports.by_number(connection, report.number).entry

    def clocks(self, number: int) -> Mapping[str, date]:
        """The deadlines of an entry: the last day before each fires."""
        timers = self.home.timers.of(Subject.of(SubjectKind.ENTRY, number))
        return {what: day_of(timer.due_at - 1) for what, timer in timers.items()}

    def look_up(self, party: Party = PARTY) -> list[Met]:
        """What a shop is told when somebody orders, asked as a guard asks."""
        query = Query(OrderRef("main", "1"), "buyer", str(next(self._asked)), tokens(identify(party)))
        answer = self.member.look_up(query)
        assert answer.state is ScreeningState.SCREENED, answer.reason
        return [Met(candidate.facts.effect, candidate.facts.reporters) for candidate in answer.candidates]

    def met(self, party: Party = PARTY) -> Met | None:
        """What a shop is told of the only entry that somebody has; None: of none."""
        found = self.look_up(party)
        assert len(found) <= 1
        return found[0] if found else None

    def count(self, store: str, table: str, where: str = "") -> int:
        with reading(self.home.engine(store)) as connection:
            return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table} {where}").scalar_one())

    def close(self) -> None:
        self.home.close()

    @contextmanager
    def crashing_at(self, number: int) -> Iterator[list[str]]:
        """Within, the ``number``-th commit to any store is not reached; gives the stores committed to. 0: none."""
        committed: list[str] = []

        def watch(store: str) -> Callable[[sa.Connection], None]:
            def before_commit(connection: sa.Connection) -> None:
                if connection.get_execution_options().get("writing"):
                    committed.append(store)
                    if len(committed) == number:
                        raise Crash

            return before_commit

        watched = [(self.home.engine(store), watch(store)) for store in ("vault", "keys", "index", "log")]
        for engine, before_commit in watched:
            event.listen(engine, "commit", before_commit)
        try:
            yield committed
        finally:
            for engine, before_commit in watched:
                event.remove(engine, "commit", before_commit)


def somebody(number: int) -> Party:
    """One of many who have nothing in common."""
    return Party(name=f"見本 {number}", phones=(f"090-3{number:03}-{number:04}",), emails=(f"p{number}@example.jp",))


@pytest.fixture
def registry(tmp_path: Path, furnished_registry: Path) -> Iterator[Registry]:
    """A registry without entries, on SQLite."""
    folder = tmp_path / "registry"
    shutil.copytree(furnished_registry, folder)
    made = Registry(folder)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def either_registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """A registry without entries, on each kind of database."""
    url = None
    if request.param == "postgres":
        engine: sa.Engine = request.getfixturevalue("empty_postgres")
        url = engine.url.render_as_string(hide_password=False)
    Keyring.create(tmp_path / "keys.json")
    made = Registry(tmp_path, url)
    made.home.prepare()
    yield made
    made.close()
