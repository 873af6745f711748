"""The review queue: the orders that wait for a person, and the decisions that can be made from the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.config import Language
from shopguard.guard.reviews import Review
from shopguard.guard.wording import in_language
from shopguard.model import Reason
from shopguard.web.app import Link, Section, service, viewed, viewer
from shopguard.web.console.desk import Desk, buyer_of, seen_ref
from shopguard.web.language import language, later
from shopguard.web.roles import Role, only

pages = Blueprint("queue", __name__, template_folder="templates", url_prefix="/console")


def queue_section(desk: Desk) -> Section:
    link = Link(later("Orders to check"), "queue.waiting", frozenset({Role.OPERATOR}), desk.reviews.count_waiting)
    return Section(pages, [link], [desk])


@dataclass(frozen=True, slots=True)
class Card:
    """One order on the page. ``buyer`` is empty once retention has erased it."""

    review: Review
    buyer: str
    payment: str
    total: Decimal | None
    currency: str
    reasons: Sequence[Reason]
    fields: Sequence[tuple[str, str]]


@pages.get("/")
@only(Role.OPERATOR)
def waiting() -> str:
    desk = service(Desk)
    cards = [_card(desk, review) for review in desk.reviews.waiting() if viewer().account.may_see(review.ref.shop)]
    viewed("queue")
    shops = [(desk.shops[name].settings, desk.states.get(name)) for name in desk.shops_seen()]
    total = desk.reviews.count_waiting()
    return render_template("console/queue.html", cards=cards, total=total, shops=shops, done=request.args)


@pages.post("/orders/<shop>/<order_id>/<decision>")
@only(Role.OPERATOR)
def decide(shop: str, order_id: str, decision: str) -> AnyResponse:
    ref, reviews = seen_ref(shop, order_id), service(Desk).reviews
    if reviews.get(ref) is None:
        abort(404)
    if decision == "release":
        made = reviews.release(ref, viewer().name)
    elif decision == "keep":
        made = reviews.keep(ref, viewer().name)
    else:
        abort(404)
    return redirect(url_for("queue.waiting", did=decision, order=order_id, held=int(made.releases_hold)), 303)


def _card(desk: Desk, review: Review) -> Card:
    order = desk.store.order(review.ref)
    latest = desk.store.latest(review.ref)
    verdict = latest.verdict if latest else None
    best = verdict.matches[0] if verdict and verdict.matches else None
    reader = Language(language())
    return Card(
        review=review,
        buyer=buyer_of(order),
        payment=order.payment.label or order.payment.kind.value if order else "",
        total=order.total if order else None,
        currency=order.currency if order else "",
        reasons=[in_language(said, reader) for said in verdict.reasons] if verdict else (),
        fields=[(e.field, e.relation.value) for e in best.comparison.evidence] if best else (),
    )
