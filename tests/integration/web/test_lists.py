"""Search and the shop's own list: what is shown before anything is looked up, what is kept, and who may."""

import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.errors import StoreUnavailable
from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.identity import Token, Type
from shopguard.model import Category, Party
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.messages import MAX_CASE, CandidateShape, SearchAnswer
from shopguard.registry.refusals import Refusal
from shopguard.sheets import csv_of, excel_of, read_sheet
from shopguard.storage.tables import audit
from shopguard.web.roles import Role

from .conftest import OTHER_SHOP, SHOP, Console, press, read

HANAKO = Party(name="見本 花子", lines=("大阪府大阪市北区梅田1-2-3",), phones=("080-0000-2222",))
WATCHED = OwnPerson(OwnKind.WATCH, HANAKO, "受取辞退 2回")
TYPED = {
    "name": "渡邊 花子",
    "kana": "ワタナベ ハナコ",
    "phone": "０８０－００００－２２２２",
    "address": "大阪市北区梅田一丁目2-3",
}
LONG = "x" * (MAX_CASE + 1)


class SearchedRegistry:
    """Stands for the registry: notes what is searched, and tells of one person where the phone is asked."""

    def __init__(self) -> None:
        self.cases: list[str] = []
        self.refusal: Refusal | None = None
        self.opened = True

    def search(self, asked: Sequence[Token], case: str) -> SearchAnswer:
        self.cases.append(case)
        if self.refusal:
            raise NoAnswer(self.refusal)
        met = tuple(at for at, token in enumerate(asked) if token.type == Type.PHONE)
        told = CandidateShape(
            "a1b2", met, ("phone", "kanji"), Category.UNPAID, 2, date(2026, 8, 1), True, self.opened
        )
        return SearchAnswer(datetime(2026, 11, 22, tzinfo=UTC), 1, 1, (told,) if met else (), ())


@pytest.fixture
def registry(console: Console) -> SearchedRegistry:
    found = SearchedRegistry()
    vars(console.guard)["searches"] = found
    return found


@pytest.fixture
def clerk(console: Console, registry: SearchedRegistry) -> FlaskClient:
    return console.browser(Role.OPERATOR)


@pytest.fixture
def admin(console: Console) -> FlaskClient:
    return console.browser(Role.SHOP_ADMIN)


def lines_of(console: Console, shop: str = SHOP) -> list[OwnPerson]:
    return [entry.person for entry in console.guard.own_list.every(shop)]


def views(console: Console) -> list[str]:
    with console.guard.engine.connect() as connection:
        return list(connection.execute(sa.select(audit.c.action).order_by(audit.c.id)).scalars())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the last form that has any."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if name not in ("form_key", "back")}


# --- search ---------------------------------------------------------------------------------------------------------


def test_it_is_shown_how_the_input_is_understood_before_anything_is_looked_up(clerk, registry):
    answer = press(clerk, "/console/search/", {**TYPED, "case": "#1042", "registry": "yes", "own": "yes"})
    shown = read(answer.text)
    for text in ("渡辺", "花子", "わたなべはなこ", "邊→辺", "大阪府大阪市北区", "梅田", "1-2-3", "+81 80-0000-2222"):
        assert text in shown, text
    assert registry.cases == []


def test_what_was_confirmed_is_looked_up_in_both_places(console, clerk, registry):
    console.guard.own_list.add(SHOP, WATCHED, "clerk")
    first = press(clerk, "/console/search/", {**TYPED, "case": "#1042", "registry": "yes", "own": "yes"})
    answer = press(clerk, "/console/search/found", hidden(first.text))
    shown = read(answer.text)
    assert registry.cases == ["#1042"]
    for text in ("Unpaid", "2 reports", "August 2026", "見本 花子", "受取辞退 2回"):
        assert text in shown, text
    assert {"view_search", "view_own_list"} <= set(views(console))


def test_one_detail_alone_is_told_with_nothing_opened(clerk, registry):
    registry.opened = False
    answer = press(clerk, "/console/search/found", {"phone": "080-0000-2222", "case": "#1", "registry": "yes"})
    assert "Unpaid" not in answer.text
    assert "2 or more reports" in read(answer.text)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Write at least one detail."),
        ({"phone": "080-0000-2222", "registry": "yes"}, "Say what for"),
        ({"name": "見本 花子", "registry": "yes", "case": "x"}, "A name alone finds nobody"),
        ({"phone": "080-0000-2222"}, "Choose where to search."),
        (
            {"phone": "080-0000-2222", "registry": "yes", "case": "x" * (MAX_CASE + 1)},
            f"at most {MAX_CASE} characters",
        ),
        ({"name": "花" * 501, "own": "yes"}, "at most 500 characters"),
    ],
)
@pytest.mark.parametrize("step", ["/console/search/", "/console/search/found"])
def test_what_cannot_be_searched_is_said_beside_what_was_typed(clerk, registry, form, said, step):
    answer = press(clerk, step, form)
    assert answer.status_code == 422
    assert said in read(answer.text)
    assert all(value in answer.text for name, value in form.items() if name != "registry")
    assert registry.cases == []


def test_a_name_alone_finds_people_on_the_own_list(console, clerk):
    console.guard.own_list.add(SHOP, WATCHED, "clerk")
    assert "受取辞退" in press(clerk, "/console/search/found", {"name": "見本花子", "own": "yes"}).text


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Refusal.SEARCHES_SPENT, "searched as often as it may"),
        (Refusal.SUSPENDED, "asks nothing|lets this shop ask nothing"),
        (Refusal.UNAVAILABLE, "cannot be reached"),
    ],
)
def test_a_registry_that_does_not_answer_is_told_politely(console, clerk, registry, refusal, said):
    console.guard.own_list.add(SHOP, WATCHED, "clerk")
    registry.refusal = refusal
    form = {"phone": "080-0000-2222", "case": "#1", "registry": "yes", "own": "yes"}
    answer = press(clerk, "/console/search/found", form)
    assert answer.status_code == 200
    assert re.search(said, read(answer.text))
    assert "受取辞退" in answer.text


def test_what_cannot_be_read_is_said(clerk):
    form = {"name": "見本 花子", "phone": "12", "email": "hanako", "address": "どこか", "own": "yes"}
    shown = read(press(clerk, "/console/search/", form).text)
    for said in ("no number that can be called", "no mail address", "Without a house number"):
        assert said in shown


def test_a_search_can_be_changed_and_nothing_typed_is_lost(clerk):
    form = {**TYPED, "case": "#1042", "registry": "yes"}
    answer = press(clerk, "/console/search/", {**form, "change": "yes"})
    assert answer.status_code == 200
    for text in (*TYPED.values(), "#1042"):
        assert f'value="{text}"' in answer.text


def test_a_member_without_orders_searches_the_registry_and_no_list(console, registry):
    console.guard.own_list.add(SHOP, WATCHED, "clerk")
    member = console.browser(Role.MEMBER)
    assert 'name="own"' not in member.get("/console/search/").text
    form = {"phone": "080-0000-2222", "case": "#1", "registry": "yes", "own": "yes"}
    answer = press(member, "/console/search/found", form)
    assert "Unpaid" in answer.text
    assert "受取辞退" not in answer.text


def test_lists_of_shops_that_one_may_not_see_are_not_searched(console, registry):
    console.guard.own_list.add(OTHER_SHOP, WATCHED, "clerk")
    clerk = console.browser(Role.OPERATOR, shops=[SHOP])
    assert "受取辞退" not in press(clerk, "/console/search/found", {"phone": "080-0000-2222", "own": "yes"}).text


# --- the own list ---------------------------------------------------------------------------------------------------


def add(browser: FlaskClient, **more: str) -> TestResponse:
    form = {"shop": SHOP, "kind": "watch", "name": "見本 花子", "phone": "080-0000-2222", "why": "受取辞退"} | more
    first = press(browser, "/console/own-list/new", form)
    return press(browser, "/console/own-list/add", hidden(first.text)) if first.status_code == 200 else first


def test_somebody_is_added_after_it_was_shown_how_they_are_understood(console, clerk):
    form = {"shop": SHOP, "kind": "watch", "name": "渡邊 花子", "phone": "080-0000-2222", "why": "x"}
    first = press(clerk, "/console/own-list/new", form)
    assert "邊→辺" in first.text
    assert lines_of(console) == []
    answer = press(clerk, "/console/own-list/add", hidden(first.text))
    assert "The person is on the list." in answer.text
    assert lines_of(console) == [OwnPerson(OwnKind.WATCH, Party(name="渡邊 花子", phones=("080-0000-2222",)), "x")]


def test_a_form_sent_twice_adds_once(console, clerk):
    add(clerk)
    assert "already" in add(clerk).text
    assert len(lines_of(console)) == 1


def test_who_is_like_that_already_is_shown_before(console, clerk):
    add(clerk)
    form = {"shop": SHOP, "kind": "allow", "name": "見本 花子", "phone": "080-0000-2222"}
    shown = read(press(clerk, "/console/own-list/new", form).text)
    assert "On the list already" in shown
    assert "受取辞退" in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "", "phone": ""}, "Write at least one detail."),
        ({"phone": ""}, "Nobody could be found by this alone."),
        ({"why": ""}, "Say why"),
        ({"why": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_added_is_said(console, clerk, wrong, said):
    answer = add(clerk, **wrong)
    assert answer.status_code == 422
    assert said in read(answer.text)
    assert press(clerk, "/console/own-list/add", {"shop": SHOP, "kind": "watch", **wrong}).status_code == 422
    assert lines_of(console) == []


def test_who_is_known_to_be_fine_needs_no_reason(console, clerk):
    add(clerk, kind="allow", why="")
    assert [person.kind for person in lines_of(console)] == [OwnKind.ALLOW]


@pytest.mark.parametrize(
    "name", ["花" * 500, "<script>alert(1)</script> 花子", "花子😀 見本", "'; DROP TABLE own_entry"]
)
def test_odd_names_break_nothing(console, clerk, name):
    answer = add(clerk, name=name)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert [person.party.name for person in lines_of(console)] == [name]


def test_taking_somebody_off_can_be_undone(console, clerk):
    add(clerk)
    (entry,) = console.guard.own_list.every(SHOP)
    answer = press(clerk, f"/console/own-list/{entry.id}/remove", {"shop": SHOP})
    assert "taken off" in answer.text
    assert lines_of(console) == []
    assert "already" in press(clerk, f"/console/own-list/{entry.id}/remove", {"shop": SHOP}).text
    left = re.search(r'name="left" value="([^"]+)"', answer.text)
    assert left is not None
    assert "on the list again" in press(clerk, "/console/own-list/put-back", {"shop": SHOP, "left": left[1]}).text
    assert len(lines_of(console)) == 1


@pytest.mark.parametrize("left", ["", "x", "gAAAAABx", "é"])
def test_what_no_page_sent_is_not_put_back(clerk, left):
    assert press(clerk, "/console/own-list/put-back", {"shop": SHOP, "left": left}).status_code == 400


def test_lines_are_found_by_a_part_of_their_text_that_stands_in_no_address(console, clerk):
    add(clerk)
    answer = press(clerk, "/console/own-list/find", {"shop": SHOP, "sought": "花子"})
    assert "080-0000-2222" in answer.text
    assert "080-0000-2222" not in press(clerk, "/console/own-list/find", {"shop": SHOP, "sought": "鈴木"}).text
    for address in re.findall(r'(?:href|action)="([^"]*)"', answer.text):
        assert "花" not in address and "%E8" not in address


def test_pages_of_the_list_follow_one_another(console, clerk):
    own = console.guard.own_list
    people = [OwnPerson(OwnKind.WATCH, Party(phones=(f"080-0000-{n:04}",)), "x") for n in range(1500, 1560)]
    own.add_all(SHOP, [own.row(SHOP, person) for person in people], "clerk")
    first = clerk.get("/console/own-list/").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = clerk.get(html.unescape(following[1])).text
    assert [page.count('class="card"') for page in (first, second)] == [50, 10]


def test_every_view_of_the_list_is_in_the_audit_log(console, clerk):
    add(clerk)
    (entry,) = console.guard.own_list.every(SHOP)
    before = views(console).count("view_own_list")
    clerk.get("/console/own-list/")
    clerk.get(f"/console/own-list/{entry.id}")
    assert views(console).count("view_own_list") == before + 2


def test_a_shop_that_one_may_not_see_is_as_if_it_were_not_there(console):
    console.guard.own_list.add(OTHER_SHOP, WATCHED, "x")
    (entry,) = console.guard.own_list.every(OTHER_SHOP)
    clerk = console.browser(Role.OPERATOR, Role.SHOP_ADMIN, shops=[SHOP])
    assert clerk.get("/console/own-list/", query_string={"shop": OTHER_SHOP}).status_code == 404
    assert clerk.get(f"/console/own-list/{entry.id}").status_code == 404
    assert press(clerk, f"/console/own-list/{entry.id}/remove").status_code == 404
    for action in ("add", "new", "find", "export", "put-back", "take-back", "import/preview"):
        form = {"shop": OTHER_SHOP, "name": "x", "sought": "x", "packed": "x"}
        assert press(clerk, f"/console/own-list/{action}", form).status_code in (400, 404), action
    assert len(lines_of(console, OTHER_SHOP)) == 1


# --- import ---------------------------------------------------------------------------------------------------------

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
    shown = preview(admin, csv_of([("氏名", "電話番号", "備考"), *rows]))
    assert "9,900 rows can be taken over" in read(shown.text)
    assert "100 rows cannot" in read(shown.text)
    answer = press(admin, "/console/own-list/import/run", brought(shown.text))
    parts = [part.decode() for part in answer.iter_encoded()]
    assert sum("of 10,001 rows read" in part for part in parts) > 10
    assert "9,900 people were put on the list." in read("".join(parts))
    assert console.guard.own_list.counts([SHOP])[OwnKind.WATCH] == 9_900


def test_a_database_that_is_away_in_the_middle_leaves_nothing(console, admin, monkeypatch):
    form = brought(preview(admin, csv_of(SHEET)).text)

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(console.guard.writer, "run", away)
    answer = press(admin, "/console/own-list/import/run", form, buffered=True)
    monkeypatch.undo()
    assert "nothing was taken over" in answer.text
    assert lines_of(console) == []


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


def test_clerks_neither_import_nor_export(clerk):
    assert clerk.get("/console/own-list/import").status_code == 403
    for action in ("export", "import/preview", "import/run", "import/left-out", "take-back"):
        assert press(clerk, f"/console/own-list/{action}", {"shop": SHOP}).status_code == 403
    page = clerk.get("/console/own-list/").text
    assert "Import" not in page and "Export" not in page
