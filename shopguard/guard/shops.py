"""What the guard remembers of each shop: since when, last sign of life, alarms, its budget of write-backs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from shopguard.adapter import Capability, PlatformAdapter
from shopguard.config import PolicySettings, ShopSettings
from shopguard.guard.claims import Claimant
from shopguard.model import ShopAlarm
from shopguard.storage.engine import reading
from shopguard.storage.tables import shop_state
from shopguard.storage.writer import Writer

ACCESS_REQUEST = "privacy_access_request"
"""The alarm of a person who asks what is stored."""
_BURST_S = 2.0  # a shop that was quiet may use this many seconds of its rate at once


@dataclass(frozen=True, slots=True)
class GuardedShop:
    """One shop: its settings, its adapter, and the rules that hold for it."""

    settings: ShopSettings
    adapter: PlatformAdapter
    policy: PolicySettings

    @property
    def name(self) -> str:
        return self.settings.name


Shops = Mapping[str, GuardedShop]


def sent_by_platform(shops: Shops) -> Sequence[str]:
    """Return the names of shops whose orders a receiver must take in as they are sent."""
    return [name for name, shop in shops.items() if Capability.PUSH in shop.adapter.capabilities]


@dataclass(frozen=True, slots=True)
class ShopState:
    """A row of ``shop_state``; moments are Unix seconds, None means never."""

    shop: str
    guarded_since: float | None = None
    last_event_at: float | None = None
    feed_cursor: float | None = None
    feed_due_at: float | None = None
    feed_error: str | None = None
    alarm_code: str | None = None
    alarm_text: str | None = None
    alarm_at: float | None = None


class ShopStates:
    """Reads and writes ``shop_state``."""

    def __init__(self, engine: sa.Engine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    def introduce(self, names: Sequence[str], now: float) -> None:
        """Make a row for each shop that has none yet; its feed is due at once."""

        def work(connection: sa.Connection) -> None:
            for name in names:
                connection.execute(
                    sa.text(
                        "INSERT INTO shop_state (shop, guarded_since, feed_due_at) VALUES (:shop, :now, :now)"
                        " ON CONFLICT (shop) DO NOTHING"
                    ),
                    {"shop": name, "now": now},
                )

        self._writer.run(work)

    def get(self, shop: str) -> ShopState:
        columns = [shop_state.c[field.name] for field in fields(ShopState)]
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(*columns).where(shop_state.c.shop == shop)).first()
        return ShopState(*row) if row else ShopState(shop)

    def raise_alarm(self, alarm: ShopAlarm, now: float) -> None:
        """Show the platform's own ``alarm`` to people, and have the feed look for orders that were lost meanwhile.

        A person's request that waits for its answer stays in sight: it has a deadline.
        """
        mine = shop_state.c.shop == alarm.shop
        free = mine & (shop_state.c.alarm_code.is_(None) | (shop_state.c.alarm_code != ACCESS_REQUEST))

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.update(shop_state).where(mine).values(feed_due_at=now))
            connection.execute(sa.update(shop_state).where(free).values(**_shown(alarm, now)))

        self._writer.run(work)

    def mention(self, alarm: ShopAlarm, now: float) -> None:
        """Show ``alarm`` to people if nothing else is to be seen to: any other may name the only remedy."""
        free = (shop_state.c.shop == alarm.shop) & shop_state.c.alarm_code.is_(None)
        self._writer.run(
            lambda connection: connection.execute(sa.update(shop_state).where(free).values(**_shown(alarm, now)))
        )

    def clear_alarm(self, shop: str) -> None:
        self.update(shop, alarm_code=None, alarm_text=None, alarm_at=None)

    def claim_feed(self, shop: str, claimant: Claimant, now: float, until: float) -> bool:
        """Whether this worker shall ask the feed of ``shop`` now; nobody else will before ``until``."""
        due = (shop_state.c.shop == shop) & (shop_state.c.feed_due_at <= now)
        claim = sa.update(shop_state).where(due).values(feed_due_at=until, feed_by=_reader(claimant))
        return self._writer.run(lambda connection: connection.execute(claim).rowcount == 1)

    def take_back_feeds(self, claimant: Claimant, now: float) -> None:
        """Make feeds due that a dead predecessor of this worker was reading."""
        mine = shop_state.c.feed_by.startswith(f"{claimant.name}/", autoescape=True)
        abandoned = mine & (shop_state.c.feed_by != _reader(claimant))
        take = sa.update(shop_state).where(abandoned).values(feed_due_at=now, feed_by=None)
        self._writer.run(lambda connection: connection.execute(take))

    def feeds_due(self, now: float) -> Sequence[str]:
        with reading(self._engine) as connection:
            query = sa.select(shop_state.c.shop).where(shop_state.c.feed_due_at <= now)
            return connection.execute(query).scalars().all()

    def update(self, shop: str, **values: Any) -> None:
        self._writer.run(
            lambda connection: connection.execute(
                sa.update(shop_state).where(shop_state.c.shop == shop).values(**values)
            )
        )


def _shown(alarm: ShopAlarm, now: float) -> dict[str, Any]:
    return {"alarm_code": alarm.code[:100], "alarm_text": alarm.text[:500], "alarm_at": now}


def _reader(claimant: Claimant) -> str:
    return f"{claimant.name}/{claimant.boot}"


# Every order needs these, and to put a statement together costs several times as much as running it.
_WHICH = shop_state.c.shop == sa.bindparam("which")
_NOTE_EVENT = sa.update(shop_state).where(_WHICH).values(last_event_at=sa.bindparam("now"))
_CALLS = sa.select(shop_state.c.calls_left, shop_state.c.calls_at).where(_WHICH).with_for_update()
_SET_CALLS = sa.update(shop_state).where(_WHICH).values(calls_left=sa.bindparam("left"), calls_at=sa.bindparam("at"))


def note_event(connection: sa.Connection, shop: str, now: float) -> None:
    """Remember that the platform was heard, as part of a larger transaction."""
    connection.execute(_NOTE_EVENT, {"which": shop, "now": now})


def take_call(connection: sa.Connection, shop: str, rate_per_s: float, now: float) -> float:
    """Take one write-back from the shop's budget and return how many seconds it must wait, 0 for none.

    The budget is a token bucket kept with the shop, so all workers together stay below ``rate_per_s``.
    """
    row = connection.execute(_CALLS, {"which": shop}).first()
    most = max(1.0, rate_per_s * _BURST_S)
    left, at = (most, now) if row is None or row.calls_left is None else (row.calls_left, row.calls_at)
    left = min(most, left + max(0.0, now - at) * rate_per_s) - 1.0
    connection.execute(_SET_CALLS, {"which": shop, "left": left, "at": max(at, now)})
    return max(0.0, at - now) + max(0.0, -left / rate_per_s)


def pause_calls(connection: sa.Connection, shop: str, until: float) -> None:
    """Let the shop's budget rest until the platform wants to hear from us again (``Retry-After``)."""
    left = sa.case((shop_state.c.calls_left < 0, shop_state.c.calls_left), else_=0.0)
    at = sa.case((shop_state.c.calls_at > until, shop_state.c.calls_at), else_=until)
    connection.execute(sa.update(shop_state).where(shop_state.c.shop == shop).values(calls_left=left, calls_at=at))
