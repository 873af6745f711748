"""Shadow mode: since when shops only observe, and what one that has done so for two weeks would have done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from shopguard.config import Mode
from shopguard.guard.modes import Modes
from shopguard.guard.replay import is_last_judgement
from shopguard.guard.shops import Shops, ShopStates
from shopguard.model import VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import screening

LONG_ENOUGH_S = 14 * 86_400.0
"""After how long a shop has seen enough to choose its mode: two weeks have every weekday twice."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """What would have been done with the orders of a shop, each as it was last judged."""

    judged: int
    held: int
    flagged: int


class Shadows:
    """``clock`` is Unix seconds."""

    def __init__(
        self, engine: sa.Engine, shops: Shops, states: ShopStates, modes: Modes, clock: Callable[[], float]
    ) -> None:
        self._engine, self._shops, self._states = engine, shops, states
        self._modes, self._clock = modes, clock

    def observing(self) -> Mapping[str, float | None]:
        """Return the shops that observe and since when (Unix seconds), None where nobody knows."""
        observe = [name for name, shop in self._shops.items() if shop.settings.mode is Mode.OBSERVE]
        changed = self._modes.since() if observe else {}
        return {name: changed.get(name) or self._states.get(name).guarded_since for name in observe}

    def long_enough(self) -> Mapping[str, float]:
        """Return the shops that have observed for long enough, and since when."""
        latest = self._clock() - LONG_ENOUGH_S
        return {name: since for name, since in self.observing().items() if since is not None and since <= latest}

    def of(self, shop: str, since: float) -> Shadow:
        """Return what a shop would have done since a moment."""
        counts = sa.select(screening.c.verdict, sa.func.count()).group_by(screening.c.verdict)
        mine = (screening.c.shop == shop) & (screening.c.screened_at >= since)
        with reading(self._engine) as connection:
            found = connection.execute(counts.where(mine, is_last_judgement()))
            by_kind: dict[str, int] = {row.verdict: row[1] for row in found}
        held, flagged = (by_kind.get(kind.value, 0) for kind in (VerdictKind.HOLD, VerdictKind.FLAG))
        return Shadow(sum(by_kind.values()), held, flagged)
