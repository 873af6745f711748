"""One report on its whole way: filed, accepted, told, served, contested, erased."""

import json
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


def test_paid_is_unserved_at_once_and_erased_within_48_hours(running: Association) -> None:
    report, _, code = running.list_now("shop-a", unpaid(4))
    assert running.matches("shop-b", 4)
    running.shops["shop-a"].run("report", "paid", report)
    assert not running.matches("shop-b", 4)
    running.days_pass(2)
    eventually(lambda: running.state(code) == "erased", "erased after 48 hours")
