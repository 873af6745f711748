"""The invented people: the small list the demo's registry starts with, and how the same people write themselves
at a checkout. Names are common ones, places are public buildings, numbers and addresses lead nowhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

from shopguard import wire
from shopguard.model import Category, Entry, Party

RECYCLED_PHONE = "090-0000-1008"  # of the entry whose last incident is oldest: somebody else has the number by now


@dataclass(frozen=True, slots=True)
class ListedBuyer:
    """One entry of the list, and the same buyer's billing address and kana at a checkout, in another spelling.

    ``first_months_ago`` and ``last_months_ago`` say when the first and the last incident were.
    """

    id: str
    category: Category
    reporters: int
    first_months_ago: int
    last_months_ago: int
    party: Party
    billing: Mapping[str, str]
    kana: tuple[str, str] | None = None


@cache
def listed_buyers() -> tuple[ListedBuyer, ...]:
    """Return everybody on the list; the first one's checkout has the listed phone number and address."""
    return wire.decode((files(__package__) / "people.json").read_bytes(), tuple[ListedBuyer, ...])


def demo_entries(today: date | None = None) -> Iterator[Entry]:
    """Yield the list the demo's registry starts with; its dates lie before ``today`` (default: the clock's, UTC)."""
    today = today or datetime.now(UTC).date()
    for listed in listed_buyers():
        yield Entry(
            id=listed.id,
            category=listed.category,
            party=listed.party,
            reporters=listed.reporters,
            first_on=today - timedelta(days=30 * listed.first_months_ago),
            last_on=today - timedelta(days=30 * listed.last_months_ago),
        )
