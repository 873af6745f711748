"""One order in a real browser: by key and by finger, with the shop's answer seen while the page stands open."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ..running_demo import Demo
from ..waiting import until

pytestmark = pytest.mark.timeout(240)


def held(demo: Demo, page: Page) -> str:
    """Open the page of an order that is held and waits, and return its number."""

    def opened() -> str | None:
        page.goto("/console/?verdict=hold")
        for row in page.locator("#rows > li").all():
            key = row.get_attribute("data-key") or ""
            number = row.get_attribute("data-number") or ""
            order = demo.orders().get(number.lstrip("#"))
            if order and order["status"] == "on-hold":
                page.goto(f"/console/orders/{key}")
                return number.lstrip("#")
        return None

    found: str = until(opened, "an order that is held")
    return found


def test_cancelling_asks_twice_and_tells_when_the_shop_has_done_it(page: Page, demo: Demo) -> None:
    number = held(demo, page)
    page.keyboard.press("x")
    expect(page.get_by_text("Really cancel order")).to_be_visible()
    assert demo.orders()[number]["status"] == "on-hold"
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator("#order-state")).to_contain_text("Cancelled by")
    told = page.locator("#order-state li", has_text="Cancelled at the shop")
    expect(told).to_contain_text("the shop confirmed it", timeout=20_000)
    assert demo.orders()[number]["status"] == "cancelled"


def test_another_person_is_released_in_two_presses(page: Page, demo: Demo) -> None:
    number = held(demo, page)
    page.keyboard.press("n")
    expect(page.get_by_role("button", name=re.compile("Not the same person:"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#order-state")).to_contain_text("Released by")
    until(lambda: demo.orders()[number]["status"] != "on-hold", "the hold is gone at the shop")


def test_an_open_page_says_what_somebody_else_decided(page: Page, context: BrowserContext, demo: Demo) -> None:
    held(demo, page)
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Keep it on hold").click()
    expect(page.locator("#order-state")).to_contain_text("Left as it is by", timeout=30_000)


def test_the_page_is_for_everybody_and_works_without_script(browser: Browser, page: Page, demo: Demo) -> None:
    held(demo, page)
    assert Axe().run(page).violations_count == 0
    cookies = page.context.cookies()
    plain = browser.new_context(base_url=demo.console, locale="en-GB", java_script_enabled=False)
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # the same shape, under another name
    opened = plain.new_page()
    opened.goto(page.url)
    opened.locator("summary", has_text="Note").click()
    opened.get_by_label("For colleagues only").fill("Will phone at noon.")
    opened.get_by_role("button", name="Keep the note").click()
    expect(opened.locator(".timeline")).to_contain_text("Will phone at noon.")
    opened.get_by_role("button", name="Release the hold").click()
    expect(opened.get_by_role("status").first).to_contain_text("Released")
    plain.close()
