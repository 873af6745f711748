"""The console behind a web server with HTTPS: whose word is believed about where a request came from."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shopguard.web.accounts.model import Account

from .conftest import PASSWORD, Console, is_in, key_of, try_password


def behind(console: Console, proxies: int, url: str | None = None) -> Console:
    guard = console.guard
    guard.config = replace(guard.config, server=replace(guard.config.server, proxies=proxies, console_url=url))
    return Console(guard)


def cookie_of(browser: FlaskClient, **headers: str) -> str:
    """The cookie that signing in gives."""
    page = browser.get("/console/sign-in", headers=headers)
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page)}
    answer = browser.post("/console/sign-in", data=form, headers=headers)
    assert answer.status_code == 303
    return next(cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("shopguard="))


@pytest.mark.parametrize(("proxies", "secure"), [(0, False), (1, True)])
def test_cookies_are_for_https_alone_where_our_own_proxy_says_so(
    console: Console, sato: Account, proxies: int, secure: bool
) -> None:
    browser = behind(console, proxies).app.test_client()
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    assert ("Secure" in cookie_of(browser, **headers).split("; ")) is secure


def test_without_any_word_of_it_cookies_go_over_http(console: Console, sato: Account) -> None:
    assert "Secure" not in cookie_of(console.app.test_client()).split("; ")


def test_guesses_are_counted_by_where_our_proxy_says_they_come_from(
    console: Console, sato: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind_one = behind(console, 1)
    monkeypatch.setattr(type(behind_one.guard.people.passwords), "fits", lambda *_: False)
    guesser = behind_one.visitor()
    for number in range(61):
        guesser.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}, 192.0.2.7"  # the first is made up
        last = try_password(guesser, f"name{number}", "wrong").status_code
    assert last == 429
    monkeypatch.undo()
    other = behind_one.visitor()
    other.environ_base["HTTP_X_FORWARDED_FOR"] = "192.0.2.8"
    assert try_password(other, "sato", PASSWORD).status_code == 303
    assert is_in(other)


def test_a_form_of_the_outer_address_is_our_own(console: Console, sato: Account) -> None:
    url = "https://console.example.com"
    browser = behind(console, 0, url).visitor()
    page = browser.get("/console/sign-in")
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page)}
    wrong = browser.post("/console/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert wrong.status_code == 403
    assert browser.post("/console/sign-in", data=form, headers={"Origin": url}).status_code == 303


def test_links_are_printed_with_the_outer_address(console: Console) -> None:
    from shopguard.cli.serve import sign_in_link

    outer = behind(console, 1, "https://console.example.com/")
    assert sign_in_link(outer.guard).startswith("https://console.example.com/console/sign-in?token=")
