"""Entries that were loaded and have no life of their own: when the rules come to them, day by day."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import sqlalchemy as sa

from shopguard.model import Entry
from shopguard.registry.acts import SYSTEM, Act, Acts
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.entries.rules import loaded_due_on, loaded_ends_on
from shopguard.registry.entries.serving import Serving
from shopguard.registry.log import LeafKind
from shopguard.registry.placing import LISTED_DAY, Placing, listed_days
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Fire, Timer, Timers
from shopguard.registry.vault import OWN_LIFE, Kept
from shopguard.storage.engine import reading, writing

UNDATED = "listed_undated"
"""The kind of deadline at which entries of an older version are given their day."""

_AT_ONCE = 200

Changing = Callable[..., AbstractContextManager[sa.Connection]]
"""``Entries.changing``."""


class Listed:
    """What the clocks do to loaded entries. One deadline stands for all that the rules come to on a day."""

    def __init__(
        self, placing: Placing, timers: Timers, acts: Acts, changing: Changing, clock: Callable[[], float]
    ) -> None:
        self._placing, self._timers, self._acts = placing, timers, acts
        self._changing, self._clock, self._serving = changing, clock, Serving(placing)

    def fires(self) -> Mapping[str, Fire]:
        return {LISTED_DAY: self._on_day, UNDATED: self._date}

    def _on_day(self, timer: Timer) -> None:
        """End what ends, and weaken what fades, up to yesterday."""
        yesterday = self._placing.today.toordinal() - 1
        while batch := self._placing.vault.due(yesterday, _AT_ONCE):
            numbers = [kept.number for kept in batch]
            with self._changing(*numbers) as connection:
                for number in numbers:
                    self._come_to(connection, number)
        self._end(timer)

    def _come_to(self, connection: sa.Connection, number: int) -> None:
        found = self._serving.loaded(connection, number)
        if found is None:  # its key is gone: a backup brought back what was erased, and `settle` buries it
            self._placing.vault.set_due(connection, number, OWN_LIFE)
            return
        if found[0].has_own_life:
            return
        (kept, entry), today = found, self._placing.today
        if loaded_ends_on(entry, self._placing.periods) < today:
            self._expire(connection, kept)
        else:
            due_on = loaded_due_on(entry, today, self._placing.periods).toordinal()
            self._placing.vault.set_due(connection, number, due_on)
            self._timers.add(connection, listed_days([due_on], self._placing.periods))

    def _expire(self, connection: sa.Connection, kept: Kept) -> None:
        subject = Subject.of(SubjectKind.ENTRY, kept.number)
        before, after = LifeState.ACTIVE.value, f"{LifeState.ERASED.value}/{Ending.EXPIRED.value}"
        act = Act(self._clock(), LeafKind.ENTRY_ERASED, str(subject), SYSTEM, Clock.EXPIRE.value, before, after)
        self._acts.record(connection, subject, act)
        self._serving.end(connection, kept.number)

    def _date(self, timer: Timer) -> None:
        """Give entries their day. What has faded or ended before is come to at once, by the deadline of that day."""
        while batch := self._placing.vault.undated(_AT_ONCE):
            with self._placing.turn():
                entries = self._opened(batch)
                due_on = {number: self._first_due_on(entry) for number, entry in entries.items()}
                with writing(self._placing.vault.engine) as connection:
                    for kept in batch:  # one that cannot be opened has no key, and is erased as such
                        day = due_on.get(kept.number, self._placing.today.toordinal())
                        self._placing.vault.set_due(connection, kept.number, day, renew=False)
                    self._timers.add(connection, listed_days(due_on.values(), self._placing.periods))
        self._end(timer)

    def _first_due_on(self, entry: Entry) -> int:
        return loaded_due_on(entry, entry.last_on, self._placing.periods).toordinal()

    def _opened(self, batch: list[Kept]) -> Mapping[int, Entry]:
        keys = self._placing.keys.open([kept.number for kept in batch])
        with reading(self._placing.vault.engine) as connection:
            return self._placing.vault.open(connection, keys)

    def _end(self, timer: Timer) -> None:
        with writing(self._placing.vault.engine) as connection:
            self._timers.end(connection, timer.subject, timer.what)
