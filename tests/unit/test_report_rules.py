"""When a case may be reported: the four questions, what each category asks for, the days, and marks."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.reports.model import Channel, Mark, PartPayment, Reminder, ReportContent
from shopguard.registry.reports.rules import History, Limits, completeness, faults, left_to_pay, marks
from shopguard.registry.reports.wording import QUESTIONS, FaultCode
from tests.unit.report_samples import (
    ANSWERS,
    BUYER,
    CLAIM,
    EACH,
    FILES,
    OTHER,
    PRANK,
    REFUSED,
    RESALE,
    TODAY,
    UNPAID,
    codes,
    places,
)


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_report_that_keeps_every_rule_may_be_filed(content: ReportContent) -> None:
    assert codes(content) == set()


def test_every_category_is_tried_here() -> None:
    assert set(EACH) == set(Category)


# the four questions


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_needs_an_answer(content: ReportContent, question: str) -> None:
    silent = replace(content, answers=replace(ANSWERS, **{question: " \n"}))
    assert places(silent) == {f"answers.{question}": FaultCode.UNANSWERED}


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
@pytest.mark.parametrize("question", QUESTIONS)
def test_each_answer_needs_evidence(content: ReportContent, question: str) -> None:
    without = {name: files for name, files in ANSWERS.evidence.items() if name != question}
    assert places(replace(content, answers=replace(ANSWERS, evidence=without))) == {
        f"answers.evidence.{question}": FaultCode.NO_EVIDENCE
    }


def test_evidence_that_is_not_attached_shows_nothing() -> None:
    found = faults(UNPAID, History(), TODAY, ["other.pdf"])
    assert [one.code for one in found] == [FaultCode.NO_EVIDENCE] * 4


def test_named_evidence_is_believed_where_nobody_says_what_is_attached() -> None:
    assert faults(UNPAID, History(), TODAY) == []


# unpaid


def test_unpaid_can_be_filed_fourteen_days_after_it_was_due_and_not_before() -> None:
    reminders = (Reminder(date(2026, 5, 14), Channel.MAIL), Reminder(date(2026, 5, 15), Channel.PHONE, True))
    in_time = replace(UNPAID, due_on=TODAY - timedelta(days=14))
    assert codes(in_time) == set()
    assert codes(replace(in_time, due_on=TODAY - timedelta(days=13), reminders=reminders)) == {FaultCode.NOT_DUE}


def test_debt_that_is_due_in_the_future_is_not_due() -> None:
    assert FaultCode.NOT_DUE in codes(replace(UNPAID, due_on=TODAY + timedelta(days=1)))


def test_unpaid_needs_a_due_date() -> None:
    assert codes(replace(UNPAID, due_on=None)) == {FaultCode.MISSING}


@pytest.mark.parametrize(
    "reminders",
    [
        (),
        UNPAID.reminders[1:],
        (UNPAID.reminders[1], UNPAID.reminders[1]),
        (Reminder(date(2026, 5, 10), Channel.MAIL), UNPAID.reminders[1]),
        (Reminder(date(2026, 5, 1), Channel.MAIL), UNPAID.reminders[1]),
    ],
    ids=["none", "one", "the same twice", "two on one day", "one on the due date itself"],
)
def test_two_reminders_on_different_days_after_the_due_date_are_needed(reminders: tuple[Reminder, ...]) -> None:
    assert FaultCode.TOO_FEW_REMINDERS in codes(replace(UNPAID, reminders=reminders))


def test_reminder_of_a_day_to_come_does_not_count() -> None:
    early = (UNPAID.reminders[1], Reminder(TODAY + timedelta(days=1), Channel.MAIL))
    assert codes(replace(UNPAID, reminders=early)) == {FaultCode.TOO_FEW_REMINDERS, FaultCode.FUTURE}


def test_one_reminder_must_be_of_a_person() -> None:
    automatic = tuple(replace(reminder, by_person=False) for reminder in UNPAID.reminders)
    assert codes(replace(UNPAID, reminders=automatic)) == {FaultCode.NO_PERSON}


def test_letter_of_a_person_before_it_was_due_is_no_reminder_of_a_person() -> None:
    before = Reminder(date(2026, 4, 20), Channel.LETTER, by_person=True)
    automatic = tuple(replace(reminder, by_person=False) for reminder in UNPAID.reminders)
    assert codes(replace(UNPAID, reminders=(before, *automatic))) == {FaultCode.NO_PERSON}


def test_buyer_must_have_been_warned() -> None:
    assert codes(replace(UNPAID, warned_on=None)) == {FaultCode.NOT_WARNED}


def test_disputed_debt_is_not_reported() -> None:
    assert codes(replace(UNPAID, disputed=True)) == {FaultCode.DISPUTED}
    assert codes(replace(REFUSED, disputed=True)) == {FaultCode.DISPUTED}


@pytest.mark.parametrize(
    "told",
    [
        "身に覚えがないと言われた",
        "注文した覚えはないとのこと",
        "注文していないと連絡がありました",
        "定期便は解約したはずだと主張",
        "なりすましではないかと言われた",
        "She says she never ordered it",
        "He claims the bill is for a cancelled subscription",
        "The buyer disputes the charge",
    ],
)
def test_order_that_the_buyer_denies_is_disputed(told: str) -> None:
    for content in (UNPAID, REFUSED):
        assert codes(replace(content, replies=told)) == {FaultCode.DISPUTED}


def test_what_would_have_ended_by_now_is_not_taken() -> None:
    for content, years in ((UNPAID, 5), (REFUSED, 2), (CLAIM, 2)):
        last = content.happened_on.replace(year=content.happened_on.year + years)
        before = faults(content, History(), last, FILES)
        after = faults(content, History(), last + timedelta(days=1), FILES)
        assert (before, [one.code for one in after]) == ([], [FaultCode.TOO_OLD])


def test_floor_is_a_thousand_yen() -> None:
    assert codes(replace(UNPAID, amount=Decimal(1_000))) == set()
    assert codes(replace(UNPAID, amount=Decimal(999))) == {FaultCode.BELOW_FLOOR}


def test_what_was_paid_so_far_does_not_count_to_the_floor() -> None:
    part = PartPayment(date(2026, 5, 6), Decimal(11_801))
    assert left_to_pay(replace(UNPAID, payments=(part,))) == Decimal(999)
    assert codes(replace(UNPAID, payments=(part,))) == {FaultCode.BELOW_FLOOR}


def test_paid_order_is_not_reported() -> None:
    all_of_it = PartPayment(date(2026, 5, 6), Decimal(12_800))
    assert codes(replace(UNPAID, payments=(all_of_it,))) == {FaultCode.PAID}


def test_amount_must_be_told() -> None:
    assert codes(replace(UNPAID, amount=Decimal(0))) == {FaultCode.BELOW_FLOOR}


def test_currency_without_a_floor_is_not_taken() -> None:
    assert codes(replace(UNPAID, currency="USD")) == {FaultCode.NO_FLOOR}
    limits = Limits(floors={"USD": Decimal(10)})
    assert codes(replace(UNPAID, currency="USD"), limits=limits) == set()


@pytest.mark.parametrize("payment", [PaymentKind.PREPAID, PaymentKind.BANK_TRANSFER])
def test_prepaid_order_that_never_shipped_is_no_debt(payment: PaymentKind) -> None:
    waiting = replace(UNPAID, payment=payment, shipped_on=None, delivered_on=None)
    assert FaultCode.NO_DEBT in codes(waiting)
    assert codes(replace(UNPAID, payment=payment)) == set()


@pytest.mark.parametrize("payment", [PaymentKind.PAY_LATER_PROVIDER, PaymentKind.CARD, PaymentKind.WALLET])
def test_what_a_provider_collects_is_not_owed_to_the_shop(payment: PaymentKind) -> None:
    assert codes(replace(UNPAID, payment=payment)) == {FaultCode.PROVIDERS_DEBT}


def test_goods_must_have_been_delivered() -> None:
    assert codes(replace(UNPAID, delivered_on=None)) == {FaultCode.NOT_SHIPPED}


# refused, and the others


def test_refusal_is_of_a_parcel_paid_on_delivery() -> None:
    assert codes(replace(REFUSED, payment=PaymentKind.PREPAID)) == {FaultCode.NOT_COD}


@pytest.mark.parametrize(("field", "nothing"), [("shipped_on", None), ("refused_on", None), ("return_reason", "")])
def test_refusal_needs_the_facts_of_the_return(field: str, nothing: object) -> None:
    assert places(replace(REFUSED, **{field: nothing})) == {field: FaultCode.MISSING}


@pytest.mark.parametrize("reason", ["破損のため返送", "誤配", "配送遅延", "Damaged in transit", "misdirected"])
def test_return_that_is_the_carriers_fault_is_no_refusal(reason: str) -> None:
    assert codes(replace(REFUSED, return_reason=reason)) == {FaultCode.CARRIERS_FAULT}


@pytest.mark.parametrize("reason", ["受取辞退", "長期不在", "保管期限切れ", "住所不明", "Refused by addressee"])
def test_carriers_usual_reasons_are_refusals(reason: str) -> None:
    assert codes(replace(REFUSED, return_reason=reason)) == set()


@pytest.mark.parametrize("field", ["delivered_on", "replies"])
def test_claim_needs_delivery_and_what_was_claimed(field: str) -> None:
    nothing = None if field == "delivered_on" else ""
    assert places(replace(CLAIM, **{field: nothing})) == {field: FaultCode.MISSING}


def test_prank_order_needs_a_contact_as_name_and_address_may_be_a_victims() -> None:
    assert codes(replace(PRANK, party=dataclasses.replace(BUYER, phones=(), emails=()))) == {FaultCode.NO_CONTACT}


@pytest.mark.parametrize("content", [RESALE, OTHER], ids=["resale", "other"])
def test_other_cases_need_to_say_what_they_are_about(content: ReportContent) -> None:
    assert places(replace(content, items="", note="")) == {"note": FaultCode.MISSING}


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_name_alone_is_nobody(content: ReportContent) -> None:
    assert FaultCode.NO_IDENTIFIER in codes(replace(content, party=Party(name="見本 太郎")))


# days that cannot be


@pytest.mark.parametrize(
    "field", ["ordered_on", "shipped_on", "delivered_on", "refused_on", "warned_on", "complained_on"]
)
def test_day_to_come_is_refused(field: str) -> None:
    assert (field, FaultCode.FUTURE) in {
        (one.field, one.code)
        for one in faults(replace(UNPAID, **{field: TODAY + timedelta(days=1)}), History(), TODAY, FILES)
    }


@pytest.mark.parametrize(
    ("field", "on"),
    [
        ("shipped_on", date(2026, 3, 31)),
        ("delivered_on", date(2026, 4, 1)),
        ("due_on", date(2026, 3, 31)),
        ("warned_on", date(2026, 3, 31)),
    ],
)
def test_day_before_what_it_follows_is_refused(field: str, on: date) -> None:
    assert places(replace(UNPAID, **{field: on}))[field] is FaultCode.OUT_OF_ORDER


def test_return_before_the_parcel_was_shipped_is_refused() -> None:
    assert places(replace(REFUSED, refused_on=date(2026, 4, 1))) == {"refused_on": FaultCode.OUT_OF_ORDER}


def test_payment_and_reminder_before_the_order_are_refused() -> None:
    before = date(2026, 3, 31)
    content = replace(
        UNPAID,
        payments=(PartPayment(before, Decimal(1)),),
        reminders=(Reminder(before, Channel.MAIL), *UNPAID.reminders),
    )
    assert places(content) == {
        "payments[0].on": FaultCode.OUT_OF_ORDER,
        "reminders[0].on": FaultCode.OUT_OF_ORDER,
    }


# marks and completeness


def test_complaint_in_the_thirty_days_before_is_marked() -> None:
    for days, marked in ((0, True), (30, True), (31, False)):
        complained = replace(UNPAID, complained_on=TODAY - timedelta(days=days))
        assert (Mark.RETALIATION in marks(complained, TODAY)) is marked


def test_complaint_after_filing_is_no_mark() -> None:
    assert marks(replace(UNPAID, complained_on=TODAY + timedelta(days=1)), TODAY) == []


@pytest.mark.parametrize("told", ["父親から電話がありました", "学生だと言われました", "Her parents called"])
def test_doubt_of_age_is_marked_and_leaves_the_decision_to_the_office(told: str) -> None:
    content = replace(UNPAID, replies=told)
    assert marks(content, TODAY) == [Mark.AGE_DOUBT]
    assert codes(content) == set()


def test_full_report_is_complete_and_an_empty_one_is_not() -> None:
    assert completeness(UNPAID, FILES) == 100
    bare = ReportContent("1", Category.UNPAID, Party(), date(2026, 4, 1))
    assert completeness(bare, ()) == 0


def test_each_thing_that_is_there_makes_it_more_complete() -> None:
    assert completeness(UNPAID, ()) < completeness(UNPAID, FILES)
    assert completeness(replace(UNPAID, tracking=""), FILES) < 100
