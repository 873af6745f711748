"""With whom a member is one voice: as the office found out, and as what the shop states shows."""

from collections.abc import Mapping

from flask import render_template, request

from shopguard.registry.members.applications import Stage
from shopguard.registry.members.model import State
from shopguard.registry.members.particulars import Particulars, faults
from shopguard.registry.members.stated import NEEDED
from shopguard.registry.refusals import Refusal, Refused
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import in_one_language
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import Answer, comes_back_to, done_by_office, home, needed, pages, why
from shopguard.web.office.members import back, member
from shopguard.web.office.stating import LABELS, particulars_typed


@pages.post("/members/<member_id>/tie")
@done_by_office
@comes_back_to(member, "other")
def tie_member(member_id: str) -> Answer:
    """Let two members count as one voice, as the office found out."""
    home().members.tie(member_id, _other(), why("tie_reason"), viewer().name)
    return back(member_id, "tied")


@pages.post("/members/<member_id>/untie")
@done_by_office
@comes_back_to(member, "other")
def untie_member(member_id: str) -> Answer:
    """Take back that two members are one; what both stated alike still makes them one, and that is told."""
    members, other = home().members, _other()
    members.untie(member_id, other, why("tie_reason"), viewer().name)
    groups = members.groups()
    return back(member_id, "still_one" if groups.get(member_id) == groups.get(other) else "untied")


@pages.get("/members/<member_id>/describe")
@done_by_office
def describe_member(member_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    """Where the office types in what a member states, if it has changed or was never typed in."""
    registry = home()
    found = registry.members.show(member_id)
    if found.state is State.LEFT:
        raise Refused(Refusal.FORBIDDEN, _("This shop has left."))
    kept = next((one for one in registry.applications.all(Stage.APPROVED) if one.member == member_id), None)
    known = {} if kept is None else _said(kept.applied.shop)
    viewed("member_particulars", detail=member_id)
    return render_template(
        "office/describe.html",
        member=found,
        labels=LABELS,
        needed=NEEDED,
        said=request.form if errors else known,
        errors=errors,
    )


@pages.post("/members/<member_id>/describe")
@done_by_office
def keep_description(member_id: str) -> Answer:
    shop = particulars_typed()
    if wrong := faults(shop):
        page = describe_member(member_id, {name: in_one_language(said) for name, said in wrong.items()})
        return page, 422
    home().members.describe(member_id, shop, viewer().name)
    return back(member_id, "described")


def _other() -> str:
    return needed("other", _("Write the id of the other shop."))


def _said(shop: Particulars) -> Mapping[str, str]:
    said = {name: getattr(shop, name) for name in LABELS}
    return {**said, **({"needs_licence": "1"} if shop.needs_licence else {})}
