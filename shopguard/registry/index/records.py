"""What goes into the index and what comes out of it. Pure."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shopguard.registry.messages import WATCH_BYTES

HOT = 65
"""A locator with as many rows (a parcel forwarder, 佐藤 in one city) says nothing about any of them."""

PIECES_STEP = 1_024
"""Pieces of new locators are told in multiples of this: how many entries came in stays open."""


@dataclass(frozen=True, slots=True)
class IndexRows:
    """What the index gets of one entry in one epoch: each of ``rows`` is (number, locator, sealed).

    A number stands for one row in the whole store, whatever its epoch, and is never given to another. Whoever hands
    them out does so over a whole batch in the order of the locators: neighbours in number say nothing then.
    """

    t2_ref: bytes
    full: bytes
    rows: tuple[tuple[int, bytes, bytes], ...]


class FoundRow(NamedTuple):
    """A sealed row at the locator that was asked for in ``position`` (from 0)."""

    position: int
    number: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What the locators of one look-up led to; ``hot`` are positions of locators with ``HOT`` rows or more."""

    rows: tuple[FoundRow, ...] = ()
    hot: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """How much one epoch holds: rows (one for each token of each entry) and full postings (one for each entry)."""

    rows: int
    fulls: int


def hot_of(postings: Sequence[tuple[Any, ...]]) -> tuple[int, ...]:
    """Return the positions (the first part of each posting) that occur ``HOT`` times or more, sorted."""
    if len(postings) < HOT:
        return ()
    counts = Counter(posting[0] for posting in postings)
    return tuple(sorted(position for position, count in counts.items() if count >= HOT))


def pieces_of(locators: Iterable[bytes]) -> bytes:
    """Return the first bytes of ``locators``, each once, with random ones among them up to a full step; sorted."""
    pieces = {locator[:WATCH_BYTES] for locator in locators}
    while len(pieces) % PIECES_STEP:
        pieces.add(os.urandom(WATCH_BYTES))
    return b"".join(sorted(pieces))
