"""Everybody's accounts, for shop admins: what they may change, and that nobody rises by it."""

import html
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from shopguard.web.accounts.own import FRESH_S
from shopguard.web.accounts.proofs import TRIES
from shopguard.web.accounts.store import AccountRefused
from shopguard.web.roles import Role

from .conftest import OTHER_SHOP, SHOP, Clock, Console, is_in, press

NEW = {"name": "suzuki", "shown": "鈴木", "role": "operator", "shops": "all"}


@pytest.fixture
def admin(console: Console) -> FlaskClient:
    return console.browser(Role.SHOP_ADMIN, name="admin")


def number_of(console: Console, name: str) -> int:
    found = console.accounts.find(name)
    assert found is not None
    return found.id


def link_of(page: str) -> str:
    found = re.search(r'value="http://localhost(/console/sign-in\?token=[^"]+)"', page)
    assert found is not None
    return html.unescape(found.group(1))


def test_an_invitation_is_a_link_that_lets_in_once(console: Console, admin: FlaskClient) -> None:
    page = press(admin, "/console/accounts", NEW).text
    invited = console.visitor()
    assert invited.get(link_of(page)).status_code == 302
    assert is_in(invited)
    assert console.visitor().get(link_of(page)).status_code == 403
    made = console.accounts.find("suzuki")
    assert made is not None
    assert (made.shown, made.roles, made.shops) == ("鈴木", {Role.OPERATOR}, None)
    assert ("admin", "account_add", "suzuki: operator") in console.audit()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "typed to sign in"),
        ({"name": "x" * 101}, "1 to 100"),
        ({"name": "admin"}, "nobody has or had"),
        ({"name": "\0"}, "1 to 100"),
        ({"shown": "x" * 101}, "at most 100"),
        ({"role": ""}, "at least one role"),
        ({"role": "emperor"}, "at least one role"),
        ({"shops": "some"}, "at least one shop"),
        ({"shops": "some", "shop": "elsewhere"}, "at least one shop"),
    ],
    ids=str,
)
def test_what_is_missing_stands_beside_its_field_and_nothing_is_lost(
    console: Console, admin: FlaskClient, changed: dict[str, str], said: str
) -> None:
    answer = press(admin, "/console/accounts", {**NEW, **changed})
    assert answer.status_code == 422
    assert said in answer.text
    if "shown" not in changed:
        assert 'value="鈴木"' in answer.text
    assert len(console.accounts.all()) == 1


def test_names_with_markup_and_emoji_are_text(console: Console, admin: FlaskClient) -> None:
    evil = '"><b>太郎</b> 😀'
    press(admin, "/console/accounts", {**NEW, "name": evil, "shown": evil * 4})
    for page in ("/console/accounts", f"/console/accounts/{number_of(console, evil)}"):
        text = admin.get(page).text
        assert "<b>太郎" not in text
        assert "😀" in text


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR])
def test_nobody_gives_a_role_of_the_registry_that_they_do_not_have(
    console: Console, admin: FlaskClient, role: Role
) -> None:
    press(admin, "/console/accounts", MultiDict([*NEW.items(), ("role", role.value)]))
    made = console.accounts.find("suzuki")
    assert made is not None
    assert made.roles == {Role.OPERATOR}
    with_it = console.browser(Role.SHOP_ADMIN, role)
    press(with_it, f"/console/accounts/{made.id}", {**NEW, "role": role.value})
    changed = console.accounts.get(made.id)
    assert changed is not None
    assert changed.roles == {role}


ACTIONS = ["", "/link", "/unlock", "/codes-off", "/sign-out", "/close"]


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_changes_an_account_that_may_do_more_or_their_own_or_the_owners(
    console: Console, admin: FlaskClient, action: str
) -> None:
    console.account(Role.OFFICE, Role.OPERATOR, name="clerk")
    console.accounts.owner()
    before = console.accounts.all()
    for name in ("clerk", "owner", "admin"):
        address = f"/console/accounts/{number_of(console, name)}{action}"
        assert press(admin, address, {**NEW, "sure": "yes"}).status_code == 403
    assert console.accounts.all() == before


def test_who_sees_some_shops_gives_no_others_and_changes_nobody_who_sees_more(console: Console) -> None:
    admin = console.browser(Role.SHOP_ADMIN, shops=[SHOP])
    assert OTHER_SHOP not in admin.get("/console/accounts").text
    press(admin, "/console/accounts", NEW)
    assert console.accounts.find("suzuki") is None, "all shops are not theirs to give"
    press(admin, "/console/accounts", MultiDict([*NEW.items(), ("shop", SHOP), ("shop", OTHER_SHOP)]))
    made = console.accounts.find("suzuki")
    assert made is not None
    assert made.shops == {SHOP}
    for other in (console.account(Role.OPERATOR), console.account(Role.OPERATOR, shops=[SHOP, OTHER_SHOP])):
        assert press(admin, f"/console/accounts/{other.id}/link").status_code == 403


def test_roles_and_shops_can_be_changed(console: Console, admin: FlaskClient) -> None:
    made = console.account(Role.OPERATOR, name="suzuki")
    form = MultiDict([("shown", "Suzuki"), ("role", "member"), ("shops", "some"), ("shop", OTHER_SHOP)])
    assert press(admin, f"/console/accounts/{made.id}", form).status_code == 303
    changed = console.accounts.get(made.id)
    assert changed is not None
    assert (changed.shown, changed.roles, changed.shops) == ("Suzuki", {Role.MEMBER}, {OTHER_SHOP})


def test_an_empty_shown_name_is_the_account_name_again(console: Console, admin: FlaskClient) -> None:
    made = console.account(Role.OPERATOR, name="suzuki")
    press(admin, f"/console/accounts/{made.id}", {**NEW, "shown": ""})
    changed = console.accounts.get(made.id)
    assert changed is not None
    assert changed.shown == "suzuki"


def test_whoever_is_locked_out_is_helped(console: Console, admin: FlaskClient, clock: Clock) -> None:
    people = console.guard.people
    admin = console.browser(Role.SHOP_ADMIN)
    made = console.account(Role.OPERATOR, name="suzuki")
    for _ in range(TRIES):
        people.proofs.take_try(made.id)
    people.proofs.set_codes(made.id, "JBSWY3DPEHPK3PXP", [])
    address = f"/console/accounts/{made.id}"
    assert "no password is taken until" in admin.get(address).text
    press(admin, f"{address}/unlock")
    press(admin, f"{address}/codes-off")
    assert people.proofs.take_try(made.id) == 1
    assert people.proofs.of(made.id).totp is None
    page = press(admin, f"{address}/link").text
    helped = console.visitor()
    helped.get(link_of(page))
    assert is_in(helped)
    press(admin, f"{address}/sign-out")
    assert not is_in(helped)


def test_closing_asks_once_more_and_is_for_good(console: Console, admin: FlaskClient) -> None:
    made = console.account(Role.OPERATOR, name="suzuki")
    theirs = console.visitor()
    console.sign_in(theirs, made)
    asked = press(admin, f"/console/accounts/{made.id}/close")
    assert "cannot be opened again" in asked.text
    assert is_in(theirs)
    done = press(admin, f"/console/accounts/{made.id}/close", {"sure": "yes"})
    assert done.location == "/console/accounts?done=closed"
    assert not is_in(theirs)
    assert admin.get(f"/console/accounts/{made.id}").status_code == 404
    assert press(admin, f"/console/accounts/{made.id}/close", {"sure": "yes"}).status_code == 404, "pressed twice"
    assert "nobody has or had" in press(admin, "/console/accounts", NEW).text


@pytest.mark.parametrize("action", ACTIONS)
def test_a_browser_left_open_changes_nobody(console: Console, clock: Clock, action: str) -> None:
    admin, made = console.browser(Role.SHOP_ADMIN), console.account(Role.OPERATOR, name="suzuki")
    clock.now += FRESH_S + 1
    before = console.accounts.all()
    assert press(admin, f"/console/accounts/{made.id}{action}", {**NEW, "sure": "yes"}).status_code == 307
    assert console.accounts.all() == before


def test_the_owners_way_back_in_stays(console: Console) -> None:
    owner = console.accounts.owner()
    with pytest.raises(Exception, match="stays"):
        console.accounts.close(owner.id)
    assert console.accounts.owner() == owner


@pytest.mark.parametrize("name", ["shopguard", "Person", "office ", "member:shop-1", "shop"])
def test_nobody_goes_by_a_name_that_the_logs_have_for_others(console: Console, name: str) -> None:
    with pytest.raises(AccountRefused, match="audit log"):
        console.account(Role.OPERATOR, name=name)
