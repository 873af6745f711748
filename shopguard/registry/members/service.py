"""The office takes members in, changes their keys and budgets, and stops them; the keyed function is told of it all.

What takes rights away reaches the keyed function before the vault commits it; what gives rights, only afterwards.
So a crash in between never leaves anybody with more than the vault says, and ``sync`` puts the rest right.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from shopguard.crypto import Keyring
from shopguard.errors import StoreUnavailable
from shopguard.registry.desk import ALL_ROLES, Role
from shopguard.registry.log import LeafKind, Log
from shopguard.registry.members.independence import Tie, groups, ties
from shopguard.registry.members.model import (
    HAS_LEFT,
    USUAL_DAILY_ORDERS,
    Member,
    MemberAct,
    State,
    in_state,
    new_member,
    takes_away,
    with_budget,
    with_key,
    with_roles,
    without_key,
)
from shopguard.registry.members.particulars import Particulars, TraitKind, traits
from shopguard.registry.members.regrouping import regroup_later
from shopguard.registry.members.store import MemberStore
from shopguard.registry.prf.function import (
    MEMBERS,
    OFFICE,
    PUT_MEMBER,
    RESUME,
    SET_STATE,
    KeyedFunction,
    MemberName,
    MemberStanding,
    MemberState,
    PutMember,
)
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.seen import Seen
from shopguard.registry.signing import key_id_of
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timers
from shopguard.storage.engine import reading, writing

_log = structlog.get_logger()
ITSELF = "the member"
_NOBODY = ""  # in place of an id, for a shop that has none yet
_NOT_TWO = both("別の加盟店を指定してください。", "name two members")
_ONE_LEFT = both("どちらかの加盟店が退会しています。", "one of them has left")
_NOT_YET = (
    "{}：保存しましたが、まだ有効になっていません。`shopguard registry members sync` を実行してください。",
    "{}: kept, but not in force yet, as the keyed function is away; run `shopguard registry members sync`",
)


@dataclass(frozen=True, slots=True)
class Approval:
    """An application that a member comes of: its record, what it states, and what is written before the member is.

    ``within`` sees to it that nobody else decides the application meanwhile.
    """

    record: int
    shop: Particulars
    within: Callable[[sa.Connection], None]


class Members:
    """The members of one registry. Every method raises ``Refused`` with what is wrong and what to do.

    ``by`` is who asked for a change, for the log: an account at the office, or ``ITSELF``.

    Args:
        vault: the store ``vault``.
        master: the vault's keyring, which seals names and contacts.
        office: signs what the keyed function is told.
        clock: Unix seconds.
    """

    def __init__(
        self,
        vault: sa.Engine,
        master: Keyring,
        prf: KeyedFunction,
        office: SigningKeys,
        log: Log,
        clock: Callable[[], float],
    ) -> None:
        self._vault, self._prf, self._office, self._log, self._clock = vault, prf, office, log, clock
        self._store, self._seen, self._timers = MemberStore(master), Seen(vault, master), Timers(vault)

    def create(
        self,
        member_id: str,
        name: str,
        public_key: bytes,
        daily_orders: int | None = USUAL_DAILY_ORDERS,
        contact: str = "",
        by: str = OFFICE,
        approval: Approval | None = None,
    ) -> Member:
        """Take a member in with its first key (32 bytes) and a full budget.

        Args:
            daily_orders: how many orders it usually has in a day; None: not limited.
            approval: None: the office knows the shop without an application; ``describe`` says with whom it is one.
        """
        now, record = self._clock(), None if approval is None else approval.record
        new = new_member(member_id, name, contact, public_key, daily_orders, now, record)
        with writing(self._vault) as connection:
            if approval is not None:
                approval.within(connection)
            self._store.add(connection, new)
            self._store.record(connection, new, LeafKind.MEMBER_CREATED, by, new.key_ids[0], now)
            if approval is not None:
                with self._regrouping(connection):
                    self._describe(connection, new, approval.shop)
        return self._given(new)

    def all(self) -> Sequence[Member]:
        """Return every member, in the order of their ids; those that left, too."""
        with reading(self._vault) as connection:
            return self._store.all(connection)

    def show(self, member_id: str) -> Member:
        with reading(self._vault) as connection:
            return self._store.get(connection, member_id)

    def acts(self, member_id: str) -> Sequence[MemberAct]:
        """Return what was done to a member, the latest first."""
        with reading(self._vault) as connection:
            return list(self._store.acts(connection, member_id))

    def acts_of_leaves(self, leaves: Collection[int]) -> Mapping[int, tuple[str, MemberAct]]:
        """Return by their numbers those leaves of the log that stand for acts on members: whom, and what."""
        with reading(self._vault) as connection:
            return self._store.acts_of_leaves(connection, leaves)

    def expire_acts(self, before: float) -> int:
        """Erase what was said with acts before a moment, and return of how many; who did what when stays."""
        with writing(self._vault) as connection:
            return self._store.forget_details(connection, before)

    def groups(self) -> Mapping[str, str]:
        """Return by member the group that is one voice with it; a shop that is one with no other is alone in its own.

        Those that left are missing.
        """
        with reading(self._vault) as connection:
            return self._groups(connection)

    def ties(self) -> Sequence[Tie]:
        """Return what members have in common; not all of it makes them one (``TraitKind.ties``)."""
        with reading(self._vault) as connection:
            return ties(self._store.held(connection))

    def like(self, shop: Particulars) -> Mapping[str, frozenset[TraitKind]]:
        """Return by member what ``shop``, which is no member yet, has in common with it."""
        with reading(self._vault) as connection:
            found = ties([*self._store.would_hold(_NOBODY, traits(shop)), *self._store.held(connection)])
        likes: dict[str, set[TraitKind]] = defaultdict(set)
        for tie in found:
            if tie.one == _NOBODY:
                likes[tie.other].add(tie.why)
        return {member_id: frozenset(kinds) for member_id, kinds in likes.items()}

    def remark(self, member_id: str, detail: str, by: str = OFFICE) -> None:
        """Keep in the member's record, and in the log, that something was done which changes nothing it may do."""
        with writing(self._vault) as connection:
            found = self._store.get(connection, member_id)
            self._store.record(connection, found, LeafKind.MEMBER_CHANGED, by, detail, self._clock())
        self._settle_log()

    def tie(self, one: str, other: str, reason: str, by: str = OFFICE) -> None:
        """Keep that two members are one voice, as the office found out."""
        self._tie_or_untie(self._store.tie, one, other, "one with", reason, by)

    def untie(self, one: str, other: str, reason: str, by: str = OFFICE) -> None:
        """Take back what ``tie`` said; what the shops themselves stated alike still makes them one."""
        self._tie_or_untie(self._store.untie, one, other, "not one with", reason, by)

    def describe(self, member_id: str, particulars: Particulars, by: str = OFFICE) -> None:
        """Keep what shows with whom a member is one, and who its people are: as digests alone."""
        with writing(self._vault) as connection:
            found = self._store.get(connection, member_id)
            if found.state is State.LEFT:
                raise Refused(Refusal.FORBIDDEN, HAS_LEFT)
            with self._regrouping(connection):
                self._describe(connection, found, particulars)
            self._store.record(connection, found, LeafKind.MEMBER_CHANGED, by, "described", self._clock())
        self._settle_log()

    def standings(self) -> Mapping[str, MemberStanding]:
        """Return by id how the keyed function knows the members: what is left to them, and who is stopped."""
        known = msgspec.msgpack.decode(self._administer(MEMBERS, None), type=list[MemberStanding])
        return {standing.member: standing for standing in known}

    def roles(self, member_id: str, key_id: str) -> frozenset[Role]:
        """Return what a member may ask under one of its keys; nothing for a key or member that is not known."""
        with reading(self._vault) as connection:
            try:
                return self._store.get(connection, member_id).roles(key_id)
            except Refused:
                return frozenset()

    def set_roles(self, member_id: str, key_id: str, roles: Collection[Role], by: str = OFFICE) -> Member:
        """Let a key be for these roles and no others."""
        change = partial(with_roles, key_id=key_id, roles=roles)
        detail = f"{key_id}: {', '.join(sorted(roles))}"
        return self._change(member_id, change, LeafKind.MEMBER_CHANGED, detail, by)

    def add_key(
        self, member_id: str, public: bytes, by: str = ITSELF, roles: Collection[Role] = ALL_ROLES
    ) -> Sequence[str]:
        """Let the member sign under one more key (32 bytes); returns the ids of all it has."""
        change = partial(with_key, public=public, now=self._clock(), roles=roles)
        return self._change(member_id, change, LeafKind.MEMBER_KEY_ADDED, key_id_of(public), by).key_ids

    def remove_key(self, member_id: str, key_id: str, by: str = ITSELF) -> Sequence[str]:
        """End a key for good, but never the last one; returns the ids of those that are left."""
        change = partial(without_key, key_id=key_id)
        return self._change(member_id, change, LeafKind.MEMBER_KEY_ENDED, key_id, by).key_ids

    def suspend(self, member_id: str, reason: str, by: str = OFFICE) -> Member:
        """Let the member ask no more until ``resume``."""
        change = partial(in_state, state=State.SUSPENDED, reason=reason)
        return self._change(member_id, change, LeafKind.MEMBER_SUSPENDED, reason, by)

    def resume(self, member_id: str, by: str = OFFICE) -> Member:
        """Let a suspended member ask again."""
        change = partial(in_state, state=State.ACTIVE, reason="")
        return self._change(member_id, change, LeafKind.MEMBER_RESUMED, "", by)

    def leave(self, member_id: str, reason: str = "", by: str = OFFICE) -> Member:
        """Let the member ask no more, for good."""
        change = partial(in_state, state=State.LEFT, reason=reason)
        return self._change(member_id, change, LeafKind.MEMBER_LEFT, reason, by)

    def set_budget(self, member_id: str, daily_orders: int | None, by: str = OFFICE) -> Member:
        """Make the member's budget for so many daily orders; None: not limited."""
        change = partial(with_budget, daily_orders=daily_orders)
        detail = "not limited" if daily_orders is None else f"{daily_orders} orders a day"
        return self._change(member_id, change, LeafKind.MEMBER_BUDGET, detail, by)

    def resume_budget(self, member_id: str, by: str = OFFICE) -> Member:
        """Give a member that was stopped as its budget ran out a full one, after somebody looked at why."""
        with writing(self._vault) as connection:
            found = self._store.get(connection, member_id)
            self._store.record(connection, found, LeafKind.MEMBER_BUDGET, by, "resumed", self._clock())
        self._settle_log()
        self._administer(RESUME, MemberName(member_id))
        return found

    def sync(self) -> int:
        """Tell the keyed function what it does not know, and the log what it does not have; at every start.

        One that the vault does not know (it was restored from before) may ask no more. Returns how many were told.
        """
        known, told = dict(self.standings()), 0
        for member in self.all():
            if not _is_known(member, known.pop(member.id, None)):
                self._tell(member.id)
                told += 1
        for stranger in known.values():
            if stranger.state != State.LEFT:
                self._administer(SET_STATE, MemberState(stranger.member, State.LEFT))
                told += 1
        self._settle_log()
        return told

    @contextmanager
    def _regrouping(self, connection: sa.Connection) -> Iterator[None]:
        """Whatever the block makes of the groups reaches the entries soon."""
        before = self._groups(connection)
        yield
        after = self._groups(connection)
        others = [member for member, group in after.items() if before.get(member, group) != group]
        regroup_later(connection, self._timers, others, self._clock())

    def _groups(self, connection: sa.Connection) -> Mapping[str, str]:
        there = [one.id for one in self._store.all(connection) if one.state is not State.LEFT]
        return groups(there, self._store.held(connection))

    def _describe(self, connection: sa.Connection, found: Member, particulars: Particulars) -> None:
        self._store.put_traits(connection, found.id, traits(particulars))
        subject = Subject.of(SubjectKind.MEMBER, found.id)
        self._seen.note(connection, subject, particulars.owner, *particulars.people)

    def _tie_or_untie(
        self,
        do: Callable[[sa.Connection, str, str], bool],
        one: str,
        other: str,
        found_out: str,
        reason: str,
        by: str,
    ) -> None:
        if one == other:
            raise Refused(Refusal.FORBIDDEN, _NOT_TWO)
        with writing(self._vault) as connection:
            both = [self._store.get(connection, member_id) for member_id in sorted((one, other))]
            if any(found.state is State.LEFT for found in both):
                raise Refused(Refusal.FORBIDDEN, _ONE_LEFT)
            with self._regrouping(connection):
                is_new = do(connection, one, other)
            if is_new:
                for found, with_whom in zip(both, reversed(both), strict=True):
                    said = f"{found_out} {with_whom.id}: {reason}"
                    self._store.record(connection, found, LeafKind.MEMBER_CHANGED, by, said, self._clock())
        self._settle_log()

    def _change(
        self, member_id: str, change: Callable[[Member], Member], kind: LeafKind, detail: str, by: str
    ) -> Member:
        with writing(self._vault) as connection:
            before = self._store.get(connection, member_id)
            after = change(before)
            if after is before:
                return after
            self._store.change(connection, before, after)
            if after.state is State.LEFT:
                with self._regrouping(connection):
                    self._store.forget_traits(connection, after.id)
                self._seen.forget(connection, Subject.of(SubjectKind.MEMBER, after.id))
            self._store.record(connection, after, kind, by, detail, self._clock())
            takes = takes_away(before, after)
            if takes:
                self._put(after)
        if not takes:
            return self._given(after)
        self._settle_log()
        return after

    def _given(self, member: Member) -> Member:
        """Tell the keyed function of rights that the vault has committed."""
        self._settle_log()
        try:
            self._tell(member.id)
        except Refused as refused:
            if refused.code is not Refusal.UNAVAILABLE:
                raise
            said = both(*(text.format(member.id) for text in _NOT_YET))
            raise Refused(Refusal.UNAVAILABLE, said, refused.retry_after_s) from refused
        return member

    def _tell(self, member_id: str) -> None:
        """Tell the keyed function what the vault says, while nobody changes it: two changes at once end as one."""
        with writing(self._vault) as connection:
            self._put(self._store.get(connection, member_id))

    def _put(self, member: Member) -> None:
        publics = tuple(key.public for key in member.keys)
        told = PutMember(member.id, member.state, member.daily_orders, publics, member.barred)
        self._administer(PUT_MEMBER, told)

    def _administer(self, path: str, what: msgspec.Struct | None) -> bytes:
        body = b"" if what is None else msgspec.msgpack.encode(what)
        request = self._office.signer.request("POST", path, body, OFFICE, int(self._clock()))
        return self._prf.administer(request)

    def _settle_log(self) -> None:
        """Bring into the log what is not there yet. Where that fails it waits: what was done is done."""
        try:
            with reading(self._vault) as connection:
                waiting = self._store.unlogged(connection)
            for number, kind, committed in waiting:
                leaf = self._log.append(kind, committed)
                with writing(self._vault) as connection:
                    self._store.logged(connection, number, leaf)
        except StoreUnavailable as error:
            _log.error("registry_log_waits", error=str(error))


def _is_known(member: Member, standing: MemberStanding | None) -> bool:
    if standing is None:
        return False
    same = standing.state == member.state and standing.daily_orders == member.daily_orders
    return same and set(standing.keys) == set(member.key_ids) and standing.barred == member.barred
