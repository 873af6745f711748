"""Shops that want to become members: what they state, whom they resemble, and whether they are taken in.

A shop states it over the command line of the office, or by letter: then the office types it in.
"""

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request, url_for

from shopguard.registry.members.applications import Applied, Stage, wrong_with
from shopguard.registry.members.model import USUAL_DAILY_ORDERS
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.members.stated import NEEDED
from shopguard.web.app import service, viewed, viewer
from shopguard.web.bilingual import in_one_language
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import (
    Answer,
    OfficeDesk,
    comes_back_to,
    done_by_office,
    home,
    is_whole,
    pages,
    seen_by_office,
    typed,
    why,
)
from shopguard.web.office.stating import LABELS, particulars_typed


@pages.get("/applications")
@seen_by_office
def applications() -> str:
    of_all = "all" in request.args
    found = home().applications.all(None if of_all else Stage.SUBMITTED)
    viewed("applications")
    return render_template("office/applications.html", applications=found, of_all=of_all)


@pages.get("/applications/new")
@done_by_office
def new_application(errors: Mapping[str, str] = {}) -> str:  # read only
    """Where an application is typed in that came by letter."""
    return render_template(
        "office/new_application.html",
        labels=LABELS,
        needed=NEEDED,
        said=request.form,
        usual_orders=USUAL_DAILY_ORDERS,
        errors=errors,
    )


@pages.post("/applications")
@done_by_office
def receive_application() -> Answer:
    orders = typed("daily_orders")
    daily = int(orders) if is_whole(orders) else 0
    applied = Applied(particulars_typed(), typed("key"), daily if orders else USUAL_DAILY_ORDERS)
    if wrong := wrong_with(applied):
        return new_application({name: in_one_language(said) for name, said in wrong.items()}), 422
    made = home().applications.apply(applied, viewer().name)
    return redirect(url_for("office.application", application_id=made.id, did="received"), 303)


@pages.get("/applications/<application_id>")
@seen_by_office
def application(application_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    found = registry.applications.show(application_id)
    viewed("application", detail=application_id)
    is_open = found.stage is Stage.SUBMITTED
    return render_template(
        "office/application.html",
        application=found,
        shop=_stated(found.applied.shop),
        like=registry.applications.like(application_id) if is_open else {},
        is_open=is_open,
        settings=service(OfficeDesk).settings_of(found.member) if found.member else "",
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
    home().applications.reject(application_id, why("why_not"), viewer().name)
    return redirect(url_for("office.applications", did="rejected"), 303)


def _stated(shop: Particulars) -> Sequence[tuple[str, str]]:
    """What a shop states, line by line. Personal data."""
    said = [(label, getattr(shop, field)) for field, label in LABELS.items()]
    lines = [(_(label), text) for label, text in said if isinstance(text, str) and text]
    licence = [(_("Needs a licence"), _("yes"))] if shop.needs_licence else []
    people = [(_("Owner and staff"), str(len(shop.people)))] if shop.people else []
    return [*lines, *licence, *people]
