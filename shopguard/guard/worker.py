"""The worker: takes what is due and works on it with a few threads, until it is told to stop."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import structlog

from shopguard.adapter import Event
from shopguard.config import WorkerSettings
from shopguard.errors import PayloadInvalid, PlatformRefused, ShopGuardError, StoreUnavailable, TemporaryFailure
from shopguard.guard.claims import Claimant, backoff_s
from shopguard.guard.effects import Effect, Effects
from shopguard.guard.inbox import Delivery, Inbox
from shopguard.guard.later_listing import LaterListings
from shopguard.guard.notices.delivery import Notices
from shopguard.guard.pipeline import Pipeline, never_mind
from shopguard.guard.privacy import PrivacyDesk
from shopguard.guard.reconcile import Reconciliation
from shopguard.guard.retention import Retention
from shopguard.guard.shops import Shops, ShopStates
from shopguard.guard.store import OrderStore, Screening
from shopguard.guard.writeback import WriteBack
from shopguard.model import Order, OrderEvent, PrivacyRequest, ShopAlarm
from shopguard.storage.changes import ChangeWatch
from shopguard.storage.writer import Writer

Item = TypeVar("Item")

_log = structlog.get_logger()
_PURGE_EVERY_S = 3600.0
_PAUSE_S = 1.0  # after a round that failed as a whole
_JUDGES = 2
_AT_ONCE = 4  # deliveries claimed per thread: enough to share a commit, few enough to be retaken quickly


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the worker works with. ``listings`` is None where no registry tells what it lists, ``notices`` where
    nobody is told of anything."""

    shops: Shops
    inbox: Inbox
    effects: Effects
    store: OrderStore
    pipeline: Pipeline
    write_back: WriteBack
    privacy: PrivacyDesk
    reconciliation: Reconciliation
    retention: Retention
    states: ShopStates
    writer: Writer
    listings: LaterListings | None = None
    notices: Notices | None = None


class Worker:
    """One process's share of the work."""

    def __init__(
        self,
        desk: Desk,
        claimant: Claimant,
        settings: WorkerSettings,
        watch: ChangeWatch,
        clock: Callable[[], float],
    ) -> None:
        self._desk, self._claimant, self._settings = desk, claimant, settings
        self._watch, self._clock = watch, clock
        # judging only computes, and more threads at it take Python's lock from each other; platforms make wait
        self._judges = ThreadPoolExecutor(min(_JUDGES, settings.threads), thread_name_prefix="judge")
        self._callers = ThreadPoolExecutor(settings.threads, thread_name_prefix="caller")
        self._under_way: set[Future[None]] = set()
        self._counting = threading.Lock()
        self._most = settings.threads * _AT_ONCE
        self._housekeeping_at = self._purge_at = self._try_again_at = 0.0
        self._registry_answers = False  # as far as is known

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set, whatever happens meanwhile; then finish what was begun."""
        begun = False
        while not stop.is_set():
            try:
                if not begun:
                    self._begin()
                    begun = True
                busy = self._round()
            except StoreUnavailable as error:
                _log.error("store_unavailable", error=str(error))
                stop.wait(_PAUSE_S)
            except Exception as error:
                _log.error("unexpected", error=type(error).__name__, place=_place(error))
                stop.wait(_PAUSE_S)
            else:
                if not busy:
                    self._watch.wait(self._settings.poll_s, stop)
        self._judges.shutdown(wait=True, cancel_futures=True)
        self._callers.shutdown(wait=True, cancel_futures=True)
        self._watch.close()

    def run_until_idle(self) -> None:
        """Work until nothing is due, then return; for tests, benchmarks and one-off commands."""
        self._begin()
        idle = 0
        while idle < 2:  # what ended during a round may have left work behind it: only the next one sees that
            was_busy = bool(self._unfinished())
            idle = 0 if self._round() or was_busy or self._unfinished() else idle + 1
            wait(self._unfinished())
        self._judges.shutdown(wait=True)
        self._callers.shutdown(wait=True)
        self._watch.close()

    def _begin(self) -> None:
        now = self._clock()
        self._desk.states.introduce(list(self._desk.shops), now)
        self._desk.states.take_back_feeds(self._claimant, now)
        taken = self._desk.inbox.take_back(self._claimant, now) + self._desk.effects.take_back(self._claimant, now)
        if taken:
            _log.info("work_taken_back", rows=taken, worker=self._claimant.name)

    def _round(self) -> bool:
        """Hand out what is due; False if nothing was."""
        self._housekeeping()
        under_way = self._unfinished()
        now, free = self._clock(), self._most - len(under_way)
        if free <= 0:
            wait(under_way, return_when=FIRST_COMPLETED)  # whichever it is: one may hang on a slow platform
            return True
        handed = 0
        if self._desk.effects.any_due(now):
            for effect in self._desk.effects.claim(self._claimant, now, free):
                handed += self._submit(self._callers, self._desk.write_back.run, effect)
        if free > handed and self._desk.inbox.any_due(now):
            for delivery in self._desk.inbox.claim(self._claimant, now, free - handed):
                handed += self._submit(self._judges, self._work_on, delivery)
        return handed + self._hand_out_questions(now, free - handed) > 0

    def _hand_out_questions(self, now: float, free: int) -> int:
        """Have orders judged again whose registry was silent: one now and then until it answers, then all at once.

        The orders of a long outage are many, and each would cost a judgement to find out what one of them tells.
        """
        if not self._registry_answers:
            if now < self._try_again_at:
                return 0
            self._try_again_at, free = now + self._settings.poll_s, min(free, 1)
        if free <= 0:
            return 0
        due = self._desk.store.claim_to_ask(now, now + self._claimant.lease_s, free)
        return sum(self._submit(self._judges, self._ask_again, earlier) for earlier in due)

    def _unfinished(self) -> set[Future[None]]:
        with self._counting:
            self._under_way = {future for future in self._under_way if not future.done()}
            return set(self._under_way)

    def _submit(self, threads: ThreadPoolExecutor, work: Callable[[Item], None], item: Item) -> int:
        with self._counting:
            self._under_way.add(threads.submit(self._guarded, work, item))
        return 1

    def _carry_out(self, effect: Effect) -> None:
        """Let the next free caller carry out what a judge has just written down."""
        self._submit(self._callers, self._desk.write_back.run, effect)

    def _guarded(self, work: Callable[[Item], None], item: Item) -> None:
        """A thread never dies of its work: what could not be recorded comes back when its lease runs out."""
        try:
            work(item)
        except StoreUnavailable as error:
            _log.error("store_unavailable", error=str(error))
        except Exception as error:
            _log.error("unexpected", error=type(error).__name__, place=_place(error))

    def _housekeeping(self) -> None:
        now = self._clock()
        if now < self._housekeeping_at:
            return
        self._housekeeping_at = now + self._settings.poll_s
        for name in self._desk.reconciliation.due(self._claimant):
            self._submit(self._callers, self._read_feed, name)
        if self._desk.listings and self._desk.listings.due():
            self._submit(self._callers, self._look_for_listings, self._desk.listings)
        if self._desk.notices and self._desk.notices.due():
            self._submit(self._callers, self._tell, self._desk.notices)
        if now >= self._purge_at:
            self._purge_at = now + _PURGE_EVERY_S
            self._desk.retention.purge()

    def _read_feed(self, shop: str) -> None:
        self._desk.reconciliation.read(shop)

    def _look_for_listings(self, listings: LaterListings) -> None:
        listings.look()

    def _tell(self, notices: Notices) -> None:
        notices.round()

    def _ask_again(self, earlier: Screening) -> None:
        self._registry_answers = self._desk.pipeline.ask_again(earlier, self._carry_out)

    def _work_on(self, delivery: Delivery) -> None:
        """Do what one delivery asks for, and leave it done, waiting or dead."""
        if delivery.attempts > self._settings.attempts:  # each ended without a word, as when it kills its worker
            self._dead(delivery, f"given up after {self._settings.attempts} attempts that never ended")
            return
        try:
            self._handle_all(delivery, self._events(delivery))
        except (PayloadInvalid, PlatformRefused) as error:
            self._dead(delivery, str(error))
        except TemporaryFailure as error:
            self._later(delivery, str(error), error.retry_after_s)
        except StoreUnavailable:
            raise
        except ShopGuardError as error:
            self._dead(delivery, str(error))
        except Exception as error:
            _log.error("unexpected", delivery=delivery.id, error=type(error).__name__, place=_place(error))
            self._later(delivery, f"unexpected {type(error).__name__}", None)

    def _events(self, delivery: Delivery) -> Sequence[Event]:
        shop = self._desk.shops.get(delivery.shop)
        if shop is None:
            raise PlatformRefused("this shop is no longer in the configuration")
        content = self._desk.inbox.content(delivery)
        if content is None:
            raise PayloadInvalid("the content was emptied by retention or erasure")
        if isinstance(content, Order):
            return [OrderEvent(content.ref, content)]
        return shop.adapter.parse(content)

    def _handle_all(self, delivery: Delivery, events: Sequence[Event]) -> None:
        private = any(isinstance(event, PrivacyRequest) for event in events)
        finish = self._desk.inbox.finisher(delivery, self._clock(), empty=private)
        if len(events) == 1 and isinstance(events[0], OrderEvent):
            # one commit for the verdict and the delivery
            self._desk.pipeline.handle(events[0], finish, self._carry_out)
            return
        failures = [error for event in events if (error := self._try(event)) is not None]
        if failures:  # the others were handled; a repeat of the delivery finds them judged
            raise next((error for error in failures if _may_mend(error)), failures[0])
        self._desk.writer.run(lambda connection: finish(connection, None))

    def _try(self, event: Event) -> Exception | None:
        try:
            match event:
                case OrderEvent():
                    self._desk.pipeline.handle(event, never_mind, self._carry_out)
                case PrivacyRequest():
                    self._desk.privacy.handle(event)
                case ShopAlarm():
                    self._desk.states.raise_alarm(event, self._clock())
                    _log.error("shop_alarm", shop=event.shop, code=event.code)
        except Exception as error:
            return error
        return None

    def _later(self, delivery: Delivery, error: str, retry_after_s: float | None) -> None:
        if delivery.attempts >= self._settings.attempts:
            self._dead(delivery, f"given up after {delivery.attempts} attempts: {error}")
            return
        due_at = self._clock() + max(retry_after_s or 0.0, backoff_s(delivery.attempts))
        self._desk.inbox.put_back(delivery, due_at, error[:500])

    def _dead(self, delivery: Delivery, error: str) -> None:
        self._desk.inbox.give_up(delivery, error)
        text = f"delivery {delivery.id} was given up: see `shopguard dead`"
        self._desk.states.mention(ShopAlarm(delivery.shop, "dead_letter", text), self._clock())
        _log.error("dead_letter", delivery=delivery.id, shop=delivery.shop)


def _may_mend(error: Exception) -> bool:
    """Whether trying again can help: one order that is refused for good must not bury its neighbour's retry."""
    return isinstance(error, TemporaryFailure | StoreUnavailable) or not isinstance(error, ShopGuardError)


def _place(error: Exception) -> list[str]:
    """Where an error arose, for the log: places in the code only, for its message may quote an order."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)[-4:]
    ]
