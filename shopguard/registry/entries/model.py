"""An entry's life: its states, what it rests on, and what each state means for who may see it. Pure."""

from datetime import date
from enum import StrEnum

import msgspec

from shopguard.model import Category


class LifeState(StrEnum):
    """Where an entry stands. Only ``ACTIVE`` is served to members."""

    PENDING = "pending"  # the person has been, or is to be, told and may answer first
    ACTIVE = "active"
    CONTESTED = "contested"  # the person objects, and that is open
    SUSPENDED = "suspended"  # the office looks again, or it was paid and is about to end
    ASLEEP = "asleep"  # no reporter has confirmed it in time
    ERASED = "erased"  # nothing is left of it


class NoticeState(StrEnum):
    """Whether the person was told."""

    DUE = "due"
    SENT = "sent"
    IMPOSSIBLE = "impossible"  # no address works: the entry may flag, never hold


class Source(msgspec.Struct, frozen=True):
    """One checked report that the entry rests on.

    Args:
        report: its number. ``member``: who reported.
        group: shops of one group are one voice (one owner, address, account or sign-in).
        ends_on: the day after which this report no longer supports an entry, by the rule of its category.
        checked_by: accounts at the office that accepted it.
        confirmed_at: when the reporter last said that it holds (Unix seconds).
    """

    report: int
    member: str
    group: str
    first_on: date
    last_on: date
    ends_on: date
    checked_by: tuple[str, ...]
    confirmed_at: float


class Life(msgspec.Struct, frozen=True):
    """What the vault keeps of an entry beside what is served. Moments are Unix seconds.

    Args:
        number: its record; ``reference``: what members are told (``E-`` and letters, or the id it was loaded under).
        code: what the person it is about goes by towards the persons' desk; never told to members.
        sources: the reports it rests on; none for an entry that was loaded already decided.
        category: that of the newest source.
        returns_to: the state it goes back to when what interrupted it ends.
        reason: why it is in this state, as a word of the program.
        extended: its dispute was given its one extension.
        expires_on: the day from which it must be gone.
    """

    number: int
    reference: str
    code: str
    state: LifeState
    since: float
    category: Category
    sources: tuple[Source, ...]
    expires_on: date
    notice: NoticeState = NoticeState.DUE
    notice_at: float | None = None
    returns_to: LifeState | None = None
    reason: str = ""
    extended: bool = False

    @property
    def voices(self) -> int:
        """How many independent shops report it."""
        return len({source.group for source in self.sources})

    @property
    def is_decided_by_two(self) -> bool:
        """Whether it may hold an order: two independent shops, or two persons at the office."""
        return self.voices >= 2 or any(len(set(source.checked_by)) >= 2 for source in self.sources)

    def __repr__(self) -> str:
        return f"Life(number={self.number}, state={self.state.value})"
