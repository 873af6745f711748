"""The review queue: the orders that wait for a person, and the decisions that can be made from the list.

Everything is a page and a form; the script of the page sends the same forms and asks what changed meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from shopguard.guard.presence import Presence
from shopguard.guard.queue import Decided, Filter, Queue
from shopguard.guard.reviews import Decision, ReviewState
from shopguard.guard.undo import Undoing
from shopguard.model import OrderRef, VerdictKind
from shopguard.web.app import Link, Section, service, viewed, viewer
from shopguard.web.console.choice import Choice, key_of, ref_of
from shopguard.web.console.desk import Desk, seen_ref
from shopguard.web.console.order import context_of
from shopguard.web.console.order_parts import order_parts
from shopguard.web.console.waiting import Card, card_of, shown_names, start_of_day
from shopguard.web.console.words import words
from shopguard.web.language import later
from shopguard.web.roles import Role, only

PAGE = 50
_MOST_AT_ONCE = 500
_LONGEST_SOUGHT = 200

pages = Blueprint("queue", __name__, template_folder="templates", url_prefix="/console")


def queue_section(desk: Desk, queue: Queue, undoing: Undoing, presence: Presence) -> Section:
    def waiting_for_viewer() -> int:
        return queue.count(Filter(viewer().account.shops))

    link = Link(later("Orders to check"), "queue.waiting", frozenset({Role.OPERATOR}), waiting_for_viewer)
    return Section(pages, [link], [desk, queue, undoing, presence])


# --- looking ---


@pages.get("/")
@only(Role.OPERATOR)
def waiting() -> str:
    """A page of the queue, with the order that is open beside it."""
    choice = Choice.read(request.args)
    page = service(Queue).page(choice.filter(service(Desk).clock()), PAGE, choice.follows, choice.precedes)
    viewed("queue")
    around = {"earlier": choice.turned(page.before, "before"), "later": choice.turned(page.after, "after")}
    return _page(choice, [card_of(row) for row in page.rows], **around, did=_did(request.args))


@pages.post("/queue/search")
@only(Role.OPERATOR)
def search() -> str:
    """Orders that wait and have a text in them; posted, as a name must not stand in an address."""
    choice = replace(Choice.of_query(request.form.get("back", "")), after="", before="", open="")
    sought = request.form.get("sought", "").strip()[:_LONGEST_SOUGHT]
    found = service(Queue).search(choice.filter(service(Desk).clock()), sought, PAGE)
    viewed("queue", detail="search")
    return _page(choice, [card_of(row) for row in found], sought=sought)


@pages.get("/queue/order")
@only(Role.OPERATOR)
def order() -> str:
    """What stands beside the list for one order."""
    opened = _opened(_asked_for())
    if not opened:
        abort(404)
    choice = Choice.of_query(request.args.get("back", ""))
    return render_template("console/queue_order.html", choice=choice, **opened)


def _page(choice: Choice, cards: Sequence[Card], **more: Any) -> str:
    desk, queue = service(Desk), service(Queue)
    now, shops, seen = desk.clock(), viewer().account.shops, desk.shops_seen()
    counts = queue.counts(shops)
    total = sum(counts.values())
    return render_template(
        "console/queue.html",
        choice=choice,
        cards=cards,
        **_opened(choice.opened),
        elsewhere={key_of(ref): names for ref, names in service(Presence).others(viewer().account.id).items()},
        total=total,
        matching=queue.count(choice.filter(now)) if choice.is_filtered else total,
        by_shop={name: sum(n for (shop, _), n in counts.items() if shop == name) for name in seen},
        by_verdict={kind.value: sum(n for (_, it), n in counts.items() if it is kind) for kind in VerdictKind},
        words=words(),
        today=queue.judged_since(shops, start_of_day(now)) if total == 0 else None,
        **more,
    )


def _opened(ref: OrderRef | None) -> Mapping[str, Any]:
    """What is shown of the order beside the list; others see from now on that the viewer has it open."""
    parts = order_parts(ref) if ref else None
    if parts is None:
        return {}
    viewed("order", parts.ref)
    service(Presence).look_at(parts.ref, viewer().account.id)
    return context_of(parts)


# --- deciding ---


@pages.post("/orders/<shop>/<order_id>/<decision>")
@only(Role.OPERATOR)
def decide(shop: str, order_id: str, decision: str) -> AnyResponse:
    """Release or keep one order. ``looked_at``, where the form has it, is the generation that the viewer saw."""
    ref = seen_ref(shop, order_id)
    looked_at = request.form.get("looked_at", type=int)
    if decision not in _DECISIONS or service(Desk).reviews.get(ref) is None:
        abort(404)
    return _answer(decision, [_decide(ref, decision, looked_at)], ref)


@pages.post("/queue/decide")
@only(Role.OPERATOR)
def decide_picked() -> AnyResponse:
    """Release or keep all orders that are ticked."""
    decision, clock = request.form.get("decision", ""), service(Desk).clock
    if decision not in _DECISIONS:
        abort(400)
    since = clock()
    outcomes = [_decide(ref, decision, looked_at) for ref, looked_at in _picked(request.form)]
    return _answer(decision, outcomes, since=repr(since), until=repr(clock()))


@pages.post("/queue/undo")
@only(Role.OPERATOR)
def undo() -> AnyResponse:
    """Take decisions back that the viewer has just made: those that are named, or all of a span of moments."""
    undoing, actor = service(Undoing), viewer().name
    refs = [*(ref for ref, _ in _picked(request.form)), *_decided_together(request.form)]
    outcomes = [(ref, undoing.undo(ref, actor)) for ref in refs]
    return _answer("undo", outcomes, refs[0] if len(refs) == 1 else None)


_DECISIONS = {"release": ReviewState.RELEASED, "keep": ReviewState.KEPT}


def _decide(ref: OrderRef, decision: str, looked_at: int | None) -> tuple[OrderRef, bool]:
    reviews, actor = service(Desk).reviews, viewer().name
    act = reviews.release if decision == "release" else reviews.keep
    made: Decision = act(ref, actor, looked_at=looked_at)
    repeated = made.overtaken and made.state is _DECISIONS[decision] and _is_mine(ref)
    return ref, repeated or not made.overtaken


def _is_mine(ref: OrderRef) -> bool:
    """Whether the viewer made the decision that stands: a button pressed twice is no conflict."""
    now = service(Queue).decided(ref)
    return now is not None and now.by == viewer().name


def _picked(form: MultiDict[str, str]) -> Iterable[tuple[OrderRef, int | None]]:
    """The orders in a form that the viewer may see, with the generation that they saw."""
    for text in form.getlist("picked")[:_MOST_AT_ONCE]:
        generation, _, key = text.partition(":")
        ref = ref_of(key)
        if ref and viewer().account.may_see(ref.shop):
            yield ref, int(generation) if generation.isdecimal() else None


def _decided_together(said: MultiDict[str, str]) -> Sequence[OrderRef]:
    """What the viewer decided in the span of moments that a form or an address names: many are too many to name."""
    since, until = said.get("since", type=float), said.get("until", type=float)
    if since is None or until is None:
        return ()
    return [
        ref for ref in service(Queue).decided_by(viewer().name, since, until) if viewer().account.may_see(ref.shop)
    ]


def _answer(
    what: str, outcomes: Sequence[tuple[OrderRef, bool]], ref: OrderRef | None = None, **span: str
) -> AnyResponse:
    """Tell the script what came of it, or lead back to the list with the next order open."""
    if request.accept_mimetypes.best == "application/json":
        told = [{"key": key_of(one), "done": done, **_standing(one)} for one, done in outcomes]
        return jsonify(outcomes=told)
    choice = Choice.of_query(request.form.get("back", ""))
    done = sum(done for _, done in outcomes)
    if ref is None:
        back = replace(choice, open="").address(did=what, n=str(done), missed=str(len(outcomes) - done), **span)
    else:
        opened = key_of(ref) if what == "undo" or not done else _next(choice, ref) if choice.open else ""
        back = replace(choice, open=opened).address(did=what if done else f"not-{what}", of=key_of(ref))
    return redirect(back, 303)


def _next(choice: Choice, ref: OrderRef) -> str:
    queue = service(Queue)
    row = queue.one(ref)
    following = queue.next_after(choice.filter(service(Desk).clock()), row.place) if row else None
    return key_of(following) if following else ""


def _did(said: MultiDict[str, str]) -> dict[str, Any] | None:
    """What the address says was done, as far as it is so."""
    what, ref = said.get("did", ""), ref_of(said.get("of", ""))
    if ref is None and what in (*_DECISIONS, "undo"):
        span = {name: said.get(name, type=float) for name in ("since", "until")} if _decided_together(said) else None
        return {
            "what": what,
            "n": said.get("n", 0, type=int),
            "missed": said.get("missed", 0, type=int),
            "span": span,
        }
    if ref is None or not viewer().account.may_see(ref.shop) or (row := service(Queue).one(ref)) is None:
        return None
    return {"what": what, "key": key_of(ref), "number": row.review.number, **_standing(ref)}


# --- what changed meanwhile ---


@pages.get("/queue/news")
@only(Role.OPERATOR)
def news() -> AnyResponse:
    """What changed since the list was shown, for its script: names nobody but those who work here.

    What was ``decided`` may be asked for from earlier on: until the shop has confirmed it, a newer list waits for it.
    """
    choice, queue, desk = Choice.read(request.args), service(Queue), service(Desk)
    since = request.args.get("since", desk.clock(), type=float)
    decided = request.args.get("decided", since, type=float)
    if choice.opened:
        service(Presence).look_at(choice.opened, viewer().account.id)
    wanted, names = choice.filter(desk.clock()), shown_names()
    answer = jsonify(
        count=queue.count(wanted),
        new=queue.opened_since(wanted, since),
        decided={key_of(one.ref): _told(one, names) for one in queue.decided_since(wanted.shops, decided)},
        open={key_of(ref): names for ref, names in service(Presence).others(viewer().account.id).items()},
    )
    answer.add_etag()
    return answer.make_conditional(request)


def _standing(ref: OrderRef) -> dict[str, Any]:
    now = service(Queue).decided(ref)
    return {"state": "open"} if now is None else _told(now, shown_names())


def _told(now: Decided, names: dict[str, str]) -> dict[str, Any]:
    mine = now.by == viewer().name
    return {
        "state": now.state.value,
        "by": names.get(now.by, now.by),
        "mine": mine,
        "at": now.at,
        "effect": now.effect,
        "error": now.error,
    }


def _asked_for() -> OrderRef | None:
    ref = ref_of(request.args.get("of", ""))
    return ref if ref and viewer().account.may_see(ref.shop) else None
