"""The story of one order: read it, ask the registry, judge, write down what shall happen, make it happen."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa

from shopguard.guard import effects, policy, reviews
from shopguard.guard.claims import Claimant, backoff_s
from shopguard.guard.effects import Effect
from shopguard.guard.policy import Action
from shopguard.guard.reviews import Reviews, ReviewState
from shopguard.guard.screening import Screener, ScreeningRules
from shopguard.guard.shops import GuardedShop, Shops, note_event, take_call
from shopguard.guard.store import OrderStore, Screening
from shopguard.guard.wording import note_text, reason, released_text
from shopguard.guard.writeback import WriteBack
from shopguard.model import Order, OrderEvent, OrderRef, ScreeningState, Stage, Verdict, VerdictKind
from shopguard.storage.writer import Writer

Finish = Callable[[sa.Connection, str | None], None]
"""Marks the delivery behind an event done, in the same transaction as the last thing it caused."""


def never_mind(_connection: sa.Connection, _order_id: str | None) -> None:
    """The ``Finish`` of an event that no delivery stands behind, or that is not the last of its delivery."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an order from before this event."""

    echo: bool = False  # exactly these fields were judged already
    holding: bool = False  # our hold stands on it, or is on its way
    released_entries: frozenset[str] | None = None  # what an operator released it from, None if nobody did


class Pipeline:
    """Handles order events, one at a time for each order."""

    def __init__(
        self,
        shops: Shops,
        store: OrderStore,
        screener: Screener,
        write_back: WriteBack,
        waiting: Reviews,
        writer: Writer,
        claimant: Claimant,
        clock: Callable[[], float],
    ) -> None:
        self._shops, self._store, self._screener = shops, store, screener
        self._write_back, self._reviews, self._writer = write_back, waiting, writer
        self._claimant, self._clock = claimant, clock
        self._turns = Turns()

    def handle(self, event: OrderEvent, finish: Finish = never_mind) -> Verdict | None:
        """Judge one new or changed order and write the verdict back onto it.

        Returns None for an echo (nothing that matters has changed), for a delivery that a later one overtook,
        and for an order that is not to be judged now. Raises what ``adapter.fetch`` raises, and
        ``StoreUnavailable``; then nothing was recorded.
        """
        shop = self._shops[event.ref.shop]
        order = event.order or shop.adapter.fetch(event.ref)
        with self._turns.of(order.ref):
            if self._store.is_outdated(order):
                self._writer.run(lambda connection: finish(connection, order.id))
                return None
            past = self._past(order)
            if past.echo or order.test or order.stage in (Stage.DRAFT, Stage.CLOSED):
                self._note(order, finish)
                return None
            verdict = self._judge(order, shop, past)
            effect = self._record(order, shop, verdict, past, finish)
            if effect:
                self._write_back.run(effect)
            return verdict

    def ask_again(self, earlier: Screening) -> None:
        """Judge an order once more whose registry was silent, and put right what was done meanwhile."""
        shop, order = self._shops.get(earlier.ref.shop), self._store.order(earlier.ref)
        with self._turns.of(earlier.ref):
            if shop is None or order is None or order.stage is Stage.CLOSED:
                self._writer.run(lambda c: self._store.stop_asking(c, earlier))
                return
            past = replace(self._past(order), echo=False)
            verdict = self._judge(order, shop, past)
            effect = self._record_again(earlier, order, shop, verdict, past)
            if effect:
                self._write_back.run(effect)

    def _past(self, order: Order) -> Past:
        latest = self._store.latest(order.ref)
        if latest is None:
            return Past()
        digest = self._screener.digest(order)
        if latest.digest == digest or self._store.is_screened(order.ref, digest):
            return Past(echo=True)
        return self._standing(order.ref, latest)

    def _standing(self, ref: OrderRef, latest: Screening) -> Past:
        holding = self._write_back.is_holding(ref)
        review = self._reviews.get(ref)
        if review is None or review.state is not ReviewState.RELEASED or latest.verdict is None:
            return Past(holding=holding)
        return Past(holding=holding, released_entries=frozenset(m.entry for m in latest.verdict.matches))

    def _judge(self, order: Order, shop: GuardedShop, past: Past) -> Verdict:
        verdict = self._screener.screen(order, rules_of(shop))
        entries = {match.entry for match in verdict.matches}
        if past.released_entries is not None and entries and entries <= past.released_entries:
            why = reason("released_before", shop.settings.language)
            return replace(verdict, kind=VerdictKind.ALLOW, reasons=(*verdict.reasons, why))
        return verdict

    def _note(self, order: Order, finish: Finish) -> None:
        """Remember the order's latest form; nothing else follows from it."""
        now = self._clock()
        keep = self._store.keep(order, now)

        def work(connection: sa.Connection) -> None:
            keep(connection)
            note_event(connection, order.shop, now)
            if order.stage is Stage.CLOSED:
                reviews.close_review(connection, order.ref, now)
            finish(connection, order.id)

        self._writer.run(work)

    def _record(self, order: Order, shop: GuardedShop, verdict: Verdict, past: Past, finish: Finish) -> Effect | None:
        """Commit the verdict and what follows from it; returns the effect to run now, if any."""
        now = self._clock()
        measure = policy.measure(order, verdict, shop.settings, shop.adapter.capabilities, past.holding)
        verdict = replace(verdict, reasons=(*verdict.reasons, *measure.asides))
        keep = self._store.keep(order, now)
        judged = self._store.judged(
            order, self._screener.digest(order), verdict, now, self._ask_again_at(verdict, 1, now)
        )

        def work(connection: sa.Connection) -> Effect | None:
            generation = judged(connection)
            keep(connection)
            note_event(connection, order.shop, now)
            finish(connection, order.id)
            if generation is None:  # another worker judged it in the same moment
                return None
            return self._follow(connection, order.ref, shop, verdict, measure, generation, now)

        return self._writer.run(work)

    def _record_again(
        self, earlier: Screening, order: Order, shop: GuardedShop, verdict: Verdict, past: Past
    ) -> Effect | None:
        now = self._clock()
        measure = policy.measure(order, verdict, shop.settings, shop.adapter.capabilities, past.holding)
        again_at = self._ask_again_at(verdict, earlier.asked + 1, now)
        judged_again = self._store.judged_again(earlier, verdict, now, again_at)
        language = shop.settings.language

        def work(connection: sa.Connection) -> Effect | None:
            if not judged_again(connection) or verdict.state is ScreeningState.UNSCREENED:
                return None
            if verdict.kind is VerdictKind.ALLOW:  # the answer is clean: our hold was only for the silence
                reviews.close_review(connection, order.ref, now)
                reviews.take_hold_away(connection, order.ref, released_text(language), now)
            return self._follow(connection, order.ref, shop, verdict, measure, earlier.generation, now)

        return self._writer.run(work)

    def _follow(
        self,
        connection: sa.Connection,
        ref: OrderRef,
        shop: GuardedShop,
        verdict: Verdict,
        measure: policy.Measure,
        generation: int,
        now: float,
    ) -> Effect | None:
        settings = shop.settings
        if measure.to_review:
            reviews.open_review(connection, ref, generation, verdict.kind, settings.mode.value, now)
        if measure.action is None:
            return None
        text = "" if measure.action is Action.CLEAR_GATE else note_text(verdict, settings.language)
        wait_s = take_call(connection, settings.name, settings.rate_per_s, now)
        return effects.plan(
            connection,
            ref,
            measure.action,
            generation,
            text,
            now,
            argument=measure.argument,
            wait_s=wait_s,
            claimant=self._claimant,
        )

    def _ask_again_at(self, verdict: Verdict, asked: int, now: float) -> float | None:
        return now + backoff_s(asked) if verdict.state is ScreeningState.UNSCREENED else None


def rules_of(shop: GuardedShop) -> ScreeningRules:
    """Return what a shop's settings say about screening."""
    return ScreeningRules(shop.policy, shop.settings.language, shop.settings.allow_list)


class Turns:
    """Lets one thread at a time work on an order; orders do not wait for each other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[OrderRef, threading.Lock] = {}
        self._users: Counter[OrderRef] = Counter()

    @contextmanager
    def of(self, ref: OrderRef) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(ref, threading.Lock())
            self._users[ref] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._users[ref] -= 1
                if not self._users[ref]:
                    del self._users[ref], self._locks[ref]
