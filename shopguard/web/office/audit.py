"""The log: what happened, the newest first, who did it where that is known, and whether all is as it was logged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, url_for

from shopguard.registry.case_names import names_of
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import Leaf, LeafKind
from shopguard.registry.log.heads import recall_head
from shopguard.registry.log.verifying import Found, check_own
from shopguard.web.app import viewed
from shopguard.web.office.desk import Answer, comes_back_to, home, pages, seen_by_office
from shopguard.web.office.paging import asked
from shopguard.web.office.start import address_of

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One leaf, and what it stands for, as far as the vault knows that.

    Args:
        name: what the record is called; ``address``: where there is more about it.
        reason: in words; empty where ``is_whole`` is not set, as they were erased.
    """

    number: int
    leaf: Leaf
    kind: LeafKind | str
    name: str = ""
    address: str | None = None
    by: str = ""
    reason: str = ""
    is_whole: bool = True


@pages.get("/log")
@seen_by_office
def log(found: Found | None = None, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    size = registry.log.size()
    before = min(asked("before", size), size)
    first = max(before - _PAGE, 0)
    heads = [recall_head(note) for note in registry.heads.all()]
    viewed("log")
    return render_template(
        "office/log.html",
        size=size,
        lines=_lines(registry, first, before),
        newer=url_for("office.log", before=min(before + _PAGE, size)) if before < size else None,
        older=url_for("office.log", before=first) if first else None,
        head=heads[-1] if heads else None,
        heads=len(heads),
        found=found,
        errors=errors,
    )


@pages.post("/log/verify")
@seen_by_office
@comes_back_to(log, "verify")
def verify_log() -> Answer:
    """Check every leaf against the signed heads, which changes nothing; takes some seconds for a long log."""
    registry = home()
    return log(check_own(registry.log, registry.heads, registry.answer_keys.publics))


def _lines(registry: RegistryHome, first: int, before: int) -> Sequence[Line]:
    leaves = dict(enumerate(registry.log.leaves(first, before - first), first)) if before > first else {}
    told = {line.number: line for line in (*_on_records(registry, leaves), *_on_members(registry, leaves))}
    bare = {number: Line(number, leaf, _kind(leaf)) for number, leaf in leaves.items()}
    return list(reversed((bare | told).values()))


def _on_records(registry: RegistryHome, leaves: Mapping[int, Leaf]) -> Iterator[Line]:
    acts = registry.acts.of_leaves(list(leaves))
    names = names_of(registry, {act.subject for act in acts.values()})
    for number, logged in acts.items():
        name, act = names[logged.subject], logged.act
        address = address_of(logged.subject, name)
        yield Line(number, leaves[number], act.kind, name, address, act.by, act.reason, logged.is_whole)


def _on_members(registry: RegistryHome, leaves: Mapping[int, Leaf]) -> Iterator[Line]:
    for number, (member, act) in registry.members.acts_of_leaves(list(leaves)).items():
        address = url_for("office.member", member_id=member)
        yield Line(number, leaves[number], act.kind, member, address, act.by, act.detail)


def _kind(leaf: Leaf) -> LeafKind | str:
    return LeafKind(leaf.kind) if leaf.kind in set(LeafKind) else leaf.kind
