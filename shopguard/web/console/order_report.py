"""Reporting the buyer of an order to the registry: the order fills the form in, the shop's own key signs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.model import Order, OrderRef
from shopguard.registry.client.receipts import Receipts
from shopguard.registry.client.reports import Declined, ReportClient
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.reports.files import MAX_ALL
from shopguard.registry.reports.reading import ContentInvalid, read_content
from shopguard.registry.reports.routes import FaultShape
from shopguard.registry.reports.wording import QUESTIONS, Fault
from shopguard.web.app import Section, service, viewed, viewer
from shopguard.web.bilingual import in_one_language, of_two
from shopguard.web.console import report_form
from shopguard.web.console.desk import Desk, seen_ref
from shopguard.web.console.report_form import Typed
from shopguard.web.language import gettext
from shopguard.web.roles import Role, only

_ROOM = 1_000_000  # bytes of the fields beside the files

pages = Blueprint("order_report", __name__, template_folder="templates", url_prefix="/console/orders")


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """``client`` asks the registry as this shop; ``receipts`` are kept where the command line keeps them."""

    client: Callable[[], ReportClient]
    receipts: Receipts


def order_report_section(desk: ReportDesk) -> Section:
    return Section(pages, services=[desk])


@pages.get("/<shop>/<order_id>/report")
@only(Role.MEMBER)
def begin(shop: str, order_id: str) -> str:
    """The form, filled in from the order."""
    order = _order(seen_ref(shop, order_id))
    viewed("order", order.ref, "report")
    return _form(order, report_form.from_order(order))


@pages.post("/<shop>/<order_id>/report")
@only(Role.MEMBER)
def file(shop: str, order_id: str) -> AnyResponse | tuple[str, int]:
    """File it, whole or not at all; what is wrong stands beside its field, and what was typed stays."""
    request.max_content_length = MAX_ALL + _ROOM
    order = _order(seen_ref(shop, order_id))
    typed = {**report_form.typed_in(request.form), "order_id": order.id}
    files, evidence = report_form.files_in(request.files)
    desk = service(ReportDesk)
    try:
        taken = desk.client().file(read_content(report_form.raw_report(typed, evidence)), files)
    except ContentInvalid as invalid:
        return _form(order, typed, _errors(invalid.faults), lost=bool(files)), 422
    except Declined as declined:
        errors = _errors(declined.faults) or {"form": in_one_language(str(declined))}
        return _form(order, typed, errors, lost=bool(files)), 422
    except NoAnswer as silence:
        said = gettext("The registry took nothing: %(cause)s. Please try again later.", cause=silence)
        return _form(order, typed, {"form": said}, lost=bool(files)), 503
    desk.receipts.keep(taken)
    service(Desk).reviews.note(viewer().name, "report", order.ref, taken.receipt.report)
    return redirect(url_for("order_report.filed", shop=shop, order_id=order_id, report=taken.receipt.report), 303)


@pages.get("/<shop>/<order_id>/reported/<report>")
@only(Role.MEMBER)
def filed(shop: str, order_id: str, report: str) -> str:
    """That it was filed; 404 without a receipt."""
    ref = seen_ref(shop, order_id)
    if not report.replace("-", "").isalnum() or not service(ReportDesk).receipts.has(report):
        abort(404)
    return render_template("console/order_reported.html", ref=ref, report=report)


def _order(ref: OrderRef) -> Order:
    order = service(Desk).store.order(ref)
    if order is None:
        abort(404)
    return order


def _form(order: Order, typed: Typed, errors: Mapping[str, str] | None = None, lost: bool = False) -> str:
    return render_template(
        "console/order_report.html",
        ref=order.ref,
        number=order.number or order.id,
        typed=typed,
        errors=errors or {},
        lost=lost,
        label=report_form.label,
        questions={name: of_two(*both) for name, both in QUESTIONS.items()},
        choices=report_form.choices(),
        reminders=range(report_form.REMINDERS),
        payments=range(report_form.PAYMENTS),
    )


def _errors(faults: Sequence[Fault | FaultShape]) -> Mapping[str, str]:
    """What is wrong, by the fields of the form; several faults of one field in one sentence after another."""
    errors: dict[str, Any] = {}
    for fault in faults:
        said = in_one_language(fault.sentence if isinstance(fault, FaultShape) else fault.text)
        field = report_form.field_of(fault.field) or "form"
        if said not in errors.get(field, ""):
            errors[field] = " ".join(filter(None, (errors.get(field), said)))
    return errors
