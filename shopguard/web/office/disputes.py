"""The disputes that are open, each with its clocks: what its person says, and until when it is decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from shopguard.registry.disputes.model import Request
from shopguard.registry.entries.clocks import Clock
from shopguard.registry.entries.model import Life, LifeState
from shopguard.registry.home import RegistryHome
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.web.app import viewed
from shopguard.web.office.desk import home, pages, seen_by_office

_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Dispute:
    """An entry that its person contests. ``decide``, ``tell``: until when; None: that clock does not run."""

    life: Life
    requests: Sequence[Request]
    decide: Timer | None
    tell: Timer | None


@pages.get("/disputes")
@seen_by_office
def disputes() -> str:
    registry = home()
    found = [_dispute(registry, life) for life in _contested(registry)]
    viewed("disputes")
    found.sort(key=lambda one: _FOREVER if one.decide is None else one.decide.due_at)
    return render_template("office/disputes.html", disputes=found)


def _contested(registry: RegistryHome) -> Sequence[Life]:
    found: list[Life] = []
    while batch := registry.entries.in_state(LifeState.CONTESTED, found[-1].number if found else 0):
        found += batch
    return found


def _dispute(registry: RegistryHome, life: Life) -> Dispute:
    timers = registry.timers.of(Subject.of(SubjectKind.ENTRY, life.number))
    requests = registry.persons.files.requests.open_about(life.number)
    return Dispute(life, requests, timers.get(Clock.DECIDE.value), timers.get(Clock.TELL.value))
