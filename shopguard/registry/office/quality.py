"""How well a member's reports hold, counted without saying of whom they were, and what should follow from it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from shopguard.storage.engine import reading

LEAST_REPORTS = 10
"""Of fewer reports a share says nothing. Source: product requirement P1-3 (read 2026-11)."""

DOUBLE_CHECK_ABOVE = 0.10
"""Share of the accepted reports that were overturned from which two persons check each further one (P1-3)."""

SUSPEND_ABOVE, EXPEL_ABOVE = 0.25, 0.50  # our own: one in four, one in two of what was believed did not hold
LATE_OFTEN = 3  # our own: twice may be a holiday


class Counted(StrEnum):
    """What is counted of a member."""

    FILED = "filed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    OVERTURNED = "overturned"  # accepted, and then not proved when the person objected
    LATE = "late"  # the office asked, and no answer came in time


class Step(StrEnum):
    """The ladder of what may follow, mildest first. Everything from ``SUSPEND`` on only a person does."""

    NONE = "none"
    WARN = "warn"
    DOUBLE_CHECK = "double_check"
    SUSPEND = "suspend"
    EXPEL = "expel"


@dataclass(frozen=True, slots=True)
class Quality:
    """What became of one member's reports."""

    filed: int = 0
    accepted: int = 0
    rejected: int = 0
    overturned: int = 0
    late: int = 0

    @property
    def overturned_share(self) -> float:
        """The share (0 to 1) of the accepted reports that did not hold."""
        return self.overturned / self.accepted if self.accepted else 0.0

    @property
    def needs_two(self) -> bool:
        """Whether two persons have to check each further report."""
        return self.filed >= LEAST_REPORTS and self.overturned_share > DOUBLE_CHECK_ABOVE

    @property
    def suggestion(self) -> Step:
        """The step of the ladder that the figures speak for; somebody at the office decides."""
        if self.needs_two:
            if self.overturned_share > EXPEL_ABOVE:
                return Step.EXPEL
            return Step.SUSPEND if self.overturned_share > SUSPEND_ABOVE else Step.DOUBLE_CHECK
        return Step.WARN if self.overturned or self.late >= LATE_OFTEN else Step.NONE


class Qualities:
    """Reads what is counted in the vault."""

    def __init__(self, vault: sa.Engine) -> None:
        self._vault = vault

    def of(self, member: str) -> Quality:
        return self.of_all([member])[member]

    def of_all(self, members: Collection[str]) -> Mapping[str, Quality]:
        """Return the quality of each of ``members``, also of one of whom nothing is counted."""
        query = sa.select(reporter_count).where(reporter_count.c.member.in_(set(members)))
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        with reading(self._vault) as connection:
            for row in connection.execute(query):
                counts[row.member][Counted(row.what).value] = row.times
        return {member: Quality(**counts[member]) for member in members}


def count(connection: sa.Connection, member: str, what: Counted) -> None:
    """Count one more, in the transaction of what is counted."""
    connection.execute(_one_more, {"member": member, "what": what.value})


def forget(connection: sa.Connection, members: Collection[str]) -> None:
    """Keep nothing of these members any more."""
    connection.execute(sa.delete(reporter_count).where(reporter_count.c.member.in_(members)))


reporter_count = sa.table(
    "reporter_count",
    sa.column("member", sa.String),
    sa.column("what", sa.String),
    sa.column("times", sa.Integer),
)
_one_more = sa.text(
    "INSERT INTO reporter_count (member, what, times) VALUES (:member, :what, 1)"
    " ON CONFLICT (member, what) DO UPDATE SET times = reporter_count.times + 1"
)
