"""What the office asks of the keyed function: values for what it seals, epochs, members."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from shopguard.registry.prf import function
from shopguard.registry.prf.asked import check_elements
from shopguard.registry.prf.budget import Account, Searches
from shopguard.registry.prf.function import OFFICE, EpochNumber, Ingest, Ingested
from shopguard.registry.prf.seeds import EpochSeeds
from shopguard.registry.prf.store import ACTIVE, Books, Keys, Member, PrfStore
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest, key_id_of

_STATES = (ACTIVE, "suspended", "left")
_BARRABLE = frozenset({"look_up", "search"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEY = 32  # bytes
_MOST_ORDERS = 10_000_000  # a day: more than any shop has
Shape = TypeVar("Shape")


class Office:
    """Does what is asked in a request that has been found to be the office's."""

    def __init__(self, store: PrfStore, seeds: EpochSeeds) -> None:
        self._store, self._seeds = store, seeds
        self._acts: Mapping[str, Callable[[SignedRequest, float], bytes]] = {
            function.INGEST: self._ingest,
            function.EPOCHS: self._epochs,
            function.BEGIN_EPOCH: self._begin,
            function.DESTROY_EPOCH: self._destroy,
            function.PUT_MEMBER: self._put_member,
            function.SET_STATE: self._set_state,
            function.SET_KEYS: self._set_keys,
            function.SET_BUDGET: self._set_budget,
            function.RESUME: self._resume,
            function.MEMBERS: self._members,
        }

    def do(self, request: SignedRequest, now: float) -> bytes:
        """Return what ``KeyedFunction.administer`` says."""
        act = self._acts.get(request.path)
        if act is None or request.method != "POST":
            raise Refused(Refusal.NOT_FOUND, "the keyed function knows no such act of the office")
        return act(request, now)

    def _ingest(self, request: SignedRequest, _now: float) -> bytes:
        asked = _read(request, Ingest)
        if len(asked.tokens) > function.MAX_INGEST:
            raise Refused(Refusal.TOO_MANY_TOKENS, f"more than {function.MAX_INGEST} elements in one request")
        check_elements(asked.tokens)
        if set(asked.epochs) - set(self._seeds.numbers()):
            raise Refused(Refusal.EPOCH, "one of the epochs has no seed")
        tokens = [(element.cls, element.token) for element in asked.tokens]
        values = tuple(b"".join(self._seeds.prf(number).evaluate(tokens)) for number in asked.epochs)
        return msgspec.msgpack.encode(Ingested(values))

    def _epochs(self, _request: SignedRequest, _now: float) -> bytes:
        return msgspec.msgpack.encode([EpochNumber(number) for number in self._seeds.numbers()])

    def _begin(self, request: SignedRequest, _now: float) -> bytes:
        wanted = _read(request, EpochNumber).number if request.body else None
        try:
            return msgspec.msgpack.encode(EpochNumber(self._seeds.add(wanted)))
        except ValueError:
            raise Refused(Refusal.EPOCH, "the epoch was destroyed, or is not the next one") from None

    def _destroy(self, request: SignedRequest, _now: float) -> bytes:
        self._seeds.destroy(_read(request, EpochNumber).number)
        return b""

    def _put_member(self, request: SignedRequest, _now: float) -> bytes:
        asked = _read(request, function.PutMember)
        _check_name(asked.member)
        _check_state(asked.state)
        _check_orders(asked.daily_orders)
        _check_keys(asked.keys)
        _check_barred(asked.barred)
        with self._store.writing() as books:
            books.put_member(asked.member, asked.state, asked.daily_orders)
            books.put_keys(asked.member, asked.keys, asked.barred)
        return b""

    def _set_state(self, request: SignedRequest, _now: float) -> bytes:
        asked = _read(request, function.MemberState)
        _check_state(asked.state)
        with self._store.writing() as books:
            member = _known(books, asked.member)
            books.put_member(member.name, asked.state, member.daily_orders)
        return b""

    def _set_keys(self, request: SignedRequest, _now: float) -> bytes:
        asked = _read(request, function.MemberKeys)
        _check_keys(asked.keys)
        if asked.member == OFFICE:
            if request.key_id not in map(key_id_of, asked.keys):
                raise Refused(Refusal.FORBIDDEN, "the office must keep the key it signs this with")
            self._seeds.set_office(asked.keys)
            return b""
        with self._store.writing() as books:
            books.put_keys(_known(books, asked.member).name, asked.keys, asked.barred)
        return b""

    def _set_budget(self, request: SignedRequest, _now: float) -> bytes:
        asked = _read(request, function.MemberBudget)
        _check_orders(asked.daily_orders)
        with self._store.writing() as books:
            member = _known(books, asked.member)
            books.put_member(member.name, member.state, asked.daily_orders)
        return b""

    def _resume(self, request: SignedRequest, now: float) -> bytes:
        with self._store.writing() as books:
            member = _known(books, _read(request, function.MemberName).member)
            books.keep_account(replace(member, account=Account(at=now)))
            books.keep_searches(member.name, Searches())
        return b""

    def _members(self, _request: SignedRequest, now: float) -> bytes:
        return msgspec.msgpack.encode([member.standing(keys, now) for member, keys in self._store.members()])


def _read(request: SignedRequest, shape: type[Shape]) -> Shape:
    try:
        return msgspec.msgpack.decode(request.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(Refusal.UNREADABLE, f"the body is no {shape.__name__}") from None


def _known(books: Books, name: str) -> Member:
    member = books.member(name)
    if member is None:
        raise Refused(Refusal.NOT_FOUND, "the keyed function knows no such member")
    return member


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Refused(Refusal.UNREADABLE, "a member's id has 1 to 40 of a-z, 0-9 and -")
    if name == OFFICE:
        raise Refused(Refusal.FORBIDDEN, "the office is no member")


def _check_state(state: str) -> None:
    if state not in _STATES:
        raise Refused(Refusal.UNREADABLE, f"a member's state is one of {', '.join(_STATES)}")


def _check_orders(daily_orders: int | None) -> None:
    if daily_orders is not None and not 0 <= daily_orders <= _MOST_ORDERS:
        raise Refused(Refusal.UNREADABLE, f"daily orders are 0 to {_MOST_ORDERS}, or not limited")


def _check_barred(barred: Keys) -> None:
    if not {name for not_for in barred.values() for name in not_for} <= _BARRABLE:
        raise Refused(Refusal.UNREADABLE, f"a key may be barred from {' and '.join(sorted(_BARRABLE))}")


def _check_keys(keys: Sequence[bytes]) -> None:
    if any(len(key) != _KEY for key in keys):
        raise Refused(Refusal.UNREADABLE, f"a public key has {_KEY} bytes")
