"""One report: what the shop says and shows, who resembles its buyer, who has had it in hand, and the decision."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from flask import abort, redirect, render_template, request, url_for

from shopguard.registry.acts import Logged
from shopguard.registry.case_names import entry_named
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import LeafKind
from shopguard.registry.office.service import Case
from shopguard.registry.office.similar import Similar
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.wording import QUESTIONS
from shopguard.registry.subjects import SubjectKind
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import of_two
from shopguard.web.language import gettext as _
from shopguard.web.language import language
from shopguard.web.office.desk import (
    Answer,
    comes_back_to,
    done_by_office,
    home,
    pages,
    seen_by_office,
    settling,
    typed,
)
from shopguard.web.office.evidence import is_picture, is_read, is_shown
from shopguard.web.office.facts import beside, order_facts, party_facts

_DECIDED = {
    "accept": LeafKind.REPORT_CHECKED,
    "return": LeafKind.REPORT_RETURNED,
    "reject": LeafKind.REPORT_REJECTED,
}


@pages.get("/reports/<report_id>")
@seen_by_office
def report(report_id: str, errors: Mapping[str, str] = {}) -> str:  # read only
    registry, by = home(), viewer().name
    case = registry.moderation.show(report_id, by)
    viewed("report", detail=report_id)
    is_barred = case.report.member in registry.conflicts.barred(by)
    waiting = case.waiting
    return render_template(
        "office/report.html",
        case=case,
        errors=errors,
        party=party_facts(case.report.content.party),
        order=order_facts(case.report.content),
        questions=_questions(case),
        pictures=[file for file in case.files if is_picture(file)],
        is_shown=is_shown,
        is_read=is_read,
        similar=[(one, one.explanation[language().value]) for one in case.similar],
        entries=[one for one in case.similar if one.subject.kind is SubjectKind.ENTRY],
        decision=_decision(case.acts) if waiting is None else None,
        entry=_entry_of(registry, case.report),
        is_barred=is_barred,
        has_accepted=waiting is not None and by in waiting.checked_by,
        is_mine=waiting is not None and waiting.held_by == by,
        seen=repr(case.report.changed_at),
    )


@pages.get("/reports/<report_id>/beside/<other>")
@seen_by_office
def beside_report(report_id: str, other: str) -> str:
    """Show a report beside one that it resembles, or beside all that an entry rests on."""
    registry = home()
    case = registry.moderation.show(report_id, viewer().name)
    similar = next((one for one in case.similar if one.name == other), None)
    if similar is None:
        abort(404)
    compared = [case.report, *_reports_of(registry, similar)]
    viewed("report", detail=report_id)
    viewed("report", detail=other)
    return render_template(
        "office/beside.html",
        report=case.report,
        other=other,
        heads=[one.id for one in compared],
        members=[one.member for one in compared],
        lines=beside(*([*party_facts(one.content.party), *order_facts(one.content)] for one in compared)),
        explanation=similar.explanation[language().value],
    )


@pages.post("/reports/<report_id>/take")
@done_by_office
@comes_back_to(report)
def take(report_id: str) -> Answer:
    home().moderation.take(report_id, viewer().name)
    return _back(report_id)


@pages.post("/reports/<report_id>/put-back")
@done_by_office
@comes_back_to(report)
def put_back(report_id: str) -> Answer:
    home().moderation.put_back(report_id, viewer().name)
    return redirect(url_for("office.queue"), 303)


@pages.post("/reports/<report_id>/accept")
@done_by_office
@comes_back_to(report)
def accept(report_id: str) -> Answer:
    """Accept a report: for an entry of its own, or for one that is there."""
    with _deciding("accept", report_id) as registry:
        into = typed("into")
        number = entry_named(registry, into) if into else None
        registry.moderation.accept(report_id, viewer().name, typed("reason"), number, "hold" in request.form)
    return _back(report_id, "accept")


@pages.post("/reports/<report_id>/return")
@done_by_office
@comes_back_to(report)
def send_back(report_id: str) -> Answer:
    with _deciding("return", report_id) as registry:
        registry.moderation.send_back(report_id, viewer().name, typed("reason"))
    return _back(report_id, "return")


@pages.post("/reports/<report_id>/reject")
@done_by_office
@comes_back_to(report)
def reject(report_id: str) -> Answer:
    with _deciding("reject", report_id) as registry:
        registry.moderation.reject(report_id, viewer().name, typed("reason"))
    return _back(report_id, "reject")


def _back(report_id: str, did: str | None = None) -> Answer:
    return redirect(url_for("office.report", report_id=report_id, did=did), 303)


@contextmanager
def _deciding(decision: str, report_id: str) -> Iterator[RegistryHome]:
    """For a decision on the report that the viewer saw; pressed twice, it is made once and is no refusal."""
    with settling() as registry:
        try:
            _check_as_seen(registry, report_id)
            yield registry
        except Refused as refused:
            made = _decision(registry.moderation.show(report_id, viewer().name).acts)
            same = made is not None and made.act.kind is _DECIDED[decision] and made.act.by == viewer().name
            if refused.code is not Refusal.STATE or not same:
                raise


def _check_as_seen(registry: RegistryHome, report_id: str) -> None:
    """Raise ``Refused`` if the shop has changed a report that waits since the viewer's page was made."""
    now = registry.reports.get(report_id).report
    if now.state is ReportState.SUBMITTED and typed("seen") not in ("", repr(now.changed_at)):
        said = _("The shop has changed this report since you opened it. Here is what it says now; please look again.")
        raise Refused(Refusal.STATE, said)


def _decision(acts: Sequence[Logged]) -> Logged | None:
    """The last decision of the office about a report."""
    return next((one for one in reversed(acts) if one.act.kind in _DECIDED.values()), None)


def _questions(case: Case) -> Sequence[tuple[str, str, Sequence[str]]]:
    """The four questions, what was answered, and the names of the files that show it."""
    answers = case.report.content.answers
    said = [(name, of_two(*texts)) for name, texts in QUESTIONS.items()]
    return [(text, getattr(answers, name), answers.evidence.get(name, ())) for name, text in said]


def _entry_of(registry: RegistryHome, report: Report) -> str | None:
    """What the entry is called that a report is part of; None: of none, or of one that is erased."""
    lives = [] if report.entry is None else registry.entries.of_numbers([report.entry])
    return next((life.reference for life in lives), None)


def _reports_of(registry: RegistryHome, similar: Similar) -> Sequence[Report]:
    if similar.subject.kind is SubjectKind.REPORT:
        return [registry.reports.get(similar.name).report]
    lives = registry.entries.of_numbers([similar.subject.number])
    return [report for life in lives for report in registry.persons.files.held(life).reports]
