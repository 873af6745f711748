"""Reconciliation: asking each platform for recent orders, so that a lost webhook costs minutes and no order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from shopguard.adapter import Capability, Feed
from shopguard.config import WorkerSettings
from shopguard.errors import PayloadInvalid, ShopGuardError, StoreUnavailable, TemporaryFailure
from shopguard.guard.claims import Claimant
from shopguard.guard.inbox import Inbox
from shopguard.guard.screening import Screener
from shopguard.guard.shops import GuardedShop, Shops, ShopStates
from shopguard.guard.store import OrderStore
from shopguard.model import Order, Stage

_log = structlog.get_logger()
_JUDGED = (Stage.OPEN, Stage.SHIPPED)
_LONGEST_RUN_S = 600.0  # another worker may take over a feed that did not come back within this time


@dataclass(frozen=True, slots=True)
class Found:
    """What one run of a feed brought: orders looked at, those whose webhook never came, those not to be read."""

    seen: int = 0
    missed: int = 0
    faulty: int = 0


class Reconciliation:
    """Reads the feeds that are due."""

    def __init__(
        self,
        shops: Shops,
        states: ShopStates,
        inbox: Inbox,
        store: OrderStore,
        screener: Screener,
        settings: WorkerSettings,
        clock: Callable[[], float],
    ) -> None:
        self._shops, self._states, self._inbox = shops, states, inbox
        self._store, self._screener, self._settings, self._clock = store, screener, settings, clock

    def due(self, claimant: Claimant) -> list[str]:
        """Return the shops whose feed is to be read now and claim them for ``claimant``."""
        now = self._clock()
        due = [name for name in self._states.feeds_due(now) if name in self._shops]
        return [name for name in due if self._states.claim_feed(name, claimant, now, now + _LONGEST_RUN_S)]

    def read(self, name: str) -> Found:
        """Read the feed of one shop and put into the inbox what was never judged.

        A fault of the platform is remembered for ``doctor`` and the next run starts where this one did.
        """
        shop, started = self._shops[name], self._clock()
        again_at = started + self._settings.reconcile_every_s
        if Capability.POLL not in shop.adapter.capabilities or not isinstance(shop.adapter, Feed):
            self._states.update(name, feed_by=None, feed_due_at=again_at)
            return Found()
        try:
            found = self._read_since(shop, shop.adapter, self._since(name, started))
        except ShopGuardError as error:
            wait = error.retry_after_s if isinstance(error, TemporaryFailure) else None
            again_at = max(again_at, started + (wait or 0.0))
            self._states.update(name, feed_by=None, feed_due_at=again_at, feed_error=str(error)[:500])
            _log.warning("feed_failed", shop=name, error=type(error).__name__)
            return Found()
        except Exception as error:
            self._states.update(
                name, feed_by=None, feed_due_at=again_at, feed_error=f"unexpected {type(error).__name__}"
            )
            _log.error("feed_failed", shop=name, error=type(error).__name__)
            return Found()
        trouble = f"{found.faulty} orders could not be read" if found.faulty else None
        self._states.update(name, feed_by=None, feed_due_at=again_at, feed_cursor=started, feed_error=trouble)
        if found.faulty:
            _log.warning("feed_orders_unreadable", shop=name, faulty=found.faulty, seen=found.seen)
        if found.missed:
            _log.warning("orders_missed_by_webhooks", shop=name, missed=found.missed, seen=found.seen)
        return found

    def _since(self, name: str, started: float) -> datetime:
        cursor = self._states.get(name).feed_cursor
        first = started - self._settings.first_look_back_s
        since = first if cursor is None else cursor - self._settings.reconcile_overlap_s
        return datetime.fromtimestamp(since, UTC)

    def _read_since(self, shop: GuardedShop, feed: Feed, since: datetime) -> Found:
        seen = missed = faulty = 0
        for order in feed.orders_since(since):
            seen += 1
            if isinstance(order, PayloadInvalid):
                faulty += 1
                continue
            try:
                missed += self._take(order)
            except StoreUnavailable:
                raise
            except Exception as error:  # one bad order never stops the next
                faulty += 1
                _log.error("feed_order_failed", shop=shop.name, order=order.id, error=type(error).__name__)
        return Found(seen, missed, faulty)

    def _take(self, order: Order) -> bool:
        """Put ``order`` into the inbox if its webhook was lost; returns whether it was.

        A lost webhook shows in fields that were never judged, or in a stage that is not the one last seen: placed
        again, shipped or closed, each of which ends or begins something.
        """
        if order.test or order.stage is Stage.DRAFT:
            return False
        known = self._store.stage(order.ref)
        if order.stage is Stage.CLOSED and known not in _JUDGED:
            return False
        digest = self._screener.digest(order)
        if known in (None, order.stage) and self._store.is_screened(order.ref, digest):
            return False
        # with what was known: an order may be cancelled and placed again more than once
        moved = f"{known or ''}>{order.stage}@{order.changed_at or ''}"
        key = f"feed:{order.id}:{moved}:{digest}"
        return self._inbox.accept_order(order.shop, key, order, self._clock())
