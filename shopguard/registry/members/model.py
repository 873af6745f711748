"""What the office knows of a member, and what it must look like to be taken in. Pure."""

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shopguard.registry.desk import ALL_ROLES, Role
from shopguard.registry.log import LeafKind
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.signing import key_id_of

MAX_KEYS = 6  # at a time: the guard, the staff and the owner of a shop may have one each, and the next one
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
    """A public key (32 bytes) that the member signs under, and what may be asked under it.

    ``added_at`` is Unix seconds.
    """

    public: bytes
    added_at: float
    roles: frozenset[Role] = ALL_ROLES

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
        record: the number of its application, under which the particulars of the shop are kept; None: there are none.
    """

    id: str
    name: str = field(repr=False)
    contact: str = field(repr=False)
    state: State
    daily_orders: int | None
    keys: tuple[MemberKey, ...]
    created_at: float
    reason: str = field(default="", repr=False)
    record: int | None = None

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(key.id for key in self.keys)

    @property
    def pays(self) -> bool:
        """Whether it owes fees: an installation asks its own registry for nothing."""
        return self.state is not State.LEFT and self.daily_orders is not None

    @property
    def barred(self) -> Mapping[str, tuple[str, ...]]:
        """By key, what the keyed function lets it not do: under such a key nobody learns who is listed."""
        lacking = {key.id: tuple(sorted(_EVALUATED - key.roles)) for key in self.keys}
        return {key_id: roles for key_id, roles in lacking.items() if roles}

    def roles(self, key_id: str) -> frozenset[Role]:
        """Return what may be asked under a key; nothing under one that the member does not have."""
        return next((key.roles for key in self.keys if key.id == key_id), frozenset())


@dataclass(frozen=True, slots=True)
class MemberAct:
    """Something the office or the member did, as it stands in the log. ``leaf`` None: not logged yet."""

    at: float
    kind: LeafKind
    by: str
    detail: str
    leaf: int | None


def new_member(
    member_id: str,
    name: str,
    contact: str,
    public: bytes,
    daily_orders: int | None,
    now: float,
    record: int | None = None,
) -> Member:
    """Return an active member with one key for everything; ``Refused`` says what cannot be taken in."""
    if not _ID.fullmatch(member_id) or member_id == "office":
        raise _unfit(_NO_ID)
    if not name.strip() or max(len(name), len(contact)) > _LONGEST_TEXT:
        raise _unfit(_NO_NAME)
    check_daily_orders(daily_orders)
    keys = (_key(public, now, ALL_ROLES),)
    return Member(member_id, name, contact, State.ACTIVE, daily_orders, keys, now, record=record)


def with_key(member: Member, public: bytes, now: float, roles: Collection[Role] = ALL_ROLES) -> Member:
    """Return ``member`` with one key more, or as it is if it has it; ``Refused`` if it has ``MAX_KEYS``."""
    if member.state is State.LEFT:
        raise _forbidden(HAS_LEFT)
    added = _key(public, now, roles)
    if added.id in member.key_ids:
        return member
    if len(member.keys) >= MAX_KEYS:
        raise _forbidden(_MOST_KEYS)
    return replace(member, keys=(added, *member.keys))


def without_key(member: Member, key_id: str) -> Member:
    """Return ``member`` with one key less; ``Refused`` for the last one and for one it does not have."""
    kept = tuple(key for key in member.keys if key.id != key_id)
    if kept == member.keys:
        raise _no_such_key(member)
    if not kept:
        raise _forbidden(_LAST_KEY)
    return replace(member, keys=kept)


def with_roles(member: Member, key_id: str, roles: Collection[Role]) -> Member:
    """Return ``member`` with other roles for one of its keys; ``Refused`` for one it does not have, and for none."""
    if key_id not in member.key_ids:
        raise _no_such_key(member)
    changed = _roles(roles)
    if member.roles(key_id) == changed:
        return member
    keys = tuple(replace(key, roles=changed) if key.id == key_id else key for key in member.keys)
    return replace(member, keys=keys)


def in_state(member: Member, state: State, reason: str) -> Member:
    """Return ``member`` in another state; ``Refused`` if it is in it, or has left for good.

    Of one that leaves nothing is kept but its id and the keys it signed under: whoever still asks under them is told.
    """
    if member.state is State.LEFT:
        raise _forbidden(_FINAL)
    if member.state is state:
        raise _forbidden(both(*_SO_ALREADY[state]))
    if len(reason) > _LONGEST_TEXT:
        raise _unfit(_TOO_LONG)
    if state is State.LEFT:
        return replace(member, name="", contact="", state=state, reason=reason, record=None)
    return replace(member, state=state, reason=reason)


def with_budget(member: Member, daily_orders: int | None) -> Member:
    """Return ``member`` with a budget for other daily orders."""
    check_daily_orders(daily_orders)
    return replace(member, daily_orders=daily_orders)


def takes_away(before: Member, after: Member) -> bool:
    """Whether the member may do less afterwards."""
    keys_lost = set(before.key_ids) - set(after.key_ids)
    roles_lost = any(before.roles(key.id) - key.roles for key in after.keys)
    less = after.daily_orders is not None and (
        before.daily_orders is None or after.daily_orders < before.daily_orders
    )
    return after.state is not State.ACTIVE or bool(keys_lost) or roles_lost or less


def check_daily_orders(daily_orders: int | None) -> None:
    """Raise ``Refused`` for a number of daily orders that no budget is made for."""
    if daily_orders is not None and not 1 <= daily_orders <= _MOST_DAILY_ORDERS:
        limit = f"{_MOST_DAILY_ORDERS:,}"
        raise _unfit(both(f"一日の注文数は1から{limit}までです。", f"daily orders are 1 to {limit}"))


def public_key(text: str) -> bytes:
    """Return the public key that ``text`` (base64, as ``registry enrol`` prints it) says; ``Refused`` if none."""
    try:
        return _checked(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        raise _unfit(_NO_KEY) from None


_NO_KEY = both(
    "公開鍵ではありません。`shopguard registry enrol` が表示する44文字を書いてください。",
    "this is no public key: it has 44 characters, as `shopguard registry enrol` prints it",
)


HAS_LEFT = both("この加盟店は退会しています。", "the member has left")
_FINAL = both(
    "この加盟店は退会しています。元には戻せません。新しいIDで加入できます。",
    "the member has left, which is final: take it in again under another id",
)
_SO_ALREADY = {
    State.ACTIVE: ("この加盟店は停止されていません。", "the member is active already"),
    State.SUSPENDED: ("この加盟店はすでに停止されています。", "the member is suspended already"),
}
_NO_ID = both(
    "加盟店のIDは、英小文字・数字・ハイフンで1から40文字です（office は使えません）。",
    "a member's id has 1 to 40 small letters, digits and hyphens (and is not `office`)",
)
_TOO_LONG = both(f"文字数は{_LONGEST_TEXT}文字までです。", f"no text has more than {_LONGEST_TEXT} characters")
_NO_NAME = both(
    f"加盟店の名称が必要です。文字数は{_LONGEST_TEXT}文字までです。",
    f"a member needs a name, and no text has more than {_LONGEST_TEXT} characters",
)
_MOST_KEYS = both(
    f"加盟店の鍵は{MAX_KEYS}個までです。先にどれかを終了してください。",
    f"a member has {MAX_KEYS} keys at most: end one of them first",
)
_LAST_KEY = both(
    "最後の鍵は終了できません。先に別の鍵を加えるか、加盟店を停止してください。",
    "the last key stays: add another one first, or suspend the member",
)
_FOR_NOTHING = both("鍵の用途を一つ以上選んでください。", f"a key is for something: {', '.join(Role)}")
_EVALUATED = frozenset({Role.LOOK_UP, Role.SEARCH})


def _key(public: bytes, now: float, roles: Collection[Role]) -> MemberKey:
    return MemberKey(_checked(public), now, _roles(roles))


def _roles(roles: Collection[Role]) -> frozenset[Role]:
    if not roles:
        raise _unfit(_FOR_NOTHING)
    return frozenset(roles)


def _checked(public: bytes) -> bytes:
    if len(public) != _KEY_BYTES:
        raise _unfit(_NO_KEY)
    return public


def _no_such_key(member: Member) -> Refused:
    ids = ", ".join(member.key_ids)
    text = both(f"この鍵はありません。加盟店の鍵は {ids} です。", f"no such key; the member's keys are {ids}")
    return Refused(Refusal.NOT_FOUND, text)


def _unfit(message: str) -> Refused:
    return Refused(Refusal.UNREADABLE, message)


def _forbidden(message: str) -> Refused:
    return Refused(Refusal.FORBIDDEN, message)
