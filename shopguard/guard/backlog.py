"""How much of each shop waits, and how much was given up: one look at the tables for all shops."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.storage.engine import reading
from shopguard.storage.tables import effect, inbox, review

_WAITING = ("received", "claimed")


@dataclass(slots=True)
class Backlog:
    """Counts of one shop: deliveries not judged yet, dead letters, failed write-backs, orders before a person."""

    waiting: int = 0
    waiting_since: float | None = None
    dead: int = 0
    failed: int = 0
    reviews: int = 0


def backlogs(engine: sa.Engine) -> Mapping[str, Backlog]:
    """Return the backlog of each shop; of a shop that is not known, an empty one."""
    found: dict[str, Backlog] = defaultdict(Backlog)
    with reading(engine) as connection:
        for shop, state, total, oldest in connection.execute(_DELIVERIES):
            of = found[shop]
            if state == "dead":
                of.dead = total
            else:
                of.waiting += total
                of.waiting_since = min(filter(None, (of.waiting_since, oldest)))
        for shop, total in connection.execute(_FAILED):
            found[shop].failed = total
        for shop, total in connection.execute(_REVIEWS):
            found[shop].reviews = total
    return found


def is_dead(engine: sa.Engine, shop: str, number: int) -> bool:
    """Whether a delivery of ``shop`` is a dead letter."""
    mine = (inbox.c.id == number) & (inbox.c.shop == shop) & (inbox.c.state == "dead")
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.literal(1)).where(mine)).first() is not None


_DELIVERIES = (
    sa.select(inbox.c.shop, inbox.c.state, sa.func.count(), sa.func.min(inbox.c.received_at))
    .where(inbox.c.state.in_((*_WAITING, "dead")))
    .group_by(inbox.c.shop, inbox.c.state)
)
_FAILED = sa.select(effect.c.shop, sa.func.count()).where(effect.c.state == "failed").group_by(effect.c.shop)
_REVIEWS = sa.select(review.c.shop, sa.func.count()).where(review.c.state == "open").group_by(review.c.shop)
