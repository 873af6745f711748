"""What a shop may not report, send or ask: each is refused with words it understands, and nothing is half done."""

from typing import TYPE_CHECKING, Any

import pytest

from shopguard.model import Party
from shopguard.registry.reports.files import MAX_FILE, MAX_FILES
from shopguard.registry.reports.model import Mark, ReportState
from shopguard.registry.reports.routes import CHECKS
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.engine import writing
from tests.integration.reports.conftest import FILES, OTHER, PDF, SHOP, UNPAID, Said, a_file

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

TARO = Party(name="渡邊 太郎", postal_code="105-0011", city="港区", lines=("芝公園4-2-8", "東京ハイツ101"))


def is_understood(said: Said, code: str) -> None:
    """A refusal in Japanese and English that quotes nothing of the person."""
    assert said.code == code, said.body
    assert " / " in said.text
    for quoted in ("太郎", "芝公園", "090-0000-1111", "taro@"):
        assert quoted not in said.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"due_on": "2026-10-25"}, "due_on"),
        ({"reminders": UNPAID["reminders"][:1]}, "reminders"),
        ({"reminders": [{**one, "by_person": False} for one in UNPAID["reminders"]]}, "reminders"),
        ({"warned_on": None}, "warned_on"),
        ({"disputed": True}, "disputed"),
        ({"amount": "999"}, "amount"),
        ({"payment": "bank_transfer", "shipped_on": None, "delivered_on": None}, "payment"),
        ({"age_doubt": True}, "age_doubt"),
        ({"mall": True}, "mall"),
        ({"answers": {**UNPAID["answers"], "acted": ""}}, "answers.acted"),
        ({"currency": "USD"}, "currency"),
        ({"ordered_on": "2027-01-01"}, "ordered_on"),
    ],
)
def test_a_report_against_the_rules_is_not_filed(registry: "Registry", changes: dict[str, Any], field: str) -> None:
    report_id = registry.draft(**changes)
    assert field in {fault["field"] for fault in registry.done("GET", f"/{report_id}")["faults"]}
    is_understood(registry.submit(report_id), "rules")
    assert registry.state(report_id) == "draft"
    assert registry.count("act") == registry.count("seen_token") == 0


@pytest.mark.parametrize("place", ["note", "replies", "items", "return_reason"])
def test_what_must_not_be_written_down_is_not_even_kept_in_a_draft(registry: "Registry", place: str) -> None:
    said = registry.ask("POST", "", {**UNPAID, place: "この人は前科があるらしい。"})
    is_understood(said, "rules")
    assert registry.count("report") == 0
    report_id = registry.draft()
    is_understood(registry.ask("PUT", f"/{report_id}", {**UNPAID, place: "この人は前科があるらしい。"}), "rules")
    assert registry.stored(report_id).content.note == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"ordered_on": "令和8年2月30日"},
        {"ordered_on": "2026-13-01"},
        {"amount": "-500"},
        {"amount": "US$120"},
        {"items": "a\u0000b"},
        {"note": "あ" * 5_000},
        {"categroy": "unpaid"},
        {"category": "fraud"},
        {"party": []},
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(registry: "Registry", changes: dict[str, Any]) -> None:
    is_understood(registry.ask("POST", "", {**UNPAID, **changes}), "unreadable")
    assert registry.count("report") == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"order_id": 1e999}'])
def test_a_body_that_is_no_report_is_refused(registry: "Registry", body: bytes) -> None:
    for method, path in (("POST", ""), ("POST", CHECKS), ("PUT", f"/{registry.draft()}")):
        is_understood(registry.ask(method, path, body), "unreadable")


def test_days_and_amounts_are_read_as_shops_write_them(registry: "Registry") -> None:
    written = {**UNPAID, "ordered_on": "令和8年8月1日", "amount": "１２，８００円", "due_on": "R8.9.1"}
    content = registry.done("POST", "", written)["content"]
    assert (content["ordered_on"], content["amount"], content["due_on"]) == ("2026-08-01", "12800", "2026-09-01")


def test_markup_stays_the_text_it_is(registry: "Registry") -> None:
    note = '<script>alert("1")</script> {{ 7*7 }} <img src=x onerror=alert(1)>'
    report_id = registry.draft(note=note)
    assert registry.done("GET", f"/{report_id}")["content"]["note"] == note
    assert registry.submit(report_id).status == 200


def test_the_same_order_is_reported_once(registry: "Registry") -> None:
    report_id, _ = registry.file()
    again = registry.ask("POST", "", UNPAID)
    is_understood(again, "state")
    assert report_id in again.text
    assert "order_id" in {fault["field"] for fault in registry.done("POST", CHECKS, UNPAID)["faults"]}
    other = registry.draft(order_id="5002")
    is_understood(registry.ask("PUT", f"/{other}", UNPAID), "state")
    assert registry.stored(other).content.order_id == "5002"
    registry.done("POST", f"/{report_id}/withdraw")
    registry.file()


@pytest.mark.parametrize("order_id", ["Ａ-５００１", "#a-5001", "A-50\u200b01", "A -5001"])
def test_the_same_order_in_another_spelling_is_the_same(registry: "Registry", order_id: str) -> None:
    registry.file(order_id="A-5001")
    is_understood(registry.ask("POST", "", {**UNPAID, "order_id": order_id}), "state")


def test_another_shop_may_have_an_order_of_the_same_number(registry: "Registry") -> None:
    registry.file()
    registry.file(OTHER)


@pytest.mark.parametrize(("person_of", "code"), [(SHOP, "own"), (OTHER, "another member")])
def test_a_person_of_a_member_shop_is_not_reported(registry: "Registry", person_of: str, code: str) -> None:
    with writing(registry.home.engine("vault")) as connection:
        registry.home.seen.note(connection, Subject.of(SubjectKind.MEMBER, person_of), TARO)
    said = registry.submit(registry.draft())
    is_understood(said, "rules")
    assert code in said.text


def test_a_namesake_of_a_person_of_a_member_shop_may_be_reported(registry: "Registry") -> None:
    with writing(registry.home.engine("vault")) as connection:
        namesake = Party(name="渡邊 太郎", postal_code="060-0001", city="札幌市中央区", lines=("北一条西2-1",))
        registry.home.seen.note(connection, Subject.of(SubjectKind.MEMBER, OTHER), namesake)
    registry.file()


def test_the_office_is_told_of_a_misused_name_and_of_retaliation(registry: "Registry") -> None:
    with writing(registry.home.engine("vault")) as connection:
        registry.home.seen.note(connection, Subject.of(SubjectKind.PROTECTION, 1), TARO)
    report_id, _ = registry.file(complained_on="2026-10-20")
    assert set(registry.stored(report_id).marks) == {Mark.PROTECTED, Mark.RETALIATION}


def test_a_disguised_file_is_refused_and_not_kept(registry: "Registry") -> None:
    report_id = registry.draft()
    is_understood(
        registry.ask("POST", f"/{report_id}/files", a_file("more.pdf", b"MZ\x90\0" + b"\0" * 99)), "unreadable"
    )
    is_understood(registry.ask("POST", f"/{report_id}/files", a_file("more.exe", PDF)), "unreadable")
    assert len(registry.done("GET", f"/{report_id}")["files"]) == len(FILES)


def test_a_file_above_the_limit_is_refused_in_words(registry: "Registry") -> None:
    report_id = registry.draft()
    is_understood(registry.ask("POST", f"/{report_id}/files", a_file("more.txt", b"x" * (MAX_FILE + 1))), "too_large")


def test_more_files_than_a_report_may_have_are_refused(registry: "Registry") -> None:
    report_id = registry.draft()
    for number in range(MAX_FILES - len(FILES)):
        registry.done("POST", f"/{report_id}/files", a_file(f"{number}.txt", b"note"))
    is_understood(registry.ask("POST", f"/{report_id}/files", a_file("last.txt", b"note")), "too_large")
    registry.done("POST", f"/{report_id}/files", a_file("0.txt", b"in its place"))


def test_files_above_the_limit_of_a_report_are_refused(registry: "Registry") -> None:
    report_id = registry.draft()
    for number in range(4):
        registry.done("POST", f"/{report_id}/files", a_file(f"{number}.txt", b"x" * MAX_FILE))
    is_understood(registry.ask("POST", f"/{report_id}/files", a_file("last.txt", b"x" * MAX_FILE)), "too_large")
    assert registry.count("evidence") == len(FILES) + 4


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (ReportState.DRAFT, {"change", "attach", "detach", "submit", "payment", "withdraw"}),
        (ReportState.SUBMITTED, {"payment", "withdraw"}),
        (ReportState.RETURNED, {"change", "attach", "detach", "submit", "payment", "withdraw"}),
        (ReportState.REJECTED, set()),
    ],
)
def test_each_state_allows_what_it_says(registry: "Registry", state: ReportState, allowed: set[str]) -> None:
    report_id = registry.draft() if state is ReportState.DRAFT else registry.file()[0]
    if state in (ReportState.RETURNED, ReportState.REJECTED):
        registry.decide(report_id, state.value)
    digest = registry.done("GET", f"/{report_id}")["digest"]
    call = registry.file_id(report_id, "invoice.pdf")
    asked: dict[str, tuple[str, str, Any]] = {
        "confirm": ("POST", "/confirm", b""),
        "change": ("PUT", "", UNPAID),
        "attach": ("POST", "/files", a_file("call.txt", FILES["call.txt"])),
        "submit": ("POST", "/submit", {"digest": digest}),
        "detach": ("DELETE", f"/files/{call}", b""),
        "payment": ("POST", "/payment", {"on": "2026-11-01", "amount": "100"}),
        "withdraw": ("POST", "/withdraw", {}),
    }
    if "submit" in allowed:  # what comes before it leaves it as it was
        asked.pop("submit")
        allowed = allowed - {"submit"}
    answers = {
        what: registry.ask(method, f"/{report_id}{path}", body) for what, (method, path, body) in asked.items()
    }
    assert {what for what, said in answers.items() if said.status == 200} == allowed
    assert {said.code for said in answers.values() if said.status != 200} == {"state"}


@pytest.mark.parametrize("on", ["2026-11-03", "令和8年2月30日", "soon"])
def test_a_payment_of_no_day_that_has_come_is_refused(registry: "Registry", on: str) -> None:
    report_id, _ = registry.file()
    is_understood(registry.ask("POST", f"/{report_id}/payment", {"on": on}), "unreadable")
    assert registry.state(report_id) == "submitted"
