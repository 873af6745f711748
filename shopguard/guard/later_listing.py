"""The story of an entry that is listed after an order was judged: noticed by comparing, then asked about again.

Comparing happens here: the registry hands its additions to whoever asks, and is told nothing of what is watched.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

import structlog

from shopguard.config import Language
from shopguard.errors import ShopGuardError
from shopguard.guard.store import Screening
from shopguard.guard.watch import Pieces, WatchStore, split
from shopguard.guard.wording import reason
from shopguard.model import Order, ScreeningState, Stage, Verdict, VerdictKind
from shopguard.registry.messages import Additions

NEWEST = 10**18 - 1
"""A position that no registry reaches: it answers with the last one it has."""

_log = structlog.get_logger()
_AT_ONCE = 200_000  # pieces compared together: what is watched is read through once for them


class ListingFeed(Protocol):
    """Where a registry tells what it has listed."""

    def additions(self, after: int) -> Additions:
        """Return what was listed after a position. Beyond the last there is nothing, and ``next`` is the last.

        Raises ``ShopGuardError`` if the registry is away or refuses.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Listed:
    """What was listed up to the position ``to``; ``more`` says that there is more already."""

    to: int
    added: Pieces = field(default_factory=dict)
    more: bool = False


class LaterListings:
    """Compares what a registry lists with what is watched, every ``every_s`` seconds."""

    def __init__(self, feed: ListingFeed, watch: WatchStore, every_s: float, clock: Callable[[], float]) -> None:
        self._feed, self._watch, self._every_s, self._clock = feed, watch, every_s, clock
        self._due_at = 0.0

    def due(self) -> bool:
        """Whether it is time to look; says so once."""
        now = self._clock()
        if now < self._due_at:
            return False
        self._due_at = now + self._every_s
        return True

    def look(self) -> int:
        """Have the orders asked about again that concern what was listed since the last time; return how many.

        While the registry is away nothing moves, so nothing is lost. Safe to break off at any point, and for several
        workers at once: the cursor moves together with the marks on the orders, for one of them.
        """
        before = self._watch.position()
        try:
            listed = self._latest() if before is None else self._since(before)
        except ShopGuardError as error:
            _log.warning("listings_unread", error=type(error).__name__)
            return 0
        if listed.to == before:
            return 0
        self._watch.begin_round()
        if before is None:  # nobody compared until now: what is watched may have been asked about too early
            concerned = self._watch.all_forms()
        else:
            concerned = self._watch.concerned(listed.added) if listed.added else ()
        if not self._watch.move(before, listed.to, concerned):
            return 0
        if listed.more:
            self._due_at = self._clock()
        if concerned:
            _log.info("orders_concerned_by_listings", orders=len(concerned))
        return len(concerned)

    def _latest(self) -> _Listed:
        """What was listed before the first time needs no comparison: every look-up from now on knows it."""
        return _Listed(self._feed.additions(NEWEST).next)

    def _since(self, before: int) -> _Listed:
        added: dict[int, set[bytes]] = defaultdict(set)
        to = before
        while True:
            page = self._feed.additions(to)
            if page.next < before:  # the registry was restored to an earlier state: begin at its beginning
                return _Listed(0, more=True)
            for values in page.added:
                added[values.epoch].update(split(values.values))
            goes_on, to = page.more and page.next > to, page.next
            if not goes_on or sum(map(len, added.values())) >= _AT_ONCE:
                return _Listed(to, added, goes_on)


class News(Enum):
    """What an answer adds to what was made of an order before."""

    NONE = auto()
    MORE = auto()  # another entry speaks for what stands already: whoever decides about it shall see it
    WORSE = auto()  # it calls for more than what stands


def news_in(verdict: Verdict, earlier: Screening, *, released: bool) -> News:
    """Return what ``verdict`` adds to the judgement ``earlier`` of the same form.

    Args:
        released: a person let the order go after that.
    """
    stood = VerdictKind.ALLOW if released else earlier.kind
    known = earlier.verdict.matches if earlier.verdict else ()
    if verdict.state is not ScreeningState.SCREENED or verdict.matches == known:
        return News.NONE
    if verdict.kind.severity > stood.severity:
        return News.WORSE
    return News.MORE if verdict.kind is earlier.kind and not released else News.NONE


def as_news(verdict: Verdict, language: Language) -> Verdict:
    """Return ``verdict`` with the reason that it comes after an earlier one."""
    return replace(verdict, reasons=(*verdict.reasons, reason("listed_later", language)))


def tell(order: Order, verdict: Verdict) -> None:
    """Alert the operators' log; what has shipped nobody can hold any more."""
    say = _log.warning if order.stage is Stage.SHIPPED else _log.info
    say("listed_later", shop=order.shop, order=order.id, stage=order.stage.value, verdict=verdict.kind.value)
