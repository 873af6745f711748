"""The persons' desk over HTTP: open to everybody, kept by nobody, and closed to whoever guesses."""

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from werkzeug.test import TestResponse

from shopguard.model import Effect
from shopguard.registry.client.letters import office_letters
from shopguard.registry.disputes.codes import new_code
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import RequestKind
from shopguard.registry.disputes.openapi import document
from shopguard.registry.disputes.shapes import LOOK, PERSONS, PROOF, REQUESTS, STATUS
from shopguard.registry.home import OWN_MEMBER
from tests.integration.persons.conftest import FACTS, PARTY, Centre

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
ADDRESSES = (LOOK, REQUESTS, STATUS, PROOF)


def ask(web: FlaskClient, path: str, body: Mapping[str, Any], **headers: str) -> TestResponse:
    return web.post(path, json=body, headers=headers)


def test_a_person_looks_asks_shows_and_hears(centre: Centre, web: FlaskClient) -> None:
    life = centre.active()
    looked = ask(web, LOOK, {"code": life.code})
    assert (looked.status_code, looked.json["state"], looked.json["served"]) == (200, "active", True)
    contact = {"name": "渡邊太郎", "email": "taro@example.jp"}
    opened = ask(web, REQUESTS, {"kind": "contest", "code": life.code, "text": "払いました", "contact": contact})
    assert (opened.status_code, opened.json["served"]) == (200, False)
    assert centre.met() == set()
    receipt = opened.json["receipt"]
    shown = ask(web, PROOF, {"receipt": receipt, "facts": FACTS})
    assert (shown.status_code, shown.json["proven"]) == (200, True)
    status = ask(web, STATUS, {"receipt": receipt})
    assert (status.json["state"], status.json["request"]) == ("open", opened.json["request"])


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_answer_is_kept_or_found(centre: Centre, web: FlaskClient, path: str) -> None:
    life = centre.pending()
    for body in ({"code": life.code}, {"receipt": new_code()}, {}):
        response = ask(web, path, body)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_no_code_ever_stands_in_an_address(web: FlaskClient, path: str, method: str) -> None:
    assert getattr(web, method)(path).status_code == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (LOOK, b"not json"),
        (LOOK, b"[]"),
        (LOOK, b'{"code": 7}'),
        (LOOK, b'{"code": "x", "name": "y"}'),
        (REQUESTS, b'{"kind": "delete everything"}'),
        (REQUESTS, b'{"kind": "contest", "contact": {"passport": "x"}}'),
        (PROOF, b'{"receipt": "x", "facts": {"password": "x"}}'),
        (STATUS, b"\xff\xfe"),
    ],
)
def test_the_unreadable_is_refused(web: FlaskClient, path: str, body: bytes) -> None:
    response = web.post(path, data=body, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (400, "unreadable")


@pytest.mark.parametrize("told", [{"length": True}, {"length": False}], ids=["said", "in chunks"])
def test_a_body_that_is_too_large_is_refused_unread(centre: Centre, web: FlaskClient, told: dict[str, bool]) -> None:
    body = b'{"kind": "contest", "text": "' + b"x" * 60_000 + b'"}'
    length = str(len(body)) if told["length"] else None
    environment = {} if told["length"] else {"wsgi.input_terminated": True}
    headers = {} if length is None else {"Content-Length": length}
    response = web.post(REQUESTS, input_stream=BytesIO(body), headers=headers, environ_overrides=environment)
    assert response.status_code == 413


def test_guessing_codes_ends_soon_and_for_that_place_only(centre: Centre) -> None:
    life = centre.pending()
    web = centre.app(proxies=1).test_client()
    here, there = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.8"}
    for _ in range(20):
        assert ask(web, LOOK, {"code": new_code()}, **here).status_code == 404
    refused = ask(web, LOOK, {"code": life.code}, **here)
    assert (refused.status_code, refused.json["code"]) == (429, "slow_down")
    assert 0 < int(refused.headers["Retry-After"]) <= 3_600
    assert ask(web, LOOK, {"code": life.code}, **there).status_code == 200
    centre.pass_days(1 / 20)
    assert ask(web, LOOK, {"code": life.code}, **here).status_code == 200


def test_right_codes_are_not_counted(centre: Centre, web: FlaskClient) -> None:
    life = centre.pending()
    answers = {ask(web, LOOK, {"code": life.code}).status_code for _ in range(30)}
    assert answers == {200}


def test_a_forged_chain_of_proxies_does_not_make_another_place(centre: Centre) -> None:
    web = centre.app(proxies=1).test_client()
    for number in range(20):
        ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.7"})
    refused = ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": "203.0.113.1, 192.0.2.7"})
    assert refused.status_code == 429


def test_without_a_proxy_of_ours_nobody_is_believed_to_be_elsewhere(centre: Centre, web: FlaskClient) -> None:
    for number in range(20):
        ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": f"192.0.2.{number}"})
    assert ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": "203.0.113.1"}).status_code == 429


def test_one_household_is_one_place(centre: Centre) -> None:
    web = centre.app(proxies=1).test_client()
    for number in range(20):
        ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": f"2001:db8:0:1::{number:x}"})
    assert ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": "2001:db8:0:1:ffff::1"}).status_code == 429
    assert ask(web, LOOK, {"code": new_code()}, **{"X-Forwarded-For": "2001:db8:0:2::1"}).status_code == 404


def test_requests_from_one_place_are_limited_a_day(centre: Centre, web: FlaskClient) -> None:
    body = {"kind": "access", "contact": {"email": "taro@example.jp"}}
    answers = [ask(web, REQUESTS, body).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_whoever_has_a_code_is_heard_when_no_more_are_without_one(centre: Centre, web: FlaskClient) -> None:
    life = centre.active()
    for _ in range(20):
        ask(web, REQUESTS, {"kind": "access", "contact": {"email": "taro@example.jp"}})
    contested = ask(web, REQUESTS, {"kind": "contest", "code": life.code})
    assert (contested.status_code, contested.json["served"]) == (200, False)


def test_nothing_of_what_was_sent_stands_in_a_refusal(centre: Centre, web: FlaskClient) -> None:
    for body in ({"code": "渡邊太郎"}, {"code": {"name": "渡邊太郎"}}, {"code": "x", "渡邊太郎": 1}):
        assert "渡邊" not in ask(web, LOOK, body).text


def test_script_in_every_text_field_is_kept_as_text(centre: Centre, web: FlaskClient) -> None:
    life, script = centre.active(), "<script>alert(1)</script>"
    contact = dict.fromkeys(("name", "email", "address", "phone"), script)
    opened = ask(web, REQUESTS, {"kind": "stop", "code": life.code, "text": script, "contact": contact})
    assert opened.status_code == 200
    assert opened.content_type == "application/json"
    assert centre.persons.answers.get(opened.json["request"]).contact.name == script


def test_the_desk_describes_itself(web: FlaskClient) -> None:
    described = web.get(f"{PERSONS}/openapi.json").json
    assert set(described["paths"]) == set(ADDRESSES)
    assert described == json.loads(json.dumps(document()))


def test_whoever_signs_finds_the_desk_as_open_as_anybody(centre: Centre, web: FlaskClient) -> None:
    proof = base64.b64encode(b"x" * 64).decode()
    header = f'ShopGuard member="self", key="{"0" * 16}", time="1", nonce="{"0" * 32}", signature="{proof}"'
    assert ask(web, LOOK, {"code": new_code()}, Authorization=header).status_code == 404


schema = schemathesis.openapi.from_dict(document())


@pytest.fixture
def unlimited(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The desk without a turnstile."""
    monkeypatch.setattr("shopguard.registry.disputes.door.Turnstile.check", lambda self, place: None)
    return centre.app().test_client()


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_answers_as_described(unlimited: FlaskClient, centre: Centre, case: Case) -> None:
    response = case.call_and_validate(
        app=unlimited.application,
        checks=CHECKS,
    )
    assert PARTY.phones[0] not in response.text
    assert centre.met() <= {Effect.FLAG}


def test_a_member_reads_its_letters_over_the_signed_api(centre: Centre) -> None:
    client = centre.home.client(b"secret")
    assert office_letters(client) == ()
    centre.ask(RequestKind.CONTEST, centre.active(OWN_MEMBER))
    (letter,) = office_letters(client)
    assert letter.what is Template.REPORTER_TOLD
    assert "The person has answered your report" in letter.en.body
    assert office_letters(client) == (letter,)
