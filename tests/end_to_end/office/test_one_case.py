"""One report on its whole way: filed, accepted, told, served, contested, erased."""

import json
import re
from pathlib import Path

import pytest

from .association import Association, eventually
from .invented import party, unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own


def test_a_person_is_told_then_listed_then_heard_then_erased(running: Association) -> None:
    quality = running.office("quality", "shop-a")
    report = running.file("shop-a", unpaid(1))
    waiting = [each for each in running.office("queue")["reports"] if each["id"] == report]
    assert [(each["id"], each["category"], each["member"]) for each in waiting] == [(report, "unpaid", "shop-a")]
    assert "渡邊" not in json.dumps(waiting, ensure_ascii=False)
    shown = running.office("next")
    assert (shown["id"], len(shown["files"])) == (report, 3)
    entry = running.accept(report)
    assert not running.matches("shop-b", 1), "accepted alone is not served"

    _, letter = running.notice()
    assert party(1)["name"] in letter
    for word in ("ブラックリスト", "詐欺", "犯罪", "blacklist", "fraud", "crime", "shop-a"):
        assert word not in letter
    code = running.send_notice()
    running.days_pass(13.5)
    eventually(lambda: running.person("look", code=code).ok, "the registry read the clock")
    assert not running.matches("shop-b", 1), "pending is told to no other shop"
    assert running.person("look", code=code).json()["served"] is False

    running.days_pass(1.5)
    eventually(lambda: running.state(code) == "active", "it is served once the days are over")
    (match,) = eventually(lambda: running.matches("shop-b", 1), "members are told of it")
    assert (match["category"], match["reporters"], match["strength"]) == ("unpaid", 1, "strong")
    assert running.screened("shop-b", 1)["verdict"] == "flag", "one shop's word stops no order"
    found = json.dumps(_search(running, "代引きの注文 #77 の確認"))
    assert "unpaid" in found
    assert party(1)["phones"][0] not in found
    seen = running.person("look", code=code).json()
    assert seen["served"] is True
    assert "shop-a" not in json.dumps(seen)

    acts = running.office("acts", report)
    assert {"report_received", "report_checked"} <= {each["what"] for each in acts}
    assert all(each["by"] and each["at"] for each in acts)
    asked = running.person("requests", kind="contest", code=code, text="期日の前に支払いました。").json()
    assert asked["served"] is False
    assert not running.matches("shop-b", 1), "contested is unserved at once"
    assert "unpaid" not in json.dumps(_search(running, "代引きの注文 #78 の確認"))
    written = running.letters()
    assert {("reporter_told", "member:shop-a"), ("received", "person")} <= {
        (each["what"], each["to"]) for each in written
    }

    running.centre.run(
        "registry", "persons", "answer", "overturn", asked["request"], "--reason", "支払いを確認しました。"
    )
    status = running.person("requests/status", receipt=asked["receipt"]).json()
    assert (status["state"], status["outcome"]) == ("answered", "erased")
    assert [each["leaf"][0] for each in status["log"]] == ["request_received", "request_decided"]
    assert running.state(code) == "erased"
    assert not running.matches("shop-b", 1)
    assert running.office("quality", "shop-a") != quality
    assert entry not in json.dumps(running.office("deadlines", "--days", "3650"))
    _nothing_left(running.centre.home)


def _search(association: Association, case: str) -> object:
    return association.searched("shop-b", phone=party(1)["phones"][0], email=party(1)["emails"][0], case=case)


def _nothing_left(home: Path) -> None:
    """No file of the centre has in clear what stands for the person."""
    telling = [party(1)["phones"][0], "9000003001", party(1)["emails"][0], "芝公園2-1-2", "渡邊 太郎", "渡邊 健一"]
    for path in home.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert not [text for text in telling if text.encode() in held], path.name


def test_what_nobody_decides_in_thirty_days_is_erased(running: Association) -> None:
    _, entry, code = running.list_now("shop-a", unpaid(2))
    asked = running.person("requests", kind="contest", code=code, text="別の人です。").json()
    due = running.office("deadlines", "--days", "40")
    assert any(entry in json.dumps(each) for each in due), "the deadline is visible"
    running.days_pass(29)
    eventually(lambda: "fault" not in asked and running.state(code) == "contested", "still being checked")
    assert not running.matches("shop-b", 2)
    assert entry in json.dumps(running.office("warnings")), "the office was warned before the day"
    running.days_pass(3)
    eventually(lambda: running.state(code) == "erased", "what cannot be proved is deleted")
    status = running.person("requests/status", receipt=asked["receipt"]).json()
    assert status["outcome"] == "erased"


def test_an_extension_is_granted_once(running: Association) -> None:
    _, entry, code = running.list_now("shop-a", unpaid(3))
    running.person("requests", kind="contest", code=code, text="新しい事実があります。")
    running.office("extend", entry, "--reason", "運送会社の回答を待っています。")
    again = running.centre.try_to("registry", "office", "extend", entry, "--reason", "もう一度")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
    running.days_pass(40)
    eventually(lambda: running.state(code) == "contested", "45 days are not over")
    running.days_pass(6)
    eventually(lambda: running.state(code) == "erased", "after 45 days it ends")


def test_paid_is_unserved_at_once_and_erased_within_48_hours(running: Association) -> None:
    report, _, code = running.list_now("shop-a", unpaid(4))
    assert running.matches("shop-b", 4)
    running.shops["shop-a"].run("report", "paid", report)
    assert not running.matches("shop-b", 4)
    running.days_pass(2)
    eventually(lambda: running.state(code) == "erased", "erased after 48 hours")


def test_a_notice_that_nobody_sends_ends_the_entry(running: Association) -> None:
    report = running.file("shop-a", unpaid(5))
    running.centre.run("registry", "office", "take", report)
    running.accept(report)
    _, letter = running.notice()
    found = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", letter)
    assert found
    running.days_pass(20)
    assert not running.matches("shop-b", 5), "the days do not run before it was sent"
    running.days_pass(12)
    eventually(lambda: running.state(found.group()) != "pending", "not kept without the person's knowledge")
    assert running.state(found.group()) == "erased"
    assert not running.matches("shop-b", 5)


def test_a_debt_ends_five_years_after_its_due_date(running: Association) -> None:
    _, entry, code = running.list_now("shop-a", unpaid(6))
    assert running.person("look", code=code).json()["gone_on"] <= "2032-12-31"
    running.days_pass(5 * 366)
    eventually(lambda: running.state(code) == "erased", "it ended")
    assert not running.matches("shop-b", 6)
    refused = running.centre.try_to("registry", "office", "extend", entry, "--reason", "まだ必要です。")
    assert refused.returncode == 1
