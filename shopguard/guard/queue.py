"""The review queue: what waits for a person, in the order in which it should be looked at, a page at a time.

What has shipped already comes last, as nothing can be stopped any more; else what ships next comes first. Where
nobody knows when that is, an order counts as one that ships a day after it came to wait. A page is found by the place
where the one before ended, so the hundredth costs what the first does, and only the orders on it are decrypted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shopguard import wire
from shopguard.guard.policy import Action
from shopguard.guard.reviews import REVIEWS, Review, ReviewState, read_review
from shopguard.guard.store import Vault
from shopguard.identity.one_line import address_line
from shopguard.identity.text import fold, squash
from shopguard.model import Order, OrderRef, Party, Verdict, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import effect, note, orders, review, screening

_AT_ONCE = 500  # orders that a search decrypts between two looks into the database
_MOST_NEWS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands in the queue. ``shipped``: 1 if it had left when it was put before a person."""

    shipped: int
    look_by: float
    opened_at: float
    ref: OrderRef


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders are wanted.

    Args:
        shops: None: of all shops.
        before: those that wait since before this moment (Unix seconds).
        noted_by: those on which this actor wrote a note.
        asked: those whose buyer was asked to pay first.
    """

    shops: frozenset[str] | None = None
    verdict: VerdictKind | None = None
    before: float | None = None
    noted_by: str | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits. ``order`` and ``verdict`` are None once retention has erased them."""

    review: Review
    place: Place
    order: Order | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Page:
    """``before`` and ``after`` are where the pages around it end and begin; None where there is none."""

    rows: Sequence[Waiting]
    before: Place | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of an order that waited. ``effect`` is the state of the last thing that was to be done at the
    platform, None if nothing was."""

    ref: OrderRef
    number: str
    state: ReviewState
    by: str
    at: float
    effect: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """What was judged since a moment: all orders, and those that nobody had to look at."""

    judged: int
    passed: int


class Queue:
    """Reads the queue; ``Reviews`` changes it."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine, self._vault = engine, vault

    def page(self, wanted: Filter, limit: int, after: Place | None = None, before: Place | None = None) -> Page:
        """Return up to ``limit`` orders: the first ones, those ``after`` a place, or those just ``before`` one."""
        query = _ROWS.where(*_conditions(wanted))
        if before:
            query = query.where(_is_ahead_of(before)).order_by(*(column.desc() for column in _COLUMNS))
        else:
            query = query.order_by(*_COLUMNS)
            query = query.where(_is_behind(after)) if after else query
        found = self._read(query.limit(limit + 1))
        rows = found[:limit][::-1] if before else found[:limit]
        is_more = len(found) > limit
        if not rows:
            return Page(rows)
        return Page(
            rows,
            before=rows[0].place if (is_more if before else after) else None,
            after=rows[-1].place if (is_more or before) else None,
        )

    def one(self, ref: OrderRef) -> Waiting | None:
        """Return an order that waits or waited."""
        mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
        return next(iter(self._read(_ROWS.where(mine))), None)

    def next_after(self, wanted: Filter, place: Place) -> OrderRef | None:
        """Return the order that waits next behind ``place``, else the first of all."""
        where = _conditions(wanted)
        query = sa.select(review.c.shop, review.c.order_id).where(*where).order_by(*_COLUMNS).limit(1)
        with reading(self._engine) as connection:
            behind = connection.execute(query.where(_is_behind(place))).first()
            found = behind or connection.execute(query).first()
        return OrderRef(*found) if found else None

    def search(self, wanted: Filter, text: str, limit: int) -> Sequence[Waiting]:
        """Return orders whose number, buyer or recipient has ``text`` in it: a name, a phone, a mail, an address.

        A text that is the number of a waiting order finds that alone. One or two letters or digits stand in nearly
        every order: they are taken for a number. Else what waits is decrypted until ``limit`` are found: about a
        second for ten thousand.
        """
        sought = _folded(text)
        named = [text, text.lstrip("#"), f"#{text}"]
        by_number = self._read(_ROWS.where(*_conditions(wanted), orders.c.number.in_(named)).limit(limit))
        if by_number or (len(sought) <= 2 and sought.isascii()):
            return by_number
        refs = (ref for ref, order in self._orders(wanted) if _has(ref, order, sought))
        found = (self.one(ref) for ref, _ in zip(refs, range(limit), strict=False))
        return [row for row in found if row]

    def count(self, wanted: Filter) -> int:
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).where(*_conditions(wanted))).scalar_one()

    def counts(self, shops: frozenset[str] | None = None) -> Mapping[tuple[str, VerdictKind], int]:
        """Return how many orders wait, by shop and verdict."""
        query = sa.select(review.c.shop, review.c.verdict, sa.func.count().label("total"))
        query = query.where(*_conditions(Filter(shops))).group_by(review.c.shop, review.c.verdict)
        with reading(self._engine) as connection:
            return {(row.shop, VerdictKind(row.verdict)): row.total for row in connection.execute(query)}

    def decided_since(self, shops: frozenset[str] | None, moment: float) -> Sequence[Decided]:
        """Return what was decided since ``moment``, the latest first."""
        query = _DECIDED.where(review.c.decided_at > moment)
        if shops is not None:
            query = query.where(review.c.shop.in_(shops))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(review.c.decided_at.desc()).limit(_MOST_NEWS)).all()
        return [_read_decided(row) for row in rows]

    def decided_by(self, actor: str, first: float, last: float) -> Sequence[OrderRef]:
        """Return what ``actor`` let go or left as it is from one moment to another, as far as that still stands."""
        states = (ReviewState.RELEASED.value, ReviewState.KEPT.value)
        query = sa.select(review.c.shop, review.c.order_id).where(
            review.c.decided_at.between(first, last), review.c.decided_by == actor[:100], review.c.state.in_(states)
        )
        with reading(self._engine) as connection:
            return [OrderRef(*row) for row in connection.execute(query.order_by(review.c.decided_at))]

    def decided(self, ref: OrderRef) -> Decided | None:
        """Return what became of an order; None if it waits, or never did."""
        mine = (review.c.shop == ref.shop) & (review.c.order_id == ref.order_id)
        with reading(self._engine) as connection:
            row = connection.execute(_DECIDED.where(mine)).first()
        return None if row is None else _read_decided(row)

    def opened_since(self, wanted: Filter, moment: float) -> int:
        """Return how many of the wanted orders came to wait since ``moment``."""
        query = sa.select(sa.func.count()).where(*_conditions(wanted), review.c.opened_at > moment)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def judged_since(self, shops: frozenset[str] | None, moment: float) -> Day:
        """Return how many orders were judged since ``moment``."""
        passed = sa.func.count().filter(screening.c.verdict == VerdictKind.ALLOW.value)
        query = sa.select(sa.func.count(), passed).where(screening.c.screened_at >= moment)
        if shops is not None:
            query = query.where(screening.c.shop.in_(shops))
        with reading(self._engine) as connection:
            return Day(*connection.execute(query).one())

    def _orders(self, wanted: Filter) -> Iterator[tuple[OrderRef, Order]]:
        """Every order that waits and was not erased, in the order of the queue."""
        query = _SEALED.where(*_conditions(wanted)).order_by(*_COLUMNS).limit(_AT_ONCE)
        place: Place | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.where(_is_behind(place)) if place else query).all()
            for row in rows:
                place = Place(row.shipped, row.look_by, row.opened_at, OrderRef(row.shop, row.order_id))
                if row.sealed is not None:
                    yield place.ref, wire.decode(self._vault.open(row.sealed), Order)
            if len(rows) < _AT_ONCE:
                return

    def _read(self, query: sa.Select[Any]) -> list[Waiting]:
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [self._waiting(row) for row in rows]

    def _waiting(self, row: Any) -> Waiting:
        read, order, verdict = read_review(row), row.order_sealed, row.verdict_sealed
        return Waiting(
            read,
            Place(row.shipped, row.look_by, row.opened_at, read.ref),
            None if order is None else wire.decode(self._vault.open(order), Order),
            None if verdict is None else wire.decode(self._vault.open(verdict), Verdict),
        )


_COLUMNS = (review.c.shipped, review.c.look_by, review.c.opened_at, review.c.shop, review.c.order_id)


def _rows() -> sa.Select[Any]:
    """Each review with its sealed order and the sealed last verdict on it."""
    judged = screening.alias()
    verdict = (
        sa.select(judged.c.sealed)
        .where(judged.c.shop == review.c.shop, judged.c.order_id == review.c.order_id)
        .order_by(judged.c.generation.desc())
        .limit(1)
        .scalar_subquery()
    )
    return REVIEWS.add_columns(orders.c.sealed.label("order_sealed"), verdict.label("verdict_sealed"))


def _decided() -> sa.Select[Any]:
    """Each decision with the last step at the platform that came of it."""
    step = effect.alias()
    same = (step.c.shop == review.c.shop) & (step.c.order_id == review.c.order_id)
    ends = step.c.action.in_((Action.RELEASE.value, Action.CANCEL.value))
    last = sa.select(sa.func.max(step.c.id)).where(same, ends).scalar_subquery()
    since = effect.c.confirmed_at.is_(None) | (effect.c.confirmed_at >= review.c.decided_at)
    known = (orders.c.shop == review.c.shop) & (orders.c.order_id == review.c.order_id)
    joined = review.outerjoin(effect, (effect.c.id == last) & since).outerjoin(orders, known)
    decided = sa.select(review, effect.c.state.label("effect_state"), effect.c.last_error.label("effect_error"))
    return decided.add_columns(orders.c.number).select_from(joined).where(review.c.state != ReviewState.OPEN.value)


_SEALED = sa.select(*_COLUMNS, orders.c.sealed).join(
    orders, (orders.c.shop == review.c.shop) & (orders.c.order_id == review.c.order_id)
)
_ROWS = _rows()  # put together once: that costs several times as much as running them
_DECIDED = _decided()


def _is_behind(place: Place) -> sa.ColumnElement[bool]:
    behind: sa.ColumnElement[bool] = sa.tuple_(*_COLUMNS) > _values(place)
    return behind


def _is_ahead_of(place: Place) -> sa.ColumnElement[bool]:
    ahead: sa.ColumnElement[bool] = sa.tuple_(*_COLUMNS) < _values(place)
    return ahead


def _values(place: Place) -> Any:
    return sa.tuple_(
        *map(sa.literal, (place.shipped, place.look_by, place.opened_at, place.ref.shop, place.ref.order_id))
    )


def _read_decided(row: Any) -> Decided:
    return Decided(
        OrderRef(row.shop, row.order_id),
        row.number or row.order_id,
        ReviewState(row.state),
        row.decided_by or "",
        row.decided_at,
        row.effect_state,
        row.effect_error,
    )


def _conditions(wanted: Filter) -> Sequence[sa.ColumnElement[bool]]:
    where = [review.c.state == ReviewState.OPEN.value]
    if wanted.shops is not None:
        where.append(review.c.shop.in_(wanted.shops))
    if wanted.verdict is not None:
        where.append(review.c.verdict == wanted.verdict.value)
    if wanted.before is not None:
        where.append(review.c.opened_at < wanted.before)
    if wanted.noted_by is not None:
        mine = (note.c.shop == review.c.shop) & (note.c.order_id == review.c.order_id)
        where.append(sa.exists().where(mine, note.c.by == wanted.noted_by))
    if wanted.asked:
        where.append(review.c.asked_at.is_not(None))
    return where


def _folded(text: str) -> str:
    return squash(fold(text))


def _has(ref: OrderRef, order: Order, sought: str) -> bool:
    said = (text for party in (order.buyer, *order.recipients) for text in _texts(party))
    return any(sought in _folded(text) for text in (order.number, ref.order_id, *said))


def _texts(party: Party) -> Iterator[str]:
    yield " ".join(filter(None, (party.family, party.given)))
    yield address_line(party)
    yield from filter(None, (party.name, party.kana, party.company, party.postal_code))
    yield from (*party.phones, *party.emails)
