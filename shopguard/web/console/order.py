"""The page of one order: what matched and why, what was done with it, and what a person can do now."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shopguard.guard.notes import LONGEST
from shopguard.guard.pairs import pairs_of, told_apart
from shopguard.guard.presence import Presence
from shopguard.guard.reviews import Decision, ReviewState
from shopguard.model import OrderRef
from shopguard.web.app import Section, service, viewed, viewer
from shopguard.web.console.choice import Choice, key_of
from shopguard.web.console.desk import Desk, seen_ref
from shopguard.web.console.order_parts import OrderFile, OrderParts, Standing, order_parts, standing_of
from shopguard.web.console.order_words import action_words, cancel_words, prepayment_letters
from shopguard.web.language import gettext, later
from shopguard.web.roles import Role, only

pages = Blueprint("order", __name__, template_folder="templates", url_prefix="/console/orders")


def order_section(file: OrderFile) -> Section:
    return Section(pages, services=[file])


# --- looking ---


@pages.get("/<shop>/<order_id>")
@only(Role.OPERATOR)
def show(shop: str, order_id: str) -> str:
    """Everything of one order."""
    ref = seen_ref(shop, order_id)
    return _page(_parts(ref), said=_DID.get(request.args.get("did", "")))


@pages.get("/<shop>/<order_id>/state")
@only(Role.OPERATOR)
def state(shop: str, order_id: str) -> AnyResponse:
    """How the order stands now, for the page's script: shown in place of what stands there."""
    ref = seen_ref(shop, order_id)
    standing = standing_of(ref)
    if standing.review is None and not standing.effects:
        abort(404)
    service(Presence).look_at(ref, viewer().account.id)
    looked_at = request.args.get("looked_at", type=int)
    answer = make_response(render_template("console/_order_state.html", **_state(standing, looked_at)))
    answer.add_etag()
    return answer.make_conditional(request)


def _parts(ref: OrderRef) -> OrderParts:
    parts = order_parts(ref)
    if parts is None:
        abort(404)
    viewed("order", ref)
    service(Presence).look_at(ref, viewer().account.id)
    return parts


def _page(parts: OrderParts, **more: Any) -> str:
    others = service(Presence).others(viewer().account.id).get(parts.ref, ())
    return render_template("console/order.html", others=others, **context_of(parts), **more)


def context_of(parts: OrderParts) -> Mapping[str, Any]:
    """Return what ``console/_order.html`` needs beside ``form_key`` and ``now``."""
    guarded = service(Desk).shops.get(parts.ref.shop)
    spoken = guarded.settings.language if guarded else None
    letters = prepayment_letters(parts.order, parts.ref.shop, service(OrderFile).contest) if parts.order else ()
    return {
        "parts_of": parts,
        "letters": letters,
        "cancel_by_hand": cancel_words(parts.number, spoken) if spoken else "",
        "may_report": viewer().has(Role.MEMBER),
        **_state(parts.standing, parts.standing.review.generation if parts.standing.review else None),
    }


def _state(standing: Standing, looked_at: int | None) -> Mapping[str, Any]:
    return {"standing": standing, "action_words": action_words, "looked_at": looked_at}


# --- deciding ---


@pages.post("/<shop>/<order_id>/do/<what>")
@only(Role.OPERATOR)
def decide(shop: str, order_id: str, what: str) -> AnyResponse | str | tuple[str, int]:
    """Release, keep or cancel; or say that it is another person."""
    ref = seen_ref(shop, order_id)
    if what not in _DECISIONS or service(Desk).reviews.get(ref) is None:
        abort(404)
    made = _apart(ref) if what == "apart" else _decided(ref, what)
    if made is None:
        return _done(ref, "apart")
    wanted, now = _DECISIONS[what], service(Desk).reviews.get(ref)
    mine = now is not None and now.state is wanted and now.decided_by == viewer().name
    return _done(ref, what, done=not made.overtaken or mine)


_DECISIONS = {
    "release": ReviewState.RELEASED,
    "keep": ReviewState.KEPT,
    "apart": ReviewState.RELEASED,
    "cancel": ReviewState.CANCELLED,
}


def _decided(ref: OrderRef, what: str) -> Decision:
    reviews, actor, looked_at = service(Desk).reviews, viewer().name, request.form.get("looked_at", type=int)
    if what == "cancel":
        return service(OrderFile).cancelling.cancel(ref, actor, looked_at)
    act = reviews.release if what == "release" else reviews.keep
    return act(ref, actor, looked_at=looked_at)


def _apart(ref: OrderRef) -> Decision | None:
    """Remember that the entries that are ticked are of other people, and release where nothing else is left."""
    desk, actor = service(Desk), viewer().name
    order, screening = desk.store.order(ref), desk.store.latest(ref)
    if order is None or screening is None or screening.verdict is None:
        return Decision(ref, ReviewState.CLOSED, changed=False, overtaken=True)
    matched = {match.entry for match in screening.verdict.matches}
    told = matched & set(request.form.getlist("entry"))
    if not told:
        abort(400)
    vault = service(OrderFile).vault
    pairs = [pair for entry in sorted(told) for pair in pairs_of(order, screening.verdict, vault, entry)]
    if matched - told - told_apart(order, screening.verdict, vault, service(OrderFile).pairs):
        desk.reviews.tell_apart(ref, actor, pairs)
        return None
    return desk.reviews.release(ref, actor, pairs, request.form.get("looked_at", type=int))


@pages.post("/<shop>/<order_id>/prepayment")
@only(Role.OPERATOR)
def prepayment(shop: str, order_id: str) -> AnyResponse:
    """Write down that the buyer was asked to pay first; the order goes on waiting for the money."""
    ref = seen_ref(shop, order_id)
    if service(Desk).reviews.get(ref) is None:
        abort(404)
    made = service(OrderFile).prepaying.asked(ref, viewer().name, request.form.get("looked_at", type=int))
    return _done(ref, "prepayment", done=not made.overtaken)


@pages.post("/<shop>/<order_id>/note")
@only(Role.OPERATOR)
def note(shop: str, order_id: str) -> AnyResponse | tuple[str, int]:
    """Keep what somebody wrote about the order."""
    ref = seen_ref(shop, order_id)
    if service(Desk).store.order(ref) is None:
        abort(404)  # of an order whose people were erased nothing new is written
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    wrong = gettext("Please write something.") if not text else ""
    if len(text) > LONGEST:
        wrong = gettext("A note has %(most)s characters at most; this one has %(n)s.", most=LONGEST, n=len(text))
    if wrong:
        return _page(_parts(ref), errors={"text": wrong}, typed=text), 422
    service(OrderFile).notes.add(ref, viewer().name, text)
    return _done(ref, "note")


@pages.post("/<shop>/<order_id>/retry")
@only(Role.OPERATOR)
def retry(shop: str, order_id: str) -> AnyResponse:
    """Have what the platform did not take tried again."""
    ref = seen_ref(shop, order_id)
    file, desk = service(OrderFile), service(Desk)
    failed = [effect.id for effect in file.effects.of_order(ref) if effect.id == request.form.get("effect", type=int)]
    done = file.effects.try_again(failed, desk.clock())
    if done:
        desk.reviews.note(viewer().name, "retry", ref, "")
    return _done(ref, "retry", done=bool(done))


_DID = {
    "release": later("Released. The shop is being told."),
    "keep": later("Left as it is."),
    "apart": later("Remembered: this buyer is another person. The same pair is never asked about again."),
    "cancel": later("Cancelled here. The shop is being told."),
    "prepayment": later("Written down. The order goes on waiting for the money."),
    "note": later("The note is kept."),
    "retry": later("It is tried again."),
    "not-done": later("Nothing was changed: the order was decided or changed meanwhile. See below how it stands."),
}


def _done(ref: OrderRef, what: str, done: bool = True) -> AnyResponse:
    """Tell the script what came of it, or lead back to where the form stood."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(outcomes=[{"key": key_of(ref), "done": done, "what": what, **_told(standing_of(ref))}])
    if (back := request.form.get("back")) is not None:
        choice = Choice.of_query(back)
        return redirect(choice.address(open=key_of(ref)), 303)
    did = what if done else "not-done"
    return redirect(url_for("order.show", shop=ref.shop, order_id=ref.order_id, did=did), 303)


def _told(standing: Standing) -> Mapping[str, Any]:
    review, last = standing.review, standing.effects[-1] if standing.effects else None
    return {
        "state": review.state.value if review else "closed",
        "by": standing.by,
        "mine": review is not None and review.decided_by == viewer().name,
        "at": review.decided_at if review else None,
        "effect": last.state if last else None,
        "error": last.last_error if last else None,
    }
