"""What persons ask: whether it was shown who asks, what it is about, and the answers, each with its letter."""

from collections.abc import Callable, Mapping

from flask import redirect, render_template, request, url_for

from shopguard.registry.case_names import entry_named
from shopguard.registry.disputes.answering import Answers
from shopguard.registry.disputes.model import Contact, RequestKind, RequestState, Withheld
from shopguard.registry.disputes.protecting import USUAL_PARTS, Part
from shopguard.registry.disputes.store import subject_of
from shopguard.registry.entries.model import LifeState
from shopguard.registry.reports.wording import names
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import of_two
from shopguard.web.language import gettext as _
from shopguard.web.office.correcting import CORRECTABLE, change
from shopguard.web.office.desk import (
    Answer,
    Missing,
    comes_back_to,
    done_by_office,
    home,
    pages,
    seen_by_office,
    settling,
    typed,
    why,
)
from shopguard.web.office.facts import party_facts
from shopguard.web.office.letters import letters_about
from shopguard.web.office.paging import asked

_PAGE = 50


@pages.get("/requests")
@seen_by_office
def requests(number: int | None = None, errors: Mapping[str, str] = {}) -> str:  # read only
    """Show what persons ask, and whose name is protected; ``number``: of whom that was not ended."""
    registry = home()
    state = RequestState.ANSWERED if request.args.get("state") == RequestState.ANSWERED.value else RequestState.OPEN
    after = asked("after")
    found = registry.persons.files.requests.in_state(state, after, _PAGE)
    viewed("requests")
    following = url_for("office.requests", state=state.value, after=found[-1].number) if len(found) == _PAGE else None
    return render_template(
        "office/requests.html",
        state=state,
        requests=[(one, registry.persons.files.about(one)) for one in found],
        before=url_for("office.requests", state=state.value) if after else None,
        after=following,
        protected=registry.persons.protections.store.all(),
        number=number,
        errors=errors,
    )


@pages.get("/requests/new")
@done_by_office
def new_request(errors: Mapping[str, str] = {}) -> str:  # read only
    """Where a request is typed in that came by letter or by phone."""
    return render_template("office/new_request.html", errors=errors, kinds=list(RequestKind))


@pages.post("/requests")
@done_by_office
@comes_back_to(new_request, "text")
def receive_request() -> Answer:
    kind = typed("kind")
    if kind not in set(RequestKind):
        raise Missing("kind", _("Choose what the person asks for."))
    contact = Contact(typed("name"), typed("email"), typed("address"))
    made = home().persons.desk.open_request(RequestKind(kind), typed("text"), contact, typed("code") or None)
    return redirect(url_for("office.request_page", request_id=made.request, did="received"), 303)


@pages.get("/requests/<request_id>")
@seen_by_office
def request_page(request_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    found = registry.persons.answers.get(request_id)
    held, subject = registry.persons.files.about(found), subject_of(found)
    viewed("request", detail=request_id)
    barred = registry.conflicts.barred(viewer().name)
    return render_template(
        "office/request.html",
        asked=found,
        held=held,
        parties=[] if held is None else [party_facts(party) for party in held.parties],
        was_attached=registry.persons.answers.was_attached(found),
        is_dispute=held is not None and found.kind.unserves and held.life.state is LifeState.CONTESTED,
        is_barred=held is not None and not barred.isdisjoint(held.life.members),
        letters=letters_about(registry, subject),
        deadlines=registry.timers.of(subject),
        acts=registry.acts.trail(subject),
        withheld=list(Withheld),
        parts_of=list(Part),
        correctable=[(field, of_two(*names(field))) for field in CORRECTABLE],
        usual=USUAL_PARTS,
        errors=errors,
    )


def _answered(request_id: str, answer: Callable[[Answers], object], did: str = "answered") -> Answer:
    with settling() as registry:
        answer(registry.persons.answers)
    return redirect(url_for("office.request_page", request_id=request_id, did=did), 303)


@pages.post("/requests/<request_id>/attach")
@done_by_office
@comes_back_to(request_page, "entry")
def attach_request(request_id: str) -> Answer:
    """Say which entry a request is about that came without a code."""
    entry = entry_named(home(), typed("entry"))
    return _answered(request_id, lambda answers: answers.attach(request_id, entry, viewer().name), "attached")


@pages.post("/requests/<request_id>/detach")
@done_by_office
@comes_back_to(request_page, "detach_reason")
def detach_request(request_id: str) -> Answer:
    """Take back which entry a request is about: the office was wrong."""
    reason = why("detach_reason")
    return _answered(request_id, lambda answers: answers.detach(request_id, viewer().name, reason), "detached")


@pages.post("/requests/<request_id>/seen")
@done_by_office
@comes_back_to(request_page, "identity")
def seen_request(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.seen(request_id, viewer().name), "identified")


@pages.post("/requests/<request_id>/check-address")
@done_by_office
@comes_back_to(request_page, "identity")
def check_address(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.check_address(request_id, viewer().name), "letter")


@pages.post("/requests/<request_id>/uphold")
@done_by_office
@comes_back_to(request_page)
def uphold_request(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.uphold(request_id, viewer().name, typed("reason")))


@pages.post("/requests/<request_id>/overturn")
@done_by_office
@comes_back_to(request_page)
def overturn_request(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.overturn(request_id, viewer().name, typed("reason")))


@pages.post("/requests/<request_id>/correct")
@done_by_office
@comes_back_to(request_page)
def correct_request(request_id: str) -> Answer:
    """Put a fact of one report right, and let the entry go on with it."""
    report, field = typed("report"), typed("field")
    if field not in CORRECTABLE:
        raise Missing("field", _("Choose the report and the fact that is wrong."))
    changes = change(home().reports.get(report).report.content, field, typed("value"))
    return _answered(
        request_id, lambda answers: answers.correct(request_id, viewer().name, typed("reason"), report, changes)
    )


@pages.post("/requests/<request_id>/protect")
@done_by_office
@comes_back_to(request_page)
def protect_request(request_id: str) -> Answer:
    parts = [Part(part) for part in request.form.getlist("part") if part in set(Part)]
    return _answered(request_id, lambda answers: answers.protect(request_id, viewer().name, typed("reason"), parts))


@pages.post("/requests/<request_id>/extend")
@done_by_office
@comes_back_to(request_page)
def extend_request(request_id: str) -> Answer:
    do = lambda answers: answers.extend(request_id, viewer().name, typed("reason"))  # noqa: E731
    return _answered(request_id, do, "extended")


@pages.post("/requests/<request_id>/disclose")
@done_by_office
@comes_back_to(request_page, "withhold")
def disclose_request(request_id: str) -> Answer:
    named = typed("withhold")
    withheld = Withheld(named) if named in set(Withheld) else None
    return _answered(request_id, lambda answers: answers.disclose(request_id, viewer().name, withheld))


@pages.post("/requests/<request_id>/nothing")
@done_by_office
@comes_back_to(request_page, "identity")
def nothing_held(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.nothing_held(request_id, viewer().name))


@pages.post("/requests/<request_id>/not-shown")
@done_by_office
@comes_back_to(request_page, "identity")
def not_shown(request_id: str) -> Answer:
    return _answered(request_id, lambda answers: answers.not_shown(request_id, viewer().name))


@pages.post("/protected/<int(max=2147483647):number>/end")
@done_by_office
@comes_back_to(requests)
def unprotect(number: int) -> Answer:
    home().persons.protections.end(number, viewer().name, why())
    return redirect(url_for("office.requests", did="unprotected"), 303)
