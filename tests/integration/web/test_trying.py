"""Trying an order, and replaying rules: what is said, and that nothing is stored, written or lost by it."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import sqlalchemy as sa

from shopguard.config import PolicyRule, PolicySettings, policy_text, read_policy
from shopguard.guard.replay import Day, Replayed
from shopguard.model import Payment, PaymentKind, VerdictKind
from shopguard.storage.tables import orders, review, screening
from shopguard.web.console.replaying import chart
from shopguard.web.roles import Role

from .conftest import BAD, ORDER, OTHER_SHOP, REF, SHOP, Console, press, read

LISTED = {
    "id": "9",
    "total": "500",
    "payment": {"kind": "cod"},
    "buyer": {"name": BAD.name, "phones": list(BAD.phones), "emails": list(BAD.emails)},
}
NEVER = policy_text(PolicySettings(rules=(PolicyRule(strong=VerdictKind.ALLOW),)))


def rows(console: Console) -> int:
    with console.guard.engine.connect() as connection:
        tables = (orders, screening, review)
        return sum(connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables)


def test_a_pasted_order_is_judged_and_nothing_kept(console: Console) -> None:
    browser = console.browser(Role.OPERATOR)
    answer = press(browser, "/console/try/", {"shop": SHOP, "order": json.dumps(LISTED)})
    page = read(answer.text)
    assert "‖ On hold" in page
    assert "Phone 090-0000-0001 read as 09000000001 …01 ＝ same" in page
    assert "Two or more independent details agree with an entry." in page
    assert rows(console) == 0
    assert console.platform.effects == []


def test_a_stored_order_is_picked_by_its_number(console: Console) -> None:
    console.order(ORDER)
    browser = console.browser(Role.OPERATOR)
    before = rows(console)
    assert "‖ On hold" in read(press(browser, "/console/try/", {"shop": SHOP, "number": "1042"}).text)
    assert rows(console) == before
    missing = press(browser, "/console/try/", {"shop": SHOP, "number": "7777", "order": "kept text"})
    assert missing.status_code == 422
    assert "No order of this number is stored" in missing.text
    assert "kept text" in missing.text


def test_orders_that_were_judged_lately_are_offered_by_number_and_by_nothing_else(console: Console) -> None:
    for number, total in (("1042", 1), ("1043", 2), ("1042", 3)):
        console.order(replace(ORDER, id=number, number=f"#{number}", total=Decimal(total)))
    offered = console.browser(Role.OPERATOR).get("/console/try/").text
    assert re.findall(r"<option value=.*?</option>", offered) == [
        f'<option value="#1042">{SHOP}</option>',
        f'<option value="#1043">{SHOP}</option>',
    ]
    console.guard.writer.run(console.guard.store.erase(replace(REF, order_id="1042")))
    assert '"#1042"' not in console.browser(Role.OPERATOR).get("/console/try/").text


def test_an_order_of_another_shop_cannot_be_tried(console: Console) -> None:
    console.order(ORDER)
    browser = console.browser(Role.OPERATOR, shops=[OTHER_SHOP])
    assert "#1042" not in browser.get("/console/try/").text
    for form in ({"shop": SHOP, "number": "1042"}, {"shop": OTHER_SHOP, "number": "1042"}):
        answer = press(browser, "/console/try/", form)
        assert answer.status_code == 422
        assert "渡邊" not in answer.text


def test_what_is_no_order_is_told_by_its_place_and_stays(console: Console) -> None:
    typed = '{"id": "1", "total": "<b>many</b>"}'
    answer = press(console.browser(Role.OPERATOR), "/console/try/", {"shop": SHOP, "order": typed})
    assert answer.status_code == 422
    assert "$.total" in answer.text
    assert "&lt;b&gt;many" in answer.text


def test_a_look_at_a_tried_order_is_on_record(console: Console) -> None:
    browser = console.browser(Role.OPERATOR, name="clerk")
    press(browser, "/console/try/", {"shop": SHOP, "order": json.dumps(LISTED)})
    with console.guard.engine.connect() as connection:
        lines = connection.execute(sa.text("SELECT actor FROM audit WHERE action = 'view_try'")).all()
    assert [line.actor for line in lines] == ["clerk"]


def test_the_present_rules_change_nothing(console: Console) -> None:
    console.order(ORDER)
    page = read(console.browser(Role.SHOP_ADMIN).get(f"/console/replay/?shop={SHOP}").text)
    assert "No order would be decided otherwise." in page
    assert "‖ On hold 1 1" in page


def test_other_rules_show_what_they_would_have_let_through(console: Console) -> None:
    console.order(ORDER)
    console.order(replace(ORDER, id="5002", number="#1043", buyer=replace(BAD, name="別人", phones=(), emails=())))
    browser = console.browser(Role.SHOP_ADMIN)
    page = read(press(browser, "/console/replay/", {"shop": SHOP, "policy": NEVER, "days": "30"}).text)
    assert "‖ On hold 1 0" in page
    assert "✓ Passed 1 2" in page
    assert "1 order would be decided otherwise" in page
    assert "#1042" in page
    assert "#1043" not in page


def test_orders_that_nobody_asked_about_are_left_out_and_counted(console: Console) -> None:
    console.order(replace(ORDER, payment=Payment(PaymentKind.BANK_TRANSFER, "銀行振込")))
    browser = console.browser(Role.SHOP_ADMIN)
    asking = policy_text(PolicySettings(rules=(PolicyRule(strong=VerdictKind.HOLD),)))
    page = read(press(browser, "/console/replay/", {"shop": SHOP, "policy": asking}).text)
    assert "1 order is left out: the registry was not asked about it then" in page
    assert "No order was judged in this time." in page


def test_rules_that_cannot_be_read_are_named_and_stay(console: Console) -> None:
    browser = console.browser(Role.SHOP_ADMIN)
    for text, named in (
        ("rules: [", "line 1"),
        ("rulez: []", "rulez"),
        ("rules: [{strong: sometimes}]", "sometimes"),
    ):
        answer = press(browser, "/console/replay/", {"shop": SHOP, "policy": text})
        assert answer.status_code == 422
        assert named in answer.text
        assert text in read(answer.text)


def test_rules_are_read_as_they_are_written() -> None:
    for policy in (PolicySettings(), PolicySettings(rules=(PolicyRule(strong=VerdictKind.ALLOW),))):
        assert read_policy(policy_text(policy)) == policy


def test_the_chart_is_drawn_from_the_figures(console: Console) -> None:
    console.order(ORDER)
    page = console.browser(Role.SHOP_ADMIN).get("/console/replay/").text
    drawn = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    heights = [int(rect.attrib["height"]) for rect in drawn.iter("rect")]
    assert heights == [160, 0, 160, 0]
    assert "style=" not in page


def test_days_on_which_nothing_was_judged_have_a_place_in_the_chart() -> None:
    days = {date(2026, 11, 1): Day(), date(2026, 11, 4): Day(was=Counter({VerdictKind.FLAG: 3}))}
    drawn = chart(Replayed(days, (), 0, 0, 0))
    assert [bar.day.day for bar in drawn.bars] == [1, 2, 3, 4]
    assert drawn.most == 3
    assert drawn.bars[3].columns[0][1:] == (0, 160)
