"""The office at the command line."""

import base64
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace as altered

from shopguard.cli.running import operator
from shopguard.model import Category
from shopguard.registry.calendar import day_of
from shopguard.registry.office.quality import Counted, count
from shopguard.registry.reports.model import Report
from shopguard.registry.signing import Signer
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.office.conftest import CONTENT, FILE, PARTY, content_on, file, somebody

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

OFFICE = ("registry", "office")
WHY = ("--reason", "shown")


@pytest.fixture
def me() -> str:
    """The account that runs the commands."""
    return operator()


def put(desk: "Desk", order: str = "1", member: str = "self", **changes: object) -> Report:
    """Put a report into the queue."""
    with desk.opened() as installation:
        home = installation.home
        content = content_on(day_of(home.clock().timestamp()))
        return file(home, member, altered(content, order_id=order, **changes))


def told(desk: "Desk", *words: str) -> Any:
    return json.loads(desk.done(*OFFICE, *words, "--json"))


def accepted(desk: "Desk", report: Report) -> str:
    """Accept a report and return the reference of its entry."""
    reference: str = told(desk, "accept", report.id, *WHY)["entry"]["reference"]
    return reference


def test_the_queue_names_reports_and_nobody(desk: "Desk") -> None:
    report = put(desk)
    shown = desk.done(*OFFICE, "queue")
    assert report.id in shown
    assert "1 waiting" in shown
    for personal in ("渡邊", "090", "taro", "芝公園"):
        assert personal not in shown


def test_the_queue_is_told_to_programs_too(desk: "Desk") -> None:
    report = put(desk)
    put(desk, "2", category=Category.COD_REFUSED, refused_on=CONTENT.ordered_on, party=somebody(1))
    page = told(desk, "queue", "--category", "unpaid")
    assert page["total"] == 1
    (row,) = page["reports"]
    assert (row["id"], row["member"], row["completeness"], row["held_by"]) == (report.id, "self", 80, None)


def test_next_takes_a_report_and_shows_all_of_it(desk: "Desk", me: str) -> None:
    report = put(desk)
    case = told(desk, "next")
    assert (case["id"], case["held_by"]) == (report.id, me)
    assert case["content"]["party"]["name"] == PARTY.name
    assert case["content"]["amount"] == "12800"


def test_next_says_when_nothing_waits(desk: "Desk") -> None:
    assert "nothing waits" in desk.done(*OFFICE, "next")
    assert told(desk, "next") is None


def test_a_report_is_shown_to_people_with_what_resembles_it(desk: "Desk") -> None:
    report = put(desk)  # the registry holds an entry on 渡邊 太郎 with another phone and the same mail
    shown = desk.done(*OFFICE, "show", report.id)
    assert "party.lines 1 芝公園4-2-8" in " ".join(shown.split())
    assert "E-1" in shown
    assert "same mailbox" in shown


def test_an_accepted_report_becomes_an_entry(desk: "Desk", me: str) -> None:
    report = put(desk)
    answer = told(desk, "accept", report.id, *WHY)
    assert (answer["checked_by"], answer["entry"]["state"], answer["entry"]["reporters"]) == (
        [me],
        "pending",
        ["self"],
    )
    assert told(desk, "queue")["total"] == 0


def test_a_report_that_takes_two_waits_for_another_account(desk: "Desk", me: str) -> None:
    report = put(desk)
    assert "second person" in desk.done(*OFFICE, "accept", report.id, "--hold", *WHY)
    assert told(desk, "queue", "--second")["reports"][0]["checked_by"] == [me]


@pytest.mark.parametrize(("command", "state"), [("return", "returned"), ("reject", "rejected")])
def test_a_report_is_returned_or_rejected(desk: "Desk", command: str, state: str) -> None:
    report = put(desk)
    desk.done(*OFFICE, command, report.id, *WHY)
    assert told(desk, "show", report.id)["state"] == state
    assert "does not wait" in desk.refused(*OFFICE, command, report.id, *WHY)


def test_no_decision_goes_without_a_reason(desk: "Desk") -> None:
    report = put(desk)
    assert desk.run(*OFFICE, "reject", report.id).exit_code == 2
    assert "say why" in desk.refused(*OFFICE, "reject", report.id, "--reason", " ")


def test_a_report_in_hand_is_put_back(desk: "Desk") -> None:
    report = put(desk)
    desk.done(*OFFICE, "take", report.id)
    assert told(desk, "queue", "--free")["total"] == 0
    desk.done(*OFFICE, "put-back", report.id)
    assert told(desk, "queue", "--free")["total"] == 1


def test_entries_are_merged_split_suspended_and_resumed(desk: "Desk") -> None:
    one, other = put(desk, "1"), put(desk, "2")
    entry, second = accepted(desk, one), accepted(desk, other)
    assert told(desk, "merge", entry, second, *WHY)["reference"] == entry
    assert "no such entry" in desk.refused(*OFFICE, "suspend", second, *WHY)
    new = told(desk, "split", entry, other.id, *WHY)
    assert (new["state"], new["reference"] != entry) == ("pending", True)
    assert told(desk, "suspend", entry, *WHY)["state"] == "suspended"
    assert told(desk, "resume", entry, *WHY)["state"] == "pending"


def test_a_report_is_accepted_into_an_entry_that_was_loaded(desk: "Desk") -> None:
    report = put(desk)
    assert told(desk, "accept", report.id, "--into", "E-1", *WHY)["entry"]["reference"] == "E-1"


@pytest.mark.parametrize("command", ["uphold", "extend", "overturn"])
def test_a_dispute_is_decided(desk: "Desk", command: str) -> None:
    entry = accepted(desk, put(desk))
    with desk.opened() as installation:
        entries = installation.home.entries
        number = entries.find(entry)
        assert number is not None
        with entries.changing(number) as connection:
            entries.contest(connection, number, "person")
    desk.done(*OFFICE, command, entry, *WHY)
    left = {"uphold": "pending", "extend": "contested", "overturn": None}[command]
    with desk.opened() as installation:
        there = installation.home.entries.find(entry)
        assert (None if there is None else installation.home.entries.get(there).state) == left


def test_deadlines_are_shown_before_they_fire(desk: "Desk") -> None:
    entry = accepted(desk, put(desk))
    suspended = told(desk, "suspend", entry, *WHY)["reference"]
    rows = told(desk, "deadlines", "--days", "32")
    assert suspended in {row["of"] for row in rows}
    assert all(0 <= row["days"] <= 32 for row in rows)
    assert suspended in desk.done(*OFFICE, "deadlines", "--days", "32")
    assert suspended not in desk.done(*OFFICE, "deadlines", "--days", "0")


def test_a_warning_is_shown_until_somebody_has_read_it(desk: "Desk") -> None:
    entry = accepted(desk, put(desk))
    with desk.opened() as installation:
        home = installation.home
        number = home.entries.find(entry)
        assert number is not None
        timer = next(iter(home.timers.of(Subject.of(SubjectKind.ENTRY, number)).values()))
        with writing(home.engine("vault")) as connection:
            home.persons.files.outbox.warn(connection, timer, 0.0)
    assert entry in desk.done(*OFFICE, "warnings")
    (warning,) = told(desk, "warnings")
    assert warning["of"] == entry
    assert told(desk, "warnings", str(warning["number"])) == []
    assert told(desk, "warnings") == []


def test_nothing_but_a_warning_can_be_read_away(desk: "Desk") -> None:
    assert desk.run(*OFFICE, "warnings", "77").exit_code == 2


def test_what_was_done_is_shown_with_its_place_in_the_log(desk: "Desk", me: str) -> None:
    report = put(desk)
    entry = accepted(desk, report)
    for subject, what in ((report.id, "report_checked"), (entry, "entry_opened")):
        (act,) = told(desk, "acts", subject)
        assert (act["what"], act["by"], act["leaf"] is not None) == (what, me, True)


def test_of_what_was_erased_who_did_what_is_still_shown(desk: "Desk", me: str) -> None:
    report = put(desk)
    entry = accepted(desk, report)
    with desk.opened() as installation:
        assert installation.home.publisher.erase(entry)
    for subject, what in ((report.id, "report_checked"), (entry, "entry_opened")):
        (act,) = told(desk, "acts", subject)
        assert (act["what"], act["by"], act["reason"], act["leaf"] is not None) == (what, me, None, True)
        assert "(erased)" in desk.done(*OFFICE, "acts", subject)
    assert "no such entry" in desk.run(*OFFICE, "acts", "E-none").stderr


def test_the_history_of_members_is_shown_with_what_it_speaks_for(desk: "Desk") -> None:
    with desk.opened() as installation, writing(installation.home.engine("vault")) as connection:
        for _ in range(10):
            count(connection, "self", Counted.FILED)
            count(connection, "self", Counted.ACCEPTED)
        for _ in range(2):
            count(connection, "self", Counted.OVERTURNED)
    (row,) = told(desk, "quality")
    assert (row["member"], row["needs_two"], row["suggestion"]) == ("self", True, "double_check")


def test_who_belongs_to_a_shop_decides_none_of_its_cases(desk: "Desk", me: str) -> None:
    public = base64.b64encode(Signer.of_seed(secrets.token_bytes(32)).public).decode()
    desk.done("registry", "members", "create", "flower-shop", "--name", "見本商店", "--key", public)
    report = put(desk, member="flower-shop")
    desk.done(*OFFICE, "affiliated", me, "flower-shop", "--reason", "owner")
    assert told(desk, "affiliated") == {me: ["flower-shop"]}
    assert told(desk, "next") is None
    assert "a shop that you belong to" in desk.refused(*OFFICE, "accept", report.id, *WHY)
    assert "somebody else" in desk.refused(*OFFICE, "affiliated", me, "flower-shop", "--end")


def test_evidence_is_written_for_its_reader_alone(desk: "Desk", tmp_path: Path) -> None:
    report = put(desk)
    (kept,) = told(desk, "show", report.id)["files"]
    target = tmp_path / "seen.pdf"
    desk.done(*OFFICE, "evidence", report.id, kept["id"], "--to", str(target))
    assert target.read_bytes() == FILE
    assert target.stat().st_mode & 0o077 == 0
