"""What the registry does over HTTP: orders a second on one core, and how long an answer takes, as the list grows.

    python bench/load.py --entries 1000000 --keep DIR
    python bench/lookup.py DIR

The registry's process and that of its keyed function share core 0, the clients have core 1. Every order is one signed
batch of 15 tokens of an invented buyer; one in ten is a listed one. Requests are signed beforehand, as members sign
on machines of their own. Beside it the bare driver looks up 15 locators in the same index.
"""

import argparse
import json
import multiprocessing
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import yaml
from people.person import population
from people.writing import party, write
from rounds import machine, quantile, tell
from servers import cpu_s, family, free_port, wait_for

from shopguard.crypto import Keyring
from shopguard.identity import PROFILE, Token, identify, tokens
from shopguard.registry.epochs import current
from shopguard.registry.home import RegistryHome
from shopguard.registry.messages import LOOKUPS, Element, LookUp
from shopguard.registry.prf.process import prf_command
from shopguard.registry.signing import Signer

REGISTRY_ID = "bench"
_HOST, _MEMBER, _TOKENS, _LISTED_SHARE = "127.0.0.1", "bench-shop", 15, 0.1
_CLIENTS = 8
_fork = multiprocessing.get_context("fork")


def main() -> int:
    """Measure and print; 1 if a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, help="what bench/load.py --keep has filled")
    parser.add_argument("--orders", type=int, default=3_000, help="in each round of each kind")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="the one the list was loaded with")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {1})
    home = RegistryHome(chosen.home, REGISTRY_ID, Keyring.load(chosen.home / "keys.json"), lambda: datetime.now(UTC))
    asking = _asking(chosen.seed, chosen.orders)
    with _serving(home) as servers:
        rounds = [_round(home, servers, asking, number) for number in range(chosen.rounds)]
    home.close()
    figures = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    if chosen.json:
        print(json.dumps({"machine": machine(), "median": figures, "rounds": rounds}))
    else:
        print(machine(), *(f"{name}: {value:.4g}" for name, value in figures.items()), sep="\n")
    met = (
        figures["orders/s on one core"] >= 250
        and figures["p95 ms at 83 orders/s"] <= 20
        and figures["p99 ms at 83 orders/s"] <= 100
    )
    return 0 if met else 1


# --- the servers ---


@dataclass(frozen=True)
class Servers:
    port: int
    signer: Signer
    processes: Sequence["subprocess.Popen[bytes]"]

    def cpu_s(self) -> Sequence[float]:
        """Processor seconds of the keyed function and of the registry, with what they started."""
        return [sum(cpu_s(pid) for pid in family(process.pid)) for process in self.processes]


@contextmanager
def _serving(home: RegistryHome) -> Iterator[Servers]:
    """Both processes on core 0, and a member that they know."""
    port, signer = free_port(), Signer.of_seed(secrets.token_bytes(32))
    config = home.data_dir / "config.yaml"
    config.write_text(yaml.safe_dump({"registry": {"name": REGISTRY_ID}}))
    on_core_0 = ("taskset", "-c", "0")
    prf = subprocess.Popen([*on_core_0, *prf_command(home.data_dir)])
    places = ["--config", str(config), "--data-dir", str(home.data_dir), "--port", str(port)]
    command = [sys.executable, "-m", "shopguard", "serve", "--role", "registry", *places]
    registry = subprocess.Popen([*on_core_0, *command])
    try:
        wait_for(port)
        if all(member.id != _MEMBER for member in home.members.all()):
            home.members.create(_MEMBER, "Benchmark", signer.public, daily_orders=None)
        else:
            home.members.add_key(_MEMBER, signer.public)
        yield Servers(port, signer, (prf, registry))
        if len(home.members.show(_MEMBER).key_ids) > 1:
            home.members.remove_key(_MEMBER, signer.key_id)
    finally:
        for process in (registry, prf):
            process.terminate()
            process.wait(20)


# --- the orders ---


def _asking(seed: int, count: int) -> Sequence[Sequence[Token]]:
    """Return the tokens of invented buyers, each cut to 15; the first of ``bench/load.py``'s people are listed."""
    tell("making orders")
    rng = random.Random(f"look up {seed}")
    listed = population(random.Random(f"load {seed} 0"), count)
    others = population(random.Random(f"others {seed}"), 100 * count)
    found: list[Sequence[Token]] = []
    while len(found) < count:
        who = next(listed) if rng.random() < _LISTED_SHARE else next(others)
        made = tokens(identify(party(write(rng, who))))
        if len(made) >= _TOKENS:
            found.append(made[:_TOKENS])
    return found


def _requests(home: RegistryHome, signer: Signer, asked: Sequence[Sequence[Token]]) -> list[bytes]:
    """Return each order as the bytes of a signed HTTP request, good for five minutes."""
    epoch = current(home.index.epochs(), PROFILE)
    assert epoch is not None
    now = int(time.time())
    requests = []
    for batch in asked:
        elements = tuple(Element(token.cls, token.encode()) for token in batch)
        look_up = LookUp(_MEMBER, epoch.number, PROFILE, secrets.token_bytes(16), elements)
        signed = signer.request("POST", LOOKUPS, msgspec.json.encode(look_up), _MEMBER, now)
        head = (
            f"POST {LOOKUPS} HTTP/1.1\r\nHost: {_HOST}\r\nAuthorization: {signed.header()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(signed.body)}\r\n\r\n"
        )
        requests.append(head.encode() + signed.body)
    return requests


# --- one round ---


def _round(home: RegistryHome, servers: Servers, asking: Sequence[Sequence[Token]], number: int) -> dict[str, float]:
    requests = _requests(home, servers.signer, asking)
    before, began = servers.cpu_s(), time.perf_counter()
    latencies = _send(servers.port, requests, None)
    per_s = len(latencies) / (time.perf_counter() - began)
    prf_s, registry_s = (after - earlier for after, earlier in zip(servers.cpu_s(), before, strict=True))
    slow = _send(servers.port, _requests(home, servers.signer, asking[: len(asking) // 3]), 250 / 3)
    bare = _bare_driver(home, len(asking))
    tell(f"round {number + 1}: {per_s:.0f} orders/s")
    return {
        "orders/s on one core": per_s,
        "p50 ms, eight clients at once": 1000 * quantile(latencies, 0.5),
        "p50 ms at 83 orders/s": 1000 * quantile(slow, 0.5),
        "p95 ms at 83 orders/s": 1000 * quantile(slow, 0.95),
        "p99 ms at 83 orders/s": 1000 * quantile(slow, 0.99),
        "CPU ms an order, keyed function": 1000 * prf_s / len(asking),
        "CPU ms an order, registry": 1000 * registry_s / len(asking),
        "p50 ms, bare driver": 1000 * bare,
    }


def _send(port: int, requests: Sequence[bytes], per_s: float | None) -> Sequence[float]:
    """Send all requests over ``_CLIENTS`` connections and return the seconds each took from when it was due.

    Args:
        per_s: at random moments, so many a second on average; None: each as soon as the one before is answered.
    """
    results = _fork.Queue()
    clients = [
        _fork.Process(target=_client, args=(port, requests[n::_CLIENTS], per_s and per_s / _CLIENTS, n, results))
        for n in range(_CLIENTS)
    ]
    for client in clients:
        client.start()
    found = [results.get() for _ in clients]
    for client in clients:
        client.join()
    refused = sum(count for count, _ in found)
    if refused:
        raise AssertionError(f"{refused} of {len(requests)} requests were refused")
    return [took for _, times in found for took in times]


def _client(port: int, requests: Sequence[bytes], per_s: float | None, seed: int, results) -> None:
    chance, due, times, refused = random.Random(seed), 0.0, [], 0
    with socket.create_connection((_HOST, port)) as connection, connection.makefile("rb") as answers:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for request in requests:
            sent_at = time.perf_counter()
            if per_s:
                due += chance.expovariate(per_s)
                time.sleep(max(0.0, began + due - sent_at))
                sent_at = began + due
            connection.sendall(request)
            refused += not _is_answered(answers)
            times.append(time.perf_counter() - sent_at)
    results.put((refused, times))


def _is_answered(answers) -> bool:
    status = answers.readline()
    length = 0
    while (line := answers.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)
    return status.startswith(b"HTTP/1.1 200")


def _bare_driver(home: RegistryHome, count: int) -> float:
    """Return the median seconds of 15 locators that are nobody's, with the driver alone."""
    import sqlite3

    database = sqlite3.connect(home.data_dir / "registry-index.db")
    marks = ", ".join("?" * _TOKENS)
    sql = f"SELECT locator, number FROM posting WHERE epoch = 1 AND locator IN ({marks})"
    times = []
    for _ in range(count):
        asked = [secrets.token_bytes(16) for _ in range(_TOKENS)]
        began = time.perf_counter()
        database.execute(sql, asked).fetchall()
        times.append(time.perf_counter() - began)
    database.close()
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
