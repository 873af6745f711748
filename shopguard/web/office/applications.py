"""Shops that want to become members: what they state, whom they resemble, and whether they are taken in."""

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request, url_for

from shopguard.registry.members.applications import Stage
from shopguard.registry.members.enrolling import member_settings
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.refusals import Refusal, Refused
from shopguard.web.app import service, viewed, viewer
from shopguard.web.language import gettext as _
from shopguard.web.language import later
from shopguard.web.office.desk import (
    Answer,
    OfficeDesk,
    comes_back_to,
    done_by_office,
    home,
    pages,
    seen_by_office,
    typed,
)


@pages.get("/applications")
@seen_by_office
def applications() -> str:
    of_all = "all" in request.args
    found = home().applications.all(None if of_all else Stage.SUBMITTED)
    viewed("applications")
    return render_template("office/applications.html", applications=found, of_all=of_all)


@pages.get("/applications/<application_id>")
@seen_by_office
def application(application_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    found = registry.applications.show(application_id)
    viewed("application", detail=application_id)
    is_open = found.stage is Stage.SUBMITTED
    address, keys = service(OfficeDesk).address, registry.answer_keys.publics
    return render_template(
        "office/application.html",
        application=found,
        shop=_stated(found.applied.shop),
        like=registry.applications.like(application_id) if is_open else {},
        is_open=is_open,
        settings=member_settings(found.member, address, keys) if found.member else "",
        errors=errors,
    )


@pages.post("/applications/<application_id>/approve")
@done_by_office
@comes_back_to(application, "member")
def approve(application_id: str) -> Answer:
    registry = home()
    registry.applications.approve(application_id, typed("member"), viewer().name, typed("reason"))
    registry.fees.issue()
    return redirect(url_for("office.application", application_id=application_id, did="approved"), 303)


@pages.post("/applications/<application_id>/reject")
@done_by_office
@comes_back_to(application)
def reject_application(application_id: str) -> Answer:
    if not typed("reason"):
        raise Refused(Refusal.RULES, _("Say why; it is kept."))
    home().applications.reject(application_id, typed("reason"), viewer().name)
    return redirect(url_for("office.applications", did="rejected"), 303)


def _stated(shop: Particulars) -> Sequence[tuple[str, str]]:
    """What a shop states, line by line. Personal data."""
    said = [(label, getattr(shop, field)) for field, label in _FIELDS.items()]
    lines = [(_(label), text) for label, text in said if isinstance(text, str) and text]
    licence = [(_("Needs a licence"), _("yes"))] if shop.needs_licence else []
    people = [(_("Owner and staff"), str(len(shop.people)))] if shop.people else []
    return [*lines, *licence, *people]


_FIELDS = {
    "legal_name": later("Legal name"),
    "representative": later("Representative"),
    "corporate_number": later("Corporate number"),
    "postal_code": later("Postal code"),
    "address": later("Address"),
    "phone": later("Phone"),
    "mail": later("Mail"),
    "site": later("Web site"),
    "sign_in": later("Signs in as"),
    "bank_account": later("Bank account"),
    "licence": later("Licence"),
}
