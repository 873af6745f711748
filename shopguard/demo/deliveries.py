"""The webhook sender: what WooCommerce sends, and how it loses things.

The body is built when it is sent, nothing is ever sent again, and the seventh failure in a row disables a webhook
in silence. Source: recordings of WooCommerce 10.5.0, November 2026.
"""

import base64
import hmac
import html
import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from urllib.parse import urlsplit

import requests

from shopguard.demo.document import full_document
from shopguard.demo.store import ShopStore, Webhook
from shopguard.demo.wordpress import invalid_id, php_json

DELIVERY_TIMEOUT_S = 60.0
PING_TIMEOUT_S = 5.0
_FAILURES_BEFORE_DISABLED = 6  # the failure after these disables
_HEADERS = {
    "User-Agent": "WooCommerce/10.5.0 Hookshot (WordPress/6.9.1)",
    "Accept": "*/*",
    "Accept-Encoding": "deflate, gzip",
    "Connection": "close",
}
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Weather:
    """How well deliveries get through; may be changed while the shop runs.

    Args:
        delay_s, jitter_s: seconds a delivery waits, and up to how many more.
        loss, duplicate: probability of a delivery to vanish or to arrive twice, 0 to 1.
        paused: nothing is sent, everything waits.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    paused: bool = False


def is_loopback(address: str) -> bool:
    """Whether ``address`` is an HTTP address of this machine: the simulated shop calls nobody else."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def sign(body: bytes, secret: str) -> str:
    """Return the signature header: HMAC-SHA256 in base64 under the secret after HTML-entity decoding."""
    return base64.b64encode(hmac.digest(html.unescape(secret).encode(), body, "sha256")).decode()


class WebhookSender:
    """Sends what is due, one delivery after the other: a slow receiver holds up all of them, as in the original.

    ``site`` is the shop's address without a slash at the end; ``clock`` gives Unix seconds.
    """

    def __init__(
        self,
        store: ShopStore,
        site: str,
        weather: Weather,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._site, self.weather = store, site, weather
        self._random, self._clock = Random(seed), clock
        self._news, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def delay_s(self) -> float:
        """Return how long a delivery noted now has to wait (seconds)."""
        return self.weather.delay_s + self.weather.jitter_s * self._random.random()

    def wake(self) -> None:
        self._news.set()

    def start(self) -> None:
        """Send in the background until ``stop``."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="webhook-sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout=PING_TIMEOUT_S)

    def send_due(self) -> int:
        """Send everything that is due now, in the caller's thread; returns how many that were."""
        sent = 0
        while not self.weather.paused and (taken := self._store.take_due(self._clock())):
            self._deliver(*taken)
            sent += 1
        return sent

    def ping(self, webhook: Webhook) -> None:
        """Send the unsigned hand-shake; unless it is answered with 200 another follows every delivery."""
        body = f"webhook_id={webhook.id}".encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answered = self._post(webhook, body, headers, PING_TIMEOUT_S) == 200
        with self._store.transaction():
            standing = self._store.webhook(webhook.id)  # it may have been changed or removed meanwhile
            if standing is not None:
                standing.ping_due = not answered
                self._store.save_webhook(standing)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                self.send_due()
                due = self._store.next_due()
            except Exception:  # the thread must outlive one bad delivery; the next one may be well
                if self._stopping.is_set():
                    return
                _log.exception("a delivery of the simulated shop went wrong")
                due = None
            self._news.wait(min(1.0, max(0.01, due - self._clock())) if due else 1.0)

    def _deliver(self, webhook_id: int, order_id: int) -> None:
        webhook = self._store.webhook(webhook_id)
        if webhook is None or webhook.status != "active" or self._random.random() < self.weather.loss:
            return
        body = self._body(webhook, order_id)
        headers = self._headers(webhook, body)
        times = 2 if self._random.random() < self.weather.duplicate else 1
        for _ in range(times):
            status = self._post(webhook, body, headers, DELIVERY_TIMEOUT_S)
        self._record(webhook_id, 200 <= status < 300 or status in (301, 302))

    def _body(self, webhook: Webhook, order_id: int) -> bytes:
        if webhook.topic == "order.deleted":
            return php_json({"id": order_id})
        order = self._store.order(order_id)
        return php_json(invalid_id(404).body if order is None else full_document(order, self._site))

    def _headers(self, webhook: Webhook, body: bytes) -> Mapping[str, str]:
        resource, event = webhook.topic.split(".", 1)
        # Not unique: the same for every delivery of one webhook in one second.
        delivery = blake2b(f"{webhook.id}{int(self._clock())}".encode(), digest_size=16).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self._site}/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": sign(body, webhook.secret),
            "X-WC-Webhook-ID": str(webhook.id),
            "X-WC-Webhook-Delivery-ID": delivery,
        }

    def _post(self, webhook: Webhook, body: bytes, headers: Mapping[str, str], timeout_s: float) -> int:
        """Return the answer's status, or 0 if there was none."""
        if not is_loopback(webhook.delivery_url):
            return 0
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    webhook.delivery_url,
                    data=body,
                    headers={**_HEADERS, **headers},
                    timeout=timeout_s,
                    allow_redirects=False,
                )
                return answer.status_code
        except requests.RequestException:
            return 0

    def _record(self, webhook_id: int, success: bool) -> None:
        """Count failures in a row, disable without a word, and repeat a ping that is still due."""
        with self._store.transaction():
            webhook = self._store.webhook(webhook_id)
            if webhook is None:
                return
            if success:
                webhook.failure_count = 0
            elif webhook.failure_count >= _FAILURES_BEFORE_DISABLED:
                webhook.status = "disabled"
            else:
                webhook.failure_count += 1
            self._store.save_webhook(webhook)
        if webhook.ping_due:
            self.ping(webhook)
