"""What the OpenAPI document promises, put to the test by requests that schemathesis makes up from it."""

import json
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
import schemathesis.openapi
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity import KINDS, Token
from shopguard.registry.lookup.openapi import document
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import ADDITIONS, LOOKUPS, MAX_OF_CLASS
from tests.integration.signing_member import STRICT_CHECKS, SigningMember

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from tests.integration.lookup.conftest import Centre

DOCUMENTED = schemathesis.openapi.from_dict(document())
SIGNED_FOR = schemathesis.openapi.from_dict({**document(), "security": []})
"""The same as it looks from behind ``SigningMember``, which does the signing."""

Case = schemathesis.Case[Any]
LIMITS = hypothesis.settings(max_examples=20, deadline=None)

real_tokens = st.builds(
    lambda type_, value: Token(1, KINDS[type_].cls, type_, value),
    st.sampled_from(list(KINDS)),
    st.text(min_size=1, max_size=80),
)


@pytest.fixture(scope="module")
def app(lasting_centre: "Centre") -> "WSGIApplication":
    return registry_app(lasting_centre.service)


@SIGNED_FOR.parametrize()
@LIMITS
def test_what_a_member_signs_is_answered_as_documented(
    case: Case, app: "WSGIApplication", lasting_centre: "Centre"
) -> None:
    case.call_and_validate(app=SigningMember(app, lasting_centre.request), checks=STRICT_CHECKS)


@DOCUMENTED.parametrize()
@LIMITS
def test_what_nobody_signed_is_refused_as_documented(case: Case, app: "WSGIApplication") -> None:
    response = case.call_and_validate(app=app, checks=STRICT_CHECKS)
    open_to_all = case.operation.definition.raw.get("security") == []
    assert response.status_code in ({200, 405} if open_to_all else {401, 404, 405})


@given(tokens=st.lists(real_tokens, min_size=1, max_size=32, unique_by=Token.encode))
@LIMITS
def test_a_real_batch_is_answered_as_documented(
    app: "WSGIApplication", lasting_centre: "Centre", tokens: list[Token]
) -> None:
    fits = all(sum(token.cls == cls for token in tokens) <= most for cls, most in MAX_OF_CLASS.items())
    case = SIGNED_FOR[LOOKUPS]["POST"].Case(body=json.loads(lasting_centre.batch(*tokens)))
    response = case.call_and_validate(app=SigningMember(app, lasting_centre.request), checks=STRICT_CHECKS)
    assert response.status_code == (200 if fits else 400)


@given(after=st.integers(0, 10**18 - 1))
@LIMITS
def test_every_position_is_answered_as_documented(
    app: "WSGIApplication", lasting_centre: "Centre", after: int
) -> None:
    case = SIGNED_FOR[ADDITIONS]["GET"].Case(query={"after": after})
    response = case.call_and_validate(app=SigningMember(app, lasting_centre.request), checks=STRICT_CHECKS)
    assert response.status_code == 200
