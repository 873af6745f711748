"""The console's routes: sign in by link, see what waits and why, release or keep."""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.config import Language
from shopguard.errors import StoreUnavailable
from shopguard.guard.reviews import Review, Reviews
from shopguard.guard.shops import Shops, ShopStates
from shopguard.guard.store import OrderStore
from shopguard.guard.wording import in_language
from shopguard.model import Order, OrderRef, Reason
from shopguard.web.console.links import SignInLinks
from shopguard.web.console.words import WORDS

_SESSION_LIFE_S = 12 * 3600
_ACTOR = "console"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    reviews: Reviews
    store: OrderStore
    shops: Shops
    states: ShopStates
    links: SignInLinks
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Card:
    """One order on the page. ``buyer`` is empty once retention has erased it."""

    review: Review
    buyer: str
    payment: str
    total: str
    reasons: Sequence[Reason]
    fields: Sequence[tuple[str, str]]
    received: str
    waited_min: int


console = Blueprint("console", __name__, template_folder="templates", static_folder="static", url_prefix="/console")


def build_console(desk: Desk, secret_key: bytes, *more: Blueprint) -> Flask:
    """Return the WSGI application; ``more`` are further routes at the same address."""
    app = Flask("console")
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="shopguard",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=_SESSION_LIFE_S,
        MAX_CONTENT_LENGTH=100_000,
    )
    app.extensions["desk"] = desk
    app.register_blueprint(console)
    for blueprint in more:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", lambda: redirect(url_for("console.waiting")))
    app.register_error_handler(StoreUnavailable, _not_now)
    app.after_request(_protect)
    return app


def _desk() -> Desk:
    desk: Desk = current_app.extensions["desk"]
    return desk


def _not_now(_error: StoreUnavailable) -> Response:
    return Response(f"{_words()['away']}\n", 503, {"Retry-After": "5"}, mimetype="text/plain")


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    if not request.path.startswith("/console/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


@console.before_request
def _only_signed_in() -> AnyResponse | None:
    if request.endpoint in ("console.sign_in", "console.static") or session.get("operator"):
        return None
    return redirect(url_for("console.sign_in"))


@console.get("/sign-in")
def sign_in() -> AnyResponse | tuple[str, int] | str:
    token = request.args.get("token")
    if token is None or request.method == "HEAD":  # a preview of the link must not use it up
        return render_template("sign_in.html", words=_words(), failed=False), 401
    if not _desk().links.redeem(token):
        return render_template("sign_in.html", words=_words(), failed=True), 403
    session.clear()
    session.permanent = True
    session["operator"] = True
    session["form_key"] = secrets.token_urlsafe(16)
    return redirect(url_for("console.waiting"))


@console.get("/")
def waiting() -> str:
    desk = _desk()
    cards = [_card(desk, review) for review in desk.reviews.waiting()]
    shops = [(shop.settings, desk.states.get(name)) for name, shop in desk.shops.items()]
    return render_template(
        "waiting.html",
        words=_words(),
        cards=cards,
        total=desk.reviews.count_waiting(),
        shops=shops,
        form_key=session["form_key"],
        done=request.args,
    )


@console.post("/orders/<shop>/<order_id>/<decision>")
def decide(shop: str, order_id: str, decision: str) -> AnyResponse:
    if not hmac.compare_digest(request.form.get("form_key", "").encode(), session["form_key"].encode()):
        abort(403)
    ref, reviews = OrderRef(shop, order_id), _desk().reviews
    if reviews.get(ref) is None:
        abort(404)
    if decision == "release":
        made = reviews.release(ref, _ACTOR)
    elif decision == "keep":
        made = reviews.keep(ref, _ACTOR)
    else:
        abort(404)
    return redirect(url_for("console.waiting", did=decision, order=order_id, held=int(made.releases_hold)), 303)


def _language() -> str:
    """The best that we have of what the browser asks for. ``best_match`` would not see that ``ja-JP`` is ``ja``."""
    asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((language for language in asked if language in WORDS), "ja")


def _words() -> Mapping[str, str]:
    return WORDS[_language()]


def _card(desk: Desk, review: Review) -> Card:
    order = desk.store.order(review.ref)
    latest = desk.store.latest(review.ref)
    verdict = latest.verdict if latest else None
    best = verdict.matches[0] if verdict and verdict.matches else None
    return Card(
        review=review,
        buyer=_buyer(order),
        payment=order.payment.label or order.payment.kind.value if order else "",
        total=f"{order.total:,} {order.currency}" if order else "",
        reasons=[in_language(said, Language(_language())) for said in verdict.reasons] if verdict else (),
        fields=[(e.field, e.relation.value) for e in best.comparison.evidence] if best else (),
        received=_local(desk, review),
        waited_min=int((desk.clock() - review.opened_at) // 60),
    )


def _buyer(order: Order | None) -> str:
    if order is None:
        return ""
    party = order.buyer
    return party.name or " ".join(part for part in (party.family, party.given) if part)


def _local(desk: Desk, review: Review) -> str:
    shop = desk.shops.get(review.ref.shop)
    zone = ZoneInfo(shop.settings.timezone if shop else "Asia/Tokyo")
    return datetime.fromtimestamp(review.opened_at, zone).strftime("%Y-%m-%d %H:%M")
