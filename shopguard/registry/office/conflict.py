"""Who at the office may not decide: an account that belongs to a shop keeps out of that shop's cases."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

import sqlalchemy as sa

from shopguard.registry.acts import Act, Acts
from shopguard.registry.entries.service import Entries
from shopguard.registry.log import LeafKind
from shopguard.registry.office.wording import NOT_AFFILIATED, NOT_YOURSELF, OWN_SHOP
from shopguard.registry.refusals import Refusal, Refused, unless_missing
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import reading, writing


class Conflicts:
    """The shops that accounts at the office belong to, as owner, staff or kin.

    Args:
        groups: returns by member the group of shops it is of (one owner, address, account or sign-in); one that is
            missing stands for itself.
        clock: Unix seconds.
    """

    def __init__(
        self, vault: sa.Engine, acts: Acts, groups: Callable[[], Mapping[str, str]], clock: Callable[[], float]
    ) -> None:
        self._vault, self._acts, self._groups, self._clock = vault, acts, groups, clock

    def affiliate(self, account: str, member: str, by: str, reason: str) -> None:
        """Keep that ``account`` belongs to ``member``: it decides no case of that shop, or of its group, any more."""
        with writing(self._vault) as connection:
            if member not in _of(connection, account):
                connection.execute(affiliation.insert(), {"account": account, "member": member})
                self._tell(connection, account, member, by, reason, "", "affiliated")

    def end(self, account: str, member: str, by: str, reason: str) -> None:
        """Keep that ``account`` belongs to ``member`` no more; ``Refused`` to the account itself: another says so."""
        if account == by:
            raise Refused(Refusal.FORBIDDEN, NOT_YOURSELF)
        with writing(self._vault) as connection:
            if member not in _of(connection, account):
                raise Refused(Refusal.NOT_FOUND, NOT_AFFILIATED)
            is_meant = (affiliation.c.account == account) & (affiliation.c.member == member)
            connection.execute(sa.delete(affiliation).where(is_meant))
            self._tell(connection, account, member, by, reason, "affiliated", "")

    def all(self) -> Mapping[str, frozenset[str]]:
        """Return by account the members it belongs to; accounts that belong to none are missing."""
        found = defaultdict[str, set[str]](set)
        with reading(self._vault) as connection:
            for row in connection.execute(sa.select(affiliation)):
                found[row.account].add(row.member)
        return {account: frozenset(members) for account, members in sorted(found.items())}

    def barred(self, account: str) -> frozenset[str]:
        """Return the members whose cases ``account`` may not decide: its own, and those of their groups."""
        with reading(self._vault) as connection:
            own = _of(connection, account)
        if not own:
            return own
        groups = self._groups()
        shared = {groups[member] for member in own if member in groups}
        return own | {member for member, group in groups.items() if group in shared}

    def check(self, account: str, members: Iterable[str]) -> None:
        """Raise ``Refused`` if ``account`` may not decide a case that one of ``members`` reported."""
        if not self.barred(account).isdisjoint(members):
            raise Refused(Refusal.FORBIDDEN, OWN_SHOP)

    def forget(self, connection: sa.Connection, members: Collection[str]) -> None:
        """Keep of no account that it belongs to one of these members, which have left and have no cases any more."""
        connection.execute(sa.delete(affiliation).where(affiliation.c.member.in_(members)))

    def _tell(
        self, connection: sa.Connection, account: str, member: str, by: str, reason: str, before: str, after: str
    ) -> None:
        subject = Subject.of(SubjectKind.MEMBER, member)
        said = f"{account}: {reason}" if reason else account
        act = Act(self._clock(), LeafKind.OFFICE_AFFILIATION, str(subject), by, said, before, after)
        self._acts.record(connection, subject, act)


def members_of(entries: Entries, number: int) -> Collection[str]:
    """Return who reported an entry; of one that was loaded already decided nobody knows."""
    with unless_missing():
        return entries.get(number).members
    return ()


def _of(connection: sa.Connection, account: str) -> frozenset[str]:
    return frozenset(connection.scalars(sa.select(affiliation.c.member).where(affiliation.c.account == account)))


affiliation = sa.table("office_affiliation", sa.column("account", sa.String), sa.column("member", sa.String))
