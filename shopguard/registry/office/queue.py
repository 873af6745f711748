"""The reports that wait for the office: which come first, who works on which, and who has checked one already.

What is read here stands in clear in the vault and says nothing of a person.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.model import Category
from shopguard.registry.office.wording import NOT_WAITING, TAKEN
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import ReportState
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

WORK_S = 20 * 60.0
"""How long a report stays with whoever took it, from the last thing they did with it: a crash lets go of it too."""

DAYS_A_SHOP, MOST_DAYS = 3, 9
"""Whoever goes from shop to shop may be at the next one now: each further shop is worth three days of waiting.

Our own choice; no more than nine days, so that every report has its turn.
"""

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of the waiting reports are meant.

    Args:
        category, member: None: any.
        checked: whether one person has accepted it and a second one is wanted; None: either way.
        is_free: only those that nobody works on.
        before: only those filed before (Unix seconds).
    """

    category: Category | None = None
    member: str | None = None
    checked: bool | None = None
    is_free: bool = False
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One report of the queue, as far as it can be read without opening it; moments are Unix seconds.

    Args:
        urgency: so many days it comes before its turn.
        held_by: who works on it now; ``checked_by``: who has accepted it so far.
    """

    number: int
    member: str
    category: Category
    filed_at: float
    urgency: int
    held_by: str | None
    held_until: float | None
    checked_by: tuple[str, ...]


class Queue:
    """Waiting reports: the oldest first, the urgent ones as if they were older. ``clock`` is Unix seconds."""

    def __init__(self, vault: sa.Engine, clock: Callable[[], float]) -> None:
        self._vault, self._clock = vault, clock

    def count(self, filters: Filters = Filters()) -> int:
        """Return how many reports wait."""
        query = sa.select(sa.func.count()).select_from(_report).where(*self._meant(filters))
        with reading(self._vault) as connection:
            return connection.execute(query).scalar_one()

    def page(self, filters: Filters = Filters(), skip: int = 0, limit: int = PAGE) -> Sequence[Waiting]:
        """Return the first reports that wait after ``skip`` others."""
        first = sa.select(_report.c.number).where(*self._meant(filters)).order_by(*_ORDER).offset(skip).limit(limit)
        with reading(self._vault) as connection:
            numbers = connection.scalars(first).all()  # from the index alone: the rows themselves are long
            rows = connection.execute(sa.select(_report).where(_report.c.number.in_(numbers))).all()
            checks = _checks(connection, numbers)
        there = {row.number: self._waiting(row, checks) for row in rows}
        return [there[number] for number in numbers if number in there]

    def waiting(self, number: int) -> Waiting | None:
        """Return one report if it waits."""
        query = sa.select(_report).where(_report.c.number == number, _IS_WAITING)
        with reading(self._vault) as connection:
            row = connection.execute(query).first()
            return None if row is None else self._waiting(row, _checks(connection, [number]))

    def claim_next(self, by: str, barred: Collection[str], filters: Filters = Filters()) -> int | None:
        """Give ``by`` the report to work on next, or again the one they have; None if there is none for them.

        Nobody else gets it until they have decided, put it back, or done nothing with it for ``WORK_S``.

        Args:
            barred: members whose reports are not for ``by``. What ``by`` has checked already is not either.
        """
        now = self._clock()
        may = sa.select(_report.c.number).where(_report.c.member.not_in(barred))
        own = may.where(_IS_WAITING, _report.c.held_by == by, _report.c.held_until > now)
        free = may.where(*self._meant(filters), _is_free(now), ~_is_checked(by))
        with writing(self._vault) as connection:
            number = connection.execute(own.order_by(_report.c.held_until.desc()).limit(1)).scalar()
            if number is None:
                first = free.order_by(*_ORDER).limit(1)
                number = connection.execute(first.with_for_update(skip_locked=True)).scalar()
            if number is not None:
                self._keep(connection, number, by)
        return number

    def claim(self, connection: sa.Connection, number: int, by: str) -> None:
        """Give ``by`` one report, or keep it theirs; ``Refused`` while it is with somebody else, or waits no more."""
        row = connection.execute(sa.select(_report).where(_report.c.number == number).with_for_update()).first()
        if row is None or row.state != ReportState.SUBMITTED.value:
            raise Refused(Refusal.STATE, NOT_WAITING)
        if row.held_by not in (None, by) and (row.held_until or 0) > self._clock():
            raise Refused(Refusal.STATE, TAKEN)
        self._keep(connection, number, by)

    def let_go(self, connection: sa.Connection, number: int) -> None:
        """Let everybody take a report again, if it waits."""
        connection.execute(sa.update(_report).where(_report.c.number == number).values(held_by=None, held_until=None))

    def checks(self, connection: sa.Connection, number: int) -> tuple[str, ...]:
        """Return who has accepted a report so far."""
        return _checks(connection, [number])[number]

    def checked(self, connection: sa.Connection, number: int, by: str) -> tuple[str, ...]:
        """Keep that ``by`` has accepted a report and return all who have, ``by`` being the last."""
        before = self.checks(connection, number)
        if by not in before:
            connection.execute(_check.insert(), {"report": number, "account": by, "at": self._clock()})
        return (*(account for account in before if account != by), by)

    def unchecked(self, connection: sa.Connection, number: int) -> None:
        """Forget who has accepted a report: it goes back, or is decided."""
        connection.execute(sa.delete(_check).where(_check.c.report == number))

    def _keep(self, connection: sa.Connection, number: int, by: str) -> None:
        kept = {"held_by": by, "held_until": self._clock() + WORK_S}
        connection.execute(sa.update(_report).where(_report.c.number == number).values(kept))

    def _meant(self, filters: Filters) -> Sequence[sa.ColumnElement[bool]]:
        meant = [_IS_WAITING]
        if filters.category is not None:
            meant.append(_report.c.category == filters.category.value)
        if filters.member is not None:
            meant.append(_report.c.member == filters.member)
        if filters.checked is not None:
            meant.append(_is_checked() if filters.checked else ~_is_checked())
        if filters.is_free:
            meant.append(_is_free(self._clock()))
        if filters.before is not None:
            meant.append(_report.c.filed_at < filters.before)
        return meant

    def _waiting(self, row: sa.Row[*tuple[object, ...]], checks: Mapping[int, tuple[str, ...]]) -> Waiting:
        is_held = row.held_until is not None and row.held_until > self._clock()
        held_by, held_until = (row.held_by, row.held_until) if is_held else (None, None)
        category, checked_by = Category(row.category), checks[row.number]
        return Waiting(row.number, row.member, category, row.filed_at, row.urgency, held_by, held_until, checked_by)


def hasten(connection: sa.Connection, alike: Collection[int]) -> None:
    """Let the waiting ones of these reports, all on one person, come earlier if several shops filed them."""
    lasting = [state.value for state in (ReportState.SUBMITTED, ReportState.CHECKED)]
    is_one = _report.c.number.in_(alike)
    shops = sa.select(sa.func.count(_report.c.member.distinct())).where(is_one, _report.c.state.in_(lasting))
    days = min((connection.execute(shops).scalar_one() - 1) * DAYS_A_SHOP, MOST_DAYS)
    if days > 0:
        later = sa.update(_report).where(is_one, _IS_WAITING, _report.c.urgency < days)
        connection.execute(later.values(urgency=days))


def _checks(connection: sa.Connection, numbers: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    found = defaultdict[int, tuple[str, ...]](tuple)
    query = sa.select(_check).where(_check.c.report.in_(numbers)).order_by(_check.c.at, _check.c.account)
    for row in connection.execute(query):
        found[row.report] += (row.account,)
    return found


def _is_free(now: float) -> sa.ColumnElement[bool]:
    return sa.or_(_report.c.held_until.is_(None), _report.c.held_until <= now)


def _is_checked(by: str | None = None) -> sa.ColumnElement[bool]:
    checks = sa.select(_check.c.account).where(_check.c.report == _report.c.number)
    return sa.exists(checks if by is None else checks.where(_check.c.account == by))


_report = sa.table(
    "report",
    sa.column("number", NUMBER),
    sa.column("member", sa.String),
    sa.column("state", sa.String),
    sa.column("category", sa.String),
    sa.column("filed_at", sa.Float),
    sa.column("urgency", sa.Integer),
    sa.column("held_by", sa.String),
    sa.column("held_until", sa.Float),
)
_check = sa.table(
    "office_check", sa.column("report", NUMBER), sa.column("account", sa.String), sa.column("at", sa.Float)
)
_IS_WAITING = _report.c.state == ReportState.SUBMITTED.value
_FIRST: sa.ColumnElement[float] = sa.literal_column("filed_at - urgency * 86400.0")  # as the index says it
_ORDER = (_FIRST, _report.c.number)
