"""The example in adapters/generic/README.md, loaded as it stands there and run against a cart over loopback HTTP."""

import hmac
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

import adapters.generic
from adapters.generic import GenericAdapter
from shopguard.adapter import AdapterContext, Secret, WebhookRequest
from shopguard.config import load_config
from shopguard.errors import ActionUnsupported, OrderGone, PayloadInvalid, PlatformRefused, TemporaryFailure
from shopguard.model import OrderRef, Stage
from shopguard.testing import AdapterContract, FixedClock
from shopguard.testing.write_back import MARK

FOLDER = Path(adapters.generic.__file__).parent
ENV = {"CART_WEBHOOK_SECRET": "test-secret", "CART_API_TOKEN": "test-token"}
REF = OrderRef("my-cart", "70012")
AGAIN = replace(MARK, attempt=2)


@cache
def example() -> str:
    (found,) = re.findall(r"```yaml\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return found


def build(text: str, tmp_path: Path) -> GenericAdapter:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    (shop,) = load_config(path, ENV, {}, {"generic": GenericAdapter}).shops.values()
    return GenericAdapter(shop.adapter, AdapterContext(shop.name, FixedClock()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


class Cart:
    """A home-made cart with one order, as the README's example describes it."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder, self.ref = address, folder, REF
        sent = json.loads((FOLDER / "fixtures/order_created.json").read_text(encoding="utf-8"))["request"]["body"]
        self.orders: dict[str, dict[str, Any]] = {"70012": json.loads(sent)["order"]}
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.failure: tuple[int | None, str | None] | None = None
        self.answers_left: int | None = None  # until one call fails; None: every call fails if any does

    @property
    def adapter(self) -> GenericAdapter:
        return build(example().replace("https://cart.example.com/api", self.address), self.folder)

    @property
    def order(self) -> dict[str, Any]:
        return self.orders["70012"]

    def effects(self) -> list[tuple[str, object]]:
        kept = ("status", self.order["status"]), ("guard", deepcopy(self.order["guard"]))
        return [*kept, *(("note", note["text"]) for note in self.order["notes"])]

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        self.failure = (status, retry_after)

    def fail_after(self, calls: int, status: int) -> None:
        self.answers_left, self.failure = calls, (status, None)

    def fails_now(self) -> tuple[int | None, str | None] | None:
        failure = self.failure
        if failure and self.answers_left:
            self.answers_left -= 1
            return None
        if self.answers_left == 0:
            self.failure = None
        return failure

    def answer(self, method: str, target: str, body: Any) -> tuple[int, object]:
        parts = urlsplit(target)
        _, *names = map(unquote, parts.path.split("/"))
        self.calls.append((method, target))
        self.bodies.append(body)
        match method, names:
            case "GET", ["orders"]:
                page = int(parse_qs(parts.query)["page"][0])
                return 200, {"orders": list(self.orders.values())[(page - 1) * 2 : page * 2]}
            case _, ["orders", name, *_] if name not in self.orders:
                return 404, {"code": "no_such_order"}
            case "GET", ["orders", name]:
                return 200, self.orders[name]
            case "PATCH", ["orders", name]:
                self.orders[name] |= body
                return 200, self.orders[name]
            case "POST", ["orders", name, "notes"]:
                self.orders[name]["notes"].append(body)
                return 201, None
        return 405, None


class Handler(BaseHTTPRequestHandler):
    def handle_call(self) -> None:
        cart = self.server.cart
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        failure = cart.fails_now()
        if failure and failure[0] is None:
            self.close_connection = True
            return
        if self.headers["Authorization"] != "Bearer test-token":
            status, answer = 401, None
        elif failure:
            status, answer = failure[0], {"code": "failing", "message": "渡邊 太郎 test-token"}
        else:
            status, answer = cart.answer(self.command, self.path, json.loads(sent or b"null"))
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if failure and failure[1]:
            self.send_header("Retry-After", failure[1])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = handle_call

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def running_cart(folder: Path) -> Iterator[Cart]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.cart = Cart(f"http://127.0.0.1:{server.server_port}", folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.cart
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def cart(folder: Path) -> Iterator[Cart]:
    with running_cart(folder) as cart:
        yield cart


class TestExampleOfReadme(AdapterContract):
    fixtures = FOLDER / "fixtures"
    secret_texts = ("test-secret", "test-token")

    @property
    def adapter(self) -> GenericAdapter:
        return _from_readme()

    def sign(self, request: WebhookRequest) -> Mapping[str, str]:
        sent_at = str(int(request.received_at.timestamp()))
        digest = hmac.digest(b"test-secret", sent_at.encode() + b"." + request.body, "sha256")
        return {"x-cart-time": sent_at, "x-cart-signature": f"sha256={digest.hex()}"}

    @contextmanager
    def platform(self) -> Iterator[Cart]:
        with _temporary_folder() as folder, running_cart(folder) as cart:
            yield cart


@cache
def _from_readme() -> GenericAdapter:
    with _temporary_folder() as folder:
        return build(example(), folder)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def test_hold_writes_status_former_status_and_note(cart: Cart) -> None:
    assert cart.adapter.hold(REF, MARK) == {"status": "new"}
    assert cart.effects() == [("status", "on_hold"), ("guard", {"previous": "new"}), ("note", MARK.text)]


def test_release_leaves_a_status_that_staff_changed(cart: Cart) -> None:
    undo = cart.adapter.hold(REF, MARK)
    cart.order["status"] = "sent"
    cart.adapter.release(REF, undo, replace(MARK, key="r", text="released"))
    assert cart.order["status"] == "sent"


def test_hold_whose_answer_was_lost_is_released_to_what_it_wrote_down(cart: Cart) -> None:
    cart.adapter.hold(REF, MARK)
    cart.adapter.release(REF, {}, replace(MARK, key="r", text="released"))
    assert cart.order["status"] == "new"


def test_hold_of_the_shop_itself_is_never_released(cart: Cart) -> None:
    cart.order["status"] = "on_hold"
    undo = cart.adapter.hold(REF, MARK)
    cart.adapter.release(REF, undo, replace(MARK, key="r", text="released"))
    assert cart.order["status"] == "on_hold"


def test_shipped_order_is_not_held(cart: Cart) -> None:
    cart.order["status"] = "sent"
    with pytest.raises(ActionUnsupported):
        cart.adapter.hold(REF, MARK)
    assert cart.order["notes"] == []


def test_second_attempt_finishes_a_hold_broken_off_after_the_status(cart: Cart) -> None:
    cart.adapter.hold(REF, MARK)
    whole = cart.effects()
    cart.order["notes"].clear()
    assert cart.adapter.hold(REF, AGAIN) == {"status": "new"}
    assert cart.effects() == whole


def test_first_attempt_writes_a_note_even_if_an_equal_one_stands(cart: Cart) -> None:
    cart.order["notes"].append({"text": MARK.text})
    cart.adapter.flag(REF, MARK)
    assert len(cart.order["notes"]) == 2


def test_cancel_makes_the_described_call(cart: Cart) -> None:
    cart.adapter.cancel(REF, MARK)
    assert cart.order["status"] == "cancelled"


def test_fetch_reads_as_a_delivery_does(cart: Cart) -> None:
    order = cart.adapter.fetch(REF)
    assert (order.ref, order.buyer.family, order.stage) == (REF, "渡邊", Stage.OPEN)


def test_unknown_order_is_gone(cart: Cart) -> None:
    with pytest.raises(OrderGone):
        cart.adapter.fetch(OrderRef("my-cart", "1"))


def test_answer_about_another_order_is_refused(cart: Cart) -> None:
    cart.order["id"] = 1
    with pytest.raises(PlatformRefused, match="another order"):
        cart.adapter.fetch(REF)


def test_order_id_cannot_leave_its_place_in_the_path(cart: Cart) -> None:
    with pytest.raises(OrderGone):
        cart.adapter.fetch(OrderRef("my-cart", "70012/../../admin?x=1#y"))
    assert cart.calls == [("GET", "/orders/70012%2F..%2F..%2Fadmin%3Fx%3D1%23y")]
    with pytest.raises(PlatformRefused):
        cart.adapter.fetch(OrderRef("my-cart", ".."))
    assert len(cart.calls) == 1


def test_text_cannot_leave_its_place_in_the_body(cart: Cart) -> None:
    text = '"}, {order_id} {0.__class__} \\ \n'
    cart.adapter.flag(REF, replace(MARK, text=text))
    assert cart.bodies[-1] == {"text": text}


def test_feed_reads_every_page_with_the_moment_in_the_query(cart: Cart) -> None:
    for name in ("2", "3", "4"):
        cart.orders[name] = {"id": name}
    since = datetime(2026, 11, 2, 10, 15, tzinfo=UTC)
    assert [order.id for order in cart.adapter.orders_since(since)] == ["70012", "2", "3", "4"]
    assert cart.calls[0][1] == "/orders?updated_since=2026-11-02T10%3A15%3A00Z&page=1"
    assert [call[1][-1] for call in cart.calls] == ["1", "2", "3"]


def test_order_that_cannot_be_read_does_not_stop_the_feed(cart: Cart) -> None:
    cart.orders = {"0": {"number": "no id"}, "1": None, "2": {"id": 2}, "3": {"id": 3}}
    first, second, *others = cart.adapter.orders_since(MARK.since)
    assert [type(first), type(second)] == [PayloadInvalid, PayloadInvalid]
    assert [order.id for order in others] == ["2", "3"]


def test_answer_that_is_no_list_of_orders_is_a_failing_feed(cart: Cart) -> None:
    def answer(*_: object) -> tuple[int, object]:
        return 200, {"orders": "none"}

    cart.answer = answer
    with pytest.raises(PlatformRefused, match="list of orders"):
        next(cart.adapter.orders_since(MARK.since))


def test_failing_feed_is_temporary(cart: Cart) -> None:
    cart.fail_with(503)
    with pytest.raises(TemporaryFailure):
        next(cart.adapter.orders_since(MARK.since))


def test_secrets_of_the_example_are_wrapped() -> None:
    assert _from_readme()._settings.api.bearer == Secret("test-token")
