"""How long `registry load` takes, what it holds in memory and what the stores become on disk.

    python bench/load.py --entries 20000

Entries are the invented people of ``people/``. The keyed function runs in a process of its own, as with ``serve``.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

from people.person import population
from people.writing import party, write
from rounds import machine

from shopguard import wire
from shopguard.crypto import Keyring
from shopguard.model import Category, Entry
from shopguard.registry.home import RegistryHome
from shopguard.registry.load import LoadReport

_SHARES = (0.1, 0.5, 1.0)  # of the load, at which memory is looked at
_PIECE = 10_000  # entries made in one go
_MB = 1_000_000
_WANTED_PER_S = 1_000_000 / (30 * 60)


def main() -> int:
    """Load, load again, print; 1 if that was slower than a million in half an hour."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite otherwise")
    parser.add_argument("--keep", type=Path, help="a new folder that stays, for bench/lookup.py")
    parser.add_argument("--dir", type=Path, help="where files lie; a temporary folder otherwise")
    chosen = parser.parse_args()
    with _folder(chosen.keep, chosen.dir) as data_dir:
        file = data_dir / "entries.jsonl"
        _write(file, chosen.entries, chosen.seed)
        print(machine(), flush=True)
        home = RegistryHome(
            data_dir, "bench", Keyring.create(data_dir / "keys.json"), lambda: datetime.now(UTC), chosen.url
        )
        try:
            home.prepare()
            per_s = _measure(home, file, chosen.entries)
            _tell_sizes(home, data_dir, chosen.entries)
        finally:
            home.close()
    return 0 if per_s >= _WANTED_PER_S else 1


@contextmanager
def _temporary(beside: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        yield Path(folder)


def _folder(keep: Path | None, beside: Path | None) -> AbstractContextManager[Path]:
    if keep is None:
        return _temporary(beside)
    keep.mkdir(mode=0o700, parents=True)
    return nullcontext(keep)


def _measure(home: RegistryHome, file: Path, entries: int) -> float:
    """Load ``file`` twice and return how many entries a second were stored."""
    looks = [share * entries for share in _SHARES]
    started = time.perf_counter()

    def look(report: LoadReport) -> None:
        if looks and report.lines >= looks[0]:
            looks.pop(0)
            print(f"{report.lines:>9} lines, {report.lines / (time.perf_counter() - started):.0f}/s", flush=True)
            for name, pid in _family():
                now, peak = _memory_mb(pid)
                cpu_ms = _cpu_s(pid) / report.lines * 1_000
                print(
                    f"          {name}: {now:.0f} MB (at most {peak:.0f}), {cpu_ms:.2f} ms CPU an entry", flush=True
                )

    took, report = _timed(home, file, look)
    print(f"stored {report.stored}, left out {report.faulty}: {took:.1f} s, {entries / took:.0f}/s")
    again, report = _timed(home, file, lambda report: None)
    print(f"once more, {report.unchanged} unchanged: {again:.1f} s, {entries / again:.0f}/s")
    return entries / took


def _timed(home: RegistryHome, file: Path, look: Callable[[LoadReport], None]) -> tuple[float, LoadReport]:
    before = time.perf_counter()
    with file.open("rb") as lines:
        report = home.publisher.load(lines, look)
    return time.perf_counter() - before, report


def _tell_sizes(home: RegistryHome, data_dir: Path, entries: int) -> None:
    for file in sorted(data_dir.glob("registry-*.db")):
        print(f"{file.name}: {file.stat().st_size / _MB:.1f} MB, {file.stat().st_size / entries:.0f} B an entry")
    size = home.index.size(home.index.epochs()[0].number)
    print(f"index: {home.index.size_bytes() / entries:.0f} B an entry of {size.rows / entries:.1f} rows")


def _family() -> Iterator[tuple[str, int]]:
    """This process and those that work for it, each with what it does."""
    mine = os.getpid()
    yield "sealing and writing", mine
    for child in map(int, Path(f"/proc/{mine}/task/{mine}/children").read_text().split()):
        command = Path(f"/proc/{child}/cmdline").read_text()
        if "registry.prf" in command:
            yield "keyed function", child
        elif "spawn_main" in command:
            yield "identifying", child


def _cpu_s(pid: int) -> float:
    """How long a process has worked so far, in the program and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    """What a process holds in memory now, and at most so far."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    told = {words[0]: words[1] for words in lines if len(words) > 1}
    return float(told["VmRSS:"]) / 1_000, float(told["VmHWM:"]) / 1_000


def _write(file: Path, entries: int, seed: int) -> None:
    """Write ``entries`` lines, made in as many processes as there are cores."""
    pieces = [(seed, start, min(_PIECE, entries - start)) for start in range(0, entries, _PIECE)]
    with multiprocessing.get_context("spawn").Pool() as pool, file.open("wb") as out:
        for lines in pool.imap(_piece, pieces):
            out.write(lines)


def _piece(piece: tuple[int, int, int]) -> bytes:
    return b"\n".join(_entries(*piece)) + b"\n"


def _entries(seed: int, start: int, count: int) -> Iterator[bytes]:
    rng = random.Random(f"load {seed} {start}")
    for number, who in enumerate(population(rng, count), start=start):
        first, last = date(2025, rng.randint(1, 12), 1), date(2026, rng.randint(1, 10), rng.randint(1, 28))
        category = rng.choice(tuple(Category))
        yield wire.encode(Entry(f"E-{number}", category, party(write(rng, who)), rng.randint(1, 9), first, last))


if __name__ == "__main__":
    sys.exit(main())
