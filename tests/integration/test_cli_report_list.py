"""A list of reports on a line that breaks, on a disk that lost receipts, and with rows that the registry refuses."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shopguard.cli.report_list import Filing
from shopguard.registry.client.receipts import RECEIPTS, Receipts
from shopguard.registry.client.reports import ReportClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.reports.table import Row, read
from shopguard.registry.signing import SignedAnswer, SignedRequest

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation
    from tests.integration.conftest import Desk

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
ROW: Mapping[str, str] = {
    "受注番号": "5001",
    "購入日": "2026/4/1",
    "理由": "未払い",
    "氏名": "見本 太郎",
    "携帯": "9000001111",
    "支払方法": "自社後払い",
    "請求額": "12,800円",
    "発送日": "2026/4/2",
    "配達日": "2026/4/3",
    "支払期限": "令和8年5月1日",
    "催促": "2026/5/5 メール、2026/5/10 電話",
    "予告日": "2026/5/10",
    "根拠": "入金がありません",
    "注文との関係": "請求書",
    "該当理由": "商品は届いています",
    "対応": "二度督促しました",
    "証拠": "請求書.pdf",
}


class Dying:
    """Carries so many filings to the registry, and then nothing any more."""

    def __init__(self, service: Any, filings: int) -> None:
        self._service, self._left = service, filings

    def send(self, request: SignedRequest) -> SignedAnswer:
        if request.path.endswith("/report-filings"):
            self._left -= 1
        if self._left < 0:
            raise NoAnswer(Silence.UNREACHABLE)
        answer: SignedAnswer = self._service.handle(request)
        return answer


def rows(folder: Path, *changes: Mapping[str, str], without: Sequence[str] = ()) -> Sequence[Row]:
    """The rows of a list beside its evidence."""
    (folder / "請求書.pdf").write_bytes(PDF)
    titles = [title for title in ROW if title not in without]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([titles, *([{**ROW, **change}[title] for title in titles] for change in changes)])
    return list(read(io.BytesIO(text.getvalue().encode("cp932"))))


def orders(count: int) -> Sequence[Mapping[str, str]]:
    return [{"受注番号": str(5001 + number)} for number in range(count)]


def filing(installation: "Installation", folder: Path) -> Filing:
    return Filing(ReportClient(installation.registry_client), folder, Receipts(installation.data_dir))


def receipts(desk: "Desk") -> set[str]:
    return {path.stem for path in (desk.data_dir / RECEIPTS).glob("*.json")}


def reported(installation: "Installation") -> dict[str, str]:
    heads = list(ReportClient(installation.registry_client).all())
    assert len({head.order_id for head in heads}) == len(heads), "nothing is there twice"
    return {head.order_id: head.id for head in heads}


@pytest.mark.parametrize("carried", [0, 1, 7])
def test_list_whose_registry_falls_silent_is_run_again_and_filed_once(
    desk: "Desk", tmp_path: Path, carried: int
) -> None:
    listed = rows(tmp_path, *orders(12))
    with desk.opened() as installation:
        broken = filing(installation, tmp_path)
        vars(installation.registry_client)["_transport"] = Dying(installation.home.service, carried)
        with pytest.raises(NoAnswer):
            list(broken.all(listed))
    with desk.opened() as installation:
        assert len(reported(installation)) == carried
        again = filing(installation, tmp_path)
        list(again.all(listed))
        assert (again.filed, again.known, again.refused) == (12 - carried, carried, 0)
        assert receipts(desk) == set(reported(installation).values())


def test_receipts_that_were_lost_are_fetched_again(desk: "Desk", tmp_path: Path) -> None:
    listed = rows(tmp_path, *orders(3))
    with desk.opened() as installation:
        list(filing(installation, tmp_path).all(listed))
        known = receipts(desk)
        (desk.data_dir / RECEIPTS / f"{min(known)}.json").unlink()
        list(filing(installation, tmp_path).all(listed))
    assert receipts(desk) == known


def test_rows_come_back_in_their_order(desk: "Desk", tmp_path: Path) -> None:
    listed = rows(tmp_path, *orders(20))
    with desk.opened() as installation:
        assert [number for number, _ in filing(installation, tmp_path).all(listed)] == list(range(2, 22))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"予告日": ""}, "L列「予告日」 column L: 登録されることがあると購入者に予告した日"),
        ({"催促": "2026/5/5 メール"}, "K列「催促」 column K: 期日後の督促が足りません"),
        ({"請求額": "800"}, "G列「請求額」 column G: 未払いの残額が"),
        ({"該当理由": ""}, "O列「該当理由」 column O: 質問"),
        ({"証拠": ""}, "Q列「証拠」 column Q: 質問"),
        ({"携帯": ""}, "購入者 buyer: 名前だけでは"),
        ({"根拠": "前科がある人です"}, "M列「根拠」 column M: 犯罪・逮捕・前科に触れています"),
    ],
)
def test_what_the_registry_refuses_is_said_under_the_lists_own_heading(
    desk: "Desk", tmp_path: Path, change: Mapping[str, str], told: str
) -> None:
    (row,) = rows(tmp_path, change)
    with desk.opened() as installation:
        ((number, faults),) = filing(installation, tmp_path).all([row])
        assert reported(installation) == {}
    assert number == 2
    assert any(fault.startswith(told) for fault in faults), faults
    assert not any(field in fault for fault in faults for field in ("warned_on", "answers.", "(party"))
    assert all(" / " in fault for fault in faults), "in both languages"


def test_file_that_is_not_what_it_says_is_named_under_the_heading_of_files(desk: "Desk", tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {"証拠": "請求書.pdf、控え.png"})
    (tmp_path / "控え.png").write_bytes(b"MZ" + bytes(99))
    with desk.opened() as installation:
        ((_, faults),) = filing(installation, tmp_path).all([row])
        assert reported(installation) == {}
    (fault,) = faults
    assert fault.startswith("Q列「証拠」 column Q: 控え.png: ")
    assert "the content is not what the file's name says" in fault


def test_part_that_this_version_does_not_know_is_named_as_the_registry_does(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {})
    assert row.in_column("Haltung-2", "だめ / no").startswith("Haltung-2 ")


def test_column_that_a_rule_asks_for_and_the_list_has_not_is_said(desk: "Desk", tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {}, without=["予告日"])
    with desk.opened() as installation:
        ((_, faults),) = filing(installation, tmp_path).all([row])
    (fault,) = faults
    assert fault.startswith("登録予告日 warning date (この一覧に列がありません / this list has no column for it): ")
