"""The company's own sign-in: who gets a role by it has an account; nobody comes in by an answer that does not fit."""

import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
import responses
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.test import TestResponse

from shopguard.adapter import Secret
from shopguard.config import OidcSettings, RoleValues, SignInSettings
from shopguard.storage.tables import session
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.own import FRESH_S
from shopguard.web.accounts.people import People
from shopguard.web.roles import Role

from .conftest import PASSWORD, Console, is_in, press

ISSUER = "https://login.example.com/realms/shop"
HERE = "https://console.example.com"
BACK = f"{HERE}/console/sign-in/company/back"


@dataclass
class Issuer:
    """A company's sign-in, in memory. ``claims`` is what it says of whoever comes."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    issuer: str = ISSUER
    forge: Callable[[dict[str, Any]], str] | None = None
    nonces: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def install(self, mocked: responses.RequestsMock) -> None:
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        mocked.get(f"{ISSUER}/.well-known/openid-configuration", json=described)
        mocked.get(f"{ISSUER}/keys", json=KeySet([self.key]).as_dict(private=False))
        mocked.add_callback("POST", f"{ISSUER}/token", self._token)

    def _token(self, request: Any) -> tuple[int, dict[str, str], str]:
        form = dict(parse_qsl(request.body))
        self.asked.append(form)
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "shopguard",
            "sub": "4711",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonces.get(form["code"], ""),
            "preferred_username": "suzuki@example.com",
            "name": "鈴木",
            "groups": ["shop-staff", "others"],
            **self.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        signed = self.forge(said) if self.forge else jwt.encode({"alg": "RS256", "kid": "k1"}, said, self.key)
        return 200, {}, json.dumps({"token_type": "Bearer", "access_token": "a", "id_token": signed})


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def issuer(mocked: responses.RequestsMock) -> Issuer:
    made = Issuer()
    made.install(mocked)
    return made


@pytest.fixture
def console(console: Console) -> Console:
    """The same, with a company's sign-in."""
    oidc = OidcSettings(
        ISSUER,
        "shopguard",
        Secret("test-secret"),
        "Example Inc.",
        "groups",
        RoleValues(operator=("shop-staff",), shop_admin=("it",), auditor=("it", "audit")),
    )
    guard = console.guard
    server = replace(guard.config.server, console_url=HERE)
    guard.config = replace(guard.config, sign_in=SignInSettings(oidc), server=server)
    vars(guard).pop("people")
    return Console(guard)


@pytest.fixture
def people(console: Console) -> People:
    return console.guard.people


def visit(browser: FlaskClient, path: str) -> TestResponse:
    return browser.get(path, base_url=HERE)


def go(browser: FlaskClient, issuer: Issuer, **altered: str) -> TestResponse:
    """Go to the company and come back."""
    sent = visit(browser, altered.pop("start", "/console/sign-in/company"))
    assert sent.location.startswith(f"{ISSUER}/auth?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.location).query).items()}
    assert asked["redirect_uri"] == BACK
    assert asked["code_challenge_method"] == "S256"
    issuer.nonces["c1"] = asked["nonce"]
    answer = {"code": "c1", "state": asked["state"], **altered}
    return browser.get("/console/sign-in/company/back", query_string=answer, base_url=HERE)


def is_in_here(browser: FlaskClient) -> bool:
    return visit(browser, "/console/me").status_code == 200


def test_whoever_has_a_role_there_has_an_account_here(console: Console, issuer: Issuer) -> None:
    browser = console.visitor()
    assert "Sign in with Example Inc." in visit(browser, "/console/sign-in").text
    answer = go(browser, issuer, start="/console/sign-in/company?next=/console/me")
    assert answer.location == "/console/me"
    assert is_in_here(browser)
    made = console.accounts.find("suzuki@example.com")
    assert made is not None
    assert (made.shown, made.roles) == ("鈴木", {Role.OPERATOR})
    assert [line[1:] for line in console.audit()[:2]] == [("account_add", "company"), ("sign_in", "company")]


def test_the_second_time_it_is_the_same_account_with_the_roles_of_now(console: Console, issuer: Issuer) -> None:
    go(console.visitor(), issuer)
    issuer.claims = {"groups": ["it"], "preferred_username": "renamed@example.com"}
    go(console.visitor(), issuer)
    (made,) = console.accounts.all()
    assert made.roles == {Role.SHOP_ADMIN, Role.AUDITOR}


def test_the_answer_is_asked_for_with_our_secret_and_the_verifier(console: Console, issuer: Issuer) -> None:
    go(console.visitor(), issuer)
    (asked,) = issuer.asked
    assert asked["redirect_uri"] == BACK
    assert len(asked["code_verifier"]) >= 43


def test_whoever_has_no_role_stays_outside(console: Console, issuer: Issuer) -> None:
    for groups in (["others"], [], None, "shop", {"shop-staff": 1}, 7):
        issuer.claims = {"groups": groups}
        browser = console.visitor()
        answer = go(browser, issuer)
        assert answer.status_code == 403
        assert "nothing here is for you" in answer.text
        assert not is_in_here(browser)
    assert console.accounts.all() == []


def test_a_name_that_somebody_has_already_is_not_taken_over(console: Console, issuer: Issuer) -> None:
    before = console.account(Role.OFFICE, name="suzuki@example.com")
    go(console.visitor(), issuer)
    assert console.accounts.get(before.id) == before
    (other,) = [one for one in console.accounts.all() if one.id != before.id]
    assert re.fullmatch(r"suzuki@example\.com [0-9a-f]{8}", other.name)


def test_a_closed_account_stays_closed(console: Console, issuer: Issuer) -> None:
    go(console.visitor(), issuer)
    (made,) = console.accounts.all()
    console.accounts.close(made.id)
    browser = console.visitor()
    go(browser, issuer)
    assert not is_in_here(browser)
    assert console.accounts.all() == []


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another"},
        {"aud": ["another"], "azp": "shopguard"},
        {"aud": None},
        {"exp": 1},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_does_not_fit_lets_nobody_in(console: Console, issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    browser = console.visitor()
    assert go(browser, issuer).status_code == 403
    assert not is_in_here(browser)
    assert console.audit()[-1] == ("-", "sign_in_failed", "company")


def test_a_token_under_another_key_lets_nobody_in(console: Console, issuer: Issuer) -> None:
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    issuer.forge = lambda claims: jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
    assert go(console.visitor(), issuer).status_code == 403


@pytest.mark.parametrize("secret", ["client secret", "public key"])
def test_a_token_signed_by_what_others_know_lets_nobody_in(console: Console, issuer: Issuer, secret: str) -> None:
    known = issuer.key.as_pem(private=False) if secret == "public key" else b"test-secret"
    issuer.forge = lambda claims: by_hand({"alg": "HS256", "kid": "k1"}, claims, known)
    assert go(console.visitor(), issuer).status_code == 403


@pytest.mark.parametrize("name", ["none", "None", "NONE"])
def test_an_unsigned_token_lets_nobody_in(console: Console, issuer: Issuer, name: str) -> None:
    issuer.forge = lambda claims: by_hand({"alg": name}, claims, None)
    assert go(console.visitor(), issuer).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "あ"])
def test_what_is_no_token_lets_nobody_in(console: Console, issuer: Issuer, token: str) -> None:
    issuer.forge = lambda _claims: token
    assert go(console.visitor(), issuer).status_code == 403


def by_hand(header: dict[str, str], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token as a forger makes it."""
    parts = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    seal = b"" if secret is None else urlsafe_b64encode(hmac.digest(secret, parts, "sha256")).rstrip(b"=")
    return (parts + b"." + seal).decode()


@pytest.mark.parametrize("altered", [{"state": "guess"}, {"state": ""}, {"state": "あ"}, {"code": ""}], ids=str)
def test_an_answer_that_was_not_asked_for_lets_nobody_in(
    console: Console, issuer: Issuer, altered: dict[str, str]
) -> None:
    browser = console.visitor()
    assert go(browser, issuer, **altered).status_code in (401, 403)
    assert not is_in_here(browser)


def test_the_answer_to_another_browser_lets_nobody_in(console: Console, issuer: Issuer) -> None:
    sent = visit(console.visitor(), "/console/sign-in/company")
    state = parse_qs(urlsplit(sent.location).query)["state"][0]
    other = console.visitor()
    for begun in (False, True):
        if begun:
            visit(other, "/console/sign-in/company")
        answer = visit(other, f"/console/sign-in/company/back?code=c1&state={state}")
        assert answer.status_code == 401
        assert not is_in_here(other)


def test_a_description_of_another_issuer_is_not_believed(console: Console, mocked: responses.RequestsMock) -> None:
    Issuer(issuer="https://evil.example.com").install(mocked)
    assert visit(console.visitor(), "/console/sign-in/company").status_code == 503


def test_an_issuer_that_is_away_leaves_the_other_ways(console: Console, mocked: responses.RequestsMock) -> None:
    mocked.get(f"{ISSUER}/.well-known/openid-configuration", body=requests.ConnectionError("away"))
    answer = visit(console.visitor(), "/console/sign-in/company")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert 'name="password"' in answer.text


def test_the_claim_may_stand_inside_others(console: Console, issuer: Issuer) -> None:
    guard = console.guard
    oidc = replace(guard.config.sign_in.oidc, claim="realm_access.roles")
    guard.config = replace(guard.config, sign_in=SignInSettings(oidc))
    vars(guard).pop("people")
    issuer.claims = {"realm_access": {"roles": ["audit"]}}
    go(Console(guard).visitor(), issuer)
    (made,) = guard.people.accounts.all()
    assert made.roles == {Role.AUDITOR}


def test_each_role_has_its_values() -> None:
    assert set(RoleValues.__dataclass_fields__) == {role.value for role in Role}


def test_without_a_company_there_is_no_such_place(console: Console) -> None:
    guard = console.guard
    guard.config = replace(guard.config, sign_in=SignInSettings())
    vars(guard).pop("people")
    browser = Console(guard).visitor()
    for path in ("/console/sign-in/company", "/console/sign-in/company/back"):
        assert browser.get(path).status_code == 404
    assert not is_in(browser)


# --- linking an account that is there already ---


@pytest.fixture
def account(console: Console) -> Account:
    """An account with a password that has nothing to do with the company yet."""
    made = console.account(Role.AUDITOR, name="aiko")
    console.guard.people.proofs.set_password(made.id, console.guard.people.passwords.hash(PASSWORD))
    return made


def sit_down(console: Console, account: Account) -> FlaskClient:
    """A browser that is signed in to an account, at the address of the console."""
    browser, token = console.visitor(), console.guard.people.links.make(account.id)
    browser.get("/console/sign-in", query_string={"token": token}, base_url=HERE)
    return browser


def send(browser: FlaskClient, path: str) -> TestResponse:
    found = re.search(r'data-form-key="([^"]+)"', visit(browser, "/console/me").text)
    assert found is not None
    return browser.post(path, data={"form_key": found.group(1)}, base_url=HERE)


def link(browser: FlaskClient, issuer: Issuer, **altered: str) -> TestResponse:
    """Press the button, follow the link to the company and come back."""
    shown = send(browser, "/console/me/company")
    found = re.search(rf'href="({ISSUER}/auth\?[^"]+)"', shown.text)
    assert found is not None, shown.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(unescape(found.group(1))).query).items()}
    issuer.nonces["c1"] = asked["nonce"]
    return visit(browser, f"/console/sign-in/company/back?{urlencode({'code': 'c1', **asked, **altered})}")


def linked(console: Console, account: Account) -> bool:
    return console.guard.people.proofs.ways()[account.id].company


def test_an_account_is_linked_and_opened_by_the_company_from_then_on(
    console: Console, issuer: Issuer, account: Account
) -> None:
    browser = sit_down(console, account)
    assert "Link with Example Inc." in visit(browser, "/console/me").text
    answer = link(browser, issuer)
    assert answer.location == "/console/me?done=linked"
    assert "Linked: you can sign in there." in visit(browser, answer.location).text
    assert console.audit()[-1] == ("aiko", "account_company", "linked")
    elsewhere = console.visitor()
    go(elsewhere, issuer)
    assert "<h1>aiko</h1>" in visit(elsewhere, "/console/me").text
    (same,) = console.accounts.all()
    assert same.roles == {Role.OPERATOR}


def test_the_owner_who_is_linked_may_still_do_everything(console: Console, issuer: Issuer) -> None:
    owner = console.accounts.owner()
    link(sit_down(console, owner), issuer)
    go(console.visitor(), issuer)
    assert console.accounts.owner() == owner
    assert linked(console, owner)


def test_an_account_is_unlinked_and_then_not_opened_by_the_company(
    console: Console, issuer: Issuer, account: Account
) -> None:
    browser = sit_down(console, account)
    link(browser, issuer)
    assert send(browser, "/console/me/company/unlink").location == "/console/me?done=unlinked"
    assert not linked(console, account)
    elsewhere = console.visitor()
    go(elsewhere, issuer)
    assert "<h1>aiko</h1>" not in visit(elsewhere, "/console/me").text


def test_the_only_way_in_is_not_unlinked(console: Console, issuer: Issuer) -> None:
    browser = console.visitor()
    go(browser, issuer)
    answer = send(browser, "/console/me/company/unlink")
    assert "only way in" in visit(browser, answer.location).text
    (made,) = console.accounts.all()
    assert linked(console, made)


def test_who_has_an_account_there_already_is_not_linked_to_a_second(
    console: Console, issuer: Issuer, account: Account
) -> None:
    go(console.visitor(), issuer)
    browser = sit_down(console, account)
    answer = link(browser, issuer)
    assert "has another account here" in visit(browser, answer.location).text
    assert not linked(console, account)


def test_an_answer_for_another_account_links_nothing(console: Console, issuer: Issuer, account: Account) -> None:
    browser = sit_down(console, account)
    other = console.account(Role.OPERATOR, name="other")
    shown = send(browser, "/console/me/company")
    found = re.search(rf'href="({ISSUER}/auth\?[^"]+)"', shown.text)
    assert found is not None
    asked = {name: values[0] for name, values in parse_qs(urlsplit(unescape(found.group(1))).query).items()}
    issuer.nonces["c1"] = asked["nonce"]
    browser.get(
        "/console/sign-in",
        query_string={"token": console.guard.people.links.make(other.id), "again": "1"},
        base_url=HERE,
    )
    answer = visit(browser, f"/console/sign-in/company/back?{urlencode({'code': 'c1', **asked})}")
    assert answer.status_code == 401
    assert (linked(console, account), linked(console, other)) == (False, False)


@pytest.mark.parametrize("altered", [{"state": "another"}, {"code": ""}])
def test_an_answer_that_does_not_fit_links_nothing(
    console: Console, issuer: Issuer, account: Account, altered: dict[str, str]
) -> None:
    link(sit_down(console, account), issuer, **altered)
    assert not linked(console, account)


def test_who_may_do_nothing_here_is_not_linked(console: Console, issuer: Issuer, account: Account) -> None:
    issuer.claims = {"groups": ["others"]}
    browser = sit_down(console, account)
    assert "nothing here is for you" in visit(browser, link(browser, issuer).location).text
    assert not linked(console, account)


def test_linking_asks_to_sign_in_anew_after_a_while(console: Console, account: Account, issuer: Issuer) -> None:
    browser = sit_down(console, account)
    with console.guard.engine.begin() as connection:
        connection.execute(session.update().values(made_at=session.c.made_at - FRESH_S - 1))
    for path in ("/console/me/company", "/console/me/company/unlink"):
        answer = send(browser, path)
        assert (answer.status_code, urlsplit(answer.location).path) == (307, "/console/sign-in/hold")


def test_without_a_companys_sign_in_there_is_nothing_to_link(console: Console) -> None:
    guard = console.guard
    guard.config = replace(guard.config, sign_in=SignInSettings())
    vars(guard).pop("people")
    browser = Console(guard).browser()
    assert "Link with" not in browser.get("/console/me").text
    assert press(browser, "/console/me/company").status_code == 404
