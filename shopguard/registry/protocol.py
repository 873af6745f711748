"""What a guard asks the registry and what it is told: never a verdict, never an entry's party."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from shopguard.identity import Token
from shopguard.model import Category, Effect, OrderRef, ScreeningState


@dataclass(frozen=True, slots=True)
class Query:
    """One party of one order. ``revision`` is the keyed digest of what was screened: a repeat has the same one."""

    order: OrderRef
    party: str
    revision: str
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be told of an entry.

    Until ``opened``: category ``other``, the lower bound of the reporters, the first of the month. ``effect`` is the
    most that the entry may cause; one that asks shops to ``CONFIRM`` never opens, and has no reporters.
    """

    category: Category
    reporters: int
    last_on: date
    effect: Effect = Effect.HOLD
    opened: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that shares tokens with the query.

    ``shared`` are positions in ``Query.tokens``; ``fields`` is what the entry has (see ``Identity.fields``).
    """

    handle: str
    shared: tuple[int, ...]
    fields: frozenset[str]
    facts: Facts


@dataclass(frozen=True, slots=True)
class WatchValues:
    """By what an entry listed later would be noticed: one short piece of a locator for each token asked.

    Pieces of one ``epoch`` only meet additions of the same.
    """

    epoch: int
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The registry's answer. ``reason`` says why it is unscreened or from the cache; ``cause`` is its code.

    ``hot`` are positions in ``Query.tokens`` that too many entries share: they say nothing, for or against.
    ``watch`` has one item for each epoch served.
    """

    state: ScreeningState
    as_of: datetime
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""
    hot: tuple[int, ...] = ()
    watch: tuple[WatchValues, ...] = ()
    cause: str = ""


class Registry(Protocol):
    """Where entries are looked up: in this process, over HTTP, or a fake."""

    def look_up(self, query: Query) -> Answer:
        """Return the candidates. An outage is the state ``unscreened`` with its reason, never an exception."""
        ...


BUCKETS = (1, 2, 3, 6)
"""Reporters are told as 1, 2, 3 to 5, or 6 and more until an entry is opened: the lower bounds."""


def bucket_of(reporters: int) -> int:
    """Return the position in ``BUCKETS`` of a count of reporters (1 or more)."""
    return sum(reporters >= least for least in BUCKETS) - 1


def told(facts: Facts, shared: Iterable[Token]) -> Facts:
    """Return what the holder of the ``shared`` tokens may be told.

    Everything, if they are of two different groups or name and address in one; a number or an address alone
    (recycled, guessed) learns only that there is an entry, and the lower bound of its reporters.
    """
    groups = {token.group for token in shared}
    if facts.effect is Effect.CONFIRM:
        return asking_only(facts)
    if 3 in groups or len(groups) > 1:
        return replace(facts, opened=True)
    least = BUCKETS[bucket_of(facts.reporters)]
    return Facts(Category.OTHER, least, facts.last_on.replace(day=1), facts.effect, opened=False)


def asking_only(facts: Facts) -> Facts:
    """Return what is told of a name that was misused: nothing that somebody could take for a report."""
    return Facts(Category.OTHER, 0, facts.last_on.replace(day=1), Effect.CONFIRM, opened=False)
