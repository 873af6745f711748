"""Reports from the command line: one with its evidence, a list of many, what becomes of them; whole or not at all."""

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from flask import Flask

from shopguard.model import Order, Party, Payment, PaymentKind
from shopguard.registry.client import Http
from shopguard.registry.client.reports import ReportClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.home import OWN_MEMBER
from shopguard.registry.reports.model import ReportState
from shopguard.registry.reports.reading import read_content
from shopguard.registry.reports.receipts import Receipt, is_true
from shopguard.registry.reports.routes import MAX_AT_ONCE
from shopguard.registry.reports.wording import QUESTIONS
from shopguard.registry.signing import SignedAnswer, SignedRequest, verify

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
REPORT: Mapping[str, Any] = {
    "order_id": "5001",
    "category": "未払い",
    "party": {"name": "見本 太郎", "lines": ["東京都港区芝公園4-2-8"], "phones": ["090-0000-1111"]},
    "ordered_on": "令和8年4月1日",
    "payment": "自社後払い",
    "items": "花束",
    "amount": "12,800円",
    "shipped_on": "2026/4/2",
    "delivered_on": "2026/4/3",
    "due_on": "2026/5/1",
    "reminders": [
        {"on": "2026/5/5", "channel": "メール"},
        {"on": "2026/5/10", "channel": "電話", "by_person": "はい"},
    ],
    "warned_on": "2026/5/10",
    "answers": {
        "ground": "期日を過ぎても入金がありません",
        "clear": "請求書にこの注文番号があります",
        "fits": "商品は届いています",
        "acted": "二度督促しました",
    },
}
HEADINGS = (
    "注文番号", "注文日", "理由", "氏名", "電話", "支払方法", "商品", "金額", "発送日", "配達日", "支払期日",
    "督促", "登録予告日", "根拠", "注文との関係", "該当理由", "対応", "証拠ファイル",
)  # fmt: skip
ROW = (
    "5001", "2026/4/1", "未払い", "見本 太郎", "9000001111", "自社後払い", "花束", "12,800円", "2026/4/2",
    "2026/4/3", "令和8年5月1日", "2026/5/5 メール、2026/5/10 電話", "2026/5/10", "入金がありません", "請求書",
    "商品は届いています", "二度督促しました", "請求書.pdf",
)  # fmt: skip


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "請求書.pdf"
    path.write_bytes(PDF)
    return path


def written(tmp_path: Path, **changes: Any) -> str:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**REPORT, **changes}, ensure_ascii=False), "utf-8")
    return str(path)


def listed(tmp_path: Path, *rows: Sequence[str], encoding: str = "cp932") -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows((HEADINGS, *rows))
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return str(path)


def row(number: str, **changes: str) -> Sequence[str]:
    return [changes.get(heading, cell) for heading, cell in zip(HEADINGS, (number, *ROW[1:]), strict=True)]


def filed(desk: "Desk", tmp_path: Path, evidence: Path, **changes: Any) -> str:
    made = json.loads(
        desk.done("report", "file", written(tmp_path, **changes), "--evidence", str(evidence), "--json")
    )
    return str(made["id"])


def states(desk: "Desk") -> Mapping[str, str]:
    return {head["order_id"]: head["state"] for head in json.loads(desk.done("report", "list", "--json"))}


# one report


def test_report_is_filed_with_its_evidence(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    shown = json.loads(desk.done("report", "show", report_id, "--json"))
    assert shown["head"]["state"] == "submitted"
    assert [(one["name"], one["size"]) for one in shown["files"]] == [("evidence-1.pdf", len(PDF))]
    assert set(shown["content"]["answers"]["evidence"]["acted"]) == {"evidence-1.pdf"}
    assert shown["content"]["amount"] == "12800"


def test_receipt_is_kept_with_the_registrys_signature(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    path = desk.data_dir / "receipts" / f"{report_id}.json"
    assert path.stat().st_mode & 0o077 == 0
    kept = json.loads(path.read_bytes())
    answer = kept["answer"]
    body, signature = base64.b64decode(answer["body"]), base64.b64decode(answer["signature"])
    signed = SignedAnswer(answer["status"], body, answer["key"], answer["time"], answer["nonce"], signature)
    with desk.opened() as installation:
        verify(signed, installation.home.answer_keys.signer.public)
    assert json.loads(body)["receipt"] == kept["receipt"]


def test_receipt_fetched_again_proves_that_the_log_holds_it(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    (desk.data_dir / "receipts" / f"{report_id}.json").unlink()
    assert "leaf " in desk.done("report", "receipt", report_id)
    kept = json.loads((desk.data_dir / "receipts" / f"{report_id}.json").read_bytes())
    assert is_true(msgspec.convert(kept["receipt"], Receipt))
    assert kept["receipt"]["inclusion"]


def test_report_against_the_rules_says_which_and_leaves_nothing(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    told = desk.refused("report", "file", written(tmp_path, warned_on=None), "--evidence", str(evidence))
    assert "登録予告日 warning date (warned_on)" in told
    assert "Say when the buyer was told" in told
    assert states(desk) == {}


def test_report_without_evidence_is_not_filed(desk: "Desk", tmp_path: Path) -> None:
    assert desk.refused("report", "file", written(tmp_path)).count("Attach a file") == 4
    assert states(desk) == {}


def test_disguised_evidence_leaves_nothing(desk: "Desk", tmp_path: Path) -> None:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(b"<html><script>alert(1)</script></html>")
    desk.refused("report", "file", written(tmp_path), "--evidence", str(path))
    assert states(desk) == {}


def test_file_that_is_not_taken_is_named_as_it_is_named_here(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    path = tmp_path / "納品書.pdf"
    path.write_bytes(b"MZ" + bytes(99))
    given = ("--evidence", str(evidence), "--evidence", str(path))
    assert "納品書.pdf: このファイルは受け取れません。" in desk.refused("report", "file", written(tmp_path), *given)


def test_same_order_is_filed_once(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    filed(desk, tmp_path, evidence)
    told = desk.refused("report", "file", written(tmp_path), "--evidence", str(evidence))
    assert "a report of this order already" in told
    assert states(desk) == {"5001": "submitted"}


def test_unreadable_report_is_said_before_anything_is_sent(desk: "Desk", tmp_path: Path) -> None:
    told = desk.refused("report", "file", written(tmp_path, due_on="2026-02-30", amount="-5"))
    assert "支払期日" in told
    assert "The amount is negative" in told


def test_answers_name_their_files_by_the_names_they_have_here(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    (tmp_path / "call log.txt").write_text("5月10日 電話で督促", "utf-8")
    shows = {"ground": ["請求書.pdf"], "clear": ["請求書.pdf"], "fits": ["請求書.pdf"], "acted": ["call log.txt"]}
    answers = {**REPORT["answers"], "evidence": shows}
    made = desk.done(
        "report", "file", written(tmp_path, answers=answers), "--json",
        "--evidence", str(evidence), "--evidence", str(tmp_path / "call log.txt"),
    )  # fmt: skip
    shown = json.loads(desk.done("report", "show", json.loads(made)["id"], "--json"))
    assert shown["content"]["answers"]["evidence"]["acted"] == ["call-log.txt"]
    assert {one["name"] for one in shown["files"]} == {"evidence-1.pdf", "call-log.txt"}


def test_draft_of_the_order_is_completed(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    with desk.opened() as installation:
        draft = installation.home.reports.draft(OWN_MEMBER, read_content({**REPORT, "note": "old"})).report.id
        installation.home.reports.attach(OWN_MEMBER, draft, "old.pdf", PDF)
    assert filed(desk, tmp_path, evidence) == draft
    shown = json.loads(desk.done("report", "show", draft, "--json"))
    assert [one["name"] for one in shown["files"]] == ["evidence-1.pdf"]
    assert shown["content"]["note"] == ""


def test_file_that_is_there_already_stays_where_an_answer_names_it(
    desk: "Desk", tmp_path: Path, evidence: Path
) -> None:
    with desk.opened() as installation:
        draft = installation.home.reports.draft(OWN_MEMBER, read_content(REPORT)).report.id
        installation.home.reports.attach(OWN_MEMBER, draft, "old.pdf", PDF)
        installation.home.reports.attach(OWN_MEMBER, draft, "older.pdf", PDF)
    shows = {**dict.fromkeys(QUESTIONS, ("請求書.pdf",)), "clear": ("old.pdf",)}
    assert filed(desk, tmp_path, evidence, answers={**REPORT["answers"], "evidence": shows}) == draft
    shown = json.loads(desk.done("report", "show", draft, "--json"))
    assert {one["name"] for one in shown["files"]} == {"evidence-1.pdf", "old.pdf"}


# what becomes of it


def test_withdrawn_report_is_withdrawn(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    assert "withdrawn" in desk.done("report", "withdraw", report_id, "--reason", "our mistake")
    assert states(desk).get("5001", "withdrawn") == "withdrawn"


def test_payment_in_full_withdraws_and_in_part_does_not(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    assert "part payment" in desk.done("report", "paid", report_id, "--amount", "3,000円", "--on", "R8.6.1")
    assert states(desk) == {"5001": "submitted"}
    assert "paid and withdrawn" in desk.done("report", "paid", report_id)


@pytest.mark.parametrize("words", [("--amount", "-5"), ("--on", "2026-02-30"), ("--on", "2999-01-01")])
def test_impossible_payment_is_refused(desk: "Desk", tmp_path: Path, evidence: Path, words: Sequence[str]) -> None:
    report_id = filed(desk, tmp_path, evidence)
    desk.refused("report", "paid", report_id, *words)
    assert states(desk) == {"5001": "submitted"}


def test_report_that_is_not_checked_cannot_be_confirmed(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    desk.refused("report", "confirm", filed(desk, tmp_path, evidence))


@pytest.mark.parametrize("command", ["show", "withdraw", "paid", "confirm"])
def test_unknown_report_is_said(desk: "Desk", command: str) -> None:
    assert desk.refused("report", command, "R-0000000000")


def test_reports_are_listed_by_state(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    report_id = filed(desk, tmp_path, evidence)
    assert report_id in desk.done("report", "list")
    assert report_id not in desk.done("report", "list", "--state", "returned")
    assert "evidence-1.pdf" in desk.done("report", "show", report_id)


def test_reports_that_the_office_returned_are_listed_first(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    returned = filed(desk, tmp_path, evidence)
    filed(desk, tmp_path, evidence, order_id="5002")
    desk.done("registry", "office", "return", returned, "--reason", "which parcel?")
    assert [line.split()[0] for line in desk.done("report", "list").splitlines()][1] == returned
    assert json.loads(desk.done("report", "list", "--json"))[0]["id"] == returned
    assert returned in desk.done("report", "letters")


# many


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_rows_of_a_list_are_filed(desk: "Desk", tmp_path: Path, evidence: Path, encoding: str) -> None:
    made = desk.done("report", "csv", listed(tmp_path, row("5001"), row("5002"), encoding=encoding))
    assert made == "2 filed, 0 reported already, 0 left out\n"
    assert states(desk) == {"5001": "submitted", "5002": "submitted"}
    assert len(list((desk.data_dir / "receipts").glob("*.json"))) == 2


def test_bad_rows_are_named_and_the_others_filed(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    rows = (
        row("5001"),
        row("5002", 支払期日="2026/2/30"),
        row("5003", 登録予告日=""),
        row("5004", 証拠ファイル="nowhere.pdf"),
        row("5001", 氏名="見本 次郎"),
        row("5005", 根拠="犯罪者です"),
    )
    result = desk.run("report", "csv", listed(tmp_path, *rows))
    assert (result.exit_code, result.stdout) == (1, "1 filed, 0 reported already, 5 left out\n")
    assert states(desk) == {"5001": "submitted"}
    told = result.stderr.splitlines()
    for start, words in (
        ("row 3: K列「支払期日」 column K: ", "no such day"),
        ("row 4: M列「登録予告日」 column M: ", "Say when the buyer was told"),
        (
            "row 5: R列「証拠ファイル」 column R: ",
            "nowhere.pdf: ファイルを読み取れません。 / the file cannot be read",
        ),
        ("row 6: A列「注文番号」 column A: ", "the order of row 2 again"),
        ("row 7: N列「根拠」 column N: ", "crime"),
    ):
        assert any(line.startswith(start) and words in line for line in told), start
    assert "見本" not in result.stderr


def test_list_that_is_run_again_files_nothing_twice(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    path = listed(tmp_path, row("5001"), row("5002"))
    desk.done("report", "csv", path)
    assert desk.done("report", "csv", path) == "0 filed, 2 reported already, 0 left out\n"


def test_dry_run_says_the_same_and_files_nothing(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    result = desk.run("report", "csv", listed(tmp_path, row("5001"), row("5002", 登録予告日="")), "--dry-run")
    assert (result.exit_code, result.stdout) == (1, "1 could be filed, 0 reported already, 1 left out\n")
    assert "row 3: " in result.stderr
    assert states(desk) == {}


def test_list_cannot_send_files_from_elsewhere(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    result = desk.run("report", "csv", listed(folder, row("5001", 証拠ファイル="../請求書.pdf")))
    assert result.exit_code == 1
    assert "evidence must lie in the list's own folder" in result.stderr
    assert states(desk) == {}


def test_list_without_the_columns_it_needs_is_refused_as_a_whole(desk: "Desk", tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("氏名,電話,住所\n見本 太郎,090-0000-0000,東京都\n", "utf-8")
    told = desk.refused("report", "csv", str(path))
    assert "注文番号" in told
    assert "見本" not in told


def test_counts_are_given_as_json(desk: "Desk", tmp_path: Path, evidence: Path) -> None:
    assert json.loads(desk.done("report", "csv", listed(tmp_path, row("5001")), "--json")) == {
        "filed": 1,
        "known": 0,
        "refused": 0,
    }


# prefilled


@pytest.fixture
def order() -> Order:
    return Order(
        "7001",
        shop="main-store",
        number="#1042",
        placed_at=datetime(2026, 3, 31, 16, 30, tzinfo=UTC),
        total=Decimal(12800),
        payment=Payment(PaymentKind.PAY_LATER),
        buyer=Party(name="見本 太郎", phones=("090-0000-1111",)),
    )


def test_report_is_prefilled_from_an_order_the_guard_saw(desk: "Desk", order: Order) -> None:
    desk.receive(order)
    desk.work()
    begun = json.loads(desk.done("report", "prefill", "#1042"))
    content = read_content(begun)
    assert (content.order_id, content.order_number, content.category.value) == ("7001", "#1042", "unpaid")
    assert content.ordered_on == date(2026, 4, 1)  # the day in Japan
    assert (content.party, content.amount, content.payment) == (order.buyer, Decimal(12800), PaymentKind.PAY_LATER)
    assert {"due_on", "reminders", "warned_on", "delivered_on"} <= set(begun)


def test_refused_parcel_is_prefilled_as_one(desk: "Desk", order: Order) -> None:
    desk.receive(replace(order, payment=Payment(PaymentKind.COD)))
    desk.work()
    begun = json.loads(desk.done("report", "prefill", "7001"))
    assert (begun["category"], begun["return_reason"]) == ("cod_refused", "")
    assert json.loads(desk.done("report", "prefill", "7001", "--category", "other"))["category"] == "other"


def test_completed_prefilled_report_is_filed(desk: "Desk", order: Order, tmp_path: Path, evidence: Path) -> None:
    desk.receive(order)
    desk.work()
    begun = json.loads(desk.done("report", "prefill", "7001"))
    completed = {name: value or REPORT.get(name, value) for name, value in begun.items()}
    completed["answers"] = REPORT["answers"]
    path = tmp_path / "prefilled.json"
    path.write_text(json.dumps(completed), "utf-8")
    assert "filed" in desk.done("report", "file", str(path), "--evidence", str(evidence))


def test_order_that_is_not_stored_is_said(desk: "Desk") -> None:
    assert "not stored here" in desk.refused("report", "prefill", "nothing")


# a line that breaks


class Breaking:
    """Carries requests to the registry, and loses the answer to the first one whose path ends so."""

    def __init__(self, service: Any, ending: str) -> None:
        self._service, self._ending, self.lost = service, ending, 0

    def send(self, request: SignedRequest) -> SignedAnswer:
        answer: SignedAnswer = self._service.handle(request)
        if request.path.endswith(self._ending) and not self.lost:
            self.lost += 1
            raise NoAnswer(Silence.UNREACHABLE)
        return answer


LONG = PDF + b"%" + b"x" * MAX_AT_ONCE + b"\n%%EOF\n"


@pytest.mark.parametrize(
    ("ending", "invoice"),
    [("/report-filings", PDF), ("/reports", LONG), ("/files", LONG), ("/submit", LONG)],
    ids=["all at once", "draft", "file", "filing"],
)
def test_answer_that_is_lost_on_the_way_leaves_one_report(desk: "Desk", ending: str, invoice: bytes) -> None:
    with desk.opened() as installation:
        line = Breaking(installation.home.service, ending)
        vars(installation.registry_client)["_transport"] = line
        evidence = {question: ["invoice.pdf"] for question in QUESTIONS}
        content = read_content({**REPORT, "answers": {**REPORT["answers"], "evidence": evidence}})
        reports = ReportClient(installation.registry_client)
        taken = reports.file(content, {"invoice.pdf": invoice})
        assert line.lost == 1
        assert [(head.id, head.state) for head in reports.all()] == [(taken.receipt.report, ReportState.SUBMITTED)]


def test_evidence_travels_over_http(desk: "Desk", serve: Callable[[Flask], int]) -> None:
    with desk.opened() as installation:
        port = serve(installation.registry_app())
        vars(installation.registry_client)["_transport"] = Http(f"http://127.0.0.1:{port}", timeout_s=5.0)
        long_file = PDF + b"%" + b"x" * 3_000_000 + b"\n%%EOF\n"
        evidence = {question: ["invoice.pdf", "log.txt"] for question in QUESTIONS}
        content = read_content({**REPORT, "answers": {**REPORT["answers"], "evidence": evidence}})
        reports = ReportClient(installation.registry_client)
        taken = reports.file(content, {"invoice.pdf": long_file, "log.txt": "電話で督促".encode()})
        assert {one.name: one.size for one in reports.show(taken.receipt.report).files} == {
            "invoice.pdf": len(long_file),
            "log.txt": len("電話で督促".encode()),
        }
