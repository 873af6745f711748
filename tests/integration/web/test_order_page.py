"""The page of one order: what it shows of whom, what each press does, and what it says when somebody was quicker."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from shopguard.adapter import Capability
from shopguard.errors import PlatformRefused
from shopguard.model import Order, Party, Payment, PaymentKind, Stage
from shopguard.storage.tables import audit, note, pair_ok
from shopguard.testing.registry import FakeRegistry
from shopguard.web.roles import Role

from .conftest import BAD, ENTRY, ORDER, REF, SHOP, Console, press, read

PAGE = f"/console/orders/{SHOP}/5001"


@pytest.fixture
def clerk(console: Console) -> FlaskClient:
    """A browser of an operator; order #1042 came in and is held."""
    console.order()
    return console.browser(Role.OPERATOR, name="aoki")


def shown(browser: FlaskClient, page: str = PAGE) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200
    return read(answer.text)


def done(console: Console) -> list[str]:
    return [effect[0] for effect in console.platform.effects]


def lines(console: Console) -> list[tuple[str, str, str]]:
    """Who did what to which order, without who looked."""
    query = sa.select(audit.c.actor, audit.c.action, audit.c.order_id).order_by(audit.c.id)
    with console.guard.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query) if not row.action.startswith("view_")]


def test_the_page_tells_what_agrees_and_what_was_folded(clerk: FlaskClient) -> None:
    page = shown(clerk)
    assert "渡邊 太郎" in page
    assert "邊→辺 read as one" in page
    assert "about 1 in" in page
    assert "read as 09000000001" in page
    assert "2 shops reported it" in page
    assert "last in August 2026" in page


def test_what_is_on_record_is_masked_and_names_no_entry_day(clerk: FlaskClient) -> None:
    page = clerk.get(PAGE).text
    masked = page.split('data-label="On record">')[1:]
    assert [cell.partition("<")[0] for cell in masked] == ["渡＊＊＊", "—", "…01", "t＊＊＊@…"]
    assert "14 August" not in page
    assert "2026-08-14" not in page


def test_a_view_is_on_record(console: Console, clerk: FlaskClient) -> None:
    shown(clerk)
    with console.guard.engine.connect() as connection:
        seen = connection.execute(sa.select(audit.c.actor).where(audit.c.action == "view_order")).scalars().all()
    assert list(seen) == ["aoki"]


def test_release_shows_at_once_and_says_when_the_shop_confirmed(console: Console, clerk: FlaskClient) -> None:
    answer = press(clerk, f"{PAGE}/do/release", {"looked_at": 1})
    page = shown(clerk, answer.location)
    assert "Released by aoki." in page
    assert "Hold taken away at the shop the shop is being told" in page
    console.work()
    assert "Hold taken away at the shop ✓ the shop confirmed it" in read(clerk.get(f"{PAGE}/state").text)
    assert console.platform.held == set()


def test_a_state_that_is_as_it_was_is_not_sent_again(clerk: FlaskClient) -> None:
    first = clerk.get(f"{PAGE}/state?looked_at=1")
    again = clerk.get(f"{PAGE}/state?looked_at=1", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")


def test_a_stale_page_says_who_decided_what(console: Console, clerk: FlaskClient) -> None:
    other = console.browser(Role.OPERATOR, name="baba")
    press(other, f"{PAGE}/do/keep", {"looked_at": 1})
    assert "Left as it is by baba." in read(clerk.get(f"{PAGE}/state?looked_at=1").text)
    answer = press(clerk, f"{PAGE}/do/release", {"looked_at": 1})
    page = shown(clerk, answer.location)
    assert "Nothing was changed" in page
    assert "Left as it is by baba." in page
    assert done(console) == ["hold"]


def test_a_page_of_an_order_that_was_judged_anew_says_so(console: Console, clerk: FlaskClient) -> None:
    console.order(replace(ORDER, total=Decimal(99000)))
    assert "judged anew" in read(clerk.get(f"{PAGE}/state?looked_at=1").text)
    press(clerk, f"{PAGE}/do/release", {"looked_at": 1})
    console.work()
    assert "release" not in done(console)


@pytest.mark.parametrize("what", ["release", "keep", "cancel"])
def test_a_button_pressed_twice_acts_once(console: Console, clerk: FlaskClient, what: str) -> None:
    answers = [press(clerk, f"{PAGE}/do/{what}", {"looked_at": 1}) for _ in range(2)]
    assert all("did=" + what in answer.location for answer in answers)
    console.work()
    assert [line for line in lines(console) if line[1] == what] == [("aoki", what, "5001")]
    assert len(done(console)) == (1 if what == "keep" else 2)


def test_cancel_asks_twice_and_then_tells_the_platform(console: Console, clerk: FlaskClient) -> None:
    page = shown(clerk)
    assert "Really cancel order #1042 at the shop?" in page
    answer = press(clerk, f"{PAGE}/do/cancel", {"looked_at": 1})
    assert "Cancelled by aoki." in shown(clerk, answer.location)
    console.work()
    assert done(console) == ["hold", "cancel"]
    assert "Cancelled at the shop ✓ the shop confirmed it" in read(clerk.get(f"{PAGE}/state").text)


def test_a_cancellation_that_the_platform_refuses_waits_again_and_can_be_tried_again(
    console: Console, clerk: FlaskClient
) -> None:
    console.platform.fail(PlatformRefused("no such right"))
    press(clerk, f"{PAGE}/do/cancel", {"looked_at": 1})
    console.work()
    page = shown(clerk)
    assert "the shop did not take it no such right" in page
    assert console.guard.reviews.count_waiting() == 1
    failed = next(effect.id for effect in console.guard.effects.of_order(REF) if effect.state == "failed")
    assert press(clerk, f"{PAGE}/retry", {"effect": failed}).status_code == 303
    console.work()
    assert done(console) == ["hold", "cancel"]


def test_a_platform_that_cannot_cancel_gets_words_and_no_button(console: Console, clerk: FlaskClient) -> None:
    console.platform.capabilities -= {Capability.CANCEL}
    page = shown(clerk)
    assert "Yes, cancel it" not in page
    assert "Order #1042" in page or "注文 #1042" in page
    answer = press(clerk, f"{PAGE}/do/cancel", {"looked_at": 1})
    assert "did=not-done" in answer.location
    assert console.guard.reviews.count_waiting() == 1


def test_another_person_is_remembered_for_exactly_this_pair(console: Console, clerk: FlaskClient) -> None:
    press(clerk, f"{PAGE}/do/apart", {"looked_at": 1, "entry": "E-1"})
    console.work()
    assert console.platform.held == set()
    with console.guard.engine.connect() as connection:
        pairs = connection.execute(sa.select(pair_ok.c.entry, pair_ok.c.decided_by)).all()
    assert [tuple(pair) for pair in pairs] == [("E-1", "aoki")]
    console.order(replace(ORDER, id="5002", total=Decimal(1)))
    assert console.platform.held == set()
    console.order(replace(ORDER, id="5003", buyer=replace(BAD, emails=())))
    assert console.platform.held == {"5003"}


def test_of_two_entries_one_is_told_apart_first_and_the_order_goes_on_waiting(console: Console) -> None:
    registry = console.guard.registry
    assert isinstance(registry, FakeRegistry)
    registry.entries.append(replace(ENTRY, id="E-2"))
    console.order()
    clerk = console.browser(Role.OPERATOR)
    press(clerk, f"{PAGE}/do/apart", {"looked_at": 1, "entry": "E-1"})
    page = clerk.get(PAGE).text
    assert console.guard.reviews.count_waiting() == 1
    assert 'value="E-1"' not in page
    assert 'value="E-2"' in page
    press(clerk, f"{PAGE}/do/apart", {"looked_at": 1, "entry": "E-2"})
    console.work()
    assert console.platform.held == set()


def test_an_entry_that_is_no_match_of_the_order_is_not_remembered(console: Console, clerk: FlaskClient) -> None:
    assert press(clerk, f"{PAGE}/do/apart", {"looked_at": 1, "entry": "E-7"}).status_code == 400
    assert console.guard.reviews.count_waiting() == 1


def test_asking_for_prepayment_offers_words_and_is_written_down(console: Console, clerk: FlaskClient) -> None:
    page = clerk.get(PAGE).text
    letter = page.split("<textarea")[1].partition("</textarea>")[0]
    assert "#1042" in letter
    assert not any(word in letter.lower() for word in ("ブラック", "登録簿", "blacklist", "詐欺", "一致"))
    press(clerk, f"{PAGE}/prepayment")
    assert "The buyer was asked to pay before shipping." in shown(clerk)
    assert ("aoki", "ask_prepayment", "5001") in lines(console)
    assert console.guard.reviews.count_waiting() == 1


@pytest.mark.parametrize(
    ("buyer", "first"),
    [
        (BAD, "ご注文いただき"),
        (replace(BAD, name="Jane Example"), "ご注文いただき"),
        (replace(BAD, name="Jane Example", country="US"), "Thank you for your order"),
        (replace(BAD, country="US"), "ご注文いただき"),
    ],
)
def test_the_words_for_the_buyer_are_in_a_language_they_read_and_the_other_is_at_hand(
    console: Console, buyer: Party, first: str
) -> None:
    console.order(replace(ORDER, buyer=buyer))
    letters = console.browser(Role.OPERATOR).get(PAGE).text.split("<textarea")[1:3]
    assert first in letters[0].partition("</textarea>")[0]
    assert first not in letters[1]
    for letter in letters:
        assert "#1042" in letter
        assert ("￥12,800" if "ご注文" in letter else "¥12,800") in letter
        assert "mailto:taro%40example.jp?subject=" in letter


def test_nobody_is_asked_to_pay_first_for_an_order_that_was_let_go(console: Console, clerk: FlaskClient) -> None:
    press(clerk, f"{PAGE}/do/release", {"looked_at": 1})
    assert "Ask for prepayment" not in shown(clerk)
    assert "did=not-done" in press(clerk, f"{PAGE}/prepayment").location
    assert "The buyer was asked" not in shown(clerk)
    assert press(clerk, f"/console/orders/{SHOP}/nothing/prepayment").status_code == 404


def test_a_buyer_goes_onto_the_own_list_without_being_typed(console: Console, clerk: FlaskClient) -> None:
    page = clerk.get(PAGE).text
    form = re.search(r'<form method="post" action="/console/own-list/new">.*?</form>', page, re.DOTALL)
    assert form
    filled = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    asked = press(clerk, "/console/own-list/new", filled).text
    for text in ("渡邊 太郎", "090-0000-0001", "taro@example.jp", "Order #1042"):
        assert f'value="{text}"' in asked
    told = press(clerk, "/console/own-list/add", {**filled, "kind": "allow"})
    assert told.status_code == 200
    console.order(replace(ORDER, id="5002", number="#1043"))
    assert console.platform.held == {"5001"}


def test_a_note_is_sealed_and_shown_once(console: Console, clerk: FlaskClient) -> None:
    for _ in range(2):
        press(clerk, f"{PAGE}/note", {"text": "phoned 090-0000-0001, <b>nobody</b> 📦"})
    page = clerk.get(PAGE).text
    assert page.count("&lt;b&gt;nobody&lt;/b&gt; 📦") == 1
    with console.guard.engine.connect() as connection:
        (sealed,) = connection.execute(sa.select(note.c.sealed)).scalars()
    assert b"phoned" not in sealed


def test_a_note_that_is_too_long_stays_as_it_was_typed(clerk: FlaskClient) -> None:
    answer = press(clerk, f"{PAGE}/note", {"text": "長" * 2001})
    assert answer.status_code == 422
    assert "長" * 2001 in answer.text
    assert "2000 characters at most" in read(answer.text)


def test_earlier_orders_of_the_buyer_are_of_this_shop_alone(console: Console, clerk: FlaskClient) -> None:
    placed = datetime.now(UTC) - timedelta(days=40)
    same = Party(name="渡辺 太郎", phones=("０９０００００ー０００１",))
    console.order(replace(ORDER, id="4001", number="#900", stage=Stage.SHIPPED, buyer=same, placed_at=placed))
    console.order(replace(ORDER, id="4002", number="#901", buyer=Party(name="佐藤 花子", phones=("03-0000-0009",))))
    console.order(replace(ORDER, id="4003", number="#902"), "second-store")
    page = shown(clerk)
    assert "Earlier orders of this buyer here 1" in page
    assert "#900" in page
    assert "#901" not in page
    assert "#902" not in page


def test_the_timeline_tells_everything_in_its_order(console: Console, clerk: FlaskClient) -> None:
    press(clerk, f"{PAGE}/note", {"text": "will call"})
    press(clerk, f"{PAGE}/do/release", {"looked_at": 1})
    console.work()
    page = clerk.get(PAGE).text
    told = read(page.partition('id="timeline"')[2])
    moments = (
        "The shop reported the order",
        "Checked: on hold",
        "Put on hold at the shop: the shop confirmed it",
        "Note",
        "will call",
        "Released aoki",
        "Hold taken away at the shop: the shop confirmed it",
    )
    assert [told.find(moment) >= 0 for moment in moments] == [True] * len(moments)
    places = [told.find(moment) for moment in moments]
    assert places == sorted(places)


def test_an_erased_order_shows_what_is_left(console: Console, clerk: FlaskClient) -> None:
    press(clerk, f"{PAGE}/note", {"text": "will call 太郎"})
    console.guard.writer.run(console.guard.store.erase(REF))
    page = shown(clerk)
    assert "太郎" not in page
    assert "erased" in page
    assert "Checked: on hold" in page
    assert press(clerk, f"{PAGE}/note", {"text": "again"}).status_code == 404


def test_an_order_of_a_shop_that_is_not_for_the_viewer_is_not_there(console: Console, clerk: FlaskClient) -> None:
    stranger = console.browser(Role.OPERATOR, shops=["second-store"])
    assert stranger.get(PAGE).status_code == 404
    for what in ("do/release", "do/cancel", "do/apart", "note", "prepayment", "retry"):
        assert press(stranger, f"{PAGE}/{what}", {"text": "x", "entry": "E-1"}).status_code == 404, what
    assert stranger.get(f"{PAGE}/state").status_code == 404
    assert console.guard.reviews.count_waiting() == 1


def test_an_order_that_never_came_is_not_there(clerk: FlaskClient) -> None:
    assert clerk.get(f"/console/orders/{SHOP}/nothing").status_code == 404
    assert press(clerk, f"/console/orders/{SHOP}/nothing/do/cancel").status_code == 404


def test_names_with_markup_and_five_hundred_characters_do_not_break_the_page(console: Console) -> None:
    name = "<script>alert(1)</script>" + "漢" * 475
    console.order(Order("6001", number="<i>#1</i>", buyer=replace(BAD, name=name), payment=Payment(PaymentKind.COD)))
    answer = console.browser(Role.OPERATOR).get(f"/console/orders/{SHOP}/6001")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<i>#1" not in answer.text
    assert "漢" * 475 in answer.text


def test_the_page_is_in_japanese_too(console: Console) -> None:
    console.order()
    page = shown(console.browser(Role.OPERATOR, language="ja"))
    assert "この注文" in page
    assert "登録" in page
    assert "Not the same" not in page
