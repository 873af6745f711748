"""Bad reports: each refused in words that a shop owner understands, in both languages, and nothing half done."""

import json
import secrets
import subprocess
from typing import Any

import pytest

from .association import Association
from .invented import ANSWERS, ago, evidence, party, refused, unpaid
from .wire import Reporter, in_both, understandable

pytestmark = pytest.mark.timeout(600)  # the first one founds the association


def explained(done: subprocess.CompletedProcess[str], *words: str) -> str:
    """What a refused command says: in both languages, without any inside of the program."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert in_both(done.stderr), done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)
    return done.stderr


BAD_FIELDS: list[tuple[str, dict[str, Any], str]] = [
    ("era that never had the day", {"ordered_on": "平成40年5月1日"}, "ordered_on"),
    ("era day that does not exist", {"ordered_on": "令和8年2月30日"}, "ordered_on"),
    ("day that does not exist", {"due_on": "2026-02-30"}, "due_on"),
    ("day to come", {"ordered_on": ago(-30)}, "ordered_on"),
    ("shipped before it was ordered", {"shipped_on": ago(200)}, "shipped_on"),
    ("negative money", {"amount": "-12800"}, "amount"),
    ("money that is none", {"amount": "NaN"}, "amount"),
    ("money without end", {"amount": "Infinity"}, "amount"),
    ("money too large", {"amount": "1e30"}, "amount"),
    ("fraction of a yen", {"amount": "12800.5"}, "amount"),
    ("foreign money", {"currency": "USD", "amount": "120.00"}, "currency"),
    ("no currency", {"currency": "円だま"}, "currency"),
    ("below the floor", {"amount": "999"}, "amount"),
    ("due a few days ago", {"due_on": ago(13)}, "due_on"),
    ("one reminder", {"reminders": [{"on": ago(40), "channel": "mail", "by_person": True}]}, "reminders"),
    (
        "two reminders of one day",
        {"reminders": [{"on": ago(40), "channel": way, "by_person": True} for way in ("mail", "letter")]},
        "reminders",
    ),
    (
        "reminders by machines only",
        {"reminders": [{"on": ago(day), "channel": "mail", "by_person": False} for day in (60, 40)]},
        "reminders",
    ),
    ("no warning given", {"warned_on": None}, "warned_on"),
    ("an open dispute", {"disputed": True}, "disputed"),
    ("a buyer who may be a minor", {"age_doubt": True}, "age_doubt"),
    ("a question unanswered", {"answers": ANSWERS | {"ground": ""}}, "answers.ground"),
    ("a category there is not", {"category": "blacklist"}, "category"),
    ("a provider's invoice", {"payment": "pay_later_provider"}, "payment"),
    ("nobody", {"party": {}}, "party"),
]


@pytest.mark.parametrize(
    ("changed", "field"), [case[1:] for case in BAD_FIELDS], ids=[case[0] for case in BAD_FIELDS]
)
def test_a_field_that_is_wrong_is_named(reporter: Reporter, changed: dict[str, Any], field: str) -> None:
    bad = unpaid(100, order_id=f"BAD-{secrets.token_hex(4)}") | changed
    faults = reporter.faults(bad)
    told = {name: text for name, text in faults.items() if name.startswith(field) or field in text}
    assert told, faults
    assert all(in_both(text) for text in told.values()), told
    answered = reporter.file(bad)
    assert answered.status_code in (400, 422), answered.text
    understandable(answered)


def test_the_usual_report_of_these_tests_is_right(reporter: Reporter) -> None:
    assert reporter.faults(unpaid(102)) == {}
    assert reporter.faults(refused(102)) == {}
    filed = reporter.file(unpaid(102))
    assert filed.status_code == 200, filed.text
    assert {"report", "act", "salt", "commitment"} <= set(filed.json())


def test_a_day_in_era_years_and_money_as_written_are_read(reporter: Reporter) -> None:
    spelt = unpaid(101, ordered_on="令和8年1月5日", shipped_on="2026年1月6日", delivered_on="2026/01/08")
    shown = reporter.draft(spelt | {"due_on": "R8.2.10", "amount": "１２，８００円"})
    assert shown.status_code == 200, shown.text
    content = shown.json()["content"]
    assert (content["ordered_on"], content["due_on"], content["amount"]) == ("2026-01-05", "2026-02-10", "12800")


TEXTS = ["carrier", "tracking", "items", "replies", "note", "return_reason", "order_number"]


@pytest.mark.parametrize("field", TEXTS)
def test_a_script_in_a_text_is_refused_or_kept_as_text(reporter: Reporter, field: str) -> None:
    script = "<script>alert(1)</script>"
    answered = reporter.draft(refused(110, order_id=f"X-{field}") | {field: script})
    if answered.status_code == 200:
        assert answered.headers["Content-Type"].startswith("application/json")
        assert answered.json()["content"][field] == script
    else:
        understandable(answered)


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_without_end_is_refused(reporter: Reporter, field: str) -> None:
    understandable(reporter.file(refused(112, order_id=f"X-long-{field}") | {field: "長" * 19_000}))


def test_control_characters_reach_no_terminal(shared: Association) -> None:
    escape = "\x1b]0;owned\x07\x1b[2J"
    done = shared.try_to_file("shop-a", refused(111, order_id="X-escape", items=f"お茶{escape}"))
    if done.returncode == 0:
        shown = shared.centre.run("registry", "office", "show", json.loads(done.stdout)["id"])
        assert "\x1b" not in shown
    else:
        assert "\x1b" not in explained(done, "items")


FORBIDDEN = [
    ("国籍は中国です。", "nationality"),
    ("精神病の方のようです。", "illness"),
    ("前科があるそうです。", "crime"),
    ("詐欺師です。", "crime"),
    ("生活保護を受けています。", "means"),
    ("創価学会の信者です。", "religion"),
    ("バカな客です。", "insult"),
    ("He is a convicted criminal.", "crime"),
    ("She is mentally ill.", "illness"),
    ("The buyer is Chinese.", "nationality"),
    ("A complete idiot.", "insult"),
    ("前　科者", "spaced"),
    ("ﾊﾞｶ", "half width"),
]


@pytest.mark.parametrize(("text", "kind"), FORBIDDEN, ids=[f"{kind}-{n}" for n, (_, kind) in enumerate(FORBIDDEN)])
def test_what_a_buyer_is_has_no_place_in_a_report(reporter: Reporter, text: str, kind: str) -> None:
    report = unpaid(120, order_id=f"BAD-{secrets.token_hex(4)}", note=f"連絡がつきません。{text}")
    faults = reporter.faults(report)
    told = {name: said for name, said in faults.items() if "note" in name or "note" in said}
    assert told, faults
    assert all(in_both(said) for said in told.values())
    assert reporter.file(report).status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        "中国地方への配送でした。",
        "病院宛ての荷物です。",
        "韓国のり 3袋の代金です。",
        "The parcel went to a hospital reception.",
        "お届け先は教会の隣です。",
    ],
)
def test_plain_facts_with_alike_words_may_be_said(reporter: Reporter, text: str) -> None:
    assert reporter.faults(unpaid(121, order_id="OK-1", note=text)) == {}


def test_the_same_order_is_not_reported_twice(shared: Association, reporter: Reporter) -> None:
    first = shared.file("shop-a", unpaid(130))
    said = explained(shared.try_to_file("shop-a", unpaid(130)))
    assert first in said or "U-130" in said, said
    assert [each["id"] for each in shared.reports("shop-a") if each["order_id"] == "U-130"] == [first]
    assert reporter.file(unpaid(130)).status_code == 200, "another shop's order of the same number is another one"
    understandable(reporter.file(unpaid(130)))


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "-5", "due_on": "2026-02-30", "category": "blacklist"},
        {"amount": "999", "due_on": ago(13), "warned_on": None},
    ],
    ids=["cannot be read", "against the rules"],
)
def test_all_that_is_wrong_is_named_in_one_run(shared: Association, changed: dict[str, Any]) -> None:
    """The rules are held against what could be read whole."""
    done = shared.try_to_file("shop-a", unpaid(131, **changed))
    explained(done, *changed)
    assert not [each for each in shared.reports("shop-a") if each["order_id"] == "U-131" and each["state"] != "draft"]


@pytest.mark.parametrize("given", ["", "[]", "{", "null", '{"order_id": 5}', "注文1001が未払いです"])
def test_what_is_no_report_is_refused(shared: Association, given: str) -> None:
    explained(shared.shops["shop-a"].try_to("report", "file", "-", given=given))


def test_a_report_on_another_members_people_is_seen(shared: Association) -> None:
    """Refused, or marked so that the office sees it: by the phone number of the other shop's owner."""
    owner = party(140)
    particulars = {
        "legal_name": "見本商店",
        "representative": owner["name"],
        "address": "東京都港区芝公園1-12-9",
        "phone": owner["phones"][0],
        "mail": owner["emails"][0],
        "site": "https://shop-c.example.jp",
        "bank_account": "0000-000-0000000",
    }
    shared.centre.run("registry", "members", "describe", "shop-c", "-", given=json.dumps(particulars))
    done = shared.try_to_file("shop-a", unpaid(140))
    if done.returncode == 1:
        explained(done)
    else:
        assert shared.office("show", json.loads(done.stdout)["id"])["marks"]


def test_evidence_that_an_answer_names_must_be_there(shared: Association) -> None:
    without = {name: data for name, data in evidence().items() if name != "slip.png"}
    explained(shared.try_to_file("shop-a", unpaid(141), without), "slip.png")
    assert not [each for each in shared.reports("shop-a") if each["order_id"] == "U-141" and each["state"] != "draft"]
