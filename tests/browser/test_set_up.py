"""A home-made cart is set up in the browser, and its first signed order is seen to arrive."""

import hmac
import json

import requests
from playwright.sync_api import Page, expect

from ..running_demo import Demo
from ..waiting import until

ORDER = {
    "id": "C-1",
    "number": "#C-1",
    "total": "3000",
    "currency": "JPY",
    "payment": {"kind": "cod", "label": "代金引換"},
    "buyer": {
        "name": "見本 花子",
        "postal_code": "105-0011",
        "lines": ["東京都港区芝公園4-2-8"],
        "emails": ["hanako@example.com"],
    },
}


def test_a_shop_is_set_up_and_its_first_order_is_seen_to_arrive(page: Page, demo: Demo) -> None:
    page.goto("/console/shops")
    page.get_by_role("link", name="Set up a shop").click()
    page.get_by_role("radio", name="generic").check()
    page.get_by_label("Name of the shop here").fill("own-cart")
    page.get_by_role("button", name="Go on").click()
    secret, address = page.locator("#made-1").inner_text(), page.locator("#address").inner_text()
    page.get_by_role("button", name="Save the shop").click()
    expect(page.get_by_role("heading", name="ShopGuard knows the shop")).to_be_visible(timeout=60_000)
    until(lambda: send(address, secret) == 200, "the receiver knows the shop")
    expect(page.get_by_role("heading", name="An order has arrived")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("table")).to_contain_text("Passed", timeout=30_000)
    page.get_by_role("link", name="To the shop").click()
    expect(page.get_by_role("main")).to_contain_text("own-cart.signature.secrets ***")
    assert secret not in page.content()


def send(address: str, secret: str) -> int:
    """Send the order as the cart would, and return the answer's status."""
    body = json.dumps(ORDER).encode()
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    headers = {"Content-Type": "application/json", "X-Shop-Signature": signature}
    return requests.post(address, data=body, headers=headers, timeout=10).status_code
