"""An entry's life: its states, what it rests on, and the moments its clocks run from. Pure."""

from datetime import date, timedelta
from enum import StrEnum

import msgspec

from shopguard.model import Category, Entry, Party


class LifeState(StrEnum):
    """Where an entry stands. Only ``ACTIVE`` is served to members."""

    PENDING = "pending"  # the person has been, or is to be, told and may answer first
    ACTIVE = "active"
    CONTESTED = "contested"  # the person objects, and that is open
    SUSPENDED = "suspended"  # the office looks again, or it was paid and is about to end
    ASLEEP = "asleep"  # no reporter has confirmed it in time
    ERASED = "erased"  # nothing is left of it


class NoticeState(StrEnum):
    """Whether the person was told of a report."""

    DUE = "due"
    SENT = "sent"
    IMPOSSIBLE = "impossible"  # no address works: the report may flag, never hold


class Ending(StrEnum):
    """Why an entry is, or is about to be, no more. All that is kept of one that is erased, beside its category."""

    PAID = "paid"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTURNED = "overturned"  # the person was right, or it could not be proven
    UNDECIDED = "undecided"  # nobody decided the dispute, or about the suspension, in time
    UNTOLD = "untold"  # the person was not told in time
    UNCONFIRMED = "unconfirmed"  # asleep for too long
    MERGED = "merged"  # it goes on as a part of another
    MISUSED = "misused"  # of somebody whose name was misused
    ERASED = "erased"  # the office erased it for another reason


class Notice(msgspec.Struct, frozen=True):
    """How the person was told of a report. Moments are Unix seconds.

    Args:
        at: from when the time to answer counts: it was sent, or found to be impossible.
        told_at: when it was sent, as long as it did not come back.
        shown: how it was sent and what shows it, or why it is impossible, in the words of whoever says so.
    """

    state: NoticeState = NoticeState.DUE
    at: float | None = None
    told_at: float | None = None
    shown: str = ""

    def __repr__(self) -> str:
        return f"Notice(state={self.state.value})"


class Source(msgspec.Struct, frozen=True):
    """One checked report that the entry rests on. Holds personal data: the party as this shop knows it.

    Args:
        report: its number. ``member``: who reported.
        group: shops of one group are one voice (one owner, address, account or sign-in).
        ends_on: the last day on which this report supports an entry, by the rule of its category.
        checked_by: accounts at the office that accepted it.
        confirmed_at: when the reporter last said that it holds; ``added_at``: when it was accepted (Unix seconds).
        notice: how the person was told of it.
        counts_from: since when it counts: the person had the time to answer. None: it causes nothing, and no member
            is told of it (Unix seconds).
    """

    report: int
    member: str
    group: str
    category: Category
    party: Party
    first_on: date
    last_on: date
    ends_on: date
    checked_by: tuple[str, ...]
    confirmed_at: float
    added_at: float
    notice: Notice = Notice()
    counts_from: float | None = None

    def __repr__(self) -> str:
        return f"Source(report={self.report})"


class Loaded(msgspec.Struct, frozen=True):
    """What an entry was before it had a life of its own: decided elsewhere, and loaded.

    ``ends_on`` is the last day on which it stands.
    """

    entry: Entry
    ends_on: date

    def __repr__(self) -> str:
        return f"Loaded(ends_on={self.ends_on})"


class Life(msgspec.Struct, frozen=True):
    """What the vault keeps of an entry beside what is served. Moments are Unix seconds.

    Args:
        number: its record; ``reference``: what members are told (``E-`` and letters, or the id it was loaded under).
        code: what the person it is about goes by towards the persons' desk; never told to members.
        since: when it came into its state; ``opened_at``: when its first report was accepted.
        sources: the reports it rests on, ``loaded`` what it rests on beside them; never neither.
        ending: why it is about to be erased, for one that is suspended because it was paid.
        reporter_told_at: when the reporters were told of the open dispute; ``reporter_late``: they were not in time.
        extended: the open dispute was given its one extension.
    """

    number: int
    reference: str
    code: str
    state: LifeState
    since: float
    opened_at: float
    sources: tuple[Source, ...] = ()
    loaded: Loaded | None = None
    ending: Ending | None = None
    reporter_told_at: float | None = None
    reporter_late: bool = False
    extended: bool = False

    @property
    def expires_on(self) -> date:
        """The day from which it must be gone."""
        ends = [source.ends_on for source in self.sources]
        if self.loaded is not None:
            ends.append(self.loaded.ends_on)
        return max(ends) + timedelta(days=1)

    @property
    def untold(self) -> tuple[Source, ...]:
        """The reports of which the person is still to be told."""
        return tuple(source for source in self.sources if source.notice.state is NoticeState.DUE)

    @property
    def members(self) -> frozenset[str]:
        """Who reported it."""
        return frozenset(source.member for source in self.sources)

    def __repr__(self) -> str:
        return f"Life(number={self.number}, state={self.state.value})"
