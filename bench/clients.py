"""Load: sixteen client processes, each with one connection, that send prepared requests and time the answers."""

import multiprocessing
import random
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orders import Delivery

from shopguard.demo.network import HOST, SHOP

CLIENTS = 16
_fork = multiprocessing.get_context("fork")  # so that the prepared requests need not be sent to the clients


@dataclass(frozen=True)
class Load:
    """What the clients saw. ``latencies`` are seconds from the moment each request was due."""

    seconds: float
    latencies: Sequence[float]

    @property
    def per_s(self) -> float:
        return len(self.latencies) / self.seconds


def prepared(given: Iterable[Delivery]) -> list[bytes]:
    """Return each delivery as the bytes of an HTTP request."""
    return [_request(delivery) for delivery in given]


def closed_loop(port: int, requests: Sequence[bytes]) -> Load:
    """Send all requests as fast as the answers come."""
    return _run(port, [[(0.0, request) for request in requests[n::CLIENTS]] for n in range(CLIENTS)])


def open_loop(port: int, requests: Sequence[bytes], per_s: float, seed: int) -> Load:
    """Send requests at random moments, ``per_s`` on average, whether answers come or not.

    A request that waits for its client's earlier answer counts from the moment it was due.
    """
    chance, shares = random.Random(seed), []
    for n in range(CLIENTS):
        due, share = 0.0, []
        for request in requests[n::CLIENTS]:
            due += chance.expovariate(per_s / CLIENTS)
            share.append((due, request))
        shares.append(share)
    return _run(port, shares)


def _run(port: int, shares: Sequence[Sequence[tuple[float, bytes]]]) -> Load:
    ready, results = _fork.Barrier(len(shares) + 1), _fork.Queue()
    clients = [_fork.Process(target=_client, args=(port, share, ready, results)) for share in shares]
    for client in clients:
        client.start()
    ready.wait()
    began = time.perf_counter()
    found = [results.get() for _ in clients]
    seconds = time.perf_counter() - began
    for client in clients:
        client.join()
    refused = sum(count for count, _ in found)
    if refused:
        raise AssertionError(f"{refused} requests were not accepted")
    return Load(seconds, [took for _, latencies in found for took in latencies])


def _client(port: int, share, ready, results) -> None:
    latencies, refused = [], 0
    with socket.create_connection((HOST, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.wait()
        began = time.perf_counter()
        for due, request in share:
            now = time.perf_counter() - began
            if due > now:
                time.sleep(due - now)
            sent_at = began + due if due else time.perf_counter()
            connection.sendall(request)
            refused += not _accepted(connection)
            latencies.append(time.perf_counter() - sent_at)
    results.put((refused, latencies))


def _accepted(connection: socket.socket) -> bool:
    """Read one small answer; whether it says that the delivery was taken in."""
    answer = b""
    while not answer.endswith(b"\n") or b"\r\n\r\n" not in answer or answer.endswith(b"\r\n\r\n"):
        part = connection.recv(4096)
        if not part:
            return False
        answer += part
    return answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"accepted\n")


def _request(delivery: Delivery) -> bytes:
    lines = [f"POST /webhooks/woocommerce/{SHOP} HTTP/1.1", f"Host: {HOST}"]
    lines += [f"{name}: {value}" for name, value in delivery.headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(delivery.body)}", "", ""]).encode() + delivery.body
