"""Many reports at once: a list as Excel saves it, with bad rows named and the others filed."""

import csv
import io
import re
from pathlib import Path

import pytest

from .association import Association
from .invented import ago, party, png

pytestmark = pytest.mark.timeout(600)  # dozens of reports

HEADINGS = (
    *("注文番号", "注文日", "氏名", "フリガナ", "〒", "住所", "電話", "メール", "金額", "理由", "支払方法", "発送日"),
    *(
        "運送会社",
        "伝票番号",
        "受取拒否日",
        "返送理由",
        "根拠",
        "この注文との関係",
        "区分に当たる理由",
        "対応",
        "証拠ファイル",
    ),
)
ROWS = 40
BAD = {
    3: ("金額", "-3000"),
    9: ("注文日", "令和8年2月30日"),
    15: ("氏名", ""),
    22: ("返送理由", "国籍は中国なので信用できない"),
    30: ("証拠ファイル", "無い.png"),
    36: ("理由", "気に入らない"),
    41: ("受取拒否日", ago(-10)),
}
"""What is wrong, by the row of the sheet; the headings are row 1."""
CALLED = {"氏名": "購入者"}
"""A row without anything of a buyer is no fault of one column."""


def row(number: int) -> dict[str, str]:
    buyer = party(number)
    told = [
        f"L-{number}",
        ago(60),
        buyer["name"],
        buyer["kana"],
        buyer["postal_code"],
        f"東京都港区{buyer['lines'][0]}",
        buyer["phones"][0],
        buyer["emails"][0],
        "12,800円",
        "受取拒否",
        "代金引換",
        ago(58),
        "見本運輸",
        f"0000-{number:04d}",
        ago(50),
        "受取辞退",
        "荷物が受け取られずに戻りました。",
        "送り状にこの注文の番号があります。",
        "代引きの荷物の受取拒否です。",
        "電話と手紙で連絡しました。",
        "slip.png",
    ]
    return dict(zip(HEADINGS, told, strict=True))


def written(folder: Path, encoding: str) -> Path:
    """The list of ``ROWS`` rows, ``BAD`` among them, with its evidence beside it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADINGS)
    writer.writeheader()
    for place in range(2, ROWS + 2):
        whole = row(1000 + place)
        if place in BAD:
            column, text = BAD[place]
            whole[column] = text
            if column == "氏名":
                whole |= {"フリガナ": "", "電話": "", "メール": "", "住所": "", "〒": ""}
        writer.writerow(whole)
    path = folder / "list.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    (folder / "slip.png").write_bytes(png())
    return path


def test_seven_bad_rows_of_a_list_are_named_and_the_others_filed(running: Association, tmp_path: Path) -> None:
    path = written(tmp_path, "cp932")
    tried = running.shops["shop-a"].try_to("report", "csv", "--dry-run", str(path))
    assert tried.returncode == 1
    assert running.office("queue")["total"] == 0, "a dry run files nothing"
    done = running.shops["shop-a"].try_to("report", "csv", str(path))
    assert done.returncode == 1
    named = [line for line in done.stderr.splitlines() if re.search(r"(?:row |行)", line)]
    assert {int(found) for line in named for found in re.findall(r"row (\d+)|(\d+)行", line)[0] if found} == set(BAD)
    for place, (column, _) in BAD.items():
        told = " ".join(line for line in named if re.search(rf"row {place}\b|\b{place}行", line))
        assert CALLED.get(column, column) in told, (place, column, told)
        assert re.search(r"[ぁ-ん]", told), told
        assert re.search(r"[a-z]{3,} [a-z]{2,}", told), told
    assert running.office("queue")["total"] == ROWS - len(BAD)
    assert str(ROWS - len(BAD)) in done.stdout


def test_bytes_of_no_known_encoding_are_refused_clearly(running: Association, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xff\xfe\x00\x81\x00" * 100)
    tried = running.shops["shop-a"].try_to("report", "csv", str(path))
    assert tried.returncode == 1
    assert "Traceback" not in tried.stderr
    assert tried.stderr.strip()
