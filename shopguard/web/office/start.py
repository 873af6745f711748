"""The first page of the office: every deadline, the nearest first, what somebody was warned of, and what waits."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, render_template, url_for

from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.case_names import names_of
from shopguard.registry.disputes.model import RequestState
from shopguard.registry.disputes.outbox import OFFICE, PERSON, Message, Way
from shopguard.registry.disputes.words import DEADLINES, NEEDS_OFFICE
from shopguard.registry.entries.model import LifeState
from shopguard.registry.home import RegistryHome
from shopguard.registry.refusals import Refused
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.web.app import viewed, viewer
from shopguard.web.bilingual import in_one_language, of_two
from shopguard.web.office.desk import SOON_S, Answer, done_by_office, home, pages, seen_by_office

AHEAD_DAYS = 14
"""How far ahead deadlines are shown."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline. ``address`` None: what it is about has no page; ``is_soon``: in less than three days."""

    at: float
    what: str
    name: str
    address: str | None
    is_soon: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that nobody has put away yet."""

    number: int
    at: float
    text: str
    name: str
    address: str | None


@pages.get("/")
@seen_by_office
def start() -> str:
    registry = home()
    now = registry.clock().timestamp()
    timers = registry.timers.upcoming(end_of(day_of(now) + timedelta(days=AHEAD_DAYS)))
    warnings = registry.persons.files.outbox.waiting(OFFICE)
    names = names_of(registry, {*(timer.subject for timer in timers), *(warning.subject for warning in warnings)})
    viewed("deadlines")
    return render_template(
        "office/start.html",
        ours=[_due(timer, names, now) for timer in timers if timer.what in NEEDS_OFFICE],
        others=[_due(timer, names, now) for timer in timers if timer.what not in NEEDS_OFFICE],
        warnings=[_warned(warning, names) for warning in warnings],
        waiting=_waiting(registry),
    )


@pages.post("/warnings/<int(max=2147483647):number>/read")
@done_by_office
def read_warning(number: int) -> Answer:
    """Put a warning away. One that somebody else has put away is away."""
    registry, by = home(), viewer().name
    with suppress(Refused):
        registry.persons.mailroom.sent(number, by, Way.API, by)
    return redirect(url_for("office.start"), 303)


def _due(timer: Timer, names: Mapping[Subject, str], now: float) -> Due:
    what, name = of_two(*DEADLINES.get(timer.what, (timer.what, timer.what))), names[timer.subject]
    left = timer.due_at - now
    return Due(timer.due_at, what, name, address_of(timer.subject, name), left < SOON_S, left < 0)


def _warned(warning: Message, names: Mapping[Subject, str]) -> Warned:
    letter, name = warning.letter, names[warning.subject]
    text = "" if letter is None else _facts(of_two(letter.ja.body, letter.en.body))
    return Warned(warning.number, warning.drafted_at, text, name, address_of(warning.subject, name))


def _facts(body: str) -> str:
    """What a warning says, without the head and the foot of a letter, and without the subject, which is linked."""
    facts = [line.strip().partition(": ") for line in body.splitlines() if line.startswith("  ")][1:]
    return "\n".join(f"{name}: {in_one_language(value)}" for name, _colon, value in facts)


def address_of(subject: Subject, name: str) -> str | None:
    """Return where there is more about a record; None: nowhere, or it is erased."""
    if subject.kind is SubjectKind.MEMBER:
        return url_for("office.member", member_id=subject.key)
    if name == str(subject):
        return None
    match subject.kind:
        case SubjectKind.APPLICATION:
            return url_for("office.application", application_id=name)
        case SubjectKind.REPORT:
            return url_for("office.report", report_id=name)
        case SubjectKind.ENTRY:
            return url_for("office.entry", reference=name)
        case SubjectKind.REQUEST:
            return url_for("office.request_page", request_id=name)
        case _:
            return None


def _waiting(registry: RegistryHome) -> Mapping[str, int]:
    """How much waits elsewhere, by the endpoint of its page."""
    requests = registry.persons.files.requests.in_state(RequestState.OPEN)
    outbox = registry.persons.files.outbox
    return {
        "office.queue": registry.moderation.count(),
        "office.disputes": len(registry.entries.in_state(LifeState.CONTESTED)),
        "office.requests": len(requests),
        "office.letters": len(outbox.waiting(PERSON)) + len(outbox.waiting("member:")),
        "office.applications": len(registry.applications.all()),
        "office.alarms": len(registry.monitoring.open()),
    }
