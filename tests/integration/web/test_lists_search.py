"""Search: what is shown before anything is looked up, what is told of whom, and who may."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient

from shopguard.identity import Token, Type
from shopguard.model import Category
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.messages import MAX_CASE, CandidateShape, SearchAnswer
from shopguard.registry.refusals import Refusal
from shopguard.web.roles import Role

from .conftest import OTHER_SHOP, SHOP, Console, press, read
from .own_lists import WATCHED, hidden, views

TYPED = {
    "name": "渡邊 花子",
    "kana": "ワタナベ ハナコ",
    "phone": "０８０－００００－２２２２",
    "address": "大阪市北区梅田一丁目2-3",
}


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
