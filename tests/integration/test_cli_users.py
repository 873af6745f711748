"""Accounts on the command line: who is let in, what they may do, and the way back in."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from shopguard.storage.tables import audit
from shopguard.web.accounts.model import Account
from shopguard.web.accounts.proofs import TRIES
from shopguard.web.roles import Role
from tests.integration.conftest import Desk

PASSWORD = "correct horse battery"


@pytest.fixture
def added(desk: Desk) -> Iterator[str]:
    """The link of a new operator, sato."""
    printed = desk.done("user", "add", "sato", "--role", "operator", "--shop", "main-store", "--shown", "佐藤")
    yield printed.splitlines()[-1]


def account(desk: Desk, name: str = "sato") -> Account | None:
    with desk.opened() as installation:
        return installation.people.accounts.find(name)


def visit(desk: Desk, link: str) -> int:
    """Open a link and return the status of the account's own page."""
    with desk.opened() as installation:
        browser: FlaskClient = installation.console_app().test_client()
        parts = urlsplit(link)
        browser.get(parts.path, query_string=parse_qs(parts.query))
        return browser.get("/console/me").status_code


def test_who_is_added_comes_in_by_the_link_and_may_do_what_was_said(desk: Desk, added: str) -> None:
    made = account(desk)
    assert made is not None
    assert (made.shown, made.roles, made.shops) == ("佐藤", {Role.OPERATOR}, {"main-store"})
    assert visit(desk, added) == 200
    assert visit(desk, added) == 302, "it was good once"


def test_the_list_says_who_there_is_and_how_they_sign_in(desk: Desk, added: str) -> None:
    desk.run("user", "password", "sato", stdin=PASSWORD)
    rows = json.loads(desk.done("user", "list", "--json"))
    assert rows == [
        {
            "name": "sato",
            "shown": "佐藤",
            "roles": ["operator"],
            "shops": ["main-store"],
            "password": True,
            "codes": False,
            "passkeys": 0,
            "company": False,
            "paused_s": None,
        }
    ]
    assert "main-store" in desk.done("user", "list")


def test_roles_and_shops_are_replaced(desk: Desk, added: str) -> None:
    desk.done("user", "roles", "sato", "shop_admin", "auditor")
    desk.done("user", "shops", "sato")
    found = account(desk)
    assert found is not None
    assert (found.roles, found.shops) == ({Role.SHOP_ADMIN, Role.AUDITOR}, None)


def test_a_password_that_was_set_fits_and_signs_out(desk: Desk, added: str) -> None:
    with desk.opened() as installation:
        people = installation.people
        found = people.accounts.find("sato")
        assert found is not None
        people.sessions.begin(found, "browser")
    assert desk.run("user", "password", "sato", stdin=f"{PASSWORD}\n").exit_code == 0
    with desk.opened() as installation:
        people = installation.people
        assert people.passwords.fits(people.proofs.of(found.id).password, PASSWORD)
        assert people.sessions.of(found.id) == []


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaaaaaa", "sato sato sato sato"])
def test_a_weak_password_is_not_taken(desk: Desk, added: str, weak: str) -> None:
    result = desk.run("user", "password", "sato", stdin=weak)
    assert result.exit_code == 1
    assert not weak or weak not in result.stderr
    with desk.opened() as installation:
        found = installation.people.accounts.find("sato")
        assert found is not None
        assert installation.people.proofs.of(found.id).password is None


def test_unlock_ends_the_pause_and_codes_off_the_codes(desk: Desk, added: str) -> None:
    with desk.opened() as installation:
        people = installation.people
        found = people.accounts.find("sato")
        assert found is not None
        for _ in range(TRIES):
            people.proofs.take_try(found.id)
        people.proofs.set_codes(found.id, "JBSWY3DPEHPK3PXP", [])
    assert " s" in desk.done("user", "list")
    desk.done("user", "unlock", "sato")
    desk.done("user", "codes-off", "sato")
    with desk.opened() as installation:
        assert installation.people.proofs.take_try(found.id) == 1
        assert installation.people.proofs.of(found.id).totp is None


def test_sign_out_and_close_end_what_is_open(desk: Desk, added: str) -> None:
    with desk.opened() as installation:
        found = installation.people.accounts.find("sato")
        assert found is not None
        token = installation.people.sessions.begin(found, "browser")
    desk.done("user", "sign-out", "sato")
    with desk.opened() as installation:
        assert installation.people.sessions.viewer(token) is None
    desk.done("user", "close", "sato", "--yes")
    assert account(desk) is None
    assert visit(desk, added) == 302, "its link lets nobody in"
    assert "is an account" in desk.refused("user", "add", "sato", "--role", "operator")


def test_a_new_link_is_the_way_back_in(desk: Desk, added: str) -> None:
    assert visit(desk, desk.done("user", "link", "sato").strip()) == 200


def test_what_cannot_be_says_so(desk: Desk, added: str) -> None:
    assert "no such account" in desk.refused("user", "link", "nobody")
    assert "no such shop" in desk.refused("user", "add", "x", "--role", "operator", "--shop", "elsewhere")
    with desk.opened() as installation:
        installation.people.accounts.owner()
    assert "stays" in desk.refused("user", "close", "owner", "--yes")
    assert desk.run("user", "close", "sato", stdin="n\n").exit_code == 1
    assert account(desk) is not None


def test_all_of_it_is_on_record_under_who_called(desk: Desk, added: str) -> None:
    desk.done("user", "unlock", "sato")
    with desk.opened() as installation, installation.engine.connect() as connection:
        lines = connection.execute(sa.select(audit.c.actor, audit.c.action, audit.c.detail)).all()
    assert [(line.action, line.detail) for line in lines] == [
        ("account_add", "sato: operator"),
        ("account_unlock", "sato"),
    ]
    assert all(line.actor for line in lines)
