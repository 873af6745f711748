"""Bulk loading: identified in other processes, sealed and written in this one; batch after batch."""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import NamedTuple

from shopguard.errors import PayloadInvalid, TemporaryFailure
from shopguard.matching import meets
from shopguard.model import Entry, Party
from shopguard.registry.load import LineFault, LoadReport, parse_entry
from shopguard.registry.placing import BATCH, Findable, Placing, Stored, findable
from shopguard.storage.engine import reading

_LARGE = 4 * BATCH  # entries identified in this process before others are started for the rest
_LARGE_BATCH = 8 * BATCH
"""Lines written at once of a large input. Rows lie in the index at random: the more at once, the fewer times each of
its pages is written (0.7 ms an entry with 500, 0.3 ms with 4,000; 18,000,000 rows, two shared cores). A block waits
for one such write, about 2 s."""
_PROCESSES = 2  # identify more than one process can seal
_AHEAD = 2  # batches in hand: what is held in memory, however long the input

_UNMEETABLE = "nothing in the party can be looked up - at `$.party`"
_LIVING = "the entry of this id is kept by reports or a dispute of its own: the office changes it - at `$.id`"
_ERASED = "the entry of this id was erased and does not come back - at `$.id`"


def load(
    placing: Placing,
    lines: Iterable[bytes | str],
    progress: Callable[[LoadReport], None],
    on_fault: Callable[[LineFault], None],
) -> LoadReport:
    """Store the entries of ``lines``; see ``Publisher.load``."""
    placing.settle()
    report = LoadReport()
    with _Finders() as finders:
        for batch in _Loading(placing, finders).stored(_batches(placing, lines)):
            for fault in sorted(batch.faults, key=lambda fault: fault.line):
                on_fault(fault)
            faulty = len(batch.faults)
            unchanged = batch.lines - faulty - batch.stored
            report = LoadReport(report.stored + batch.stored, report.unchanged + unchanged, report.faulty + faulty)
            progress(report)
    return report


@dataclass(slots=True)
class _Batch:
    """Some lines: how many, the faulty ones, the entries of the others, how many were stored."""

    lines: int = 0
    faults: list[LineFault] = field(default_factory=list)
    entries: list["_Read"] = field(default_factory=list)
    stored: int = 0


class _Read(NamedTuple):
    line: int
    id_digest: bytes
    entry: Entry


def _batches(placing: Placing, lines: Iterable[bytes | str]) -> Iterator[_Batch]:
    batch, read, now = _Batch(), 0, placing.clock()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        batch.lines, read = batch.lines + 1, read + 1
        try:
            entry = parse_entry(line, now, placing.periods)
            batch.entries.append(_Read(number, placing.vault.id_digest(entry.id), entry))
        except PayloadInvalid as error:
            batch.faults.append(LineFault(number, str(error)))
        if batch.lines == (BATCH if read <= _LARGE else _LARGE_BATCH):
            yield batch
            batch = _Batch()
    if batch.lines:
        yield batch


class _Loading:
    """Batches on their way: some identified ahead, in other processes, while one is sealed and written here.

    Sealing and writing do not run beside each other: a thread that computes makes one that writes wait row by row.
    """

    def __init__(self, placing: Placing, finders: "_Finders") -> None:
        self._placing, self._finders = placing, finders
        self._in_hand: deque[_Batch] = deque()  # read and not yet stored

    def stored(self, batches: Iterable[_Batch]) -> Iterator[_Batch]:
        """Yield each of ``batches`` in order once it is stored."""
        for batch, found_by in self._identified(batches):
            self._store(batch, found_by)
            self._in_hand.popleft()
            yield batch

    def _identified(self, batches: Iterable[_Batch]) -> Iterator[tuple[_Batch, list[Findable]]]:
        """Yield what is new or changed of each batch with what it is found by."""
        ahead: deque[tuple[_Batch, Future[list[Findable]]]] = deque()
        for batch in batches:
            self._leave_unchanged_out(batch)
            self._in_hand.append(batch)
            ahead.append(
                (batch, self._finders.find([(read.entry.party, *read.entry.also) for read in batch.entries]))
            )
            if len(ahead) > (_AHEAD if self._finders.are_many else 0):
                first, found_by = ahead.popleft()
                yield first, _outcome(found_by)
        for batch, found_by in ahead:
            yield batch, _outcome(found_by)

    def _leave_unchanged_out(self, batch: _Batch) -> None:
        """An entry that another line at hand changes is not unchanged: of the lines of one id the last counts."""
        vault = self._placing.vault
        times = Counter(read.id_digest for each in (*self._in_hand, batch) for read in each.entries)
        with reading(vault.engine) as connection:
            known = vault.known(connection, [read.id_digest for read in batch.entries])
        batch.entries = [
            read
            for read in batch.entries
            if times[read.id_digest] > 1
            or read.id_digest not in known
            or not known[read.id_digest].has(vault.content(read.entry))
        ]

    def _store(self, batch: _Batch, found_by: Sequence[Findable]) -> None:
        """Store what can be met of ``batch``; the rest of it are faults."""
        entries: dict[bytes, tuple[Entry, Findable]] = {}
        for read, found in zip(batch.entries, found_by, strict=True):
            if meets(found.tokens):
                entries[read.id_digest] = read.entry, found
            else:
                batch.faults.append(LineFault(read.line, _UNMEETABLE))
        stored = self._written(entries)
        batch.stored = stored.count
        faulty = {fault.line for fault in batch.faults}
        for reason, kept in ((_ERASED, stored.erased), (_LIVING, stored.living)):
            lines = [read.line for read in batch.entries if read.id_digest in kept]
            batch.faults += [LineFault(line, reason) for line in lines if line not in faulty]

    def _written(self, entries: Mapping[bytes, tuple[Entry, Findable]]) -> Stored:
        if not entries:
            return Stored(0)
        plan = self._placing.plan(entries)
        with self._placing.turn():
            return self._placing.store(plan)


def _outcome(found_by: "Future[list[Findable]]") -> list[Findable]:
    try:
        return found_by.result()
    except BrokenProcessPool:
        raise TemporaryFailure("a process that reads the entries ended unasked; run the load again") from None


class _Finders:
    """Identifies in this process and, from a large input on, in others."""

    def __init__(self) -> None:
        self._here = 0
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Finders":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @property
    def are_many(self) -> bool:
        return self._pool is not None

    def find(self, persons: Sequence[tuple[Party, ...]]) -> "Future[list[Findable]]":
        """Return what each of ``persons`` is found by, by all their names and addresses, now or in a while."""
        if self._here >= _LARGE and persons:
            with _spared_from_interrupts():
                self._pool = self._pool or _pool()
                return self._pool.submit(_find, persons)
        self._here += len(persons)
        done: Future[list[Findable]] = Future()
        done.set_result(_find(persons))
        return done


def _find(persons: Sequence[tuple[Party, ...]]) -> list[Findable]:
    return [findable(*parties) for parties in persons]


def _pool() -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")  # nothing of ours is shared by accident, on any system
    return ProcessPoolExecutor(min(_PROCESSES, os.cpu_count() or 1), spawn, _end_with_parent)


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: it would wait for work, and hold people's data."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


@contextmanager
def _spared_from_interrupts() -> Iterator[None]:
    """Processes started here do not hear Ctrl-C, which reaches all: this one ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)
