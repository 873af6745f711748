"""``POST /v1/check``: a verdict at once or the shop's failure behaviour, for the holder of the shop's key alone."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import Config, Language, Mode, RegistrySettings, ServerSettings, ShopSettings
from shopguard.errors import StoreUnavailable
from shopguard.model import Category, Entry, Party
from shopguard.registry.protocol import Answer, Query, Registry
from shopguard.storage.tables import metadata
from shopguard.testing.registry import FakeRegistry

BAD = Party(name="渡邊 太郎", phones=("090-0000-0001",), emails=("taro@example.jp",))
ENTRY = Entry("E-1", Category.UNPAID, BAD, 2, date(2025, 3, 1), date(2026, 8, 14))
ORDER: dict[str, Any] = {
    "id": "1001",
    "placed_at": "2026-11-02T10:15:00+09:00",
    "total": "12800",
    "payment": {"kind": "cod", "label": "代金引換"},
    "buyer": {"name": "渡辺太郎", "phones": ["+81 90 0000 0001"], "emails": ["taro@example.jp"]},
}


def shop(name: str, key: str | None, **more: Any) -> ShopSettings:
    adapter = WooCommerceSettings("https://shop.example.com", (Secret("s"),), Secret("ck"), Secret("cs"))
    return ShopSettings(
        name, "woocommerce", adapter, check_key=Secret(key) if key else None, language=Language.EN, **more
    )


SHOPS = (shop("main-store", "key-one"), shop("second-store", "key-two", mode=Mode.HOLD), shop("keyless", None))


class SlowRegistry:
    """Answers only when it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def look_up(self, query: Query) -> Answer:
        self.let_go.wait(30)
        return FakeRegistry(ENTRY).look_up(query)


class BrokenRegistry:
    """Breaks its promise and raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def look_up(self, query: Query) -> Answer:
        raise self._error


class Checkout:
    """A shop's checkout and the guard it asks."""

    def __init__(self, guard: Installation) -> None:
        self.guard = guard
        self._client: FlaskClient = guard.receiver_app().test_client()

    def send(self, body: bytes, authorization: str | None = "Bearer key-one") -> TestResponse:
        headers = {} if authorization is None else {"Authorization": authorization}
        return self._client.post("/v1/check", data=body, headers=headers, content_type="application/json")

    def ask(self, **changes: Any) -> Any:
        answer = self.send(json.dumps({**ORDER, **changes}).encode())
        assert answer.status_code == 200, answer.text
        return answer.json


Checkouts = Callable[[Registry], Checkout]


@pytest.fixture
def checkout_with(install: Callable[[Config, Registry], Installation]) -> Checkouts:
    config = Config(
        server=ServerSettings(threads=2),
        registry=RegistrySettings(timeout_s=0.2),
        shops={shop.name: shop for shop in SHOPS},
    )
    return lambda registry: Checkout(install(config, registry))


@pytest.fixture
def checkout(checkout_with: Checkouts) -> Checkout:
    return checkout_with(FakeRegistry(ENTRY))


@pytest.fixture
def slow(checkout_with: Checkouts) -> Iterator[Checkout]:
    registry = SlowRegistry()
    yield checkout_with(registry)
    registry.let_go.set()


# --- the verdict ----------------------------------------------------------------------------------------------------


def test_the_verdict_has_exactly_the_shape_of_the_contract(checkout: Checkout) -> None:
    verdict = checkout.ask()
    (match,) = verdict["matches"]
    assert set(verdict) == {
        *("order_id", "verdict", "strength", "score", "state", "matches", "reasons", "policy"),
    }
    assert set(match) == {
        *("entry", "category", "reporters", "last_on", "party", "effect"),
        *("strength", "score", "evidence", "explanation"),
    }
    assert match["explanation"].keys() == {"ja", "en"}
    assert all(
        set(evidence) == {"field", "relation", "weight", "note", "level", "details", "share"}
        for evidence in match["evidence"]
    )
    assert all(set(reason) == {"code", "text"} for reason in verdict["reasons"])
    assert (verdict["order_id"], verdict["verdict"], verdict["strength"]) == ("1001", "hold", "strong")
    assert (verdict["state"], match["entry"], match["party"]) == ("screened", "E-1", "buyer")
    assert (match["category"], match["reporters"], match["last_on"]) == ("unpaid", 2, "2026-08-14")
    assert 0.9 < verdict["score"] <= 1
    assert verdict["reasons"][0]["code"] == "strong_match"


def test_the_full_verdict_is_given_whatever_the_mode(checkout: Checkout) -> None:
    assert {SHOPS[0].mode, SHOPS[1].mode} == {Mode.OBSERVE, Mode.HOLD}
    for key in ("key-one", "key-two"):
        answer = checkout.send(json.dumps(ORDER).encode(), f"Bearer {key}")
        assert answer.json is not None
        assert answer.json["verdict"] == "hold"


def test_a_stranger_is_allowed(checkout: Checkout) -> None:
    verdict = checkout.ask(buyer={"name": "見本 花子", "emails": ["hanako@example.com"]})
    assert (verdict["verdict"], verdict["strength"], verdict["matches"]) == ("allow", "none", [])


def test_an_entry_tells_nothing_of_its_person(checkout: Checkout) -> None:
    answer = checkout.send(json.dumps(ORDER).encode())
    assert "taro" not in answer.text
    assert "渡" not in answer.text


def test_the_answer_is_not_kept_by_anybody(checkout: Checkout) -> None:
    assert checkout.send(json.dumps(ORDER).encode()).headers["Cache-Control"] == "no-store"


def test_a_shop_cannot_ask_in_the_name_of_another(checkout: Checkout) -> None:
    registry = checkout.guard.registry
    assert isinstance(registry, FakeRegistry)
    checkout.ask(shop="second-store")
    assert {query.order.shop for query in registry.queries} == {"main-store"}


def test_checking_writes_nothing(checkout: Checkout) -> None:
    def rows() -> dict[str, int]:
        with checkout.guard.engine.connect() as connection:
            return {
                table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }

    before = rows()
    checkout.ask()
    checkout.send(b"{")
    assert rows() == before


def test_what_others_add_to_an_order_is_ignored(checkout: Checkout) -> None:
    assert checkout.ask(cart=[{"sku": 1}], buyer={**ORDER["buyer"], "age": 30})["verdict"] == "hold"


# --- the key --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        *(None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic key-one", "key-one", "Bearer key-one,key-two"),
        *(
            "Bearer key-on",
            "Bearer key-onee",
            "Bearer KEY-ONE",
            "Bearer None",
            "Bearer \xe9\xff",
            "Bearer " + "k" * 5000,
        ),
    ],
    ids=lambda given: repr(given)[:24],
)
def test_without_a_shops_key_nothing_is_checked(checkout: Checkout, authorization: str | None) -> None:
    answer = checkout.send(json.dumps(ORDER).encode(), authorization)
    assert answer.status_code == 401
    assert "key-one" not in answer.text
    assert "E-1" not in answer.text


@pytest.mark.parametrize("key", ["鍵", "caf\udce9"], ids=ascii)
def test_a_key_of_any_letters_fits(install: Callable[[Config, Registry], Installation], key: str) -> None:
    """The second is what an environment variable gives that is not UTF-8."""
    checkout = Checkout(install(Config(shops={"main-store": shop("main-store", key)}), FakeRegistry(ENTRY)))
    as_sent = key.encode("utf-8", "surrogateescape").decode("latin-1")
    assert checkout.send(json.dumps(ORDER).encode(), f"Bearer {as_sent}").status_code == 200
    assert checkout.send(json.dumps(ORDER).encode(), "Bearer key").status_code == 401


def test_a_bad_order_without_a_key_is_401_not_400(checkout: Checkout) -> None:
    assert checkout.send(b"{", None).status_code == 401


def test_the_scheme_is_read_in_any_case(checkout: Checkout) -> None:
    assert checkout.send(json.dumps(ORDER).encode(), "bearer key-one").status_code == 200


# --- bad orders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": None}, "$.id"),
        ({"id": ""}, "$.id"),
        ({"id": 12}, "$.id"),
        ({"total": "abc"}, "$.total"),
        ({"total": "NaN"}, "$.total"),
        ({"total": "Infinity"}, "$.total"),
        ({"total": "1e999999999"}, "$.total"),
        ({"total": "1e-999999999"}, "$.total"),
        ({"total": [1]}, "$.total"),
        ({"placed_at": "yesterday"}, "$.placed_at"),
        ({"placed_at": "2026-11-02T10:15:00"}, "$.placed_at"),
        ({"placed_at": "2026-13-45T10:15:00Z"}, "$.placed_at"),
        ({"payment": {"kind": "cheque"}}, "$.payment.kind"),
        ({"payment": "cod"}, "$.payment"),
        ({"buyer": []}, "$.buyer"),
        ({"buyer": {"name": 5}}, "$.buyer.name"),
        ({"buyer": {"phones": "090"}}, "$.buyer.phones"),
        ({"buyer": {"phones": ["090", None]}}, "$.buyer.phones[1]"),
        ({"recipients": [{}, {"emails": [{}]}]}, "$.recipients[1].emails[0]"),
        ({"test": "yes"}, "$.test"),
        ({"stage": "lost"}, "$.stage"),
    ],
    ids=str,
)
def test_a_bad_order_is_400_with_the_place_named(checkout: Checkout, changes: dict[str, Any], place: str) -> None:
    answer = checkout.send(json.dumps({**ORDER, **changes}).encode())
    assert answer.status_code == 400
    assert f"`{place}`" in answer.text


def test_an_order_without_an_id_is_400(checkout: Checkout) -> None:
    answer = checkout.send(b"{}")
    assert answer.status_code == 400
    assert "`id`" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 200_000, b'{"id":"1","x":' * 50_000),
        *(b'{"id":"1","note":"\\ud800"}', b'{"id":"1"}{}', '{"id":"花"}'.encode("shift_jis"), b"\x00" * 100),
    ],
    ids=lambda body: repr(body[:16]),
)
def test_a_body_that_is_no_order_is_400(checkout: Checkout, body: bytes) -> None:
    assert checkout.send(body).status_code == 400


def test_the_message_quotes_nothing_of_the_buyer(checkout: Checkout) -> None:
    bad = {**ORDER, "payment": {"kind": "渡辺太郎"}, "buyer": {"phones": "090-0000-0001"}}
    assert "090" not in checkout.send(json.dumps(bad).encode()).text
    assert (
        "渡辺"
        not in checkout.send(json.dumps({**ORDER, "payment": {"kind": "渡辺太郎"}}, ensure_ascii=False).encode()).text
    )


def test_too_large_an_order_is_413(checkout: Checkout) -> None:
    assert checkout.send(b" " * 2_000_001).status_code == 413


ODD = (
    {"buyer": {"name": "\u0000\u202e𠮷" * 300}},
    {"buyer": {"phones": ["9" * 10_000], "emails": ["@" * 10_000], "lines": ["-" * 10_000]}},
    {"recipients": [{"name": f"{n}"} for n in range(200)]},
    {"placed_at": "0001-01-01T00:00:00+14:00"},
    {"placed_at": "9999-12-31T23:59:59-12:00"},
    {"total": -1},
    {"total": 0.1},
    {"ip": "not an address", "user_agent": "\x7f", "note": "🈁" * 5000},
)


@pytest.mark.parametrize("changes", ODD, ids=lambda changes: ascii(changes)[:30])
def test_odd_orders_get_a_verdict(checkout: Checkout, changes: dict[str, Any]) -> None:
    assert checkout.ask(**changes)["verdict"] in ("allow", "flag", "hold")


# --- no answer in time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payment", "total", "verdict"),
    [("pay_later", "100", "hold"), ("cod", "10000", "hold"), ("cod", "9999", "allow"), ("card", "99999", "allow")],
)
def test_a_slow_registry_ends_in_the_shops_failure_behaviour(
    slow: Checkout, payment: str, total: str, verdict: str
) -> None:
    answer = slow.ask(payment={"kind": payment}, total=total)
    assert (answer["verdict"], answer["state"], answer["matches"]) == (verdict, "unscreened", [])
    assert "registry_silent" in [reason["code"] for reason in answer["reasons"]]


def test_more_checkouts_than_threads_are_still_answered(slow: Checkout) -> None:
    threads = slow.guard.config.server.threads
    states = [slow.ask()["state"] for _ in range(threads + 3)]
    assert states == ["unscreened"] * (threads + 3)


def test_closing_waits_for_the_look_ups_that_nobody_waits_for(checkout_with: Checkouts) -> None:
    before = set(threading.enumerate())
    registry = SlowRegistry()
    checkout = checkout_with(registry)
    checkout.ask()
    registry.let_go.set()
    checkout.guard.close()
    assert set(threading.enumerate()) <= before


def test_an_order_that_is_never_looked_up_does_not_wait_for_the_registry(slow: Checkout) -> None:
    for _ in range(slow.guard.config.server.threads):
        slow.ask()  # all threads wait now
    answer = slow.ask(payment={"kind": "prepaid"})
    assert (answer["verdict"], answer["state"]) == ("allow", "screened")
    assert [reason["code"] for reason in answer["reasons"]] == ["payment_not_screened"]


def test_a_registry_that_is_away_gives_the_failure_behaviour_at_once(checkout_with: Checkouts) -> None:
    answer = checkout_with(FakeRegistry(ENTRY, failing=True)).ask()
    assert (answer["verdict"], answer["state"]) == ("hold", "unscreened")


@pytest.mark.parametrize("error", [StoreUnavailable("away"), TimeoutError()], ids=repr)
def test_a_store_that_is_away_gives_the_failure_behaviour(checkout_with: Checkouts, error: Exception) -> None:
    answer = checkout_with(BrokenRegistry(error)).ask()
    assert (answer["verdict"], answer["state"]) == ("hold", "unscreened")


def test_a_fault_of_ours_is_503_and_quotes_nothing(checkout_with: Checkouts) -> None:
    answer = checkout_with(BrokenRegistry(KeyError("渡辺太郎"))).send(json.dumps(ORDER).encode())
    assert answer.status_code == 503
    assert "渡辺" not in answer.text
