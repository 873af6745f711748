"""A list that is brought from a spreadsheet or taken along in one: seen first, whole or not at all."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.errors import StoreUnavailable
from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.model import Party
from shopguard.sheets import csv_of, excel_of, read_sheet
from shopguard.storage.tables import own_entry
from shopguard.storage.writer import Work
from shopguard.web.roles import Role

from .conftest import OTHER_SHOP, SHOP, Console, press, read
from .own_lists import WATCHED, hidden, lines_of, views


@pytest.fixture
def admin(console: Console) -> FlaskClient:
    return console.browser(Role.SHOP_ADMIN)


SHEET = [
    ("氏名", "フリガナ", "電話番号", "住所", "備考"),
    ("見本 花子", "ミホン ハナコ", "080-0000-2222", "大阪府大阪市北区梅田1-2-3", "受取辞退"),
    ("鈴木 一郎", "", "12", "", "未払い"),
    ("佐藤 次郎", "", "", "", "いたずら"),
    ("見本　花子", "ミホン ハナコ", "080-0000-2222", "大阪府大阪市北区梅田1-2-3", "受取辞退"),
    ("田中 三郎", "", "080-0000-3333", "", "遅延"),
]
WAYS: dict[str, Callable[[], bytes]] = {
    "utf-8 with mark": lambda: csv_of(SHEET),
    "utf-8": lambda: csv_of(SHEET)[3:],
    "cp932": lambda: csv_of(SHEET).decode("utf-8-sig").encode("cp932"),
    "tabs": lambda: "\n".join("\t".join(row) for row in SHEET).encode(),
    "semicolons": lambda: "\n".join(";".join(row) for row in SHEET).encode("cp932"),
    "utf-16": lambda: "\n".join("\t".join(row) for row in SHEET).encode("utf-16"),
    "excel": lambda: excel_of(SHEET),
}


def preview(browser: FlaskClient, content: bytes, **more: str) -> TestResponse:
    form = {"shop": SHOP, "kind": "watch", "file": (io.BytesIO(content), "list.csv"), **more}
    return press(browser, "/console/own-list/import/preview", form)


def brought(page: str) -> dict[str, str]:
    """What the preview's form sends."""
    columns = {}
    for name, options in re.findall(r'<select id="column-\d+" name="([^"]+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        assert chosen is not None
        columns[name] = chosen[1]
    return {**hidden(page), **columns, "kind": "watch", "why": ""}


def parts_of(answer: TestResponse) -> list[str]:
    """A page that grows, as it comes."""
    return [part.decode() for part in answer.iter_encoded()]


def rows_held(console: Console) -> int:
    """How many lines are stored, whether or not they count."""
    with console.guard.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(own_entry)).scalar_one())


def take_over(browser: FlaskClient, form: dict[str, str]) -> TestResponse:
    """Press, and wait for the end of the page, which grows."""
    return press(browser, "/console/own-list/import/run", form, buffered=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_list_of_any_form_is_shown_first_and_taken_over_whole(console, admin, way):
    shown = preview(admin, WAYS[way]())
    assert shown.status_code == 200
    assert lines_of(console) == []
    assert "2 rows can be taken over" in read(shown.text)
    answer = take_over(admin, brought(shown.text))
    assert "2 people were put on the list." in read(answer.text)
    assert {(person.party.name, person.why) for person in lines_of(console)} == {
        ("見本 花子", "受取辞退"),
        ("田中 三郎", "遅延"),
    }


def test_each_bad_row_is_named_with_its_column_what_is_wrong_and_what_helps(admin):
    shown = read(preview(admin, csv_of(SHEET)).text)
    assert re.search(r"3 C 電話番号 This is no number that can be called\. Write it with its area code", shown)
    assert re.search(r"4 — Nobody could be found by this alone\. Add a phone number", shown)
    assert "1 row says the same as another" in shown


@pytest.mark.parametrize("first", ["x,y,z", "電話番号,備考,氏名"])
def test_columns_can_be_changed(console, admin, first):
    shown = preview(admin, f"{first}\n花子 見本,080-0000-2222,受取辞退\n".encode())
    changed = {"column-0": "name", "column-1": "phones", "column-2": "why"}
    again = press(admin, "/console/own-list/import/preview", {**brought(shown.text), **changed})
    assert "1 row can be taken over" in read(again.text)
    take_over(admin, brought(again.text))
    assert lines_of(console) == [
        OwnPerson(OwnKind.WATCH, Party(name="花子 見本", phones=("080-0000-2222",)), "受取辞退")
    ]


def test_one_reason_may_count_for_all_rows(console, admin):
    shown = preview(admin, "電話番号\n080-0000-2222\n".encode(), why="2026年の一覧から")
    take_over(admin, {**brought(shown.text), "why": "2026年の一覧から"})
    assert [person.why for person in lines_of(console)] == ["2026年の一覧から"]


def test_an_import_sent_twice_adds_once_and_can_be_taken_back(console, admin):
    console.guard.own_list.add(SHOP, replace(WATCHED, kind=OwnKind.ALLOW), "clerk")
    form = brought(preview(admin, csv_of(SHEET)).text)
    first = take_over(admin, form)
    second = take_over(admin, form)
    assert "2 were on it already" in read(second.text)
    at = re.search(r'name="at" value="([^"]+)"', first.text)
    assert at is not None
    answer = press(admin, "/console/own-list/take-back", {"shop": SHOP, "at": at[1]})
    assert "2 people were taken off the list again." in answer.text
    assert len(lines_of(console)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no table"),
        (b"%PDF-1.7 \n1 0 obj", "no table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old kind"),
        (b"PK\x03\x04 not a zip at all", "damaged"),
        (excel_of(SHEET)[:-200], "damaged"),
        (b",".join([b"x"] * 200), "columns"),
        (b"x\n" * 20_001, "rows"),
    ],
)
def test_what_is_no_list_is_said(admin, content, said):
    answer = preview(admin, content)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("packed", ["", "x", "eJwDAAAAAAE=", "W10=", "eJyLjgUAARUAuQ=="])
def test_rows_that_no_page_sent_are_refused(admin, packed):
    assert take_over(admin, {"shop": SHOP, "packed": packed}).status_code == 400


def test_ten_thousand_rows_with_bad_ones_come_over_with_signs_of_progress(console, admin):
    rows = [
        (f"見本 花{n}", "12" if n % 100 == 0 else f"080-0{n // 100:03}-{n % 10_000:04}", "受取辞退")
        for n in range(10_000)
    ]
    first = parts_of(preview(admin, csv_of([("氏名", "電話番号", "備考"), *rows])))
    assert sum("of 10,001 rows read" in part for part in first) > 10
    shown = "".join(first)
    assert "9,900 rows can be taken over" in read(shown)
    assert "100 rows cannot" in read(shown)
    then = parts_of(press(admin, "/console/own-list/import/run", brought(shown)))
    assert sum("of 10,001 rows read" in part for part in then) > 10
    assert "9,900 people were put on the list." in read("".join(then))
    assert console.guard.own_list.counts([SHOP])[OwnKind.WATCH] == 9_900


MANY = [("電話番号", "備考"), *((f"080-1000-{n:04}", "x") for n in range(1100))]


def test_a_database_that_goes_away_in_the_middle_leaves_nothing(console, admin, monkeypatch):
    form = brought(preview(admin, csv_of(MANY)).text)
    run, stored = console.guard.writer.run, []

    def away(work: Work[int]) -> int:
        stored.append(rows_held(console))
        if len(stored) == 3:
            raise StoreUnavailable("away")
        return run(work)

    monkeypatch.setattr(console.guard.writer, "run", away)
    answer = press(admin, "/console/own-list/import/run", form, buffered=True)
    assert "nothing was taken over" in answer.text
    assert stored[2] > 0
    assert rows_held(console) == 0


def test_whoever_leaves_the_page_in_the_middle_leaves_nothing_on_the_list(console, admin):
    answer = press(admin, "/console/own-list/import/run", brought(preview(admin, csv_of(MANY)).text))
    parts = answer.iter_encoded()
    assert any("nobody is taken over" in part.decode() for part in parts)
    assert any("500 of 1,101 rows read" in part.decode() for part in parts)
    assert rows_held(console) > 0
    assert lines_of(console) == []
    answer.close()
    assert rows_held(console) == 0


def test_rows_left_out_can_be_saved_with_what_is_wrong_and_brought_again(console, admin):
    form = brought(preview(admin, csv_of(SHEET)).text)
    left = press(admin, "/console/own-list/import/left-out", form)
    lines = read_sheet(left.data)
    assert [line.cells[0] for line in lines if line.cells] == ["氏名", "鈴木 一郎", "佐藤 次郎", "見本　花子"]
    assert preview(admin, left.data).status_code == 200


# --- export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_computes_nothing_and_comes_back_whole(console, admin, form):
    evil = OwnPerson(OwnKind.ALLOW, Party(name='=HYPERLINK("http://example.com")', phones=("+818000003333",)), "@x")
    people = [WATCHED, evil]
    for person in people:
        console.guard.own_list.add(SHOP, person, "clerk")
    answer = press(admin, "/console/own-list/export", {"shop": SHOP, "form": form})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if form == "csv":
        assert answer.data.startswith(b"\xef\xbb\xbf")
        assert not re.search(r'(?:^|,)"?[=+@-]', answer.data.decode("utf-8-sig"), re.MULTILINE)
    else:
        assert b"<f>" not in answer.data
    shown = preview(admin, answer.data, shop=OTHER_SHOP)
    take_over(admin, {**brought(shown.text), "shop": OTHER_SHOP})
    assert set(map(repr, lines_of(console, OTHER_SHOP))) == set(map(repr, people))
    assert sorted(lines_of(console, OTHER_SHOP), key=str) == sorted(people, key=str)
    assert "view_own_list" in views(console)


def test_clerks_neither_import_nor_export(console):
    clerk = console.browser(Role.OPERATOR)
    assert clerk.get("/console/own-list/import").status_code == 403
    for action in ("export", "import/preview", "import/run", "import/left-out", "take-back"):
        assert press(clerk, f"/console/own-list/{action}", {"shop": SHOP}).status_code == 403
    page = clerk.get("/console/own-list/").text
    assert "Import" not in page and "Export" not in page
