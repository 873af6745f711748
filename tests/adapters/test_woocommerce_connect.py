"""WooCommerce's poll, the registering of webhooks and the doctor, against simulated answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import responses
from requests import PreparedRequest

from adapters.woocommerce import WooCommerceAdapter, WooCommerceSettings
from shopguard.adapter import AdapterContext, Canceller, Connector, Feed, Secret
from shopguard.errors import PayloadInvalid, PlatformRefused, TemporaryFailure
from shopguard.model import Finding, PaymentKind, Stage
from tests.adapters.woocommerce_shop import recorded

SITE = "https://shop.example.com/store"
API = f"{SITE}/wp-json/wc/v3"
ADDRESS = "https://guard.example.com/webhooks/woocommerce/demo"
NOW = datetime(2026, 11, 21, 16, 47, tzinfo=UTC)
SINCE = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
SETTINGS = WooCommerceSettings(
    url=f"{SITE}/",
    webhook_secrets=(Secret("new-secret"), Secret("old-secret")),
    consumer_key=Secret("ck_0000"),
    consumer_secret=Secret("cs_0000"),
)


def built(settings: WooCommerceSettings = SETTINGS) -> WooCommerceAdapter:
    return WooCommerceAdapter(settings, AdapterContext("demo", lambda: NOW))


# --- poll ---


class OrderList:
    """The shop's orders with their moment of change, listed as WooCommerce lists them."""

    def __init__(self, changed_at: Mapping[int, datetime]) -> None:
        self.changed_at = dict(changed_at)
        self.asked: list[Mapping[str, str]] = []
        self.between: Callable[[], None] = lambda: None
        responses.add_callback("GET", f"{API}/orders", callback=self._answer)

    def _answer(self, request: PreparedRequest):
        asked = request.params
        assert (asked["orderby"], asked["order"], asked["dates_are_gmt"]) == ("modified", "asc", "true")
        if self.asked:
            self.between()
        self.asked.append(asked)
        after = datetime.fromisoformat(asked["modified_after"]).replace(tzinfo=UTC)
        found = sorted((at, number) for number, at in self.changed_at.items() if at > after)
        start = int(asked.get("offset", 0))
        page = found[start : start + int(asked["per_page"])]
        return (200, {"X-WP-Total": str(len(found))}, json.dumps([_listed(number, at) for at, number in page]))


def _listed(number: int, at: datetime) -> Mapping[str, object]:
    moment = at.strftime("%Y-%m-%dT%H:%M:%S")
    return {"id": number, "status": "processing", "total": "100", "date_modified_gmt": moment}


def ids_since(since: datetime = SINCE) -> list[str]:
    return [order.id for order in built().orders_since(since)]


@responses.activate
def test_orders_changed_at_the_moment_itself_are_listed():
    OrderList({1: SINCE - timedelta(seconds=1), 2: SINCE, 3: SINCE + timedelta(seconds=1)})
    assert ids_since() == ["2", "3"]


@responses.activate
def test_moment_is_asked_for_in_utc_and_without_an_offset():
    orders = OrderList({})
    assert ids_since(SINCE.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)) == []
    assert orders.asked[0]["modified_after"] == "2026-11-21T15:59:59"


@responses.activate
def test_long_list_is_read_to_its_end_without_repeats():
    OrderList({number: SINCE + timedelta(seconds=number // 3) for number in range(1, 351)})
    assert ids_since() == [str(number) for number in range(1, 351)]


@responses.activate
def test_order_that_changes_while_the_list_is_read_hides_no_other():
    orders = OrderList({number: SINCE + timedelta(seconds=number) for number in range(1, 251)})

    def change_an_early_one() -> None:
        early = min(orders.changed_at, key=orders.changed_at.__getitem__)
        orders.changed_at[early] = NOW + timedelta(seconds=early)

    orders.between = change_an_early_one
    found = ids_since()
    assert set(found) == {str(number) for number in range(1, 251)}
    assert found.count("1") == 2  # once as it was, once as it is


@responses.activate
def test_hundreds_of_changes_in_one_second_are_all_listed():
    orders = OrderList(dict.fromkeys(range(1, 321), SINCE))

    def change_one() -> None:
        orders.changed_at[min(n for n, at in orders.changed_at.items() if at == SINCE)] = NOW

    orders.between = change_one
    assert set(ids_since()) == {str(number) for number in range(1, 321)}


@responses.activate
def test_page_made_short_by_missing_rights_is_not_the_last():
    responses.get(f"{API}/orders", json=[_listed(1, SINCE)], headers={"X-WP-Total": "101"})
    responses.get(f"{API}/orders", json=[_listed(1, SINCE), _listed(102, NOW)], headers={"X-WP-Total": "2"})
    assert ids_since() == ["1", "102"]


@responses.activate
def test_site_that_ignores_the_question_is_not_asked_for_ever():
    responses.get(f"{API}/orders", json=[_listed(number, SINCE) for number in range(100)])
    assert len(ids_since()) == 100
    assert len(responses.calls) < 5


@responses.activate
def test_order_that_cannot_be_read_does_not_stop_the_list():
    rows = [{"id": 1, "total": "100"}, None, _listed(2, SINCE)]
    responses.get(f"{API}/orders", json=rows)
    *bad, good = built().orders_since(SINCE)
    assert [type(error) for error in bad] == [PayloadInvalid, PayloadInvalid]
    assert good.id == "2"


@responses.activate
def test_drafts_are_listed_as_drafts():
    responses.get(f"{API}/orders", json=[{**_listed(1, SINCE), "status": "checkout-draft"}])
    assert [order.stage for order in built().orders_since(SINCE)] == [Stage.DRAFT]


@responses.activate
def test_erased_order_is_listed_without_people():
    billing = {"first_name": "見本", "last_name": "太郎", "email": "taro@example.jp"}
    meta = [{"key": "_anonymized", "value": "yes"}]
    responses.get(f"{API}/orders", json=[{**_listed(1, SINCE), "billing": billing, "meta_data": meta}])
    assert [dict(order.parties) for order in built().orders_since(SINCE)] == [{}]


@responses.activate
def test_answer_that_is_no_list_is_not_taken_for_an_empty_one():
    responses.get(f"{API}/orders", json={})
    with pytest.raises(PlatformRefused):
        ids_since()


# --- connect ---


def hook(number: int, topic: str, status: str = "active", address: str = ADDRESS) -> Mapping[str, object]:
    return {"id": number, "topic": topic, "status": status, "delivery_url": address}


def written() -> list[tuple[str, str, object]]:
    """Return every write as method, path and body."""
    calls = [call.request for call in responses.calls if call.request.method != "GET"]
    return [(call.method, call.url.removeprefix(API), json.loads(call.body)) for call in calls]


@responses.activate
def test_missing_webhooks_are_created_with_the_first_secret():
    responses.get(f"{API}/webhooks", json=[])
    responses.post(f"{API}/webhooks", **recorded("02-webhook-create"))
    report = built().connect(ADDRESS)
    assert written() == [
        (
            "POST",
            "/webhooks",
            {"name": f"ShopGuard {topic}", "topic": topic, "delivery_url": ADDRESS, "secret": "new-secret"},
        )
        for topic in ("order.created", "order.updated")
    ]
    assert report.done[0] == "order.created: webhook 1 created"
    assert "new-secret" not in repr(report)


@responses.activate
def test_disabled_webhooks_are_woken_and_nothing_is_created():
    existing = [hook(1, "order.created", "disabled"), hook(2, "order.updated", "paused")]
    responses.get(f"{API}/webhooks", json=existing)
    responses.put(f"{API}/webhooks/1", json=hook(1, "order.created"))
    responses.put(f"{API}/webhooks/2", json=hook(2, "order.updated"))
    built().connect(ADDRESS)
    woken = {"status": "active", "secret": "new-secret"}
    assert written() == [("PUT", "/webhooks/1", woken), ("PUT", "/webhooks/2", woken)]


@responses.activate
def test_webhooks_of_others_are_left_alone():
    elsewhere = "https://guard.example.com/webhooks/woocommerce/other"
    existing = [hook(7, "order.created", address=elsewhere), hook(8, "product.created")]
    responses.get(f"{API}/webhooks", json=existing)
    responses.post(f"{API}/webhooks", **recorded("03-webhook-create-updated"))
    built().connect(ADDRESS)
    assert [method for method, _path, _body in written()] == ["POST", "POST"]


@responses.activate
def test_webhook_on_the_second_page_is_found():
    others = [hook(number, "product.created") for number in range(100)]
    question = {"status": "all", "per_page": "100"}
    matcher = responses.matchers.query_param_matcher
    responses.get(f"{API}/webhooks", json=others, match=[matcher({**question, "page": "1"})])
    ours = [hook(101, "order.created"), hook(102, "order.updated")]
    responses.get(f"{API}/webhooks", json=ours, match=[matcher({**question, "page": "2"})])
    responses.put(f"{API}/webhooks/101", json={})
    responses.put(f"{API}/webhooks/102", json={})
    built().connect(ADDRESS)
    assert [path for _method, path, _body in written()] == ["/webhooks/101", "/webhooks/102"]


# --- doctor ---


@pytest.fixture
def healthy():
    """A shop in which everything is right; ``responses.replace`` breaks one thing."""
    with responses.mock as mock:
        orders = [{"id": 1, "payment_method": "cod", "payment_method_title": "代金引換"}]
        mock.get(f"{API}/orders", json=orders, headers={"Date": "Sat, 21 Nov 2026 16:47:30 GMT"})
        mock.put(f"{API}/orders/0", **recorded("41-err-no-order"))
        mock.get(f"{API}/webhooks", json=[hook(1, "order.created"), hook(2, "order.updated")])
        environment = {"version": "10.5.0", "wp_version": "6.9.1"}
        mock.get(f"{API}/system_status", json={"environment": environment})
        mock.assert_all_requests_are_fired = False
        yield mock
        mock.reset()


def findings(settings: WooCommerceSettings = SETTINGS) -> dict[str, Finding]:
    return {finding.check: finding for finding in built(settings).doctor(ADDRESS)}


def faults(settings: WooCommerceSettings = SETTINGS) -> list[str]:
    return [check for check, finding in findings(settings).items() if not finding.ok]


def test_healthy_shop_has_no_faults(healthy):
    assert faults() == []
    assert "10.5.0" in findings()["version"].text
    assert all(bool(finding.remedy) != finding.ok for finding in findings().values())


def test_doctor_changes_nothing_that_exists(healthy):
    findings()
    assert written() == [("PUT", "/orders/0", {})]


def test_key_that_is_refused_ends_the_examination(healthy):
    healthy.replace("GET", f"{API}/orders", **recorded("01-basic-auth-over-plain-http-401"))
    assert list(findings()) == ["credentials"]
    assert "HTTPS" in findings()["credentials"].remedy


def test_read_only_key_is_found(healthy):
    healthy.replace("PUT", f"{API}/orders/0", **recorded("43-err-readonly-key"))
    assert faults() == ["write"]


def test_disabled_webhook_is_found(healthy):
    existing = [hook(1, "order.created", "disabled"), hook(2, "order.updated", address="https://old.example.com")]
    healthy.replace("GET", f"{API}/webhooks", json=existing)
    assert faults() == ["webhook order.created", "webhook order.updated"]
    assert "disabled" in findings()["webhook order.created"].text
    assert "does not exist" in findings()["webhook order.updated"].text


@pytest.mark.parametrize("date", ["Sat, 21 Nov 2026 16:44:30 GMT", "Sat, 21 Nov 2026 16:49:30 GMT"])
def test_wrong_clock_is_found(healthy, date):
    healthy.replace("GET", f"{API}/orders", json=[], headers={"Date": date})
    assert faults() == ["clock"]


def test_unknown_payment_method_is_found_and_named_once_it_is_mapped(healthy):
    healthy.replace("GET", f"{API}/orders", json=[{"id": 1, "payment_method": "barter"}])
    assert faults() == ["payment methods"]
    assert "barter" in findings()["payment methods"].text
    assert faults(replace(SETTINGS, payment_kinds={"Barter": PaymentKind.OTHER})) == []


def test_hold_status_that_the_shop_does_not_have_is_found(healthy):
    asked = responses.matchers.query_param_matcher({"status": "fraud-check", "per_page": "1"})
    healthy.get(f"{API}/orders", **recorded("40-err-invalid-status"), match=[asked])
    assert faults(replace(SETTINGS, hold_status="fraud-check")) == ["hold status"]


def test_old_version_is_found(healthy):
    healthy.replace("GET", f"{API}/system_status", json={"environment": {"version": "5.7.2"}})
    assert faults() == ["version"]


def test_version_that_the_key_may_not_see_is_no_fault(healthy):
    healthy.replace("GET", f"{API}/system_status", json={"code": "woocommerce_rest_cannot_view"}, status=403)
    assert faults() == []


def test_shop_that_fails_midway_is_examined_to_the_end(healthy):
    healthy.replace("GET", f"{API}/system_status", status=503)
    healthy.replace("GET", f"{API}/webhooks", status=503)
    assert faults() == ["webhooks", "version"]


# --- declared protocols ---


def test_adapter_is_feed_connector_and_canceller():
    assert all(isinstance(built(), protocol) for protocol in (Feed, Connector, Canceller))


@responses.activate
def test_busy_shop_is_asked_again_later():
    responses.get(f"{API}/orders", status=429, headers={"Retry-After": "30"})
    with pytest.raises(TemporaryFailure) as busy:
        ids_since()
    assert busy.value.retry_after_s == 30
