"""Which members are one voice: those of one owner, address, account or sign-in, directly or through others. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from shopguard.registry.members.particulars import TraitKind


@dataclass(frozen=True, slots=True)
class Held:
    """That a member has a trait, known by the digest of it."""

    member: str
    kind: TraitKind
    digest: bytes


@dataclass(frozen=True, slots=True)
class Tie:
    """What two members have in common."""

    one: str
    other: str
    why: TraitKind


def ties(held: Iterable[Held]) -> Sequence[Tie]:
    """Return every pair of members with each trait that they share, in the order of their ids."""
    sharing = _sharing(held)
    found = {
        Tie(one, other, kind) for (kind, _), members in sharing.items() for one, other in combinations(members, 2)
    }
    return sorted(found, key=lambda tie: (tie.one, tie.other, tie.why))


def groups(members: Iterable[str], held: Iterable[Held]) -> Mapping[str, str]:
    """Return by member the group it is of, which goes by its first member; who shares nothing is a group alone."""
    leads = {member: member for member in members}
    for (kind, _), sharing in _sharing(held).items():
        known = [member for member in sharing if member in leads]
        if kind.ties:
            for other in known[1:]:
                one, two = _lead(leads, known[0]), _lead(leads, other)
                leads[max(one, two)] = min(one, two)
    return {member: _lead(leads, member) for member in leads}


def _sharing(held: Iterable[Held]) -> Mapping[tuple[TraitKind, bytes], list[str]]:
    members: dict[tuple[TraitKind, bytes], set[str]] = defaultdict(set)
    for one in held:
        members[one.kind, one.digest].add(one.member)
    return {trait: sorted(sharing) for trait, sharing in members.items() if len(sharing) > 1}


def _lead(leads: Mapping[str, str], member: str) -> str:
    while leads[member] != member:
        member = leads[member]
    return member
