"""A form that is sent after its sign-in had ended: nothing typed is lost, and nothing happens by itself."""

import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from shopguard.web.accounts import codes
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.people import People
from shopguard.web.accounts.sessions import LIFE_S
from shopguard.web.roles import Role

from .conftest import PASSWORD, Clock, Console, form_key, is_in, key_of, try_password

ADDRESS = "/console/accounts"
TYPED = [
    ("name", "suzuki"),
    ("shown", '鈴木 "一" <b>&amp; 😀\r\nzweite Zeile'),
    ("role", "operator"),
    ("role", "shop_admin"),
    ("shops", "all"),
]
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def sato(sato: Account, people: People) -> Account:
    """A shop admin with a password."""
    people.accounts.change(sato.id, roles=[Role.SHOP_ADMIN, Role.OPERATOR])
    return sato


@pytest.fixture
def late(console: Console, sato: Account, clock: Clock) -> FlaskClient:
    """A browser with a form open, whose sign-in has ended meanwhile."""
    browser = console.visitor()
    try_password(browser, "sato", PASSWORD)
    browser.environ_base["form_key"] = form_key(browser)
    clock.now += LIFE_S + 1
    return browser


def send(browser: FlaskClient, address: str = ADDRESS, **more: Any) -> TestResponse:
    """Send the form that was open, and again to where the browser is told to."""

    def post(address: str) -> TestResponse:
        form = MultiDict([*TYPED, ("form_key", browser.environ_base["form_key"])])
        files = {name: (io.BytesIO(data), title) for name, (data, title) in file.items()}
        return browser.post(address, data={**form.to_dict(flat=False), **more, **files}, headers=OWN)

    file = {"file": more.pop("file")} if "file" in more else {}
    sent = post(address)
    assert sent.status_code == 307
    return post(sent.location)


def hidden(page: TestResponse) -> str:
    found = re.search(r'name="held" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found.group(1))


def sent_on(page: TestResponse) -> tuple[str, list[tuple[str, str]]]:
    """Where the form of the page that asks goes, and with what, as a browser reads it."""
    main = page.text.partition("<main")[2]
    (action,) = re.findall(r'<form method="post" action="([^"]+)">', main)
    (key,) = re.findall(r'name="form_key" value="([^"]*)"', main)
    fields = re.findall(r'<textarea name="([^"]+)"[^>]*>\n(.*?)</textarea>', main, re.DOTALL)
    return html.unescape(action), [*((n, html.unescape(v)) for n, v in fields), ("form_key", key)]


def names(console: Console) -> set[str]:
    return {one.name for one in console.accounts.all()}


def test_the_form_waits_in_the_sign_in_page_and_goes_on_by_one_press(console: Console, late: FlaskClient) -> None:
    page = send(late)
    assert page.status_code == 401
    assert "Nothing you typed is lost" in page.text
    assert "suzuki" not in names(console)
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page), "held": hidden(page)}
    asking = late.post("/console/sign-in", data=form)
    assert asking.status_code == 200
    assert is_in(late)
    assert "suzuki" not in names(console), "nothing happens by itself"
    address, fields = sent_on(asking)
    assert address == ADDRESS
    assert fields[:-1] == TYPED
    assert late.post(address, data=MultiDict(fields)).status_code == 200
    made = console.accounts.find("suzuki")
    assert made is not None
    assert made.roles == {Role.OPERATOR, Role.SHOP_ADMIN}


def test_a_mistyped_password_and_a_code_in_between_lose_nothing(
    console: Console, late: FlaskClient, sato: Account, people: People
) -> None:
    people.proofs.set_codes(sato.id, codes.new_secret(), [codes.hashed("aaaaa-bbbbb")])
    page = send(late)
    for password in ("wrong", PASSWORD):
        form = {"name": "sato", "password": password, "key": key_of(page), "held": hidden(page)}
        page = late.post("/console/sign-in", data=form)
    for code in ("000000", "aaaaa-bbbbb"):
        form = {"code": code, "key": key_of(page), "held": hidden(page)}
        page = late.post("/console/sign-in/code", data=form)
        if code == "000000":
            assert not is_in(late)
    assert sent_on(page)[1][:-1] == TYPED


def test_who_signs_in_in_another_window_goes_on_from_the_first(console: Console, late: FlaskClient) -> None:
    page = send(late)
    try_password(late, "sato", PASSWORD)  # the other window
    asking = late.post("/console/sign-in", data={"held": hidden(page)})
    assert sent_on(asking)[1][:-1] == TYPED


def test_a_page_of_an_earlier_sign_in_is_asked_about_too(console: Console, late: FlaskClient) -> None:
    try_password(late, "sato", PASSWORD)
    page = send(late)
    assert page.status_code == 200
    assert "suzuki" not in names(console)
    assert sent_on(page)[1][:-1] == TYPED


def test_files_have_to_be_chosen_again_and_are_named(console: Console, late: FlaskClient) -> None:
    page = send(late, file=(b"x" * 100_000, "list <1>.xlsx"))
    assert page.status_code == 401
    assert "have to be chosen again" in page.text
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page), "held": hidden(page)}
    asking = late.post("/console/sign-in", data=form)
    assert "list &lt;1&gt;.xlsx" in asking.text
    assert sent_on(asking)[1][:-1] == TYPED


def test_what_is_secret_is_kept_and_not_shown(console: Console, late: FlaskClient) -> None:
    page = send(late, "/console/me/password", password="kept but not shown", repeated="kept but not shown")
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page), "held": hidden(page)}
    asking = late.post("/console/sign-in", data=form)
    assert ("password", "kept but not shown") in sent_on(asking)[1]
    (shown,) = re.findall(r"<details.*?</details>", asking.text, re.DOTALL)
    assert 'class="typed">suzuki' in shown


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.com"}])
def test_a_form_of_another_site_is_not_kept(console: Console, late: FlaskClient, headers: dict[str, str]) -> None:
    for address in (ADDRESS, f"/console/sign-in/hold?next={ADDRESS}"):
        assert late.post(address, data=dict(TYPED), headers=headers).status_code == 403
    try_password(late, "sato", PASSWORD)
    for address in (ADDRESS, f"/console/sign-in/hold?next={ADDRESS}"):
        assert late.post(address, data={**dict(TYPED), "form_key": "old"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "address", ["https://example.com/console/accounts", "//example.com", "/nowhere", "/console/language", "/console/"]
)
def test_a_form_is_kept_only_for_a_place_that_takes_forms(console: Console, late: FlaskClient, address: str) -> None:
    answer = late.post("/console/sign-in/hold", query_string={"next": address}, data=dict(TYPED), headers=OWN)
    assert 'name="held"' not in answer.text
    form = {"name": "sato", "password": PASSWORD, "key": key_of(answer)}
    forged = {"held": f'{{"address": "{address}", "fields": [["name", "x"]]}}'}
    assert late.post("/console/sign-in", data={**form, **forged}).status_code == 303


@pytest.mark.parametrize(
    "held", ["", "x", "{}", "[]", '{"address": 1}', '{"address": "/console/accounts", "fields": 1}']
)
def test_what_cannot_be_read_is_left_out(console: Console, late: FlaskClient, held: str) -> None:
    page = late.get("/console/sign-in")
    form = {"name": "sato", "password": PASSWORD, "key": key_of(page), "held": held}
    assert late.post("/console/sign-in", data=form).status_code == 303


def test_whoever_signs_in_the_form_is_sent_with_their_own_rights(
    console: Console, late: FlaskClient, people: People
) -> None:
    other = console.account(Role.OPERATOR, name="tanaka")
    people.proofs.set_password(other.id, people.passwords.hash(PASSWORD))
    page = send(late)
    form = {"name": "tanaka", "password": PASSWORD, "key": key_of(page), "held": hidden(page)}
    asking = late.post("/console/sign-in", data=form)
    assert "tanaka" in asking.text
    address, fields = sent_on(asking)
    assert late.post(address, data=MultiDict(fields)).status_code == 403
    assert "suzuki" not in names(console)


@pytest.fixture(params=["script", "browser without headers"])
def other_sender(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    yield {"X-Form-Key": "old", **OWN} if request.param == "script" else {}


def test_a_script_or_an_old_browser_with_an_old_key_is_refused(
    console: Console, late: FlaskClient, other_sender: dict[str, str]
) -> None:
    try_password(late, "sato", PASSWORD)
    form = {} if "X-Form-Key" in other_sender else {"form_key": "old"}
    assert late.post(ADDRESS, data={**dict(TYPED), **form}, headers=other_sender).status_code == 403
