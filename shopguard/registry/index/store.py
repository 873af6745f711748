"""The index as the rest of the registry uses it: look up, put in, take out, block, tell what is new, purge."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa

from shopguard.registry.epochs import Epoch, EpochState
from shopguard.registry.index.dialects import Row, dialect_of
from shopguard.registry.index.lines import Lines
from shopguard.registry.index.records import Found, IndexRows, Size, pieces_of
from shopguard.registry.messages import MAX_TOKENS, AddedValues, Additions
from shopguard.registry.sealing import SEALED_FULL_BYTES, SEALED_ROW_BYTES
from shopguard.storage.engine import reading, store_errors, writing

_EMPTIED_AT_ONCE = 20
_PAGE = 1_000  # additions looked at for one answer


class Index:
    """Sealed rows of all epochs, in the store ``index``.

    What looks something up sees the newest commit and raises ``StoreUnavailable`` when the database is away. What
    takes a ``connection`` works inside the caller's transaction (``storage.engine.writing`` on ``engine``).

    Args:
        purge_step: how many rows ``purge`` removes in one transaction.
    """

    def __init__(self, engine: sa.Engine, purge_step: int = 5_000) -> None:
        self.engine, self._purge_step = engine, purge_step
        self._dialect = dialect_of(engine)
        self._lines = Lines(engine, self._dialect.open_cursor)

    def close(self) -> None:
        """Give back the connections kept for look-ups; disposing of the engine does so too."""
        self._lines.close()

    def epochs(self) -> tuple[Epoch, ...]:
        """Return every epoch there ever was, the oldest first."""
        sql = "SELECT number, profile, state, since FROM epoch ORDER BY number"
        rows = self._lines.ask(lambda cursor: self._dialect.query(cursor, sql, ()))
        return tuple(Epoch(number, profile, EpochState(state), since) for number, profile, state, since in rows)

    def set_epoch(self, connection: sa.Connection, epoch: Epoch) -> None:
        """Add an epoch or change its state."""
        self._run(
            connection,
            "INSERT INTO epoch (number, profile, state, since) VALUES (?, ?, ?, ?) ON CONFLICT (number) DO UPDATE"
            " SET profile = excluded.profile, state = excluded.state, since = excluded.since",
            (epoch.number, epoch.profile, epoch.state.value, epoch.since),
        )

    def find(self, epoch: int, locators: Sequence[bytes]) -> Found:
        """Return the rows at ``locators``, of which one look-up has at most 32.

        A hot locator is named, and none of its rows. Whether the epoch is served and an entry blocked is for the
        caller to know.
        """
        if len(locators) > MAX_TOKENS:
            raise ValueError(f"one look-up has at most {MAX_TOKENS} locators")
        if not locators:
            return Found()
        return self._lines.ask(lambda cursor: self._dialect.find(cursor, epoch, locators))

    def fulls(self, epoch: int, t2_refs: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """Return the sealed full postings that lie under ``t2_refs``; those unknown are missing."""
        select = "SELECT t2_ref, sealed FROM full_posting WHERE epoch = ? AND t2_ref"
        return {row[0]: row[1] for row in self._pick(select, t2_refs, epoch)}

    def blocked(self, handles: Iterable[bytes]) -> frozenset[bytes]:
        """Return those of ``handles`` that must not be told to anybody."""
        return frozenset(row[0] for row in self._pick("SELECT handle FROM blocked WHERE handle", handles))

    def block(self, handle: bytes) -> None:
        """Serve an entry no more, in any epoch and however often it is put again; committed on return."""
        with writing(self.engine) as connection:
            self._run(connection, "INSERT INTO blocked (handle) VALUES (?) ON CONFLICT DO NOTHING", (handle,))

    def unblock(self, connection: sa.Connection, handles: Iterable[bytes]) -> None:
        """Take blocks away, in the caller's transaction."""
        for handle in handles:
            self._run(connection, "DELETE FROM blocked WHERE handle = ?", (handle,))

    def put(
        self,
        connection: sa.Connection,
        epoch: int,
        entries: Iterable[IndexRows],
        added_at: float | None = None,
    ) -> None:
        """Add entries, or replace the rows of the same numbers; putting them again changes nothing.

        Args:
            added_at: when these entries became active (Unix seconds), for ``additions`` to tell; None for entries
                that members may know already, sealed anew.
        """
        given = list(entries)
        rows = sorted((locator, number, sealed) for entry in given for number, locator, sealed in entry.rows)
        fulls = sorted((epoch, entry.t2_ref, entry.full) for entry in given)
        _check_lengths(rows, fulls)
        postings = [(epoch, locator, number) for locator, number, _ in rows]
        sealed_rows = [(number, sealed) for _, number, sealed in rows]
        replace = "DO UPDATE SET sealed = excluded.sealed"
        insert = self._dialect.insert
        new = insert(connection, "posting", "epoch, locator, number", postings, "ON CONFLICT DO NOTHING")
        insert(connection, "sealed_row", "number, sealed", sealed_rows, f"ON CONFLICT (number) {replace}")
        insert(connection, "full_posting", "epoch, t2_ref, sealed", fulls, f"ON CONFLICT (epoch, t2_ref) {replace}")
        if added_at is not None and new:
            self._tell(connection, epoch, pieces_of(locator for locator, _, _ in rows), added_at)

    def remove(
        self, connection: sa.Connection, epoch: int, rows: Iterable[tuple[int, bytes]], t2_refs: Iterable[bytes]
    ) -> None:
        """Take out rows, given as (number, locator), and full postings; what is not there is passed over."""
        postings = sorted((epoch, locator, number) for number, locator in rows)
        numbers = [(number,) for _, _, number in postings]
        fulls = sorted((epoch, t2_ref) for t2_ref in t2_refs)
        self._dialect.delete(connection, "posting", "epoch, locator, number", postings)
        self._dialect.delete(connection, "sealed_row", "number", numbers)
        self._dialect.delete(connection, "full_posting", "epoch, t2_ref", fulls)

    def additions(self, after: int, limit_bytes: int) -> Additions:
        """Return what became active after the position ``after``: one addition at least, up to ``limit_bytes``.

        Beyond the last position there is nothing, and ``next`` is the last: so whoever was further ahead finds out
        that this index was restored to an earlier state.
        """
        with reading(self.engine) as connection:
            sql = "SELECT position, LENGTH(pieces) FROM addition WHERE position > ? ORDER BY position LIMIT ?"
            waiting = self._run(connection, sql, (after, _PAGE)).all()
            if not waiting:
                newest = self._run(connection, "SELECT MAX(position) FROM addition", ()).scalar() or 0
                return Additions(min(after, newest), False, ())
            last, total, more = after, 0, len(waiting) == _PAGE
            for position, length in waiting:
                total += length
                if total > limit_bytes and last > after:
                    more = True
                    break
                last = position
            sql = "SELECT epoch, pieces FROM addition WHERE position > ? AND position <= ? ORDER BY position"
            told = self._run(connection, sql, (after, last)).all()
        return Additions(last, more, tuple(AddedValues(epoch, bytes(pieces)) for epoch, pieces in told if pieces))

    def forget_additions(self, before: float) -> None:
        """Drop what was added before a moment (Unix seconds): who has not asked since will not hear of it.

        The newest stays in any case, so that its position is known.
        """
        sql = "DELETE FROM addition WHERE added_at < ? AND position < (SELECT MAX(position) FROM addition)"
        with writing(self.engine) as connection:
            self._run(connection, sql, (before,))

    def purge(self, epoch: int, progress: Callable[[int], None] = lambda _removed: None) -> int:
        """Remove everything of a closed epoch, in short transactions, and return how many rows and postings that was.

        Whoever is broken off (by ``progress`` raising, or by the end of the process) calls again: it goes on with
        what is left. ``progress`` gets how many each transaction removed. ``ValueError`` if the epoch is not closed.
        """
        if not any(each.number == epoch and each.state is EpochState.CLOSED for each in self.epochs()):
            raise ValueError(f"epoch {epoch} is not closed")
        removed = 0
        for count in chain(self._purge_rows(epoch), self._purge_fulls(epoch), self._purge_additions(epoch)):
            removed += count
            progress(count)
        return removed

    def tidy(self) -> None:
        """Bring the store into the shape that look-ups want, after much was written or removed; others go on working.

        On PostgreSQL this takes about a minute for 15,000,000 rows, and the room of one more index meanwhile.
        """
        with store_errors():
            self._dialect.tidy(self.engine)

    def flush(self) -> None:
        """Leave nothing of what was removed in SQLite's log, which may grow for days."""
        with store_errors():
            self._dialect.flush(self.engine)

    def last_number(self) -> int:
        """Return the highest number of a row that is stored; 0: there is none."""
        with reading(self.engine) as connection:
            return self._run(connection, "SELECT MAX(number) FROM sealed_row", ()).scalar() or 0

    def size(self, epoch: int) -> Size:
        """Return how much an epoch holds. Counts one by one: seconds in a large store."""
        with reading(self.engine) as connection:
            (rows,) = self._run(connection, "SELECT COUNT(*) FROM posting WHERE epoch = ?", (epoch,)).one()
            (fulls,) = self._run(connection, "SELECT COUNT(*) FROM full_posting WHERE epoch = ?", (epoch,)).one()
        return Size(rows, fulls)

    def size_bytes(self) -> int:
        """Return what the whole store takes up on disk, in bytes, without its write-ahead log."""
        with reading(self.engine) as connection:
            return self._dialect.size_bytes(connection)

    def _pick(self, select: str, keys: Iterable[bytes], *before: Any) -> list[Row]:
        wanted = list(keys)
        return self._lines.ask(lambda cursor: self._dialect.pick(cursor, select, wanted, *before)) if wanted else []

    def _tell(self, connection: sa.Connection, epoch: int, pieces: bytes, added_at: float) -> None:
        self._dialect.await_turn(connection, "addition")
        sql = "INSERT INTO addition (added_at, epoch, pieces) VALUES (?, ?, ?)"
        self._run(connection, sql, (added_at, epoch, pieces))

    def _purge_rows(self, epoch: int) -> Iterator[int]:
        sql = "SELECT number, locator FROM posting WHERE epoch = ? AND locator >= ? ORDER BY locator, number LIMIT ?"
        start = b""  # not from the beginning each time: PostgreSQL would pass over all that is removed
        while True:
            with writing(self.engine) as connection:
                rows = [(row[0], row[1]) for row in self._run(connection, sql, (epoch, start, self._purge_step))]
                self.remove(connection, epoch, rows, ())
            if not rows:
                return
            start = rows[-1][1]
            yield len(rows)

    def _purge_fulls(self, epoch: int) -> Iterator[int]:
        sql = "SELECT t2_ref FROM full_posting WHERE epoch = ? AND t2_ref >= ? ORDER BY t2_ref LIMIT ?"
        start = b""
        while True:
            with writing(self.engine) as connection:
                t2_refs = [row[0] for row in self._run(connection, sql, (epoch, start, self._purge_step))]
                self.remove(connection, epoch, (), t2_refs)
            if not t2_refs:
                return
            start = t2_refs[-1]
            yield len(t2_refs)

    def _purge_additions(self, epoch: int) -> Iterator[int]:
        """Empty them: their positions stay known until they are forgotten. Not all at once, a load leaves much."""
        some = "SELECT position FROM addition WHERE epoch = ? AND LENGTH(pieces) > 0 ORDER BY position LIMIT ?"
        while True:
            with writing(self.engine) as connection:
                told = self._run(connection, some, (epoch, _EMPTIED_AT_ONCE)).all()
                for (position,) in told:
                    self._run(connection, "UPDATE addition SET pieces = ? WHERE position = ?", (b"", position))
            if not told:
                return
            yield len(told)

    def _run(self, connection: sa.Connection, sql: str, values: Row) -> sa.CursorResult[*Row]:
        return connection.exec_driver_sql(self._dialect.text(sql), values)


def _check_lengths(rows: Iterable[Row], fulls: Iterable[Row]) -> None:
    """Whatever it says, a row is as long as any other: its length must not tell."""
    if any(len(sealed) != SEALED_ROW_BYTES for _, _, sealed in rows):
        raise ValueError(f"a sealed row has {SEALED_ROW_BYTES} bytes")
    if any(len(sealed) != SEALED_FULL_BYTES for _, _, sealed in fulls):
        raise ValueError(f"a sealed full posting has {SEALED_FULL_BYTES} bytes")
