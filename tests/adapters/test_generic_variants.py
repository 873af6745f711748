"""Other carts than the README's: signed by Standard Webhooks, posting forms, sending numbers only, only listed."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import adapters.generic
from adapters.generic import GenericAdapter, GenericSettings
from adapters.generic.settings import (
    ActionSettings,
    ApiSettings,
    FeedSettings,
    FetchSettings,
    FieldSettings,
    PartyFields,
    SignatureSettings,
    TopicSettings,
)
from shopguard.adapter import AdapterContext, Capability, Secret, WebhookRequest
from shopguard.errors import PayloadInvalid, SignatureInvalid
from shopguard.model import PaymentKind
from shopguard.testing import AdapterContract, FixedClock

FIXTURES = Path(adapters.generic.__file__).parent / "fixtures"
SECRET = Secret("test-secret")
KEY = b"test-secret-test-secret"
API = ApiSettings("https://cart.example.com")


def cart(shop: str, **settings: object) -> GenericAdapter:
    return GenericAdapter(GenericSettings(**settings), AdapterContext(shop, FixedClock()))


class TestStandardWebhooks(AdapterContract):
    fixtures = FIXTURES / "standard_webhooks"
    adapter = cart(
        "signed-cart",
        signature=SignatureSettings("standard_webhooks", (Secret("whsec_" + base64.b64encode(KEY).decode()),)),
        topic=TopicSettings(path="type", orders=("order.created",)),
        orders_path="data",
        fields=FieldSettings(placed_at=("when",), placed_at_format="unix"),
    )

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        sent_at = str(int(request.received_at.timestamp()))
        digest = hmac.digest(KEY, f"msg_1.{sent_at}.".encode() + request.body, "sha256")
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return {"webhook-id": "msg_1", "webhook-timestamp": sent_at, "webhook-signature": signature}


class TestFormWithSharedWord(AdapterContract):
    fixtures = FIXTURES / "form"
    signature_covers_body = False
    adapter = cart(
        "form-cart",
        signature=SignatureSettings("token", (Secret("an-older-secret"), SECRET), header="X-Word"),
        form_encoded=True,
        fields=FieldSettings(
            id=("order_no",),
            number=("order_no",),
            placed_at=("date",),
            total=("total",),
            payment=("payment",),
            test=("sample",),
            buyer=PartyFields(name=("name",), phones=("tel", "mobile")),
        ),
        payment_kinds={"後払い": PaymentKind.PAY_LATER},
    )

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        return {"x-word": "test-secret"}


class TestNumberOnly(AdapterContract):
    fixtures = FIXTURES / "number_only"
    adapter = cart(
        "thin-cart",
        signature=SignatureSettings("hmac", (SECRET,), header="X-Sign", algorithm="sha512"),
        number_only=True,
        fields=FieldSettings(id=("id", "order_id")),
        api=API,
        actions=ActionSettings(fetch=FetchSettings("/orders/{order_id}")),
    )

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        return {"x-sign": base64.b64encode(hmac.digest(b"test-secret", request.body, "sha512")).decode()}


class TestListedOnly(AdapterContract):
    fixtures = FIXTURES / "listed"
    adapter = cart("listed-cart", api=API, feed=FeedSettings("/orders", params={"since": "{since}"}))


def delivery(body: bytes, **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("http://127.0.0.1/", named, body, datetime(2026, 11, 2, tzinfo=UTC))


def reading(fields: FieldSettings, body: str, **settings: object):
    signature = SignatureSettings("token", (SECRET,), header="X-Word")
    (event,) = cart("my-cart", signature=signature, fields=fields, **settings).parse(delivery(body.encode()))
    return event.order


def test_capabilities_are_those_described() -> None:
    assert TestNumberOnly.adapter.capabilities == {Capability.PUSH, Capability.FETCH}
    assert TestListedOnly.adapter.capabilities == {Capability.POLL}


def test_the_class_can_do_all_but_lift_the_gate() -> None:
    assert GenericAdapter.capabilities == frozenset(Capability) - {Capability.GATE}


def test_first_place_that_holds_something_counts() -> None:
    order = reading(FieldSettings(number=("a.no", "b.no")), '{"id": 1, "a": {"no": ""}, "b": {"no": "N-1"}}')
    assert order.number == "N-1"


def test_all_places_of_phones_count_in_order_and_once() -> None:
    fields = FieldSettings(buyer=PartyFields(phones=("mobile", "tel", "fax")))
    order = reading(fields, '{"id": 1, "tel": "03-0000-0000", "mobile": "090-0000-0000", "fax": "03-0000-0000"}')
    assert order.buyer.phones == ("090-0000-0000", "03-0000-0000")


def test_moment_without_offset_is_read_in_the_shops_zone() -> None:
    fields = FieldSettings(placed_at=("at",))
    assert reading(fields, '{"id":1,"at":"2026-11-02 10:15"}').placed_at == datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
    utc = reading(fields, '{"id":1,"at":"2026/11/02 10:15"}', timezone="UTC")
    assert utc.placed_at == datetime(2026, 11, 2, 10, 15, tzinfo=UTC)


def test_country_is_only_supposed_where_there_is_a_person() -> None:
    fields = FieldSettings(buyer=PartyFields(name=("name",), country=("land",)))
    assert reading(fields, '{"id":1}').buyer.is_empty
    assert reading(fields, '{"id":1,"name":"A"}').buyer.country == "JP"
    assert reading(fields, '{"id":1,"name":"A","land":"FR"}').buyer.country == "FR"


def test_every_recipient_of_a_list_is_read() -> None:
    fields = FieldSettings(recipients_path="to", recipient=PartyFields(name=("name",)))
    order = reading(fields, '{"id":1,"to":[{"name":"A"},{"x":1},7,{"name":"B"}]}')
    assert [party.name for party in order.recipients] == ["A", "B"]


def test_topic_may_stand_in_a_header() -> None:
    adapter = cart(
        "my-cart",
        signature=SignatureSettings("token", (SECRET,), header="X-Word"),
        topic=TopicSettings(header="X-Topic", orders=("order",)),
    )
    assert len(adapter.parse(delivery(b'{"id":1}', x_topic="order"))) == 1
    assert adapter.parse(delivery(b'{"id":1}', x_topic="stock")) == []
    assert adapter.parse(delivery(b'{"id":1}')) == []


def test_first_of_a_repeated_form_field_counts() -> None:
    parsed = TestFormWithSharedWord.adapter.parse(delivery(b"order_no=1&order_no=2"))
    assert parsed[0].ref.order_id == "1"


def test_form_in_another_encoding_is_invalid() -> None:
    with pytest.raises(PayloadInvalid):
        TestFormWithSharedWord.adapter.parse(delivery(b"order_no=1&name=%8e%52"))


def test_token_of_either_secret_passes_and_no_other() -> None:
    for word in ("an-older-secret", "test-secret"):
        TestFormWithSharedWord.adapter.verify(delivery(b"", x_word=word))
    with pytest.raises(SignatureInvalid):
        TestFormWithSharedWord.adapter.verify(delivery(b"", x_word="test-secret2"))


def test_delivery_id_header_tells_repeats_whatever_the_body() -> None:
    adapter = cart(
        "my-cart",
        signature=SignatureSettings("token", (SECRET,), header="X-Word"),
        delivery_id_header="X-Delivery",
    )
    key = adapter.delivery_key
    assert key(delivery(b"{}", x_delivery="1")) == key(delivery(b"{ }", x_delivery="1"))
    assert key(delivery(b"{}", x_delivery="1")) != key(delivery(b"{}", x_delivery="2"))
    assert key(delivery(b"{}")) != key(delivery(b"{ }"))


def test_standard_webhooks_delivery_is_told_by_its_id() -> None:
    key = TestStandardWebhooks.adapter.delivery_key
    assert key(delivery(b"{}", webhook_id="a")) == key(delivery(b"{ }", webhook_id="a"))


def test_old_delivery_is_refused_where_the_time_is_signed() -> None:
    late = delivery(b"{}")
    contract = TestStandardWebhooks()
    headers = contract.sign(late)
    for seconds, passes in ((300, True), (301, False), (-301, False)):
        received = late.received_at + timedelta(seconds=seconds)
        request = WebhookRequest(late.url, headers, late.body, received)
        if passes:
            contract.adapter.verify(request)
        else:
            with pytest.raises(SignatureInvalid):
                contract.adapter.verify(request)
