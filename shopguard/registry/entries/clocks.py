"""Which clocks run for an entry, and when each fires and warns. Pure: what an entry is decides them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shopguard.config.periods import USUAL, Periods
from shopguard.registry.calendar import add_business_days, add_months, business_days_before, day_of, end_of
from shopguard.registry.entries.model import Ending, Life, LifeState
from shopguard.registry.entries.rules import answers_until, confirm_by, tell_by, weighs_on

_HOUR_S = 3600.0


class Clock(StrEnum):
    """The kinds of deadline that an entry can have."""

    NOTICE = "entry_notice"  # the person must be told by then
    SERVE = "entry_serve"  # the time to answer is over
    COUNT = "entry_count"  # the time to answer to a further report is over
    WEIGH = "entry_weigh"  # it says or causes something else from then on
    CONFIRM = "entry_confirm"  # the word of a reporter lapses
    EXPIRE = "entry_expire"
    TELL = "entry_tell_reporter"  # of a dispute
    DECIDE = "entry_decide"  # the dispute
    SUSPENSION = "entry_suspension"
    SLEEP = "entry_sleep"  # it waited long enough for its reporters
    PAID = "entry_paid"  # it is gone by then


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something happens, and when people are warned of it (Unix seconds)."""

    due_at: float
    warn_at: float


def clocks(life: Life, now: float, periods: Periods = USUAL) -> Mapping[Clock, Deadline]:
    """Return every clock that runs for an entry from ``now`` (Unix seconds) on."""
    today = day_of(now)
    return {**_always(life, today, periods), **_OF_STATE[life.state](life, today, periods)}


def _always(life: Life, today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    days = {
        Clock.EXPIRE: life.expires_on - timedelta(days=1),
        Clock.WEIGH: weighs_on(life, today, periods),
    }
    found = {clock: _at_end_of(day, periods.warn_days) for clock, day in days.items() if day is not None}
    confirm = confirm_by(life, today, periods)
    if confirm is not None:
        found[Clock.CONFIRM] = _at_end_of(confirm, periods.ask_days)
    if life.untold and life.ending is None:
        told_by = min(tell_by(source, periods) for source in life.untold)
        found[Clock.NOTICE] = _at_end_of(told_by, periods.warn_days)
    return found


def _pending(life: Life, today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    return _when_answered(Clock.SERVE, life, today, periods)


def _active(life: Life, today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    return _when_answered(Clock.COUNT, life, today, periods)


def _when_answered(clock: Clock, life: Life, today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    until = answers_until(life, today, periods)
    return {} if until is None else {clock: _at_end_of(until, periods.warn_days)}


def _contested(life: Life, _today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    began = day_of(life.since)
    days = periods.dispute_days + (periods.extension_days if life.extended else 0)
    found = {Clock.DECIDE: _at_end_of(began + timedelta(days=days), periods.warn_days)}
    if life.reporter_told_at is None and not life.reporter_late:
        told_by = add_business_days(began, periods.told_business_days)
        warn_on = business_days_before(told_by, periods.warn_business_days)
        found[Clock.TELL] = Deadline(end_of(told_by), end_of(warn_on))
    return found


def _suspended(life: Life, _today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    if life.ending is Ending.PAID:
        due_at = life.since + periods.paid_hours * _HOUR_S
        return {Clock.PAID: Deadline(due_at, due_at - periods.warn_hours * _HOUR_S)}
    return {
        Clock.SUSPENSION: _at_end_of(day_of(life.since) + timedelta(days=periods.suspended_days), periods.warn_days)
    }


def _asleep(life: Life, _today: date, periods: Periods) -> Mapping[Clock, Deadline]:
    return {Clock.SLEEP: _at_end_of(add_months(day_of(life.since), periods.asleep_months), periods.warn_days)}


_OF_STATE = {
    LifeState.PENDING: _pending,
    LifeState.ACTIVE: _active,
    LifeState.CONTESTED: _contested,
    LifeState.SUSPENDED: _suspended,
    LifeState.ASLEEP: _asleep,
}


def _at_end_of(day: date, warn_days: int) -> Deadline:
    return Deadline(end_of(day), end_of(day - timedelta(days=warn_days)))
