"""Epochs: the spans of time in which one seed, and one version of the rules of identity, lead to the entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class EpochState(StrEnum):
    """The life of an epoch, in this order."""

    PREPARING = "preparing"  # being sealed: not served
    LIVE = "live"
    CLOSING = "closing"  # still served to members who have not switched yet
    CLOSED = "closed"  # its rows go, its seed is destroyed


SERVED = (EpochState.LIVE, EpochState.CLOSING)


@dataclass(frozen=True, slots=True)
class Epoch:
    """``profile`` is the version of the rules of identity; ``since`` (Unix seconds) when it came into its state."""

    number: int
    profile: int
    state: EpochState
    since: float


def served(epochs: Iterable[Epoch]) -> tuple[Epoch, ...]:
    """Return the epochs that are served, the oldest first."""
    return tuple(sorted((e for e in epochs if e.state in SERVED), key=lambda e: e.number))


def current(epochs: Iterable[Epoch], profile: int | None = None) -> Epoch | None:
    """Return the epoch a member should ask under: the newest live one, of ``profile`` if that is given."""
    live = [e for e in epochs if e.state is EpochState.LIVE and profile in (None, e.profile)]
    fallback = [e for e in epochs if e.state is EpochState.CLOSING and profile in (None, e.profile)]
    return max(live or fallback, key=lambda e: e.number, default=None)
