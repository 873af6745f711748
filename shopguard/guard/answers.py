"""The registry's signed answers in the guard's database, for when it cannot be asked: sealed, found by keyed digests.

They are written by a thread of their own, some at a time: no verdict waits for it, and none fails because of it.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from shopguard.errors import ConfigError, StoreUnavailable
from shopguard.guard.store import Vault
from shopguard.identity import Token
from shopguard.registry.client import KeptAnswer
from shopguard.registry.signing import SignedAnswer
from shopguard.storage.engine import reading
from shopguard.storage.tables import answer_cache, answer_token
from shopguard.storage.writer import Writer

MOST_ANSWERS = 50_000  # about 200 MB with their tokens: days of a large shop's orders
_MOST_WAITING = 1_000
_AT_ONCE = 100
_DIGEST_BYTES = 16
_log = structlog.get_logger()


class _Content(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed: the digests of the tokens asked, in order, and the answer as it came."""

    tokens: tuple[bytes, ...]
    body: bytes
    key_id: str
    time: int
    nonce: str
    signature: bytes


class _Waiting(msgspec.Struct, frozen=True):
    tokens: Sequence[Token]
    signed: SignedAnswer
    expires_at: float


class AnswerStore:
    """``AnswerCache`` in the database.

    Args:
        clock: returns now, in Unix seconds.
        most: how many answers are kept; the oldest go first.
    """

    def __init__(
        self, engine: sa.Engine, writer: Writer, vault: Vault, clock: Callable[[], float], most: int = MOST_ANSWERS
    ) -> None:
        self._engine, self._writer, self._vault, self._clock, self._most = engine, writer, vault, clock, most
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._door = threading.Lock()
        self._closed = False

    def keep(self, tokens: Sequence[Token], signed: SignedAnswer, expires_at: datetime) -> None:
        with self._door:
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name="answers", daemon=True)
                self._thread.start()
            with suppress(queue.Full):  # written too slowly: this one is not kept
                self._waiting.put_nowait(_Waiting(tokens, signed, expires_at.timestamp()))

    def recall(self, tokens: Sequence[Token]) -> Sequence[KeptAnswer]:
        digests = [self._digest(token) for token in tokens]
        try:
            with reading(self._engine) as connection:
                rows = connection.execute(_RECALL, {"digests": digests, "now": self._clock()}).all()
        except StoreUnavailable:
            return ()
        believed: dict[int, set[bytes]] = {}
        for row in rows:
            believed.setdefault(row.id, set()).add(row.token)
        sealed = {row.id: row.sealed for row in rows}
        found = (self._kept(number, sealed[number], digests, theirs) for number, theirs in believed.items())
        return [kept for kept in found if kept is not None]

    def drop(self, answer_id: int) -> None:
        with suppress(StoreUnavailable):
            self._writer.run(lambda connection: _forget(connection, answer_cache.c.id == answer_id))

    def settle(self) -> None:
        """Wait until what was handed in is written, or given up."""
        self._waiting.join()

    def close(self) -> None:
        """Write what was handed in and stop; what comes later is not kept."""
        with self._door:
            closed, self._closed = self._closed, True
        if self._thread is not None and not closed:
            self._waiting.put(None)
            self._thread.join()

    def _kept(self, number: int, sealed: bytes, asked: Sequence[bytes], theirs: set[bytes]) -> KeptAnswer | None:
        """Return a stored answer, to be believed about the tokens that it is the newest about."""
        try:
            content = msgspec.msgpack.decode(self._vault.open(sealed), type=_Content)
        except (ConfigError, msgspec.MsgspecError):  # sealed under a key that is gone, or not by us
            self.drop(number)
            return None
        signed = SignedAnswer(200, content.body, content.key_id, content.time, content.nonce, content.signature)
        then = {digest: position for position, digest in enumerate(content.tokens)}
        positions = {now: then[digest] for now, digest in enumerate(asked) if digest in theirs and digest in then}
        return KeptAnswer(number, signed, len(content.tokens), positions) if positions else None

    def _drain(self) -> None:
        goes_on = True
        while goes_on:
            batch = [self._waiting.get()]
            while len(batch) < _AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get())
            goes_on = None not in batch
            try:
                self._store([waiting for waiting in batch if waiting is not None])
            except Exception as error:  # the thread outlives it: it is only a copy
                _log.warning("answers_not_kept", error=type(error).__name__, answers=len(batch))
            finally:
                for _ in batch:
                    self._waiting.task_done()

    def _store(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        made = [self._row(waiting) for waiting in batch]

        def work(connection: sa.Connection) -> None:
            newest: dict[bytes, int] = {}
            for row, digests in made:
                number = connection.execute(_KEEP, row).scalar_one()
                newest |= dict.fromkeys(digests, number)
            # in one order for all: two transactions that lock the same rows never wait for each other
            connection.execute(_POINT, [{"token": token, "answer": newest[token]} for token in sorted(newest)])
            _forget(connection, answer_cache.c.id <= number - self._most)

        self._writer.run(work)

    def _row(self, waiting: _Waiting) -> tuple[Mapping[str, Any], Sequence[bytes]]:
        digests, signed = tuple(map(self._digest, waiting.tokens)), waiting.signed
        content = _Content(digests, signed.body, signed.key_id, signed.time, signed.nonce, signed.signature)
        sealed = self._vault.seal(msgspec.msgpack.encode(content))
        return {"sealed": sealed, "expires_at": waiting.expires_at}, digests

    def _digest(self, token: Token) -> bytes:
        return self._vault.digest("answered-token", token.encode())[:_DIGEST_BYTES]


def sweep(connection: sa.Connection, now: float) -> int:
    """Delete the needless answers and return how many."""
    return _forget(connection, needless(now))


def needless(now: float) -> sa.ColumnElement[bool]:
    """Return which answers have expired, or are the newest about none of their tokens."""
    return (answer_cache.c.expires_at <= now) | ~sa.exists().where(answer_token.c.answer == answer_cache.c.id)


def _forget(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    numbers = sa.select(answer_cache.c.id).where(which)
    connection.execute(sa.delete(answer_token).where(answer_token.c.answer.in_(numbers)))
    return connection.execute(sa.delete(answer_cache).where(which)).rowcount


_RECALL = (
    sa.select(answer_token.c.token, answer_cache.c.id, answer_cache.c.sealed)
    .join(answer_cache, answer_cache.c.id == answer_token.c.answer)
    .where(answer_token.c.token.in_(sa.bindparam("digests", expanding=True)))
    .where(answer_cache.c.expires_at > sa.bindparam("now", type_=sa.Float))
)
_KEEP = sa.insert(answer_cache).returning(answer_cache.c.id)
_POINT = sa.text(
    "INSERT INTO answer_token (token, answer) VALUES (:token, :answer)"
    " ON CONFLICT (token) DO UPDATE SET answer = excluded.answer"
).bindparams(sa.bindparam("token", type_=sa.LargeBinary))
