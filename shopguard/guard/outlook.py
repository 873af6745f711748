"""Whether the guard sees every order and may act on it; what is asked for on every page, so it is cheap."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shopguard.guard.health import LATE_S
from shopguard.guard.heartbeats import Beating, Heartbeats
from shopguard.guard.inbox import Inbox
from shopguard.guard.shadow import LONG_ENOUGH_S, Shadows
from shopguard.guard.shops import ACCESS_REQUEST, GuardedShop, Shops, ShopStates, sent_by_platform

KEPT_S = 5.0


class Gap(StrEnum):
    """What keeps the guard from guarding."""

    OFF = "off"  # no worker runs: orders are stored, nobody judges them
    DEAF = "deaf"  # no receiver runs: what platforms send does not come in
    BEHIND = "behind"  # orders wait for longer than they should
    BLIND = "blind"  # the platform said that orders may not arrive
    UNLISTED = "unlisted"  # the platform cannot be asked for what the webhooks missed
    OBSERVE = "observe"  # verdicts are given and not carried out
    OBSERVED = "observed"  # the same, for long enough to choose a mode


@dataclass(frozen=True, slots=True)
class Trouble:
    """One gap. ``shop`` None means all of them; ``since`` is in Unix seconds, None where nobody knows."""

    gap: Gap
    shop: str | None = None
    since: float | None = None


class Outlook:
    """Looks for gaps, at most once in a few seconds.

    Args:
        works: whether somebody will judge what comes in.
    """

    def __init__(
        self,
        inbox: Inbox,
        states: ShopStates,
        shadows: Shadows,
        shops: Shops,
        heartbeats: Heartbeats,
        works: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._inbox, self._states, self._shadows, self._shops = inbox, states, shadows, shops
        self._heartbeats = heartbeats
        self._works, self._clock = works, clock
        self._found: Sequence[Trouble] = ()
        self._looked_at: float | None = None
        self._lock = threading.Lock()

    def troubles(self) -> Sequence[Trouble]:
        """Return what is wrong, the worst first."""
        with self._lock:
            now = self._clock()
            if self._looked_at is None or not 0 <= now - self._looked_at < KEPT_S:
                self._found, self._looked_at = tuple(self._look(now)), now
            return self._found

    def _look(self, now: float) -> Iterator[Trouble]:
        due = self._inbox.overdue_since()
        if not self._works():
            yield Trouble(Gap.OFF, since=self._heartbeats.last(Beating.WORKER) or due)
        elif due is not None and now - due > LATE_S:
            yield Trouble(Gap.BEHIND, since=due)
        if sent_by_platform(self._shops) and (silence := self._heartbeats.silence(Beating.RECEIVER)):
            yield Trouble(Gap.DEAF, since=silence.since)
        found = [gap for shop in self._shops.values() for gap in self._of(shop)]
        found += [self._observing(shop, since, now) for shop, since in self._shadows.observing().items()]
        yield from sorted(found, key=lambda trouble: list(Gap).index(trouble.gap))

    def _of(self, shop: GuardedShop) -> Iterator[Trouble]:
        state = self._states.get(shop.name)
        if state.alarm_code is not None and state.alarm_code != ACCESS_REQUEST:
            yield Trouble(Gap.BLIND, shop.name, state.alarm_at)
        elif state.feed_error:
            yield Trouble(Gap.UNLISTED, shop.name, state.feed_cursor)

    def _observing(self, shop: str, since: float | None, now: float) -> Trouble:
        is_long_enough = since is not None and now - since >= LONG_ENOUGH_S
        return Trouble(Gap.OBSERVED if is_long_enough else Gap.OBSERVE, shop, since)
