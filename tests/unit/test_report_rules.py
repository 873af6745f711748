"""What may be reported, and what not: each rule refuses what breaks it, in words, and nothing else."""

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.reports.model import Answers, Channel, Mark, PartPayment, Reminder, ReportContent
from shopguard.registry.reports.rules import History, Limits, completeness, faults, left_to_pay, marks
from shopguard.registry.reports.wording import QUESTIONS, FaultCode, fault
from shopguard.registry.reports.words import forbidden

TODAY = date(2026, 5, 15)
FILES = ("invoice.pdf",)
ANSWERS = Answers(
    ground="期日を過ぎても入金がありません",
    clear="請求書と配達記録にこの注文番号があります",
    fits="商品は届き、代金は支払われていません",
    acted="督促を2回送りました",
    evidence=dict.fromkeys(QUESTIONS, FILES),
)
BUYER = Party(
    name="見本 太郎", lines=("東京都港区芝公園4-2-8",), phones=("090-0000-0000",), emails=("taro@example.jp",)
)
UNPAID = ReportContent(
    order_id="1042",
    category=Category.UNPAID,
    party=BUYER,
    ordered_on=date(2026, 4, 1),
    payment=PaymentKind.PAY_LATER,
    items="コーヒー豆 2kg",
    amount=Decimal(12_800),
    shipped_on=date(2026, 4, 2),
    carrier="見本運輸",
    tracking="0000-0000-0000",
    delivered_on=date(2026, 4, 3),
    due_on=date(2026, 5, 1),
    reminders=(
        Reminder(date(2026, 5, 5), Channel.MAIL),
        Reminder(date(2026, 5, 10), Channel.PHONE, by_person=True),
    ),
    warned_on=date(2026, 5, 10),
    answers=ANSWERS,
)
REFUSED = replace(
    UNPAID,
    category=Category.COD_REFUSED,
    payment=PaymentKind.COD,
    delivered_on=None,
    due_on=None,
    reminders=(),
    warned_on=None,
    refused_on=date(2026, 4, 12),
    return_reason="長期不在",
)
CLAIM = replace(
    UNPAID,
    category=Category.MALICIOUS_CLAIM,
    payment=PaymentKind.CARD,
    due_on=None,
    reminders=(),
    warned_on=None,
    replies="商品が壊れていたと言うが、写真は別の商品。返金だけを求めている",
)
PRANK = replace(CLAIM, category=Category.PRANK_ORDER)
RESALE = replace(CLAIM, category=Category.RESALE_ABUSE)
OTHER = replace(CLAIM, category=Category.OTHER)
EACH = {content.category: content for content in (UNPAID, REFUSED, CLAIM, PRANK, RESALE, OTHER)}


def codes(content: ReportContent, history: History | None = None, **more: Any) -> set[FaultCode]:
    return {found.code for found in faults(content, history or History(), TODAY, FILES, **more)}


def places(content: ReportContent) -> Mapping[str, FaultCode]:
    return {found.field: found.code for found in faults(content, History(), TODAY, FILES)}


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


# who must not be reported


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_buyer_whose_age_is_in_doubt_is_not_reported(content: ReportContent) -> None:
    assert codes(replace(content, age_doubt=True)) == {FaultCode.AGE}


@pytest.mark.parametrize(
    "told",
    [
        "購入者は17歳です",
        "高校生の注文でした",
        "未成年だと家族から連絡",
        "息子が勝手に注文したと言われた",
        "平成22年生まれと聞いた",
        "2010年5月生まれ",
        "H22.5.1生。",
        "成年後見人から連絡がありました",
        "親権者が契約を取り消すと言った",
        "被災した地域の方でした",
        "The buyer is 16 years old",
        "Her son ordered it without asking",
        "a high school student",
        "born in 2012",
        "Her legal guardian called",
    ],
)
def test_minors_and_people_who_cannot_act_alone_are_not_reported(told: str) -> None:
    for content in EACH.values():
        assert FaultCode.AGE in codes(replace(content, note=told))


@pytest.mark.parametrize(
    "told",
    [
        "35歳とのこと",
        "18歳以上の確認済み",
        "昭和60年生まれの方",
        "1985年生まれ",
        "2026年4月1日生チョコを発送",
        "保証書は2010年製のもの",
        "学生服を注文",
        "minor scratches on the box",
        "a 40 year old company",
    ],
)
def test_grown_ups_and_goods_raise_no_doubt_of_age(told: str) -> None:
    assert codes(replace(UNPAID, note=told)) == set()


def test_goods_for_children_do_not_make_the_buyer_one() -> None:
    assert codes(replace(UNPAID, items="高校生の数学、12歳までの英語")) == set()


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_nobody_reports_their_own_people(content: ReportContent) -> None:
    assert codes(content, History(is_own_person=True)) == {FaultCode.OWN_PERSON}


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_person_of_another_member_is_not_reported(content: ReportContent) -> None:
    assert codes(content, History(is_member_person=True)) == {FaultCode.MEMBER_PERSON}


@pytest.mark.parametrize("content", EACH.values(), ids=EACH)
def test_same_order_is_reported_once(content: ReportContent) -> None:
    assert codes(content, History(own_order_reports=1)) == {FaultCode.SAME_ORDER}


def test_orders_of_malls_need_the_registry_to_take_them() -> None:
    assert codes(replace(UNPAID, mall=True)) == {FaultCode.MALL}
    assert codes(replace(UNPAID, mall=True), limits=Limits(mall_orders=True)) == set()


# what is no ground


@pytest.mark.parametrize(
    "ground",
    [
        "NP後払いの審査がNGでした",
        "与信で否決された購入者です",
        "後払い会社の審査に落ちた人です",
        "The provider declined the buyer",
        "Credit check failed",
    ],
)
def test_providers_refusal_is_no_ground(ground: str) -> None:
    for content in EACH.values():
        assert FaultCode.CREDIT_CHECK in codes(replace(content, answers=replace(ANSWERS, ground=ground)))


@pytest.mark.parametrize(
    "told",
    [
        "失業して払えないと連絡がありました",
        "支払えない事情を説明された",
        "分割払いを希望されました",
        "生活が苦しいとのこと",
        "自己破産の手続き中とのこと",
        "She lost her job and asked for more time to pay",
        "He cannot pay because of an accident",
    ],
)
def test_inability_that_was_explained_is_not_reported(told: str) -> None:
    assert codes(replace(UNPAID, replies=told)) == {FaultCode.CANNOT_PAY}


@pytest.mark.parametrize(
    "told", ["払わないと言われた", "後で払うと言ったきり", "He says he will not pay", "商品が違うと言う"]
)
def test_plain_unwillingness_is_reported(told: str) -> None:
    assert codes(replace(UNPAID, replies=told)) == set()


@pytest.mark.parametrize(
    "ground",
    ["低評価のレビューを書かれた", "口コミで酷評された", "Left a bad review", "A one-star rating on the shop"],
)
def test_bad_review_is_no_ground(ground: str) -> None:
    for category in (CLAIM, OTHER, RESALE):
        assert FaultCode.REVIEW in codes(replace(category, answers=replace(ANSWERS, ground=ground)))


@pytest.mark.parametrize(
    "ground",
    [
        "低評価のレビューを書くと言って全額の返金を要求した",
        "Demanded a refund in exchange for no bad review",
    ],
)
def test_demand_made_with_a_review_may_be_reported(ground: str) -> None:
    assert codes(replace(CLAIM, answers=replace(ANSWERS, ground=ground))) == set()


@pytest.mark.parametrize(
    "told",
    [
        "返品期間内に返品されました",
        "返品は規約内でした",
        "クーリングオフの申し出",
        "Returned within our return policy",
        "used the cooling-off right",
    ],
)
def test_return_inside_the_policy_is_not_reported(told: str) -> None:
    for content in (REFUSED, CLAIM, OTHER):
        assert FaultCode.RETURN in codes(replace(content, note=told))


@pytest.mark.parametrize(
    "told", ["返品期間を過ぎてからの返品", "返品の規約内ではない要求", "not within our return policy"]
)
def test_return_outside_the_policy_may_be_reported(told: str) -> None:
    assert codes(replace(CLAIM, note=told)) == set()


@pytest.mark.parametrize("field", ["note", "replies", "return_reason", "items"])
def test_forbidden_content_is_refused_wherever_it_stands(field: str) -> None:
    found = faults(replace(REFUSED, **{field: "受取辞退、外国人らしい"}), History(), TODAY, FILES)
    assert [(one.field, one.code) for one in found] == [(field, FaultCode.FORBIDDEN)]
    assert "国籍" in found[0].text
    assert "nationality" in found[0].text
    assert "外国人" not in found[0].text


@pytest.mark.parametrize("question", QUESTIONS)
def test_forbidden_content_is_refused_in_answers(question: str) -> None:
    told = replace(UNPAID, answers=replace(ANSWERS, **{question: "この人は詐欺師だ"}))
    assert places(told) == {f"answers.{question}": FaultCode.FORBIDDEN}


def test_names_and_addresses_may_hold_any_word() -> None:
    party = dataclasses.replace(BUYER, name="外国人 馬鹿", company="労働組合", lines=("同和町1-1",))
    assert codes(replace(UNPAID, party=party)) == set()


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


# the words


@given(st.sampled_from(list(FaultCode)))
def test_every_fault_has_its_sentence_in_both_languages(code: FaultCode) -> None:
    values = dict.fromkeys(
        (
            "hint_ja",
            "hint_en",
            "limit",
            "ja",
            "en",
            "words",
            "kind_ja",
            "kind_en",
            "at",
            "days",
            "count",
            "floor",
            "last",
        ),
        "x",
    )
    ja, en = fault(code, "note", **values).text.split(" / ", 1)
    assert any("ぁ" <= character <= "ん" for character in ja)
    assert en.isascii() or code in (FaultCode.BAD_DAY, FaultCode.SHORT_YEAR, FaultCode.BAD_MONEY)


def test_refusal_of_each_rule_for_unpaid_says_why_in_plain_japanese() -> None:
    nothing = ReportContent("1", Category.UNPAID, BUYER, date(2026, 4, 1), PaymentKind.PREPAID)
    told = "\n".join(map(str, faults(nothing, History(), TODAY, ())))
    for words in ("債務はありません", "配達日", "1,000 JPY", "支払期日", "予告", "ファイルを付けて"):
        assert words in told


def test_our_own_sentences_accuse_nobody() -> None:
    values = dict.fromkeys(
        (
            "hint_ja",
            "hint_en",
            "limit",
            "ja",
            "en",
            "words",
            "kind_ja",
            "kind_en",
            "at",
            "days",
            "count",
            "floor",
            "last",
        ),
        "x",
    )
    for code in FaultCode:
        assert forbidden(fault(code, "note", **values).text) == []
    for ja, en in QUESTIONS.values():
        assert forbidden(f"{ja} / {en}") == []
