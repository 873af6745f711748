"""Entries and their life: where each stands, what it rests on, which clocks run, and what the office may do."""

from collections.abc import Callable, Mapping

from flask import redirect, render_template, request, url_for

from shopguard.registry.case_names import entry_named
from shopguard.registry.disputes.words import DEADLINES
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.entries.rules import counting, entry_of
from shopguard.registry.home import RegistryHome
from shopguard.registry.office.cases import Cases
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import of_two
from shopguard.web.language import gettext as _
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
)
from shopguard.web.office.facts import party_facts
from shopguard.web.office.letters import letters_about
from shopguard.web.office.paging import asked

_PAGE = 50
_STATES = [state for state in LifeState if state is not LifeState.ERASED]


@pages.get("/entries")
@seen_by_office
def entries() -> Answer:
    registry, named = home(), request.args.get("find", "").strip()
    if named and registry.entries.find(named) is not None:
        return redirect(url_for("office.entry", reference=named))
    said, after = request.args.get("state", ""), asked("after")
    state = LifeState(said) if said in set(_STATES) else LifeState.ACTIVE
    found = registry.entries.in_state(state, after, _PAGE)
    viewed("entries")
    following = url_for("office.entries", state=state.value, after=found[-1].number) if len(found) == _PAGE else None
    return render_template(
        "office/entries.html",
        state=state,
        states=_STATES,
        lives=[(life, entry_of(life, registry.persons.files.today, registry.entries.periods)) for life in found],
        before=url_for("office.entries", state=state.value) if after else None,
        after=following,
        endings=registry.entries.endings(),
        named=named,
    )


@pages.get("/entries/<path:reference>")
@seen_by_office
def entry(reference: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry = home()
    number = entry_named(registry, reference)
    subject = Subject.of(SubjectKind.ENTRY, number)
    lives = registry.entries.of_numbers([number])
    viewed("entry", detail=reference)
    more = _life_of(registry, lives[0]) if lives else {"life": None}
    return render_template(
        "office/entry.html",
        reference=reference,
        errors=errors,
        deadlines=[
            (timer, of_two(*DEADLINES.get(timer.what, (timer.what, timer.what))))
            for timer in sorted(registry.timers.of(subject).values(), key=lambda timer: timer.due_at)
        ],
        requests=registry.persons.files.requests.open_about(number),
        letters=letters_about(registry, subject),
        looks=registry.persons.looks_of(number),
        acts=registry.acts.trail(subject),
        **more,
    )


def _life_of(registry: RegistryHome, life: Life) -> Mapping[str, object]:
    today, periods = registry.persons.files.today, registry.entries.periods
    held = registry.persons.files.held(life)
    barred = registry.conflicts.barred(viewer().name)
    return {
        "life": life,
        "served": entry_of(life, today, periods),
        "counting": {source.report for source in counting(life, today, periods)},
        "reports": {report.number: report for report in held.reports},
        "parties": [party_facts(party) for party in held.parties],
        "is_barred": not barred.isdisjoint(life.members),
    }


_Decide = Callable[[RegistryHome, int, str], Life]


def _decided(reference: str, decide: _Decide) -> Answer:
    """Do what the office decides about an entry, in the viewer's name and for the reason typed in."""
    with settling() as registry:
        life = decide(registry, entry_named(registry, reference), typed("reason"))
    return redirect(url_for("office.entry", reference=life.reference, did="decided"), 303)


def _decision(decide: Callable[[Cases, int, str, str], Life]) -> None:
    """Let the office decide so about an entry, at an address of that name."""
    name = decide.__name__

    @pages.post(f"/entries/<path:reference>/{name}", endpoint=f"{name}_entry")
    @done_by_office
    @comes_back_to(entry)
    def decided(reference: str) -> Answer:
        return _decided(reference, lambda registry, number, why: decide(registry.cases, number, viewer().name, why))


for _one in (Cases.suspend, Cases.resume, Cases.extend, Cases.uphold):
    _decision(_one)


@pages.post("/entries/<path:reference>/overturn")
@done_by_office
@comes_back_to(entry)
def overturn_entry(reference: str) -> Answer:
    """Erase an entry, as its person is right; there is nothing to go back to."""
    with settling() as registry:
        registry.cases.overturn(entry_named(registry, reference), viewer().name, typed("reason"))
    return redirect(url_for("office.entries", did="erased"), 303)


@pages.post("/entries/<path:reference>/merge")
@done_by_office
@comes_back_to(entry)
def merge_entry(reference: str) -> Answer:
    """Let another entry go on in this one: both are about one person."""

    def decide(registry: RegistryHome, number: int, why: str) -> Life:
        return registry.cases.merge(number, entry_named(registry, typed("other")), viewer().name, why)

    return _decided(reference, decide)


@pages.post("/entries/<path:reference>/split")
@done_by_office
@comes_back_to(entry)
def split_entry(reference: str) -> Answer:
    """Take the reports that were ticked out into an entry of their own, and go there."""

    def decide(registry: RegistryHome, number: int, why: str) -> Life:
        chosen = request.form.getlist("report")
        if not chosen:
            raise Missing("report", _("Tick the reports that are about another person."))
        return registry.cases.split(number, chosen, viewer().name, why)

    return _decided(reference, decide)
