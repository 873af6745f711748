"""What bulk loading reads and reports: one entry a line, every bad line named by number and reason."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from shopguard import wire
from shopguard.config.periods import USUAL, Periods
from shopguard.errors import PayloadInvalid
from shopguard.model import Entry
from shopguard.registry.calendar import day_of
from shopguard.registry.entries.rules import loaded_ends_on

MAX_LINE = 64 * 1024  # bytes; an entry has a few hundred
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_MOST_REPORTERS = 1_000_000
_EARLIEST = timezone(timedelta(hours=14))  # where a day begins first: no entry has a time zone


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line that was left out. ``line`` counts from 1; ``reason`` holds nothing of the line's content."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, in lines: ``stored`` new or changed, ``unchanged`` there before, ``faulty`` left out."""

    stored: int = 0
    unchanged: int = 0
    faulty: int = 0

    @property
    def lines(self) -> int:
        return self.stored + self.unchanged + self.faulty


def parse_entry(line: bytes | str, now: datetime, periods: Periods = USUAL) -> Entry:
    """Return the entry in contract form on one line; ``PayloadInvalid`` says what is wrong with it."""
    if len(line) > MAX_LINE:
        raise PayloadInvalid(f"longer than {MAX_LINE} bytes")
    entry = wire.decode(line.encode(errors="replace") if isinstance(line, str) else line, Entry)
    if not _ID.fullmatch(entry.id):
        raise PayloadInvalid("id must be 1 to 100 letters, digits, dots, colons, hyphens or underscores - at `$.id`")
    if entry.party.is_empty:
        raise PayloadInvalid("the party is empty - at `$.party`")
    if not 1 <= entry.reporters <= _MOST_REPORTERS:
        raise PayloadInvalid(f"reporters must be 1 to {_MOST_REPORTERS} - at `$.reporters`")
    if entry.first_on > entry.last_on:
        raise PayloadInvalid("first_on is after last_on - at `$.first_on`")
    if entry.last_on > now.astimezone(_EARLIEST).date():
        raise PayloadInvalid("last_on is in the future - at `$.last_on`")
    ended_on = loaded_ends_on(entry, periods)
    if ended_on < day_of(now.timestamp()):
        raise PayloadInvalid(f"ended on {ended_on}, by the rule of its category or its own expires_on")
    return entry
