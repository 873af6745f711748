"""What is watched: the pieces of locators by which an order would be noticed if an entry is listed later.

Kept sealed, one row for each form of an order that was judged, for some days after that.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from shopguard.guard.store import Vault
from shopguard.model import OrderRef
from shopguard.registry.messages import WATCH_BYTES
from shopguard.storage.engine import reading
from shopguard.storage.tables import listing_cursor, screening, watch
from shopguard.storage.writer import Writer

Pieces = Mapping[int, Collection[bytes]]
"""Pieces of locators by epoch."""

Step = Callable[[sa.Connection], None]

_DAY_S = 86_400.0
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Form:
    """An order in one of the forms that were judged."""

    ref: OrderRef
    digest: str


class Watch(Protocol):
    """Keeps by what orders would be noticed."""

    def rounds(self) -> int:
        """Return how many comparisons were begun. Read it before the registry is asked, and give it to ``keep``."""
        ...

    def keep(self, form: Form, pieces: Pieces, rounds: int) -> Step:
        """Return the step that watches ``form``, for the transaction that stores its judgement.

        If a comparison was begun after ``rounds`` was read, the registry is asked once more: what it compared may
        have been listed after the registry answered, and the comparison did not see this form.
        """
        ...


class NoWatch:
    """``Watch`` that keeps nothing."""

    def rounds(self) -> int:
        return 0

    def keep(self, form: Form, pieces: Pieces, rounds: int) -> Step:
        return lambda _connection: None


class WatchStore:
    """``Watch`` in the database, and the cursor in the listings of one registry.

    A comparison is counted before it reads what is watched, and whoever stores a judgement reads that count once more
    under a lock: so each form is either seen by the comparison or asked about again.

    Args:
        registry: tells the cursors of several registries apart.
        days: how long an order is watched after it was judged; with 0 nothing is kept.
        clock: returns now, in Unix seconds.
    """

    def __init__(
        self,
        engine: sa.Engine,
        writer: Writer,
        vault: Vault,
        registry: str,
        days: int,
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._writer, self._vault = engine, writer, vault
        self._days, self._clock = days, clock
        self._mine = {"which_registry": registry}

    def rounds(self) -> int:
        with reading(self._engine) as connection:
            return connection.execute(_ROUNDS, self._mine).scalar() or 0

    def keep(self, form: Form, pieces: Pieces, rounds: int) -> Step:
        now, which = self._clock(), _which(form)
        row = {**which, "sealed": self._vault.seal(_packed(pieces)), "until_at": now + self._days * _DAY_S}
        wanted = self._days > 0 and any(pieces.values())

        def work(connection: sa.Connection) -> None:
            if not wanted:
                connection.execute(_DROP, which)
                return
            connection.execute(_KEEP, row)
            if self._rounds_locked(connection) != rounds:
                connection.execute(_ASK_AGAIN, {**which, "now": now})

        return work

    def _rounds_locked(self, connection: sa.Connection) -> int:
        """Return how many comparisons were begun; nobody begins another until the transaction ends."""
        rounds: int | None = connection.execute(_ROUNDS_LOCKED, self._mine).scalar()
        if rounds is None:
            connection.execute(_NO_ROUND, self._mine)
            rounds = connection.execute(_ROUNDS_LOCKED, self._mine).scalar_one()
        return rounds

    def position(self) -> int | None:
        """Return up to where listings were compared with what is watched; None before the first time."""
        with reading(self._engine) as connection:
            return connection.execute(_POSITION, self._mine).scalar()

    def begin_round(self) -> None:
        """Count a comparison; what is read of the watched forms after this is enough to compare with."""

        def work(connection: sa.Connection) -> None:
            connection.execute(_BEGIN_ROUND, self._mine)

        self._writer.run(work)

    def all_forms(self) -> Sequence[Form]:
        """Return all that is watched."""
        return [form for form, _ in self._watched()]

    def concerned(self, added: Pieces) -> Sequence[Form]:
        """Return the forms that share a piece with what was ``added``, or that cannot be compared with it.

        The latter were judged under other epochs; asked about again, they get pieces of today's.
        """
        return [form for form, sealed in self._watched() if _meet(_unpacked(self._vault.open(sealed)), added)]

    def move(self, before: int | None, to: int, concerned: Sequence[Form]) -> bool:
        """Move the cursor and have the forms ``concerned`` asked about again, in one transaction.

        False if somebody else has moved it from ``before`` meanwhile: then nothing is done.
        """
        forms = [{**_which(form), "now": self._clock()} for form in concerned]

        def work(connection: sa.Connection) -> None:
            if forms:  # in the order in which a judgement writes: two that wait for each other would fail
                connection.execute(_ASK_AGAIN, forms)
                connection.execute(_NOTICED, forms)
            if connection.execute(_MOVE, {**self._mine, "before": before, "to": to}).rowcount != 1:
                raise _Overtaken

        try:
            self._writer.run(work)
        except _Overtaken:
            return False
        return True

    def _watched(self) -> Iterator[tuple[Form, bytes]]:
        with reading(self._engine) as connection:
            rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(_WATCHED, {"now": self._clock()})
            for shop, order_id, digest, sealed in rows:
                yield Form(OrderRef(shop, order_id), digest), sealed


class _Overtaken(Exception):
    """The cursor is not where it was."""


def forget(connection: sa.Connection, ref: OrderRef) -> None:
    """Watch an order no more, as part of a larger transaction."""
    connection.execute(_FORGET, {"which_shop": ref.shop, "which_order": ref.order_id})


def _meet(pieces: Pieces, added: Pieces) -> bool:
    shared = pieces.keys() & added.keys()
    return not shared or any(piece in added[epoch] for epoch in shared for piece in pieces[epoch])


def _packed(pieces: Pieces) -> bytes:
    return msgspec.json.encode([(epoch, b"".join(sorted(pieces[epoch]))) for epoch in sorted(pieces)])


def _unpacked(text: bytes) -> Pieces:
    return {epoch: split(joined) for epoch, joined in _packing.decode(text)}


def split(joined: bytes) -> list[bytes]:
    """Return the pieces that stand one after the other in ``joined``."""
    return [joined[start : start + WATCH_BYTES] for start in range(0, len(joined), WATCH_BYTES)]


_packing = msgspec.json.Decoder(list[tuple[int, bytes]])


def _which(form: Form) -> dict[str, Any]:
    return {"which_shop": form.ref.shop, "which_order": form.ref.order_id, "which_digest": form.digest}


def _is_form(table: sa.Table) -> sa.ColumnElement[bool]:
    return (
        (table.c.shop == sa.bindparam("which_shop"))
        & (table.c.order_id == sa.bindparam("which_order"))
        & (table.c.digest == sa.bindparam("which_digest"))
    )


_mine = listing_cursor.c.registry == sa.bindparam("which_registry")
_POSITION = sa.select(listing_cursor.c.position).where(_mine)
_ROUNDS = sa.select(listing_cursor.c.rounds).where(_mine)
_ROUNDS_LOCKED = _ROUNDS.with_for_update(read=True)
_NO_ROUND = sa.text(
    "INSERT INTO listing_cursor (registry, rounds) VALUES (:which_registry, 0) ON CONFLICT (registry) DO NOTHING"
)
_BEGIN_ROUND = sa.text(
    "INSERT INTO listing_cursor (registry, rounds) VALUES (:which_registry, 1)"
    " ON CONFLICT (registry) DO UPDATE SET rounds = listing_cursor.rounds + 1"
)
_MOVE = (
    sa.update(listing_cursor)
    .where(_mine, listing_cursor.c.position.is_not_distinct_from(sa.bindparam("before", type_=sa.BigInteger)))
    .values(position=sa.bindparam("to"))
)
_WATCHED = (
    sa.select(watch.c.shop, watch.c.order_id, watch.c.digest, watch.c.sealed)
    .where(watch.c.until_at > sa.bindparam("now"))
    .order_by(watch.c.shop, watch.c.order_id, watch.c.digest)
)
_KEEP = sa.text(
    "INSERT INTO watch (shop, order_id, digest, sealed, until_at)"
    " VALUES (:which_shop, :which_order, :which_digest, :sealed, :until_at)"
    " ON CONFLICT (shop, order_id, digest)"
    " DO UPDATE SET sealed = excluded.sealed, until_at = excluded.until_at, noticed_at = NULL"
)
_DROP = sa.delete(watch).where(_is_form(watch))
_FORGET = sa.delete(watch).where(
    watch.c.shop == sa.bindparam("which_shop"), watch.c.order_id == sa.bindparam("which_order")
)
# a form that waits to be asked about already is asked about after this
_ASK_AGAIN = (
    sa.update(screening)
    .where(_is_form(screening), screening.c.ask_again_at.is_(None))
    .values(ask_again_at=sa.bindparam("now"))
)
_NOTICED = sa.update(watch).where(_is_form(watch)).values(noticed_at=sa.bindparam("now"))
