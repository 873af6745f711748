"""The review queue in a browser: cleared by keyboard, shared by two people, on a phone, and without script."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.errors import ActionUnsupported
from shopguard.registry.protocol import Registry
from shopguard.testing.registry import FakeRegistry
from shopguard.web.accounts.links import SignInLinks
from shopguard.web.roles import Role

from ..integration.web.conftest import ENTRY, ORDER, SHOP, Console
from ..running_demo import Demo
from ..waiting import until

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


class Counter:
    """Two operators' console of a shop with a worker that runs."""

    def __init__(self, console: Console, port: int, browser: Browser) -> None:
        self.console, self.platform = console, console.platform
        self._port, self._browser = port, browser
        self._contexts: list[BrowserContext] = []

    def orders(self, count: int, first: int = 1) -> None:
        """Let ``count`` orders come in one after the other, all of them bad."""
        for number in range(first, first + count):
            order = replace(ORDER, id=str(number), number=f"#{number}")
            self.platform.place(order)
            self.console.guard.inbox.accept(SHOP, f"delivery {number}", self.platform.delivery(order))
            until(lambda: order.id in self.platform.held, "it is held")  # noqa: B023  # asked at once

    def page(self, name: str = "sato", **more: Any) -> Page:
        """The queue, open in a browser of its own that ``name`` is signed in to."""
        account = self.console.accounts.find(name) or self.console.account(Role.OPERATOR, name=name)
        token = SignInLinks(self.console.guard.writer, self.console.guard.clock).make(account.id)
        wanted = {"locale": "en-GB", "viewport": WIDE, **more}
        context = self._browser.new_context(base_url=f"http://127.0.0.1:{self._port}", **wanted)
        self._contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(f"/console/sign-in?token={token}")
        page.goto("/console/")
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def counter(
    install: Callable[[Config, Registry], Installation], serve: Callable[[Flask], int], browser: Browser
) -> Iterator[Counter]:
    shop = ShopSettings(SHOP, "fake", None, mode=Mode.HOLD, language=Language.JA, rate_per_s=1000)
    console = Console(install(Config(shops={SHOP: shop}), FakeRegistry(ENTRY)))
    made = Counter(console, serve(console.app), browser)
    stop = threading.Event()
    worker = threading.Thread(target=console.guard.worker("busy").run, args=[stop])
    worker.start()
    yield made
    made.close()
    stop.set()
    worker.join()


def beside(page: Page, number: str) -> None:
    """Wait until this order stands beside the list, ready to be decided."""
    expect(page.locator("#beside:not([aria-busy]) h2")).to_contain_text(f"{number} ")


def test_fifty_held_orders_are_cleared_by_keyboard(counter: Counter) -> None:
    counter.orders(50)
    page = counter.page()
    presses = 0
    for number in range(1, 51):
        beside(page, f"#{number}")
        page.keyboard.press("r")
        presses += 1
    expect(page.locator("#nothing")).to_contain_text("No order is waiting.")
    assert presses <= 100
    until(lambda: counter.platform.held == set(), "no hold stands in the shop")


def a_hold_that_waits(page: Page, demo: Demo) -> str | None:
    """Open the queue and return the number of an order that is on hold in the shop and waits there, if any does."""
    page.goto("/console/")
    held = [number for number, one in demo.orders().items() if one["status"] == "on-hold"]
    return next((number for number in held if page.locator(".row", has_text=number).count()), None)


def test_a_new_worker_releases_a_wrong_hold_in_three_actions(page: Page, demo: Demo) -> None:
    number = until(lambda: a_hold_that_waits(page, demo), "a hold that nobody has decided on")
    page.locator(".row", has_text=number).locator("a").first.click()
    beside(page, number)
    page.get_by_role("button", name=re.compile("Release the hold")).click()
    expect(page.locator("#bar")).to_contain_text("released")
    until(lambda: demo.orders()[number]["status"] == "processing", "the earlier status")
    expect(page.locator("#bar")).to_contain_text("The shop confirmed it.")


def test_the_last_order_of_the_list_is_confirmed_like_any_other(counter: Counter) -> None:
    counter.orders(1)
    page = counter.page()
    beside(page, "#1")
    page.keyboard.press("r")
    expect(page.locator("#nothing")).to_contain_text("No order is waiting.")
    expect(page.locator("#bar")).to_contain_text("#1: released. The shop confirmed it.")
    expect(page.locator("#bar .bad")).to_have_count(0)


def test_of_many_that_are_released_together_it_is_told_when_the_shop_confirmed_them_all(counter: Counter) -> None:
    counter.orders(3)
    page = counter.page()
    page.get_by_label("Choose #1").check()
    page.get_by_label("Choose #3").check()
    page.get_by_role("button", name="Release all chosen").click()
    expect(page.locator("#bar")).to_contain_text("Done: 2 orders. The shop confirmed it.")
    for number in ("#1", "#3"):
        expect(page.locator(".row", has_text=number)).to_contain_text("released by sato · The shop confirmed it.")
    assert counter.platform.held == {"2"}


def test_a_decision_is_taken_back_by_one_key_and_the_order_is_held_again(counter: Counter) -> None:
    counter.orders(2)
    page = counter.page()
    beside(page, "#1")
    page.keyboard.press("r")
    until(lambda: counter.platform.held == {"2"}, "the hold is gone")
    beside(page, "#2")
    page.keyboard.press("u")
    expect(page.locator("#bar")).to_contain_text("#1 waits again.")
    beside(page, "#1")
    until(lambda: counter.platform.held == {"1", "2"}, "it is held again")


def test_asking_for_prepayment_leaves_a_mark_on_the_order_in_the_list(counter: Counter) -> None:
    counter.orders(2)
    page = counter.page()
    beside(page, "#1")
    page.keyboard.press("p")
    page.get_by_role("button", name="I have asked: write it down").click()
    expect(page.locator(".row", has_text="#1")).to_contain_text("Asked to pay first")
    expect(page.locator("#beside")).to_contain_text("The buyer was asked to pay before shipping.")
    expect(page.locator(".row", has_text="#2")).not_to_contain_text("Asked to pay first")


def test_many_are_released_and_taken_back_without_script(counter: Counter) -> None:
    counter.orders(3)
    page = counter.page(java_script_enabled=False)
    for box in page.locator(".rows input[type=checkbox]").all()[:2]:
        box.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Release all chosen").click()
    expect(page.locator(".row")).to_have_count(1)
    until(lambda: counter.platform.held == {"3"}, "both holds are gone")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("2 orders wait again.")
    expect(page.locator(".row")).to_have_count(3)
    until(lambda: counter.platform.held == {"1", "2", "3"}, "all are held again")


def test_keys_move_choose_and_explain_themselves(counter: Counter) -> None:
    counter.orders(3)
    page = counter.page()
    beside(page, "#1")
    page.keyboard.press("j")
    beside(page, "#2")
    page.keyboard.press("s")
    page.keyboard.press("k")
    beside(page, "#1")
    page.keyboard.press("s")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("take the last decision back")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Leave all chosen").click()
    expect(page.locator("#bar")).to_contain_text("Done: 2 orders.")
    expect(page.locator("#bar")).not_to_contain_text("The shop")
    beside(page, "#3")
    assert counter.platform.held == {"1", "2", "3"}
    assert counter.console.guard.reviews.count_waiting() == 1


def test_letters_that_are_typed_into_a_field_decide_nothing(counter: Counter) -> None:
    counter.orders(1)
    page = counter.page()
    beside(page, "#1")
    page.keyboard.press("/")
    page.keyboard.type("rrhj")
    expect(page.locator("#sought")).to_have_value("rrhj")
    assert counter.console.guard.reviews.count_waiting() == 1


def test_two_people_see_what_the_other_has_open_and_what_the_other_decided(counter: Counter) -> None:
    counter.orders(2)
    first = counter.page()
    beside(first, "#1")
    second = counter.page("suzuki")
    expect(second.locator(".row").first).to_contain_text("sato has it open")
    second.locator(".row").nth(1).locator("a").click()
    beside(second, "#2")
    expect(first.locator(".row").nth(1)).to_contain_text("suzuki has it open")
    second.keyboard.press("h")
    expect(first.locator(".row").nth(1)).to_contain_text("left as it is by suzuki")


def test_a_decision_that_comes_too_late_tells_who_was_first_and_changes_nothing(counter: Counter) -> None:
    counter.orders(2)
    page = counter.page()
    beside(page, "#1")
    page.route("**/queue/news*", lambda route: route.abort())
    counter.console.guard.reviews.keep(replace_ref("1"), "suzuki")
    page.keyboard.press("r")
    expect(page.locator("#bar")).to_contain_text("#1 was decided meanwhile by suzuki. Nothing was changed.")
    beside(page, "#2")
    assert counter.platform.held == {"1", "2"}


def replace_ref(order_id: str) -> Any:
    return replace(ORDER, id=order_id, shop=SHOP).ref


def test_what_the_shop_refuses_turns_back_with_the_cause(counter: Counter) -> None:
    counter.orders(2)
    page = counter.page()
    beside(page, "#1")
    counter.platform.fail(ActionUnsupported("order 1 was archived"))
    page.keyboard.press("r")
    expect(page.locator("#bar")).to_contain_text("#1 waits again: the shop refused to let it go.")
    expect(page.locator(".row:not(.gone)", has_text="#1")).to_contain_text("order 1 was archived")


def test_new_orders_are_announced_and_nothing_moves_until_they_are_asked_for(counter: Counter) -> None:
    counter.orders(1)
    page = counter.page()
    beside(page, "#1")
    counter.orders(2, first=2)
    new = page.locator("#new")
    expect(new).to_have_text("New orders: 2. Show them")
    assert page.locator(".row").count() == 1
    new.click()
    expect(page.locator(".row")).to_have_count(3)
    beside(page, "#1")


def test_on_a_phone_the_list_leads_to_the_order_and_its_actions_stay_in_reach(counter: Counter) -> None:
    counter.orders(2)
    page = counter.page(viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("#beside")).to_be_hidden()
    page.locator(".row a").first.tap()
    beside(page, "#1")
    expect(page.locator("#rows")).to_be_hidden()
    release = page.get_by_role("button", name="Release the hold")
    page.mouse.wheel(0, 2_000)
    expect(release).to_be_in_viewport()
    release.tap()
    beside(page, "#2")
    page.get_by_role("link", name="Back to the list").tap()
    expect(page.locator("#rows")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_script_everything_is_a_link_or_a_form(counter: Counter) -> None:
    counter.orders(3)
    page = counter.page(java_script_enabled=False)
    page.locator(".row a").first.click()
    page.get_by_role("button", name="Release the hold").click()
    expect(page.locator("#beside h2")).to_contain_text("#2")
    expect(page.get_by_role("status").first).to_contain_text("#1: released.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("#1 waits again.")
    page.get_by_label("Choose #1").check()
    page.get_by_label("Choose #3").check()
    page.get_by_role("button", name="Release all chosen").click()
    expect(page.locator(".row")).to_have_count(1)
    until(lambda: counter.platform.held == {"2"}, "two holds are gone")
    page.get_by_role("searchbox").fill("渡邊")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".row")).to_have_count(1)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_queue_can_be_used_by_everybody(counter: Counter, viewport: Any, scheme: Any) -> None:
    page = counter.page(viewport=viewport, color_scheme=scheme)
    empty = Axe().run(page)
    counter.orders(2)
    page.reload()
    full = Axe().run(page)
    page.locator(".row a").first.click()
    beside(page, "#1")
    opened = Axe().run(page)
    for found in (empty, full, opened):
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []


def test_nothing_jumps_while_the_page_comes_up_and_orders_are_decided(counter: Counter) -> None:
    counter.orders(4)
    page = counter.page()
    page.evaluate(
        "() => { window.jumped = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " window.jumped += one.value; }).observe({ type: 'layout-shift', buffered: true }); }"
    )
    for number in (1, 2, 3):
        beside(page, f"#{number}")
        page.keyboard.press("h")
    beside(page, "#4")
    assert page.evaluate("window.jumped") < 0.01
