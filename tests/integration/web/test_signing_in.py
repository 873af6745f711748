"""Signing in by password and code: who comes in, who does not and learns nothing, and what is written down."""

import re
from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shopguard.storage.tables import account, session
from shopguard.web.accounts import codes, tickets
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.passwords import Passwords
from shopguard.web.accounts.people import People
from shopguard.web.accounts.proofs import PAUSE_S, TRIES
from shopguard.web.accounts.sessions import LIFE_S
from shopguard.web.roles import Role

from .conftest import PASSWORD, START, Clock, Console, is_in, key_of, press, try_password

# --- a password -----------------------------------------------------------------------------------------------------


def test_name_and_password_let_somebody_in(console: Console, sato: Account) -> None:
    browser = console.visitor()
    answer = try_password(browser, "sato", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(browser)
    assert console.audit()[-1] == ("sato", "sign_in", "password")


def test_full_and_half_width_are_one_password(console: Console, sato: Account) -> None:
    assert try_password(console.visitor(), "sato", "ｃｏｒｒｅｃｔ ｈｏｒｓｅ 電池").status_code == 303


def test_after_signing_in_one_is_where_one_wanted_to_go(console: Console, sato: Account) -> None:
    browser = console.visitor()
    sent = browser.get("/console/me?done=password")
    page = browser.get(sent.location)
    wanted = re.search(r'name="next" value="([^"]+)"', page.text)
    assert wanted is not None
    answer = try_password(browser, "sato", PASSWORD, next=wanted.group(1))
    assert answer.location == "/console/me?done=password"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)", "/\n/example.com"]
)
def test_signing_in_leads_to_no_other_site(console: Console, sato: Account, elsewhere: str) -> None:
    assert try_password(console.visitor(), "sato", PASSWORD, next=elsewhere).location == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("sato", "Zq7-guessed"),
        ("sato", ""),
        ("", PASSWORD),
        ("SATO", PASSWORD),
        ("nobody", PASSWORD),
        ("sato", PASSWORD + "x"),
        ("sato", "x" * 100_000),
        ("\x00", "\x00"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_does_not_fit_lets_nobody_in_and_keeps_the_name(
    console: Console, sato: Account, name: str, password: str
) -> None:
    browser = console.visitor()
    answer = try_password(browser, name, password)
    assert answer.status_code == 401
    assert "do not fit" in answer.text
    assert not is_in(browser)
    assert f'value="{password}"' not in answer.text or not password.strip("\0")
    if name == "sato":
        assert 'value="sato"' in answer.text


def test_an_unknown_name_is_answered_as_a_known_one_and_not_written_down(console: Console, sato: Account) -> None:
    known = try_password(console.visitor(), "sato", "wrong").text
    unknown = try_password(console.visitor(), "my password, in the wrong field", "wrong").text
    same = [re.sub(r'value="[^"]*"|data-options="[^"]*"|form_key[^>]*', "", page) for page in (known, unknown)]
    assert same[0] == same[1]
    assert console.audit()[-2:] == [("sato", "sign_in_failed", "password"), ("-", "sign_in_failed", "password")]


def test_an_unknown_name_costs_as_many_hashes_and_writes_as_a_known_one(
    console: Console, sato: Account, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bool] = []
    fits = people.passwords.fits

    def counted(stored: str | None, password: str) -> bool:
        compared.append(stored is None)
        return fits(stored, password)

    monkeypatch.setattr(people.passwords, "fits", counted)
    written: list[str] = []
    sa.event.listen(
        console.guard.engine,
        "before_cursor_execute",
        lambda _c, _r, statement, *_: written.append(statement.split()[0]),
    )
    counts = []
    for name in ("sato", "nobody"):
        written.clear()
        try_password(console.visitor(), name, "wrong")
        counts.append((written.count("UPDATE"), written.count("INSERT")))
    assert compared == [False, True]
    assert counts == [(1, 1), (1, 1)]


def test_an_account_without_a_password_has_no_password(console: Console) -> None:
    console.account(Role.OPERATOR, name="new")
    for guess in ("", "nobody's", "None"):
        assert try_password(console.visitor(), "new", guess).status_code == 401


def test_a_closed_account_lets_nobody_in(console: Console, sato: Account, people: People) -> None:
    browser = console.visitor()
    assert try_password(browser, "sato", PASSWORD).status_code == 303
    people.accounts.close(sato.id)
    assert not is_in(browser)
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 401


def test_passwords_are_kept_as_argon2id_of_todays_cost(console: Console, sato: Account, people: People) -> None:
    def stored() -> str:
        with console.guard.engine.connect() as connection:
            found = connection.execute(sa.select(account.c.password).where(account.c.id == sato.id))
            return str(found.scalar_one())

    assert stored().startswith("$argon2id$v=19$m=8,t=1,p=1$")
    vars(console.guard)["people"] = replace(people, passwords=Passwords())
    browser = console.guard.console_app().test_client()
    assert try_password(browser, "sato", PASSWORD).status_code == 303
    assert stored().startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "hashed anew when it was seen"


# --- tries ----------------------------------------------------------------------------------------------------------


def fail(console: Console, times: int) -> None:
    for _ in range(times):
        try_password(console.visitor(), "sato", "wrong")


def test_after_five_wrong_tries_even_the_right_password_has_to_wait(
    console: Console, sato: Account, clock: Clock
) -> None:
    fail(console, TRIES)
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 401
    assert console.audit()[-1] == ("sato", "sign_in_failed", "paused")
    clock.now += PAUSE_S + 1
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 303


def test_after_the_pause_there_is_one_try_and_not_five(console: Console, sato: Account, clock: Clock) -> None:
    fail(console, TRIES)
    clock.now += PAUSE_S + 1
    fail(console, 1)
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 401


def test_signing_in_begins_the_count_anew(console: Console, sato: Account) -> None:
    for _ in range(2):
        fail(console, TRIES - 1)
        assert try_password(console.visitor(), "sato", PASSWORD).status_code == 303


def test_a_link_lets_in_whoever_was_locked_out_and_ends_the_pause(console: Console, sato: Account) -> None:
    fail(console, TRIES)
    console.sign_in(console.visitor(), sato)
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 303


def test_tries_at_once_are_not_more_than_allowed(people: People, sato: Account) -> None:
    """Each try is counted before it is looked at."""
    taken = [people.proofs.take_try(sato.id) for _ in range(TRIES + 3)]
    assert taken == [*range(1, TRIES + 1), None, None, None]


def test_a_network_that_guesses_through_the_names_is_stopped(
    console: Console, sato: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = console.guard.people
    monkeypatch.setattr(people.passwords, "fits", lambda *_: False)
    answers = [try_password(console.visitor(), f"name{n}", "wrong").status_code for n in range(62)]
    assert answers.index(429) == 60
    monkeypatch.undo()
    assert try_password(console.visitor(), "sato", PASSWORD).status_code == 429
    elsewhere = console.visitor()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert try_password(elsewhere, "sato", PASSWORD).status_code == 303


# --- a forged form --------------------------------------------------------------------------------------------------


def test_a_page_of_another_site_signs_nobody_in(console: Console, sato: Account) -> None:
    browser = console.visitor()
    key = key_of(browser.get("/console/sign-in"))
    good = {"name": "sato", "password": PASSWORD, "key": key}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.com"}, {"Origin": "null"}):
        assert browser.post("/console/sign-in", data=good, headers=headers).status_code == 403
    assert not is_in(browser)


@pytest.mark.parametrize("key", [None, "", "guess", "あ"])
def test_a_form_that_is_not_of_this_browser_signs_nobody_in(console: Console, sato: Account, key: str | None) -> None:
    browser = console.visitor()
    other_key = key_of(console.visitor().get("/console/sign-in"))
    browser.get("/console/sign-in")
    for sent in (key, other_key):
        form = {"name": "sato", "password": PASSWORD, **({"key": sent} if sent is not None else {})}
        answer = browser.post("/console/sign-in", data=form)
        assert answer.status_code == 401
        assert "once more" in answer.text
    assert not is_in(browser)


def test_a_form_without_cookies_says_so(console: Console, sato: Account) -> None:
    browser = console.app.test_client(use_cookies=False)
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "keeps no cookies" in try_password(browser, "sato", PASSWORD).text


@pytest.mark.parametrize("cookie", ["", "x", "gAAAAAB", "あ".encode().decode("latin-1")], ids=ascii)
def test_a_forged_ticket_is_none(console: Console, sato: Account, cookie: str) -> None:
    browser = console.app.test_client(use_cookies=False)
    headers = {"Cookie": f"{tickets.COOKIE}={cookie}"}
    assert browser.get("/console/sign-in", headers=headers).status_code == 401
    form = {"name": "sato", "password": PASSWORD, "key": ""}
    assert browser.post("/console/sign-in", data=form, headers=headers).status_code == 401


def test_the_session_is_another_one_after_signing_in(console: Console, sato: Account) -> None:
    browser = console.visitor()
    browser.set_cookie("shopguard", "planted")
    try_password(browser, "sato", PASSWORD)
    first = browser.get_cookie("shopguard")
    answer = try_password(browser, "sato", PASSWORD)
    second = browser.get_cookie("shopguard")
    assert answer.status_code == 303
    assert first is not None
    assert second is not None
    assert len({first.value, second.value, "planted"}) == 3
    assert not is_in(with_cookie(console, first.value))


def with_cookie(console: Console, token: str) -> FlaskClient:
    browser = console.visitor()
    browser.set_cookie("shopguard", token)
    return browser


def test_a_sign_in_ends_by_itself(console: Console, sato: Account, clock: Clock) -> None:
    browser = console.visitor()
    try_password(browser, "sato", PASSWORD)
    clock.now += LIFE_S - 1
    assert is_in(browser)
    clock.now += 2
    assert not is_in(browser)


def test_signing_out_ends_it_for_whoever_copied_the_cookie(console: Console, sato: Account) -> None:
    browser = console.visitor()
    try_password(browser, "sato", PASSWORD)
    cookie = browser.get_cookie("shopguard")
    assert cookie is not None
    press(browser, "/console/sign-out")
    assert not is_in(with_cookie(console, cookie.value))
    with console.guard.engine.connect() as connection:
        assert connection.execute(sa.select(session)).all() == []


# --- one-time codes -------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(people: People, sato: Account) -> str:
    """Sato's app and a recovery code, ``aaaaa-bbbbb``."""
    made = codes.new_secret()
    people.proofs.set_codes(sato.id, made, [codes.hashed("aaaaa-bbbbb")])
    return made


def code_at(secret: str, at: float) -> str:
    return str(pyotp.TOTP(secret).at(int(at)))


@pytest.fixture
def half_way(console: Console, sato: Account, secret: str) -> FlaskClient:
    """A browser whose password was right."""
    browser = console.visitor()
    answer = try_password(browser, "sato", PASSWORD)
    assert "six digits" in answer.text
    assert not is_in(browser)
    return browser


def give_code(console: Console, code: str) -> tuple[TestResponse, FlaskClient]:
    """Sign in with the password and ``code``."""
    browser = console.visitor()
    page = try_password(browser, "sato", PASSWORD)
    if "six digits" not in page.text:
        return page, browser
    return browser.post("/console/sign-in/code", data={"code": code, "key": key_of(page)}), browser


@pytest.mark.parametrize("spelt", [str, lambda code: f" {code[:3]} {code[3:]}", lambda code: code.translate(_WIDE)])
def test_the_code_of_the_app_lets_somebody_in_however_it_is_typed(
    console: Console, sato: Account, secret: str, clock: Clock, spelt: Callable[[str], str]
) -> None:
    answer, browser = give_code(console, spelt(code_at(secret, clock.now)))
    assert answer.status_code == 303
    assert is_in(browser)
    assert console.audit()[-1] == ("sato", "sign_in", "password and code")


_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize(("late_s", "status"), [(-31, 303), (0, 303), (31, 303), (-75, 401), (75, 401)])
def test_a_clock_may_be_half_a_minute_off_and_no_more(
    console: Console, sato: Account, secret: str, late_s: float, status: int
) -> None:
    assert give_code(console, code_at(secret, START + late_s))[0].status_code == status


def test_a_code_is_good_once(console: Console, sato: Account, secret: str, clock: Clock) -> None:
    code = code_at(secret, clock.now)
    assert give_code(console, code)[0].status_code == 303
    assert give_code(console, code)[0].status_code == 401
    assert give_code(console, code_at(secret, clock.now - 30))[0].status_code == 401, "an earlier one, seen before"


def test_a_recovery_code_is_good_once(console: Console, sato: Account, secret: str, people: People) -> None:
    assert give_code(console, "AAAAA bbbbb")[0].status_code == 303
    assert console.audit()[-1] == ("sato", "sign_in", "password and recovery code")
    assert people.proofs.of(sato.id).recovery == ()
    assert give_code(console, "aaaaa-bbbbb")[0].status_code == 401


def test_wrong_codes_are_counted_although_the_password_is_right(
    console: Console, sato: Account, secret: str, clock: Clock
) -> None:
    for _ in range(TRIES):
        answer, _ = give_code(console, "000000")
        assert answer.status_code == 401
    answer, _ = give_code(console, code_at(secret, clock.now))
    assert answer.status_code == 401
    clock.now += PAUSE_S + 1
    assert give_code(console, code_at(secret, clock.now))[0].status_code == 303


def test_the_code_page_alone_lets_nobody_in(console: Console, sato: Account, secret: str, clock: Clock) -> None:
    browser = console.visitor()
    key = key_of(browser.get("/console/sign-in"))
    code = code_at(secret, clock.now)
    assert browser.post("/console/sign-in/code", data={"code": code, "key": key}).status_code == 401
    assert not is_in(browser)


def test_a_password_that_was_right_ten_minutes_ago_has_to_be_typed_again(
    half_way: FlaskClient, secret: str, clock: Clock, console: Console
) -> None:
    clock.now += tickets.STEP_S + 1
    cookie = half_way.get_cookie(tickets.COOKIE, path="/console/sign-in")
    assert cookie is not None
    answer = half_way.post("/console/sign-in/code", data={"code": code_at(secret, clock.now), "key": "any"})
    assert answer.status_code == 401
    assert not is_in(half_way)


def test_the_secret_is_sealed_and_recovery_codes_are_hashed(console: Console, sato: Account, secret: str) -> None:
    with console.guard.engine.connect() as connection:
        rows = repr(connection.execute(sa.select(account)).all())
    assert secret not in rows
    assert "aaaaa" not in rows
    assert "aaaaa" not in repr(console.guard.people.proofs.of(sato.id))


# --- cookies --------------------------------------------------------------------------------------------------------


def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(
    console: Console, sato: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = console.guard.config
    config = replace(config, server=replace(config.server, console_url="https://console.example.com"))
    monkeypatch.setattr(console.guard, "config", config)
    browser = Console(console.guard).app.test_client()
    page = browser.get("/console/sign-in", base_url="https://console.example.com")
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page)}
    answer = browser.post("/console/sign-in", data=form, base_url="https://console.example.com")
    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert len(cookies) >= 2
    for cookie in cookies:
        if "Max-Age=0" not in cookie:
            assert {"HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
