"""The office took a request to be about the wrong entry: it takes that back, and nothing of the mistake stays."""

from datetime import timedelta

import pytest

from shopguard.model import Party
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Fact, Proof, RequestKind
from shopguard.registry.disputes.outbox import Way
from shopguard.registry.disputes.store import subject_of
from shopguard.registry.entries.model import LifeState
from shopguard.registry.refusals import Refused

from .conftest import FACTS, OFFICE, Centre

WHY = "a namesake"
SHOWN = {Fact(name): told for name, told in FACTS.items()}
OTHER = Party(name="見本 花子", phones=("090-0000-2222",), emails=("hanako@example.jp",))


def test_the_entry_goes_on_and_the_request_waits_for_its_own(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST)
    centre.persons.answers.attach(opened.request, life.number, OFFICE)
    assert centre.met() == set()
    centre.pass_days(2)
    centre.persons.answers.detach(opened.request, OFFICE, WHY)
    assert centre.home.entries.get(life.number).state is LifeState.ACTIVE
    assert centre.met() != set(), "served again, and not only said to be"
    request = centre.request(opened)
    assert (request.entry, request.due_on) == (None, centre.today + timedelta(days=28)), "counted from when it came"
    centre.persons.answers.nothing_held(opened.request, OFFICE)


def test_a_copy_of_somebody_else_is_sent_to_nobody(centre: Centre) -> None:
    life, right = centre.active(), centre.pending(party=OTHER)
    opened = centre.ask(RequestKind.ACCESS)
    centre.persons.answers.attach(opened.request, life.number, OFFICE)
    centre.persons.answers.detach(opened.request, OFFICE, WHY)
    with pytest.raises(Refused, match="no entry that a copy could be of"):
        centre.persons.answers.disclose(opened.request, OFFICE)
    centre.persons.answers.attach(opened.request, right.number, OFFICE)
    assert centre.request(opened).entry == right.number


def test_what_was_shown_of_the_wrong_entry_shows_nothing(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.ACCESS)
    centre.persons.answers.attach(opened.request, life.number, OFFICE)
    assert centre.persons.desk.prove(opened.receipt, SHOWN).proven
    centre.persons.answers.detach(opened.request, OFFICE, WHY)
    assert centre.request(opened).proof is Proof.NONE


def test_what_somebody_else_contests_too_stays_unserved(centre: Centre) -> None:
    life = centre.active()
    mistaken = centre.ask(RequestKind.ERASE)
    centre.persons.answers.attach(mistaken.request, life.number, OFFICE)
    centre.ask(RequestKind.CONTEST, life)
    centre.persons.answers.detach(mistaken.request, OFFICE, WHY)
    assert centre.home.entries.get(life.number).state is LifeState.CONTESTED
    assert centre.met() == set()


def test_shops_that_heard_of_a_dispute_hear_that_it_is_over_and_others_nothing(centre: Centre) -> None:
    life = centre.active()
    first = centre.ask(RequestKind.CONTEST)
    centre.persons.answers.attach(first.request, life.number, OFFICE)
    centre.persons.answers.detach(first.request, OFFICE, WHY)
    assert centre.letters(Template.REPORTER_TOLD) == []
    assert centre.letters(Template.REPORTER_ANSWERED) == []
    centre.persons.answers.attach(first.request, life.number, OFFICE)
    (told,) = centre.letters(Template.REPORTER_TOLD)
    centre.persons.mailroom.sent(told.number, OFFICE, Way.MAIL)
    centre.persons.answers.detach(first.request, OFFICE, WHY)
    assert len(centre.letters(Template.REPORTER_ANSWERED)) == 1


def test_what_a_person_said_by_a_code_is_not_taken_back(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    with pytest.raises(Refused, match="not the office that said"):
        centre.persons.answers.detach(opened.request, OFFICE, WHY)


def test_it_needs_a_reason_and_is_kept_with_it(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.ACCESS)
    centre.persons.answers.attach(opened.request, life.number, OFFICE)
    with pytest.raises(Refused, match="say why"):
        centre.persons.answers.detach(opened.request, OFFICE, " ")
    centre.persons.answers.detach(opened.request, OFFICE, WHY)
    last = centre.home.acts.of(subject_of(centre.request(opened)))[-1].act
    assert (last.by, last.after, last.reason) == (OFFICE, "detached", WHY)
