"""Passkeys: made once, they let in on their own; whatever does not fit lets nobody in."""

import html
import json
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.web.accounts.model import Account
from shopguard.web.accounts.passkeys import site_of
from shopguard.web.accounts.people import People

from .authenticator import Authenticator
from .conftest import Clock, Console, is_in, key_of, press

HERE = "http://localhost"


def options_of(page: TestResponse) -> str:
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found is not None
    return html.unescape(found.group(1))


@pytest.fixture
def device(console: Console, sato: Account) -> Authenticator:
    """Sato's device, with a passkey that is registered."""
    made, browser = Authenticator(), console.visitor()
    console.sign_in(browser, sato)
    answer = made.create(options_of(browser.get("/console/me")), HERE)
    added = press(browser, "/console/me/passkeys", {"answer": answer, "label": "店の電話 📱"})
    assert added.location == "/console/me?done=passkey"
    return made


def sign_in(browser: FlaskClient, device: Authenticator, origin: str = HERE) -> TestResponse:
    page = browser.get("/console/sign-in")
    answer = device.sign(options_of(page), origin)
    return browser.post("/console/sign-in/passkey", data={"answer": answer, "key": key_of(page)})


def test_a_passkey_lets_in_without_a_name_or_a_code(console: Console, device: Authenticator, sato: Account) -> None:
    console.guard.people.proofs.set_codes(sato.id, "JBSWY3DPEHPK3PXP", [])
    browser = console.visitor()
    assert sign_in(browser, device).status_code == 303
    assert is_in(browser)
    assert console.audit()[-1] == ("sato", "sign_in", "passkey")


def test_the_list_says_which_there_are_and_one_can_be_removed(console: Console, device: Authenticator) -> None:
    browser = console.visitor()
    sign_in(browser, device)
    page = browser.get("/console/me")
    assert "店の電話 📱" in page.text
    (address,) = re.findall(r'action="(/console/me/passkeys/[^"]+/remove)"', page.text)
    assert press(browser, address).status_code == 303
    assert sign_in(console.visitor(), device).status_code == 401
    assert "店の電話 📱" not in browser.get("/console/me").text


def test_nobody_removes_the_passkey_of_another(console: Console, device: Authenticator) -> None:
    shown = json.loads(device.sign('{"rpId": "localhost", "challenge": ""}', HERE))["id"]
    other = console.browser()
    press(other, f"/console/me/passkeys/{shown}/remove")
    assert sign_in(console.visitor(), device).status_code == 303


def test_a_signature_is_good_once(console: Console, device: Authenticator) -> None:
    browser = console.visitor()
    page = browser.get("/console/sign-in")
    ticket = browser.get_cookie("shopguard-signing-in", path="/console/sign-in")
    assert ticket is not None
    form = {"answer": device.sign(options_of(page), HERE), "key": key_of(page)}
    assert browser.post("/console/sign-in/passkey", data=form).status_code == 303
    thief = console.visitor()
    thief.set_cookie("shopguard-signing-in", ticket.value, path="/console/sign-in")
    assert thief.post("/console/sign-in/passkey", data=form).status_code == 401
    assert not is_in(thief)


def test_a_signature_for_another_browser_is_none(console: Console, device: Authenticator) -> None:
    browser, other = console.visitor(), console.visitor()
    answer = device.sign(options_of(other.get("/console/sign-in")), HERE)
    form = {"answer": answer, "key": key_of(browser.get("/console/sign-in"))}
    assert browser.post("/console/sign-in/passkey", data=form).status_code == 401


def test_a_signature_made_for_another_site_is_none(console: Console, device: Authenticator) -> None:
    assert sign_in(console.visitor(), device, "https://console.example.net").status_code == 401
    wrong = replace(device)
    wrong.sign = lambda options, origin: Authenticator.sign(  # type: ignore[method-assign]  # a device led astray
        wrong, json.dumps({**json.loads(options), "rpId": "example.net"}), origin
    )
    assert sign_in(console.visitor(), wrong).status_code == 401


def test_a_device_that_asked_for_no_finger_is_not_enough(console: Console, device: Authenticator) -> None:
    assert sign_in(console.visitor(), replace(device, verifies=False)).status_code == 401


def test_a_copy_of_a_device_is_noticed_by_its_count(console: Console, device: Authenticator) -> None:
    copy = replace(device)
    for _ in range(2):
        assert sign_in(console.visitor(), device).status_code == 303
    assert sign_in(console.visitor(), copy).status_code == 401


def test_a_key_of_somebody_else_under_the_same_number_is_none(console: Console, device: Authenticator) -> None:
    assert sign_in(console.visitor(), Authenticator(id=device.id)).status_code == 401
    assert console.audit()[-1] == ("-", "sign_in_failed", "passkey")


def test_the_passkey_of_a_closed_account_lets_nobody_in(
    console: Console, device: Authenticator, sato: Account, people: People
) -> None:
    people.accounts.close(sato.id)
    assert sign_in(console.visitor(), device).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"id": 1}',
        '{"id": "あ"}',
        '{"id": "aaaa", "rawId": "aaaa", "type": "x", "response": {}}',
    ],
)
def test_what_is_no_answer_lets_nobody_in_and_breaks_nothing(console: Console, sato: Account, answer: str) -> None:
    browser = console.visitor()
    key = key_of(browser.get("/console/sign-in"))
    assert browser.post("/console/sign-in/passkey", data={"answer": answer, "key": key}).status_code == 401
    console.sign_in(browser, sato)
    answered = press(browser, "/console/me/passkeys", {"answer": answer})
    assert answered.status_code == 422
    assert "gave no passkey" in answered.text


def test_a_passkey_is_registered_once_and_to_one_account(console: Console, device: Authenticator) -> None:
    browser = console.browser()
    answer = device.create(options_of(browser.get("/console/me")), HERE)
    assert press(browser, "/console/me/passkeys", {"answer": answer}).status_code == 422


def test_a_passkey_made_in_another_sign_in_is_not_taken(console: Console, sato: Account) -> None:
    first, second = console.visitor(), console.visitor()
    console.sign_in(first, sato)
    console.sign_in(second, sato)
    answer = Authenticator().create(options_of(first.get("/console/me")), HERE)
    assert press(second, "/console/me/passkeys", {"answer": answer}).status_code == 422


def test_the_device_is_told_what_it_has_already_and_no_number_of_the_account(
    console: Console, device: Authenticator, sato: Account
) -> None:
    browser = console.visitor()
    console.sign_in(browser, sato)
    asked = json.loads(options_of(browser.get("/console/me")))
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["user"]["name"] == "sato"
    assert str(sato.id) != asked["user"]["id"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://console.example.com", "console.example.com"),
        ("https://console.example.com:8443", "console.example.com"),
        ("http://localhost:8081", "localhost"),
        ("http://shop.localhost", "shop.localhost"),
        ("http://console.example.com", None),
        ("https://192.0.2.7", None),
        ("http://127.0.0.1:8081", None),
        ("https://[::1]", None),
    ],
)
def test_passkeys_are_offered_where_browsers_have_them(origin: str, host: str | None) -> None:
    site = site_of(origin)
    assert (site and site.host) == host
    assert site is None or site.origin == origin


def test_without_them_the_page_says_why(console: Console, sato: Account, clock: Clock) -> None:
    browser = console.visitor()
    console.sign_in(browser, sato)
    page = browser.get("/console/me", base_url="http://127.0.0.1:8081")
    assert page.status_code == 302, "a cookie of another host"
    link = console.guard.people.links.make(sato.id)
    browser.get(f"/console/sign-in?token={link}", base_url="http://127.0.0.1:8081")
    page = browser.get("/console/me", base_url="http://127.0.0.1:8081")
    assert "data-passkey" not in page.text
    assert "server.console_url" in page.text
