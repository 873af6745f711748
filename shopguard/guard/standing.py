"""What of ours stands on an order at its platform, or is on its way there; asked inside larger transactions."""

from typing import Any

import sqlalchemy as sa

from shopguard.guard.effects import COLUMNS, FAILED, UNFINISHED, Effect, of, read_effect
from shopguard.guard.policy import Action
from shopguard.model import OrderRef
from shopguard.storage.tables import effect


def standing_hold(connection: sa.Connection, ref: OrderRef, *, or_failed: bool = False) -> Effect | None:
    """Return our latest hold on the order that no release followed, or None. It may still be on its way.

    Args:
        or_failed: also one that failed: the answer to one of its attempts may have been lost.
    """
    states = (*UNFINISHED, "confirmed", *FAILED) if or_failed else (*UNFINISHED, "confirmed")
    row = connection.execute(_HOLD.where(of(ref), effect.c.state.in_(states))).first()
    return read_effect(row) if row else None


def _unreleased_hold() -> sa.Select[Any]:
    released = effect.alias()
    return (
        sa.select(*COLUMNS)
        .where(effect.c.action == Action.HOLD.value)
        .where(
            ~sa.exists().where(
                released.c.shop == effect.c.shop,
                released.c.order_id == effect.c.order_id,
                released.c.action == Action.RELEASE.value,
                released.c.generation >= effect.c.generation,
            )
        )
        .order_by(effect.c.generation.desc())
        .limit(1)
    )


_HOLD = _unreleased_hold()  # put together once: that costs several times as much as running it


def call_off(connection: sa.Connection, hold: Effect, now: float) -> bool:
    """Let a hold that is not under way never be tried again; False if it may stand already and must be released.

    Only one that was never sent surely does not stand: a platform may take several calls for a hold, carry out the
    first and refuse the second, or carry out all and its answer is lost.
    """
    idle = (effect.c.id == hold.id) & effect.c.state.in_(("intended", *FAILED))
    cancelled = sa.update(effect).where(idle).values(state="cancelled", confirmed_at=now).returning(effect.c.attempts)
    return connection.execute(cancelled).scalar() == 0


def last_step(connection: sa.Connection, ref: OrderRef) -> Any:
    """Return the row of the last effect that changes the order's state, with when it ended; None if there is none."""
    steps = sa.select(*COLUMNS, effect.c.confirmed_at).where(of(ref), effect.c.action != Action.FLAG.value)
    return connection.execute(steps.order_by(effect.c.id.desc()).limit(1)).first()


def release_again(connection: sa.Connection, ref: OrderRef, now: float) -> bool:
    """Have a release tried again that failed; False if that was not the last thing that was to happen."""
    last = last_step(connection, ref)
    if last is None or last.action != Action.RELEASE.value or last.state not in FAILED:
        return False
    again = {"state": "intended", "due_at": now, "attempts": 1, "last_error": None, "confirmed_at": None}
    connection.execute(sa.update(effect).where(effect.c.id == last.id).values(**again))
    return True


def renew(connection: sa.Connection, hold: Effect, due_at: float) -> None:
    """Have a hold that stands carried out once more, over what has come to the order since.

    As after one attempt: the adapter looks what stands before it acts, and none of the earlier attempts count.
    """
    again = {"state": "intended", "due_at": due_at, "attempts": 1}
    connection.execute(sa.update(effect).where(effect.c.id == hold.id, effect.c.state == "confirmed").values(**again))


def is_gate_cleared(connection: sa.Connection, ref: OrderRef) -> bool:
    """Whether we lifted the shop's own hold from the order, or are about to."""
    cleared = sa.select(sa.literal(1)).where(
        of(ref), effect.c.action == Action.CLEAR_GATE.value, effect.c.state.in_((*UNFINISHED, "confirmed"))
    )
    return connection.execute(cleared).first() is not None


def is_said(connection: sa.Connection, ref: OrderRef, text: str) -> bool:
    """Whether ``text`` is the last thing we wrote onto the order, or are about to write."""
    last = (
        sa.select(effect.c.text)
        .where(of(ref), effect.c.text != "", effect.c.state.in_((*UNFINISHED, "confirmed")))
        .order_by(effect.c.id.desc())
        .limit(1)
    )
    return connection.execute(last).scalar() == text
