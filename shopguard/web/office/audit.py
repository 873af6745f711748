"""The log: what happened, the newest first, who did it where that is known, and whether all is as it was logged."""

from dataclasses import dataclass

from flask import render_template, request, url_for

from shopguard.registry.acts import Logged
from shopguard.registry.case_names import names_of
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import Leaf, LeafKind
from shopguard.registry.log.heads import recall_head
from shopguard.registry.log.verifying import Found, check_own
from shopguard.registry.subjects import SubjectKind
from shopguard.web.app import viewed
from shopguard.web.office.desk import Answer, comes_back_to, home, pages, seen_by_office
from shopguard.web.office.start import address_of

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One leaf, and the act that it stands for, where the vault knows it."""

    number: int
    leaf: Leaf
    kind: LeafKind | str
    act: Logged | None
    name: str
    address: str | None


@pages.get("/log")
@seen_by_office
def log(found: Found | None = None, errors: dict[str, str] | None = None) -> str:
    registry = home()
    size = registry.log.size()
    before = min(max(request.args.get("before", size, int), 0), size)
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
        errors=errors or {},
    )


@pages.post("/log/verify")
@seen_by_office
@comes_back_to(log, "verify")
def verify_log() -> Answer:
    """Check every leaf against the signed heads, which changes nothing; takes some seconds for a long log."""
    registry = home()
    return log(check_own(registry.log, registry.heads, registry.answer_keys.publics))


def _lines(registry: RegistryHome, first: int, before: int) -> list[Line]:
    leaves = list(enumerate(registry.log.leaves(first, before - first), first))
    acts = registry.acts.of_leaves([number for number, _ in leaves])
    names = names_of(registry, {act.subject for act in acts.values()})
    lines = []
    for number, leaf in reversed(leaves):
        act = acts.get(number)
        name = "" if act is None else names[act.subject]
        is_member = act is not None and act.subject.kind is SubjectKind.MEMBER
        shown = act.subject.key if act is not None and is_member else name
        address = None if act is None else address_of(act.subject, name)
        lines.append(Line(number, leaf, _kind(leaf.kind), act, shown, address))
    return lines


def _kind(kind: str) -> LeafKind | str:
    return LeafKind(kind) if kind in set(LeafKind) else kind
