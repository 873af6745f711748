"""The servers that are compared, each behind granian as ``shopguard serve`` sets it up, each in its own process.

python bench/servers.py APPLICATION HOME PORT
"""

import base64
import hmac
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, request
from installed import installation
from orders import SECRET

from shopguard.cli.logs import start_logging
from shopguard.cli.serve import listen
from shopguard.demo.network import HOST
from shopguard.storage.writer import Addition

_HOME = "BENCH_HOME"
_THREADS = 16
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def receiver() -> Flask:
    """The real receiver."""
    return installation(Path(os.environ[_HOME])).receiver_app()


class Nowhere:
    """A writer that keeps nothing."""

    def add(self, _addition: Addition, _row: tuple[object, ...]) -> bool:
        return True


def without_insert() -> Flask:
    """The real receiver, the same to the sealed row, which it does not insert."""
    made = installation(Path(os.environ[_HOME]))
    made.writer = Nowhere()
    return made.receiver_app()


def bare_view() -> Flask:
    """The least a durable webhook can be: one view that checks the HMAC and commits one row, in clear."""
    app, lock = Flask("bare"), threading.Lock()
    database = sqlite3.connect(Path(os.environ[_HOME]) / "bare.db", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, body BLOB)")

    @app.post("/webhooks/<platform>/<shop>")
    def receive(platform: str, shop: str) -> tuple[str, int]:
        body = request.get_data()
        expected = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256"))
        if not hmac.compare_digest(expected, request.headers["x-wc-webhook-signature"].encode()):
            return "no\n", 401
        with lock:
            row = (request.headers["x-wc-webhook-delivery-id"], body)
            database.execute("INSERT INTO inbox (key, body) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
        return "accepted\n", 200

    return app


@dataclass(frozen=True)
class Server:
    """One running server."""

    port: int
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """Return the processor seconds (user and system) that it has used, its inner processes included."""
        return sum(cpu_s(pid) for pid in family(self.process.pid))


@contextmanager
def running(application: str, home: Path) -> Iterator[Server]:
    """A server of ``application`` (a function of this module), ended at the end."""
    port = free_port()
    with (home / "log").open("wb") as log:
        command = [sys.executable, __file__, application, str(home), str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(port)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(20)


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_s(pid: int) -> float:
    """Return the processor seconds (user and system) that one process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for(port: int, patience_s: float = 60.0) -> None:
    """Return when somebody listens on ``port``."""
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    chosen, folder, where = sys.argv[1:]
    os.environ[_HOME] = folder
    start_logging()
    listen(f"servers:{chosen}", HOST, int(where), _THREADS)
