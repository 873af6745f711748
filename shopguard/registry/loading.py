"""Bulk loading: reading and comparing here, identifying beside, sealing and writing here again, batch after batch."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from shopguard.errors import PayloadInvalid, TemporaryFailure
from shopguard.matching import meets
from shopguard.model import Entry, Party
from shopguard.registry.load import LineFault, LoadReport, parse_entry
from shopguard.registry.placing import BATCH, Findable, Placing, findable
from shopguard.registry.vault import Vault
from shopguard.storage.engine import reading

_LARGE = 4 * BATCH  # entries identified in this process before others are started for the rest
_PROCESSES = 2  # identify more than one process can seal
_AHEAD = 4  # batches in hand: what is held in memory, however long the input

_UNMEETABLE = "nothing in the party can be looked up - at `$.party`"
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
        for batch in _found(placing.vault, _batches(placing.vault, lines, placing.clock()), finders):
            stored = _store(placing, batch)
            for fault in sorted(batch.faults, key=lambda fault: fault.line):
                on_fault(fault)
            faulty = len(batch.faults)
            unchanged = batch.lines - faulty - stored
            report = LoadReport(report.stored + stored, report.unchanged + unchanged, report.faulty + faulty)
            progress(report)
    return report


@dataclass(slots=True)
class _Batch:
    """Some lines: how many, which are faulty, and the entries of the others by the digest of their id."""

    lines: int = 0
    faults: list[LineFault] = field(default_factory=list)
    entries: dict[bytes, tuple[int, Entry]] = field(default_factory=dict)
    found_by: "Future[list[Findable]] | None" = None

    @property
    def parties(self) -> list[Party]:
        return [entry.party for _, entry in self.entries.values()]


def _batches(vault: Vault, lines: Iterable[bytes | str], now: datetime) -> Iterator[_Batch]:
    batch = _Batch()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        batch.lines += 1
        try:
            entry = parse_entry(line, now)
            batch.entries[vault.id_digest(entry.id)] = number, entry
        except PayloadInvalid as error:
            batch.faults.append(LineFault(number, str(error)))
        if batch.lines == BATCH:
            yield batch
            batch = _Batch()
    if batch.lines:
        yield batch


def _found(vault: Vault, batches: Iterable[_Batch], finders: "_Finders") -> Iterator[_Batch]:
    """Yield the batches in order, without what is there unchanged; some of them are identified ahead."""
    ahead: deque[_Batch] = deque()
    for batch in batches:
        _leave_unchanged_out(vault, batch, ahead)
        batch.found_by = finders.find(batch.parties)
        ahead.append(batch)
        if len(ahead) > (_AHEAD if finders.are_many else 0):
            yield ahead.popleft()
    yield from ahead


def _leave_unchanged_out(vault: Vault, batch: _Batch, ahead: Iterable[_Batch]) -> None:
    with reading(vault.engine) as connection:
        known = vault.known(connection, list(batch.entries))
    for id_, kept in known.items():
        _, entry = batch.entries[id_]
        if kept.has(vault.content(entry)) and not any(id_ in earlier.entries for earlier in ahead):
            del batch.entries[id_]


def _store(placing: Placing, batch: _Batch) -> int:
    """Store what can be met of ``batch`` and return how many that were; the others become faults."""
    if batch.found_by is None or not batch.entries:
        return 0
    entries: dict[bytes, tuple[Entry, Findable]] = {}
    for (id_, (line, entry)), found_by in zip(batch.entries.items(), _outcome(batch.found_by), strict=True):
        if meets(found_by.tokens):
            entries[id_] = entry, found_by
        else:
            batch.faults.append(LineFault(line, _UNMEETABLE))
    with placing.turn():
        stored = placing.store(entries)
    batch.faults += [LineFault(batch.entries[id_][0], _ERASED) for id_ in stored.erased]
    return stored.count


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

    def find(self, parties: Sequence[Party]) -> "Future[list[Findable]]":
        """Return what each of ``parties`` is found by, now or in a while."""
        if self._here >= _LARGE and parties:
            with _spared_from_interrupts():
                self._pool = self._pool or _pool()
                return self._pool.submit(_find, parties)
        self._here += len(parties)
        done: Future[list[Findable]] = Future()
        done.set_result(_find(parties))
        return done


def _find(parties: Sequence[Party]) -> list[Findable]:
    return [findable(party) for party in parties]


def _pool() -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")  # nothing of ours is shared by accident, on any system
    return ProcessPoolExecutor(min(_PROCESSES, os.cpu_count() or 1), spawn)


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
