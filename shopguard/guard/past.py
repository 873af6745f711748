"""What is known of an order from before: how it was judged, what stands on it, what a person decided."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from shopguard.guard.reviews import Reviews, ReviewState
from shopguard.guard.screening import Screener
from shopguard.guard.signals import OF_OWN_LIST, Signal, among
from shopguard.guard.store import OrderStore, Screening
from shopguard.guard.writeback import WriteBack
from shopguard.model import Order, OrderRef, ScreeningState, Stage, Strength, Verdict, VerdictKind


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an order from before this event."""

    echo: bool = False  # exactly these fields were judged already
    earlier: Screening | None = None  # a judgement of exactly these fields that is to be made anew
    holding: bool = False  # our hold stands on it, or is on its way
    held_until_answered: bool = False  # it stands for no other reason than the registry's silence
    shown_until_answered: bool = False  # it is before a person for no other reason
    gate_cleared: bool = False  # we let it through the shop's own gate
    released: "Released | None" = None  # what an operator looked at and let go all the same


@dataclass(frozen=True, slots=True)
class Released:
    """What spoke against an order that an operator released: entries with their strongest match, and signals.

    ``own``: the lines of the shop's own list.
    """

    entries: Mapping[str, Strength]
    signals: frozenset[Signal]
    own: frozenset[int] = frozenset()


class Memory:
    """Recalls the past of orders."""

    def __init__(self, store: OrderStore, screener: Screener, reviews: Reviews, write_back: WriteBack) -> None:
        self._store, self._screener, self._reviews, self._write_back = store, screener, reviews, write_back

    def of(self, order: Order) -> Past:
        """Return what is known of ``order`` before this event."""
        history = self._store.history(order.ref)
        digest = self._screener.digest(order)
        earlier = next((screening for screening in history if screening.digest == digest), None)
        reopened = bool(history) and self._store.stage(order.ref) is Stage.CLOSED
        if earlier and not reopened:
            return Past(echo=True)
        past = self._standing(order.ref, history, earlier)
        # cancelled or failed, and now placed again: what stood on it then need not stand any more
        return replace(past, holding=False) if reopened else past

    def of_judged(self, earlier: Screening) -> Past:
        """Return what is known of an order whose registry is asked once more."""
        return self._standing(earlier.ref, self._store.history(earlier.ref), earlier)

    def _standing(self, ref: OrderRef, history: Sequence[Screening], earlier: Screening | None) -> Past:
        if not history:
            return Past()
        hold, gate_cleared = self._write_back.standing(ref)
        review = self._reviews.get(ref)
        held_until_answered = hold is not None and not _was_answered(history, hold.generation, VerdictKind.HOLD)
        return Past(
            earlier=earlier,
            holding=hold is not None,
            held_until_answered=held_until_answered,
            shown_until_answered=review is not None
            and not _was_answered(history, review.generation, VerdictKind.FLAG)
            and (hold is None or held_until_answered),
            gate_cleared=gate_cleared,
            released=_released(history) if review and review.state is ReviewState.RELEASED else None,
        )


def _was_answered(history: Sequence[Screening], since: int, at_least: VerdictKind) -> bool:
    """Whether the registry's own answer, not a copy, led to such a verdict in generation ``since`` or later."""
    return any(
        screening.generation >= since
        and screening.state is ScreeningState.SCREENED
        and screening.kind.severity >= at_least.severity
        for screening in history
    )


def _released(history: Sequence[Screening]) -> Released:
    """Return what was ever acted on."""
    strongest: dict[str, Strength] = {}
    signals: set[Signal] = set()
    own: set[int] = set()
    for verdict in (screening.verdict for screening in history if screening.verdict):
        released = any(why.code == "released_before" for why in verdict.reasons)
        if verdict.kind is VerdictKind.ALLOW and not released:
            continue
        signals |= among(verdict.reasons)
        own.update(match.entry for match in verdict.own)
        for match in verdict.matches:
            known = strongest.get(match.entry, Strength.NONE)
            strongest[match.entry] = max(known, match.comparison.strength, key=lambda s: s.rank)
    return Released(strongest, frozenset(signals), frozenset(own))


def is_released(verdict: Verdict, released: Released | None, flagging: Set[Signal] = frozenset()) -> bool:
    """Whether all that speaks against the order is what an operator released it from.

    Args:
        flagging: the signals of ``verdict`` that flag.
    """
    if released is None or verdict.kind is VerdictKind.ALLOW or verdict.state is ScreeningState.UNSCREENED:
        return False
    if not flagging <= released.signals:
        return False
    if flagging & OF_OWN_LIST and not {match.entry for match in verdict.own} <= released.own:
        return False
    known = released.entries
    return all(m.comparison.strength.rank <= known.get(m.entry, Strength.NONE).rank for m in verdict.matches)
