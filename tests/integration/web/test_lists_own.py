"""The pages of the shop's own list: adding, finding and taking off, and who may."""

import html
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.guard.own_people import OwnKind, OwnPerson
from shopguard.model import Party
from shopguard.web.roles import Role

from .conftest import ORDER, OTHER_SHOP, SHOP, Console, press, read
from .own_lists import HANAKO, WATCHED, hidden, lines_of, views


@pytest.fixture
def clerk(console: Console) -> FlaskClient:
    return console.browser(Role.OPERATOR)


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


def test_an_order_says_who_of_it_is_on_the_list_and_by_what(console, clerk):
    console.guard.own_list.add(SHOP, WATCHED, "clerk")
    (entry,) = console.guard.own_list.every(SHOP)
    buyer, other = (
        Party(name="佐藤 次郎", phones=("080-0000-4444",)),
        Party(name="鈴木 一郎", phones=("080-0000-5555",)),
    )
    recipient = Party(name="渡辺 三郎", phones=HANAKO.phones)
    console.order(replace(ORDER, buyer=buyer, recipients=(other, recipient)))
    page = clerk.get(f"/console/orders/{SHOP}/{ORDER.id}").text
    assert "Recipient 2 : Name ≠ different" in read(page)
    assert "Phone ＝ same same mobile number · To the line of the list" in read(page)
    assert f'href="/console/own-list/{entry.id}"' in page


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
