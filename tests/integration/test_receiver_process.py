"""The receiver as it runs in earnest: its own process and server, raw bytes on the wire, and kill -9."""

import base64
import contextlib
import hmac
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from shopguard.adapter import WebhookRequest
from shopguard.crypto import Keyring
from shopguard.guard.claims import Claimant
from shopguard.guard.heartbeats import Beating, Heartbeats
from shopguard.guard.inbox import Inbox
from shopguard.storage.engine import open_engine, sqlite_url
from shopguard.storage.writer import writer_for

ROOT = Path(__file__).parents[2]
PATH = "/webhooks/woocommerce/main-store"
SECRETS = {"NEW": "new-secret", "OLD": "old-secret", "KEY": "ck", "SECOND": "cs"}
CONFIG = """
server: {body_limit_bytes: 20000}
shops:
  main-store:
    platform: woocommerce
    url: https://shop.example.com
    webhook_secrets: [{env: NEW}, {env: OLD}]
    consumer_key: {env: KEY}
    consumer_secret: {env: SECOND}
"""


class Process:
    """One receiver on a port of this machine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port: int = probe.getsockname()[1]
        words = ("serve", "--role", "receiver", "--port", str(self.port))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shopguard", *words, "--config", home / "config.yaml", "--data-dir", home / "var"],
            cwd=ROOT,
            env={**os.environ, **SECRETS},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until_alive(self) -> None:
        for _ in range(600):
            assert self._process.poll() is None, self._process.stdout and self._process.stdout.read().decode()
            try:
                if self.send("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                threading.Event().wait(0.1)
        raise AssertionError("the receiver does not answer")

    def send(
        self, method: str, path: str, body: bytes | Iterator[bytes] = b"", headers: Mapping[str, str] = {}
    ) -> tuple[int, str]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()

    def say(self, raw: bytes) -> bytes:
        """Send ``raw`` and return the first bytes of the answer, empty if there is none."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), timeout=30)) as wire:
            wire.sendall(raw)
            wire.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                return wire.recv(100)
        return b""

    def kill(self) -> None:
        """End it and its children as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        if self._process.stdout:
            self._process.stdout.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("receiver")
    (made / "config.yaml").write_text(CONFIG)
    (made / "var").mkdir(mode=0o700)
    Keyring.create(made / "var" / "keys.json")
    return made


@pytest.fixture(scope="module")
def start(home: Path) -> Iterator[Callable[[], Process]]:
    running: list[Process] = []

    def begin() -> Process:
        process = Process(home)
        running.append(process)
        process.wait_until_alive()
        return process

    yield begin
    for process in running:
        process.kill()


@pytest.fixture(scope="module")
def receiver(start: Callable[[], Process]) -> Process:
    return start()


def signed(body: bytes, secret: str = "new-secret") -> dict[str, str]:
    digest = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return {
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Signature": digest,
        "Content-Type": "application/json",
    }


def bodies_in(home: Path) -> set[bytes]:
    """The bodies of all deliveries that are due."""
    engine = open_engine(sqlite_url(home / "var" / "guard.db"))
    writer = writer_for(engine)
    inbox = Inbox(engine, writer, Keyring.load(home / "var" / "keys.json"))
    contents = [inbox.content(delivery) for delivery in inbox.claim(Claimant("w", 0.0), 4e9, 1000)]
    writer.close()
    engine.dispose()
    return {content.body for content in contents if isinstance(content, WebhookRequest)}


def test_each_status_of_the_contract(receiver: Process) -> None:
    body = b'{"id":"statuses"}'
    assert receiver.send("POST", PATH, body, signed(body)) == (200, "accepted\n")
    assert receiver.send("POST", PATH, body, signed(body, "old-secret")) == (200, "repeat\n")
    assert receiver.send("POST", PATH, b"hello", signed(b"hello"))[0] == 400
    assert receiver.send("POST", PATH, body, signed(body, "wrong"))[0] == 401
    assert receiver.send("POST", "/webhooks/woocommerce/other", body, signed(body))[0] == 404
    assert receiver.send("POST", "/v1/check", b"{}")[0] == 401
    assert receiver.send("GET", "/readyz")[0] == 200
    assert receiver.send("GET", "/metrics")[0] == 200


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_above_the_limit_is_413(receiver: Process, in_chunks: bool) -> None:
    body = b" " * 20_001
    assert receiver.send("POST", PATH, iter([body]) if in_chunks else body, signed(body))[0] == 413


def test_it_shows_that_it_lives(receiver: Process, home: Path) -> None:
    engine = open_engine(sqlite_url(home / "var" / "guard.db"))
    heartbeats = Heartbeats(engine, writer_for(engine), time.time)
    for _ in range(600):
        if (last := heartbeats.last(Beating.RECEIVER)) is not None:
            break
        threading.Event().wait(0.1)
    engine.dispose()
    assert last is not None
    assert abs(time.time() - last) < 300


def test_a_body_in_chunks_is_taken_in(receiver: Process) -> None:
    body = b'{"id":"in chunks"}'
    assert receiver.send("POST", PATH, iter([body[:5], body[5:]]), signed(body))[0] == 200


GARBAGE = (
    b"",
    b"\r\n\r\n",
    b"hello\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01",
    b"POST / HTTP/9.9\r\n\r\n",
    b"POST " + b"/" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\n\r\n",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
    b"POST /webhooks/woocommerce/main-store HTTP/1.1\r\nHost: a\r\nX-WC-Webhook-Signature: \xff\xfe\x00\r\n\r\n",
    b"POST /webhooks/%ff%fe/\xe3\x81\x82 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
)


@pytest.mark.parametrize("raw", GARBAGE, ids=lambda raw: ascii(raw[:40]))
def test_garbage_on_the_wire_is_no_fault_and_ends_nothing(receiver: Process, raw: bytes) -> None:
    answer = receiver.say(raw)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert receiver.send("GET", "/healthz")[0] == 200


def test_what_was_answered_200_is_there_after_kill_9(start: Callable[[], Process], home: Path) -> None:
    first = start()
    sent = {b'{"id":%d}' % number for number in range(20)}
    for body in sent:
        assert first.send("POST", PATH, body, signed(body)) == (200, "accepted\n")
    first.kill()
    assert sent <= bodies_in(home)
    second = start()
    for body in sent:
        assert second.send("POST", PATH, body, signed(body)) == (200, "repeat\n")
