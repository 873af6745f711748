"""What the office decides on reports: by whom, how many of them, why, and what is left of it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace as altered

from shopguard.model import Category
from shopguard.registry.entries.model import LifeState
from shopguard.registry.office.quality import Counted
from shopguard.registry.office.service import CHECKED_ONCE, Office
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.model import Mark, Report, ReportState
from shopguard.registry.reports.store import subject_of
from shopguard.registry.reports.wording import QUESTIONS
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.office.conftest import CONTENT, PARTY, Centre, somebody

Deciding = Callable[[Office, Report, str], object]
DECISIONS: dict[str, Deciding] = {
    "accept": lambda office, report, by: office.accept(report.id, by, "shown"),
    "return": lambda office, report, by: office.send_back(report.id, by, "the invoice is missing"),
    "reject": lambda office, report, by: office.reject(report.id, by, "it was paid"),
}
decisions = pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)


def test_an_accepted_report_opens_an_entry_that_is_not_served_yet(either_centre: Centre) -> None:
    report = either_centre.file()
    accepted = either_centre.office.accept(report.id, "aoki", "shown")
    assert accepted.entry is not None
    assert accepted.entry.state is LifeState.PENDING
    assert [source.report for source in accepted.entry.sources] == [report.number]
    after = either_centre.again(report)
    assert (after.state, after.entry, after.checked_by) == (ReportState.CHECKED, accepted.entry.number, ("aoki",))


def test_a_returned_report_waits_for_the_shop(centre: Centre) -> None:
    report = centre.file()
    centre.office.send_back(report.id, "aoki", "the invoice is missing")
    after = centre.again(report)
    assert (after.state, after.reason) == (ReportState.RETURNED, "the invoice is missing")


def test_a_rejected_report_leads_to_no_entry(centre: Centre) -> None:
    report = centre.file()
    centre.office.reject(report.id, "aoki", "it was paid")
    after = centre.again(report)
    assert (after.state, after.entry) == (ReportState.REJECTED, None)


@decisions
def test_each_decision_is_kept_with_who_when_why_before_and_after(centre: Centre, decide: Deciding) -> None:
    report = centre.file()
    decide(centre.office, report, "aoki")
    (logged,) = centre.home.acts.of(subject_of(report))
    act = logged.act
    assert (act.by, act.at, act.before) == ("aoki", centre.now.timestamp(), "submitted")
    assert act.after == centre.again(report).state.value
    assert act.reason


@decisions
def test_nothing_is_decided_twice(centre: Centre, decide: Deciding) -> None:
    report = centre.file()
    decide(centre.office, report, "aoki")
    with pytest.raises(Refused) as refused:
        decide(centre.office, report, "baba")
    assert refused.value.code is Refusal.STATE


@decisions
def test_what_somebody_else_has_in_hand_is_not_decided(centre: Centre, decide: Deciding) -> None:
    report = centre.file()
    centre.office.take(report.id, "aoki")
    with pytest.raises(Refused, match="somebody else"):
        decide(centre.office, report, "baba")
    assert centre.again(report).state is ReportState.SUBMITTED


@decisions
def test_nobody_decides_in_a_case_of_their_own_shop(centre: Centre, decide: Deciding) -> None:
    report = centre.file("flower-shop")
    centre.home.conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    with pytest.raises(Refused, match="a shop that you belong to"):
        decide(centre.office, report, "aoki")
    assert centre.again(report).state is ReportState.SUBMITTED


def test_nothing_is_decided_without_a_reason(centre: Centre) -> None:
    report = centre.file()
    with pytest.raises(Refused, match="say why"):
        centre.office.reject(report.id, "aoki", " ")
    assert centre.again(report).state is ReportState.SUBMITTED


def test_a_decided_report_leaves_the_queue(centre: Centre) -> None:
    centre.office.accept(centre.file().id, "aoki", "shown")
    assert centre.office.queue().total == 0
    assert centre.office.take_next("aoki") is None


def test_a_claim_made_in_bad_faith_is_checked_by_two(centre: Centre) -> None:
    report = centre.file(category=Category.MALICIOUS_CLAIM)
    assert centre.office.accept(report.id, "aoki", "shown").entry is None
    assert centre.again(report).state is ReportState.SUBMITTED
    accepted = centre.office.accept(report.id, "baba", "seen it too")
    assert accepted.entry is not None
    assert accepted.entry.sources[0].checked_by == ("aoki", "baba")


def test_the_same_person_is_not_two(centre: Centre) -> None:
    report = centre.file(category=Category.MALICIOUS_CLAIM)
    for _ in range(3):
        assert centre.office.accept(report.id, "aoki", "shown").entry is None
    assert centre.again(report).state is ReportState.SUBMITTED


def test_what_shall_be_able_to_stop_an_order_is_checked_by_two(centre: Centre) -> None:
    report = centre.file()
    assert centre.office.accept(report.id, "aoki", "shown", may_hold=True).entry is None
    accepted = centre.office.accept(report.id, "baba", "shown")
    assert accepted.checked_by == ("aoki", "baba")


def test_reports_of_a_shop_that_was_often_wrong_are_checked_by_two(centre: Centre) -> None:
    centre.count("flower-shop", Counted.FILED, 10)
    centre.count("flower-shop", Counted.ACCEPTED, 10)
    centre.count("flower-shop", Counted.OVERTURNED, 2)
    report = centre.file("flower-shop")
    assert Mark.DOUBLE_CHECK in centre.office.show(report.id, "aoki").marks
    assert centre.office.accept(report.id, "aoki", "shown").entry is None
    assert centre.office.accept(report.id, "baba", "shown").entry is not None


def test_the_first_of_two_is_kept_and_lets_go(centre: Centre) -> None:
    report = centre.file(category=Category.MALICIOUS_CLAIM)
    centre.office.accept(report.id, "aoki", "shown")
    (item,) = centre.office.queue().items
    assert (item.waiting.checked_by, item.waiting.held_by) == (("aoki",), None)
    assert centre.acts(subject_of(report)) == [("aoki", "submitted", CHECKED_ONCE, "shown")]


def test_who_checked_first_is_not_given_it_again(centre: Centre) -> None:
    report = centre.file(category=Category.MALICIOUS_CLAIM)
    centre.office.accept(report.id, "aoki", "shown")
    assert centre.office.take_next("aoki") is None
    taken = centre.office.take_next("baba")
    assert taken is not None
    assert taken.id == report.id


def test_one_of_two_who_turns_out_to_belong_to_the_shop_does_not_count(centre: Centre) -> None:
    report = centre.file("flower-shop", category=Category.MALICIOUS_CLAIM)
    centre.office.accept(report.id, "aoki", "shown")
    centre.home.conflicts.affiliate("aoki", "flower-shop", "baba", "kin")
    assert centre.office.accept(report.id, "baba", "shown").entry is None
    accepted = centre.office.accept(report.id, "chiba", "shown")
    assert accepted.checked_by == ("baba", "chiba")


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_accepted_before_all_four_questions_are_answered_with_evidence(
    centre: Centre, question: str
) -> None:
    evidence = {name: named for name, named in CONTENT.answers.evidence.items() if name != question}
    for answers in (altered(CONTENT.answers, evidence=evidence), altered(CONTENT.answers, **{question: ""})):
        report = centre.file(answers=answers)
        with pytest.raises(Refused) as refused:
            centre.office.accept(report.id, "aoki", "shown")
        assert refused.value.code is Refusal.RULES
        assert centre.again(report).state is ReportState.SUBMITTED


def test_a_buyer_who_turns_out_to_be_of_a_member_shop_is_not_accepted(centre: Centre) -> None:
    report = centre.file()
    with writing(centre.home.engine("vault")) as connection:
        centre.home.seen.note(connection, Subject.of(SubjectKind.MEMBER, "book-shop"), PARTY)
    with pytest.raises(Refused) as refused:
        centre.office.accept(report.id, "aoki", "shown")
    assert refused.value.code is Refusal.RULES
    centre.office.reject(report.id, "aoki", "works at another shop")


def test_a_report_that_comes_back_is_checked_anew_by_both(centre: Centre) -> None:
    report = centre.file(category=Category.MALICIOUS_CLAIM)
    centre.office.accept(report.id, "aoki", "shown")
    centre.office.send_back(report.id, "baba", "which order?")
    centre.refile(report)
    assert centre.office.accept(report.id, "baba", "shown").checked_by == ("baba",)


def test_a_report_is_merged_into_an_entry(either_centre: Centre) -> None:
    entry = either_centre.entry("flower-shop")
    accepted = either_centre.office.accept(either_centre.file("book-shop").id, "aoki", "same person", entry.number)
    assert accepted.entry is not None
    assert accepted.entry.number == entry.number
    assert accepted.entry.members == {"flower-shop", "book-shop"}


def test_nobody_merges_into_an_entry_that_their_own_shop_reported(centre: Centre) -> None:
    entry = centre.entry("flower-shop")
    centre.home.conflicts.affiliate("baba", "flower-shop", "aoki", "staff")
    with pytest.raises(Refused, match="a shop that you belong to"):
        centre.office.accept(centre.file("book-shop").id, "baba", "same person", entry.number)


def test_a_refused_merge_leaves_nothing_half_done(centre: Centre) -> None:
    report = centre.file()
    with pytest.raises(Refused) as refused:
        centre.office.accept(report.id, "aoki", "same person", into=9_999)
    assert refused.value.code is Refusal.NOT_FOUND
    assert centre.again(report).state is ReportState.SUBMITTED
    assert centre.acts(subject_of(report)) == []
    assert centre.home.moderation.qualities.of("flower-shop").accepted == 0


def test_the_queue_tells_age_quality_marks_and_resemblance(centre: Centre) -> None:
    centre.count("flower-shop", Counted.FILED, 3)
    centre.file("flower-shop")
    centre.file("book-shop")
    centre.file("book-shop", somebody(7))
    centre.pass_time(days=2)
    page = centre.office.queue()
    assert page.total == 3
    assert [(item.age_days, item.quality.filed, item.similar) for item in page.items] == [
        (2, 3, 1),
        (2, 0, 1),
        (2, 0, 0),
    ]


def test_looking_at_a_report_in_hand_keeps_it(centre: Centre) -> None:
    report = centre.file()
    centre.office.take(report.id, "aoki")
    centre.pass_time(minutes=19)
    centre.office.show(report.id, "aoki")
    centre.pass_time(minutes=19)
    assert centre.office.take_next("baba") is None


def test_looking_at_a_report_of_another_does_not_take_it(centre: Centre) -> None:
    report = centre.file()
    centre.office.show(report.id, "aoki")
    assert centre.office.take_next("baba") is not None


def test_what_is_put_back_is_free(centre: Centre) -> None:
    report = centre.file()
    centre.office.take(report.id, "aoki")
    centre.office.put_back(report.id, "aoki")
    assert centre.office.take_next("baba") is not None


def test_nobody_is_given_a_report_of_their_own_shop(centre: Centre) -> None:
    centre.file("flower-shop")
    other = centre.file("book-shop")
    centre.home.conflicts.affiliate("aoki", "flower-shop", "baba", "owner")
    taken = centre.office.take_next("aoki")
    assert taken is not None
    assert taken.id == other.id
