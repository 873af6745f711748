"""From a signed answer to what it says: nothing is taken from one that is not proven or does not fit the question."""

from collections.abc import Iterable, Mapping, Sequence

from shopguard import wire
from shopguard.errors import PayloadInvalid, SignatureInvalid
from shopguard.model import Effect
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.messages import WATCH_BYTES, CandidateShape, LookUpAnswer, RefusalShape, SearchAnswer, Watch
from shopguard.registry.protocol import Candidate, Facts, asking_only
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import SignedAnswer, verify

_LONGEST_HANDLE = 200


def prove(answer: SignedAnswer, keys: Mapping[str, bytes]) -> None:
    """Raise ``NoAnswer`` unless ``answer`` is signed under one of ``keys`` (public keys by id)."""
    public = keys.get(answer.key_id)
    try:
        if public is None:
            raise SignatureInvalid("unknown key")
        verify(answer, public)
    except SignatureInvalid:
        raise NoAnswer(Silence.FORGED) from None


def look_up_answer(body: bytes, asked: int) -> LookUpAnswer:
    """Return the answer to a question of ``asked`` tokens; ``NoAnswer`` if it cannot be one."""
    try:
        answer = wire.decode(body, LookUpAnswer)
    except PayloadInvalid:
        raise NoAnswer(Silence.DAMAGED) from None
    aware = answer.as_of.tzinfo is not None and answer.expires_at.tzinfo is not None
    fits = (
        aware
        and answer.as_of <= answer.expires_at
        and answer.epoch in answer.live
        and _are_positions(answer.hot, asked)
        and all(_is_candidate(candidate, asked) for candidate in answer.candidates)
        and all(_is_watch(watch, asked) for watch in answer.watch)
    )
    if not fits:
        raise NoAnswer(Silence.DAMAGED)
    return answer


def check_search(answer: SearchAnswer, asked: int) -> SearchAnswer:
    """Return the answer to a search of ``asked`` tokens; ``NoAnswer`` if it cannot be one."""
    candidates = all(_is_candidate(candidate, asked) for candidate in answer.candidates)
    if answer.as_of.tzinfo is None or not candidates or not _are_positions(answer.hot, asked):
        raise NoAnswer(Silence.DAMAGED)
    return answer


def refusal(body: bytes) -> tuple[NoAnswer, int | None]:
    """Return what a refusal says, and the epoch it names as the current one."""
    try:
        shape = wire.decode(body, RefusalShape)
    except PayloadInvalid:
        return NoAnswer(Silence.DAMAGED), None
    try:
        return NoAnswer(Refusal(shape.code), shape.retry_after_s, shape.message), shape.current
    except ValueError:
        return NoAnswer(Silence.REFUSED, shape.retry_after_s), None


def candidate_of(shape: CandidateShape) -> Candidate:
    """Return a candidate as the guard knows it."""
    return Candidate(shape.handle, shape.shared, frozenset(shape.fields), facts_of(shape))


def facts_of(shape: CandidateShape) -> Facts:
    """Return what was told of a candidate."""
    effect = shape.effect or (Effect.HOLD if shape.may_hold else Effect.FLAG)
    facts = Facts(shape.category, shape.reporters, shape.last_on, effect, shape.opened)
    return asking_only(facts) if effect is Effect.CONFIRM else facts


def _is_candidate(shape: CandidateShape, asked: int) -> bool:
    named = 0 < len(shape.handle) <= _LONGEST_HANDLE and len(shape.unopened) <= _LONGEST_HANDLE
    return named and shape.reporters > 0 and bool(shape.shared) and _are_positions(shape.shared, asked)


def _is_watch(watch: Watch, asked: int) -> bool:
    return len(watch.values) == asked and all(len(value) == WATCH_BYTES for value in watch.values)


def _are_positions(positions: Sequence[int], asked: int) -> bool:
    return len(set(positions)) == len(positions) and _within(positions, asked)


def _within(positions: Iterable[int], asked: int) -> bool:
    return all(0 <= position < asked for position in positions)
