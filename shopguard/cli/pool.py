"""Several processes that answer records side by side; the answers come in the order of the records."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Generic, Protocol, TypeVar

from shopguard.cli.running import Refused
from shopguard.errors import PayloadInvalid, ShopGuardError

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")

Numbered = Iterable[tuple[int, bytes]]
Chunk = Sequence[tuple[int, bytes]]

_CHUNK_LINES, _CHUNK_BYTES = 100, 250_000
_CHUNK_S = 0.2  # a piece that does not fill is sent anyway, for someone who types or follows a file
_AHEAD = 4  # chunks in hand for each process: what is held in memory, however long the input
_END_S = 5.0


class Task(Protocol[R_co]):
    """What is done with each record. It travels to the processes, so it holds nothing open itself."""

    def opened(self) -> AbstractContextManager[Callable[[bytes], R_co]]:
        """Give the function that answers one record; it raises ``PayloadInvalid`` for one it cannot read."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Stands for the answer to a record that could not be read."""

    text: str


def answers(records: Numbered, task: Task[R], processes: int = 1) -> Generator[tuple[int, R | Fault], None, None]:
    """Yield each record's number with its answer, in order; what is held in memory does not grow with the input.

    Raises:
        Refused: a process ended unasked; names the lines it had. Everything before them was answered.
    """
    if processes == 1:
        with task.opened() as answer:
            for number, record in records:
                yield number, _answered(answer, record)
        return
    workers = _started(task, processes)
    gathering = _Gathering(records)
    try:
        yield from _in_order(gathering, workers)
        for worker in workers:
            worker.dismiss()
    finally:
        gathering.close()
        for worker in workers:
            worker.end()


def _started(task: Task[R], processes: int) -> Sequence["_Worker[R]"]:
    context = multiprocessing.get_context("spawn")  # nothing of ours is shared by accident, on any system
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the others: it reaches all, and we end them
    try:
        return [_Worker(context, task) for _ in range(processes)]
    finally:
        signal.signal(signal.SIGINT, ours)


def _answered(answer: Callable[[bytes], R], record: bytes) -> R | Fault:
    try:
        return answer(record)
    except PayloadInvalid as error:
        return Fault(str(error))


class _Gathering:
    """Records becoming pieces worth sending, in a thread of their own: a slow input keeps no answer waiting.

    It reads no further than the piece at hand. ``bell`` can be waited for, and is ready when ``take`` may have news.
    """

    def __init__(self, records: Numbered) -> None:
        self.bell, self._rope = multiprocessing.Pipe(duplex=False)
        self.is_over = False  # all was taken
        self._records = records
        self._changed = threading.Condition()
        self._chunk: list[tuple[int, bytes]] = []
        self._size = 0
        self._due = 0.0
        self._ended = self._closed = False
        self._fault: Exception | None = None
        # Nobody can wake a thread that waits for a terminal: the program ends without it
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> Chunk | Exception | None:
        """Return what is worth sending now, if anything; behind all records what ended them, if it was a fault."""
        with self._changed:
            if self._chunk and (self._is_full() or self._ended or time.monotonic() >= self._due):
                chunk, self._chunk, self._size = self._chunk, [], 0
                self._changed.notify()
                return chunk
            if self._chunk or not self._ended:
                return None
            self.is_over = True
            fault, self._fault = self._fault, None
            return fault

    def patience_s(self) -> float | None:
        """Return when ``take`` has something to say even if the bell does not ring; None is never."""
        with self._changed:
            return max(0.0, self._due - time.monotonic()) if self._chunk else None

    def close(self) -> None:
        """Read no further, from the next record on."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.bell.close()

    def _read(self) -> None:
        try:
            for record in self._records:
                self._add(record)
                if self._closed:
                    break
        except Exception as error:
            self._fault = error
        with self._changed:
            self._ended = True
        self._ring()

    def _add(self, record: tuple[int, bytes]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._is_full())
            self._chunk.append(record)
            self._size += len(record[1])
            is_first = len(self._chunk) == 1
            if is_first:
                self._due = time.monotonic() + _CHUNK_S
            is_news = is_first or self._is_full()
        if is_news:
            self._ring()

    def _is_full(self) -> bool:
        return len(self._chunk) >= _CHUNK_LINES or self._size >= _CHUNK_BYTES

    def _ring(self) -> None:
        with suppress(OSError):  # nobody listens any more
            self._rope.send_bytes(b"!")


def _in_order(gathering: _Gathering, workers: Sequence["_Worker[R]"]) -> Iterator[tuple[int, R | Fault]]:
    idle, busy = list(workers), dict[Connection, tuple[int, _Worker[R]]]()
    done: dict[int, Sequence[tuple[int, R | Fault]] | Exception] = {}
    sent = given = 0
    while True:
        while given in done:
            outcome = done.pop(given)
            given += 1
            if isinstance(outcome, Exception):
                raise outcome
            yield from outcome
        may_send = bool(idle) and sent < given + _AHEAD * len(workers)
        if may_send and (chunk := gathering.take()) is not None:
            if isinstance(chunk, Exception):
                done[sent] = chunk
            else:
                worker = idle.pop()
                worker.give(chunk)
                busy[worker.connection] = sent, worker
            sent += 1
            continue
        if gathering.is_over and not busy:
            return
        bell = [gathering.bell] if may_send and not gathering.is_over else []
        for ready in wait([*busy, *bell], gathering.patience_s() if bell else None):
            if ready is gathering.bell:
                gathering.bell.recv_bytes()
            elif isinstance(ready, Connection):
                position, worker = busy.pop(ready)
                done[position] = worker.take()
                idle.append(worker)


class _Worker(Generic[R]):
    """One process, with at most one chunk in hand: so neither side ever waits for a full pipe."""

    def __init__(self, context: multiprocessing.context.SpawnContext, task: Task[R]) -> None:
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(task, theirs), daemon=True)
        self._process.start()
        theirs.close()  # only the process itself holds it now: its end is heard here
        self._chunk: Chunk = ()

    def give(self, chunk: Chunk) -> None:
        self._chunk = chunk
        with suppress(OSError):  # it is gone, which `take` will tell
            self.connection.send(chunk)

    def take(self) -> Sequence[tuple[int, R | Fault]] | Refused:
        """Return the answers to the chunk, or why there are none."""
        try:
            outcome: Sequence[tuple[int, R | Fault]] | str = self.connection.recv()
        except (EOFError, OSError):
            self._process.join(_END_S)
            first, last = self._chunk[0][0], self._chunk[-1][0]
            how = f"exit code {self._process.exitcode}"
            return Refused(f"lines {first} to {last}: the process that worked on them ended unasked ({how})")
        return Refused(outcome) if isinstance(outcome, str) else outcome

    def dismiss(self) -> None:
        """Let the process end by itself."""
        self.connection.close()
        self._process.join(_END_S)

    def end(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _work(task: Task[R], connection: Connection) -> None:
    """What a process does: answer chunk after chunk until the other side is gone."""
    with suppress(EOFError, BrokenPipeError):
        chunk: Chunk = connection.recv()
        try:
            with task.opened() as answer:
                while True:
                    connection.send([(number, _answered(answer, record)) for number, record in chunk])
                    chunk = connection.recv()
        except ShopGuardError as error:
            connection.send(str(error))
