"""The keyed function with its own judgement: it believes nobody on the way to it, and charges before it tells."""

import hmac
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from shopguard.errors import ConfigError, SignatureInvalid, StoreUnavailable
from shopguard.registry.messages import LookUp
from shopguard.registry.prf import budget
from shopguard.registry.prf.asked import cost, is_search, read_look_up
from shopguard.registry.prf.function import OFFICE, Evaluated, MemberStanding
from shopguard.registry.prf.office import Office
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.store import ACTIVE, Books, KnownKey, Member, PrfStore, day_of
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest, key_id_of, verify

_log = logging.getLogger(__name__)

CLOCK_S = 300
"""How far the clock of a member may be off, in seconds."""

KEEP_BATCHES_DAYS = 30
"""How long an identical batch is answered again without charge."""

_KEEP_NONCES_S = 3_600  # longer than any of them is taken for, also after our own clock was set back a little
_NONCE = re.compile(r"[0-9a-f]{32}")


class PrfService:
    """The keyed function in this process (``KeyedFunction``). Safe to share between threads.

    Args:
        engine: on the store ``prf``, migrated.
    """

    def __init__(self, engine: sa.Engine, seeds: EpochSeeds, clock: Callable[[], datetime]) -> None:
        self._store, self._seeds, self._clock = PrfStore(engine), seeds, clock
        self._office = Office(self._store, seeds)

    @property
    def registry_id(self) -> str:
        return self._seeds.registry_id

    def evaluate(self, request: SignedRequest, epochs: Sequence[int]) -> Evaluated:
        """See ``KeyedFunction``. What was charged is committed before anything is told."""
        with _refusals():
            now = self._clock().timestamp()
            _check_key(self._signer(request, now), request)
            _check_whole(request)
            look_up = read_look_up(request)
            functions = self._seeds.functions(epochs)
            if look_up.epoch not in functions:
                raise Refused(Refusal.EPOCH, "the epoch is not served (any more): ask for the current one")
            repeated = self._charge(request, look_up, now)
        asked = [(element.cls, element.token) for element in look_up.tokens]
        values = {number: tuple(function.evaluate(asked)) for number, function in functions.items()}
        return Evaluated(request.member, look_up, values, repeated)

    def authenticate(self, request: SignedRequest) -> MemberStanding:
        """See ``KeyedFunction``."""
        with _refusals():
            now = self._clock().timestamp()
            member = self._signer(request, now).member
            with self._store.writing() as books:
                _take_nonce(books, request)
            return member.standing(self._store.keys(member.name), now)

    def administer(self, request: SignedRequest) -> bytes:
        """See ``KeyedFunction``."""
        with _refusals():
            now = self._clock().timestamp()
            publics = {key_id_of(public): public for public in self._seeds.office}
            if request.member != OFFICE or request.key_id not in publics:
                raise _not_authenticated()
            _prove(request, publics[request.key_id], now)
            _check_whole(request)
            with self._store.writing() as books:
                _take_nonce(books, request)
            return self._office.do(request, now)

    def sweep(self) -> None:
        """Forget what is too old to matter; ``StoreUnavailable`` where that cannot be done now."""
        now = self._clock().timestamp()
        self._store.sweep(now - _KEEP_NONCES_S, day_of(now) - KEEP_BATCHES_DAYS)

    def _signer(self, request: SignedRequest, now: float) -> KnownKey:
        """Return what ``request`` is signed under, if its member may ask at all."""
        found = self._store.signer(request.member, request.key_id)
        if found is None:
            raise _not_authenticated()
        _prove(request, found.public, now)
        _check_state(found.member)
        return found

    def _charge(self, request: SignedRequest, look_up: LookUp, now: float) -> bool:
        """Charge a batch; whether it was answered before, which costs nothing."""
        searched = is_search(request)
        batch, content = self._digests(look_up, searched)
        with self._store.writing() as books:
            _take_nonce(books, request)
            member = books.member(request.member)
            if member is None:
                raise _not_authenticated()
            _check_state(member)  # once more, under the lock: it may have been suspended since
            before = books.content(batch)
            if before is not None:
                refused = _other_than(before, content)
            else:
                refused = (_search if searched else _spend)(books, member, look_up, now)
                if refused is None:
                    books.add_batch(batch, content, day_of(now))
        if refused is not None:
            raise refused  # after the commit: the nonce is spent, and a member that was stopped stays so
        return before is not None

    def _digests(self, look_up: LookUp, searched: bool) -> tuple[bytes, bytes]:
        """Return what a batch goes by and what it asks, both under the root, in 16 bytes each.

        A search is never the repeat of a look-up: each is counted as what it is.
        """
        root, commitment = self._seeds.root, look_up.commitment
        kind = b"search" if searched else b"batch"
        batch = hmac.digest(root, kind + commitment + look_up.member.encode(), "sha256")[:16]
        tokens = b"".join(sorted([element.token for element in look_up.tokens]))  # each says its own length
        return batch, hmac.digest(root, b"asked" + batch + tokens, "sha256")[:16]


def _prove(request: SignedRequest, public: bytes, now: float) -> None:
    """Refuse what is not signed under ``public``, or not now."""
    try:
        verify(request, public)
    except SignatureInvalid:
        raise _not_authenticated() from None
    if not _NONCE.fullmatch(request.nonce):
        raise Refused(Refusal.UNREADABLE, "the nonce does not have 32 hexadecimal digits")
    off = request.time - now
    if abs(off) > CLOCK_S:
        direction = "ahead of" if off > 0 else "behind"
        message = f"signed more than {CLOCK_S} s {direction} the registry's time: set the clock right"
        raise Refused(Refusal.CLOCK, message)


def _check_whole(request: SignedRequest) -> None:
    """Refuse to do what a body says that is not here: another, or none, would pass for it."""
    if request.digest:
        raise Refused(Refusal.UNREADABLE, "the body is missing")


def _not_authenticated() -> Refused:
    return Refused(Refusal.NOT_AUTHENTICATED, "the signature is of no key that the registry knows")


def _take_nonce(books: Books, request: SignedRequest) -> None:
    if not books.take_nonce(request.member, request.time, bytes.fromhex(request.nonce)):
        raise Refused(Refusal.REPLAYED, "this very request was made before: sign it anew to ask again")


def _other_than(before: bytes, content: bytes) -> Refused | None:
    if hmac.compare_digest(before, content):
        return None
    return Refused(Refusal.ASKED_OTHERWISE, "another batch was answered for this order, party and revision")


def _spend(books: Books, member: Member, look_up: LookUp, now: float) -> Refused | None:
    """Charge a member for a new batch, or say why not. What it used up is written down either way."""
    account, refused = budget.charge(member.account, member.daily_orders, cost(look_up.tokens), now)
    day = day_of(now)
    batches = (member.batches if member.day == day else 0) + (refused is None)
    books.keep_account(replace(member, account=account, day=day, batches=batches))
    return refused


def _search(books: Books, member: Member, look_up: LookUp, now: float) -> Refused | None:
    """Charge a member for a new search and for what it asks, or say why not."""
    searches, refused = budget.charge_search(books.searches(member.name), member.daily_orders, now)
    if refused is None:
        refused = _spend(books, member, look_up, now)
    if refused is None:
        books.keep_searches(member.name, searches)
    return refused


def _check_key(key: KnownKey, request: SignedRequest) -> None:
    wanted = "search" if is_search(request) else "look_up"
    if wanted in key.barred:
        raise Refused(Refusal.FORBIDDEN, f"this key is not for `{wanted}`: use another one, or ask the office")


def _check_state(member: Member) -> None:
    if member.state != ACTIVE:
        raise Refused(Refusal.SUSPENDED, f"the member is {member.state}: it may not ask")


@contextmanager
def _refusals() -> Iterator[None]:
    """Say one thing of a store or file that cannot be used: nothing was told, ask again."""
    try:
        yield
    except (StoreUnavailable, ConfigError) as error:
        _log.error("%s", error)  # a full disk is for whoever runs this to know, and nobody else
        raise Refused(
            Refusal.UNAVAILABLE, "the keyed function cannot write down what it is asked: ask again"
        ) from None
