"""What the OpenAPI document promises of the members' routes, put to the test by requests made up from it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
import schemathesis.openapi

from shopguard.registry.disputes.routes import member_routes
from shopguard.registry.log.routes import log_routes
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.members.routes import fee_routes
from shopguard.registry.reports.routes import report_routes
from shopguard.wire import plain
from tests.integration.reports.conftest import FILES, UNPAID, Registry, a_file
from tests.integration.signing_member import CHECKS, SigningMember

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


NOBODY: Any = None  # nothing is asked of the routes before the tests run
ROUTES = (
    *report_routes(NOBODY),
    *member_routes(NOBODY),
    *fee_routes(NOBODY),
    *log_routes(NOBODY, NOBODY),
)
DESCRIBED = document(ROUTES)
OURS = {
    **DESCRIBED,
    "paths": {path: told for path, told in DESCRIBED["paths"].items() if path not in document()["paths"]},
}
DOCUMENTED = schemathesis.openapi.from_dict(OURS)
SIGNED_FOR = schemathesis.openapi.from_dict({**OURS, "security": []})
"""The same as it looks from behind ``SigningMember``, which does the signing."""

Case = schemathesis.Case[Any]
LIMITS = hypothesis.settings(max_examples=10, deadline=None)


@pytest.fixture(scope="module")
def lasting_registry(tmp_path_factory: pytest.TempPathFactory, furnished_registry: Path) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    shutil.copytree(furnished_registry, folder, dirs_exist_ok=True)
    made = Registry(folder)
    yield made
    made.home.close()


@pytest.fixture(scope="module")
def app(lasting_registry: Registry) -> "WSGIApplication":
    return registry_app(lasting_registry.home.service)


@SIGNED_FOR.parametrize()
@LIMITS
def test_what_a_member_signs_is_answered_as_documented(
    case: Case, app: "WSGIApplication", lasting_registry: Registry
) -> None:
    case.call_and_validate(app=SigningMember(app, lasting_registry.request), checks=CHECKS)


@DOCUMENTED.parametrize()
@LIMITS
def test_what_nobody_signed_is_refused_as_documented(case: Case, app: "WSGIApplication") -> None:
    response = case.call_and_validate(app=app, checks=CHECKS)
    assert response.status_code in {401, 404, 405}


def test_all_that_members_may_ask_is_tried_here(lasting_registry: Registry) -> None:
    assert document(lasting_registry.home.service.more) == DESCRIBED


def test_a_report_that_is_there_is_answered_as_documented(app: "WSGIApplication", lasting_registry: Registry) -> None:
    member = SigningMember(app, lasting_registry.request)

    def call(method: str, path: str, **more: Any) -> Any:
        response = SIGNED_FOR[path][method].Case(**more).call_and_validate(app=member, checks=CHECKS)
        assert response.status_code == 200, response.text
        return response.json()

    one = "/registry/v1/reports/{id}"
    call("POST", "/registry/v1/report-checks", body=UNPAID)
    named = {"id": call("POST", "/registry/v1/reports", body=UNPAID)["head"]["id"]}
    for name, content in FILES.items():
        call("POST", f"{one}/files", path_parameters=named, body=plain(a_file(name, content)))
    digest = call("PUT", one, path_parameters=named, body=UNPAID)["digest"]
    receipt = call("POST", f"{one}/submit", path_parameters=named, body={"digest": digest})
    assert call("GET", f"{one}/receipt", path_parameters=named) == receipt
    call("GET", one, path_parameters=named)
    call("GET", "/registry/v1/reports", query={"state": "submitted"})
    call("POST", f"{one}/payment", path_parameters=named, body={"on": "2026-11-01", "amount": "100"})
    call("POST", f"{one}/withdraw", path_parameters=named, body={})


def test_what_reports_are_refused_for_is_documented() -> None:
    of_reports = {path: told for path, told in OURS["paths"].items() if "/report" in path}
    assert len(of_reports) >= 8
    for path, operations in of_reports.items():
        for method, operation in operations.items():
            assert {"409", "422"} <= set(operation["responses"]), (method, path)
