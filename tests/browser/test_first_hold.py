"""A clerk's first minute: the held order is there, is released in the page, and the shop shows its earlier status."""

import re

from playwright.sync_api import Page, expect

from .conftest import Demo, until


def test_a_hold_that_is_released_in_the_page_is_gone_at_the_shop(page: Page, demo: Demo) -> None:
    until(lambda: (one := demo.orders().get("1002")) and one["status"] == "on-hold", "the hold in the shop")
    page.goto("/console/")
    order = page.locator(".row", has_text="1002")
    expect(order).to_contain_text("On hold")
    order.locator("a").click()
    expect(page.locator("#beside:not([aria-busy]) h2")).to_contain_text("1002")
    page.get_by_role("button", name=re.compile("Release the hold")).click()
    expect(page.locator("#bar")).to_contain_text("released")
    until(lambda: demo.orders()["1002"]["status"] == "processing", "the earlier status")
