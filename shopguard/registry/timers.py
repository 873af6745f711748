"""Deadlines: one table of them, seen by people before they fire, and one sweeper that fires them.

A deadline is set in the transaction of what it follows from, and taken away in the transaction of what ends it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
import structlog

from shopguard.registry.subjects import Subject
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

_AT_ONCE = 200
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timer:
    """A deadline: ``what`` happens to ``subject`` at ``due_at``; people are warned at ``warn_at`` (Unix seconds).

    ``warn_at`` None: they were, or need not be.
    """

    subject: Subject
    what: str
    due_at: float
    warn_at: float | None = None


class Fire(Protocol):
    """What happens at a deadline. Called outside any transaction; may be called again when a crash came between.

    It ends the deadline itself (``Timers.end`` or another ``set``) in the transaction of what it does.
    """

    def __call__(self, timer: Timer) -> None: ...


class Timers:
    """Reads and writes deadlines. At most one of a kind for each subject."""

    def __init__(self, vault: sa.Engine) -> None:
        self._vault = vault

    def set(self, connection: sa.Connection, timer: Timer) -> None:
        """Keep a deadline, instead of the one of its kind that the subject has."""
        connection.execute(_set, _row(timer))

    def add(self, connection: sa.Connection, timers: Iterable[Timer]) -> None:
        """Keep deadlines of which the subject may have the very same already."""
        rows = [_row(timer) for timer in timers]
        if rows:
            connection.execute(_add, rows)

    def there(self, connection: sa.Connection, subject: Subject) -> Mapping[str, Timer]:
        """Return the deadlines of one subject, by their kind, as the caller's transaction sees them."""
        return {timer.what: timer for timer in self._select(connection, timer_table.c.subject == str(subject))}

    def end(self, connection: sa.Connection, subject: Subject, *whats: str) -> None:
        """Take away the deadlines of these kinds that a subject has, or all of them."""
        is_meant = timer_table.c.subject == str(subject)
        if whats:
            is_meant &= timer_table.c.what.in_(whats)
        connection.execute(sa.delete(timer_table).where(is_meant))

    def of(self, subject: Subject) -> Mapping[str, Timer]:
        """Return the deadlines of one subject, by their kind."""
        with reading(self._vault) as connection:
            return self.there(connection, subject)

    def upcoming(self, until: float, limit: int = 500) -> Sequence[Timer]:
        """Return the deadlines up to a moment, the nearest first."""
        with reading(self._vault) as connection:
            return self._select(connection, timer_table.c.due_at <= until, limit)

    def to_warn_of(self, now: float, limit: int = _AT_ONCE) -> Sequence[Timer]:
        """Return the deadlines of which people are to be warned now and were not yet."""
        with reading(self._vault) as connection:
            return self._select(connection, timer_table.c.warn_at <= now, limit)

    def warned(self, connection: sa.Connection, timer: Timer) -> None:
        """Keep that people were warned of a deadline."""
        is_meant = (timer_table.c.subject == str(timer.subject)) & (timer_table.c.what == timer.what)
        connection.execute(sa.update(timer_table).where(is_meant).values(warn_at=None))

    def _select(self, connection: sa.Connection, which: sa.ColumnElement[bool], limit: int = 500) -> list[Timer]:
        query = sa.select(timer_table).where(which).order_by(timer_table.c.due_at, timer_table.c.number).limit(limit)
        rows = connection.execute(query)
        return [Timer(Subject.read(row.subject), row.what, row.due_at, row.warn_at) for row in rows]


class Sweeper:
    """Warns of deadlines and fires those that are due.

    Args:
        fire: by ``what``. A deadline of a kind that is not there is an error that is logged at every sweep.
        warn: tells people; in the transaction in which the warning is kept as given.
        clock: Unix seconds.
    """

    def __init__(
        self,
        vault: sa.Engine,
        timers: Timers,
        fire: Mapping[str, Fire],
        warn: Callable[[sa.Connection, Timer], None],
        clock: Callable[[], float],
    ) -> None:
        self._vault, self._timers, self._fire, self._warn, self._clock = vault, timers, fire, warn, clock

    def sweep(self) -> int:
        """Do all that is due and return how many deadlines fired. What fails is logged and stops nothing else."""
        now = self._clock()
        self._warn_of(now)
        fired, failed = 0, set[tuple[Subject, str]]()
        while True:
            due = [one for one in self._timers.upcoming(now, _AT_ONCE + len(failed)) if _name(one) not in failed]
            for timer in due:
                if self._fired(timer):
                    fired += 1
                else:
                    failed.add(_name(timer))
            if not due:
                return fired

    def _warn_of(self, now: float) -> None:
        failed = set[tuple[Subject, str]]()
        while True:
            waiting = self._timers.to_warn_of(now, _AT_ONCE + len(failed))
            waiting = [one for one in waiting if _name(one) not in failed]
            failed |= {_name(timer) for timer in waiting if not self._has_warned(timer)}
            if not waiting:
                return

    def _has_warned(self, timer: Timer) -> bool:
        try:
            with writing(self._vault) as connection:
                self._warn(connection, timer)
                self._timers.warned(connection, timer)
        except Exception as error:  # the next deadline is another person's
            _log.error("warning_failed", subject=str(timer.subject), what=timer.what, error=type(error).__name__)
            return False
        return True

    def _fired(self, timer: Timer) -> bool:
        try:
            self._fire[timer.what](timer)
        except Exception as error:  # the next deadline is another person's
            _log.error("deadline_failed", subject=str(timer.subject), what=timer.what, error=type(error).__name__)
            return False
        there = self._timers.of(timer.subject).get(timer.what)
        if there is not None and there.due_at <= timer.due_at:
            _log.error("deadline_did_not_end", subject=str(timer.subject), what=timer.what)
            return False
        return True


def _name(timer: Timer) -> tuple[Subject, str]:
    return timer.subject, timer.what


def _row(timer: Timer) -> dict[str, object]:
    return {"subject": str(timer.subject), "what": timer.what, "due_at": timer.due_at, "warn_at": timer.warn_at}


timer_table = sa.table(
    "timer",
    sa.column("number", NUMBER),
    sa.column("subject", sa.String),
    sa.column("what", sa.String),
    sa.column("due_at", sa.Float),
    sa.column("warn_at", sa.Float),
)
_insert = "INSERT INTO timer (subject, what, due_at, warn_at) VALUES (:subject, :what, :due_at, :warn_at)"
_add = sa.text(f"{_insert} ON CONFLICT (subject, what) DO NOTHING")
_set = sa.text(
    f"{_insert} ON CONFLICT (subject, what) DO UPDATE SET due_at = excluded.due_at, warn_at = excluded.warn_at"
)
