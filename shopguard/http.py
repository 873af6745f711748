"""How adapters call platforms: time-outs, sub-second retries and HTTP errors turned into ours, once for all.

Long waits are not made here: a fault that outlives a second is a ``TemporaryFailure`` and goes back to the
worker's queue with its time.
"""

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import stamina

from shopguard.errors import OrderGone, PlatformRefused, TemporaryFailure

CONNECT_TIMEOUT_S = 3.05
READ_TIMEOUT_S = 10.0
_MAX_ANSWER = 20_000_000  # bytes
_MAX_RETRY_AFTER_S = 3600.0
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_BUSY = frozenset({408, 423, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class Answer:
    """A successful HTTP answer: ``status``, ``headers`` (any case) and the decoded ``json`` (None if empty)."""

    __slots__ = ("headers", "json", "status")

    def __init__(self, status: int, headers: Mapping[str, str], json: Any) -> None:
        self.status, self.headers, self.json = status, headers, json


class PlatformApi:
    """One shop's HTTP API. Safe to share between threads: each gets its own connection.

    Args:
        base_url: what every path is appended to.
        headers: sent with every call.
        auth: user and password for HTTP basic, if the platform wants it.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": "ShopGuard", "Accept": "application/json", **(headers or {})}
        self._auth = auth
        self._local = threading.local()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        not_found: frozenset[str] = frozenset(),
    ) -> Answer:
        """Make one call and return its answer.

        A connection that breaks before an answer is tried again at once when the method only reads (GET).

        Args:
            not_found: the platform's own error codes that mean "no such order", whatever the status.

        Raises:
            TemporaryFailure: no connection, time-out, or busy; carries ``Retry-After`` where sent.
            OrderGone: 404 or 410 with JSON or nothing, or a code of ``not_found``.
            PlatformRefused: any other status from 300, an unreadable answer, or a call that cannot be made with the
                settings given; carries the platform's error code.
        """
        attempts = 3 if method == "GET" else 1
        for attempt in stamina.retry_context(
            on=_Disconnected, attempts=attempts, timeout=1.0, wait_initial=0.05, wait_max=0.3
        ):
            with attempt:
                return self._once(method, path, json, params, headers, not_found)
        raise AssertionError("stamina ends by an answer or an error")

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).netloc

    def _session(self) -> requests.Session:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy, no .netrc: credentials come from the configuration alone
        return session

    def _once(
        self,
        method: str,
        path: str,
        json: object,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        not_found: frozenset[str],
    ) -> Answer:
        body = None if json is None else msgspec.json.encode(json)
        sent = {**self._headers, **(headers or {})}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        # The errors of requests quote addresses and header values, and stamina logs what it retries: none goes on.
        try:
            response = self._session().request(
                method,
                self._base_url + path,
                data=body,
                params=params,
                headers=sent,
                auth=self._auth,
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,  # a redirected write would silently become a GET
                stream=True,  # so that an endless answer is not read to its end
            )
            with response:
                content = _content(response)
        except requests.ConnectionError as error:
            raise _Disconnected(f"{self._host}: {type(error).__name__} on {method}") from None
        except ValueError as error:  # a bad address or header, or text that HTTP cannot carry: no use to try again
            raise PlatformRefused(f"{self._host}: {type(error).__name__} on {method}", "unusable") from None
        except requests.RequestException as error:
            raise TemporaryFailure(f"{self._host}: {type(error).__name__} on {method}") from None
        return self._read(method, response, content, not_found)

    def _read(self, method: str, response: requests.Response, content: bytes, not_found: frozenset[str]) -> Answer:
        try:
            decoded = msgspec.json.decode(content) if content.strip() else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded = _UNREADABLE
        status, code = response.status_code, _error_code(decoded)
        said = f"{self._host}: {method} answered {status} {code}".rstrip()
        if status in _BUSY:
            raise TemporaryFailure(said, retry_after(response.headers))
        if (status in (404, 410) and decoded is not _UNREADABLE) or code in not_found:
            raise OrderGone(said, code)  # a page in HTML is a web server's at a wrong address, not the platform's
        if status >= 300:
            raise PlatformRefused(said, code or str(status))
        if decoded is _UNREADABLE:
            raise PlatformRefused(f"{said}, but not with JSON", "unreadable")
        return Answer(status, response.headers, decoded)


_UNREADABLE = object()


class _Disconnected(TemporaryFailure):
    """No connection, or one that broke before the answer."""


def _content(response: requests.Response) -> bytes:
    """Return the body; one that is longer than an answer may be is cut, and so unreadable."""
    content = b""
    for chunk in response.iter_content(65_536):
        content += chunk
        if len(content) > _MAX_ANSWER:
            break
    return content[:_MAX_ANSWER]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for (0 to 3,600), or None. Source: RFC 9110, 10.2.3."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if value.isascii() and value.replace(".", "", 1).isdigit() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)


def _until(http_date: str) -> float:
    when = parsedate_to_datetime(http_date)
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _error_code(decoded: object) -> str:
    """Return the short machine code of an error body; never its message, which may quote personal data."""
    code = decoded.get("code") if isinstance(decoded, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
