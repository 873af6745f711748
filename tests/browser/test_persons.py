"""A listed person with an old phone: no script, no account; the code of a letter is enough for everything."""

from playwright.sync_api import Page, expect

from shopguard.registry.disputes.model import RequestState
from shopguard.registry.entries.model import LifeState
from tests.integration.conftest import furnished_registry

from .every_page import Everything, everything

__all__ = ["everything", "furnished_registry"]


def without_script(everything: Everything) -> Page:
    phone = {"width": 390, "height": 844}
    context = everything.browser.new_context(locale="en-GB", java_script_enabled=False, viewport=phone)  # type: ignore[arg-type]  # a dictionary is as good
    context.set_default_timeout(20_000)
    return context.new_page()


def test_who_has_a_letter_contests_and_hears_how_it_stands(everything: Everything) -> None:
    page, home = without_script(everything), everything.office.home
    page.goto(everything.persons_address)
    page.get_by_label("The code in the letter").fill(everything.code.lower())
    page.get_by_role("button", name="Show what is recorded").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is recorded")
    page.get_by_label("Somebody else used my name").check()
    page.get_by_role("button", name="Go on to the form").click()
    page.get_by_label("In your own words").fill("I did not order 😀 <b>")
    page.get_by_role("button", name="日本語").click()  # in mid-form
    expect(page.locator("#text")).to_have_value("I did not order 😀 <b>")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Send this to the office").click()
    receipt = page.locator(".big-code").inner_text()
    (request,) = [one for one in home.persons.files.requests.in_state(RequestState.OPEN) if one.receipt == receipt]
    assert request.text == "I did not order 😀 <b>"
    assert request.entry is not None
    assert home.entries.get(request.entry).state is LifeState.CONTESTED
    page.goto(f"{everything.persons_address}/status")
    page.get_by_label("Code of your request").fill(receipt)
    page.get_by_role("button", name="Show how it stands").click()
    expect(page.locator(".state")).to_have_text("We are checking it.")
    assert [cookie["name"] for cookie in page.context.cookies()] == ["language"]


def test_the_way_back_and_the_same_button_again_is_the_same_request(everything: Everything) -> None:
    page = without_script(everything)
    page.goto(f"{everything.persons_address}/ask")
    page.get_by_label("Send me a copy").check()
    page.get_by_label("Your mail address").fill("taro@example.jp")
    page.get_by_role("button", name="Send this to the office").click()
    receipt = page.locator(".big-code").inner_text()
    page.reload()
    expect(page.locator(".big-code")).to_have_text(receipt)


def test_keys_alone_lead_through(everything: Everything) -> None:
    page = everything.on_a_phone("en")
    page.goto(f"{everything.persons_address}/letter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(everything.code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("We know this code")
