"""Several processes on one file: in order, in flat memory, with the same answers and errors; and how they end."""

import base64
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO

import pytest

from shopguard import wire
from shopguard.cli import pool
from shopguard.identity.tables import tables
from shopguard.storage.engine import migrate, open_engine, sqlite_url

ENTRY = {
    "id": "E-1",
    "category": "unpaid",
    "party": {"name": "渡邊 太郎", "phones": ["090-3141-0007"], "emails": ["taro@example.jp"]},
    "reporters": 2,
    "first_on": "2025-03-01",
    "last_on": "2026-08-14",
}
SURNAMES = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本"]
HANDLE = re.compile(rb'(?<="entry":")[0-9a-f]{32}')  # of an entry met by one detail: drawn when it is loaded
LINES = 450  # several pieces for each of two processes


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """The first program to need the tables would say so on stderr."""
    tables()


def party(number: int) -> dict[str, object]:
    """Every fortieth is the listed one; one phone in a hundred is given with a new surname each time."""
    name = f"{SURNAMES[number % 7]} 太郎"
    phone = "090-3141-0007" if number % 40 == 7 else f"090-3141-{9_000 + number % 100:04}"
    lines = ["ﾄｳｷｮｳﾄ 港区芝公園４－２－８"]  # remarked upon in several ways, in one order in every process
    return {
        "name": name,
        "phones": [phone],
        "emails": [f"taro{number}@example.jp"],
        "postal_code": "9000001",
        "lines": lines,
    }


def order(number: int) -> dict[str, object]:
    return {"id": str(number), "total": "12800", "payment": {"kind": "cod"}, "buyer": party(number)}


def written(path: Path, records: Sequence[object]) -> Path:
    """Write JSON lines; every 333rd cannot be read."""
    lines = [b"no JSON" if number % 333 == 1 else wire.encode(record) for number, record in enumerate(records)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "shopguard", *map(str, words)]


def run(folder: Path, *words: str | Path, stdin: IO[bytes] | None = None) -> tuple[int, bytes, bytes]:
    done = subprocess.run(command(*words), cwd=folder, stdin=stdin, capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["identify", "compare"])
def test_several_processes_say_what_one_says(tmp_path: Path, name: str) -> None:
    records = [party(n) if name == "identify" else {"a": party(n), "b": party(n + 7)} for n in range(LINES)]
    file = written(tmp_path / "records.jsonl", records)
    alone = run(tmp_path, name, file)
    assert (alone[0], alone[1].count(b"\n"), alone[2].count(b"\n")) == (1, LINES - 2, 2)
    with file.open("rb") as stdin:
        assert run(tmp_path, name, "--processes", "2", stdin=stdin) == alone


def test_several_processes_judge_as_one_does(tmp_path: Path) -> None:
    file = written(tmp_path / "orders.jsonl", [order(n) for n in range(LINES)])
    (tmp_path / "entries.jsonl").write_bytes(wire.encode(ENTRY))
    alone = run(tmp_path, "screen", file, "--registry", "entries.jsonl")
    assert alone[0] == 1
    assert alone[1].count(b'"verdict":"flag"') > 10
    assert alone[1].count(b"signal_many_names") > 100  # known only to who sees the lines of all processes
    several = run(tmp_path, "screen", file, "--registry", "entries.jsonl", "--processes", "2")
    assert [HANDLE.sub(b"", part) for part in several[1:]] == [HANDLE.sub(b"", part) for part in alone[1:]]
    assert several[0] == alone[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["entries.jsonl", "orders.jsonl"]


def test_what_stops_one_process_stops_several_with_the_same_words(tmp_path: Path) -> None:
    file = written(tmp_path / "orders.jsonl", [order(1)])
    alone = run(tmp_path, "screen", file)
    assert alone[0] == 1
    assert b"registry load" in alone[2]
    assert run(tmp_path, "screen", file, "--processes", "2") == alone


def test_a_fault_of_the_whole_file_comes_after_what_precedes_it(tmp_path: Path) -> None:
    (tmp_path / "entries.jsonl").write_bytes(wire.encode(ENTRY))
    rows = [f"{number},1,cod,渡辺太郎\n" for number in range(150)]
    broken = f'"{"x" * 200_000}"\n'  # longer than a field of a CSV may be
    file = tmp_path / "orders.csv"
    file.write_text("id,total,payment.kind,buyer.name\n" + "".join(rows) + broken, "utf-8")
    words = ("screen", "--csv", file, "--registry", "entries.jsonl")
    alone = run(tmp_path, *words)
    assert (alone[0], alone[1].count(b"\n")) == (1, 150)
    assert run(tmp_path, *words, "--processes", "2") == alone


def test_on_a_terminal_loading_and_reading_show_how_far_they_are(tmp_path: Path) -> None:
    (tmp_path / "entries.jsonl").write_bytes(wire.encode(ENTRY))
    (tmp_path / "orders.jsonl").write_bytes(b"".join(wire.encode(order(n)) + b"\n" for n in range(300)))
    words = command("screen", "orders.jsonl", "--registry", "entries.jsonl", "--processes", "2")
    verdicts = tmp_path / "verdicts.jsonl"
    terminal, theirs = os.openpty()
    with verdicts.open("wb") as stdout, subprocess.Popen(words, cwd=tmp_path, stdout=stdout, stderr=theirs):
        os.close(theirs)
        shown = b"".join(_read_all(terminal))
    assert verdicts.read_bytes().count(b"\n") == 300
    assert shown.count(b"100%") == 2
    assert 0 <= shown.find(b"load") < shown.find(b"100%") < shown.find(b"read") < shown.rfind(b"100%")


def _read_all(terminal: int) -> Iterator[bytes]:
    with suppress(OSError), open(terminal, "rb", buffering=0) as read:  # a terminal without a program is an error
        while piece := read.read(1000):
            yield piece


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_reader_that_has_enough_ends_the_command_quietly(tmp_path: Path, processes: str) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"".join(wire.encode(party(n)) + b"\n" for n in range(LINES)))
    words = command("identify", file, "--processes", processes)
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"{")
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


def test_whoever_writes_line_by_line_gets_answer_by_answer(tmp_path: Path) -> None:
    words, pipe = command("identify", "--processes", "2"), subprocess.PIPE
    with subprocess.Popen(words, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(wire.encode(party(number)) + b"\n")
            running.stdin.flush()
            assert f"taro{number}@" in running.stdout.readline().decode()  # before there is any more to read
        assert running.communicate(timeout=60) == (b"", b"")
    assert running.returncode == 0


def test_ctrl_c_ends_every_process(tmp_path: Path) -> None:
    words = command("identify", "--processes", "2")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, preexec_fn=_hears_ctrl_c
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(wire.encode(party(1)) + b"\n")
        running.stdin.flush()
        assert running.stdout.readline().startswith(b"{")
        os.killpg(running.pid, signal.SIGINT)
        assert running.stderr.read() == b"\nAborted!\n"  # nobody holds the other end any more
        assert running.wait(60) == 1
    assert _is_gone(running.pid)


def test_processes_of_a_load_end_when_it_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from shopguard.registry import loading\n"
        "if __name__ == '__main__':\n"
        "    pool = loading._pool()\n"
        "    pool.submit(loading._find, []).result()\n"
        "    print('begun', flush=True)\n"
        "    input()\n",
        "utf-8",
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, program], stdin=pipe, stdout=pipe, start_new_session=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"begun\n"
        running.kill()
    assert _is_gone(running.pid)


def test_what_is_logged_does_not_stand_among_the_results(tmp_path: Path) -> None:
    assert run(tmp_path, "init")[0] == 0
    engine = open_engine(sqlite_url(tmp_path / "var" / "guard.db"))
    migrate(engine, "guard")
    engine.dispose()
    keys = base64.b64encode(bytes(32)).decode()
    asked = f"registry: {{url: 'http://127.0.0.1:9', member: shop-1, answer_keys: ['{keys}']}}\n"
    (tmp_path / "config.yaml").write_text(asked, "utf-8")
    assert run(tmp_path, "registry", "enrol")[0] == 0
    file = written(tmp_path / "orders.jsonl", [order(0)])
    code, results, said = run(tmp_path, "screen", file)
    assert (code, results.count(b"\n")) == (0, 1)
    assert b'"state":"unscreened"' in results
    assert b"the registry cannot be reached" in said


def test_role_whose_supervisor_was_killed_before_it_began_ends_by_itself(tmp_path: Path) -> None:
    assert run(tmp_path, "init")[0] == 0
    ended = subprocess.run(
        command("serve", "--role", "worker"),
        cwd=tmp_path,
        env={**os.environ, "SHOPGUARD_PARENT": "1" if os.getpid() != 1 else "2"},  # another than who starts it
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")
    assert not (tmp_path / "var" / "guard.db").exists()


def _hears_ctrl_c() -> None:
    """Undo what a shell does to programs in the background: the tests may run in one, and a child inherits it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _is_gone(group: int) -> bool:
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


# The pool by itself: a task as a program of its own, since a process finds a task by its module

_PROGRAM = """
import os, pathlib, signal, sys, time
from contextlib import contextmanager
from itertools import chain, count
from shopguard.cli.pool import answers
from shopguard.cli.running import Refused

class Task:
    @contextmanager
    def opened(self):
        yield answer

def answer(record):
    number = int(record)
{answer}
    return number

def records():
    for number in {numbers}:
        yield number, str(number).encode()

if __name__ == "__main__":
    try:
        for number, answer_ in answers(records(), Task(), 2):
            assert number == answer_
            print(number, flush=True)
    except Refused as error:
        sys.exit(str(error))
"""


def pooled(folder: Path, answer: str, numbers: str = "range(1, 501)") -> tuple[list[int], str]:
    """Let two processes work by ``answer`` and return the numbers answered, and what was said at the end."""
    program = folder / "program.py"
    program.write_text(_PROGRAM.format(answer=answer, numbers=numbers), "utf-8")
    done = subprocess.run(
        [sys.executable, program], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return [int(line) for line in done.stdout.split()], done.stderr.strip()


def test_work_done_out_of_order_is_given_in_order(tmp_path: Path) -> None:
    first_waits_for_later = """
    later = pathlib.Path("later")
    if number == 450:
        later.touch()
    while number == 1 and not later.exists():
        time.sleep(0.01)
"""
    assert pooled(tmp_path, first_waits_for_later) == (list(range(1, 501)), "")


def test_a_killed_process_is_an_error_that_names_its_lines(tmp_path: Path) -> None:
    kill = "    if number == 250: os.kill(os.getpid(), signal.SIGKILL)"
    then_waits = "chain(range(1, 301), map(time.sleep, [1000]))"
    given, said = pooled(tmp_path, kill, then_waits)
    first, last = lines_named(said)
    assert first <= 250 <= last
    assert given == list(range(1, first))
    assert said == f"lines {first} to {last}: the process that worked on them ended unasked (exit code -9)"


def test_a_process_that_dies_of_an_error_is_told_too(tmp_path: Path) -> None:
    given, said = pooled(tmp_path, "    if number == 50: raise RuntimeError")
    first, last = lines_named(said)
    assert first <= 50 <= last
    assert given == list(range(1, first))


def lines_named(said: str) -> tuple[int, int]:
    found = re.search(r"^lines (\d+) to (\d+): ", said, re.MULTILINE)
    assert found, said
    return int(found[1]), int(found[2])


def test_ctrl_c_while_the_others_begin_is_heard_by_the_first_alone(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    begins = 'if __name__ == "__mp_main__": pathlib.Path("begun").touch(); time.sleep(1000)'
    text = _PROGRAM.format(answer="", numbers='[pathlib.Path("reading").touch()]')
    program.write_text(text.replace("class Task:", f"{begins}\n\nclass Task:"), "utf-8")
    with subprocess.Popen(
        [sys.executable, program],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hears_ctrl_c,
    ) as running:
        assert running.stderr is not None
        while not (tmp_path / "begun").exists() or not (tmp_path / "reading").exists():
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGINT)
        assert running.stderr.read().count(b"Traceback") == 1
    assert _is_gone(running.pid)


def test_no_more_is_read_than_is_worked_on(tmp_path: Path) -> None:
    """The input never ends: only who reads it piece by piece gives any answer."""
    program = tmp_path / "program.py"
    text = _PROGRAM.format(answer="", numbers="count(1)")
    program.write_text(text.replace("print(number, flush=True)", "print(number, flush=True); break"), "utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_pieces_are_bounded_by_lines_and_by_bytes() -> None:
    def sizes(length: int) -> list[int]:
        gathering = pool._Gathering((number, b"x" * length) for number in itertools.count())
        with closing(gathering):
            return [len(chunk) for chunk in itertools.islice(taken(gathering), 3)]

    assert sizes(10) == [100, 100, 100]
    assert sizes(100_000) == [3, 3, 3]
    assert sizes(1_000_000) == [1, 1, 1]


def test_what_does_not_fill_a_piece_is_sent_anyway() -> None:
    more = threading.Event()

    def slow() -> Iterator[tuple[int, bytes]]:
        yield 1, b""
        yield 2, b""
        more.wait()
        yield 3, b""

    with closing(pool._Gathering(slow())) as gathering:
        pieces = taken(gathering)
        assert next(pieces)[0] == (1, b"")
        more.set()
        assert list(pieces)[-1][-1] == (3, b"")


def taken(gathering: pool._Gathering) -> Iterator[pool.Chunk]:
    """Take what there is, when the bell says so."""
    while not gathering.is_over:
        chunk = gathering.take()
        assert not isinstance(chunk, Exception)
        if chunk is not None:
            yield chunk
        elif not gathering.is_over and wait([gathering.bell], gathering.patience_s()):
            gathering.bell.recv_bytes()
