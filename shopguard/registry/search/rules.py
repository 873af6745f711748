"""When looks are worth a person's attention: rules over what was asked, each with its limit. Pure.

An alarm accuses nobody: an office asks the member, which knows its orders.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shopguard.registry.calendar import JST
from shopguard.registry.prf.budget import searches_a_day
from shopguard.registry.search.model import Purpose

HOUR_S, DAY_S = 3_600, 86_400


class AlarmCode(StrEnum):
    """What is odd."""

    BURST = "burst"  # a day's work in one hour
    MORE_THAN_ORDERS = "more_than_orders"  # many more look-ups in a day than the member has orders
    AGAIN = "again"  # the same person again and again
    STAFF = "staff"  # a person of a member shop
    NIGHT = "night"  # persons search while offices sleep
    NO_ORDER = "no_order"  # searches that no order of the searched person goes with
    MANY_MEMBERS = "many_members"  # one entry, searched by many shops at once


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on looks are odd. Our own choice, for shops of 50 orders a day; see each field.

    Args:
        hourly_least: look-ups in an hour that even a small shop may make, as when it reads its orders anew.
        day_times: look-ups a day for each daily order: an order has a buyer and recipients, and is changed at times.
        searched_again, ordered_again: looks at one person in ``days``; a regular customer who is listed orders, too.
        own_staff_orders: of persons of the member itself, who may well buy at their own shop.
        night_searches: in ``recent_days``, between ``night_from`` and ``night_to`` (hours in Japan).
        order_within_days: between a search and an order of the same person, before or after.
        without_order: searches in ``days`` that no order goes with, and none of the member's reports either.
        members: that search one entry in ``recent_days``.
    """

    days: int = 30
    recent_days: int = 7
    hourly_least: int = 60
    day_times: int = 3
    day_least_orders: int = 50
    searched_again: int = 3
    ordered_again: int = 6
    own_staff_orders: int = 3
    night_searches: int = 3
    night_from: int = 23
    night_to: int = 6
    order_within_days: int = 7
    without_order: int = 3
    members: int = 4


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something odd. Moments are Unix seconds.

    Args:
        member: who asked; empty where it is many.
        about: an entry's handle, an hour or day in Japan, or a member; what an alarm is raised once for.
        times: how often; ``first_at`` and ``last_at`` say when.
    """

    code: AlarmCode
    member: str
    about: str
    times: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Hour:
    """How often a member asked in one hour (counted from 1970)."""

    member: str
    hour: int
    purpose: Purpose
    times: int


@dataclass(frozen=True, slots=True)
class Searched:
    """One search. ``what`` stands for the details that were searched, ``found`` for the entries."""

    member: str
    at: float
    what: str
    found: frozenset[str]
    staff_of: str | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """Orders of one member that met one entry, or a person of its own (``about`` is the member then)."""

    member: str
    about: str
    times: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What was asked in the last ``Limits.days``.

    Args:
        now: Unix seconds.
        daily_orders: by member, as the office knows it; None: not limited, and never odd by number.
        orders_of: by member and handle, the moments of orders that met an entry which was searched, too.
        reports: by member, how many reports it filed.
    """

    now: float
    daily_orders: Mapping[str, int | None]
    hours: Sequence[Hour] = ()
    searches: Sequence[Searched] = ()
    ordered: Sequence[Ordered] = ()
    own_staff: Sequence[Ordered] = ()
    orders_of: Mapping[tuple[str, str], Sequence[float]] = field(default_factory=dict)
    reports: Mapping[str, int] = field(default_factory=dict)


def alarms(facts: Facts, limits: Limits = USUAL) -> Iterator[Alarm]:
    """Yield everything that is odd."""
    for rule in (_bursts, _more_than_orders, _again, _staff, _at_night, _without_order, _many_members):
        yield from rule(facts, limits)


def _bursts(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    for each in facts.hours:
        daily = facts.daily_orders.get(each.member)
        if daily is None:
            continue
        is_search = each.purpose is Purpose.SEARCH
        if each.times >= (searches_a_day(daily) if is_search else max(daily, limits.hourly_least) + 1):
            began = float(each.hour * HOUR_S)
            about = f"{each.purpose} {_local(began):%Y-%m-%dT%H}"
            yield Alarm(AlarmCode.BURST, each.member, about, each.times, began, began + HOUR_S)


def _more_than_orders(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    days: dict[tuple[str, str], list[Hour]] = defaultdict(list)
    for each in facts.hours:
        if each.purpose is Purpose.ORDER:
            days[each.member, f"{_local(each.hour * HOUR_S):%Y-%m-%d}"].append(each)
    for (member, day), hours in days.items():
        daily, times = facts.daily_orders.get(member), sum(each.times for each in hours)
        if daily is not None and times > limits.day_times * max(daily, limits.day_least_orders):
            began, ended = (float(pick(each.hour for each in hours) * HOUR_S) for pick in (min, max))
            yield Alarm(AlarmCode.MORE_THAN_ORDERS, member, day, times, began, ended + HOUR_S)


def _again(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    together: dict[tuple[str, str], list[Searched]] = defaultdict(list)
    for each in facts.searches:
        for about in each.found or (each.what,):
            together[each.member, about].append(each)
    for (member, about), searches in together.items():
        if len(searches) >= limits.searched_again:
            yield _of_searches(AlarmCode.AGAIN, member, about, searches)
    for met in facts.ordered:
        if met.times >= limits.ordered_again:
            yield Alarm(AlarmCode.AGAIN, met.member, met.about, met.times, met.first_at, met.last_at)


def _staff(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    together: dict[tuple[str, str], list[Searched]] = defaultdict(list)
    for each in facts.searches:
        if each.staff_of is not None:
            together[each.member, each.staff_of].append(each)
    for (member, of), searches in together.items():
        yield _of_searches(AlarmCode.STAFF, member, f"search {of}", searches)
    for met in facts.own_staff:
        if met.times >= limits.own_staff_orders:
            about = f"order {met.about}"
            yield Alarm(AlarmCode.STAFF, met.member, about, met.times, met.first_at, met.last_at)


def _at_night(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    for member, searches in _by_member(facts.searches, lambda one: _is_recent(one.at, facts, limits)).items():
        at_night = [one for one in searches if _is_night(one.at, limits)]
        if len(at_night) >= limits.night_searches:
            yield _of_searches(AlarmCode.NIGHT, member, "", at_night)


def _without_order(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    """A search that found somebody and is old enough that an order would have come by now."""
    within_s = limits.order_within_days * DAY_S
    for member, searches in _by_member(facts.searches, lambda one: one.at < facts.now - within_s).items():
        found = [one for one in searches if one.found]
        alone = [one for one in found if not _has_order(one, facts, within_s)]
        unexplained = len(alone) - facts.reports.get(member, 0)
        if unexplained >= limits.without_order and 2 * unexplained > len(found):
            yield _of_searches(AlarmCode.NO_ORDER, member, "", alone)


def _many_members(facts: Facts, limits: Limits) -> Iterator[Alarm]:
    together: dict[str, list[Searched]] = defaultdict(list)
    for each in facts.searches:
        if _is_recent(each.at, facts, limits):
            for handle in each.found:
                together[handle].append(each)
    for handle, searches in together.items():
        if len({one.member for one in searches}) >= limits.members:
            yield _of_searches(AlarmCode.MANY_MEMBERS, "", handle, searches)


def _of_searches(code: AlarmCode, member: str, about: str, searches: Sequence[Searched]) -> Alarm:
    moments = [one.at for one in searches]
    return Alarm(code, member, about, len(searches), min(moments), max(moments))


def _by_member(searches: Iterable[Searched], which: Callable[[Searched], bool]) -> Mapping[str, Sequence[Searched]]:
    found: dict[str, list[Searched]] = defaultdict(list)
    for one in searches:
        if which(one):
            found[one.member].append(one)
    return found


def _has_order(search: Searched, facts: Facts, within_s: float) -> bool:
    orders = (at for handle in search.found for at in facts.orders_of.get((search.member, handle), ()))
    return any(abs(at - search.at) <= within_s for at in orders)


def _is_recent(at: float, facts: Facts, limits: Limits) -> bool:
    return at >= facts.now - limits.recent_days * DAY_S


def _is_night(at: float, limits: Limits) -> bool:
    return not limits.night_to <= _local(at).hour < limits.night_from


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, JST)
