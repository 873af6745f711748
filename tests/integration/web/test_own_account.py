"""One's own account: password, one-time codes, sign-ins and language; each change asks that the sign-in is fresh."""

import html
import re

import pyotp
import pytest
from flask.testing import FlaskClient

from shopguard.web.accounts.browsers import device
from shopguard.web.accounts.codes import hashed
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.own import FRESH_S
from shopguard.web.accounts.people import People
from shopguard.web.roles import Role

from .conftest import PASSWORD, Clock, Console, is_in, press, try_password

NEW = "a whole new passphrase"


@pytest.fixture
def browser(console: Console, sato: Account) -> FlaskClient:
    """Sato, signed in just now."""
    made = console.visitor()
    console.sign_in(made, sato)
    return made


# --- password -------------------------------------------------------------------------------------------------------


def test_a_new_password_takes_the_place_of_the_old_and_ends_other_sign_ins(
    console: Console, sato: Account, browser: FlaskClient
) -> None:
    other = console.visitor()
    console.sign_in(other, sato)
    answer = press(browser, "/console/me/password", {"password": NEW, "repeated": NEW})
    assert answer.location == "/console/me?done=password"
    assert is_in(browser)
    assert not is_in(other)
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 401
    assert try_password(console.visitor(), "sato", NEW).status_code == 303
    assert ("sato", "account_password", "set by its owner") in console.audit()


@pytest.mark.parametrize(
    ("password", "repeated", "said"),
    [
        ("", "", "at least 12"),
        ("short", "short", "at least 12"),
        ("x" * 201, "x" * 201, "at most 200"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "easy to guess"),
        ("this is Sato's word", "this is Sato's word", "easy to guess"),
        (NEW, NEW + "x", "not the same"),
    ],
)
def test_a_password_that_is_weak_or_mistyped_changes_nothing(
    console: Console, browser: FlaskClient, password: str, repeated: str, said: str
) -> None:
    answer = press(browser, "/console/me/password", {"password": password, "repeated": repeated})
    assert answer.status_code == 422
    assert said in answer.text
    assert not password or f'value="{password}"' not in answer.text
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 303


# --- one-time codes -------------------------------------------------------------------------------------------------


def begin(browser: FlaskClient) -> tuple[str, str]:
    """Open the page with the QR code; return the secret and what the form carries."""
    page = browser.get("/console/me/codes").text
    secret = re.search(r'<code class="secret">([A-Z2-7]+)</code>', page)
    pending = re.search(r'name="pending" value="([^"]+)"', page)
    assert secret is not None
    assert pending is not None
    assert 'src="data:image/svg+xml' in page
    assert secret.group(1) not in pending.group(1)
    return secret.group(1), html.unescape(pending.group(1))


def switch_on(browser: FlaskClient, clock: Clock) -> list[str]:
    secret, pending = begin(browser)
    code = pyotp.TOTP(secret).at(int(clock.now))
    answer = press(browser, "/console/me/codes", {"code": code, "pending": pending})
    assert answer.status_code == 200
    return re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text)


def test_codes_are_asked_for_once_the_app_showed_one_and_ten_recovery_codes_are_shown_once(
    console: Console, browser: FlaskClient, clock: Clock, people: People, sato: Account
) -> None:
    recovery = switch_on(browser, clock)
    assert len(set(recovery)) == 10
    assert set(people.proofs.of(sato.id).recovery) == {hashed(code) for code in recovery}
    assert "six digits" in try_password(console.visitor(), "sato", PASSWORD).text
    page = browser.get("/console/me").text
    assert "10 recovery codes are left" in page
    assert recovery[0] not in page
    assert ("sato", "account_codes", "on") in console.audit()


def test_the_code_that_switched_them_on_does_not_sign_in_again(
    browser: FlaskClient, clock: Clock, people: People, sato: Account
) -> None:
    switch_on(browser, clock)
    assert not people.proofs.use_step(sato.id, int(clock.now // 30))


def test_a_wrong_code_switches_nothing_on_and_keeps_the_picture(
    browser: FlaskClient, clock: Clock, people: People, sato: Account
) -> None:
    secret, pending = begin(browser)
    answer = press(browser, "/console/me/codes", {"code": "000000", "pending": pending})
    assert answer.status_code == 422
    assert secret in answer.text
    assert people.proofs.of(sato.id).totp is None


def test_a_secret_made_for_another_account_or_long_ago_is_not_taken(
    console: Console, browser: FlaskClient, clock: Clock, people: People, sato: Account
) -> None:
    other = console.browser(Role.OPERATOR)
    secret, foreign = begin(other)
    mine, pending = begin(browser)
    code = pyotp.TOTP(secret).at(int(clock.now))
    for sent in (foreign, "", "x", "あ"):
        assert press(browser, "/console/me/codes", {"code": code, "pending": sent}).status_code == 422
    clock.now += FRESH_S - 1
    late = pyotp.TOTP(mine).at(int(clock.now))
    assert press(browser, "/console/me/codes", {"code": late, "pending": pending}).status_code == 422
    assert people.proofs.of(sato.id).totp is None


def test_codes_can_be_switched_off(
    console: Console, browser: FlaskClient, clock: Clock, people: People, sato: Account
) -> None:
    switch_on(browser, clock)
    assert press(browser, "/console/me/codes/off").status_code == 303
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 303
    assert people.proofs.of(sato.id).recovery == ()


# --- freshness ------------------------------------------------------------------------------------------------------

CHANGES = ["/console/me/password", "/console/me/codes", "/console/me/codes/off", "/console/me/passkeys"]


@pytest.mark.parametrize("address", [*CHANGES, "/console/me/passkeys/abc/remove"])
def test_a_browser_left_open_does_not_give_an_account_away(
    console: Console, browser: FlaskClient, clock: Clock, people: People, sato: Account, address: str
) -> None:
    people.proofs.set_codes(sato.id, "JBSWY3DPEHPK3PXP", [])
    clock.now += FRESH_S + 1
    form = {"password": NEW, "repeated": NEW, "code": "000000"}
    answer = press(browser, address, form)
    assert answer.status_code == 307
    assert answer.location.startswith("/console/sign-in/hold?")
    page = browser.post(answer.location, data=form)
    assert "show once more that it is you" in page.text or "Nothing you typed is lost" in page.text
    assert people.proofs.of(sato.id).totp is not None
    assert people.passwords.fits(people.proofs.of(sato.id).password, PASSWORD)


def test_after_showing_once_more_who_one_is_the_page_opens(browser: FlaskClient, clock: Clock) -> None:
    clock.now += FRESH_S + 1
    sent = browser.get("/console/me/codes")
    assert sent.status_code == 302
    assert "once more that it is you" in browser.get(sent.location).text
    answer = try_password(browser, "sato", PASSWORD, next="/console/me/codes")
    assert answer.location == "/console/me/codes"
    assert browser.get("/console/me/codes").status_code == 200


# --- sign-ins -------------------------------------------------------------------------------------------------------


def test_sign_ins_are_listed_and_can_be_ended_one_by_one_or_all(
    console: Console, sato: Account, browser: FlaskClient
) -> None:
    phone, tablet = console.visitor(), console.visitor()
    phone.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36"
    for other in (phone, tablet):
        console.sign_in(other, sato)
    page = browser.get("/console/me").text
    assert "Chrome · Android" in page
    (number,) = re.findall(r'sessions/(\d+)/end"[^>]*>.*?aria-label="Sign out Chrome', page)
    press(browser, f"/console/me/sessions/{number}/end")
    assert not is_in(phone)
    assert is_in(tablet)
    press(browser, "/console/me/sessions/end-others")
    assert not is_in(tablet)
    assert is_in(browser)


def test_nobody_ends_the_sign_in_of_another(console: Console, browser: FlaskClient) -> None:
    other = console.browser()
    for number in range(1, 5):
        press(browser, f"/console/me/sessions/{number}/end") if is_in(browser) else None
    assert is_in(other)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150 Safari/537.36 Edg/150", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox · Linux"),
        ("curl/8.15", "curl/8.15"),
        ("", "?"),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


# --- language -------------------------------------------------------------------------------------------------------


def test_the_language_of_the_account_goes_before_the_browsers(console: Console, browser: FlaskClient) -> None:
    assert 'lang="en"' in browser.get("/console/me").text
    press(browser, "/console/me/language", {"language": "ja"})
    assert '<html lang="ja">' in browser.get("/console/me").text
    press(browser, "/console/language", {"language": "en", "back": "/console/me"})
    assert '<html lang="en">' in browser.get("/console/me").text
    press(browser, "/console/me/language", {"language": ""})
    assert '<html lang="en">' in browser.get("/console/me").text
    assert press(browser, "/console/me/language", {"language": "xx"}).status_code == 400


def test_who_has_no_way_back_in_is_told_first(console: Console) -> None:
    browser = console.visitor()
    link = console.guard.people.links.make(console.account(Role.OPERATOR, name="new").id)
    answer = browser.get(f"/console/sign-in?token={link}")
    assert answer.location == "/console/me?first=1"
    assert "come back" in browser.get(answer.location).text
