"""A simulated WooCommerce shop of one order, and the answers that a running one was recorded to give."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import responses
from requests import PreparedRequest

import adapters.woocommerce
from adapters.woocommerce import WooCommerceAdapter, WooCommerceSettings
from shopguard.adapter import AdapterContext, Secret
from shopguard.model import Mark, OrderRef

FIXTURES = Path(adapters.woocommerce.__file__).parent / "fixtures"
SITE = "http://127.0.0.1:8085"
ORDER = OrderRef("demo", "18")
NOW = datetime(2026, 11, 21, 16, 47, tzinfo=UTC)
MARK = Mark("effect-1", "ShopGuard: 要確認（電話・住所 一致、2件、直近2026年8月）", NOW)

# Invented for the recording; the shop's third webhook has a secret that nobody knows.
SETTINGS = WooCommerceSettings(
    url=SITE,
    webhook_secrets=tuple(map(Secret, ("wh-secret-with-<&>-あ", "wh-secret-updated", "wh-gone", "wh-slow"))),
    consumer_key=Secret("ck_" + "a1" * 20),
    consumer_secret=Secret("cs_" + "b2" * 20),
    assume_https=True,
)


def built(settings: WooCommerceSettings = SETTINGS) -> WooCommerceAdapter:
    return WooCommerceAdapter(settings, AdapterContext("demo", lambda: NOW))


def recorded(name: str) -> Mapping[str, Any]:
    """Return the answer recorded under ``name`` as ``responses`` takes it."""
    answer = json.loads((FIXTURES / "api" / f"{name}.json").read_text(encoding="utf-8"))["answer"]
    return {"status": answer["status"], "body": answer["body"], "content_type": "application/json"}


class SimulatedShop:
    """One recorded order over HTTP, changed by writes as WooCommerce 10.5.0 was seen to change it."""

    ref = ORDER

    def __init__(self, mock: responses.RequestsMock, status: str = "processing") -> None:
        self.order = json.loads(str(recorded("30-get-order")["body"]))
        self.order["status"] = status
        self.notes: list[dict[str, object]] = []
        self.writes: list[dict[str, object]] = []
        self.note_written_at = NOW
        self._failure: tuple[int | None, str | None] | None = None
        self._answers_left: int | None = None  # until one call fails; None: no call succeeds before the failure ends
        path = re.escape(f"{SITE}/wp-json/wc/v3/orders/18")
        for method, url, answer in (
            ("GET", f"{path}$", self._get),
            ("PUT", f"{path}$", self._put),
            ("GET", f"{path}/notes$", self._get_notes),
            ("POST", f"{path}/notes$", self._add_note),
        ):
            mock.add_callback(method, re.compile(url), callback=self._unless_failing(answer))

    @property
    def adapter(self) -> WooCommerceAdapter:
        return built()

    @property
    def own(self) -> dict[str, str] | None:
        """What our meta data says."""
        value = next((meta["value"] for meta in self.order["meta_data"] if meta["key"] == "_shopguard"), None)
        return json.loads(value) if value else None

    @property
    def said(self) -> list[object]:
        return [note["note"] for note in self.notes]

    def effects(self) -> list[tuple[str, object]]:
        held = [("held by", self.own["key"])] if self.own and self.own["state"] == "held" else []
        flags = [("tag", meta["value"]) for meta in self.order["meta_data"] if meta["key"] == "_shopguard_flag"]
        return [("status", self.order["status"]), *held, *flags, *(("note", text) for text in self.said)]

    def fail_with(self, status: int | None, retry_after: str | None = None) -> None:
        self._failure = (status, retry_after)

    def fail_after(self, calls: int, status: int) -> None:
        self._answers_left, self._failure = calls, (status, None)

    def _unless_failing(self, answer):
        def respond(request: PreparedRequest):
            assert request.headers["X-Forwarded-Proto"] == "https"
            assert request.headers["Authorization"].startswith("Basic ")
            if self._failure is None or self._answers_left:
                self._answers_left = self._answers_left and self._answers_left - 1
                return (200, {}, json.dumps(answer(request)))
            status, retry_after = self._failure
            if self._answers_left == 0:
                self._failure = None
            if status is None:
                raise requests.ReadTimeout
            return (status, {"Retry-After": retry_after} if retry_after else {}, '{"code":"woocommerce_rest_error"}')

        return respond

    def _get(self, _request: PreparedRequest):
        return self.order

    def _put(self, request: PreparedRequest):
        changes = json.loads(request.body)
        self.writes.append(changes)
        for meta in changes.get("meta_data", ()):
            kept = [old for old in self.order["meta_data"] if old["key"] != meta["key"]]
            self.order["meta_data"] = [*kept, {"id": 117, **meta}]
        self.order["status"] = changes.get("status", self.order["status"])
        return self.order

    def _get_notes(self, _request: PreparedRequest):
        return self.notes

    def _add_note(self, request: PreparedRequest):
        sent = json.loads(request.body)
        assert sent["customer_note"] is False, "a customer note is mailed to the buyer"
        written = self.note_written_at.strftime("%Y-%m-%dT%H:%M:%S")
        self.notes.append({"id": 21, "note": sent["note"], "date_created_gmt": written})
        return self.notes[-1]


@contextmanager
def simulated_shop(status: str = "processing") -> Iterator[SimulatedShop]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield SimulatedShop(mock, status)
