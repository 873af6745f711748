"""What becomes of an entry, written down: its life, its clocks, what is served, and the act, in one transaction."""

from collections.abc import Callable

import sqlalchemy as sa

from shopguard.config.periods import Periods
from shopguard.registry.acts import Act, Acts
from shopguard.registry.calendar import day_of
from shopguard.registry.entries.clocks import Clock, clocks
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.entries.rules import entry_of
from shopguard.registry.entries.serving import Serving
from shopguard.registry.entries.store import LifeStore
from shopguard.registry.log import LeafKind
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer, Timers


class Keeping:
    """Writes on the caller's connection. ``clock`` is Unix seconds."""

    def __init__(
        self,
        store: LifeStore,
        serving: Serving,
        acts: Acts,
        timers: Timers,
        clock: Callable[[], float],
        periods: Periods,
    ) -> None:
        self._store, self._serving, self._acts, self._timers = store, serving, acts, timers
        self._clock, self._periods = clock, periods

    def begin(self, connection: sa.Connection, life: Life, code_digest: bytes, by: str) -> None:
        """Keep a life that begins: of a new entry, or of one that was loaded."""
        entry = entry_of(life, day_of(self._clock()), self._periods)
        if life.loaded is None:
            self._serving.begin(connection, life.number, entry)
        self._store.add(connection, life, entry.category, code_digest)
        self._keep(connection, life)
        self._record(connection, None, life, by, "", LeafKind.ENTRY_OPENED)

    def change(
        self,
        connection: sa.Connection,
        before: Life,
        after: Life,
        by: str,
        reason: str,
        kind: LeafKind = LeafKind.ENTRY_CHANGED,
        into: int | None = None,
    ) -> None:
        """Keep a life as it is from now on, or that it has ended; ``into`` is the entry that it goes on in."""
        self._record(connection, before, after, by, reason, kind)
        if after.state is not LifeState.ERASED:
            self._keep(connection, after)
            return
        self._store.end(connection, after, into)
        self._serving.end(connection, after.number)
        self._timers.end(connection, _subject(after))

    def _keep(self, connection: sa.Connection, life: Life) -> None:
        entry = entry_of(life, day_of(self._clock()), self._periods)
        self._store.change(connection, life, entry.category)
        self._serving.bring(connection, life.number, entry, is_served=life.state is LifeState.ACTIVE)
        self._set_clocks(connection, life)

    def _set_clocks(self, connection: sa.Connection, life: Life) -> None:
        """Let those clocks run that the entry has now; of one that goes on people are not warned again."""
        subject, wanted = _subject(life), clocks(life, self._clock(), self._periods)
        there = self._timers.there(connection, subject)
        if stopped := [clock.value for clock in Clock if clock in there and clock not in wanted]:
            self._timers.end(connection, subject, *stopped)
        for clock, deadline in wanted.items():
            if clock not in there or there[clock].due_at != deadline.due_at:
                timer = Timer(subject, clock.value, deadline.due_at, deadline.warn_at)
                self._timers.set(connection, timer)

    def _record(
        self, connection: sa.Connection, before: Life | None, after: Life, by: str, reason: str, kind: LeafKind
    ) -> None:
        """Keep the act, and what the log is to hold of it; of what an entry comes into, that is what counts."""
        was, is_now = ("" if before is None else _standing(before)), _standing(after)
        if before is not None and before.state is not after.state:
            kind = _OF_STATE[after.state]
        act = Act(self._clock(), kind, str(_subject(after)), by, reason, was, is_now)
        self._acts.record(connection, _subject(after), act)


def _subject(life: Life) -> Subject:
    return Subject.of(SubjectKind.ENTRY, life.number)


def _standing(life: Life) -> str:
    """Where an entry stands, and how it ends, as words of the program."""
    return life.state.value if life.ending is None else f"{life.state.value}/{life.ending.value}"


_OF_STATE = {
    LifeState.PENDING: LeafKind.ENTRY_CHANGED,
    LifeState.ACTIVE: LeafKind.ENTRY_ACTIVE,
    LifeState.CONTESTED: LeafKind.ENTRY_CONTESTED,
    LifeState.SUSPENDED: LeafKind.ENTRY_SUSPENDED,
    LifeState.ASLEEP: LeafKind.ENTRY_ASLEEP,
    LifeState.ERASED: LeafKind.ENTRY_ERASED,
}
