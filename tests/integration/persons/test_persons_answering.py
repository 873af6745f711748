"""How the office answers: disputes, copies, corrections, misused names; and what each person and shop is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import msgspec
import pytest

from shopguard.errors import PayloadInvalid
from shopguard.model import Effect, Party
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Outcome, RequestKind, RequestState, Withheld
from shopguard.registry.disputes.outbox import member_addressee
from shopguard.registry.disputes.protecting import Part
from shopguard.registry.entries.model import Ending, LifeState
from shopguard.registry.log import LeafKind
from shopguard.registry.log.kinds import commitment
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.search.model import Purpose
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.registry.timers import Timer
from shopguard.storage.engine import writing
from tests.integration.persons.conftest import OFFICE, PARTY, Centre

REASON = "the invoice and two reminders were shown"


def refusal(centre: Centre, decide: object) -> Refusal:
    assert callable(decide)
    with pytest.raises(Refused) as refused:
        decide()
    return refused.value.code


def test_an_entry_that_is_upheld_goes_on_and_the_person_is_told_why_and_until_when(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life)
    request = centre.persons.answers.uphold(opened.request, OFFICE, REASON)
    assert centre.met() == {Effect.FLAG}
    assert request.answer is not None
    assert (request.state, request.answer.outcome) == (RequestState.ANSWERED, Outcome.UPHELD)
    text = centre.text(Template.UPHELD)
    assert REASON in text
    assert f"{life.expires_on.year}年{life.expires_on.month}月{life.expires_on.day}日" in text
    assert centre.persons.desk.status(opened.receipt).outcome is Outcome.UPHELD


def test_an_entry_that_is_overturned_is_erased_at_once(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.ERASE, life)
    centre.persons.answers.overturn(opened.request, OFFICE, "it was paid before")
    assert centre.met() == set()
    gone = centre.home.entries.gone(life.code)
    assert gone is not None
    assert gone.ending is Ending.OVERTURNED
    assert "it was paid before" in centre.text(Template.ERASED)


def test_what_a_letter_said_outlives_the_entry_it_is_about(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.STOP, life)
    centre.persons.answers.overturn(opened.request, OFFICE, "not shown")
    assert centre.text(Template.ERASED)
    assert centre.persons.files.outbox.of(Subject.of(SubjectKind.ENTRY, life.number))[0].letter is None


@pytest.mark.parametrize(("outcome", "stays"), [("uphold", "the entry stays"), ("overturn", "the entry was erased")])
def test_the_shop_hears_how_it_was_decided(centre: Centre, outcome: str, stays: str) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    getattr(centre.persons.answers, outcome)(opened.request, OFFICE, REASON)
    (message,) = centre.letters(Template.REPORTER_ANSWERED, member_addressee("flower-shop"))
    assert message.letter is not None
    assert stays in message.letter.text


def test_one_decision_answers_all_that_was_asked_about_the_entry(centre: Centre) -> None:
    life = centre.active()
    first, second = centre.ask(RequestKind.CONTEST, life), centre.ask(RequestKind.STOP, life)
    copy = centre.ask(RequestKind.ACCESS, life)
    centre.persons.answers.uphold(second.request, OFFICE, REASON)
    assert [centre.request(one).is_open for one in (first, second, copy)] == [False, False, True]
    assert len(centre.letters(Template.UPHELD)) == 2


def test_a_decision_needs_a_reason(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    assert refusal(centre, lambda: centre.persons.answers.uphold(opened.request, OFFICE, " ")) is Refusal.RULES


@pytest.mark.parametrize("word", ["詐欺のため", "we will call the police"])
def test_a_reason_that_accuses_is_not_sent_and_nothing_is_decided(centre: Centre, word: str) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CONTEST, life)
    assert refusal(centre, lambda: centre.persons.answers.uphold(opened.request, OFFICE, word)) is Refusal.RULES
    centre.sweep()
    assert centre.request(opened).is_open
    assert centre.home.entries.get(life.number).state is LifeState.CONTESTED
    assert centre.met() == set()


def test_what_a_shop_wrote_is_copied_whatever_words_it_has(centre: Centre) -> None:
    opened = centre.proven(RequestKind.ACCESS, centre.active(note="the parcel went by the police station"))
    centre.persons.answers.disclose(opened.request, OFFICE)
    assert "police station" in centre.text(Template.DISCLOSED)


def test_nobody_decides_about_a_report_of_their_own_shop(centre: Centre) -> None:
    centre.home.conflicts.affiliate("mori", "flower-shop", OFFICE, "owner")
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    answers = centre.persons.answers
    assert refusal(centre, lambda: answers.uphold(opened.request, "mori", REASON)) is Refusal.FORBIDDEN
    assert refusal(centre, lambda: answers.overturn(opened.request, "mori", REASON)) is Refusal.FORBIDDEN


def test_nobody_answers_for_a_copy_of_what_their_own_shop_reported(centre: Centre) -> None:
    centre.home.conflicts.affiliate("mori", "flower-shop", OFFICE, "owner")
    opened = centre.ask(RequestKind.ACCESS, centre.active())
    answers = centre.persons.answers
    for answer in (answers.seen, answers.check_address, answers.disclose, answers.not_shown):
        assert refusal(centre, partial(answer, opened.request, "mori")) is Refusal.FORBIDDEN
    assert centre.request(opened).is_open


def test_nothing_is_decided_twice(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    answers = centre.persons.answers
    answers.uphold(opened.request, OFFICE, REASON)
    assert refusal(centre, lambda: answers.overturn(opened.request, OFFICE, REASON)) is Refusal.STATE


def test_one_extension_tells_the_person_why_and_until_when(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    centre.pass_days(20)
    answers = centre.persons.answers
    request = answers.extend(opened.request, OFFICE, "the carrier's record is awaited")
    assert request.due_on == opened.due_on + timedelta(days=15)
    assert "carrier's record" in centre.text(Template.EXTENDED)
    assert refusal(centre, lambda: answers.extend(opened.request, OFFICE, "again")) is Refusal.STATE


def test_a_correction_changes_what_is_served_and_the_entry_goes_on(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = centre.home.reports.store.of_numbers([life.sources[0].report]).values()
    other = {
        "party": {"name": "渡邊 次郎", "phones": ["090-0000-2222"], "emails": ["jiro@example.jp"]},
        "amount": "1300",
    }
    centre.persons.answers.correct(opened.request, OFFICE, "name and amount", report.id, other)
    corrected = centre.home.reports.get(report.id).report.content
    assert (corrected.amount, corrected.party.name) == (Decimal(1300), "渡邊 次郎")
    assert centre.met() == set()
    assert centre.met(Party(phones=("090-0000-2222",), emails=("jiro@example.jp",))) == {Effect.FLAG}
    assert "name and amount" in centre.text(Template.CORRECTED)


def test_a_correction_makes_no_entry_last_longer_and_renews_no_shops_word(centre: Centre) -> None:
    life = centre.active()
    (before,) = life.sources
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = centre.home.reports.store.of_numbers([before.report]).values()
    centre.persons.answers.correct(opened.request, OFFICE, "the day", report.id, {"due_on": "2026-09-05"})
    (after,) = centre.home.entries.get(life.number).sources
    assert (after.last_on, after.ends_on) == (date(2026, 9, 5), before.ends_on)
    assert after.confirmed_at == before.confirmed_at


@pytest.mark.parametrize(
    "changes", [{"note": "he was arrested"}, {"amount": "300"}, {"disputed": True}, {"age_doubt": True}]
)
def test_a_correction_makes_nothing_of_a_report_that_could_not_be_filed(
    centre: Centre, changes: dict[str, object]
) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = centre.home.reports.store.of_numbers([life.sources[0].report]).values()
    correct = partial(centre.persons.answers.correct, opened.request, OFFICE, "facts", report.id, changes)
    assert refusal(centre, correct) is Refusal.RULES
    assert centre.request(opened).is_open
    assert centre.home.reports.get(report.id).report == report


def test_who_is_found_alike_follows_a_correction(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = centre.home.reports.store.of_numbers([life.sources[0].report]).values()
    other = Party(phones=("090-0000-2222",), emails=("jiro@example.jp",))
    party = {"phones": list(other.phones), "emails": list(other.emails)}
    centre.persons.answers.correct(opened.request, OFFICE, "the phone", report.id, {"party": party})
    assert not centre.home.seen.like(PARTY, SubjectKind.REPORT)
    assert centre.home.seen.like(other, SubjectKind.REPORT)


def test_a_correction_that_cannot_be_read_changes_nothing(centre: Centre) -> None:
    life = centre.active()
    opened = centre.ask(RequestKind.CORRECT, life)
    (report,) = centre.home.reports.store.of_numbers([life.sources[0].report]).values()
    with pytest.raises(PayloadInvalid):
        centre.persons.answers.correct(opened.request, OFFICE, "amount", report.id, {"amount": "-5"})
    assert centre.request(opened).is_open
    assert centre.home.reports.get(report.id).report == report


def test_a_correction_is_of_a_report_that_the_entry_rests_on(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CORRECT, centre.active())
    code = refusal(centre, lambda: centre.persons.answers.correct(opened.request, OFFICE, "x", "R-0000000000", {}))
    assert code is Refusal.NOT_FOUND


def test_a_copy_is_sent_once_it_is_shown_who_asks(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    opened = centre.ask(RequestKind.ACCESS, life)
    answers = centre.persons.answers
    assert refusal(centre, lambda: answers.disclose(opened.request, OFFICE)) is Refusal.STATE
    answers.seen(opened.request, OFFICE)
    answers.disclose(opened.request, OFFICE)
    text = centre.text(Template.DISCLOSED)
    for held in (*PARTY.phones, *PARTY.emails, *PARTY.lines, "渡邊 太郎", "#1042", "12800 JPY", "花器", "2026-09-25"):
        assert held in text
    assert "twice reminded" in text
    assert not any(member in text for member in ("flower-shop", "tea-shop"))
    assert "33条第2項第1号" in text
    assert centre.met() == {Effect.HOLD}


def test_a_copy_says_who_looked_when_and_why_and_names_no_shop(centre: Centre) -> None:
    opened = centre.proven(RequestKind.ACCESS, centre.active())
    centre.look("tea-shop", Purpose.ORDER)
    centre.look("tea-shop", Purpose.SEARCH)
    centre.persons.answers.disclose(opened.request, OFFICE)
    text = centre.text(Template.DISCLOSED)
    assert "2026-11-17: an online shop, about an order" in text
    assert "2026-11-17: an online shop, a search" in text
    assert "tea-shop" not in text


def test_a_part_of_a_copy_is_withheld_with_its_reason(centre: Centre) -> None:
    opened = centre.proven(RequestKind.ACCESS, centre.active())
    request = centre.persons.answers.disclose(opened.request, OFFICE, Withheld.OPERATIONS)
    assert request.answer is not None
    assert request.answer.outcome is Outcome.PARTLY
    assert set(request.answer.withheld) == {Withheld.OTHERS, Withheld.OPERATIONS}
    text = centre.text(Template.DISCLOSED)
    assert "twice reminded" not in text
    assert "33(2)(ii)" in text
    assert "#1042" in text


def test_a_copy_is_no_answer_to_a_dispute_nor_a_decision_to_a_copy(centre: Centre) -> None:
    life = centre.active()
    contest, copy = centre.proven(RequestKind.CONTEST, life), centre.proven(RequestKind.ACCESS, life)
    answers = centre.persons.answers
    assert refusal(centre, lambda: answers.disclose(contest.request, OFFICE)) is Refusal.STATE
    assert refusal(centre, lambda: answers.uphold(copy.request, OFFICE, REASON)) is Refusal.STATE
    assert refusal(centre, lambda: answers.not_shown(contest.request, OFFICE)) is Refusal.STATE
    assert refusal(centre, lambda: answers.nothing_held(copy.request, OFFICE)) is Refusal.STATE


def test_who_is_not_on_the_list_is_told_so(centre: Centre) -> None:
    opened = centre.ask(RequestKind.ACCESS)
    centre.persons.answers.nothing_held(opened.request, OFFICE)
    assert opened.request in centre.text(Template.NOTHING_HELD)


def test_a_misused_name_is_protected_and_its_entry_erased(centre: Centre) -> None:
    life = centre.active("flower-shop", "tea-shop")
    assert centre.met() == {Effect.HOLD}
    opened = centre.ask(RequestKind.MISUSE, life)
    protection = centre.persons.answers.protect(opened.request, OFFICE, "the parcel went elsewhere")
    assert centre.met() == {Effect.CONFIRM}
    assert centre.met(Party(phones=PARTY.phones, emails=PARTY.emails)) == set()
    gone = centre.home.entries.gone(life.code)
    assert gone is not None
    assert gone.ending is Ending.MISUSED
    assert protection.until == date(2028, 11, 17)
    assert "2028年11月17日" in centre.text(Template.PROTECTED)


def test_the_parts_that_belong_to_the_person_are_protected(centre: Centre) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    parts = {Part.NAME, Part.PHONES, Part.EMAILS}
    centre.persons.answers.protect(opened.request, OFFICE, "shown", parts)
    assert centre.met(Party(phones=PARTY.phones, emails=PARTY.emails)) == {Effect.CONFIRM}


def test_a_note_by_which_nobody_is_found_is_refused_and_nothing_erased(centre: Centre) -> None:
    party = Party(name="見本 花子", phones=("090-0000-3333",), emails=("hanako@example.jp",))
    life = centre.pending(party=party)
    opened = centre.ask(RequestKind.MISUSE, life)
    decide = lambda: centre.persons.answers.protect(opened.request, OFFICE, "shown", {Part.ADDRESS})  # noqa: E731
    assert refusal(centre, decide) is Refusal.UNREADABLE
    assert centre.home.entries.get(life.number).state is LifeState.CONTESTED


def test_only_whoever_says_that_the_name_was_misused_is_protected(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    answers = centre.persons.answers
    assert refusal(centre, lambda: answers.protect(opened.request, OFFICE, REASON)) is Refusal.STATE


def test_a_protection_ends_when_the_person_says_so_and_leaves_nothing(centre: Centre) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    protection = centre.persons.answers.protect(opened.request, OFFICE, "shown")
    centre.persons.protections.end(protection.number, OFFICE, "asked by the person")
    assert centre.met() == set()
    assert centre.persons.protections.store.all() == []
    assert centre.home.seen.like(PARTY, SubjectKind.PROTECTION) == {}
    assert refusal(centre, lambda: centre.persons.protections.end(protection.number, OFFICE)) is Refusal.NOT_FOUND


def test_a_crash_before_the_note_is_placed_is_made_up_for(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    with monkeypatch.context() as patch:
        patch.setattr(centre.persons.protections, "place", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            centre.persons.answers.protect(opened.request, OFFICE, "shown")
    assert centre.met() == set()
    centre.sweep()
    assert centre.met() == {Effect.CONFIRM}


def test_every_decision_is_committed_to_in_the_log(centre: Centre) -> None:
    opened = centre.ask(RequestKind.CONTEST, centre.active())
    centre.persons.answers.uphold(opened.request, OFFICE, REASON)
    acts = centre.home.acts.of(Subject.of(SubjectKind.REQUEST, centre.request(opened).number))
    assert [(one.act.kind, one.act.by, one.act.before, one.act.after) for one in acts] == [
        (LeafKind.REQUEST_RECEIVED, "person", "", "contest"),
        (LeafKind.REQUEST_DECIDED, OFFICE, "open", "upheld"),
    ]
    assert all(one.leaf is not None for one in acts)
    assert acts[-1].act.reason == REASON
    proofs = centre.persons.desk.status(opened.receipt).log
    assert [proof.number for proof in proofs] == [one.leaf for one in acts]
    assert all(proof.holds() for proof in proofs)
    committed = [commitment(one.salt, msgspec.json.encode(one.act)) for one in acts]
    assert [proof.leaf.commitment for proof in proofs] == committed


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call returned, or why it was refused; all of them run beside each other."""

    def outcome(call: Callable[[], object]) -> object:
        try:
            return call()
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


@pytest.mark.parametrize("database", ["centre", "postgres_centre"])
def test_of_many_who_decide_at_once_one_does(database: str, request: pytest.FixtureRequest) -> None:
    centre: Centre = request.getfixturevalue(database)
    opened, answers = centre.ask(RequestKind.CONTEST, centre.active()), centre.persons.answers
    calls = [partial(answers.uphold, opened.request, f"account-{n}", REASON) for n in range(3)]
    calls += [partial(answers.overturn, opened.request, f"account-{n}", REASON) for n in range(3, 6)]
    done = at_once(*calls)
    assert sorted(map(str, done)).count(str(Refusal.STATE)) == 5
    decided = centre.request(opened).answer
    assert decided is not None
    centre.sweep()
    assert centre.met() == ({Effect.FLAG} if decided.outcome is Outcome.UPHELD else set())


@pytest.mark.parametrize("database", ["centre", "postgres_centre"])
def test_of_many_who_ask_the_same_at_once_one_is_heard(database: str, request: pytest.FixtureRequest) -> None:
    centre: Centre = request.getfixturevalue(database)
    life = centre.active()
    done = at_once(*[partial(centre.ask, RequestKind.CONTEST, life) for _ in range(5)])
    assert done.count(Refusal.STATE) == 4
    assert len(centre.letters(Template.REPORTER_TOLD)) == 1
    assert centre.met() == set()


def test_what_was_read_before_its_turn_is_read_again(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the code and having the turn, the entry was erased."""
    life, entries = centre.active(), centre.home.entries
    changing = entries.changing

    def late(*hidden: int) -> object:
        monkeypatch.undo()
        with changing(life.number) as connection:
            entries.erase(connection, life.number, OFFICE, "wrong")
        entries.settle()
        return changing(*hidden)

    monkeypatch.setattr(entries, "changing", late)
    assert refusal(centre, lambda: centre.ask(RequestKind.CONTEST, life)) is Refusal.STATE
    assert list(centre.persons.files.requests.in_state(RequestState.OPEN)) == []


def test_a_request_that_breaks_off_leaves_nothing_half_done(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    life = centre.active()
    with monkeypatch.context() as patch:
        patch.setattr(centre.persons.files.timers, "set", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            centre.ask(RequestKind.CONTEST, life)
    assert centre.met() == set(), "rather unserved than served while somebody objects"
    centre.sweep()
    assert centre.met() == {Effect.FLAG}
    assert centre.home.entries.get(life.number).state is LifeState.ACTIVE
    assert centre.letters(Template.REPORTER_TOLD) == []
    assert list(centre.persons.files.requests.in_state(RequestState.OPEN)) == []


def test_the_desk_works_on_postgresql_too(postgres_centre: Centre) -> None:
    centre = postgres_centre
    life = centre.active()
    contest, copy = centre.ask(RequestKind.CONTEST, life), centre.proven(RequestKind.ACCESS, life)
    assert centre.met() == set()
    centre.persons.answers.disclose(copy.request, OFFICE)
    centre.persons.answers.overturn(contest.request, OFFICE, "not shown")
    misuse = centre.ask(RequestKind.MISUSE, centre.active())
    centre.persons.answers.protect(misuse.request, OFFICE, "shown")
    assert centre.met() == {Effect.CONFIRM}
    centre.pass_days(200)
    assert not list(centre.persons.files.requests.in_state(RequestState.ANSWERED))


def test_a_note_that_is_placed_while_its_protection_ends_does_not_stay(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    protections, load = centre.persons.protections, centre.home.publisher.load
    opened = centre.ask(RequestKind.MISUSE, centre.active())
    monkeypatch.setattr(protections, "place", lambda: 0)
    number = centre.persons.answers.protect(opened.request, OFFICE, REASON).number
    monkeypatch.undo()

    def ends_meanwhile(lines: list[bytes]) -> object:
        protections.end(number, OFFICE)
        return load(lines)

    monkeypatch.setattr(centre.home.publisher, "load", ends_meanwhile)
    protections.place()
    assert centre.met() == set()


def test_many_warnings_that_nobody_read_hide_no_letter(centre: Centre) -> None:
    outbox = centre.persons.files.outbox
    timer = Timer(Subject.of(SubjectKind.ENTRY, 1), "entry_expire", centre.now.timestamp())
    with writing(centre.home.engine("vault")) as connection:
        for _ in range(201):
            outbox.warn(connection, timer, centre.now.timestamp())
    life = centre.pending()
    centre.persons.following.follow()
    assert [one.subject.number for one in outbox.waiting() if one.addressee == "person"] == [life.number]
