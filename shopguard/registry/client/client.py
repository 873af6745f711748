"""Asking the registry as a member: one signed batch for each party of an order; only proven answers are believed.

What cannot be asked is unscreened with its reason, or answered from what was told before: never an exception.
"""

import hmac
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from shopguard import wire
from shopguard.errors import PayloadInvalid
from shopguard.model import ScreeningState
from shopguard.registry.client.breaker import Breaker, BreakerSettings
from shopguard.registry.client.cache import AnswerCache, NoCache, Retold, Snapshot
from shopguard.registry.client.reading import candidate_of, look_up_answer, prove, refusal
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.client.transport import Transport
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    ME,
    MY_KEYS,
    Additions,
    Centre,
    Element,
    LookUp,
    LookUpAnswer,
    Me,
    NewKey,
)
from shopguard.registry.protocol import Answer, Query, WatchValues
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import SignedAnswer, Signer

CLOCKS_DIFFER_S = 300
COMMITMENT_BYTES = 16
_LONGEST_PAUSE_S = 300.0  # whatever is said: an outage may end sooner, and a person may lift a limit
_log = structlog.get_logger()
Shape = TypeVar("Shape")


class RegistryClient:
    """``protocol.Registry`` over a transport. Safe to share between threads, which ask at the same time.

    Args:
        member: the id this shop goes by at the registry.
        signer: returns the member's key that signs at present.
        commitment_secret: never leaves this installation; the same for all its processes.
        profile: the version of the rules of identity that makes our tokens.
        centre_keys: returns the public keys that answers are signed under, by id. No other is believed.
        cache: answers for when the registry cannot be asked.
        clock: aware moments.
    """

    def __init__(
        self,
        transport: Transport,
        member: str,
        signer: Callable[[], Signer],
        commitment_secret: bytes,
        profile: int,
        centre_keys: Callable[[], Mapping[str, bytes]],
        clock: Callable[[], datetime],
        cache: AnswerCache | None = None,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self._transport, self.member, self._signer = transport, member, signer
        self._secret, self._profile = commitment_secret, profile
        self._centre_keys, self._clock = centre_keys, clock
        self._snapshot = Snapshot(cache or NoCache(), centre_keys, clock)
        self._breaker = Breaker(breaker or BreakerSettings(), clock)
        self._epoch: int | None = None
        self._pause = _Pause(clock)
        self._heard = _Heard()

    def look_up(self, query: Query) -> Answer:
        """Return the registry's answer about one party of one order; see ``protocol.Registry``."""
        if not query.tokens:
            return Answer(ScreeningState.SCREENED, self._clock())
        try:
            answer = self._screened(query)
        except NoAnswer as silence:
            self._heard.nothing(silence)
            return self._unscreened(query, silence)
        except Exception as error:  # an order is judged all the same; what it was about must not reach a log
            _log.error("registry_client_fault", error=type(error).__name__)
            return self._unscreened(query, NoAnswer(Silence.FAULT))
        self._heard.answer()
        return answer

    def additions(self, after: int) -> Additions:
        """Return what became active after position ``after``; ``NoAnswer`` if the registry does not tell.

        Without what follows other rules of identity than ours: nothing we could ask leads there.
        """
        told = self._get(f"{ADDITIONS}?after={after}", Additions)
        if not told.added:
            return told
        ours = {epoch.number for epoch in self.centre().epochs if epoch.profile == self._profile}
        return msgspec.structs.replace(told, added=tuple(one for one in told.added if one.epoch in ours))

    def centre(self) -> Centre:
        """Return what the registry says of itself; ``NoAnswer`` if it does not tell."""
        return self._get(CENTRE, Centre)

    def me(self) -> Me:
        """Return what the registry knows of this member; ``NoAnswer`` if it does not tell."""
        return self._get(ME, Me)

    def add_key(self, public: bytes) -> Me:
        """Be known to the registry by one more public key (32 bytes); ``NoAnswer`` if it does not take it."""
        return self._told("POST", MY_KEYS, msgspec.json.encode(NewKey(public)), Me)

    def remove_key(self, key_id: str) -> Me:
        """Be known to the registry by this key no more; ``NoAnswer`` if it does not let go of it."""
        return self._told("DELETE", f"{MY_KEYS}/{key_id}", b"", Me)

    def ask(self, method: str, path: str, body: bytes, shape: type[Shape]) -> Shape:
        """Return what another address of the registry answers; ``NoAnswer`` if it does not."""
        return self._told(method, path, body, shape)

    def ask_for_proof(self, method: str, path: str, body: bytes, shape: type[Shape]) -> tuple[SignedAnswer, Shape]:
        """Return what ``ask`` does, and before it the signed answer that proves to others that it was said."""
        return self._ask(method, path, body, _reader(shape))

    def _screened(self, query: Query) -> Answer:
        self._pause.check()
        try:
            epoch = self._current_epoch() if self._epoch is None else self._epoch
            try:
                return self._asked(query, epoch)
            except _OtherEpoch as other:
                return self._asked(query, other.current)
        except NoAnswer as silence:
            self._pause.begin(silence)
            raise

    def _asked(self, query: Query, epoch: int) -> Answer:
        tokens = tuple(Element(token.cls, token.encode()) for token in query.tokens)
        batch = LookUp(self.member, epoch, self._profile, self._commitment(query), tokens)
        signed, answer = self._ask(
            "POST", LOOKUPS, msgspec.json.encode(batch), lambda body: _answer_in(body, len(tokens), epoch)
        )
        self._epoch = answer.current
        self._snapshot.keep(query.tokens, signed, answer)
        return Answer(
            state=ScreeningState.SCREENED,
            as_of=answer.as_of,
            candidates=tuple(candidate_of(shape) for shape in answer.candidates),
            hot=answer.hot,
            watch=tuple(WatchValues(watch.epoch, watch.values) for watch in answer.watch),
        )

    def _unscreened(self, query: Query, silence: NoAnswer) -> Answer:
        try:
            known = self._snapshot.recall(query.tokens)
        except Exception as error:
            _log.error("answer_cache_fault", error=type(error).__name__)
            known = None
        if known is None:
            known = Retold(self._clock(), (), (), complete=False)
        return Answer(
            state=ScreeningState.FROM_CACHE if known.complete else ScreeningState.UNSCREENED,
            as_of=known.as_of,
            candidates=known.candidates,
            reason=str(silence),
            cause=silence.code.value,
            hot=known.hot,
        )

    def _commitment(self, query: Query) -> bytes:
        """Stand for order, party and revision without telling them. Other rules of identity ask something else."""
        order = query.order
        parts = (order.shop, order.order_id, query.party, query.revision, str(self._profile))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in (text.encode() for text in parts))
        return hmac.digest(self._secret, message, "sha256")[:COMMITMENT_BYTES]

    def _current_epoch(self) -> int:
        fitting = [epoch.number for epoch in self.centre().epochs if epoch.profile == self._profile]
        if not fitting:
            raise NoAnswer(Refusal.PROFILE)
        self._epoch = max(fitting)
        return self._epoch

    def _get(self, path: str, shape: type[Shape]) -> Shape:
        return self._told("GET", path, b"", shape)

    def _told(self, method: str, path: str, body: bytes, shape: type[Shape]) -> Shape:
        return self._ask(method, path, body, _reader(shape))[1]

    def _ask(self, method: str, path: str, body: bytes, read: Callable[[bytes], Shape]) -> tuple[SignedAnswer, Shape]:
        with self._breaker.asking():
            signed = self._exchange(method, path, body)
            if signed.status == 200:
                return signed, read(signed.body)
            refused, current = refusal(signed.body)
            if refused.code is Refusal.EPOCH and current is not None:
                raise _OtherEpoch(current)
            raise refused

    def _exchange(self, method: str, path: str, body: bytes) -> SignedAnswer:
        try:
            return self._once(method, path, body)
        except NoAnswer as silence:
            if silence.code is not Silence.UNREACHABLE:
                raise
        return self._once(method, path, body)  # a kept connection may have been closed at the other end meanwhile

    def _once(self, method: str, path: str, body: bytes) -> SignedAnswer:
        request = self._signer().request(method, path, body, self.member, self._now())
        answer = self._transport.send(request)
        prove(answer, self._centre_keys())
        if answer.nonce != request.nonce:
            raise NoAnswer(Silence.FORGED)
        if abs(answer.time - self._now()) > CLOCKS_DIFFER_S:
            raise NoAnswer(Refusal.CLOCK)
        return answer

    def _now(self) -> int:
        return int(self._clock().timestamp())


class _OtherEpoch(NoAnswer):
    """The registry asks under another epoch now."""

    def __init__(self, current: int) -> None:
        super().__init__(Refusal.EPOCH)
        self.current = current


class _Pause:
    """How long the registry wants to be left in peace by this member."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: tuple[float, Refusal | Silence] = (0.0, Refusal.SLOW_DOWN)

    def begin(self, silence: NoAnswer) -> None:
        if silence.retry_after_s:
            wait_s = min(silence.retry_after_s, _LONGEST_PAUSE_S)
            self._until = (self._clock().timestamp() + wait_s, silence.code)

    def check(self) -> None:
        until, code = self._until
        left_s = until - self._clock().timestamp()
        if 0 < left_s <= _LONGEST_PAUSE_S:  # more is left only where the clock was set back
            raise NoAnswer(code, left_s)


class _Heard:
    """Tells the log once when the registry falls silent, for each cause, and once when it answers again."""

    def __init__(self) -> None:
        self._cause: str | None = None
        self._lock = threading.Lock()

    def answer(self) -> None:
        if self._cause is not None and self._now(None):
            _log.info("registry_answers")

    def nothing(self, silence: NoAnswer) -> None:
        if silence.code is not Silence.RESTING and self._now(silence.code):
            _log.warning("registry_silent", cause=silence.code.value, text=str(silence))

    def _now(self, cause: str | None) -> bool:
        with self._lock:
            is_new, self._cause = cause != self._cause, cause
            return is_new


def _reader(shape: type[Shape]) -> Callable[[bytes], Shape]:
    def read(body: bytes) -> Shape:
        try:
            return wire.decode(body, shape)
        except PayloadInvalid:
            raise NoAnswer(Silence.DAMAGED) from None

    return read


def _answer_in(body: bytes, asked: int, epoch: int) -> LookUpAnswer:
    answer = look_up_answer(body, asked)
    if answer.epoch != epoch:
        raise NoAnswer(Silence.DAMAGED)
    return answer
