"""Who must not be reported, what is no ground for a report, and what no report may say."""

import dataclasses

import pytest
from msgspec.structs import replace

from shopguard.registry.reports.model import ReportContent
from shopguard.registry.reports.rules import History, Limits, faults
from shopguard.registry.reports.wording import QUESTIONS, FaultCode
from tests.unit import report_samples as sample

# who must not be reported


@pytest.mark.parametrize("content", sample.EACH.values(), ids=sample.EACH)
def test_buyer_whose_age_is_in_doubt_is_not_reported(content: ReportContent) -> None:
    assert sample.codes(replace(content, age_doubt=True)) == {FaultCode.AGE}


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
    for content in sample.EACH.values():
        assert FaultCode.AGE in sample.codes(replace(content, note=told))


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
    assert sample.codes(replace(sample.UNPAID, note=told)) == set()


def test_goods_for_children_do_not_make_the_buyer_one() -> None:
    assert sample.codes(replace(sample.UNPAID, items="高校生の数学、12歳までの英語")) == set()


@pytest.mark.parametrize("content", sample.EACH.values(), ids=sample.EACH)
def test_nobody_reports_their_own_people(content: ReportContent) -> None:
    assert sample.codes(content, History(is_own_person=True)) == {FaultCode.OWN_PERSON}


@pytest.mark.parametrize("content", sample.EACH.values(), ids=sample.EACH)
def test_person_of_another_member_is_not_reported(content: ReportContent) -> None:
    assert sample.codes(content, History(is_member_person=True)) == {FaultCode.MEMBER_PERSON}


@pytest.mark.parametrize("content", sample.EACH.values(), ids=sample.EACH)
def test_same_order_is_reported_once(content: ReportContent) -> None:
    assert sample.codes(content, History(own_order_reports=1)) == {FaultCode.SAME_ORDER}


def test_orders_of_malls_need_the_registry_to_take_them() -> None:
    assert sample.codes(replace(sample.UNPAID, mall=True)) == {FaultCode.MALL}
    assert sample.codes(replace(sample.UNPAID, mall=True), limits=Limits(mall_orders=True)) == set()


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
    for content in sample.EACH.values():
        assert FaultCode.CREDIT_CHECK in sample.codes(
            replace(content, answers=replace(sample.ANSWERS, ground=ground))
        )


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
    assert sample.codes(replace(sample.UNPAID, replies=told)) == {FaultCode.CANNOT_PAY}


@pytest.mark.parametrize(
    "told", ["払わないと言われた", "後で払うと言ったきり", "He says he will not pay", "商品が違うと言う"]
)
def test_plain_unwillingness_is_reported(told: str) -> None:
    assert sample.codes(replace(sample.UNPAID, replies=told)) == set()


@pytest.mark.parametrize(
    "ground",
    ["低評価のレビューを書かれた", "口コミで酷評された", "Left a bad review", "A one-star rating on the shop"],
)
def test_bad_review_is_no_ground(ground: str) -> None:
    for category in (sample.CLAIM, sample.OTHER, sample.RESALE):
        assert FaultCode.REVIEW in sample.codes(replace(category, answers=replace(sample.ANSWERS, ground=ground)))


@pytest.mark.parametrize(
    "ground",
    [
        "低評価のレビューを書くと言って全額の返金を要求した",
        "Demanded a refund in exchange for no bad review",
    ],
)
def test_demand_made_with_a_review_may_be_reported(ground: str) -> None:
    assert sample.codes(replace(sample.CLAIM, answers=replace(sample.ANSWERS, ground=ground))) == set()


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
    for content in (sample.REFUSED, sample.CLAIM, sample.OTHER):
        assert FaultCode.RETURN in sample.codes(replace(content, note=told))


@pytest.mark.parametrize(
    "told", ["返品期間を過ぎてからの返品", "返品の規約内ではない要求", "not within our return policy"]
)
def test_return_outside_the_policy_may_be_reported(told: str) -> None:
    assert sample.codes(replace(sample.CLAIM, note=told)) == set()


@pytest.mark.parametrize("field", ["note", "replies", "return_reason", "items"])
def test_forbidden_content_is_refused_wherever_it_stands(field: str) -> None:
    found = faults(
        replace(sample.REFUSED, **{field: "受取辞退、外国人らしい"}), History(), sample.TODAY, sample.FILES
    )
    assert [(one.field, one.code) for one in found] == [(field, FaultCode.FORBIDDEN)]
    assert "国籍" in found[0].text
    assert "nationality" in found[0].text
    assert "外国人" not in found[0].text


@pytest.mark.parametrize("question", QUESTIONS)
def test_forbidden_content_is_refused_in_answers(question: str) -> None:
    told = replace(sample.UNPAID, answers=replace(sample.ANSWERS, **{question: "この人は詐欺師だ"}))
    assert sample.places(told) == {f"answers.{question}": FaultCode.FORBIDDEN}


def test_names_and_addresses_may_hold_any_word() -> None:
    party = dataclasses.replace(sample.BUYER, name="外国人 馬鹿", company="労働組合", lines=("同和町1-1",))
    assert sample.codes(replace(sample.UNPAID, party=party)) == set()
