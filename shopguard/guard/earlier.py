"""What the same buyer ordered at this shop before, and how that went."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shopguard import wire
from shopguard.guard.reviews import ReviewState
from shopguard.guard.store import Vault
from shopguard.identity.text import fold, squash
from shopguard.model import Order, Party, Stage, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import orders, review, screening

LATEST = 20_000
"""How many of a shop's orders are known again, the latest: the first look decrypts them, in about a second."""

_OVERLAP_S = 120.0  # what was committed late, or by a worker whose clock is behind


@dataclass(frozen=True, slots=True)
class Earlier:
    """One order before. ``verdict`` is the last one, ``decision`` what a person decided; None where there is none."""

    order: Order
    verdict: VerdictKind | None
    decision: ReviewState | None

    @property
    def went_well(self) -> bool:
        """Whether it left the shop and nobody cancelled it: nothing is known against it here."""
        return self.order.stage is Stage.SHIPPED


class EarlierOrders:
    """Knows the buyers of stored orders again; safe to share between threads.

    What they are known by is kept in memory as numbers that say nothing elsewhere, and read on from where it stood.
    """

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault
        self._known: dict[str, _Known] = defaultdict(_Known)
        self._lock = threading.Lock()

    def of(self, order: Order, limit: int = 50) -> Sequence[Earlier]:
        """Return other stored orders of this shop with the buyer's phone, mail, or name at this address.

        The latest first. As long as orders are kept, and among the ``LATEST`` ones of the shop.
        """
        mine = _traces(order.buyer)
        if not mine:
            return []
        with self._lock:
            known = self._read_on(order.shop)
            ids = set[str]().union(*(known.by_trace[hash(trace)] for trace in mine if hash(trace) in known.by_trace))
        found = (self._earlier(row) for row in self._rows(order.shop, sorted(ids - {order.id})[-_MOST:]))
        same = [one for one in found if mine & _traces(one.order.buyer)]
        return sorted(same, key=lambda one: one.order.placed_at or _LONG_AGO, reverse=True)[:limit]

    def _read_on(self, shop: str) -> "_Known":
        known = self._known[shop]
        query = (
            sa.select(orders.c.order_id, orders.c.updated_at, orders.c.sealed)
            .where(orders.c.shop == shop, orders.c.sealed.is_not(None))
            .where(orders.c.updated_at > known.until - _OVERLAP_S)
            .order_by(orders.c.updated_at.desc())
            .limit(LATEST)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if known.seen.get(row.order_id) == row.updated_at:
                continue
            known.seen[row.order_id] = row.updated_at
            for trace in _traces(wire.decode(self._vault.open(row.sealed), Order).buyer):
                known.by_trace[hash(trace)].add(row.order_id)
        known.until = max([known.until, *(row.updated_at for row in rows)])
        return known

    def _rows(self, shop: str, ids: Sequence[str]) -> Sequence[Any]:
        with reading(self._engine) as connection:
            return connection.execute(_ROWS, {"which_shop": shop, "ids": ids}).all() if ids else []

    def _earlier(self, row: Any) -> Earlier:
        return Earlier(
            wire.decode(self._vault.open(row.sealed), Order),
            VerdictKind(row.verdict) if row.verdict else None,
            ReviewState(row.state) if row.state else None,
        )


@dataclass(slots=True)
class _Known:
    """What is known of one shop's orders: by what, when each was last written, and up to when it was read."""

    by_trace: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, float] = field(default_factory=dict)
    until: float = 0.0


_MOST = 200
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _rows() -> sa.Select[Any]:
    """Stored orders by their ids, each with the last verdict and what a person decided."""
    judged, same = screening.alias(), (review.c.shop == orders.c.shop) & (review.c.order_id == orders.c.order_id)
    verdict = (
        sa.select(judged.c.verdict)
        .where(judged.c.shop == orders.c.shop, judged.c.order_id == orders.c.order_id)
        .order_by(judged.c.generation.desc())
        .limit(1)
        .scalar_subquery()
    )
    mine = (orders.c.shop == sa.bindparam("which_shop")) & orders.c.order_id.in_(sa.bindparam("ids", expanding=True))
    columns = sa.select(orders.c.sealed, verdict.label("verdict"), review.c.state).outerjoin(review, same)
    return columns.where(mine, orders.c.sealed.is_not(None))


_ROWS = _rows()  # put together once: that costs several times as much as running it


def _traces(party: Party) -> set[str]:
    """What a buyer is known again by: cheap to make, as it is made for thousands of orders."""
    digits = ("".join(c for c in fold(phone) if c.isdecimal())[-9:] for phone in party.phones)
    phones = {f"phone {number}" for number in digits if len(number) == 9 and len(set(number)) > 1}
    mails = {f"mail {fold(mail).casefold()}" for mail in party.emails if "@" in mail}
    name = squash(fold(party.name or f"{party.family or ''}{party.given or ''}"))
    place = squash(fold("".join(filter(None, (party.region, party.city, *party.lines)))))
    home = {f"home {name} {place}"} if name and place else set()
    return phones | mails | home
