"""How fast, how dear and how late durable intake is: the group-commit writer and the receiver beside their floors.

    python bench/intake.py --rounds 5

Real HTTP from sixteen client processes to granian as ``shopguard serve`` runs it, SQLite with ``synchronous=FULL``.
Clients and server share the machine's cores, so only ratios inside a round mean something.
"""

import random
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import sqlalchemy as sa
from clients import CLIENTS, closed_loop, open_loop, prepared
from floors import fdatasync_loop
from installed import furnish
from orders import deliveries
from rounds import Demand, Figures, main, quantile, tell
from servers import Server, running

from shopguard.storage.engine import migrate, open_engine, sqlite_url
from shopguard.storage.writer import Addition, DirectWriter, GroupCommitWriter, Writer

_ROWS = 2_000  # written by the writer alone
_REQUESTS = 1_600  # sent to each server as fast as it answers
_OPEN_S = 8.0
_LOAD = 0.2  # of capacity
_ROW = random.Random(1).randbytes(8_000)  # a sealed delivery of 6 KB

DEMANDS = (
    Demand(
        "R1",
        "writer: rows/s grouped, one commit per row = 1",
        lambda f: f["writer grouped rows/s"] / f["writer one by one rows/s"],
        4.0,
    ),
    Demand(
        "R1",
        "HTTP: requests/s, the same view without the insert = 1",
        lambda f: f["receiver requests/s"] / f["without insert requests/s"],
        0.6,
    ),
    Demand(
        "R2",
        "CPU per request, bare view with HMAC and one insert = 1",
        lambda f: f["receiver CPU ms/request"] / f["bare view CPU ms/request"],
        at_most=1.5,
    ),
    Demand(
        "R3",
        "ack p99 at 20 % load, p99 without the insert + 5 x p99 of fdatasync = 1",
        lambda f: f["receiver ack p99 ms"] / (f["without insert ack p99 ms"] + 5 * f["fdatasync p99 ms"]),
        at_most=1.0,
    ),
)


def measure(folder: Path, rounds: int) -> list[Figures]:
    """Return the figures of each round."""
    chance, found = random.Random(3), []
    with ExitStack() as stack:
        servers = {}
        for name in ("receiver", "without insert", "bare view"):
            home = folder / name.replace(" ", "_")
            furnish(home)
            servers[name] = stack.enter_context(running(home.name, home))
        for number in range(rounds):
            figures = _writers(folder / f"writers-{number}", chance)
            figures |= _closed(servers, number, chance)
            figures |= _open(servers, number, chance, _LOAD * figures["receiver requests/s"], folder)
            found.append(figures)
            tell(f"round {number + 1} of {rounds}: " + ", ".join(f"{k} {v:.3g}" for k, v in figures.items()))
    return found


def _writers(folder: Path, chance: random.Random) -> dict[str, float]:
    """The same rows, grouped from sixteen threads and one commit each from one: more threads would only collide."""
    contestants: list[tuple[str, Callable[[sa.Engine], Writer], int]] = [
        ("grouped", GroupCommitWriter, CLIENTS),
        ("one by one", DirectWriter, 1),
    ]
    figures = {}
    folder.mkdir()
    for name, make, threads in chance.sample(contestants, len(contestants)):
        engine = open_engine(sqlite_url(folder / f"{name}.db"))
        migrate(engine, "guard")
        with closing(make(engine)) as writer, ThreadPoolExecutor(threads) as pool:
            began = time.perf_counter()
            list(
                pool.map(
                    lambda share, to=writer: _write(to, share), [range(n, _ROWS, threads) for n in range(threads)]
                )
            )
            figures[f"writer {name} rows/s"] = _ROWS / (time.perf_counter() - began)
        engine.dispose()
    return dict(sorted(figures.items()))


def _write(writer: Writer, numbers: Iterable[int]) -> None:
    for number in numbers:
        writer.add(_ADDITION, (str(number), _ROW))


_ADDITION = Addition(
    "INSERT INTO inbox (delivery_key, sealed, shop, source, received_at, due_at, state) VALUES",
    "(?, ?, 'bench', 'webhook', 0, 0, 'received')",
    "ON CONFLICT (shop, delivery_key) DO NOTHING",
)


def _closed(servers: dict[str, Server], number: int, chance: random.Random) -> dict[str, float]:
    """Each server at its limit, with the same requests."""
    requests = prepared(deliveries(_REQUESTS, first=1 + number * 1_000_000))
    figures = {}
    for name in chance.sample(sorted(servers), len(servers)):
        before = servers[name].cpu_s()
        load = closed_loop(servers[name].port, requests)
        figures[f"{name} requests/s"] = load.per_s
        figures[f"{name} CPU ms/request"] = 1_000 * (servers[name].cpu_s() - before) / len(requests)
    return dict(sorted(figures.items()))


def _open(
    servers: dict[str, Server], number: int, chance: random.Random, per_s: float, folder: Path
) -> dict[str, float]:
    """The receiver and the view without the insert below capacity, beside each a loop of fdatasync at its pace."""
    requests = prepared(deliveries(int(per_s * _OPEN_S), first=500_000 + number * 1_000_000))
    figures = {"offered requests/s": per_s}
    for name in chance.sample(("receiver", "without insert"), 2):
        with ThreadPoolExecutor(1) as beside:
            stop = threading.Event()
            syncing = beside.submit(fdatasync_loop, folder / "synced", _ROW, stop, 1 / per_s)
            load = open_loop(servers[name].port, requests, per_s, seed=number)
            stop.set()
        figures[f"{name} ack p50 ms"] = 1_000 * quantile(load.latencies, 0.5)
        figures[f"{name} ack p99 ms"] = 1_000 * quantile(load.latencies, 0.99)
        if name == "receiver":
            figures["fdatasync p99 ms"] = 1_000 * quantile(syncing.result(), 0.99)
    return dict(sorted(figures.items()))


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], DEMANDS, measure))
