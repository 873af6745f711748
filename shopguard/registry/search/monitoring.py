"""Looks over the book of looks and keeps the alarms until somebody at the office has answered them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from shopguard.registry.acts import Act, Acts
from shopguard.registry.log import LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.search.looks import look
from shopguard.registry.search.model import Purpose
from shopguard.registry.search.rules import (
    DAY_S,
    HOUR_S,
    USUAL,
    Alarm,
    AlarmCode,
    Facts,
    Hour,
    Limits,
    Ordered,
    Searched,
    alarms,
)
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm as it is kept. ``answered_by`` None: nobody has looked into it since it was raised (last)."""

    number: int
    alarm: Alarm
    raised_at: float
    answered_at: float | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """What a member did with the registry in the last ``Limits.days``: who searches should also report."""

    member: str
    orders: int
    searches: int
    told: int  # of them told of somebody
    reports: int


class Monitoring:
    """The monitoring of one registry.

    Args:
        daily_orders: returns by member how many orders a day it has, as the office knows; None: not limited.
        clock: Unix seconds.
    """

    def __init__(
        self,
        vault: sa.Engine,
        acts: Acts,
        daily_orders: Callable[[], Mapping[str, int | None]],
        clock: Callable[[], float],
        limits: Limits = USUAL,
    ) -> None:
        self._vault, self._acts, self._clock = vault, acts, clock
        self._daily_orders, self._limits = daily_orders, limits

    def watch(self) -> Sequence[Alarm]:
        """Raise what is odd now and return what was raised; what was answered comes again only if it goes on."""
        now = self._clock()
        found = list(alarms(self._facts(now), self._limits))
        with writing(self._vault) as connection:
            raised = [alarm for alarm in found if _keep(connection, alarm, now)]
        for alarm in raised:
            _log.warning("registry_alarm", code=alarm.code.value, member=alarm.member, times=alarm.times)
        return raised

    def open(self) -> Sequence[Raised]:
        """Return the alarms that nobody has answered, the oldest first."""
        return self._select(alarm_table.c.answered_at.is_(None))

    def all(self) -> Sequence[Raised]:
        """Return every alarm there was, the oldest first."""
        return self._select(sa.true())

    def answer(self, number: int, by: str, reason: str) -> None:
        """Keep what came of an alarm; ``Refused`` if there is none of this number that waits.

        Args:
            reason: in words; stored sealed, and its commitment in the log.
        """
        now = self._clock()
        with writing(self._vault) as connection:
            is_it = (alarm_table.c.number == number) & alarm_table.c.answered_at.is_(None)
            row = connection.execute(sa.select(alarm_table).where(is_it).with_for_update()).first()
            if row is None:
                raise Refused(Refusal.NOT_FOUND, f"no alarm {number} waits for an answer")
            answered = sa.update(alarm_table).where(is_it).values(answered_at=now, answered_by=by)
            connection.execute(answered)
            subject = Subject.of(SubjectKind.MEMBER, row.member)
            act = Act(now, LeafKind.ALARM_ANSWERED, str(subject), by, reason, row.code, "answered")
            self._acts.record(connection, subject, act)

    def use(self) -> Sequence[Use]:
        """Return what each member did with the registry lately, by its id."""
        facts = self._facts(self._clock())
        asked: dict[tuple[str, Purpose], int] = defaultdict(int)
        for hour in facts.hours:
            asked[hour.member, hour.purpose] += hour.times
        told = self._told(self._since(self._clock()))
        return [
            Use(
                member,
                asked[member, Purpose.ORDER],
                asked[member, Purpose.SEARCH],
                told.get(member, 0),
                facts.reports.get(member, 0),
            )
            for member in sorted(facts.daily_orders)
        ]

    def _facts(self, now: float) -> Facts:
        since = self._since(now)
        with reading(self._vault) as connection:
            searches = _searches(connection, since)
            handles = {handle for one in searches for handle in one.found}
            return Facts(
                now=now,
                daily_orders=self._daily_orders(),
                hours=_hours(connection, since),
                searches=searches,
                ordered=_ordered(connection, since, look.c.handle, self._limits.ordered_again),
                own_staff=_own_staff(connection, since, self._limits.own_staff_orders),
                orders_of=_orders_of(connection, since, handles),
                reports=_reports(connection, since * HOUR_S),
            )

    def _since(self, now: float) -> int:
        return int((now - self._limits.days * DAY_S) // HOUR_S)

    def _told(self, since: int) -> Mapping[str, int]:
        asked = sa.func.count(sa.distinct(look.c.asked))
        query = sa.select(look.c.member, asked).where(look.c.hour >= since, look.c.handle.is_not(None))
        with reading(self._vault) as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(look.c.member))}

    def _select(self, which: sa.ColumnElement[bool]) -> Sequence[Raised]:
        query = sa.select(alarm_table).where(which).order_by(alarm_table.c.raised_at, alarm_table.c.number)
        with reading(self._vault) as connection:
            return [_raised(row) for row in connection.execute(query)]


def _keep(connection: sa.Connection, alarm: Alarm, now: float) -> bool:
    """Keep an alarm; whether it is raised by that, and not known already."""
    is_it = (
        (alarm_table.c.code == alarm.code.value)
        & (alarm_table.c.member == alarm.member)
        & (alarm_table.c.about == alarm.about)
    )
    before = connection.execute(sa.select(alarm_table).where(is_it).with_for_update()).first()
    said: dict[str, object] = {"times": alarm.times, "first_at": alarm.first_at, "last_at": alarm.last_at}
    if before is None:
        named = {"code": alarm.code.value, "member": alarm.member, "about": alarm.about}
        connection.execute(alarm_table.insert(), {**named, **said, "raised_at": now})
        return True
    goes_on = before.answered_at is not None and alarm.last_at > before.answered_at
    if goes_on:
        said |= {"raised_at": now, "answered_at": None, "answered_by": None}
    connection.execute(sa.update(alarm_table).where(is_it).values(said))
    return goes_on


def _hours(connection: sa.Connection, since: int) -> Sequence[Hour]:
    """How often members asked: what was only counted, and each batch once however many entries it met."""
    asked = sa.func.count(sa.distinct(look.c.asked))
    counted = sa.func.sum(sa.case((look.c.asked.is_(None), look.c.times), else_=0))
    by = (look.c.member, look.c.hour, look.c.purpose)
    query = sa.select(*by, (asked + counted).label("asked_times")).where(look.c.hour >= since).group_by(*by)
    return [
        Hour(row.member, row.hour, Purpose(row.purpose), int(row.asked_times)) for row in connection.execute(query)
    ]


def _searches(connection: sa.Connection, since: int) -> Sequence[Searched]:
    wanted = (look.c.purpose == Purpose.SEARCH.value) & (look.c.hour >= since)
    together: dict[tuple[str, float, bytes], list[Any]] = defaultdict(list)
    for row in connection.execute(sa.select(look).where(wanted).order_by(look.c.number)):
        together[row.member, row.at, row.asked].append(row)
    return [
        Searched(
            member=member,
            at=at,
            what=(rows[0].searched or rows[0].asked).hex(),
            found=frozenset(row.handle.hex() for row in rows if row.handle is not None),
            staff_of=rows[0].staff_of,
        )
        for (member, at, _), rows in together.items()
    ]


def _ordered(
    connection: sa.Connection, since: int, about: sa.ColumnElement[Any], least: int, *more: sa.ColumnElement[bool]
) -> Sequence[Ordered]:
    times = sa.func.count(sa.distinct(look.c.asked))
    query = (
        sa.select(look.c.member, about, times, sa.func.min(look.c.at), sa.func.max(look.c.at))
        .where(look.c.purpose == Purpose.ORDER.value, look.c.hour >= since, about.is_not(None), *more)
        .group_by(look.c.member, about)
        .having(times >= least)
    )
    return [
        Ordered(member, what.hex() if isinstance(what, bytes) else what, count, first_at, last_at)
        for member, what, count, first_at, last_at in connection.execute(query)
    ]


def _own_staff(connection: sa.Connection, since: int, least: int) -> Sequence[Ordered]:
    return _ordered(connection, since, look.c.staff_of, least, look.c.staff_of == look.c.member)


def _orders_of(connection: sa.Connection, since: int, handles: set[str]) -> Mapping[tuple[str, str], Sequence[float]]:
    wanted = look.c.handle.in_([bytes.fromhex(handle) for handle in handles])
    query = sa.select(look.c.member, look.c.handle, look.c.at).where(wanted, look.c.hour >= since)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for member, handle, at in connection.execute(query.where(look.c.purpose == Purpose.ORDER.value)):
        found[member, handle.hex()].append(at)
    return found


def _reports(connection: sa.Connection, since: float) -> Mapping[str, int]:
    wanted = (_report.c.filed_at >= since) & (_report.c.state != "draft")
    query = sa.select(_report.c.member, sa.func.count()).where(wanted).group_by(_report.c.member)
    return {row[0]: row[1] for row in connection.execute(query)}


def _raised(row: sa.Row[Any]) -> Raised:
    alarm = Alarm(AlarmCode(row.code), row.member, row.about, row.times, row.first_at, row.last_at)
    return Raised(row.number, alarm, row.raised_at, row.answered_at, row.answered_by)


_report = sa.table(
    "report", sa.column("member", sa.String), sa.column("state", sa.String), sa.column("filed_at", sa.Float)
)

alarm_table = sa.table(
    "alarm",
    sa.column("number", NUMBER),
    sa.column("code", sa.String),
    sa.column("member", sa.String),
    sa.column("about", sa.String),
    sa.column("times", sa.Integer),
    sa.column("first_at", sa.Float),
    sa.column("last_at", sa.Float),
    sa.column("raised_at", sa.Float),
    sa.column("answered_at", sa.Float),
    sa.column("answered_by", sa.String),
)
