"""Registries in memory for tests: hold entries in clear, answer by the real rules, and fail on demand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from shopguard import wire
from shopguard.identity import PROFILE, Identity, Token, identify, tokens
from shopguard.model import Effect, Entry, ScreeningState
from shopguard.registry.client import NoAnswer, Silence
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    WATCH_BYTES,
    AddedValues,
    Additions,
    CandidateShape,
    Centre,
    EpochShape,
    LookUp,
    LookUpAnswer,
    RefusalShape,
)
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, WatchValues, told
from shopguard.registry.signing import SignedAnswer, SignedRequest, Signer

_LOG = "/registry/v1/log/"


class FakeRegistry:
    """``Registry`` over ``entries``, and the feed of what is listed later. ``queries`` lists what was asked.

    Set ``failing`` for an outage, ``epochs`` for those served. ``copies`` are the entries as its member knows them
    from earlier answers: by them it answers from the cache while it fails. None: nothing is known.
    """

    def __init__(self, *entries: Entry, failing: bool = False) -> None:
        self.entries = list(entries)
        self.failing = failing
        self.queries: list[Query] = []
        self.copies: list[Entry] | None = None
        self.epochs = (1,)
        self.listed: list[tuple[AddedValues, ...]] = [()]
        """What was listed, one item for each position from 1 on; what there was at first stands at 1."""

    def look_up(self, query: Query) -> Answer:
        self.queries.append(query)
        now = datetime.now(UTC)
        if not self.failing:
            watch = tuple(WatchValues(epoch, tuple(_piece(epoch, t) for t in query.tokens)) for epoch in self.epochs)
            return Answer(ScreeningState.SCREENED, now, self._found(query, self.entries), watch=watch)
        if self.copies is None:
            return Answer(ScreeningState.UNSCREENED, now, reason="the registry is away")
        found = self._found(query, self.copies)
        return Answer(ScreeningState.FROM_CACHE, now, found, reason="the registry is away")

    def list_later(self, *entries: Entry) -> None:
        """Let ``entries`` become active now; each is an addition of its own."""
        for entry in entries:
            self.entries.append(entry)
            there = tokens(identify(entry.party))
            self.listed.append(tuple(AddedValues(epoch, _pieces(epoch, there)) for epoch in self.epochs))

    def additions(self, after: int) -> Additions:
        """Return the next addition after ``after``, one at a time."""
        if self.failing:
            raise NoAnswer(Silence.UNREACHABLE)
        last = len(self.listed)
        at = min(after + 1, last)
        return Additions(at, at < last, self.listed[after] if after < last else ())

    def renew(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Do nothing: entries are read anew for every query."""
        return 0

    def _found(self, query: Query, entries: Sequence[Entry]) -> tuple[Candidate, ...]:
        found = (self._candidate(query, entry) for entry in entries)
        return tuple(candidate for candidate in found if candidate.shared)

    def _candidate(self, query: Query, entry: Entry) -> Candidate:
        identity = identify(entry.party)
        there = set(tokens(identity))
        shared = tuple(at for at, token in enumerate(query.tokens) if token in there)
        facts = Facts(entry.category, entry.reporters, entry.last_on, entry.effect)
        return Candidate(entry.id, shared, identity.fields, told(facts, (query.tokens[at] for at in shared)))


def _pieces(epoch: int, there: Iterable[Token]) -> bytes:
    return b"".join(sorted(_piece(epoch, token) for token in there))


def _piece(epoch: int, token: Token) -> bytes:
    return sha256(b"%d|%b" % (epoch, token.encode())).digest()[:WATCH_BYTES]


class FakeCentre:
    """A central registry in memory behind ``Transport``: signed answers over ``entries``, for any member.

    Nothing is ever listed later. ``asked`` counts the look-ups that came; set ``away`` to cut the line.

    Args:
        clock: aware moments.
        answer_valid: how long a copy of an answer may be used.
    """

    def __init__(
        self, clock: Callable[[], datetime], *entries: Entry, answer_valid: timedelta = timedelta(days=3)
    ) -> None:
        self.entries = list(entries)
        self.away = False
        self.asked = self.tried = 0
        self._clock, self._valid = clock, answer_valid
        self._signer = Signer.of_seed(bytes(range(32)))
        self._identities: dict[Entry, tuple[Identity, dict[bytes, Token]]] = {}

    @property
    def keys(self) -> dict[str, bytes]:
        """The public keys that answers are signed under, by id."""
        return {self._signer.key_id: self._signer.public}

    def send(self, request: SignedRequest) -> SignedAnswer:
        self.tried += 1
        if self.away:
            raise NoAnswer(Silence.UNREACHABLE)
        now = self._clock()
        answer: msgspec.Struct
        if request.path.startswith(_LOG):
            gone = msgspec.json.encode(RefusalShape("not_found", "there is no log here", now))
            return self._signer.answer(404, gone, request.nonce, int(now.timestamp()))
        if request.path == CENTRE:
            answer = Centre("fake", "plain", 1, (EpochShape(1, PROFILE),), (self._signer.public,))
        elif request.path.startswith(ADDITIONS):
            answer = Additions(1, False, ())
        else:
            answer = self._look_up(request.body, now)
        return self._signer.answer(200, msgspec.json.encode(answer), request.nonce, int(now.timestamp()))

    def _look_up(self, body: bytes, now: datetime) -> LookUpAnswer:
        self.asked += 1
        batch = wire.decode(body, LookUp)
        there = tuple(self._candidates([element.token for element in batch.tokens]))
        return LookUpAnswer(now, now + self._valid, batch.epoch, 1, (1,), there, (), ())

    def _candidates(self, asked: Sequence[bytes]) -> Iterator[CandidateShape]:
        for entry in self.entries:
            identity, there = self._known(entry)
            shared = tuple(at for at, token in enumerate(asked) if token in there)
            if shared:
                facts = Facts(entry.category, entry.reporters, entry.last_on, entry.effect)
                said = told(facts, (there[asked[at]] for at in shared))
                closed = f"closed-{entry.id}"
                yield CandidateShape(
                    handle=entry.id if said.opened else closed,
                    shared=shared,
                    fields=tuple(identity.fields),
                    category=said.category,
                    reporters=max(said.reporters, 1),
                    last_on=said.last_on,
                    may_hold=said.effect is Effect.HOLD,
                    opened=said.opened,
                    unopened=closed if said.opened else "",
                    effect=said.effect,
                )

    def _known(self, entry: Entry) -> tuple[Identity, dict[bytes, Token]]:
        if entry not in self._identities:
            identity = identify(entry.party)
            self._identities[entry] = identity, {token.encode(): token for token in tokens(identity)}
        return self._identities[entry]
