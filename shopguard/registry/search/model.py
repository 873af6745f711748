"""Who asked about whom: a look, as the service hands it on before it answers, and as it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from shopguard.registry.messages import CandidateShape, Element


class Purpose(StrEnum):
    """What somebody asked for."""

    ORDER = "order"  # a guard, about a party of an order
    SEARCH = "search"  # a person, for a stated case


@dataclass(frozen=True, slots=True)
class Asking:
    """A batch that is about to be answered.

    Args:
        asked: the commitment of the batch; by it the member can be asked which order or case it was.
        case: of a search; may name a person, so it is kept sealed.
    """

    member: str
    key_id: str
    purpose: Purpose
    asked: bytes
    tokens: tuple[Element, ...] = field(repr=False)
    case: str = field(default="", repr=False)


class LookBook(Protocol):
    """Writes down who is told of whom, before they are told."""

    def write(self, asking: Asking, told: Sequence[CandidateShape]) -> None:
        """Keep it; ``StoreUnavailable`` where that cannot be done: then nothing may be told."""
        ...


class NoLookBook:
    """Keeps nothing: for a registry that is thrown away after use."""

    def write(self, asking: Asking, told: Sequence[CandidateShape]) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """That a member was told of an entry at a moment (Unix seconds). ``opened``: everything that members are told."""

    at: float
    member: str
    key_id: str
    purpose: Purpose
    opened: bool
    asked: bytes


def handle_of(candidate: CandidateShape) -> bytes:
    """Return what stands for the entry of a candidate in every epoch, opened or not."""
    return bytes.fromhex(candidate.unopened or candidate.handle)
