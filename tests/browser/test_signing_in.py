"""Signing in as people do: with a passkey of the device, and without any script; a form whose sign-in had ended."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ..running_demo import Demo

PASSWORD = "correct horse battery"
PATIENCE_MS = 20_000


@pytest.fixture
def address(demo: Demo) -> str:
    """The console under a name: browsers make no passkeys for numbers."""
    return demo.console.replace("127.0.0.1", "localhost")


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser that runs no script."""
    made = browser.new_context(base_url=address, locale="en-GB", java_script_enabled=False)
    yield made
    made.close()


def invited(demo: Demo, name: str, page: Page, address: str) -> None:
    """Make an account and open its link."""
    link = demo.shopguard("user", "add", name, "--role", "operator", "--role", "shop_admin").splitlines()[-1]
    page.goto(f"{address}/console/sign-in?{link.partition('?')[2]}")


def check(page: Page) -> None:
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()


def test_a_passkey_is_made_and_signs_in(browser: Browser, demo: Demo, address: str) -> None:
    context = browser.new_context(base_url=address, locale="en-GB")
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    invited(demo, "passkey-person", page, address)
    expect(page.get_by_text("so that you can come back")).to_be_visible(timeout=PATIENCE_MS)
    check(page)
    page.get_by_label("What to call it").fill("shop phone 📱")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey was added.", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Sign out here").click()
    check(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="passkey-person")).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_a_password_and_a_form_whose_sign_in_had_ended_need_no_script(plain: BrowserContext, demo: Demo) -> None:
    page = plain.new_page()
    address = demo.console.replace("127.0.0.1", "localhost")
    invited(demo, "plain-person", page, address)
    page.locator("#password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.goto("/console/accounts")
    page.locator("#name").fill("typed-before")
    page.get_by_label("Shown as").fill("新しい人 😀 <b>")
    plain.clear_cookies()
    page.get_by_role("button", name="Make the account and a link").click()
    expect(page.get_by_text("Nothing you typed is lost")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("#name").fill("plain-person")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("li.typed", has_text="新しい人 😀 <b>")).to_be_visible(timeout=PATIENCE_MS)
    assert "typed-before" not in demo.shopguard("user", "list")
    page.get_by_role("button", name="Send what I typed").click()
    expect(page.get_by_label("One-time link")).to_have_value(
        re.compile(r"/console/sign-in\?token="), timeout=PATIENCE_MS
    )
    assert "typed-before" in demo.shopguard("user", "list")
