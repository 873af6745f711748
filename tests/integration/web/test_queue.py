"""The review queue without script: what it shows to whom, and that its forms do what they say."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.config import Config, Language, Mode, ShippingSettings, ShopSettings
from shopguard.errors import ActionUnsupported
from shopguard.guard.prepaying import REMIND_S
from shopguard.guard.undo import UNDO_S
from shopguard.model import OrderRef, Party, Payment, PaymentKind, ShopAlarm, Stage
from shopguard.storage.tables import audit, note
from shopguard.testing.registry import FakeRegistry
from shopguard.web.console.queue import PAGE
from shopguard.web.roles import Role

from .conftest import BAD, ENTRY, ORDER, OTHER_SHOP, REF, SHOP, Clock, Console, Install, form_key, press, read

KEY = "main-store/5001"


@pytest.fixture
def clerk(console: Console) -> FlaskClient:
    """An operator's browser."""
    return console.browser(Role.OPERATOR, name="sato")


def one_shop(install: Install, **settings: Any) -> Console:
    chosen = {"mode": Mode.HOLD, "language": Language.JA, "rate_per_s": 1000, **settings}
    return Console(install(Config(shops={SHOP: ShopSettings(SHOP, "fake", None, **chosen)}), FakeRegistry(ENTRY)))


@pytest.fixture
def held(console: Console) -> Console:
    """One order is held."""
    console.order()
    assert console.platform.held == {"5001"}
    return console


def page(browser: FlaskClient, query: str = "") -> str:
    answer = browser.get(f"/console/{query}")
    assert answer.status_code == 200
    return answer.text


def followed(browser: FlaskClient, answer: TestResponse) -> str:
    assert answer.status_code == 303
    return read(browser.get(answer.location).text)


def orders(console: Console, count: int) -> None:
    for number in range(1, count + 1):
        console.order(replace(ORDER, id=str(number), number=f"#{number}"))


def numbers(shown: str) -> list[str]:
    return re.findall(r'data-number="([^"]+)"', shown)


# --- what it shows ---


def test_the_list_tells_why_an_order_waits_without_opening_it(held: Console, clerk: FlaskClient) -> None:
    shown = read(page(clerk))
    for text in ("#1042", "渡邊 太郎", "¥12,800", "代金引換", SHOP, "On hold", "phone, name, email", "2 reports"):
        assert text in shown, text


def test_an_order_that_is_open_stands_beside_the_list(held: Console, clerk: FlaskClient) -> None:
    shown = read(page(clerk, f"?open={KEY}"))
    assert "090-0000-0001" in shown
    assert "Release the hold and ship" in shown


def test_it_is_japanese_for_who_asks_for_it(held: Console) -> None:
    shown = read(page(held.browser(Role.OPERATOR, language="ja")))
    assert "出荷保留" in shown
    assert "電話・氏名・メール 登録と一致 · 2件 · 2026年8月" in shown


def test_an_order_that_has_shipped_is_not_said_to_be_on_hold(console: Console, clerk: FlaskClient) -> None:
    console.order(replace(ORDER, stage=Stage.SHIPPED))
    row = re.search(r'<li class="row.*?</li>', page(clerk), re.DOTALL)
    assert row
    assert "Shipped, please check" in row[0]
    assert "On hold" not in row[0]


def test_an_order_of_a_person_without_name_is_shown(held: Console, clerk: FlaskClient) -> None:
    held.guard.writer.run(held.guard.store.erase(REF))
    shown = page(clerk, f"?open={KEY}")
    assert "#1042" in shown
    assert "渡" not in shown


def test_what_a_buyer_wrote_is_text_and_never_markup(console: Console, clerk: FlaskClient) -> None:
    evil = '"><script>alert(1)</script>' + "🍵" * 500
    buyer = replace(BAD, name=f"渡邊 太郎 {evil}")
    console.order(replace(ORDER, number=evil, buyer=buyer, payment=Payment(PaymentKind.COD, evil)))
    console.guard.states.raise_alarm(ShopAlarm(SHOP, "code", evil), 1.0)
    for query in ("", f"?open={KEY}", f"?did=release&of={KEY}"):
        shown = page(clerk, query)
        assert "alert(1)" in shown
        assert "<script>" not in shown


@pytest.mark.parametrize(
    "query",
    [
        "did=<b>&of=<b>",
        "did=release&of=main-store/%00",
        "did=release&n=<b>&missed=x",
        "did=release&n=1&since=nan&until=inf",
        "open=<b>/x",
        "open=nothing",
        "after=1:x:y&before=z",
        "after=0:nan:0:main-store/1",
        "after=0:1:2",
        "verdict=<b>&age=<b>&shop=<b>",
        "x=" + "y" * 3000,
    ],
)
def test_whatever_the_address_says_is_survived_and_not_echoed(held: Console, clerk: FlaskClient, query: str) -> None:
    shown = page(clerk, f"?{query}")
    assert "<b>/" not in shown
    assert '"<b>' not in shown


def test_the_page_needs_nothing_that_its_policy_forbids(held: Console, clerk: FlaskClient) -> None:
    shown = page(clerk, f"?open={KEY}")
    assert "style=" not in shown
    assert not re.search(r"\son[a-z]+=", shown)


def test_an_empty_queue_says_how_much_was_checked_today(console: Console, clerk: FlaskClient) -> None:
    assert "No order is waiting. No order has come in today." in read(page(clerk))
    for number in "123":
        console.order(
            replace(ORDER, id=number, buyer=Party(name=f"見本 {number}子", phones=(f"090-0000-100{number}",)))
        )
    assert "Today 3 orders were checked, and all passed." in read(page(clerk))
    console.order()
    press(clerk, f"/console/orders/{KEY}/release")
    assert "Today 4 orders were checked. 3 passed at once" in read(page(clerk))


def test_an_account_of_one_shop_sees_no_other_shop(console: Console) -> None:
    console.order()
    other = console.browser(Role.OPERATOR, shops=[OTHER_SHOP])
    key = form_key(other)
    shown = page(other, f"?open={KEY}&shop={SHOP}")
    assert "#1042" not in shown
    assert "No order is waiting." in shown
    assert other.get(f"/console/queue/order?of={KEY}").status_code == 404
    assert other.post(f"/console/orders/{KEY}/release", data={"form_key": key}).status_code == 404
    assert "#1042" not in other.post("/console/queue/search", data={"form_key": key, "sought": "渡邊"}).text
    other.post("/console/queue/decide", data={"form_key": key, "picked": f"1:{KEY}", "decision": "release"})
    assert other.get("/console/queue/news?since=0").json == {"count": 0, "new": 0, "decided": {}, "open": {}}
    assert console.guard.reviews.count_waiting() == 1


def test_whoever_sees_a_name_is_on_record(held: Console, clerk: FlaskClient) -> None:
    page(clerk)
    clerk.get(f"/console/queue/order?of={KEY}")
    press(clerk, "/console/queue/search", {"sought": "渡邊"})
    with held.guard.engine.connect() as connection:
        rows = connection.execute(sa.select(audit.c.action, audit.c.order_id, audit.c.detail)).all()
    assert {("view_queue", "", ""), ("view_order", "5001", ""), ("view_queue", "", "search")} <= set(map(tuple, rows))


# --- pages, filters, search ---


def test_a_page_ends_and_the_next_one_goes_on(
    console: Console, clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopguard.web.console.queue.PAGE", 2)
    orders(console, 3)
    first = page(clerk)
    assert numbers(first) == ["#1", "#2"]
    following = re.search(r'rel="next" href="/console/([^"]+)"', first)
    assert following
    second = page(clerk, following[1].replace("&amp;", "&"))
    assert numbers(second) == ["#3"]
    assert 'rel="prev"' in second
    assert PAGE == 50


def test_filters_stand_in_the_address_and_stay_while_deciding(console: Console, clerk: FlaskClient) -> None:
    console.order()
    console.order(replace(ORDER, id="7", number="#7"), OTHER_SHOP)
    assert numbers(page(clerk, f"?shop={OTHER_SHOP}")) == ["#7"]
    assert numbers(page(clerk, "?verdict=flag")) == []
    assert "None of the waiting orders is like this." in read(page(clerk, "?age=1d"))
    shown = page(clerk, f"?shop={SHOP}&open={KEY}")
    back = re.search(r'data-decides.*?name="back" value="([^"]*)"', shown, re.DOTALL)
    assert back
    answer = press(clerk, f"/console/orders/{KEY}/keep", {"back": back[1].replace("&amp;", "&")})
    assert f"shop={SHOP}" in answer.location


def test_a_note_of_ones_own_can_be_asked_for(held: Console, clerk: FlaskClient) -> None:
    assert numbers(page(clerk, "?mine=1")) == []
    row = {"shop": SHOP, "order_id": "5001", "at": 1.0, "by": "sato", "sealed": b"x"}
    held.guard.writer.run(lambda connection: connection.execute(note.insert(), row))
    assert numbers(page(clerk, "?mine=1")) == ["#1042"]


def test_a_search_finds_a_buyer_and_leaves_no_trace_in_an_address(held: Console, clerk: FlaskClient) -> None:
    answer = press(clerk, "/console/queue/search", {"sought": "渡辺　太郎"})
    assert answer.status_code == 200
    assert numbers(answer.text) == ["#1042"]
    assert 'value="渡辺　太郎"' in answer.text
    addresses = re.findall(r'(?:href|action|data-query)="([^"]*)"', answer.text)
    assert not [address for address in addresses if "渡" in address or "%E6" in address]
    assert "0 waiting orders have this in them." in read(
        press(clerk, "/console/queue/search", {"sought": "x" * 999}).text
    )


# --- deciding ---


def test_release_takes_our_hold_away_and_opens_the_next_order(console: Console, clerk: FlaskClient) -> None:
    orders(console, 2)
    answer = press(clerk, f"/console/orders/{SHOP}/1/release", {"looked_at": "1", "back": f"open={SHOP}/1"})
    shown = followed(clerk, answer)
    assert "#1: released. The shop is being told." in shown
    assert "open=main-store/2" in answer.location
    console.work()
    assert console.platform.held == {"2"}
    assert "#1: released. The shop confirmed it." in read(page(clerk, f"?did=release&of={SHOP}/1"))


def test_keep_leaves_the_hold_and_takes_the_order_off_the_list(held: Console, clerk: FlaskClient) -> None:
    assert "#1042: left as it is." in followed(clerk, press(clerk, f"/console/orders/{KEY}/keep"))
    held.work()
    assert held.platform.held == {"5001"}
    assert numbers(page(clerk)) == []


def test_what_was_just_decided_can_be_taken_back_with_a_button(held: Console, clerk: FlaskClient) -> None:
    answer = press(clerk, f"/console/orders/{KEY}/release")
    held.work()
    form = undo_form(clerk.get(answer.location).text)
    assert form["picked"] == f":{KEY}"
    assert "#1042 waits again." in followed(clerk, press(clerk, "/console/queue/undo", form))
    held.work()
    assert held.platform.held == {"5001"}


def test_what_somebody_else_decided_can_not_be_taken_back(held: Console, clerk: FlaskClient) -> None:
    press(held.browser(Role.OPERATOR, name="suzuki"), f"/console/orders/{KEY}/release")
    assert "Undo" not in read(page(clerk, f"?did=release&of={KEY}"))
    assert "too late" in followed(clerk, press(clerk, "/console/queue/undo", {"picked": f":{KEY}"}))
    assert numbers(page(clerk)) == []


def test_release_pressed_twice_releases_once_and_is_no_conflict(held: Console, clerk: FlaskClient) -> None:
    for _ in range(2):
        answer = press(clerk, f"/console/orders/{KEY}/release", {"looked_at": "1"})
        assert "#1042: released." in followed(clerk, answer)
    held.work()
    assert [effect[0] for effect in held.platform.effects] == ["hold", "release"]


def test_an_old_page_says_who_decided_meanwhile_and_changes_nothing(held: Console, clerk: FlaskClient) -> None:
    press(held.browser(Role.OPERATOR, name="suzuki"), f"/console/orders/{KEY}/keep")
    shown = followed(clerk, press(clerk, f"/console/orders/{KEY}/release", {"looked_at": "1"}))
    assert "#1042 was decided meanwhile by suzuki. Nothing was changed." in shown
    held.work()
    assert held.platform.held == {"5001"}


def test_an_order_that_was_judged_anew_is_to_be_looked_at_again(held: Console, clerk: FlaskClient) -> None:
    held.order(replace(ORDER, total=Decimal(99_000)))
    shown = followed(clerk, press(clerk, f"/console/orders/{KEY}/release", {"looked_at": "1", "back": f"open={KEY}"}))
    assert "#1042 was changed by the shop or judged anew." in shown
    assert held.guard.reviews.count_waiting() == 1


def test_a_release_that_the_shop_refuses_waits_again_and_tells_the_cause(held: Console, clerk: FlaskClient) -> None:
    held.platform.fail(ActionUnsupported("order 5001 was archived"))
    press(clerk, f"/console/orders/{KEY}/release")
    held.work()
    shown = read(page(clerk, f"?did=release&of={KEY}"))
    assert "waits again: the shop refused" in shown
    assert "order 5001 was archived" in shown


def test_what_hinders_the_shop_is_told_in_the_language_of_the_page(held: Console, clerk: FlaskClient) -> None:
    held.platform.fail(ActionUnsupported("the shop has no order status shopguard-hold: correct hold_status"))
    press(clerk, f"/console/orders/{KEY}/release")
    held.work()
    in_japanese = {"Accept-Language": "ja"}
    for address in ("/console/", f"/console/orders/{KEY}"):
        shown = read(clerk.get(address, headers=in_japanese).text)
        assert "ショップに注文状態shopguard-holdがありません。hold_statusを直してください" in shown, address


def test_several_are_decided_at_once_and_what_changed_meanwhile_is_left(console: Console, clerk: FlaskClient) -> None:
    orders(console, 3)
    press(console.browser(Role.OPERATOR), f"/console/orders/{SHOP}/2/keep")
    picked = [f"1:{SHOP}/{number}" for number in (1, 2, 3)] + ["", "x", "1:nowhere/9", f"1:{SHOP}/99"]
    answer = press(clerk, "/console/queue/decide", {"picked": picked, "decision": "release"})
    assert "1 order had been decided or changed meanwhile; it was left as it is." in followed(clerk, answer)
    console.work()
    assert console.platform.held == {"2"}


def undo_form(shown: str) -> dict[str, str]:
    """What the button that takes many decisions back sends."""
    form = re.search(r'<form method="post" action="/console/queue/undo".*?</form>', shown, re.DOTALL)
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0])) if form and "Undo" in form[0] else {}


def test_what_was_decided_at_once_is_taken_back_at_once(console: Console, clerk: FlaskClient) -> None:
    orders(console, 5)
    press(clerk, f"/console/orders/{SHOP}/4/keep")  # of another press: it stays
    press(console.browser(Role.OPERATOR), f"/console/orders/{SHOP}/5/release")
    picked = [f"1:{SHOP}/{number}" for number in (1, 2, 3)]
    answer = press(clerk, "/console/queue/decide", {"picked": picked, "decision": "release"})
    console.work()
    assert console.platform.held == {"4"}
    told = clerk.get(answer.location).text
    assert not re.search(r'<form[^>]* role="status"', told)  # what is announced is no form
    form = undo_form(told)
    assert "3 orders wait again." in followed(clerk, press(clerk, "/console/queue/undo", form))
    console.work()
    assert console.platform.held == {"1", "2", "3", "4"}
    assert numbers(page(clerk)) == ["#1", "#2", "#3"]
    assert undo_form(clerk.get(answer.location).text) == {}


def test_many_decisions_of_somebody_else_or_of_long_ago_are_not_taken_back(console: Console, clock: Clock) -> None:
    orders(console, 2)
    clerk, colleague = console.browser(Role.OPERATOR), console.browser(Role.OPERATOR)
    picked = [f"1:{SHOP}/1", f"1:{SHOP}/2"]
    answer = press(clerk, "/console/queue/decide", {"picked": picked, "decision": "keep"})
    form = undo_form(clerk.get(answer.location).text)
    assert form
    press(colleague, "/console/queue/undo", form)
    assert undo_form(colleague.get(answer.location).text) == {}
    clock.now += UNDO_S + 1
    assert "For 2 orders it was too late." in followed(clerk, press(clerk, "/console/queue/undo", form))
    assert console.guard.reviews.count_waiting() == 0


def test_nothing_ticked_is_nothing_done(held: Console, clerk: FlaskClient) -> None:
    assert press(clerk, "/console/queue/decide", {"decision": "release"}).status_code == 303
    assert press(clerk, "/console/queue/undo").status_code == 303
    assert held.guard.reviews.count_waiting() == 1


def test_an_order_or_a_decision_that_does_not_exist_is_refused(held: Console, clerk: FlaskClient) -> None:
    assert press(clerk, f"/console/orders/{SHOP}/9999/release").status_code == 404
    assert press(clerk, f"/console/orders/{KEY}/burn").status_code == 404
    assert press(clerk, "/console/orders/other/5001/release").status_code == 404
    assert press(clerk, "/console/queue/decide", {"picked": f"1:{KEY}", "decision": "burn"}).status_code == 400
    assert clerk.get(f"/console/orders/{KEY}/release").status_code == 405
    assert held.guard.reviews.count_waiting() == 1


@pytest.mark.parametrize("key", [None, "", "guess", "あ", "\x00", "k" * 10_000], ids=lambda key: repr(key)[:10])
@pytest.mark.parametrize("address", [f"orders/{KEY}/release", "queue/decide", "queue/undo", "queue/search"])
def test_a_form_without_its_key_does_nothing(
    held: Console, clerk: FlaskClient, address: str, key: str | None
) -> None:
    form = {"decision": "release", "picked": f"1:{KEY}", **({} if key is None else {"form_key": key})}
    assert clerk.post(f"/console/{address}", data=form).status_code == 403
    assert held.guard.reviews.count_waiting() == 1


def test_in_observe_mode_the_page_says_once_that_no_order_is_stopped(install: Install) -> None:
    console = one_shop(install, mode=Mode.OBSERVE)
    console.order()
    browser = console.browser(Role.OPERATOR)
    shown = read(page(browser, f"?open={KEY}"))
    assert shown.count("no order is stopped") == 1
    assert "Mark as checked" in shown
    assert "Release the hold" not in shown
    press(browser, f"/console/orders/{KEY}/release")
    console.work()
    assert console.platform.effects == []


def test_an_order_says_when_it_ships_and_that_it_should_have(install: Install) -> None:
    """It is five in the afternoon of Friday 15 January 2027 in Japan."""
    console, clock = one_shop(install, shipping=ShippingSettings(time(15), 1)), Clock()
    console.stop(clock)
    today = datetime.fromtimestamp(clock.now, UTC)
    for number, days in enumerate((-2, -1, 0, 1), start=1):
        console.order(replace(ORDER, id=str(number), number=f"#{number}", placed_at=today + timedelta(days=days)))
    console.order(replace(ORDER, id="5", number="#5", stage=Stage.SHIPPED, placed_at=today))
    clerk = console.browser(Role.OPERATOR)
    rows = [read(row) for row in page(clerk).split('<li class="row')[1:]]
    said = ["Overdue since yesterday 15:00", "Overdue since today 15:00", "Ships tomorrow 15:00"]
    for row, expected in zip(rows, [*said, "Ships Jan 17 15:00"], strict=False):
        assert expected in row
    assert "Shipped, please check" in rows[4]
    assert not any(word in rows[4] for word in ("Ships", "Overdue"))
    assert "Ships tomorrow 15:00" in read(clerk.get(f"/console/orders/{SHOP}/3").text)
    in_japanese = read(page(console.browser(Role.OPERATOR, language="ja")))
    assert "出荷遅れ：昨日 15:00" in in_japanese
    assert "出荷予定 1月17日 15:00" in in_japanese


def test_the_queue_reminds_of_money_that_was_asked_for(console: Console, clock: Clock) -> None:
    orders(console, 2)
    clerk = console.browser(Role.OPERATOR)
    press(clerk, f"/console/orders/{SHOP}/1/prepayment", {"looked_at": "1"})
    assert numbers(page(clerk)) == ["#2", "#1"]
    assert numbers(page(clerk, "?asked=1")) == ["#1"]
    assert "Asked to pay first" in read(page(clerk, "?asked=1"))
    assert "Has it been paid?" not in read(page(clerk, f"?open={SHOP}/1"))
    clock.now += REMIND_S
    later = console.browser(Role.OPERATOR)
    assert "Has it been paid?" in read(page(later, "?asked=1"))
    assert "Has it been paid? Then release the order" in read(later.get(f"/console/orders/{SHOP}/1").text)


def test_a_store_that_is_away_is_503_and_shows_no_order(held: Console, clerk: FlaskClient) -> None:
    held.guard.engine.dispose()
    path = held.guard.data_dir / "guard.db"
    path.rename(path.with_suffix(".gone"))
    path.mkdir()
    answer = clerk.get("/console/")
    assert answer.status_code == 503
    assert "渡" not in answer.text


# --- what the script asks ---


def test_the_script_is_told_what_came_of_a_decision(held: Console, clerk: FlaskClient) -> None:
    headers = {"Accept": "application/json"}
    answer = press(clerk, f"/console/orders/{KEY}/release", {"looked_at": "1"}, headers=headers)
    (outcome,) = answer.json["outcomes"]
    assert outcome | {"at": 0} == {
        "key": KEY,
        "done": True,
        "state": "released",
        "by": "sato",
        "mine": True,
        "at": 0,
        "effect": "intended",
        "error": None,
    }


def test_news_tell_what_came_what_was_decided_and_who_looks(console: Console, clerk: FlaskClient) -> None:
    orders(console, 2)
    since = console.guard.clock()
    colleague = console.browser(Role.OPERATOR, name="suzuki")
    colleague.get(f"/console/queue/order?of={SHOP}/2")
    press(colleague, f"/console/orders/{SHOP}/1/keep")
    console.order(replace(ORDER, id="3", number="#3"))
    told = clerk.get(f"/console/queue/news?since={since}").json
    assert (told["count"], told["new"], told["open"]) == (2, 1, {f"{SHOP}/2": ["suzuki"]})
    assert {key: (one["state"], one["by"], one["mine"]) for key, one in told["decided"].items()} == {
        f"{SHOP}/1": ("kept", "suzuki", False)
    }


def test_news_that_are_none_are_not_sent_again(held: Console, clerk: FlaskClient) -> None:
    address = f"/console/queue/news?since={held.guard.clock()}"
    first = clerk.get(address)
    again = clerk.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    held.order(replace(ORDER, id="2"))
    assert clerk.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_news_hold_nothing_of_a_buyer(held: Console, clerk: FlaskClient) -> None:
    told = clerk.get("/console/queue/news?since=0").text
    assert "渡" not in told
    assert "1042" not in told


@pytest.mark.parametrize("since", ["", "x", "nan", "inf", "-1e999"])
def test_news_since_an_odd_moment_are_no_breakdown(held: Console, clerk: FlaskClient, since: str) -> None:
    assert clerk.get(f"/console/queue/news?since={since}").status_code == 200


def test_others_see_on_the_page_who_has_an_order_open(held: Console, clerk: FlaskClient) -> None:
    page(held.browser(Role.OPERATOR, name="suzuki"), f"?open={KEY}")
    assert "suzuki has it open" in read(page(clerk))
    assert "sato has it open" not in read(page(clerk, f"?open={KEY}"))


def test_an_order_is_not_asked_for_that_does_not_exist(held: Console, clerk: FlaskClient) -> None:
    for of in ("", "x", "main-store/", "/5001", "main-store/9", "other/5001"):
        assert clerk.get(f"/console/queue/order?of={of}").status_code == 404
    assert held.guard.queue.one(OrderRef("nowhere", "1")) is None
