"""Several processes that answer records side by side; the answers come in the order of the records."""

import multiprocessing
import signal
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
    context = multiprocessing.get_context("spawn")  # nothing of ours is shared by accident, on any system
    workers = [_Worker(context, task) for _ in range(processes)]
    try:
        yield from _in_order(_chunks(records), workers)
        for worker in workers:
            worker.dismiss()
    finally:
        for worker in workers:
            worker.end()


def _answered(answer: Callable[[bytes], R], record: bytes) -> R | Fault:
    try:
        return answer(record)
    except PayloadInvalid as error:
        return Fault(str(error))


def _chunks(records: Numbered) -> Iterator[Chunk | Refused]:
    """Gather records into pieces worth sending; a fault of the whole input comes last, behind what precedes it."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    try:
        for number, record in records:
            chunk.append((number, record))
            size += len(record)
            if len(chunk) == _CHUNK_LINES or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except ShopGuardError as error:
        yield from [chunk] if chunk else []
        yield Refused(str(error))
        return
    if chunk:
        yield chunk


def _in_order(chunks: Iterator[Chunk | Refused], workers: Sequence["_Worker[R]"]) -> Iterator[tuple[int, R | Fault]]:
    idle, busy = list(workers), dict[Connection, tuple[int, _Worker[R]]]()
    done: dict[int, Sequence[tuple[int, R | Fault]] | Refused] = {}
    sent = given = 0
    while True:
        while given in done:
            outcome = done.pop(given)
            given += 1
            if isinstance(outcome, Refused):
                raise outcome
            yield from outcome
        while idle and sent < given + _AHEAD * len(workers) and (chunk := next(chunks, None)) is not None:
            if isinstance(chunk, Refused):
                done[sent] = chunk
            else:
                worker = idle.pop()
                worker.give(chunk)
                busy[worker.connection] = sent, worker
            sent += 1
        if not busy and not done:
            return
        for ready in wait(list(busy)):
            if isinstance(ready, Connection):
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of us; the first process ends the others
    with suppress(EOFError, BrokenPipeError):
        chunk: Chunk = connection.recv()
        try:
            with task.opened() as answer:
                while True:
                    connection.send([(number, _answered(answer, record)) for number, record in chunk])
                    chunk = connection.recv()
        except ShopGuardError as error:
            connection.send(str(error))
