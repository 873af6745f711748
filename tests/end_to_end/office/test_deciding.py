"""The office: every decision by a person who may take it, with its reason; four eyes where the rule wants them."""

import json

import pytest

from .association import Association
from .invented import ANSWERS, ago, refused, unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own


def claim(number: int) -> dict[str, object]:
    """A report on an invented claim, of the category that two persons decide."""
    words = {"ground": "破損したとの申し出ですが、写真は別の商品です。", "fits": "虚偽の申し出による返金の要求です。"}
    return unpaid(
        number,
        order_id=f"M-{number}",
        category="malicious_claim",
        payment="card",
        due_on=None,
        reminders=[],
        replies="写真のとおり壊れていた、返金してほしい。",
        complained_on=ago(100),
        answers=ANSWERS | words,
    )


def take(shared: Association, report: str) -> None:
    shared.centre.run("registry", "office", "take", report)


@pytest.mark.parametrize("action", ["accept", "return", "reject"])
def test_no_decision_without_a_reason(shared: Association, action: str) -> None:
    done = shared.centre.try_to("registry", "office", action, "R-0000000000")
    assert done.returncode == 2
    assert "--reason" in done.stderr


def test_a_report_in_one_pair_of_hands_is_nobody_elses(shared: Association) -> None:
    report = shared.file("shop-a", refused(300))
    take(shared, report)
    with shared.centre.signed_in("baba") as other:
        taken = other.try_to("registry", "office", "take", report)
        decided = other.try_to("registry", "office", "reject", report, "--reason", "証拠がありません。")
        assert (taken.returncode, decided.returncode) == (1, 1)
        assert "審査中" in taken.stderr
        assert "審査中" in decided.stderr
    shared.centre.run("registry", "office", "put-back", report)
    with shared.centre.signed_in("baba") as other:
        other.run("registry", "office", "take", report)
        other.run("registry", "office", "reject", report, "--reason", "証拠がこの注文のものではありません。")
    (act,) = [each for each in shared.office("acts", report) if each["after"] == "rejected"]
    assert (act["by"], act["before"]) == ("baba", "submitted")
    assert act["reason"] == "証拠がこの注文のものではありません。"
    mine = next(each for each in shared.reports("shop-a") if each["id"] == report)
    assert (mine["state"], mine["reason"]) == ("rejected", "証拠がこの注文のものではありません。")


def test_next_gives_two_people_two_reports(shared: Association) -> None:
    filed = {shared.file("shop-b", refused(number)) for number in (301, 302)}
    given = set()
    for account in ("chiba", "doi"):
        with shared.centre.signed_in(account):
            given.add(shared.office("next", "--category", "cod_refused")["id"])
    assert len(given) == 2
    assert given & filed


def test_a_malicious_claim_takes_two_persons(shared: Association) -> None:
    report = shared.file("shop-a", claim(310))
    take(shared, report)
    assert shared.office("accept", report, "--reason", "写真を確かめました。")["entry"] is None
    again = shared.office("accept", report, "--reason", "もう一度")
    assert (again["checked_by"], again["entry"]) == (["aoki"], None), "the same person is not a second one"
    with shared.centre.signed_in("baba"):
        assert report in json.dumps(shared.office("queue", "--second"))
        accepted = shared.office("accept", report, "--reason", "私も確かめました。")
    assert accepted["checked_by"] == ["aoki", "baba"]
    assert accepted["entry"]["state"] == "pending"


def test_what_shall_hold_takes_two_persons(shared: Association) -> None:
    report = shared.file("shop-a", refused(311))
    take(shared, report)
    assert shared.office("accept", report, "--hold", "--reason", "確かめました。")["entry"] is None
    assert shared.office("accept", report, "--hold", "--reason", "もう一度")["entry"] is None, "no second one"
    with shared.centre.signed_in("baba"):
        take(shared, report)
        accepted = shared.office("accept", report, "--hold", "--reason", "私も確かめました。")
    assert accepted["checked_by"] == ["aoki", "baba"]
    assert accepted["entry"]["state"] == "pending"


def test_nobody_decides_a_case_of_their_own_shop(shared: Association) -> None:
    shared.centre.run("registry", "office", "affiliated", "endo", "shop-b", "--reason", "staff")
    report = shared.file("shop-b", unpaid(320))
    with shared.centre.signed_in("endo") as owner:
        for action in (("take",), ("accept", "--reason", "よく知っています。"), ("reject", "--reason", "不要です。")):
            done = owner.try_to("registry", "office", action[0], report, *action[1:])
            assert done.returncode == 1, action
        given = owner.try_to("registry", "office", "next", "--json")
        assert report not in given.stdout
        own = owner.try_to("registry", "office", "affiliated", "endo", "shop-b", "--end")
        assert own.returncode == 1, "somebody else has to say that they left"


def test_a_returned_report_is_completed_and_filed_again(shared: Association) -> None:
    report = shared.file("shop-a", unpaid(330))
    take(shared, report)
    shared.centre.run("registry", "office", "return", report, "--reason", "納品書を付けてください。")
    mine = next(each for each in shared.reports("shop-a") if each["id"] == report)
    assert (mine["state"], mine["reason"]) == ("returned", "納品書を付けてください。")
    refused_now = shared.centre.try_to("registry", "office", "accept", report, "--reason", "やはり十分です。")
    assert refused_now.returncode == 1
    assert shared.file("shop-a", unpaid(330, note="納品書を加えました。")) == report
    assert report in json.dumps(shared.office("queue"))
