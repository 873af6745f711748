"""Random events of several entries over real stores: what is looked up at any moment, and that no clock is late."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shopguard.model import Effect
from shopguard.registry.calendar import add_months, add_years
from shopguard.registry.entries.model import LifeState
from shopguard.registry.refusals import Refused
from shopguard.registry.reports.model import Report
from shopguard.registry.subjects import Subject, SubjectKind
from tests.integration.entries.conftest import Met, Registry, somebody

PEOPLE = 3


@dataclass
class Case:
    """What the test itself knows of an entry: only what was done to it, and when."""

    number: int
    reports: dict[int, tuple[Report, date]] = field(default_factory=dict)
    """By number, the report and the day on which it was last said to hold."""
    told_on: dict[int, date] = field(default_factory=dict)
    """By number of a report, when the person was told of it."""
    stood_still: bool = False
    """Nobody swept for a while, and what should have counted meanwhile waits for some days more."""
    is_interrupted: bool = False
    is_paid: bool = False

    def allows(self, today: date) -> Met | None:
        """The most that a shop may be told today."""
        if self.is_interrupted or self.is_paid:
            return None
        shops = {
            report.member
            for number, (report, said_on) in self.reports.items()
            if number in self.told_on
            and today > self.told_on[number] + timedelta(days=14)
            and today <= add_months(said_on, 6)
            and today <= add_years(report.content.due_on or today, 5)
        }
        return Met(Effect.HOLD if len(shops) > 1 else Effect.FLAG, len(shops)) if shops else None


class RandomLives(RuleBasedStateMachine):
    """Three people; of each there is an entry at most. Whoever orders in between is told no more than is allowed."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lives-", dir=self.template.parent))
        shutil.copytree(self.template, self.folder / "registry")
        self.registry = Registry(self.folder / "registry")
        self.cases: dict[int, Case] = {}

    def teardown(self) -> None:
        self.registry.close()
        shutil.rmtree(self.folder)

    @rule(person=st.integers(0, PEOPLE - 1), shop=st.sampled_from(["shop-1", "shop-2"]))
    def report(self, person: int, shop: str) -> None:
        registry, case = self.registry, self.living(person)
        due_on = registry.today - timedelta(days=30)
        report = registry.report(shop, somebody(person), due_on=due_on)
        if case is None:
            case = self.cases[person] = Case(registry.opened(report))
        elif not self.does(lambda: registry.added(case.number, report)):
            return
        case.reports[report.number] = (report, registry.today)

    @rule(person=st.integers(0, PEOPLE - 1))
    def tell(self, person: int) -> None:
        case = self.living(person)
        if case is not None:
            self.registry.do(case.number, "notice_sent", "post", "1", "aoki")
            case.told_on = dict.fromkeys(case.reports, self.registry.today) | case.told_on

    @rule(
        person=st.integers(0, PEOPLE - 1),
        act=st.sampled_from(["contest", "uphold", "overturn", "extend", "suspend", "resume"]),
    )
    def decide(self, person: int, act: str) -> None:
        case = self.living(person)
        if case is None or not self.does(lambda: self.registry.do(case.number, act, "aoki", "a reason")):
            return
        if act != "extend":
            case.is_interrupted = act in ("contest", "suspend", "overturn")

    @rule(
        person=st.integers(0, PEOPLE - 1),
        act=st.sampled_from(["confirmed", "confirmed", "paid", "withdrawn"]),
        data=st.data(),
    )
    def say(self, person: int, act: str, data: st.DataObject) -> None:
        case = self.living(person)
        if case is None:
            return
        report, _ = case.reports[data.draw(st.sampled_from(sorted(case.reports)))]
        self.registry.said(report, act)
        if act == "confirmed":
            case.reports[report.number] = (report, self.registry.today)
        elif len(case.reports) > 1:
            del case.reports[report.number]
        else:
            case.is_paid = True

    @rule(days=st.sampled_from([1, 3, 15, 31, 100, 200]))
    def pass_days(self, days: int) -> None:
        self.registry.until(self.registry.today + timedelta(days=days))

    @rule(days=st.sampled_from([1, 15, 60]))
    def rest(self, days: int) -> None:
        """Nobody sweeps for a while: late, but nothing is lost."""
        self.registry.pass_time(days=days)
        self.registry.sweep()
        for case in self.cases.values():
            case.stood_still = True

    @rule(person=st.integers(0, PEOPLE - 1))
    def break_off(self, person: int) -> None:
        """Somebody hides an entry and comes no further."""
        case = self.living(person)
        if case is not None:
            self.registry.home.publisher.placing.hide([case.number])
            self.registry.entries.settle()

    @invariant()
    def no_shop_is_told_what_a_rule_forbids(self) -> None:
        for person in range(PEOPLE):
            case, told = self.cases.get(person), self.registry.met(somebody(person))
            if told is None:
                continue
            assert case is not None
            most = case.allows(self.registry.today)
            assert most is not None
            assert told.reporters <= most.reporters
            assert told.reporters == most.reporters or case.stood_still
            assert told.effect is Effect.FLAG or most.effect is Effect.HOLD

    @invariant()
    def what_is_active_is_told(self) -> None:
        for person, case in self.cases.items():
            is_active = self.registry.state(case.number) is LifeState.ACTIVE
            assert (self.registry.met(somebody(person)) is not None) is is_active

    @invariant()
    def no_deadline_is_missed_and_none_comes_without_a_warning(self) -> None:
        registry = self.registry
        assert registry.home.timers.upcoming(registry.now.timestamp()) == []
        warned = {(timer.subject, timer.what, timer.due_at) for timer in registry.warned}
        assert {(timer.subject, timer.what, timer.due_at) for timer in registry.fired} <= warned
        for case in self.cases.values():
            timers = registry.home.timers.of(Subject.of(SubjectKind.ENTRY, case.number))
            assert bool(timers) is (registry.state(case.number) is not LifeState.ERASED), "no way out"

    def living(self, person: int) -> Case | None:
        case = self.cases.get(person)
        return case if case is not None and self.registry.state(case.number) is not LifeState.ERASED else None

    def does(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Refused:
            self.registry.entries.settle()
            return False
        return True


@pytest.fixture
def template(furnished_registry: Path) -> Iterator[Path]:
    RandomLives.template = furnished_registry
    yield furnished_registry


def test_random_events_serve_nothing_forbidden_and_miss_no_deadline(template: Path) -> None:
    run_state_machine_as_test(
        RandomLives,
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
