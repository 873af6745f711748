"""The story of one order: read it, ask the registry, judge, write down what shall happen, make it happen."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from shopguard.guard import effects, later_listing, policy, reviews, standing
from shopguard.guard.claims import Claimant, backoff_s
from shopguard.guard.effects import Effect
from shopguard.guard.later_listing import News
from shopguard.guard.past import Memory, Past, is_released
from shopguard.guard.policy import Action
from shopguard.guard.reviews import Reviews
from shopguard.guard.screening import Screener, ScreeningRules
from shopguard.guard.shipping import ship_by
from shopguard.guard.shops import GuardedShop, Shops, note_event, take_call
from shopguard.guard.signals import among
from shopguard.guard.store import OrderStore, Screening
from shopguard.guard.turns import Turns
from shopguard.guard.watch import Form, NoWatch, Step, Watch, forget
from shopguard.guard.wording import note_text, reason, released_text
from shopguard.guard.writeback import WriteBack
from shopguard.model import Order, OrderEvent, OrderRef, ScreeningState, Stage, Verdict, VerdictKind
from shopguard.storage.writer import Writer

Finish = Callable[[sa.Connection, str | None], None]
"""Marks the delivery behind an event done, in the same transaction as the last thing it caused."""

CarryOut = Callable[[Effect], None]
"""Has a claimed effect carried out, now or soon."""

_ASK_AT_LEAST_EVERY_S = 300.0  # a registry that is back after an outage is asked about every order within minutes
_DECIDED = (Stage.SHIPPED, Stage.CLOSED)  # the shop itself has brought the order to its end


def never_mind(_connection: sa.Connection, _order_id: str | None) -> None:
    """The ``Finish`` of an event that no delivery stands behind, or that is not the last of its delivery."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A verdict, and the step that keeps by what a later entry would be noticed.

    ``acts``: what follows from the verdict is done; else it is only written down.
    """

    verdict: Verdict
    watching: Step
    acts: bool = True


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
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch or NoWatch()
        self._shops, self._store, self._screener = shops, store, screener
        self._write_back, self._writer = write_back, writer
        self._memory = Memory(store, screener, waiting, write_back)
        self._claimant, self._clock = claimant, clock
        self._turns = Turns()

    def handle(
        self, event: OrderEvent, finish: Finish = never_mind, carry_out: CarryOut | None = None
    ) -> Verdict | None:
        """Judge one new or changed order and write the verdict back onto it.

        The platform is called here, or by whoever ``carry_out`` hands the effect to.

        Returns None for an echo (nothing that matters has changed), for a delivery that a later one overtook,
        and for an order that is not to be judged now. Raises what ``adapter.fetch`` raises, and
        ``StoreUnavailable``; then nothing was recorded.
        """
        shop = self._shops[event.ref.shop]
        order = event.order or shop.adapter.fetch(event.ref)
        with self._turns.of(order.ref):
            if event.parcels_changed:
                finish = self._renewing(order.ref, shop, finish)
            if self._store.is_outdated(order, self._clock()):
                self._writer.run(lambda connection: finish(connection, order.id))
                return None
            past = self._memory.of(order)
            seen = self._seen(order, finish)
            if past.echo or order.test or order.stage in (Stage.DRAFT, Stage.CLOSED):
                self._note(order, seen)
                return None
            judged = self._judge(order, shop, past)
            return judged.verdict if self._conclude(order, shop, judged, past, seen, carry_out) else None

    def ask_again(self, earlier: Screening, carry_out: CarryOut | None = None) -> bool:
        """Judge an order once more, and put right what was done meanwhile; False if the registry does not answer.

        It was silent before, or has listed something since that may concern the order.
        """
        with self._turns.of(earlier.ref):
            shop, order = self._shops.get(earlier.ref.shop), self._store.order(earlier.ref)
            if shop is None or order is None or not self._is_still(order, earlier):
                self._writer.run(lambda c: self._store.stop_asking(c, earlier))
                return True
            past = self._memory.of_judged(earlier)
            judged = self._judge(order, shop, past)
            answers = judged.verdict.state is ScreeningState.SCREENED
            late = earlier.state is ScreeningState.SCREENED
            if late:
                news = later_listing.news_in(judged.verdict, earlier, released=past.released is not None)
                if news is News.NONE:
                    self._leave(earlier, judged)
                    return answers
                said = later_listing.as_news(judged.verdict, shop.settings.language)
                judged = replace(judged, verdict=said, acts=news is News.WORSE)

            def seen(connection: sa.Connection) -> bool:
                # asking again is no sign of life of the platform; another worker may know a later form by now
                current = self._store.order_in_turn(connection, earlier.ref)
                return current is not None and self._is_still(current, earlier)

            if self._conclude(order, shop, judged, past, seen, carry_out) and late and judged.acts:
                later_listing.tell(order, judged.verdict)
            return answers

    def _leave(self, earlier: Screening, judged: _Judged) -> None:
        """Leave an order as it was judged: the answer changes nothing, or there is none yet."""
        again_at = self._clock() + backoff_s(earlier.asked + 1, _ASK_AT_LEAST_EVERY_S)
        answered = judged.verdict.state is ScreeningState.SCREENED

        def work(connection: sa.Connection) -> None:
            if answered:
                self._store.stop_asking(connection, earlier)
                judged.watching(connection)
            else:
                self._store.ask_later(connection, earlier, again_at)

        self._writer.run(work)

    def _is_still(self, order: Order, earlier: Screening) -> bool:
        """Whether the order still has the form that was judged, and somebody still cares."""
        return order.stage is not Stage.CLOSED and self._screener.digest(order) == earlier.digest

    def _judge(self, order: Order, shop: GuardedShop, past: Past) -> _Judged:
        rounds = self._watch.rounds()
        screened = self._screener.look_into(order, rules_of(shop))
        verdict, form = screened.verdict, Form(order.ref, self._screener.digest(order))
        watching = self._watch.keep(form, screened.pieces, rounds)
        signs = policy.flagging(among(verdict.reasons), order, shop.policy)
        if is_released(verdict, past.released, signs):
            why = reason("released_before", shop.settings.language)
            verdict = replace(verdict, kind=VerdictKind.ALLOW, reasons=(*verdict.reasons, why))
        return _Judged(verdict, watching)

    def _seen(self, order: Order, finish: Finish) -> Callable[[sa.Connection], bool]:
        """Return the step that remembers the order's latest form and ends its delivery.

        It gives False if another worker has come to know a later form: then nothing more follows from this one.
        """
        now = self._clock()
        keep = self._store.keep(order, now)

        def work(connection: sa.Connection) -> bool:
            before = self._store.take_turn(connection, order.ref) if order.stage in _DECIDED else None
            kept = keep(connection)
            if kept and before not in (None, order.stage):  # first seen like that, it waits for a person all the same
                reviews.decided_at_platform(connection, order.ref, order.stage, now)
            note_event(connection, order.shop, now)
            finish(connection, order.id)
            return kept

        return work

    def _renewing(self, ref: OrderRef, shop: GuardedShop, finish: Finish) -> Finish:
        """Return ``finish`` with the renewal of our hold: the parcels that are new shall not leave without it.

        Only a change of the parcels renews it: whoever took it away by hand wins over every other event.
        """
        now, settings = self._clock(), shop.settings

        def work(connection: sa.Connection, order_id: str | None) -> None:
            finish(connection, order_id)
            open_now = self._store.take_turn(connection, ref) is Stage.OPEN
            hold = standing.standing_hold(connection, ref)
            if open_now and hold and hold.state == "confirmed":
                wait_s = take_call(connection, settings.name, settings.rate_per_s, now)
                standing.renew(connection, hold, now + wait_s)

        return work

    def _note(self, order: Order, seen: Callable[[sa.Connection], bool]) -> None:
        """Remember the order's latest form; no verdict follows from it."""
        now, digest = self._clock(), self._screener.digest(order)

        def work(connection: sa.Connection) -> None:
            if not seen(connection):
                return
            if order.stage is Stage.CLOSED:
                forget(connection, order.ref)
            else:
                self._store.resume_asking(connection, order.ref, digest, now)

        self._writer.run(work)

    def _conclude(
        self,
        order: Order,
        shop: GuardedShop,
        judged: _Judged,
        past: Past,
        seen: Callable[[sa.Connection], bool],
        carry_out: CarryOut | None,
    ) -> bool:
        """Commit the verdict and what follows from it, then do at once what can be done at once.

        False if the verdict does not count: another worker has judged this form, or knows a later one.
        """
        now, verdict = self._clock(), judged.verdict
        measure = policy.measure(
            order,
            verdict,
            shop.settings,
            shop.adapter.capabilities,
            holding=past.holding,
            gate_cleared=past.gate_cleared,
        )
        verdict = replace(verdict, reasons=(*verdict.reasons, *measure.asides))
        store = self._judgement(order, verdict, past.earlier, now)
        remember = self._screener.remember(order, rules_of(shop))

        def work(connection: sa.Connection) -> tuple[bool, Effect | None]:
            # seen first: it makes other workers wait, so that no two take one generation
            generation = store(connection) if seen(connection) else None
            if generation is None:
                return False, None
            remember(connection)
            judged.watching(connection)
            if verdict.state is ScreeningState.SCREENED:
                self._end_waiting(connection, order.ref, shop, verdict, past, now)
            if not judged.acts:
                return True, None
            return True, self._follow(connection, order, shop, verdict, measure, generation, now)

        counts, effect = self._writer.run(work)
        if effect:
            (carry_out or self._write_back.run)(effect)
        return counts

    def _judgement(
        self, order: Order, verdict: Verdict, earlier: Screening | None, now: float
    ) -> Callable[[sa.Connection], int | None]:
        again_at = None
        if verdict.state is not ScreeningState.SCREENED:
            again_at = now + backoff_s(earlier.asked + 1 if earlier else 1, _ASK_AT_LEAST_EVERY_S)
        if earlier:
            return self._store.judged_again(earlier, verdict, now, again_at)
        return self._store.judged(order, self._screener.digest(order), verdict, now, again_at)

    def _end_waiting(
        self, connection: sa.Connection, ref: OrderRef, shop: GuardedShop, verdict: Verdict, past: Past, now: float
    ) -> None:
        """The registry answered: what was done only because of its silence ends.

        Unless the answer calls for it, or a person said that it shall stay.
        """
        clean, settings = verdict.kind is VerdictKind.ALLOW, shop.settings
        ends = past.held_until_answered and verdict.kind is not VerdictKind.HOLD
        if ends and not reviews.is_kept(connection, ref):
            text = released_text(settings.language) if clean else ""
            wait_s = take_call(connection, settings.name, settings.rate_per_s, now)
            reviews.take_hold_away(connection, ref, text, now, wait_s)
        if past.shown_until_answered and clean:
            reviews.close_review(connection, ref, now)

    def _follow(
        self,
        connection: sa.Connection,
        order: Order,
        shop: GuardedShop,
        verdict: Verdict,
        measure: policy.Measure,
        generation: int,
        now: float,
    ) -> Effect | None:
        ref, settings = order.ref, shop.settings
        if measure.to_review:
            leaves = ship_by(order, settings, now)
            reviews.open_review(connection, ref, generation, verdict.kind, settings.mode.value, now, leaves)
        if measure.action is None:
            return None
        text = "" if measure.action is Action.CLEAR_GATE else note_text(verdict, settings.language)
        if measure.action is Action.FLAG and standing.is_said(connection, ref, text):
            return None  # the same note twice tells nobody more
        if measure.action is Action.CLEAR_GATE and reviews.is_kept(connection, ref):
            return None
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


def rules_of(shop: GuardedShop) -> ScreeningRules:
    """Return what a shop's settings say about screening."""
    return ScreeningRules(shop.policy, shop.settings.language, shop.settings.allow_list)
