"""What can happen between a shop and the registry's address: each is told apart, and none of it takes long."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from shopguard.errors import ConfigError
from shopguard.registry.client import Http, NoAnswer, Silence
from shopguard.registry.signing import ANSWER_HEADER, Signer

REQUEST = Signer.of_seed(bytes(32)).request(
    "POST", "/registry/v1/lookups", b'{"token":"090"}', "shop-1", 1_800_000_000
)
SIGNED = Signer.of_seed(bytes(32)).answer(200, b"{}", REQUEST.nonce, 1_800_000_000)


@contextmanager
def talking(talk: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that reads a request and then does what ``talk`` does; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                line.settimeout(10)
                _hear(line)
                with suppress(OSError):
                    talk(line)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _hear(line: socket.socket) -> str:
    content = b""
    while not content.endswith(REQUEST.body) and (piece := line.recv(65_536)):
        content += piece
    return content.decode()


def says(*lines: str, body: bytes = b"", length: int | None = None) -> Callable[[socket.socket], None]:
    """Answer with these lines before the body."""
    told = length if length is not None else len(body)
    head = "\r\n".join((*lines, f"Content-Length: {told}", "Connection: close", "", "")).encode()
    return lambda line: line.sendall(head + body)


def failure(talk: Callable[[socket.socket], object], **limits: float) -> NoAnswer:
    """What is made of an answer that is none."""
    with talking(talk) as address:
        http = Http(address, **{"timeout_s": 5.0, **limits})
        with pytest.raises(NoAnswer) as caught:
            http.send(REQUEST)
        http.close()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_answer_comes_back_as_it_was_signed():
    with talking(says("HTTP/1.1 200 OK", f"{ANSWER_HEADER}: {SIGNED.header()}", body=b"{}")) as address:
        http = Http(address + "/", 5.0)
        assert http.send(REQUEST) == SIGNED
        http.close()


def test_request_carries_its_proof_and_one_connection_serves_many():
    heard: list[str] = []

    def talk(line: socket.socket) -> None:
        for last in (False, True):
            head = f"{ANSWER_HEADER}: {SIGNED.header()}\r\nContent-Length: 2\r\n\r\n"
            line.sendall(b"HTTP/1.1 200 OK\r\n" + head.encode() + b"{}")
            if not last:
                heard.append(_hear(line))

    with talking(talk) as address:
        http = Http(address, 5.0)
        assert [http.send(REQUEST), http.send(REQUEST)] == [SIGNED, SIGNED]
        http.close()
    (second,) = heard
    assert second.startswith("POST /registry/v1/lookups HTTP/1.1\r\n")
    assert f"Authorization: {REQUEST.header()}\r\n" in second
    assert "Accept-Encoding: identity\r\n" in second


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda line: line.close(), Silence.UNREACHABLE),
        (says("HTTP/1.1 200 OK", body=b"{}"), Silence.NOT_THE_REGISTRY),
        (says("HTTP/1.1 200 OK", f"{ANSWER_HEADER}: nonsense", body=b"{}"), Silence.NOT_THE_REGISTRY),
        (says("HTTP/1.1 404 Not Found", body=b"<html>"), Silence.NOT_THE_REGISTRY),
        (says("HTTP/1.1 302 Found", "Location: http://127.0.0.1:1/", body=b""), Silence.NOT_THE_REGISTRY),
        (says("HTTP/1.1 502 Bad Gateway", body=b"<html>"), Silence.BUSY),
        (says("HTTP/1.1 200 OK", body=b"{}", length=100), Silence.UNREACHABLE),
        (lambda line: line.sendall(b"\x16\x03\x01\x02\x00\x01\x00"), Silence.UNREACHABLE),
    ],
    ids=["hung up", "unsigned", "odd header", "a page", "redirect", "bad gateway", "cut short", "not HTTP"],
)
def test_what_is_no_answer_is_told_apart(talk, code):
    assert failure(talk).code is code


def test_time_a_busy_gateway_asks_for_is_kept():
    assert failure(says("HTTP/1.1 503 Service Unavailable", "Retry-After: 17")).retry_after_s == 17


def test_closed_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    http = Http(f"http://127.0.0.1:{port}", 5.0)
    with pytest.raises(NoAnswer) as caught:
        http.send(REQUEST)
    assert caught.value.code is Silence.UNREACHABLE


def test_registry_that_never_answers_is_given_up():
    done = threading.Event()
    assert failure(lambda line: done.wait(0.5), timeout_s=0.1).code is Silence.TIMED_OUT


def test_body_that_stops_coming_is_given_up():
    def talk(line: socket.socket) -> None:
        says("HTTP/1.1 200 OK", body=b"{", length=100)(line)
        line.recv(1)  # until the other end hangs up

    assert failure(talk, timeout_s=0.1).code is Silence.TIMED_OUT


def test_body_that_trickles_in_is_given_up():
    def talk(line: socket.socket) -> None:
        says("HTTP/1.1 200 OK", length=1_000_000)(line)
        for _ in range(200):
            line.sendall(b" ")
            time.sleep(0.05)

    assert failure(talk, timeout_s=0.2).code is Silence.TIMED_OUT


def test_body_without_end_is_not_read_to_its_end():
    sent = 0

    def talk(line: socket.socket) -> None:
        nonlocal sent
        says("HTTP/1.1 200 OK", length=10**12)(line)
        while True:
            sent += line.send(b" " * 65_536)

    assert failure(talk, max_answer=100_000).code is Silence.NOT_THE_REGISTRY
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "address",
    [
        "http://registry.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://192.0.2.1",
        "ftp://127.0.0.1",
        "registry.example.com",
    ],
)
def test_buyers_details_go_over_no_open_line(address):
    with pytest.raises(ConfigError, match="must begin with https://"):
        Http(address, 1.0)


@pytest.mark.parametrize("address", ["https://registry.example.com", "http://127.0.0.1:8082", "http://[::1]:8082"])
def test_secured_line_or_this_machine_is_fine(address):
    Http(address, 1.0)
