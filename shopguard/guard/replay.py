"""Replay: what other rules would have done with the orders that were judged before. Nothing is asked or written."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from shopguard import wire
from shopguard.config import Language, PolicySettings
from shopguard.guard import policy as rules
from shopguard.guard.signals import among
from shopguard.guard.store import Vault
from shopguard.model import Order, OrderRef, Verdict, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import orders, screening

MOST_CHANGES = 200
"""Orders that are named one by one."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An order on which other rules would have decided otherwise."""

    ref: OrderRef
    number: str
    was: VerdictKind
    would_be: VerdictKind


@dataclass(slots=True)
class Day:
    """The verdicts on the orders of one day, as they were and as they would be."""

    was: Counter[VerdictKind] = field(default_factory=Counter)
    would_be: Counter[VerdictKind] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    Args:
        days: by the day on which an order was last judged, in the shop's zone, without gaps known or not.
        changes: the first ``MOST_CHANGES`` that would be decided otherwise, the latest first.
        changed: how many there are.
        not_asked: orders that the registry was not asked about then and would be now: what it would say is not known.
        erased: orders that retention has emptied.
    """

    days: Mapping[date, Day]
    changes: Sequence[Change]
    changed: int
    not_asked: int
    erased: int

    @property
    def was(self) -> Counter[VerdictKind]:
        return sum((day.was for day in self.days.values()), Counter())

    @property
    def would_be(self) -> Counter[VerdictKind]:
        return sum((day.would_be for day in self.days.values()), Counter())


class Replay:
    """Reads what was judged."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def run(self, shop: str, policy: PolicySettings, since: float, zone: ZoneInfo) -> Replayed:
        """Return what ``policy`` would have made of a shop's orders since a moment (Unix seconds)."""
        days: dict[date, Day] = defaultdict(Day)
        changes: list[Change] = []
        changed = not_asked = erased = 0
        for row in self._judged(shop, since):
            if row.sealed is None or row.order_sealed is None:
                erased += 1
                continue
            verdict = wire.decode(self._vault.open(row.sealed), Verdict)
            order = wire.decode(self._vault.open(row.order_sealed), Order)
            if _was_not_asked(verdict) and rules.let_go(order, policy, Language.EN) is None:
                not_asked += 1
                continue
            would_be, day = again(order, verdict, policy), days[datetime.fromtimestamp(row.screened_at, zone).date()]
            day.was[verdict.kind] += 1
            day.would_be[would_be] += 1
            if would_be is not verdict.kind:
                changed += 1
                if len(changes) < MOST_CHANGES:
                    changes.append(Change(OrderRef(shop, row.order_id), row.number, verdict.kind, would_be))
        return Replayed(dict(sorted(days.items())), changes, changed, not_asked, erased)

    def _judged(self, shop: str, since: float) -> Iterator[sa.Row[tuple[object, ...]]]:
        """Yield the last judgement of each order, the latest first, without a transaction open in between."""
        same = (orders.c.shop == screening.c.shop) & (orders.c.order_id == screening.c.order_id)
        query = (
            sa.select(screening.c.id, screening.c.order_id, screening.c.screened_at, screening.c.sealed)
            .add_columns(orders.c.number, orders.c.sealed.label("order_sealed"))
            .join(orders, same)
            .where(screening.c.shop == shop, screening.c.screened_at >= since, is_last_judgement())
            .order_by(screening.c.id.desc())
            .limit(_AT_ONCE)
        )
        before = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query if before is None else query.where(screening.c.id < before)).all()
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            before = rows[-1].id


def is_last_judgement() -> sa.ColumnElement[bool]:
    """Whether an order was not judged anew after this one."""
    later = screening.alias()
    return ~sa.exists().where(
        later.c.shop == screening.c.shop,
        later.c.order_id == screening.c.order_id,
        later.c.generation > screening.c.generation,
    )


def again(order: Order, verdict: Verdict, policy: PolicySettings) -> VerdictKind:
    """Return the verdict that other rules give, from the same answers of the registry and the same signals."""
    if _ALLOW_LISTED in {said.code for said in verdict.reasons}:
        return VerdictKind.ALLOW
    if rules.let_go(order, policy, Language.EN) is not None:
        return VerdictKind.ALLOW
    judged = rules.judge(order, verdict.matches, verdict.state, policy, Language.EN)
    return rules.notice(judged, order, among(verdict.reasons), policy, Language.EN).kind


_ALLOW_LISTED = "allow_listed"
_LET_GO = frozenset({"payment_not_screened"})


def _was_not_asked(verdict: Verdict) -> bool:
    """Whether a rule spared the look-up: the others who were let go would be by any rules."""
    return not _LET_GO.isdisjoint(said.code for said in verdict.reasons)
