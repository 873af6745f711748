"""The shipped test kit finds what it promises to find: each broken adapter fails the check made for it."""

import hmac
import inspect
import itertools
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from shopguard.adapter import AdapterContext, Capability, Event, PlatformAdapter, Secret, WebhookRequest
from shopguard.errors import PayloadInvalid, PlatformRefused, SignatureInvalid, TemporaryFailure
from shopguard.model import Mark, Order, OrderEvent, OrderRef, Party, Undo
from shopguard.payload import decode_object, required_id, text, texts
from shopguard.signatures import check_hmac
from shopguard.testing import AdapterContract, FixedClock
from shopguard.testing.write_back import promises_of

SECRET = Secret("test-secret")
BODY = '{"id":7,"name":"山田 花子","kana":"ヤマダ ハナコ","phone":"090-0000-0000","status":"open"}'


@dataclass(frozen=True, slots=True)
class ToySettings:
    secret: Secret = SECRET


class Cart:
    """The simulated platform: one order with a status and notes."""

    def __init__(self, kind: type["Toy"]) -> None:
        self.kind, self.ref, self.status, self.notes = kind, OrderRef("toy-shop", "7"), "open", []
        self.failure: tuple[int | None, str | None] | None = None
        self.answers_left: int | None = None

    @property
    def adapter(self) -> PlatformAdapter:
        adapter = self.kind(ToySettings(), AdapterContext("toy-shop", FixedClock()))
        adapter.cart = self
        return adapter

    def effects(self) -> list[tuple[str, object]]:
        return [("status", self.status), *(("note", note) for note in self.notes)]

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        self.failure = (status, retry_after)

    def fail_after(self, calls: int, status: int) -> None:
        self.answers_left, self.failure = calls, (status, None)

    def called(self) -> None:
        if self.failure is None:
            return
        if self.answers_left:
            self.answers_left -= 1
            return
        status, retry_after = self.failure
        if self.answers_left == 0:
            self.failure = None
        if status in (401, 403):
            raise PlatformRefused(f"toy answered {status}")
        raise TemporaryFailure(f"toy answered {status}", float(retry_after) if retry_after else None)


class Toy(PlatformAdapter):
    """A sound little adapter; the tests below break it one promise at a time."""

    platform = "toy"
    capabilities = frozenset({Capability.PUSH, Capability.FLAG, Capability.HOLD, Capability.RELEASE, Capability.KANA})
    settings_class = ToySettings
    cart: Cart

    def __init__(self, settings: object, context: AdapterContext) -> None:
        self.settings, self.shop = settings, context.shop

    def verify(self, request: WebhookRequest) -> None:
        check_hmac(request.body, request.headers.get("x-toy"), [SECRET], encoding="hex")

    def parse(self, request: WebhookRequest) -> Sequence[Event]:
        sent = decode_object(request.body)
        ref = OrderRef(self.shop, required_id(sent, "id"))
        buyer = Party(name=text(sent, "name"), kana=text(sent, "kana"), phones=texts(sent, "phone"))
        return [OrderEvent(ref, Order(ref.order_id, ref.shop, buyer=buyer))]

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        self.cart.called()
        if mark.text and mark.text not in self.cart.notes:
            self.cart.notes.append(mark.text)

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        self.cart.called()
        self.cart.status = "held"
        self.flag(ref, mark)
        return {"status": "open"}

    def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
        self.cart.called()
        self.cart.status = str(undo.get("status", "open"))
        self.flag(ref, mark)


def sign(request: WebhookRequest) -> Mapping[str, str]:
    return {"x-toy": hmac.digest(b"test-secret", request.body, "sha256").hex()}


def recording(body: str, kana: str = "ヤマダ ハナコ") -> dict[str, object]:
    request = WebhookRequest("https://guard.example.com/webhooks/toy/toy-shop", {}, body.encode(), datetime.now(UTC))
    buyer = {"name": "山田 花子", "family": None, "given": None, "kana": kana, "company": None, "country": None}
    buyer |= {
        "postal_code": None,
        "region": None,
        "city": None,
        "lines": [],
        "phones": ["090-0000-0000"],
        "emails": [],
    }
    order = {"id": "7", "shop": "toy-shop", "number": "", "placed_at": None, "currency": "JPY", "total": "0"}
    order |= {"payment": {"kind": "other", "label": ""}, "buyer": buyer, "recipients": [], "ip": None}
    order |= {"user_agent": None, "note": "", "test": False, "stage": "open", "changed_at": None}
    return {
        "request": {
            "url": request.url,
            "headers": dict(sign(request)),
            "body": body,
            "received_at": "2026-11-02T01:15:00+00:00",
        },
        "outcome": "events",
        "events": [{"type": "order", "ref": {"shop": "toy-shop", "order_id": "7"}, "order": order}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("order_created", "order_created_repeat"):
        (tmp_path / f"{name}.json").write_text(json.dumps(recording(BODY)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def failing(folder: Path, capfd: pytest.CaptureFixture[str]):
    """Run every check of the kit on an adapter class; return the names of those that fail."""

    def run(kind: type[Toy]) -> set[str]:
        return set(failures(kind, folder, capfd))

    return run


def failures(kind: type[Toy], folder: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[str]:
    class Kit(AdapterContract):
        adapter = kind(ToySettings(), AdapterContext("toy-shop", FixedClock()))
        fixtures: ClassVar[Path | None] = folder

        def sign(self, request: WebhookRequest) -> Mapping[str, str]:
            return sign(request)

        @contextmanager
        def platform(self) -> Iterator[Cart]:
            yield Cart(kind)

    kit = Kit()
    given = {
        "fixture": kit._recorded(),
        "promise": promises_of(kit.adapter),
        "capability": [c for c in Capability if c in kit_methods()],
        "capfd": [capfd],
    }
    for name, check in inspect.getmembers(kit, lambda member: inspect.ismethod(member)):
        if not name.startswith("test_"):
            continue
        parameters = list(inspect.signature(check).parameters)
        for arguments in itertools.product(*(given[parameter] for parameter in parameters)):
            try:
                check(*arguments)
            except Exception:
                yield name


def kit_methods() -> set[Capability]:
    return {Capability.FETCH, Capability.FLAG, Capability.HOLD, Capability.RELEASE, Capability.GATE}


def test_sound_adapter_passes_every_check(failing) -> None:
    assert failing(Toy) == set()


def test_unchecked_signature_is_found(failing) -> None:
    class Open(Toy):
        def verify(self, request: WebhookRequest) -> None:
            pass

    assert {"test_changed_body_is_refused", "test_bad_signature_is_refused"} <= failing(Open)


def test_crash_on_a_malformed_signature_is_found(failing) -> None:
    class Brittle(Toy):
        def verify(self, request: WebhookRequest) -> None:
            if bytes.fromhex(request.headers["x-toy"]) != bytes.fromhex(sign(request)["x-toy"]):
                raise SignatureInvalid("no")

    assert "test_bad_signature_is_refused" in failing(Brittle)


def test_swapped_field_is_found(failing) -> None:
    class Swapped(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            (event,) = super().parse(request)
            buyer = replace(event.order.buyer, name=event.order.buyer.kana, kana=event.order.buyer.name)
            return [replace(event, order=replace(event.order, buyer=buyer))]

    assert failing(Swapped) == {"test_fixture_is_read_as_recorded"}


def test_unread_field_is_found(failing, folder: Path) -> None:
    (folder / "order_misspelt.json").write_text(json.dumps(recording(BODY, kana="ベツノ ヒト")), encoding="utf-8")
    assert "test_fixture_is_read_as_recorded" in failing(Toy)


def test_wrong_type_let_through_is_found(failing) -> None:
    class Trusting(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            sent = decode_object(request.body)
            order = Order(required_id(sent, "id"), self.shop, buyer=Party(name=sent.get("name")))
            return [OrderEvent(order.ref, order)]

    assert "test_odd_field_is_read_or_refused" in failing(Trusting)


def test_crash_on_an_odd_body_is_found(failing) -> None:
    class Crashing(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            json.loads(request.body)
            return super().parse(request)

    assert "test_odd_body_is_read_or_refused" in failing(Crashing)


def test_clock_and_network_are_found(failing) -> None:
    class Clocked(Toy):
        def verify(self, request: WebhookRequest) -> None:
            super().verify(request)
            time.time()

    class Dated(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            datetime.now(UTC)
            return super().parse(request)

    assert failing(Clocked) == failing(Dated) == {"test_reading_needs_no_network_and_no_clock"}


def test_key_that_changes_or_never_changes_is_found(failing, folder: Path) -> None:
    class Counting(Toy):
        count = 0

        def delivery_key(self, request: WebhookRequest) -> str:
            Counting.count += 1
            return str(Counting.count)

    class Constant(Toy):
        def delivery_key(self, request: WebhookRequest) -> str:
            return "same"

    other = recording(BODY.replace("open", "paid"))
    (folder / "order_updated.json").write_text(json.dumps(other), encoding="utf-8")
    assert "test_repeat_has_the_key_of_the_first" in failing(Counting)
    assert "test_other_deliveries_have_other_keys" in failing(Constant)


def test_ping_that_lets_unsigned_orders_in_is_found(failing) -> None:
    class Trusting(Toy):
        def is_ping(self, request: WebhookRequest) -> bool:
            return not request.headers.get("x-toy")

    assert "test_unsigned_delivery_is_no_ping" in failing(Trusting)


def test_undeclared_and_missing_methods_are_found(failing) -> None:
    class Modest(Toy):
        capabilities = Toy.capabilities - {Capability.RELEASE}

        def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
            """Works, though nobody was told."""

    class Boasting(Toy):
        capabilities = Toy.capabilities | {Capability.FETCH}

    assert "test_declared_method_is_there_and_no_other" in failing(Modest)
    assert "test_declared_method_is_there_and_no_other" in failing(Boasting)


def test_undeclared_kana_is_found(failing) -> None:
    class Modest(Toy):
        capabilities = Toy.capabilities - {Capability.KANA}

    assert failing(Modest) == {"test_what_orders_carry_is_declared"}


def test_buyer_in_a_message_or_its_cause_is_found(failing) -> None:
    class Quoting(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            try:
                return super().parse(request)
            except PayloadInvalid as error:
                raise PayloadInvalid(f"unreadable: {request.body[:200].decode('utf-8', 'replace')}") from error

    class Chaining(Toy):
        def parse(self, request: WebhookRequest) -> Sequence[Event]:
            try:
                return super().parse(request)
            except PayloadInvalid as error:
                raise PayloadInvalid("unreadable") from ValueError(request.body.decode("utf-8", "replace") or error)

    assert failing(Quoting) == failing(Chaining) == {"test_refusals_tell_nothing_of_persons_or_secrets"}


def test_secret_in_a_message_a_log_or_a_repr_is_found(failing) -> None:
    class Telling(Toy):
        def verify(self, request: WebhookRequest) -> None:
            try:
                super().verify(request)
            except SignatureInvalid:
                raise SignatureInvalid(f"expected a signature by {SECRET.reveal()}") from None

    class Logging(Toy):
        def verify(self, request: WebhookRequest) -> None:
            logging.getLogger("toy").debug("secret is %s", SECRET.reveal())
            super().verify(request)

    class Showing(Toy):
        def __repr__(self) -> str:
            return f"Toy({self.settings.secret.reveal()})"

    assert failing(Telling) == failing(Logging) == {"test_refusals_tell_nothing_of_persons_or_secrets"}
    assert failing(Showing) == {"test_settings_print_no_secret"}


def test_repeated_note_and_hold_are_found(failing) -> None:
    class Repeating(Toy):
        def flag(self, ref: OrderRef, mark: Mark) -> None:
            self.cart.called()
            self.cart.notes.append(mark.text)

    class Forgetting(Toy):
        def hold(self, ref: OrderRef, mark: Mark) -> Undo:
            undo = {"status": self.cart.status}
            super().hold(ref, mark)
            return undo

    assert failing(Repeating) == failing(Forgetting) == {"test_write_back"}


def test_release_that_restores_something_else_is_found(failing) -> None:
    class Guessing(Toy):
        def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
            self.cart.status = "processing"

    assert failing(Guessing) == {"test_write_back"}


def test_release_that_needs_its_undo_is_found(failing) -> None:
    class Needing(Toy):
        def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
            if undo:
                super().release(ref, undo, mark)

    assert failing(Needing) == {"test_write_back"}


def test_release_that_trusts_the_last_call_of_the_hold_is_found(failing) -> None:
    class Trusting(Toy):
        def release(self, ref: OrderRef, undo: Undo, mark: Mark) -> None:
            if self.cart.notes:  # the note is the last call of a hold: without it, none seems to stand
                super().release(ref, undo, mark)

    assert failing(Trusting) == {"test_write_back"}


def test_lost_waiting_time_is_found(failing) -> None:
    class Hasty(Toy):
        def flag(self, ref: OrderRef, mark: Mark) -> None:
            try:
                super().flag(ref, mark)
            except TemporaryFailure as error:
                raise TemporaryFailure(str(error)) from None

    assert failing(Hasty) == {"test_write_back"}


def test_folder_without_fixtures_is_an_error(tmp_path: Path) -> None:
    class Kit(AdapterContract):
        adapter = Toy(ToySettings(), AdapterContext("toy-shop", FixedClock()))
        fixtures: ClassVar[Path | None] = tmp_path

    with pytest.raises(ValueError, match="record a delivery first"):
        Kit()._recorded()
