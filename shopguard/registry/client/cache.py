"""What the registry told before, for when it cannot be asked: its own signed answers, until they expire."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shopguard.identity import Token
from shopguard.registry.client.reading import facts_of, look_up_answer, prove
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.messages import CandidateShape, LookUpAnswer
from shopguard.registry.protocol import Candidate, Facts, told
from shopguard.registry.signing import SignedAnswer


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A kept answer to a question of ``asked`` tokens, some of which are asked again.

    ``positions`` leads from where a token stands now to where it stood then.
    """

    id: int
    signed: SignedAnswer
    asked: int
    positions: Mapping[int, int]


class AnswerCache(Protocol):
    """Keeps signed answers by their tokens. No method raises: without a cache all goes on."""

    def keep(self, tokens: Sequence[Token], signed: SignedAnswer, expires_at: datetime) -> None:
        """Keep the answer to ``tokens``, sooner or later; returns at once."""
        ...

    def recall(self, tokens: Sequence[Token]) -> Sequence[KeptAnswer]:
        """Return the newest answer for each of ``tokens`` of which one is kept."""
        ...

    def drop(self, answer_id: int) -> None:
        """Forget an answer that is good for nothing."""
        ...


class NoCache:
    """``AnswerCache`` that keeps nothing."""

    def keep(self, tokens: Sequence[Token], signed: SignedAnswer, expires_at: datetime) -> None:
        pass

    def recall(self, tokens: Sequence[Token]) -> Sequence[KeptAnswer]:
        return ()

    def drop(self, answer_id: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Retold:
    """What earlier answers say about tokens asked now. ``as_of``: of the oldest of them.

    ``complete``: there is one for every token.
    """

    as_of: datetime
    candidates: tuple[Candidate, ...]
    hot: tuple[int, ...]
    complete: bool


class Snapshot:
    """The answers of an ``AnswerCache`` that may still be used.

    Args:
        centre_keys: public keys that answers are signed under, by id.
    """

    def __init__(
        self, cache: AnswerCache, centre_keys: Callable[[], Mapping[str, bytes]], clock: Callable[[], datetime]
    ) -> None:
        self._cache, self._centre_keys, self._clock = cache, centre_keys, clock

    def keep(self, tokens: Sequence[Token], signed: SignedAnswer, answer: LookUpAnswer) -> None:
        """Keep a verified answer for later."""
        self._cache.keep(tokens, signed, answer.expires_at)

    def recall(self, tokens: Sequence[Token]) -> Retold | None:
        """Return what is known of ``tokens``, or None if nothing is."""
        known = list(self._usable(tokens))
        return retell(tokens, known) if known else None

    def _usable(self, tokens: Sequence[Token]) -> Iterator[tuple[LookUpAnswer, Mapping[int, int]]]:
        """Yield the kept answers that are proven anew, with their positions; the others are dropped."""
        now, keys = self._clock(), self._centre_keys()
        for kept in self._cache.recall(tokens):
            try:
                prove(kept.signed, keys)
                answer = look_up_answer(kept.signed.body, kept.asked)
            except NoAnswer:
                self._cache.drop(kept.id)
                continue
            if now < answer.expires_at:
                yield answer, kept.positions


def retell(tokens: Sequence[Token], known: Sequence[tuple[LookUpAnswer, Mapping[int, int]]]) -> Retold:
    """Return what ``known`` answers say about ``tokens``, as the registry would tell it of these tokens alone.

    Args:
        known: each answer with the positions it is to be believed about, from now to then.
    """
    found: dict[str, _Found] = {}
    hot: set[int] = set()
    for answer, positions in known:
        now_at = {then: now for now, then in positions.items()}
        hot |= {now_at[then] for then in answer.hot if then in now_at}
        for shape in answer.candidates:
            shared = frozenset(now_at[then] for then in shape.shared if then in now_at)
            if shared:
                name = shape.unopened or shape.handle
                found[name] = _Found(shape, shared).and_(found.get(name))
    return Retold(
        as_of=min(answer.as_of for answer, _ in known),
        candidates=tuple(one.told(tokens) for one in found.values()),
        hot=tuple(sorted(hot)),
        complete={now for _, positions in known for now in positions} == set(range(len(tokens))),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """One entry as earlier answers know it."""

    shape: CandidateShape
    shared: frozenset[int]

    def and_(self, other: "_Found | None") -> "_Found":
        """Return both in one: what was opened once tells more."""
        if other is None:
            return self
        fuller = other if other.shape.opened and not self.shape.opened else self
        return replace(fuller, shared=self.shared | other.shared)

    def told(self, tokens: Sequence[Token]) -> Candidate:
        shape, shared = self.shape, tuple(sorted(self.shared))
        facts = _told(facts_of(shape), [tokens[at] for at in shared])
        handle = shape.handle if facts.opened else shape.unopened or shape.handle
        return Candidate(handle, shared, frozenset(shape.fields), facts)


def _told(facts: Facts, shared: Sequence[Token]) -> Facts:
    """What was not opened then is not opened by what is known of it: only the registry could."""
    return told(facts, shared) if facts.opened else facts
