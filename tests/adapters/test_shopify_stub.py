"""The stub keeps Shopify's rules: a test that passes against it must mean something."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from shopguard.testing.graphql_text import Field, UnknownField, cut, read_operation
from shopguard.testing.shopify_stub import ShopifyStub

_HOLD = "mutation H($id: ID!, $h: I!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) { userErrors { code } } }"
_RELEASE = "mutation R($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { userErrors { code } } }"
_SHOP = "query { shop { myshopifyDomain } }"


@pytest.fixture
def stub() -> ShopifyStub:
    return ShopifyStub()


@pytest.fixture
def address(stub: ShopifyStub) -> Iterator[str]:
    with stub.serving() as served:
        yield served


def _ask(address: str, query: str, token: str = "test-token", **variables: object) -> requests.Response:
    return requests.post(
        f"{address}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
        timeout=5,
    )


def _refresh(address: str, token: str) -> Mapping[str, Any]:
    body = {
        "client_id": "test-client",
        "client_secret": "test-secret",
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    answer: Mapping[str, Any] = requests.post(f"{address}/admin/oauth/access_token", json=body, timeout=5).json()
    return answer


def _hold_codes(address: str, parcel: Mapping[str, Any], handle: str) -> list[str]:
    answer = _ask(address, _HOLD, id=parcel["id"], h={"handle": handle}).json()
    return [error["code"] for error in answer["data"]["fulfillmentOrderHold"]["userErrors"]]


def test_second_hold_of_one_handle_is_a_duplicate(stub: ShopifyStub, address: str) -> None:
    (parcel,) = stub.add_order({"legacyResourceId": "1"})["fulfillmentOrders"]["nodes"]
    assert _hold_codes(address, parcel, "a") == []
    assert _hold_codes(address, parcel, "a") == ["DUPLICATE_FULFILLMENT_HOLD_HANDLE"]


def test_another_app_may_use_the_same_handle(stub: ShopifyStub, address: str) -> None:
    (parcel,) = stub.add_order({"legacyResourceId": "1"})["fulfillmentOrders"]["nodes"]
    stub.add_hold(parcel, "a", ours=False)
    assert _hold_codes(address, parcel, "a") == []


def test_ten_holds_are_the_most(stub: ShopifyStub, address: str) -> None:
    (parcel,) = stub.add_order({"legacyResourceId": "1"})["fulfillmentOrders"]["nodes"]
    codes = [_hold_codes(address, parcel, f"handle-{number}") for number in range(11)]
    assert codes == [[]] * 10 + [["FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"]]


def test_overlong_handle_is_refused(stub: ShopifyStub, address: str) -> None:
    (parcel,) = stub.add_order({"legacyResourceId": "1"})["fulfillmentOrders"]["nodes"]
    assert _hold_codes(address, parcel, "h" * 65) == ["TOO_LONG"]


def test_release_that_names_no_hold_releases_everybodys(stub: ShopifyStub, address: str) -> None:
    (parcel,) = stub.add_order({"legacyResourceId": "1"})["fulfillmentOrders"]["nodes"]
    stub.add_hold(parcel, "a", ours=True)
    stub.add_hold(parcel, "b", ours=False)
    _ask(address, _RELEASE, id=parcel["id"])
    assert parcel["fulfillmentHolds"] == []


def test_wrong_token_is_401(address: str) -> None:
    assert _ask(address, _SHOP, token="another").status_code == 401


def test_unknown_field_is_an_error(address: str) -> None:
    answer = _ask(address, "query { shop { mishopifyDomain } }").json()
    assert answer["errors"][0]["extensions"]["code"] == "undefinedField"


def test_old_refresh_token_lives_until_its_replacement_is_used() -> None:
    stub = ShopifyStub(access_token=None, refresh_token="refresh-0")
    with stub.serving() as address:
        _refresh(address, "refresh-0")
        pair = _refresh(address, "refresh-0")
        assert _ask(address, _SHOP, pair["access_token"]).status_code == 200
        assert _refresh(address, "refresh-0") == {"error": "invalid_grant"}
        assert "access_token" in _refresh(address, pair["refresh_token"])


def test_operation_is_read_with_its_arguments() -> None:
    query = 'query Q($a: Int) { x(n: $a, m: {k: true, s: "t"}, e: WORD) { y z { w } } }'
    (field,) = read_operation(query, {"a": 7})
    assert field.arguments == {"n": 7, "m": {"k": True, "s": "t"}, "e": "WORD"}
    assert field.names() == {"x", "y", "z", "w"}


@pytest.mark.parametrize("query", ["", "query", "query { x", "query { x(a) { y } }"])
def test_unreadable_operation_is_a_value_error(query: str) -> None:
    with pytest.raises(ValueError):
        read_operation(query, {})


def test_answer_holds_what_was_asked_and_nothing_else() -> None:
    value = {"a": [{"b": 1, "c": 2}], "d": None}
    assert cut(value, (Field("a", {}, (Field("b"),)), Field("d"))) == {"a": [{"b": 1}], "d": None}


def test_object_without_named_fields_is_refused() -> None:
    with pytest.raises(UnknownField):
        cut({"a": {"b": 1}}, (Field("a"),))
