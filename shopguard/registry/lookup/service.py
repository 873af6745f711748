"""The centre answers: who is listed among the tokens asked, what was added, and what a member may know of itself.

Who may ask what is the keyed function's judgement; this only ever sees the values of a batch that it let pass.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec
import structlog

from shopguard import wire
from shopguard.errors import ConfigError, PayloadInvalid, ShopGuardError, StoreUnavailable
from shopguard.registry.calendar import day_of
from shopguard.registry.desk import ALL_ROLES, Desk, Role, RolesOf, Route, check_role
from shopguard.registry.epochs import Epoch, current, served
from shopguard.registry.index import Index
from shopguard.registry.lookup.opening import Met, open_rows, tell
from shopguard.registry.messages import (
    ADDITIONS,
    CENTRE,
    LOOKUPS,
    ME,
    MY_KEYS,
    SEARCHES,
    WATCH_BYTES,
    Additions,
    CandidateShape,
    Centre,
    Element,
    EpochShape,
    LookUp,
    LookUpAnswer,
    Me,
    NewKey,
    RefusalShape,
    Search,
    SearchAnswer,
    Watch,
)
from shopguard.registry.prf.function import Evaluated, KeyedFunction, MemberStanding
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.sealing import Place, place
from shopguard.registry.search.masking import masked, seen_by_search
from shopguard.registry.search.model import Asking, LookBook, NoLookBook, Purpose
from shopguard.registry.signing import SignedAnswer, SignedRequest
from shopguard.registry.signing_keys import SigningKeys

KEPT_S = 1.0
"""How long the list of epochs is kept: long enough to be read once for each answer, not twice."""

CHECK_EVERY_S = 60.0
"""How long stores that may be served are believed to be so."""

MODE = "plain"  # the centre sees the tokens asked, and forgets them
_ADDITIONS_BYTES = 1_000_000
_AGAIN_S = 5.0
_AFTER = re.compile(r"after=([0-9]{1,18})")
_log = structlog.get_logger()
_encoder = msgspec.json.Encoder()


Answering = Callable[[SignedRequest], msgspec.Struct]


class KeyDesk(Protocol):
    """Who keeps the public keys of members. Both methods return the ids of the keys that the member has then.

    ``Refused`` for what is no key, one too many, one that is not there, and the last one.
    """

    def add_key(self, member_id: str, public: bytes) -> Sequence[str]: ...

    def remove_key(self, member_id: str, key_id: str) -> Sequence[str]: ...


class LookUpService:
    """The registry as members see it.

    Args:
        answer_keys: what answers are signed under; ``ConfigError`` at once if they cannot be read.
        clock: aware moments.
        answer_valid: how long a member may go by a copy of an answer.
        key_desk: None: members' keys are changed at the office alone.
        more: what members may ask beside looking up.
        roles: what a key may do of it.
        looks: is told of every answer before it leaves.
        settle: what must be done before anything is answered; tried again until it succeeds once.
        check: raises where nothing may be answered any more; asked every ``CHECK_EVERY_S``.
    """

    def __init__(
        self,
        index: Index,
        prf: KeyedFunction,
        answer_keys: SigningKeys,
        registry_id: str,
        clock: Callable[[], datetime],
        answer_valid: timedelta = timedelta(days=3),
        key_desk: KeyDesk | None = None,
        more: Sequence[Route] = (),
        roles: RolesOf = lambda member, key_id: ALL_ROLES,
        looks: LookBook | None = None,
        settle: Callable[[], object] = lambda: None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self._index, self._prf, self._registry_id, self._clock = index, prf, registry_id, clock
        self._valid, self._key_desk = answer_valid, key_desk
        self.more, self._roles, self._subjects = more, roles, Desk(more, prf, roles)
        self._looks = looks or NoLookBook()
        self._settle, self._check, self._checked_at = settle, check, float("-inf")
        self._epochs = _Recent(index.epochs, clock)
        self._answer_keys, self._last_signer = answer_keys, answer_keys.signer
        self._routes: Mapping[str, Mapping[str, Answering]] = {
            LOOKUPS: {"POST": self._look_up},
            SEARCHES: {"POST": self._search},
            ADDITIONS: {"GET": self._additions},
            CENTRE: {"GET": self._centre},
            ME: {"GET": self._me},
            MY_KEYS: {"POST": self._add_key},
        }

    def handle(self, request: SignedRequest) -> SignedAnswer:
        """Return the signed answer to ``request``, whatever happens; a refusal is a signed ``RefusalShape``."""
        try:
            return self._signed(200, _encoder.encode(self._answer(request)), request.nonce)
        except Refused as refused:
            if refused.code is not Refusal.UNAVAILABLE:
                return self.refuse(refused, request.nonce)
            error, again_s = str(refused), refused.retry_after_s
        except StoreUnavailable as away:
            error, again_s = str(away), None
        except ConfigError as fault:  # names files and what to do, and nobody
            error, again_s = str(fault), None
        except Exception as fault:  # whoever asks gets an answer; what it was about must not reach a log
            error, again_s = type(fault).__name__, None
        _log.error("registry_unavailable", error=error)
        return self.refuse(_away(again_s), request.nonce)

    def refuse(self, refused: Refused, nonce: str) -> SignedAnswer:
        """Return ``refused`` as the signed answer to the request with ``nonce``."""
        return self._signed(refused.code.status, _encoder.encode(self.refusal(refused)), nonce)

    def refusal(self, refused: Refused) -> RefusalShape:
        """Return what is told of a refusal."""
        named = refused.current if isinstance(refused, _OtherEpoch) else None
        return RefusalShape(refused.code, str(refused), self._now(), named, refused.retry_after_s)

    def _answer(self, request: SignedRequest) -> msgspec.Struct:
        self._see_whether_it_may_be_served()
        path = request.path.partition("?")[0]
        removing: Mapping[str, Answering] = {"DELETE": self._remove_key}
        methods = removing if path.startswith(f"{MY_KEYS}/") else self._routes.get(path)
        if methods is None:
            return self._subjects.answer(request)
        if request.method not in methods:
            raise Refused(Refusal.METHOD, f"this address takes {', '.join(methods)}")
        return methods[request.method](request)

    def _see_whether_it_may_be_served(self) -> None:
        now, last = self._now().timestamp(), self._checked_at
        if 0 <= now - last < CHECK_EVERY_S:
            return
        self._checked_at = float("-inf")  # what fails is tried again by the next request, from the beginning
        if last == float("-inf"):
            self._settle()
        else:
            self._check()
        self._checked_at = now

    def _look_up(self, request: SignedRequest) -> LookUpAnswer:
        found = self._find(request, lambda met, _asked: met)
        asked = found.asked
        asking = Asking(request.member, request.key_id, Purpose.ORDER, asked.commitment, asked.tokens)
        self._looks.write(asking, found.candidates)
        return LookUpAnswer(
            as_of=found.at,
            expires_at=found.at + self._valid,
            epoch=asked.epoch,
            current=found.newest,
            live=found.live,
            candidates=found.candidates,
            hot=found.hot,
            watch=tuple(Watch(epoch, _pieces(at)) for epoch, at in found.places.items()),
        )

    def _search(self, request: SignedRequest) -> SearchAnswer:
        found = self._find(request, seen_by_search)
        asked, case = found.asked, wire.decode(request.body, Search).case
        asking = Asking(request.member, request.key_id, Purpose.SEARCH, asked.commitment, asked.tokens, case)
        self._looks.write(asking, found.candidates)
        told = tuple(masked(candidate) for candidate in found.candidates)
        return SearchAnswer(found.at, asked.epoch, found.newest, told, found.hot)

    def _find(self, request: SignedRequest, sees: "Sees") -> "_Found":
        """Whom the tokens of a batch lead to. ``sees`` leaves out or closes entries that who asks must not see."""
        batch = self._evaluate(request)
        asked, now = batch.look_up, self._now()
        places = {number: self._places(batch, number) for number in batch.values}
        here = places[asked.epoch]
        found = self._index.find(asked.epoch, [at.locator for at in here])
        rows = ((position, sealed) for position, _, sealed in found.rows)
        met, damaged = open_rows(here, rows, asked.epoch, day_of(now.timestamp()))
        if damaged:
            _log.error("registry_rows_damaged", epoch=asked.epoch, rows=damaged)
        candidates = self._told(tuple(sees(met, asked.tokens)), asked.epoch)
        epochs = self._served(anew=True)
        newest = current(epochs, asked.profile)
        if newest is None or asked.epoch not in _numbers(epochs):
            raise self._other_epoch(asked)  # closed meanwhile: some of its rows may have been gone already
        return _Found(asked, now, newest.number, _numbers(epochs), candidates, found.hot, places)

    def _evaluate(self, request: SignedRequest) -> Evaluated:
        """The batch, evaluated in the epochs whose entries follow the same rules of identity as its tokens."""
        asked = _peek(request)
        epochs = self._served()
        if asked is not None and asked.epoch not in _numbers(epochs):
            epochs = self._served(anew=True)  # it may have come while nobody looked
        fitting = [epoch.number for epoch in epochs if asked is None or epoch.profile == asked.profile]
        try:
            return self._prf.evaluate(request, fitting)
        except Refused as refused:
            if refused.code is not Refusal.EPOCH or asked is None:
                raise
            raise self._other_epoch(asked) from None

    def _other_epoch(self, asked: LookUp) -> "_OtherEpoch":
        epochs = self._served(anew=True)
        fitting = current(epochs, asked.profile)
        if fitting is not None:
            return _OtherEpoch(Refusal.EPOCH, "this epoch is not served; ask under the current one", fitting)
        text = f"no entries follow version {asked.profile} of the rules of identity"
        return _OtherEpoch(Refusal.PROFILE, text, current(epochs))

    def _places(self, batch: Evaluated, epoch: int) -> list[Place]:
        asked = zip(batch.look_up.tokens, batch.values[epoch], strict=True)
        return [place(y, self._registry_id, element.cls, epoch) for element, y in asked]

    def _told(self, met: Sequence[Met], epoch: int) -> tuple[CandidateShape, ...]:
        """What may be told of those met, without the blocked: asked last, so that none blocked by now is told of."""
        if not met:
            return ()
        refs = [entry.row.t2_ref for entry in met if entry.secret is not None]
        fulls = self._index.fulls(epoch, refs) if refs else {}
        blocked = self._index.blocked([entry.row.handle for entry in met])
        told, damaged = tell((entry for entry in met if entry.row.handle not in blocked), fulls, epoch)
        if damaged:
            _log.error("registry_postings_damaged", epoch=epoch, postings=damaged)
        return told

    def _additions(self, request: SignedRequest) -> Additions:
        self._prf.authenticate(request)
        after = _AFTER.fullmatch(request.path.partition("?")[2] or "after=0")
        if after is None:
            raise Refused(Refusal.UNREADABLE, "say where to go on: ?after=N, a position handed out before")
        told = self._index.additions(int(after[1]), _ADDITIONS_BYTES)
        numbers = _numbers(self._served())  # of another one, no member has anything to compare
        return msgspec.structs.replace(told, added=tuple(one for one in told.added if one.epoch in numbers))

    def _centre(self, _request: SignedRequest) -> Centre:
        """Whoever asks: all of it is public, and a member whose clock or key is wrong needs it too."""
        epochs = self._served()
        newest = current(epochs)
        if newest is None:
            raise Refused(Refusal.UNAVAILABLE, "no epoch is served yet")
        shapes = tuple(EpochShape(epoch.number, epoch.profile) for epoch in epochs)
        return Centre(self._registry_id, MODE, newest.number, shapes, self._answer_keys.publics)

    def _me(self, request: SignedRequest) -> Me:
        return _me(self._prf.authenticate(request))

    def _add_key(self, request: SignedRequest) -> Me:
        standing, desk = self._administrator(request), self._desk()
        try:
            public = wire.decode(request.body, NewKey).public
        except PayloadInvalid as error:
            raise Refused(Refusal.UNREADABLE, str(error)) from None
        return _me(standing, desk.add_key(standing.member, public))

    def _remove_key(self, request: SignedRequest) -> Me:
        standing, desk = self._administrator(request), self._desk()
        key_id = request.path.removeprefix(f"{MY_KEYS}/")
        return _me(standing, desk.remove_key(standing.member, key_id))

    def _administrator(self, request: SignedRequest) -> MemberStanding:
        standing = self._prf.authenticate(request)
        check_role(Role.ADMIN, self._roles(standing.member, request.key_id))
        return standing

    def _desk(self) -> KeyDesk:
        if self._key_desk is None:
            raise Refused(Refusal.FORBIDDEN, "keys are changed at the office")
        return self._key_desk

    def _served(self, anew: bool = False) -> tuple[Epoch, ...]:
        return served(self._epochs.read() if anew else self._epochs.value())

    def _signed(self, status: int, body: bytes, nonce: str) -> SignedAnswer:
        try:
            self._last_signer = self._answer_keys.signer
        except (ShopGuardError, OSError) as error:  # the one in memory still proves who answers
            _log.error("registry_answer_keys_unreadable", error=type(error).__name__)
        return self._last_signer.answer(status, body, nonce, int(self._now().timestamp()))

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


Sees = Callable[[Iterable[Met], Sequence[Element]], Iterable[Met]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a batch led to at a moment. ``newest`` and ``live`` are the epochs served."""

    asked: LookUp
    at: datetime
    newest: int
    live: tuple[int, ...]
    candidates: tuple[CandidateShape, ...]
    hot: tuple[int, ...]
    places: Mapping[int, Sequence[Place]] = field(repr=False)


class _OtherEpoch(Refused):
    """Refused because of its epoch or its rules of identity; names the epoch to ask under."""

    def __init__(self, code: Refusal, message: str, newest: Epoch | None) -> None:
        super().__init__(code, message)
        self.current = None if newest is None else newest.number


T = TypeVar("T")


class _Recent(Generic[T]):
    """Something read at most ``KEPT_S`` seconds ago. Two threads may read it at once: it is the same."""

    def __init__(self, read: Callable[[], T], clock: Callable[[], datetime]) -> None:
        self._read, self._clock = read, clock
        self._kept: tuple[float, T] | None = None

    def value(self) -> T:
        kept = self._kept
        if kept is not None and 0 <= self._clock().timestamp() - kept[0] < KEPT_S:
            return kept[1]
        return self.read()

    def read(self) -> T:
        """Return it as it is now."""
        at = self._clock().timestamp()  # before it is read: what changes meanwhile is seen in time
        value = self._read()
        self._kept = (at, value)
        return value


def _away(again_s: float | None) -> Refused:
    """What a member is told of a part that is away; which one is the operator's business."""
    return Refused(Refusal.UNAVAILABLE, "a part of the registry cannot be reached: ask again", again_s or _AGAIN_S)


def _peek(request: SignedRequest) -> LookUp | None:
    """What an unproven request says it asks, or None: the keyed function says what is wrong with it."""
    try:
        return wire.decode(request.body, Search if request.path == SEARCHES else LookUp)
    except PayloadInvalid:
        return None


def _numbers(epochs: Iterable[Epoch]) -> tuple[int, ...]:
    return tuple(epoch.number for epoch in epochs)


def _pieces(places: Sequence[Place]) -> tuple[bytes, ...]:
    return tuple(at.locator[:WATCH_BYTES] for at in places)


def _me(standing: MemberStanding, keys: Sequence[str] | None = None) -> Me:
    known = standing.keys if keys is None else tuple(keys)
    return Me(standing.member, standing.state, standing.daily_orders, standing.budgets, known, standing.stopped)
