"""A report from the first draft to the receipt: what is kept, who may see it, and what the receipt proves."""

import base64
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa

from shopguard.errors import StoreUnavailable
from shopguard.registry.log import LeafKind
from shopguard.registry.reports.receipts import Receipt, digest_of, is_true
from shopguard.registry.reports.routes import ReportShape
from shopguard.registry.reports.store import StoredFile
from shopguard.registry.signing import SignedRequest, verify
from shopguard.storage.engine import reading
from tests.integration.reports.conftest import FILES, OTHER, PDF, SHOP, UNPAID, a_file

if TYPE_CHECKING:
    from tests.integration.reports.conftest import Registry

ROOT = Path(__file__).parents[3]
OTHER_RECEIPT = Receipt("R-0", '{"reason": "sha256:00"}', "00" * 32, "00" * 32, "00" * 32, 0)


def test_a_draft_says_what_is_still_missing(registry: "Registry") -> None:
    begun = registry.done("POST", "", {key: UNPAID[key] for key in ("order_id", "category", "party", "ordered_on")})
    assert begun["head"]["state"] == "draft"
    fields = {fault["field"] for fault in begun["faults"]}
    assert {"answers.ground", "answers.evidence.acted", "due_on", "warned_on"} <= fields
    assert all(" / " in fault["text"] for fault in begun["faults"])


def test_a_report_with_its_files_is_filed(registry: "Registry") -> None:
    report_id = registry.draft()
    shown = registry.done("GET", f"/{report_id}")
    assert shown["faults"] == []
    assert {file["name"]: file["sha256"] for file in shown["files"]} == {
        name: sha256(content).hexdigest() for name, content in FILES.items()
    }
    assert registry.submit(report_id).status == 200
    assert registry.state(report_id) == "submitted"
    stored = registry.home.reports.get(report_id)
    assert {file.name: registry.home.reports.read_file(report_id, file.id) for file in stored.files} == FILES


def test_the_receipt_commits_the_log_to_what_was_filed(registry: "Registry") -> None:
    report_id, receipt = registry.file()
    assert is_true(receipt)
    shown = msgspec.convert(registry.done("GET", f"/{report_id}"), ReportShape)
    files = [StoredFile(f.id, f.name, f.kind, f.size, bytes.fromhex(f.sha256), 0.0) for f in shown.files]
    assert digest_of(shown.content, files) == receipt.digest == shown.digest
    with reading(registry.home.engine("log")) as connection:
        leaf = connection.execute(
            sa.text("SELECT kind, commitment FROM leaf WHERE number = :n"), {"n": receipt.leaf}
        ).one()
    assert (leaf.kind, bytes(leaf.commitment).hex()) == (LeafKind.REPORT_RECEIVED, receipt.commitment)
    assert msgspec.convert(registry.done("GET", f"/{report_id}/receipt"), Receipt) == receipt


def test_the_receipt_proves_that_the_log_holds_it(registry: "Registry") -> None:
    report_id, first = registry.file()
    registry.file(OTHER)
    later = msgspec.convert(registry.done("GET", f"/{report_id}/receipt"), Receipt)
    assert is_true(later)
    assert first.inclusion is not None
    assert later.inclusion is not None
    assert (later.inclusion.number, later.inclusion.size) == (first.leaf, first.inclusion.size + 1)
    assert later.inclusion.root == registry.home.log.root()


def test_a_receipt_with_the_proof_of_another_leaf_is_found_out(registry: "Registry") -> None:
    _, receipt = registry.file()
    _, other = registry.file(OTHER)
    assert not is_true(msgspec.structs.replace(receipt, inclusion=other.inclusion))
    assert not is_true(msgspec.structs.replace(receipt, inclusion=None))


def test_a_receipt_comes_without_its_leaf_while_the_log_is_away(
    registry: "Registry", monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the database cannot be used now (SQLITE_FULL)")

    with monkeypatch.context() as patched:
        patched.setattr(registry.home.log, "append", away)
        report_id, receipt = registry.file()
    assert (receipt.leaf, receipt.inclusion, is_true(receipt)) == (None, None, True)
    registry.home.acts.settle()
    later = msgspec.convert(registry.done("GET", f"/{report_id}/receipt"), Receipt)
    assert later.leaf is not None
    assert is_true(later)


@pytest.mark.parametrize("what", ["digest", "salt", "commitment", "act"])
def test_a_receipt_that_was_changed_is_found_out(registry: "Registry", what: str) -> None:
    _, receipt = registry.file()
    told = getattr(receipt, what)
    other = "1" if told[0] == "0" else "0"  # another figure of the same length
    changed = told.replace("member:", "member:x") if what == "act" else other + told[1:]
    assert not is_true(msgspec.structs.replace(receipt, **{what: changed}))


def test_the_members_own_signature_over_the_digest_is_kept(registry: "Registry") -> None:
    _, receipt = registry.file()
    act = msgspec.json.decode(receipt.act)
    digest, _, header = act["reason"].partition(" ")
    body = msgspec.json.encode({"digest": digest.removeprefix("sha256:")})
    path = f"/registry/v1/reports/{receipt.report}/submit"
    verify(SignedRequest.read("POST", path, body, header), registry.signers[SHOP].public)


def test_what_the_shop_did_not_see_is_not_filed(registry: "Registry") -> None:
    report_id = registry.draft()
    digest = registry.done("GET", f"/{report_id}")["digest"]
    registry.done("PUT", f"/{report_id}", {**UNPAID, "amount": "9800"})
    said = registry.ask("POST", f"/{report_id}/submit", {"digest": digest})
    assert (said.status, said.code) == (409, "state")
    assert registry.state(report_id) == "draft"


def test_a_file_of_the_same_name_replaces_the_first(registry: "Registry") -> None:
    report_id = registry.draft()
    shown = registry.done("POST", f"/{report_id}/files", a_file("call.txt", b"another note"))
    assert [file["size"] for file in shown["files"] if file["name"] == "call.txt"] == [12]
    assert len(shown["files"]) == len(FILES)


def test_a_file_taken_away_is_missed(registry: "Registry") -> None:
    report_id = registry.draft()
    invoice = registry.file_id(report_id, "invoice.pdf")
    shown = registry.done("DELETE", f"/{report_id}/files/{invoice}")
    assert "answers.evidence.ground" in {fault["field"] for fault in shown["faults"]}
    assert registry.submit(report_id).code == "rules"
    assert registry.ask("DELETE", f"/{report_id}/files/{invoice}").status == 404


def test_a_report_that_was_returned_is_answered_and_filed_again(registry: "Registry") -> None:
    report_id, first = registry.file()
    filed_at = registry.stored(report_id).filed_at
    registry.pass_time(hours=5)
    registry.decide(report_id, "returned", "配達の記録を付けてください。")
    assert registry.done("GET", f"/{report_id}")["head"]["reason"] == "配達の記録を付けてください。"
    registry.done("POST", f"/{report_id}/files", a_file("delivery.pdf", PDF))
    said = registry.submit(report_id)
    again = msgspec.convert(said.body, Receipt)
    assert is_true(again)
    assert again.leaf != first.leaf
    assert registry.stored(report_id).filed_at == filed_at
    assert registry.done("GET", f"/{report_id}")["head"]["reason"] == ""


def test_another_member_knows_nothing_of_a_report(registry: "Registry") -> None:
    report_id, _ = registry.file()
    asked = [
        ("GET", "", b""),
        ("GET", "/receipt", b""),
        ("PUT", "", UNPAID),
        ("POST", "/files", a_file("call.txt", b"note")),
        ("DELETE", "/files/F-0000000000", b""),
        ("POST", "/submit", {"digest": ""}),
        ("POST", "/withdraw", {}),
        ("POST", "/payment", {"on": "2026-11-01"}),
        ("POST", "/confirm", b""),
    ]
    for method, path, body in asked:
        said = registry.ask(method, f"/{report_id}{path}", body, OTHER)
        assert (said.status, said.code) == (404, "not_found"), (method, path)
        assert said.text == registry.ask(method, f"/R-0000000000{path}", body, OTHER).text
    assert registry.done("GET", "", member=OTHER) == {"reports": [], "more": False}


def test_the_list_tells_where_each_report_stands(registry: "Registry") -> None:
    first, _ = registry.file()
    second = registry.draft(order_id="5002")
    registry.decide(first, "rejected", "証拠が足りません。")
    listed = registry.done("GET", "")["reports"]
    assert [(head["id"], head["state"], head["reason"]) for head in listed] == [
        (second, "draft", ""),
        (first, "rejected", "証拠が足りません。"),
    ]
    assert [head["id"] for head in registry.done("GET", "?state=draft")["reports"]] == [second]
    assert [head["id"] for head in registry.done("GET", f"?before={second}")["reports"]] == [first]
    assert registry.ask("GET", "?state=lost").status == 400


def test_nothing_of_a_person_lies_open_in_the_vault(registry: "Registry") -> None:
    registry.file()
    registry.home.close()
    stored = b"".join(path.read_bytes() for path in registry.home.data_dir.glob("registry-*.db*"))
    for secret in ("渡邊", "09000001111", "090-0000-1111", "taro@example.jp", "invoice.pdf", "花束"):
        for spelling in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")):
            assert spelling not in stored, secret
    for content in FILES.values():
        assert content not in stored


@pytest.mark.parametrize("package", ["shopguard/guard", "shopguard/matching", "adapters", "webhooks"])
def test_nothing_that_judges_orders_can_file_a_report(package: str) -> None:
    """A person speaks first: no way leads from a webhook to a report."""
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        assert "registry.reports" not in file.read_text("utf-8"), file
        assert "client.reports" not in file.read_text("utf-8"), file
