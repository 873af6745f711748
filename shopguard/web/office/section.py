"""The office's part of the pages: what stands in the menu, and every page of it."""

from shopguard.registry.home import RegistryHome
from shopguard.web.app import Link, Section, service
from shopguard.web.bilingual import of_two
from shopguard.web.language import later
from shopguard.web.office import (
    alarms,
    applications,
    audit,
    desk,
    disputes,
    entries,
    evidence,
    keys,
    letters,
    members,
    queue,
    report,
    requests,
    start,
    voices,
    words,
)
from shopguard.web.roles import Role

CASES = (start, queue, report, evidence, disputes, requests, letters, entries)
PARTS = (*CASES, members, keys, voices, applications, alarms, audit)
"""The modules that bring their routes with them."""

MENU = (
    (later("Deadlines"), "office.start"),
    (later("Reports"), "office.queue"),
    (later("Disputes"), "office.disputes"),
    (later("Requests"), "office.requests"),
    (later("Letters"), "office.letters"),
    (later("Entries"), "office.entries"),
    (later("Members"), "office.members"),
    (later("Applications"), "office.applications"),
    (later("Fees"), "office.fees"),
    (later("Alarms"), "office.alarms"),
    (later("Audit log"), "office.log"),
)


def office_section(home: RegistryHome, address: str | None) -> Section:
    """Return the pages of the office of this installation's own registry, which members ask at ``address``."""
    found = desk.OfficeDesk(home, address)
    link = Link(later("Office"), "office.start", frozenset({Role.OFFICE, Role.AUDITOR}), found.count_reports)
    return Section(desk.pages, [link], [found])


@desk.pages.context_processor
def _words() -> dict[str, object]:
    return {
        "menu": MENU,
        "word": words.word,
        "step": words.step,
        "who": words.who,
        "why": words.why,
        "until": words.until,
        "of_two": of_two,
        "may_act": desk.may_act(),
        "count_urgent": service(desk.OfficeDesk).count_urgent,
    }
