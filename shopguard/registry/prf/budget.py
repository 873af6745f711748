"""How much a member may ask: token buckets that slow it first, and stop it when they are empty. Pure.

Source of the sizes: the design of private look-ups, section 11 "Budgets" (two days of normal use for each class, a
floor of 50 orders a day, evaluations of class 1 at 3 and of class 2 at 18 times the daily orders); class 3, addresses
alone, at 8 times is our own.

Chosen for a member of 100 orders a day: 600 phones fit into the bucket and 300 flow back in a day. Below half it is
slowed to one batch in 108 s, eight times its usual pace, and when nothing is left it is stopped. Who asks only
phones as fast as allowed is stopped after 2.5 hours with 628 values (four a batch) to 14.5 hours with 780 (one a
batch): less than 0.001 % of a range of 10^8 numbers, which are 1,000. A shop of 1.5 phones an order that sells three
times as much for one day still has half of its bucket at the end of it.

A person's searches are counted once more, each as one, in a bucket of their own. What they ask is charged as well:
who may search learns no more than who may look up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shopguard.registry.messages import BudgetShape
from shopguard.registry.refusals import Refusal, Refused

CLASSES = (1, 2, 3)
_PER_ORDER = {1: 3, 2: 18, 3: 8}  # values a day for each daily order
_DAYS = 2  # of normal use fit into a bucket
_LEAST_ORDERS = 50  # a day: what a small or new shop is taken for
_SLOW_ABOVE = 0.5  # of a bucket spent
_SLOW_PACE = 8  # batches while slowed, for each usual order
_DAY_S = 86_400.0
_ORDERS_A_SEARCH = 5  # a person looks again at one order in five at most, and at ten a day in the smallest shop
_LEAST_SEARCHES, _MOST_SEARCHES = 10, 100  # a day


@dataclass(frozen=True, slots=True)
class Account:
    """What a member has used up. ``spent`` are values by class that have not flowed back at ``at`` (Unix seconds).

    ``last_at`` is the moment of its last charged batch; ``stopped``: a person at the office has to look.
    """

    spent: tuple[float, float, float] = (0.0, 0.0, 0.0)
    at: float = 0.0
    last_at: float = 0.0
    stopped: bool = False


def size(cls: int, daily_orders: int) -> int:
    """Return how many values of a class fit into a member's bucket."""
    return _DAYS * _PER_ORDER[cls] * max(daily_orders, _LEAST_ORDERS)


def spacing_s(daily_orders: int) -> float:
    """Return how far apart a slowed member's batches are, in seconds."""
    return _DAY_S / (_SLOW_PACE * max(daily_orders, _LEAST_ORDERS))


def at_moment(account: Account, daily_orders: int, now: float) -> Account:
    """Return the account after what has flowed back until ``now``. A clock set back gives and takes nothing."""
    days = max(0.0, now - account.at) / _DAY_S
    rate = max(daily_orders, _LEAST_ORDERS)
    one, two, three = (
        max(0.0, spent - days * rate * _PER_ORDER[cls]) for cls, spent in zip(CLASSES, account.spent, strict=True)
    )
    return replace(account, spent=(one, two, three), at=now)


def left(account: Account, daily_orders: int) -> tuple[BudgetShape, ...]:
    """Return what is left in each bucket at ``account.at``, and its size."""
    sizes = [size(cls, daily_orders) for cls in CLASSES]
    return tuple(
        BudgetShape(cls, max(0, int(full - spent)), full)
        for cls, full, spent in zip(CLASSES, sizes, account.spent, strict=True)
    )


def charge(
    account: Account, daily_orders: int | None, cost: Mapping[int, int], now: float
) -> tuple[Account, Refused | None]:
    """Return the account after a batch, and why the batch is refused if it is: the account is kept either way.

    Args:
        daily_orders: None: not limited.
        cost: how many values of each class the batch asks for.
    """
    if account.stopped:
        return account, _stopped()
    if daily_orders is None:
        return replace(account, last_at=now), None
    account = at_moment(account, daily_orders, now)
    one, two, three = (spent + cost.get(cls, 0) for cls, spent in zip(CLASSES, account.spent, strict=True))
    shares = [spent / size(cls, daily_orders) for cls, spent in zip(CLASSES, (one, two, three), strict=True)]
    used = max((share for cls, share in zip(CLASSES, shares, strict=True) if cost.get(cls)), default=0.0)
    if used > _SLOW_ABOVE:
        spacing = spacing_s(daily_orders)
        wait = min(account.last_at + spacing - now, spacing)
        if wait > 0:
            return account, Refused(Refusal.SLOW_DOWN, "the budget runs low: ask one batch at a time", wait)
    if used > 1:
        return replace(account, stopped=True), _stopped()
    return replace(account, spent=(one, two, three), last_at=now), None


@dataclass(frozen=True, slots=True)
class Searches:
    """How many searches of a member have not flowed back ``at`` (Unix seconds)."""

    spent: float = 0.0
    at: float = 0.0


def searches_a_day(daily_orders: int) -> int:
    """Return how many searches flow back in a day; twice as many fit into the bucket."""
    return min(max(daily_orders // _ORDERS_A_SEARCH, _LEAST_SEARCHES), _MOST_SEARCHES)


def charge_search(searches: Searches, daily_orders: int | None, now: float) -> tuple[Searches, Refused | None]:
    """Return what is spent after one more search, and why it is refused if it is. None: not limited."""
    if daily_orders is None:
        return searches, None
    a_day = searches_a_day(daily_orders)
    flowed_back = max(0.0, now - searches.at) / _DAY_S * a_day
    spent = max(0.0, searches.spent - flowed_back) + 1
    too_many = spent - _DAYS * a_day
    if too_many > 0:
        text = "検索回数の上限に達しました。時間をおいてください / all searches are used up: search again later"
        return searches, Refused(Refusal.SEARCHES_SPENT, text, too_many / a_day * _DAY_S)
    return Searches(spent, now), None


def _stopped() -> Refused:
    return Refused(Refusal.BUDGET_SPENT, "the budget is spent: the registry's office has to resume this member")
