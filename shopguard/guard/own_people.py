"""Who is on the shop's own list, and when a person of an order surely is one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Protocol
from unicodedata import normalize

from shopguard.identity import Identity
from shopguard.model import Comparison, Party, Relation, Strength


class OwnKind(StrEnum):
    """What the list says of a person."""

    WATCH = "watch"  # look before shipping: flags an order, and never holds it
    ALLOW = "allow"  # known to be fine: the order is let go


@dataclass(frozen=True, slots=True)
class OwnPerson:
    """Somebody on the list, or about to be. ``why`` is the shop's own words."""

    kind: OwnKind
    party: Party = field(repr=False)
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A line of the list. ``added_at`` is Unix seconds; what was imported together has one moment."""

    id: int
    shop: str
    person: OwnPerson
    added_at: float
    added_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the list says of somebody. ``watched``: the lines to check that they surely are, the surest first."""

    watched: Mapping[int, Comparison] = field(default_factory=dict)
    allowed: bool = False


class OwnPeople(Protocol):
    """Whom a shop itself knows."""

    def standing(self, shop: str, identity: Identity) -> Standing: ...


class NobodyKnown:
    """``OwnPeople`` of who keeps no list."""

    def standing(self, shop: str, identity: Identity) -> Standing:
        return Standing()


def is_watched(found: Comparison) -> bool:
    """Whether somebody surely is a person on the list: two independent details agree, or the phone or the mail."""
    return found.strength is Strength.STRONG or _is_reached(found)


def is_allowed(found: Comparison) -> bool:
    """Whether a buyer surely is a customer on the list.

    As sure as a match that may hold; or the same number or mail where everything the list says agrees, so that a
    list may name customers by their number alone, but never by a name alone.
    """
    agrees = {item.relation for item in found.evidence} <= {Relation.SAME, Relation.MISSING}
    return found.strength is Strength.STRONG or (_is_reached(found) and agrees)


def _is_reached(found: Comparison) -> bool:
    return any(item.field in ("phone", "email") and item.relation is Relation.SAME for item in found.evidence)


def _values(party: Party) -> Sequence[tuple[str, ...]]:
    values = [getattr(party, name) for name in Party.__slots__]
    return [value if isinstance(value, tuple) else (value or "",) for value in values]


def text_of(person: OwnPerson) -> str:
    """Return all that the list says of a person, as ``searched`` text."""
    return searched(" ".join((*chain.from_iterable(_values(person.party)), person.why)))


def as_written(party: Party) -> bytes:
    """Return the party as it was written, but for width, case and spaces: rules of identity change, this does not."""
    return "\0".join(_folded("\n".join(texts)) for texts in _values(party)).encode()


def _folded(text: str) -> str:
    return "".join(normalize("NFKC", text).casefold().split())


def searched(text: str) -> str:
    """Return a text as it is looked for: whatever its width, case, spaces and hyphens."""
    return _folded(text).translate(_MARKS)


_MARKS = dict.fromkeys(map(ord, "-‐‑‒–—―−ー()"))
