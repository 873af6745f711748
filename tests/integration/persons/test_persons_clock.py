"""What happens at the persons' desk by itself: letters that are due, answers that nobody gave, what is forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from shopguard.model import Category, Effect, Party
from shopguard.registry.disputes.letters import Sender, Template
from shopguard.registry.disputes.model import Outcome, RequestKind, RequestState
from shopguard.registry.disputes.outbox import OFFICE as THE_OFFICE
from shopguard.registry.disputes.outbox import MessageState, Way, member_addressee
from shopguard.registry.entries.model import LifeState, NoticeState
from shopguard.registry.records import Forgotten
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from tests.integration.persons.conftest import OFFICE, PARTY, Centre

PHONE_ONLY = Party(name="見本 花子", phones=("090-0000-3333",))


def outcome_of(centre: Centre, request_id: str) -> Outcome | None:
    answer = centre.persons.answers.get(request_id).answer
    return None if answer is None else answer.outcome


def test_a_notice_is_drafted_once_with_code_and_day(centre: Centre) -> None:
    life = centre.pending()
    centre.sweep()
    centre.sweep()
    text = centre.text(Template.NOTICE)
    until = centre.today + timedelta(days=14)
    assert life.code in text
    assert f"{until.year}年{until.month}月{until.day}日" in text
    assert "お支払いが確認できていないご注文" in text


def test_a_notice_that_could_not_be_answered_is_not_drafted_and_nothing_served(centre: Centre) -> None:
    life = centre.pending()
    silent = centre.again(Sender("見本ネットワーク事務局"))

    silent.sweep()
    assert silent.letters(Template.NOTICE) == []

    centre.sweep()
    assert life.code in centre.text(Template.NOTICE)


def test_a_notice_that_waits_says_the_day_it_is_sent(centre: Centre) -> None:
    centre.pending()
    centre.sweep()
    first = centre.text(Template.NOTICE)
    centre.pass_days(3)
    again = centre.text(Template.NOTICE)
    assert again != first
    assert f"{centre.today.year}年{centre.today.month}月{centre.today.day}日" in again


def test_the_time_to_answer_begins_when_the_notice_is_sent(centre: Centre) -> None:
    life = centre.pending()
    centre.sweep()
    centre.pass_days(5)
    assert centre.home.entries.get(life.number).sources[0].notice.state is NoticeState.DUE
    centre.post(Template.NOTICE)
    centre.pass_days(14)
    assert centre.met() == set()
    centre.pass_days(1)
    assert centre.met() == {Effect.FLAG}
    assert "123-4567-8901" in centre.home.entries.get(life.number).sources[0].notice.shown


def test_a_letter_is_sent_once(centre: Centre) -> None:
    centre.pending()
    centre.sweep()
    message = centre.post(Template.NOTICE)
    with pytest.raises(Refused) as refused:
        centre.persons.mailroom.sent(message.number, OFFICE, Way.POST, "again")
    assert refused.value.code is Refusal.STATE


def test_a_letter_that_cannot_be_written_stops_no_other(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = centre.pending(), centre.pending(party=replace(PARTY, name="見本 花子"))
    held = centre.persons.files.held
    files = type(centre.persons.files)
    monkeypatch.setattr(files, "held", lambda _, life: 1 / 0 if life.number == broken.number else held(life))
    with capture_logs() as logged:
        centre.persons.following.follow()
    assert other.code in centre.text(Template.NOTICE)
    assert [(one["event"], one["error"]) for one in logged] == [("letter_failed", "ZeroDivisionError")]
    assert "渡邊" not in str(logged)


def test_where_no_address_is_known_nobody_is_told_and_nothing_held(centre: Centre) -> None:
    life = centre.pending("flower-shop", "tea-shop", party=PHONE_ONLY)
    centre.sweep()
    assert centre.home.entries.get(life.number).sources[0].notice.state is NoticeState.IMPOSSIBLE
    assert centre.letters(Template.NOTICE) == []
    centre.pass_days(15)
    assert centre.met(PHONE_ONLY) == {Effect.FLAG}


def test_a_notice_that_comes_back_lets_the_entry_flag_at_most(centre: Centre) -> None:
    centre.active("flower-shop", "tea-shop")
    assert centre.met() == {Effect.HOLD}
    (life,) = centre.home.entries.in_state(LifeState.ACTIVE)
    about = centre.persons.files.outbox.of(Subject.of(SubjectKind.ENTRY, life.number))
    (message,) = [one for one in about if one.template is Template.NOTICE]
    done = centre.persons.mailroom.undeliverable(message.number, OFFICE, "addressee unknown")
    assert done.state is MessageState.UNDELIVERABLE
    assert centre.met() == {Effect.FLAG}


def test_a_letter_about_what_was_erased_is_not_sent(centre: Centre) -> None:
    life = centre.pending()
    centre.sweep()
    (message,) = centre.letters(Template.NOTICE)
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.erase(connection, life.number, OFFICE, "wrong")
    centre.home.entries.settle()
    assert centre.letters(Template.NOTICE) == []
    with pytest.raises(Refused) as refused:
        centre.persons.mailroom.sent(message.number, OFFICE, Way.POST, "x")
    assert refused.value.code is Refusal.STATE


def test_the_reporters_are_told_when_the_last_of_them_was(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    centre.ask(RequestKind.CONTEST, life)
    first, second = centre.letters(Template.REPORTER_TOLD)
    centre.persons.mailroom.sent(first.number, OFFICE, Way.MAIL)
    assert centre.home.entries.get(life.number).reporter_told_at is None
    centre.persons.mailroom.sent(second.number, OFFICE, Way.MAIL)
    assert centre.home.entries.get(life.number).reporter_told_at == centre.now.timestamp()


def test_a_member_that_fetches_its_letters_was_told(centre: Centre) -> None:
    life = centre.active()
    centre.ask(RequestKind.CONTEST, life)
    (fetched,) = centre.persons.mailroom.fetched("flower-shop")
    assert (fetched.template, fetched.way) == (Template.REPORTER_TOLD, Way.API)
    assert centre.persons.mailroom.fetched("tea-shop") == []
    assert centre.home.entries.get(life.number).reporter_told_at is not None


def test_a_letter_is_read_again_for_ninety_days(centre: Centre) -> None:
    centre.ask(RequestKind.ACCESS, centre.active())
    centre.ask(RequestKind.CONTEST, centre.home.entries.in_state(LifeState.ACTIVE)[0])
    first = centre.persons.mailroom.fetched("flower-shop")
    assert centre.persons.mailroom.fetched("flower-shop") == first != []
    centre.pass_days(91)
    assert first[0].number not in [message.number for message in centre.persons.mailroom.fetched("flower-shop")]


def test_the_office_is_warned_before_reporters_must_know(centre: Centre) -> None:
    centre.ask(RequestKind.CONTEST, centre.active())
    centre.pass_days(4)
    assert any("dispute" in (one.letter.text if one.letter else "") for one in centre.letters(Template.DEADLINE))


def test_shops_are_asked_to_confirm_before_their_word_lapses(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    reports = centre.home.reports.store.of_numbers([source.report for source in life.sources]).values()
    of_tea = next(report for report in reports if report.member == "tea-shop")
    centre.pass_days(100)
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.confirmed(connection, of_tea.number, "member:tea-shop")
    centre.home.entries.settle()
    centre.pass_days(70, step=5)
    (asked,) = centre.letters(Template.REPORTER_ASKED)
    assert asked.addressee == member_addressee("flower-shop")
    assert asked.letter is not None
    (report,) = (report for report in reports if report is not of_tea)
    assert report.id in asked.letter.ja.body
    assert of_tea.id not in asked.letter.text
    assert "渡邊" not in asked.letter.text


def test_a_warning_that_fails_stops_no_deadline_and_is_given_later(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = centre.active()
    centre.ask(RequestKind.CONTEST, life)
    outbox, subject = centre.persons.files.outbox, Subject.of(SubjectKind.ENTRY, life.number)
    warn, before = outbox.warn, len(outbox.of(subject))

    def fail(connection: Connection, timer: Timer, now: float) -> None:
        if timer.subject == subject:
            raise ValueError("about 090-0000-3333")
        warn(connection, timer, now)

    with monkeypatch.context() as patched, capture_logs() as said:
        patched.setattr(outbox, "warn", fail)
        centre.pass_days(28)
    assert {line["event"] for line in said if line["log_level"] == "error"} == {"warning_failed"}
    assert "090" not in str(said)
    assert len(outbox.of(subject)) == before
    centre.sweep()
    assert len(outbox.of(subject)) > before
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "warn", fail)
        centre.pass_days(3)
    assert centre.home.entries.gone(life.code) is not None


def test_a_dispute_that_nobody_decides_ends_for_the_person(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life)
    centre.pass_days(29, step=1)
    assert centre.request(opened).is_open
    centre.pass_days(2, step=1)
    assert outcome_of(centre, opened.request) is Outcome.ERASED
    assert "it was not shown to be right in time" in centre.text(Template.ERASED)
    assert centre.home.entries.by_code(life.code) is None


def test_what_the_office_decides_with_the_entry_answers_the_person(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life)
    centre.home.cases.uphold(life.number, OFFICE, "shown")
    centre.sweep()
    assert outcome_of(centre, opened.request) is Outcome.UPHELD
    assert centre.text(Template.UPHELD)


def test_payment_during_a_dispute_answers_the_person(centre: Centre) -> None:
    life = centre.active()
    contest, copy = centre.ask(RequestKind.CONTEST, life), centre.ask(RequestKind.ACCESS, life)
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.paid(connection, life.sources[0].report, "member:flower-shop")
    centre.sweep()
    assert centre.met() == set()
    assert outcome_of(centre, contest.request) is None
    centre.pass_days(3)
    assert outcome_of(centre, contest.request) is Outcome.ERASED
    assert outcome_of(centre, copy.request) is Outcome.ERASED
    (first, _) = centre.letters(Template.ERASED)
    assert first.letter is not None
    assert "payment was confirmed" in first.letter.text


def test_what_was_paid_is_not_disputed_with_the_shop(centre: Centre) -> None:
    life = centre.active()
    with centre.home.entries.changing(life.number) as connection:
        centre.home.entries.paid(connection, life.sources[0].report, "member:flower-shop")
    opened = centre.ask(RequestKind.CONTEST, life)
    assert centre.letters(Template.REPORTER_TOLD) == []
    centre.pass_days(3)
    assert outcome_of(centre, opened.request) is Outcome.ERASED


def test_a_request_follows_its_entry_into_another(centre: Centre) -> None:
    life, other = centre.active(), centre.pending("tea-shop")
    opened = centre.proven(RequestKind.ACCESS, life)
    centre.home.cases.merge(other.number, life.number, OFFICE, "one person")
    centre.sweep()
    centre.persons.answers.disclose(opened.request, OFFICE)
    assert centre.text(Template.DISCLOSED).count("#1042") == 4


def test_a_copy_that_nobody_showed_a_right_to_is_refused_in_time(centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    centre.pass_days(14)
    assert outcome_of(centre, opened.request) is None
    centre.pass_days(1)
    assert outcome_of(centre, opened.request) is Outcome.NOT_SHOWN
    assert "No copy of an identity document is needed" in centre.text(Template.NOT_SHOWN)


def test_a_copy_that_is_late_is_named_to_the_office_each_business_day(centre: Centre) -> None:
    opened = centre.proven(RequestKind.ACCESS, centre.active())
    subject = Subject.of(SubjectKind.REQUEST, centre.request(opened).number)
    said = []
    for _ in range(22):
        centre.pass_days(1)
        said.append(len([one for one in centre.letters(Template.DEADLINE) if one.subject == subject]))
    assert said[10] == 0
    assert said[12] == 1, "warned three days before"
    assert said[-1] >= 4, "and named when it was due, and again and again"
    assert centre.request(opened).is_open
    assert all(message.addressee == THE_OFFICE for message in centre.letters(Template.DEADLINE))


def test_the_office_hears_when_a_clear_case_should_be_decided(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CORRECT, centre.active())
    subject = Subject.of(SubjectKind.REQUEST, centre.request(opened).number)
    centre.pass_days(15)
    texts = [one.letter.text for one in centre.letters(Template.DEADLINE) if one.subject == subject and one.letter]
    assert len(texts) == 2
    assert all("14 days" in text for text in texts)
    assert centre.request(opened).is_open


def test_a_deadline_says_nothing_of_a_person(centre: Centre) -> None:
    centre.ask(RequestKind.CONTEST, centre.active())
    centre.pass_days(20, step=1)
    texts = [one.letter.text for one in centre.letters(Template.DEADLINE) if one.letter]
    assert texts
    for personal in ("渡邊", *PARTY.phones, *PARTY.emails, *PARTY.lines, "flower-shop"):
        assert not any(personal in text for text in texts)


def test_an_answered_request_is_forgotten(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life, text="I paid")
    number = centre.request(opened).number
    centre.persons.answers.uphold(opened.request, OFFICE, "shown")
    centre.pass_days(179)
    assert centre.request(opened).text == "I paid"
    centre.pass_days(3)
    with pytest.raises(Refused):
        centre.request(opened)
    with pytest.raises(Refused):
        centre.persons.desk.status(opened.receipt)
    with pytest.raises(Forgotten):
        centre.home.records.open(number, "request", b"")
    assert all(one.letter is None for one in centre.persons.files.outbox.of(Subject.of(SubjectKind.REQUEST, number)))
    assert centre.home.timers.of(Subject.of(SubjectKind.REQUEST, number)) == {}


def test_a_protection_ends_after_two_years_and_the_office_is_warned(centre: Centre) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    protection = centre.persons.answers.protect(opened.request, OFFICE, "shown")
    subject = Subject.of(SubjectKind.PROTECTION, protection.number)
    centre.pass_days(720)
    assert centre.met() == {Effect.CONFIRM}
    centre.pass_days(9)
    assert [one.subject for one in centre.letters(Template.DEADLINE) if one.subject == subject] == [subject]
    centre.pass_days(4)
    assert centre.met() == set()
    assert centre.persons.protections.store.all() == []


def test_an_unprotected_category_says_so_in_neutral_words(centre: Centre) -> None:
    centre.pending(category=Category.COD_REFUSED, refused_on=centre.today - timedelta(days=20))
    centre.sweep()
    assert "a cash-on-delivery parcel that was not received" in centre.text(Template.NOTICE)


def test_no_request_is_left_open_for_ever(centre: Centre) -> None:
    """Whatever is asked, and nobody at the office does anything: each dispute ends, each copy is answered."""
    life = centre.active()
    for kind in RequestKind:
        centre.ask(kind, life)
    centre.pass_days(50, step=1)
    assert list(centre.persons.files.requests.in_state(RequestState.OPEN)) == []
    assert centre.met() == set()


def test_letters_to_a_member_are_those_of_that_member(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    centre.ask(RequestKind.CONTEST, life)
    waiting = centre.persons.files.outbox.waiting(member_addressee("tea-shop"))
    assert [message.addressee for message in waiting] == ["member:tea-shop"]
    assert len(centre.persons.files.outbox.waiting("member:")) == 2
