"""Members: who may ask and how much, how their reports held, who of the office belongs to them, and what they owe.

Their keys are ``keys``, with whom they are one is ``voices``.
"""

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from shopguard.registry.desk import Role
from shopguard.registry.home import RegistryHome
from shopguard.registry.members.model import State
from shopguard.registry.prf.function import MemberStanding
from shopguard.registry.refusals import Refusal, Refused
from shopguard.web.app import service, viewed, viewer
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import (
    Answer,
    Missing,
    OfficeDesk,
    comes_back_to,
    done_by_office,
    home,
    is_whole,
    needed,
    pages,
    seen_by_office,
    settling,
    typed,
    why,
)


@pages.get("/members")
@seen_by_office
def members() -> str:
    registry = home()
    found = registry.members.all()
    groups = registry.members.groups()
    viewed("members")
    return render_template(
        "office/members.html",
        members=found,
        qualities=registry.moderation.qualities.of_all([member.id for member in found]),
        groups={member: lead for member, lead in groups.items() if _is_shared(lead, groups)},
        use={use.member: use for use in registry.monitoring.use()},
        standings=_standings(registry),
    )


@pages.get("/members/<member_id>")
@seen_by_office
def member(member_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    found = registry.members.show(member_id)
    standings = _standings(registry)
    groups = registry.members.groups()
    viewed("member", detail=member_id)
    return render_template(
        "office/member.html",
        member=found,
        quality=registry.moderation.qualities.of(member_id),
        standing=None if standings is None else standings.get(member_id),
        group=[one for one, lead in groups.items() if lead == groups.get(member_id) and one != member_id],
        ties=[tie for tie in registry.members.ties() if member_id in (tie.one, tie.other)],
        affiliated=[account for account, shops in registry.conflicts.all().items() if member_id in shops],
        fees=registry.fees.rows(member_id),
        all_roles=list(Role),
        settings=service(OfficeDesk).settings_of(member_id),
        acts=registry.members.acts(member_id),
        may_change=found.state is not State.LEFT,
        errors=errors,
    )


def back(member_id: str, did: str = "changed") -> Answer:
    """Go back to a member's page, which tells what was done."""
    return redirect(url_for("office.member", member_id=member_id, did=did), 303)


@pages.post("/members/<member_id>/suspend")
@done_by_office
@comes_back_to(member)
def suspend_member(member_id: str) -> Answer:
    home().members.suspend(member_id, why(), viewer().name)
    return back(member_id)


@pages.post("/members/<member_id>/resume")
@done_by_office
@comes_back_to(member)
def resume_member(member_id: str) -> Answer:
    home().members.resume(member_id, viewer().name)
    return back(member_id)


@pages.post("/members/<member_id>/leave")
@done_by_office
@comes_back_to(member)
def leave_member(member_id: str) -> Answer:
    """Let a member go for good; whoever does it types its id once more."""
    reason = why()
    if typed("again") != member_id:
        raise Missing("again", _("This cannot be undone: type the member's id once more."))
    with settling() as registry:
        registry.members.leave(member_id, reason, viewer().name)
        registry.leaving.finish()
    return back(member_id)


@pages.post("/members/<member_id>/budget")
@done_by_office
@comes_back_to(member, "orders")
def member_budget(member_id: str) -> Answer:
    orders = typed("orders")
    if not is_whole(orders):
        raise Refused(Refusal.RULES, _("Write a whole number of orders a day."))
    home().members.set_budget(member_id, int(orders), viewer().name)
    return back(member_id)


@pages.post("/members/<member_id>/full-budget")
@done_by_office
@comes_back_to(member, "orders")
def full_budget(member_id: str) -> Answer:
    """Give a member a full budget again, after it was stopped and somebody found out why."""
    home().members.resume_budget(member_id, viewer().name)
    return back(member_id)


@pages.post("/members/<member_id>/affiliate")
@done_by_office
@comes_back_to(member, "account")
def affiliate(member_id: str) -> Answer:
    """Keep that somebody of the office belongs to a member, and decides none of its cases."""
    registry, account = home(), needed("account", _("Write the name of the account."))
    registry.conflicts.affiliate(account, registry.members.show(member_id).id, viewer().name, typed("as"))
    return back(member_id)


@pages.post("/members/<member_id>/end-affiliation")
@done_by_office
@comes_back_to(member, "account")
def end_affiliation(member_id: str) -> Answer:
    home().conflicts.end(typed("account"), member_id, viewer().name, typed("as"))
    return back(member_id)


@pages.get("/fees")
@seen_by_office
def fees(errors: Mapping[str, str] = {}) -> str:  # read only
    of_all = "all" in request.args
    rows = home().fees.rows(unpaid=not of_all)
    viewed("fees")
    return render_template("office/fees.html", rows=rows, of_all=of_all, errors=errors)


@pages.post("/fees/<int(max=2147483647):row>/paid")
@done_by_office
def fee_paid(row: int) -> Answer:
    """Keep that a row was paid. One that was paid before stays so."""
    try:
        home().fees.paid(row, viewer().name)
    except Refused as refused:
        if refused.code is not Refusal.FORBIDDEN:
            raise
    return redirect(url_for("office.fees", did="paid"), 303)


def _standings(registry: RegistryHome) -> Mapping[str, MemberStanding] | None:
    """What the keyed function knows of the members; None while it is away."""
    try:
        return registry.members.standings()
    except Refused as refused:
        if refused.code is not Refusal.UNAVAILABLE:
            raise
        return None


def _is_shared(lead: str, groups: Mapping[str, str]) -> bool:
    return sum(one == lead for one in groups.values()) > 1
