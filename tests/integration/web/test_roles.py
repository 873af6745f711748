"""Who may see what: every view that is registered, for every role, from the application's own table of routes."""

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from shopguard.web.roles import Role, roles_of

from .conftest import Console, form_key

_QUIET = {"HEAD", "OPTIONS"}
_OPEN = {"static", "health.healthz", "health.readyz", "health.metrics"}
"""For machines, or for everybody: they show nothing of anybody."""


def views(app: Flask) -> Sequence[tuple[Rule, str]]:
    """Every address with each method that does something."""
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint not in _OPEN)
    return [(rule, method) for rule in rules for method in sorted(rule.methods or ()) if method not in _QUIET]


def test_every_view_says_whom_it_is_for(console: Console) -> None:
    unmarked = [rule.endpoint for rule, _ in views(console.app) if roles_of(view_of(console.app, rule)) is None]
    assert unmarked == []


def test_the_table_has_rows(console: Console) -> None:
    assert {"queue.waiting", "queue.decide", "accounts.me"} <= {rule.endpoint for rule, _ in views(console.app)}


@pytest.mark.parametrize("role", Role)
def test_each_role_enters_its_own_views_and_no_others(console: Console, role: Role) -> None:
    browser = console.browser(role)
    wrong = [line for line in answers(console.app, browser) if not as_marked(console.app, line, role)]
    assert wrong == []


def test_a_visitor_is_sent_to_sign_in_from_all_that_is_not_for_anybody(console: Console) -> None:
    for rule, method, status, location in answers(console.app, console.visitor()):
        if roles_of(view_of(console.app, rule)):
            sent = (302, "/console/sign-in") if method == "GET" else (307, "/console/sign-in/hold")
            assert (status, location.partition("?")[0]) == sent, f"{method} {rule}"
        else:
            assert status < 500, f"{method} {rule}"


def test_a_form_without_its_key_does_nothing_for_anybody(console: Console) -> None:
    browser = console.browser()
    for rule, method in views(console.app):
        if method not in ("GET", "HEAD") and roles_of(view_of(console.app, rule)):
            assert browser.open(address(console.app, rule), method=method).status_code == 403, f"{method} {rule}"


Answer = tuple[Rule, str, int, str]


def answers(app: Flask, browser: FlaskClient) -> Iterator[Answer]:
    """Every view's answer to this browser, which sends nothing but the form's key."""
    key = form_key(browser) if browser.get_cookie("shopguard") else ""
    for rule, method in views(app):
        if rule.endpoint == "accounts.sign_out":
            continue  # the browser would be a visitor from here on
        with browser.open(address(app, rule), method=method, headers={"X-Form-Key": key}) as answer:
            yield rule, method, answer.status_code, answer.location or ""


def as_marked(app: Flask, answer: Answer, role: Role) -> bool:
    """Whether a view let exactly those in whom it is for. What it then says is its own affair, but no breakdown."""
    rule, _, status, location = answer
    roles = roles_of(view_of(app, rule))
    if roles and role not in roles:
        return status == 403
    is_in = status not in (401, 403) and not location.startswith("/console/sign-in")
    return status < 500 and (is_in or not roles)


def view_of(app: Flask, rule: Rule) -> Callable[..., object]:
    return app.view_functions[rule.endpoint]


_SAMPLES = {"int": 987_654_321, "float": 1.5, "uuid": "00000000-0000-0000-0000-000000000000"}


def address(app: Flask, rule: Rule) -> str:
    """An address of this rule, of something that does not exist."""
    values = {name: _SAMPLES.get(kind, "nothing-here") for kind, name in _arguments(rule)}
    with app.test_request_context():
        return url_for(rule.endpoint, **values)


def _arguments(rule: Rule) -> Sequence[tuple[str, str]]:
    return [(kind or "string", name) for kind, name in re.findall(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", rule.rule)]
