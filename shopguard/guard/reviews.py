"""Reviews: the orders that wait for a person, and what the person decided.

A decision and the effect it needs are one transaction: a release that was pressed is never forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from shopguard.guard import effects, standing
from shopguard.guard.policy import Action
from shopguard.guard.shops import Shops
from shopguard.guard.wording import released_text
from shopguard.model import OrderRef, Stage, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit, effect, orders, review
from shopguard.storage.writer import Writer


class ReviewState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    KEPT = "kept"
    CANCELLED = "cancelled"  # by a person here; the platform may still have to be told
    CLOSED = "closed"  # nothing to decide any more: the answer was clean, or the shop decided at the platform


@dataclass(frozen=True, slots=True)
class Review:
    """One order that waits or waited.

    ``stage`` is where it stood when it was last seen, None if it is unknown. ``effect_error`` says why the platform
    does not show the verdict yet. ``ship_by`` is when it is to leave the shop, None if nobody knows; ``asked_at`` is
    when the buyer was asked to pay first, if so; ``look_by`` by when a person should have looked.
    """

    ref: OrderRef
    number: str
    generation: int
    verdict: VerdictKind
    mode: str
    state: ReviewState
    opened_at: float
    decided_by: str | None
    hold_state: str | None
    effect_error: str | None
    stage: Stage | None = None
    decided_at: float | None = None
    ship_by: float | None = None
    asked_at: float | None = None
    look_by: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of pressing a button. ``releases_hold`` is False when no hold of ours stood.

    ``overtaken``: the order was decided, or judged anew, since it was looked at; nothing was done.
    """

    ref: OrderRef
    state: ReviewState
    releases_hold: bool = False
    changed: bool = True
    overtaken: bool = False


LOOK_S = 86_400.0
"""How long an order may wait for a look where nobody knows when it ships."""


def open_review(
    connection: sa.Connection,
    ref: OrderRef,
    generation: int,
    verdict: VerdictKind,
    mode: str,
    now: float,
    ship_by: float | None = None,
) -> None:
    """Put an order before a person, as part of a larger transaction; a newer verdict opens it again."""
    row = {
        "shop": ref.shop,
        "order_id": ref.order_id,
        "generation": generation,
        "verdict": verdict.value,
        "mode": mode,
        "now": now,
        "ship_by": ship_by,
        "look_by": now + LOOK_S if ship_by is None else ship_by,
    }
    connection.execute(_OPEN, row)


_OPEN = sa.text(
    "INSERT INTO review (shop, order_id, generation, verdict, mode, state, opened_at, ship_by, look_by, shipped)"
    " VALUES (:shop, :order_id, :generation, :verdict, :mode, 'open', :now, :ship_by, :look_by,"
    " (SELECT COUNT(*) FROM orders WHERE shop = :shop AND order_id = :order_id AND stage = 'shipped'))"
    " ON CONFLICT (shop, order_id) DO UPDATE SET generation = :generation, verdict = :verdict, mode = :mode,"
    " state = 'open', opened_at = :now, decided_at = NULL, decided_by = NULL, ship_by = excluded.ship_by,"
    " look_by = excluded.look_by, shipped = excluded.shipped"
).bindparams(
    sa.bindparam("shop", type_=sa.String),  # PostgreSQL takes one type for a parameter that stands twice
    sa.bindparam("order_id", type_=sa.String),
)


def close_review(connection: sa.Connection, ref: OrderRef, now: float, by: str = "shopguard") -> bool:
    """Take an order off the list because its question answered itself; False if it did not wait."""
    waiting = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id) & (review.c.state == "open")
    closed = {"state": ReviewState.CLOSED.value, "decided_at": now, "decided_by": by}
    return connection.execute(sa.update(review).where(waiting).values(**closed)).rowcount == 1


def reopen(connection: sa.Connection, ref: OrderRef, now: float) -> None:
    """Put an order on the list again, at its old place: what a person decided, the platform did not take."""
    mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
    decided = mine & review.c.state.in_((ReviewState.RELEASED.value, ReviewState.CANCELLED.value))
    opened = {"state": ReviewState.OPEN.value, "decided_at": None, "decided_by": None}
    if connection.execute(sa.update(review).where(decided).values(**opened)).rowcount == 1:
        record(connection, now, "shopguard", "reopen", ref)


def decided_at_platform(connection: sa.Connection, ref: OrderRef, stage: Stage, now: float) -> None:
    """Take an order off the list that the shop itself has brought to ``stage``."""
    if close_review(connection, ref, now, by="shop"):
        record(connection, now, "shop", "close", ref, stage.value)


def is_kept(connection: sa.Connection, ref: OrderRef) -> bool:
    """Whether a person left the order as it is; nobody decides anything else until the transaction ends."""
    mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
    state = connection.execute(sa.select(review.c.state).where(mine).with_for_update()).scalar()
    return state == ReviewState.KEPT.value


def record(connection: sa.Connection, now: float, actor: str, action: str, ref: OrderRef, detail: str = "") -> None:
    """Add a line to the audit log, which only ever grows. What is too long for its column is cut."""
    line = {
        "at": now,
        "actor": actor[:100],
        "action": action,
        "shop": ref.shop,
        "order_id": ref.order_id[:200],
        "detail": detail[:500],
    }
    connection.execute(audit.insert(), line)


class Reviews:
    """Lists what waits and carries out decisions."""

    def __init__(self, engine: sa.Engine, writer: Writer, shops: Shops, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._shops, self._clock = engine, writer, shops, clock

    def waiting(self, shop: str | None = None, limit: int = 200) -> Sequence[Review]:
        """Return the orders that wait, oldest first."""
        where = review.c.state == ReviewState.OPEN.value
        return self._select(where & (review.c.shop == shop) if shop else where, limit)

    def get(self, ref: OrderRef) -> Review | None:
        found = self._select((review.c.shop == ref.shop) & (review.c.order_id == ref.order_id), 1)
        return found[0] if found else None

    def count_waiting(self) -> int:
        with reading(self._engine) as connection:
            query = sa.select(sa.func.count()).where(review.c.state == ReviewState.OPEN.value)
            return connection.execute(query).scalar_one()

    def release(
        self,
        ref: OrderRef,
        actor: str,
        not_same_person: Sequence[tuple[str, str]] = (),
        looked_at: int | None = None,
    ) -> Decision:
        """Let the order go: takes exactly our hold away. Pressed twice it does nothing the second time.

        Args:
            not_same_person: (buyer key, entry) pairs that shall never be matched again in this shop.
            looked_at: the generation that the person saw waiting; nothing is done if that is no longer so.
        """
        now = self._clock()

        def work(connection: sa.Connection) -> Decision:
            if overtaken := overtaken_by(connection, ref, looked_at):
                return overtaken
            changed = self._decide(connection, ref, tuple(ReviewState), ReviewState.RELEASED, actor, now)
            for buyer, entry in not_same_person:
                _remember_pair(connection, ref, buyer, entry, actor, now)
            releases = take_hold_away(connection, ref, self._text(ref.shop), now)
            if changed or releases:
                record(connection, now, actor, "release", ref)
            return Decision(ref, ReviewState.RELEASED, releases, changed or releases)

        return self._writer.run(work)

    def keep(self, ref: OrderRef, actor: str, looked_at: int | None = None) -> Decision:
        """Leave the order as it is and take it off the list; one that is not on the list stays as it was decided.

        Args:
            looked_at: as in ``release``.
        """
        now = self._clock()

        def work(connection: sa.Connection) -> Decision:
            if overtaken := overtaken_by(connection, ref, looked_at):
                return overtaken
            changed = self._decide(connection, ref, (ReviewState.OPEN,), ReviewState.KEPT, actor, now)
            if changed:
                record(connection, now, actor, "keep", ref)
            return Decision(ref, ReviewState.KEPT, changed=changed)

        return self._writer.run(work)

    def tell_apart(self, ref: OrderRef, actor: str, not_same_person: Sequence[tuple[str, str]]) -> None:
        """Remember what ``release`` does, of an order that goes on waiting for other reasons."""
        now = self._clock()

        def work(connection: sa.Connection) -> None:
            for buyer, entry in not_same_person:
                _remember_pair(connection, ref, buyer, entry, actor, now)

        self._writer.run(work)

    def note(self, actor: str, action: str, ref: OrderRef, detail: str) -> None:
        """Add a line to the audit log."""
        now = self._clock()
        self._writer.run(lambda connection: record(connection, now, actor, action, ref, detail))

    def _text(self, shop: str) -> str:
        guarded = self._shops.get(shop)
        return released_text(guarded.settings.language) if guarded else ""

    def _decide(
        self,
        connection: sa.Connection,
        ref: OrderRef,
        before: Sequence[ReviewState],
        state: ReviewState,
        actor: str,
        now: float,
    ) -> bool:
        changes = review.c.state.in_([known.value for known in before]) & (review.c.state != state.value)
        mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
        decided = (
            sa.update(review).where(mine & changes).values(state=state.value, decided_at=now, decided_by=actor[:100])
        )
        return connection.execute(decided).rowcount == 1

    def _select(self, where: sa.ColumnElement[bool], limit: int) -> Sequence[Review]:
        with reading(self._engine) as connection:
            rows = connection.execute(_OLDEST_FIRST.where(where).limit(limit)).all()
        return [read_review(row) for row in rows]


def _reviews() -> sa.Select[Any]:
    """Each review with what is known of its order, the state of our latest hold and the latest trouble."""
    hold, trouble = effect.alias(), effect.alias()
    same_hold = (hold.c.shop == review.c.shop) & (hold.c.order_id == review.c.order_id)
    same_trouble = (trouble.c.shop == review.c.shop) & (trouble.c.order_id == review.c.order_id)
    hold_state = (
        sa.select(hold.c.state)
        .where(same_hold, hold.c.action == Action.HOLD.value)
        .order_by(hold.c.generation.desc())
        .limit(1)
        .scalar_subquery()
    )
    error = (
        sa.select(trouble.c.last_error)
        .where(same_trouble, trouble.c.last_error.is_not(None))
        .order_by(trouble.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(review, hold_state.label("hold_state"), error.label("effect_error"))
        .add_columns(orders.c.number, orders.c.stage)
        .outerjoin(orders, (orders.c.shop == review.c.shop) & (orders.c.order_id == review.c.order_id))
    )


REVIEWS = _reviews()  # put together once: that costs several times as much as running it
_OLDEST_FIRST = REVIEWS.order_by(review.c.opened_at)


def read_review(row: Any) -> Review:
    """Return the review in a row of ``REVIEWS``."""
    return Review(
        ref=OrderRef(row.shop, row.order_id),
        number=row.number or row.order_id,
        generation=row.generation,
        verdict=VerdictKind(row.verdict),
        mode=row.mode,
        state=ReviewState(row.state),
        opened_at=row.opened_at,
        decided_by=row.decided_by,
        hold_state=row.hold_state,
        effect_error=row.effect_error,
        stage=Stage(row.stage) if row.stage else None,
        decided_at=row.decided_at,
        ship_by=row.ship_by,
        asked_at=row.asked_at,
        look_by=row.look_by,
    )


def _remember_pair(connection: sa.Connection, ref: OrderRef, buyer: str, entry: str, actor: str, now: float) -> None:
    """Remember once that a buyer of this shop is not whom an entry is about, and at which order it was found."""
    row = {"shop": ref.shop, "buyer": buyer, "entry": entry, "now": now, "actor": actor[:100]}
    if connection.execute(_PAIR, row).rowcount == 1:
        record(connection, now, actor, "different_person", ref, entry)


_PAIR = sa.text(
    "INSERT INTO pair_ok (shop, buyer, entry, decided_at, decided_by)"
    " VALUES (:shop, :buyer, :entry, :now, :actor) ON CONFLICT DO NOTHING"
)


def overtaken_by(connection: sa.Connection, ref: OrderRef, looked_at: int | None) -> Decision | None:
    """Return how an order stands that no longer waits as it was ``looked_at``, or None if it does."""
    if looked_at is None:
        return None
    mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
    row = connection.execute(sa.select(review.c.state, review.c.generation).where(mine).with_for_update()).first()
    if row is None or (row.state == ReviewState.OPEN.value and row.generation == looked_at):
        return None
    return Decision(ref, ReviewState(row.state), changed=False, overtaken=True)


def take_hold_away(connection: sa.Connection, ref: OrderRef, text: str, now: float, wait_s: float = 0.0) -> bool:
    """Plan the end of our standing hold, as part of a larger transaction; False if none stands.

    A hold that was never sent is called off; one that was is released with what stood before it. A release that
    failed is tried again.
    """
    hold = standing.standing_hold(connection, ref, or_failed=True)
    if hold is None:
        return standing.release_again(connection, ref, now)
    if not standing.call_off(connection, hold, now):
        effects.plan(connection, ref, Action.RELEASE, hold.generation, text, now, wait_s=wait_s)
    return True
