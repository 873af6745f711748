"""How a signed request comes to the registry and its answer back: inside this process, or over HTTP."""

import threading
import time
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from shopguard.errors import ConfigError, SignatureInvalid
from shopguard.http import retry_after
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.signing import ANSWER_HEADER, SignedAnswer, SignedRequest

CONNECT_TIMEOUT_S = 1.0
_MAX_ANSWER = 8_000_000  # bytes; the longest are pages of additions
_PIECE = 16_384  # bytes
_SLOWEST_LINE = 100_000  # bytes/s that a shop can send: a file of evidence takes its time
_BUSY = frozenset({429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class Transport(Protocol):
    """Carries one request to the registry. Safe to share between threads."""

    def send(self, request: SignedRequest) -> SignedAnswer:
        """Return what came back, its signature not checked yet; ``NoAnswer`` if nothing did that has one."""
        ...


class Service(Protocol):
    """The registry itself: answers every request, with a refusal at worst."""

    def handle(self, request: SignedRequest) -> SignedAnswer: ...


class InProcess:
    """``Transport`` to a registry in this process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def send(self, request: SignedRequest) -> SignedAnswer:
        return self._service.handle(request)


class Http:
    """``Transport`` to a registry at an address: each thread has a connection of its own, which it keeps.

    Args:
        base_url: ``https://...``; plain HTTP only to this machine, else ``ConfigError``.
        timeout_s: how long to wait for a whole answer, once connected and all was sent.
    """

    def __init__(
        self,
        base_url: str,
        timeout_s: float,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        max_answer: int = _MAX_ANSWER,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise ConfigError("registry.url: must begin with https://, as buyers' details are sent there")
        self._base_url, self._max_answer = base_url.rstrip("/"), max_answer
        self._timeouts = (min(connect_timeout_s, timeout_s), timeout_s)
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def send(self, request: SignedRequest) -> SignedAnswer:
        # The errors of requests quote addresses and headers: none goes on.
        give_up_at = time.monotonic() + sum(self._timeouts) + len(request.body) / _SLOWEST_LINE
        try:
            response = self._session().request(
                request.method,
                self._base_url + request.path,
                data=request.body or None,
                headers=_headers(request),
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,  # so that an endless answer is not read to its end
            )
            with response:
                body = self._content(response, give_up_at)
        except (requests.Timeout, ReadTimeoutError):
            raise NoAnswer(Silence.TIMED_OUT) from None
        except requests.exceptions.SSLError:
            raise NoAnswer(Silence.NOT_SECURE) from None
        except (requests.ConnectionError, ProtocolError):
            raise NoAnswer(Silence.UNREACHABLE) from None
        except (requests.RequestException, HTTPError, ValueError):
            raise NoAnswer(Silence.NOT_THE_REGISTRY) from None
        return _signed(response, body)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy, no .netrc: where buyers' details go is said in the settings alone
            self._sessions.append(session)
        return session

    def _content(self, response: requests.Response, give_up_at: float) -> bytes:
        """Return the body. One that is too long is none of a registry's; one that trickles in is too late."""
        content = bytearray()
        while piece := response.raw.read1(_PIECE):  # whatever has come; iter_content waits for all of a piece
            content += piece
            if len(content) > self._max_answer:
                raise NoAnswer(Silence.NOT_THE_REGISTRY)
            if time.monotonic() > give_up_at:
                raise NoAnswer(Silence.TIMED_OUT)
        return bytes(content)


def _headers(request: SignedRequest) -> dict[str, str]:
    headers = {
        "Authorization": request.header(),
        "User-Agent": "ShopGuard",
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # what is signed and limited is what comes over the line
    }
    return headers | {"Content-Type": "application/json"} if request.body else headers


def _signed(response: requests.Response, body: bytes) -> SignedAnswer:
    try:
        return SignedAnswer.read(response.status_code, body, response.headers.get(ANSWER_HEADER, ""))
    except SignatureInvalid:
        if response.status_code in _BUSY:
            raise NoAnswer(Silence.BUSY, retry_after(response.headers)) from None
        raise NoAnswer(Silence.NOT_THE_REGISTRY) from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
