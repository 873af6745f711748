"""A registry with two member shops that report over its signed API, and the evidence they send."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from shopguard.crypto import Keyring
from shopguard.registry.disputes.letters import Sender
from shopguard.registry.home import RegistryHome
from shopguard.registry.reports.model import Report, ReportState
from shopguard.registry.reports.receipts import Receipt
from shopguard.registry.reports.routes import CHECKS, FILINGS, REPORTS, NewFile
from shopguard.registry.signing import SignedRequest, Signer, verify
from shopguard.registry.timers import Sweeper
from shopguard.storage.engine import reading, writing

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
TODAY = date(2026, 11, 2)
SHOP, OTHER = "flower-shop", "book-shop"

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
TEXT = "10月1日 お電話で督促しました。".encode()
MAIL = (
    b"From: shop@example.jp\r\nTo: taro@example.jp\r\nDate: Thu, 1 Oct 2026 10:00:00 +0900\r\n"
    b"Subject: reminder\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease pay.\r\n"
)

UNPAID: dict[str, Any] = {
    "order_id": "5001",
    "category": "unpaid",
    "party": {
        "name": "渡邊 太郎",
        "postal_code": "105-0011",
        "city": "港区",
        "lines": ["芝公園4-2-8", "東京ハイツ101"],
        "phones": ["090-0000-1111"],
        "emails": ["taro@example.jp"],
    },
    "ordered_on": "2026-08-01",
    "payment": "pay_later",
    "items": "花束",
    "amount": "12800",
    "shipped_on": "2026-08-03",
    "carrier": "ヤマト運輸",
    "tracking": "0000-1111-2222",
    "delivered_on": "2026-08-04",
    "due_on": "2026-09-01",
    "reminders": [
        {"on": "2026-09-10", "channel": "mail", "by_person": False},
        {"on": "2026-10-01", "channel": "phone", "by_person": True},
    ],
    "warned_on": "2026-10-01",
    "answers": {
        "ground": "商品は配達済みで、期日を過ぎても入金がありません。",
        "clear": "請求書と配達の記録がこの注文のものです。",
        "fits": "自社の後払いで、代金が支払われていません。",
        "acted": "二度督促し、登録されることがあると予告しました。",
        "evidence": {
            "ground": ["invoice.pdf"],
            "clear": ["invoice.pdf"],
            "fits": ["invoice.pdf"],
            "acted": ["reminder.eml", "call.txt"],
        },
    },
}
FILES = {"invoice.pdf": PDF, "reminder.eml": MAIL, "call.txt": TEXT}


@dataclass(frozen=True)
class Said:
    """A signed answer: its status and what it says."""

    status: int
    body: Any

    @property
    def text(self) -> str:
        return str(self.body["message"])

    @property
    def code(self) -> str:
        return str(self.body["code"])


class Crash(BaseException):
    """The process is gone."""


class Registry:
    """The registry as shops see it; ``now`` is its clock."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.now = NOW
        keys = Keyring.load(folder / "keys.json")
        sender = Sender("見本ネットワーク事務局", "https://registry.example.com/persons")
        self.home = RegistryHome(folder, "example", keys, lambda: self.now, url, apart=False, sender=sender)
        self.signers = {member: Signer.of_seed(member.encode().ljust(32)) for member in (SHOP, OTHER)}

    def enrol(self) -> None:
        for member, signer in self.signers.items():
            self.home.members.create(member, member, signer.public)

    def pass_time(self, **units: float) -> None:
        self.now += timedelta(**units)

    def request(self, method: str, path: str, body: bytes = b"", member: str = SHOP) -> SignedRequest:
        return self.signers[member].request(method, path, body, member, int(self.now.timestamp()))

    def ask(self, method: str, path: str, body: Any = b"", member: str = SHOP) -> Said:
        """Ask in a member's name; ``body`` is bytes, or becomes JSON. The answer is proven."""
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        full_path = path if path.startswith((CHECKS, FILINGS)) else f"{REPORTS}{path}"
        request = self.request(method, full_path, sent, member)
        answer = self.home.service.handle(request)
        verify(answer, self.home.answer_keys.signer.public)
        assert answer.nonce == request.nonce
        return Said(answer.status, msgspec.json.decode(answer.body))

    def done(self, method: str, path: str, body: Any = b"", member: str = SHOP) -> Any:
        """What is answered to a request that must succeed."""
        said = self.ask(method, path, body, member)
        assert said.status == 200, said.body
        return said.body

    def draft(self, member: str = SHOP, **changes: Any) -> str:
        """Begin a report with its three files, and return its id."""
        report_id = self.done("POST", "", {**UNPAID, **changes}, member)["head"]["id"]
        for name, content in FILES.items():
            self.done("POST", f"/{report_id}/files", a_file(name, content), member)
        return str(report_id)

    def file_id(self, report_id: str, name: str, member: str = SHOP) -> str:
        """What a file of a report is called in addresses."""
        files = self.done("GET", f"/{report_id}", member=member)["files"]
        return next(str(file["id"]) for file in files if file["name"] == name)

    def submit(self, report_id: str, member: str = SHOP) -> Said:
        digest = self.done("GET", f"/{report_id}", member=member)["digest"]
        return self.ask("POST", f"/{report_id}/submit", {"digest": digest}, member)

    def file(self, member: str = SHOP, **changes: Any) -> tuple[str, Receipt]:
        """File a report, and return its id and the receipt."""
        report_id = self.draft(member, **changes)
        said = self.submit(report_id, member)
        assert said.status == 200, said.body
        return report_id, msgspec.convert(said.body, Receipt)

    def stored(self, report_id: str) -> Report:
        return self.home.reports.get(report_id).report

    def state(self, report_id: str, member: str = SHOP) -> ReportState:
        return ReportState(self.done("GET", f"/{report_id}", member=member)["head"]["state"])

    def list_as(self, report_id: str, by: str = "office-1") -> int:
        """Accept a report into an entry of its own, and return the entry's number."""
        report, number = self.stored(report_id), self.home.records.begin()
        with self.home.entries.changing() as connection:
            checked = self.home.reports.checked(connection, report.number, number, [by], by)
            self.home.entries.open(connection, [checked], number, by)
        self.home.entries.settle()
        return number

    def add_to(self, entry: int, report_id: str, by: str = "office-1") -> None:
        """Accept a report into an entry that is there."""
        with self.home.entries.changing() as connection:
            number = self.stored(report_id).number
            checked = self.home.reports.checked(connection, number, entry, [by], by)
            self.home.entries.add_source(connection, entry, checked, by)
        self.home.entries.settle()

    def decide(self, report_id: str, what: str, reason: str = "") -> Report:
        """Return or reject a report."""
        number = self.stored(report_id).number
        with writing(self.home.engine("vault")) as connection:
            report: Report = getattr(self.home.reports, what)(connection, number, reason, "office-1")
        return report

    def sweep(self) -> int:
        fires = {**self.home.entries.fires(), **self.home.reports.ending.fires()}
        clock = self.now.timestamp
        sweeper = Sweeper(self.home.engine("vault"), self.home.timers, fires, lambda *_: None, clock)
        return sweeper.sweep()

    def reports_of(self, entry: int) -> Sequence[Report]:
        with reading(self.home.engine("vault")) as connection:
            return self.home.reports.store.of_entry(connection, entry)

    def crash_at(self, number: int, do: Callable[[], object]) -> bool:
        """Do something, and be gone at the ``number``-th commit to any store; whether there were so many."""
        committed = []

        def before_commit(connection: sa.Connection) -> None:
            if connection.get_execution_options().get("writing"):
                committed.append(connection)
                if len(committed) == number:
                    raise Crash

        engines = [self.home.engine(store) for store in ("vault", "keys", "index", "log")]
        for engine in engines:
            event.listen(engine, "commit", before_commit)
        try:
            do()
        except Crash:
            return True
        finally:
            for engine in engines:
                event.remove(engine, "commit", before_commit)
        return False

    def count(self, table: str, where: str = "1 = 1") -> int:
        query = f"SELECT count(*) FROM {table} WHERE {where}"
        with reading(self.home.engine("vault")) as connection:
            return int(connection.execute(sa.text(query)).scalar_one())


def a_file(name: str, content: bytes) -> NewFile:
    """A file as it is sent: with its name inside."""
    return NewFile(name, content)


def workbook(**parts: bytes) -> bytes:
    """An XLSX package, with further parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", "<workbook/>")
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


@pytest.fixture(scope="session")
def furnished_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a registry with two members, to be copied."""
    folder = tmp_path_factory.mktemp("reports")
    Keyring.create(folder / "keys.json")
    registry = Registry(folder)
    registry.home.prepare()
    registry.enrol()
    registry.home.close()
    return folder


@pytest.fixture
def registry(tmp_path: Path, furnished_registry: Path) -> Iterator[Registry]:
    shutil.copytree(furnished_registry, tmp_path, dirs_exist_ok=True)
    made = Registry(tmp_path)
    yield made
    made.home.close()
