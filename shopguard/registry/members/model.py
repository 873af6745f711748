"""What the office knows of a member, and what it must look like to be taken in. Pure."""

import base64
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shopguard.registry.log import LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import key_id_of

MAX_KEYS = 2  # at a time: the one in use, and the one that replaces it
USUAL_DAILY_ORDERS = 50  # of a member whose orders nobody has seen yet
_MOST_DAILY_ORDERS = 1_000_000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_TEXT = 500
_KEY_BYTES = 32


class State(StrEnum):
    """Whether a member may ask."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # not at present
    LEFT = "left"  # never again under this id


@dataclass(frozen=True, slots=True)
class MemberKey:
    """A public key (32 bytes) that the member signs under; ``added_at`` is Unix seconds."""

    public: bytes
    added_at: float

    @property
    def id(self) -> str:
        return key_id_of(self.public)


@dataclass(frozen=True, slots=True)
class Member:
    """A member; moments are Unix seconds.

    Args:
        contact: how the office reaches it; may name a person, so it is stored sealed and never logged.
        daily_orders: what its budget is made for; None: not limited (an installation's own member).
        keys: newest first.
        reason: why it is suspended or left.
    """

    id: str
    name: str = field(repr=False)
    contact: str = field(repr=False)
    state: State
    daily_orders: int | None
    keys: tuple[MemberKey, ...]
    created_at: float
    reason: str = field(default="", repr=False)

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(key.id for key in self.keys)


@dataclass(frozen=True, slots=True)
class Act:
    """Something the office or the member did, as it stands in the log. ``leaf`` None: not logged yet."""

    at: float
    kind: LeafKind
    by: str
    detail: str
    leaf: int | None


def new_member(
    member_id: str, name: str, contact: str, public: bytes, daily_orders: int | None, now: float
) -> Member:
    """Return an active member with one key; ``Refused`` says what cannot be taken in."""
    if not _ID.fullmatch(member_id) or member_id == "office":
        raise _unfit("a member's id has 1 to 40 small letters, digits and hyphens (and is not `office`)")
    if not name.strip() or max(len(name), len(contact)) > _LONGEST_TEXT:
        raise _unfit(f"a member needs a name, and no text has more than {_LONGEST_TEXT} characters")
    check_daily_orders(daily_orders)
    return Member(member_id, name, contact, State.ACTIVE, daily_orders, (_key(public, now),), now)


def with_key(member: Member, public: bytes, now: float) -> Member:
    """Return ``member`` with one key more, or as it is if it has it; ``Refused`` if it has ``MAX_KEYS``."""
    if member.state is State.LEFT:
        raise _forbidden("the member has left")
    added = _key(public, now)
    if added.id in member.key_ids:
        return member
    if len(member.keys) >= MAX_KEYS:
        raise _forbidden(f"a member has {MAX_KEYS} keys at most: end one of {', '.join(member.key_ids)} first")
    return replace(member, keys=(added, *member.keys))


def without_key(member: Member, key_id: str) -> Member:
    """Return ``member`` with one key less; ``Refused`` for the last one and for one it does not have."""
    kept = tuple(key for key in member.keys if key.id != key_id)
    if kept == member.keys:
        raise Refused(Refusal.NOT_FOUND, f"no such key; the member's keys are {', '.join(member.key_ids)}")
    if not kept:
        raise _forbidden("the last key stays: add another one first, or suspend the member")
    return replace(member, keys=kept)


def in_state(member: Member, state: State, reason: str) -> Member:
    """Return ``member`` in another state; ``Refused`` if it is in it, or has left for good."""
    if member.state is State.LEFT:
        raise _forbidden("the member has left, which is final: take it in again under another id")
    if member.state is state:
        raise _forbidden(f"the member is {state} already")
    if len(reason) > _LONGEST_TEXT:
        raise _unfit(f"no text has more than {_LONGEST_TEXT} characters")
    return replace(member, state=state, reason=reason)


def with_budget(member: Member, daily_orders: int | None) -> Member:
    """Return ``member`` with a budget for other daily orders."""
    check_daily_orders(daily_orders)
    return replace(member, daily_orders=daily_orders)


def takes_away(before: Member, after: Member) -> bool:
    """Whether the member may do less afterwards."""
    keys_lost = set(before.key_ids) - set(after.key_ids)
    less = after.daily_orders is not None and (
        before.daily_orders is None or after.daily_orders < before.daily_orders
    )
    return after.state is not State.ACTIVE or bool(keys_lost) or less


def check_daily_orders(daily_orders: int | None) -> None:
    """Raise ``Refused`` for a number of daily orders that no budget is made for."""
    if daily_orders is not None and not 1 <= daily_orders <= _MOST_DAILY_ORDERS:
        raise _unfit(f"daily orders are 1 to {_MOST_DAILY_ORDERS:,}")


def public_key(text: str) -> bytes:
    """Return the public key that ``text`` (base64, as ``registry enrol`` prints it) says; ``Refused`` if none."""
    try:
        return _checked(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        raise _unfit(_NO_KEY) from None


_NO_KEY = "this is no public key: it has 44 characters, as `shopguard registry enrol` prints it"


def _key(public: bytes, now: float) -> MemberKey:
    return MemberKey(_checked(public), now)


def _checked(public: bytes) -> bytes:
    if len(public) != _KEY_BYTES:
        raise _unfit(_NO_KEY)
    return public


def _unfit(message: str) -> Refused:
    return Refused(Refusal.UNREADABLE, message)


def _forbidden(message: str) -> Refused:
    return Refused(Refusal.FORBIDDEN, message)
