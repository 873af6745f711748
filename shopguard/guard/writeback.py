"""Carrying out effects at the platform, and what to do when it does not work: later, next best, or a person."""

import threading
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from shopguard.adapter import Canceller, Capability, PlatformAdapter
from shopguard.errors import ActionUnsupported, PlatformRefused, StoreUnavailable, TemporaryFailure
from shopguard.guard import effects, standing
from shopguard.guard.claims import backoff_s
from shopguard.guard.effects import Effect, Effects
from shopguard.guard.policy import Action
from shopguard.guard.reviews import reopen
from shopguard.guard.shops import Shops, pause_calls
from shopguard.model import OrderRef, Undo
from shopguard.storage.engine import reading

_log = structlog.get_logger()


class WriteBack:
    """Runs claimed effects."""

    def __init__(
        self,
        engine: sa.Engine,
        queue: Effects,
        shops: Shops,
        attempts: int,
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._queue, self._shops = engine, queue, shops
        self._attempts, self._clock = attempts, clock

    def standing(self, ref: OrderRef) -> tuple[Effect | None, bool]:
        """Return our hold that stands on the order or is on its way there, and whether we cleared the shop's gate."""
        with reading(self._engine) as connection:
            return standing.standing_hold(connection, ref), standing.is_gate_cleared(connection, ref)

    def run(self, effect: Effect) -> None:
        """Carry out one claimed effect and record how it went. Raises ``StoreUnavailable`` alone."""
        shop = self._shops.get(effect.shop)
        if shop is None:
            self._give_up(effect, "this shop is no longer in the configuration")
            return
        if effect.lease_until is not None and self._clock() >= effect.lease_until:
            return  # it waited here for so long that another worker may have it
        if effect.attempts > self._attempts + 1:  # one more, for when a person has it tried again
            # each ended without a word, as when it kills its worker
            self._give_up(effect, f"given up after {effect.attempts} attempts without an answer")
            return
        try:
            undo = self._call(effect, shop.adapter)
            self._queue.confirm(effect, self._clock(), undo)
        except ActionUnsupported as error:
            self._next_best(effect, shop.adapter, error)
        except PlatformRefused as error:
            self._give_up(effect, str(error))
            self._tell("write_back_refused", effect, error)
        except TemporaryFailure as error:
            self._later(effect, error, error.retry_after_s)
        except StoreUnavailable:
            raise
        except Exception as error:
            # a fault of the adapter: every effect is safe to repeat, so it gets its attempts before a person looks
            self._later(effect, error, None)
        else:
            _log.info("written_back", shop=effect.shop, order=effect.order_id, action=effect.action.value)

    def _call(self, effect: Effect, adapter: PlatformAdapter) -> Undo | None:
        match effect.action:
            case Action.HOLD:
                return adapter.hold(effect.ref, effect.mark)
            case Action.FLAG:
                adapter.flag(effect.ref, effect.mark)
            case Action.CLEAR_GATE:
                adapter.clear_gate(effect.ref, effect.argument)
            case Action.RELEASE:
                hold = self._queue.hold_behind(effect)
                # nothing is kept of a hold whose answer was lost: the adapter looks what stands before it acts
                adapter.release(effect.ref, (hold and hold.undo) or {}, effect.mark)
            case Action.CANCEL:
                if not isinstance(adapter, Canceller):
                    raise ActionUnsupported(f"{adapter.platform} cannot cancel an order")
                adapter.cancel(effect.ref, effect.mark)
        return None

    def _next_best(self, effect: Effect, adapter: PlatformAdapter, error: ActionUnsupported) -> None:
        now = self._clock()
        flags = effect.action is Action.HOLD and Capability.FLAG in adapter.capabilities

        def flag_instead(connection: sa.Connection) -> None:
            effects.plan(connection, effect.ref, Action.FLAG, effect.generation, effect.text, now)

        if flags:
            self._queue.fail(effect, str(error), now, instead=flag_instead)
        else:
            self._give_up(effect, str(error))
        self._tell("action_unsupported", effect, error)

    def _later(self, effect: Effect, error: Exception, retry_after_s: float | None) -> None:
        now = self._clock()
        said = str(error) if isinstance(error, TemporaryFailure) else f"unexpected {type(error).__name__}"
        if effect.attempts >= self._attempts:
            self._give_up(effect, f"given up after {effect.attempts} attempts: {said}")
            self._tell("write_back_given_up", effect, error)
            return
        due_at = now + max(retry_after_s or 0.0, backoff_s(effect.attempts))
        pause = None
        if retry_after_s:
            pause = _Pause(effect.shop, now, now + retry_after_s)
        self._queue.put_back(effect, due_at, said[:500], also=pause)

    def _give_up(self, effect: Effect, error: str) -> None:
        """Leave it to a person; an order that was released or cancelled, and is not, is put before them once more."""
        now, decided = self._clock(), effect.action in (Action.RELEASE, Action.CANCEL)
        self._queue.fail(effect, error, now, instead=(lambda c: reopen(c, effect.ref, now)) if decided else None)

    def _tell(self, event: str, effect: Effect, error: Exception) -> None:
        _log.warning(
            event,
            shop=effect.shop,
            order=effect.order_id,
            action=effect.action.value,
            error=type(error).__name__,
            thread=threading.current_thread().name,
        )


class _Pause:
    """Lets the shop rest: its budget and what waits for it, committed together with the effect that was told so."""

    def __init__(self, shop: str, now: float, until: float) -> None:
        self._shop, self._now, self._until = shop, now, until

    def __call__(self, connection: sa.Connection) -> None:
        pause_calls(connection, self._shop, self._until)
        effects.postpone(connection, self._shop, self._now, self._until)
