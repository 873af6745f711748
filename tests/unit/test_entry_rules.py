"""The rules of an entry's life, and random lives: no state without a way out, nothing served that a rule forbids."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from shopguard.config.periods import Periods
from shopguard.model import Category, Effect, Entry, Party
from shopguard.registry.calendar import add_business_days, add_months, add_years, day_of, end_of, is_business_day
from shopguard.registry.entries import steps
from shopguard.registry.entries.clocks import Clock, clocks
from shopguard.registry.entries.model import Ending, Life, LifeState, Loaded, Source
from shopguard.registry.entries.rules import (
    effect,
    ends_on,
    entry_of,
    loaded_as_served,
    loaded_due_on,
    loaded_ends_on,
)
from shopguard.registry.refusals import Refused

DAY = date(2026, 11, 2)
NOW = end_of(DAY) - 3600 * 14  # ten o'clock
_DAY_S = 86_400.0
FULL = Party(name="渡邊 太郎", city="港区", lines=("芝公園4-2-8",), phones=("090-0000-1111",))
PHONE = Party(name="渡邊 太郎", phones=("090-0000-1111",))


def source(report: int = 1, group: str = "g1", party: Party = FULL, **said: Any) -> Source:
    usual = {
        "category": Category.UNPAID,
        "first_on": date(2026, 9, 1),
        "last_on": date(2026, 9, 1),
        "ends_on": date(2031, 9, 1),
        "checked_by": ("aoki",),
        "confirmed_at": NOW,
        "added_at": NOW,
    }
    return Source(report=report, member=group, group=group, party=party, **{**usual, **said})


def told(*sources: Source, days_ago: int = 15) -> Life:
    """An entry that is served: its person was told some days ago."""
    at = NOW - days_ago * _DAY_S
    life = steps.opened(1, "E-1", "CODE", sources or (source(),), at)
    return steps.rested(steps.notice_sent(life, "post: 1", at), NOW)


# --- periods --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "happened_on", "last"),
    [
        (Category.UNPAID, date(2026, 9, 1), date(2031, 9, 1)),
        (Category.UNPAID, date(2024, 2, 29), date(2029, 2, 28)),
        (Category.COD_REFUSED, date(2026, 9, 1), date(2028, 9, 1)),
        (Category.PRANK_ORDER, date(2026, 9, 1), date(2028, 9, 1)),
        (Category.MALICIOUS_CLAIM, date(2026, 9, 1), date(2028, 9, 1)),
        (Category.RESALE_ABUSE, date(2026, 9, 1), date(2028, 9, 1)),
        (Category.OTHER, date(2026, 9, 1), date(2028, 9, 1)),
    ],
)
def test_every_category_has_its_end(category: Category, happened_on: date, last: date) -> None:
    assert ends_on(category, happened_on) == last


def test_every_period_is_a_setting() -> None:
    short = Periods(pending_days=2, dispute_days=7, unpaid_years=1)
    assert ends_on(Category.UNPAID, date(2026, 9, 1), short) == date(2027, 9, 1)
    life = steps.notice_sent(steps.opened(1, "E-1", "C", [source()], NOW), "post", NOW, short)
    assert clocks(life, NOW, short)[Clock.SERVE].due_at == end_of(DAY + timedelta(days=2))
    assert clocks(steps.contested(life, NOW), NOW, short)[Clock.DECIDE].due_at == end_of(DAY + timedelta(days=7))


@given(st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.booleans())
def test_a_dispute_is_decided_in_thirty_days_and_told_in_five_business_days(day: date, is_extended: bool) -> None:
    now = end_of(day) - 1
    young = source(last_on=day, first_on=day, ends_on=add_years(day, 5), confirmed_at=now)
    life = steps.contested(steps.opened(1, "E-1", "C", [young], now), now)
    if is_extended:
        life = steps.extended(life, now)
    run = clocks(life, now)
    assert day_of(run[Clock.DECIDE].due_at - 1) == day + timedelta(days=45 if is_extended else 30)
    assert run[Clock.DECIDE].due_at - run[Clock.DECIDE].warn_at == 3 * _DAY_S
    told_by, warned_on = day_of(run[Clock.TELL].due_at - 1), day_of(run[Clock.TELL].warn_at - 1)
    assert told_by == add_business_days(day, 5)
    between = [warned_on + timedelta(days=n) for n in range(1, (told_by - warned_on).days + 1)]
    assert sum(map(is_business_day, between)) == 2


# --- what it may cause ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "most"),
    [
        (told(), Effect.FLAG),
        (told(source(1, "g1"), source(2, "g2")), Effect.HOLD),
        (told(source(1, "g1"), source(2, "g1")), Effect.FLAG),
        (told(source(checked_by=("aoki", "baba"))), Effect.HOLD),
        (told(source(checked_by=("aoki", "aoki"))), Effect.FLAG),
        (told(source(1, "g1"), source(2, "g2", category=Category.OTHER)), Effect.FLAG),
        (told(source(category=Category.OTHER), source(2, "g2", category=Category.OTHER)), Effect.NOTE),
        (told(source(1, "g1"), source(2, "g2", ends_on=DAY - timedelta(days=1))), Effect.FLAG),
        (told(source(1, "g1"), source(2, "g2", confirmed_at=NOW - 200 * _DAY_S)), Effect.FLAG),
        (steps.with_sources(told(), [source(2, "g2")], NOW), Effect.FLAG),
        (steps.with_sources(told(source(category=Category.OTHER)), [source(2, "g2")], NOW), Effect.NOTE),
        (told(source(1, "g1", PHONE), source(2, "g2", PHONE)), Effect.HOLD),
        (told(source(1, "g1", PHONE, last_on=date(2025, 11, 1)), source(2, "g2", PHONE, last_on=DAY)), Effect.HOLD),
        (told(source(1, "g1", PHONE, last_on=date(2025, 11, 1))), Effect.NOTE),
        (told(source(1, "g1", PHONE, last_on=date(2025, 11, 2))), Effect.FLAG),
        (told(source(1, "g1", FULL, last_on=date(2025, 11, 1))), Effect.FLAG),
    ],
)
def test_an_entry_causes_no_more_than_is_shown(life: Life, most: Effect) -> None:
    assert effect(life, DAY) is most


def test_an_entry_says_what_its_counting_reports_say() -> None:
    old = source(1, "g1", first_on=date(2025, 1, 1), last_on=date(2025, 1, 1), category=Category.COD_REFUSED)
    new, silent = source(2, "g2", PHONE), source(3, "g3", confirmed_at=NOW - 200 * _DAY_S)
    entry = entry_of(told(old, new, silent), DAY)
    assert (entry.reporters, entry.category) == (2, Category.UNPAID)
    assert (entry.first_on, entry.last_on) == (date(2025, 1, 1), date(2026, 9, 1))
    assert (entry.party, entry.also) == (FULL, ()), "what one shop says no more than another is said once"


def test_a_category_that_acts_is_shown_before_one_that_does_not() -> None:
    life = told(source(1, "g1"), source(2, "g2", category=Category.OTHER, last_on=DAY))
    assert entry_of(life, DAY).category is Category.UNPAID


# --- loaded entries -------------------------------------------------------------------------------------------------


def entry(**said: Any) -> Entry:
    usual = {"category": Category.UNPAID, "party": FULL, "first_on": date(2026, 1, 1), "last_on": date(2026, 9, 1)}
    return Entry(id="E-1", reporters=2, **{**usual, **said})


@pytest.mark.parametrize(
    ("loaded", "ends", "next_day"),
    [
        (entry(), date(2031, 9, 1), date(2031, 9, 1)),
        (entry(category=Category.COD_REFUSED), date(2028, 9, 1), date(2028, 9, 1)),
        (entry(expires_on=date(2027, 1, 1)), date(2026, 12, 31), date(2026, 12, 31)),
        (entry(expires_on=date(2050, 1, 1)), date(2031, 9, 1), date(2031, 9, 1)),
        (entry(party=PHONE), date(2031, 9, 1), date(2027, 9, 1)),
        (entry(effect=Effect.CONFIRM), date.max, date(9999, 12, 30)),
        (entry(expires_on=date.min), date.min, date.min),
        (entry(effect=Effect.CONFIRM, expires_on=date(2030, 1, 1)), date(2029, 12, 31), date(2029, 12, 31)),
    ],
)
def test_a_loaded_entry_has_its_days(loaded: Entry, ends: date, next_day: date) -> None:
    assert (loaded_ends_on(loaded), loaded_due_on(loaded, DAY)) == (ends, next_day)


@pytest.mark.parametrize(
    ("loaded", "on", "most"),
    [
        (entry(), DAY, Effect.HOLD),
        (entry(effect=Effect.FLAG), DAY, Effect.FLAG),
        (entry(category=Category.OTHER), DAY, Effect.NOTE),
        (entry(category=Category.OTHER, effect=Effect.CONFIRM), DAY, Effect.CONFIRM),
        (entry(party=PHONE), date(2027, 9, 1), Effect.HOLD),
        (entry(party=PHONE), date(2027, 9, 2), Effect.NOTE),
        (entry(party=PHONE, effect=Effect.CONFIRM), date(2027, 9, 2), Effect.CONFIRM),
    ],
)
def test_a_loaded_entry_is_served_by_the_same_rules(loaded: Entry, on: date, most: Effect) -> None:
    assert loaded_as_served(loaded, on).effect is most


# --- steps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [LifeState.CONTESTED, LifeState.SUSPENDED])
def test_an_interrupted_entry_is_neither_suspended_nor_merged(state: LifeState) -> None:
    life = replace(told(), state=state)
    for step in (
        lambda: steps.suspended(life, NOW),
        lambda: steps.merged(life, told(source(2)), NOW),
        lambda: steps.merged(told(source(2)), life, NOW),
    ):
        with pytest.raises(Refused):
            step()


@pytest.mark.parametrize("step", [steps.upheld, steps.overturned, steps.extended, steps.reporter_told, steps.resumed])
def test_what_is_not_interrupted_is_not_decided(step: Callable[[Life, float], Life]) -> None:
    with pytest.raises(Refused):
        step(told(), NOW)


def test_no_report_revives_a_paid_entry() -> None:
    life = steps.without_sources(told(), [1], Ending.PAID, NOW)
    assert (life.state, life.ending) == (LifeState.SUSPENDED, Ending.PAID)
    with pytest.raises(Refused):
        steps.with_sources(life, [source(2)], NOW)
    assert steps.contested(life, NOW) == life


def test_two_loaded_entries_merged_keep_both_names() -> None:
    other = Party(name="山田 花子", emails=("hanako@example.jp",))
    one = steps.adopted(1, "C1", Loaded(entry(), date(2031, 9, 1)), NOW)
    two = steps.adopted(2, "C2", Loaded(entry(party=other, last_on=date(2026, 10, 1)), date(2031, 10, 1)), NOW)
    merged = entry_of(steps.merged(one, two, NOW), DAY)
    assert {merged.party, *merged.also} == {FULL, other}
    assert merged.expires_on == date(2031, 10, 2)


# --- random lives ---------------------------------------------------------------------------------------------------


def passed(life: Life, now: float, until: float) -> Life:
    """Let time pass for an entry with a sweeper that never rests."""
    fired = set[tuple[Clock, float]]()
    while life.state is not LifeState.ERASED:
        clock, deadline = min(clocks(life, now).items(), key=lambda item: item[1].due_at)
        if deadline.due_at > until:
            return life
        assert (clock, deadline.due_at) not in fired, f"{clock} would fire for ever"
        assert deadline.due_at >= now, f"{clock} was missed"
        fired.add((clock, deadline.due_at))
        now = deadline.due_at
        life = steps.fired(life, clock, now)
    return life


class RandomLife(RuleBasedStateMachine):
    """One entry, random events and days; what may be served is worked out here once more, from the events alone."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.begin()

    def begin(self) -> None:
        self.next_report = 2
        day = day_of(self.now) - timedelta(days=30)
        first = source(first_on=day, last_on=day, ends_on=add_years(day, 5), confirmed_at=self.now, added_at=self.now)
        self.life = steps.opened(1, "E-1", "CODE", [first], self.now)
        self.said = {1: self.now}  # by report: when it was last said to hold
        self.asked: dict[int, float] = {}  # by report: from when the person has the time to answer to it
        self.told: dict[int, float] = {}  # by report: when the letter was sent that did not come back
        self.interrupted = self.paid = False

    @precondition(lambda self: self.life.state is LifeState.ERASED)
    @rule()
    def report_anew(self) -> None:
        self.begin()

    def change(self, step: Callable[..., Life], *given: object) -> bool:
        """Do one step if it is allowed; whether it was."""
        try:
            after = step(self.life, *given, now=self.now)
        except Refused:
            return False
        reported = any(one.report not in {s.report for s in self.life.sources} for one in after.sources)
        if not reported and after.state is not LifeState.ERASED:
            assert after.expires_on <= self.life.expires_on, "only a new report moves the end"
        self.life = after
        return True

    @precondition(lambda self: self.life.state is not LifeState.ERASED)
    @rule(days=st.sampled_from([0.3, 1, 3, 8, 14, 15, 31, 90, 180, 400, 800]))
    def pass_days(self, days: float) -> None:
        until = self.now + days * _DAY_S
        self.life = passed(self.life, self.now, until)
        self.now = until

    @precondition(lambda self: self.life.state is not LifeState.ERASED)
    @rule(group=st.sampled_from(["g1", "g2", "g3"]), phone=st.booleans(), cod=st.booleans())
    def report(self, group: str, phone: bool, cod: bool) -> None:
        day, number = day_of(self.now) - timedelta(days=20), self.next_report
        category = Category.COD_REFUSED if cod else Category.UNPAID
        new = source(
            number,
            group,
            PHONE if phone else FULL,
            category=category,
            first_on=day,
            last_on=day,
            ends_on=add_years(day, 2 if cod else 5),
            confirmed_at=self.now,
            added_at=self.now,
        )
        if self.change(steps.with_sources, [new]):
            self.said[number], self.next_report = self.now, number + 1

    @precondition(lambda self: self.life.state is not LifeState.ERASED)
    @rule(way=st.sampled_from(["sent", "impossible"]))
    def notice(self, way: str) -> None:
        standing = [one.report for one in self.life.sources]
        if way == "impossible":
            self.change(steps.notice_impossible, "no address")
            self.told = {}
            self.asked = dict.fromkeys(standing, self.now) | self.asked
            return
        self.change(steps.notice_sent, "post: 1")
        for report in set(standing) - set(self.told):
            self.told[report] = self.now
            if not self.is_heard(self.asked, report):
                self.asked[report] = self.now

    def is_heard(self, since: Mapping[int, float], report: int) -> bool:
        return report in since and day_of(self.now) > day_of(since[report]) + timedelta(days=14)

    @precondition(lambda self: self.life.state is not LifeState.ERASED)
    @rule(act=st.sampled_from(["contested", "upheld", "overturned", "extended", "suspended", "resumed"]))
    def decide(self, act: str) -> None:
        if self.change(getattr(steps, act)) and act != "extended":
            self.interrupted = act in ("contested", "suspended")

    @precondition(lambda self: self.life.state is not LifeState.ERASED)
    @rule(act=st.sampled_from(["confirmed", "paid", "withdrawn"]), data=st.data())
    def reporter(self, act: str, data: st.DataObject) -> None:
        report = data.draw(st.sampled_from(sorted(self.said)))
        if act == "confirmed":
            self.change(steps.confirmed, report)
            self.said[report] = self.now
        else:
            self.change(steps.without_sources, [report], Ending(act))
            if len(self.said) > 1:
                del self.said[report]
            else:
                self.paid = True

    @invariant()
    def nothing_is_served_that_a_rule_forbids(self) -> None:
        if self.life.state is not LifeState.ACTIVE:
            return
        today = day_of(self.now)
        assert not self.interrupted
        assert not self.paid
        known = {one.report: one for one in self.life.sources}
        counting = [
            known[report]
            for report, at in self.said.items()
            if self.is_heard(self.asked, report)
            and today <= add_months(day_of(at), 6)
            and today <= known[report].ends_on
        ]
        assert counting
        assert today < self.life.expires_on
        said = entry_of(self.life, today)
        shops = {one.group for one in counting}
        assert said.reporters == len(shops)
        if said.effect is Effect.HOLD:
            assert len({one.group for one in counting if self.is_heard(self.told, one.report)}) >= 2
        if all(one.party is PHONE for one in counting):
            newest = max(one.last_on for one in counting)
            assert said.effect is Effect.NOTE or today <= add_months(newest, 12)

    @invariant()
    def every_state_has_a_way_out_and_every_deadline_a_warning(self) -> None:
        if self.life.state is LifeState.ERASED:
            return
        run = clocks(self.life, self.now)
        assert Clock.EXPIRE in run
        assert all(deadline.warn_at < deadline.due_at for deadline in run.values())
        waits = self.life.state in (LifeState.CONTESTED, LifeState.SUSPENDED, LifeState.ASLEEP)
        assert not waits or {Clock.DECIDE, Clock.SUSPENSION, Clock.PAID, Clock.SLEEP} & set(run)
        assert self.life.state is not LifeState.PENDING or {Clock.NOTICE, Clock.SERVE} & set(run)
        waits = {report: at for report, at in self.asked.items() if not self.is_heard(self.asked, report)}
        waits = {one.report: waits[one.report] for one in self.life.sources if one.report in waits}
        if self.life.state is LifeState.ACTIVE and waits:
            assert run[Clock.COUNT].due_at == end_of(day_of(min(waits.values())) + timedelta(days=14))
        untouched = passed(self.life, self.now, self.now + 366 * 6 * _DAY_S)
        assert untouched.state is LifeState.ERASED, "left alone, everything ends"


RandomLife.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestRandomLife = RandomLife.TestCase
