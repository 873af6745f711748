"""The keyed function as the rest of the registry reaches it: over its socket, and as if it were here."""

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from shopguard.errors import ConfigError
from shopguard.registry.prf.frames import (
    ADMINISTER,
    AUTHENTICATE,
    EVALUATE,
    NAME,
    FrameBroken,
    Question,
    Reply,
    framed,
    read_frame,
)
from shopguard.registry.prf.function import Evaluated, MemberStanding
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest

TIMEOUT_S = 5.0
_BUFFER = 64 * 1024  # bytes
_evaluated = msgspec.msgpack.Decoder(Evaluated)
_standing = msgspec.msgpack.Decoder(MemberStanding)
_reply = msgspec.msgpack.Decoder(Reply)


class PrfClient:
    """``KeyedFunction`` behind the socket at ``path``. Safe to share between threads; each uses its own connection.

    A connection that breaks is replaced once: the process may have been restarted between two questions. Whether the
    one that was cut off had been charged does not matter: asked again under a new signature, it costs nothing.

    Args:
        timeout_s: how long one answer may take.
        ensure: called where nobody listens; returns when somebody does. ``ConfigError`` if that cannot be.
    """

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S, ensure: Callable[[], None] | None = None) -> None:
        self._path, self._timeout_s, self._ensure = path, timeout_s, ensure
        self._idle: deque[_Connection] = deque()
        self._starting = threading.Lock()

    @cached_property
    def registry_id(self) -> str:
        return msgspec.msgpack.decode(self._ask(Question(NAME)), type=str)

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        """See ``KeyedFunction``."""
        return _evaluated.decode(self._ask(Question(EVALUATE, request, tuple(epochs))))

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        """See ``KeyedFunction``."""
        return _standing.decode(self._ask(Question(AUTHENTICATE, request)))

    def administer(self, request: SignedRequest) -> bytes:
        """See ``KeyedFunction``."""
        return self._ask(Question(ADMINISTER, request))

    def close(self) -> None:
        """Close the connections that wait for a question."""
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                self._idle.pop().close()

    def _ask(self, question: Question) -> bytes:
        frame = framed(question)
        reply = self._exchange(frame)
        if reply is not None:
            return reply.told()
        self.close()  # the other connections are as old
        reply = self._exchange(frame)
        if reply is None or reply.refusal == Refusal.REPLAYED:  # it had come before the connection broke
            raise _unavailable("the keyed function went away while it was asked: ask again")
        return reply.told()

    def _exchange(self, frame: bytes) -> Reply | None:
        """Return the reply, or None if the connection broke before it came."""
        connection = self._connection()
        try:
            reply = connection.exchange(frame)
        except TimeoutError:
            connection.close()
            raise _unavailable("the keyed function does not answer in time") from None
        except (OSError, FrameBroken):
            connection.close()
            return None
        self._idle.append(connection)
        return reply

    def _connection(self) -> "_Connection":
        with suppress(IndexError):
            return self._idle.pop()
        try:
            with suppress(FileNotFoundError, ConnectionRefusedError):
                return _Connection(self._path, self._timeout_s)
            self._start()
            return _Connection(self._path, self._timeout_s)
        except OSError:
            raise _unavailable("the keyed function cannot be reached") from None

    def _start(self) -> None:
        if self._ensure is None:
            raise _unavailable("the keyed function is not running")
        with self._starting:
            try:
                self._ensure()
            except ConfigError as error:
                raise _unavailable(f"the keyed function cannot be started: {error}") from None


class _Connection:
    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = cast(BinaryIO, self._socket.makefile("rb", _BUFFER))

    def exchange(self, frame: bytes) -> Reply:
        self._socket.sendall(frame)
        content = read_frame(self._stream)
        if content is None:
            raise FrameBroken("closed")
        try:
            return _reply.decode(content)
        except msgspec.DecodeError:
            raise FrameBroken("no reply") from None

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def _unavailable(message: str) -> Refused:
    return Refused(Refusal.UNAVAILABLE, message)
