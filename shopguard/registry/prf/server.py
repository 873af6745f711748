"""The socket server around the keyed function: a thread for each connection, which stays open for many questions."""

import logging
import socket
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

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
from shopguard.registry.prf.function import KeyedFunction
from shopguard.registry.prf.process import socket_elsewhere
from shopguard.registry.refusals import Refusal, Refused

_log = logging.getLogger(__name__)
_BACKLOG = 128
_BUFFER = 64 * 1024  # bytes: a usual question comes in one piece
_PATIENCE_S = 5.0
_PAUSE_S = 0.1
_question = msgspec.msgpack.Decoder(Question)


class PrfServer:
    """Serves ``function`` on the Unix socket at ``path`` until ``close``.

    Only this user can open it; one with a user of its own lets its group in, which must be the registry's.

    Whoever makes one has seen to it that no other serves there: what lies at ``path`` is replaced.
    """

    def __init__(self, function: KeyedFunction, path: Path) -> None:
        self._function, self._path = function, path
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._closing = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600 if socket_elsewhere() is None else 0o660)
        self._listener.listen(_BACKLOG)  # from here on others can connect
        self._accepting = threading.Thread(target=self._accept, name="prf-accept", daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Answer the questions that have come, and no more."""
        self._closing = True
        with suppress(OSError), socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(self._path))  # wakes the thread that accepts
        self._accepting.join()
        self._listener.close()
        self._path.unlink(missing_ok=True)
        with self._changed:
            for connection in self._open:
                with suppress(OSError):  # gone by itself
                    connection.shutdown(socket.SHUT_RD)  # no further question; the answer under way still leaves
            self._changed.wait_for(lambda: not self._open, _PATIENCE_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:  # as when this process has too many files open
                _log.error("cannot accept: %s", error.strerror)
                time.sleep(_PAUSE_S)
                continue
            if self._closing:
                connection.close()
                return
            with self._changed:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="prf", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb", _BUFFER) as stream:
                while (content := read_frame(cast(BinaryIO, stream))) is not None:
                    connection.sendall(framed(self._answer(content)))
        except (OSError, FrameBroken):
            pass  # the other side went away, or is none of ours: there is nobody to answer
        finally:
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()
            connection.close()

    def _answer(self, content: bytes) -> Reply:
        try:
            return Reply(self._do(_question.decode(content)))
        except Refused as refused:
            return Reply.refusing(refused)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Reply.refusing(Refused(Refusal.UNREADABLE, "the question cannot be read"))
        except Exception as error:  # whatever it is, the next question must be answered
            at = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("question_failed %s %s:%s", type(error).__name__, at.filename, at.lineno)  # may quote values
            return Reply.refusing(Refused(Refusal.UNAVAILABLE, "the keyed function failed: see its log"))

    def _do(self, question: Question) -> bytes:
        function, request = self._function, question.request
        if question.act == NAME:
            return msgspec.msgpack.encode(function.registry_id)
        if request is None:
            raise Refused(Refusal.UNREADABLE, "the question has no request")
        if question.act == EVALUATE:
            return msgspec.msgpack.encode(function.evaluate(request, question.epochs))
        if question.act == AUTHENTICATE:
            return msgspec.msgpack.encode(function.authenticate(request))
        if question.act == ADMINISTER:
            return function.administer(request)
        raise Refused(Refusal.UNREADABLE, "the keyed function knows no such act")
