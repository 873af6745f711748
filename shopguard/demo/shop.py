"""The simulated shop as one Flask application: its REST API, its page, and the levers tests pull.

It talks to nobody but webhook addresses on this machine.
"""

import logging
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.serving import WSGIRequestHandler, make_server

from shopguard.demo import pages, rest, rest_webhooks
from shopguard.demo.deliveries import Weather, WebhookSender
from shopguard.demo.orders import Orders
from shopguard.demo.rest import ApiKey
from shopguard.demo.store import ShopStore
from shopguard.demo.traffic import checkout

_OPENING_S = 30.0  # how long the first buyer waits for a webhook to be registered
_FIRST_BUYERS_S = 2.0  # the first two buyers come at least this fast
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DemoShopSettings:
    """What one simulated shop is told.

    Args:
        path: its SQLite file.
        consumer_key, consumer_secret: of the REST API key that may write.
        read_only_key, read_only_secret: of a second key that may only read; empty for none.
        order_every_s: seconds between two buyers; 0 means nobody ever comes.
        delivery_delay_s, delivery_jitter_s: seconds a webhook delivery waits, and up to how many more.
        loss, duplicate: probability of a delivery to vanish or to arrive twice, 0 to 1.
        seed: picks the buyers and the losses.
        site: the shop's own address, without a slash at the end.
    """

    path: Path
    consumer_key: str
    consumer_secret: str = field(repr=False)
    read_only_key: str = ""
    read_only_secret: str = field(default="", repr=False)
    order_every_s: float = 0.0
    delivery_delay_s: float = 0.0
    delivery_jitter_s: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    seed: int = 0
    site: str = "http://127.0.0.1:8085"


class ShopSimulation:
    """One shop with its orders, its webhook sender and its invented buyers. ``start`` sets it going."""

    def __init__(self, settings: DemoShopSettings) -> None:
        self.settings = settings
        self.store = ShopStore(settings.path)
        self.weather = Weather(
            delay_s=settings.delivery_delay_s,
            jitter_s=settings.delivery_jitter_s,
            loss=settings.loss,
            duplicate=settings.duplicate,
        )
        self.sender = WebhookSender(self.store, settings.site, self.weather, settings.seed)
        self.orders = Orders(self.store, self.sender.delay_s, self.sender.wake, self.now)
        self.api_keys = tuple(
            ApiKey(key, secret, write)
            for key, secret, write in (
                (settings.consumer_key, settings.consumer_secret, True),
                (settings.read_only_key, settings.read_only_secret, False),
            )
            if key
        )
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def start(self) -> None:
        """Send webhooks, and let buyers come if the settings want any, until ``stop``."""
        self.sender.start()
        if self.settings.order_every_s > 0:
            thread = threading.Thread(target=self._welcome_buyers, name="buyers", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop both threads and close the file."""
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=5.0)
        self.sender.stop()
        self.store.close()

    def next_buyer(self) -> None:
        """Finish what the last buyer left open, then let the next one order: one step, never done twice."""
        with self.store.transaction():
            number = self.store.count("checkouts")
            self._finish(number - 1)
            self.orders.start(checkout(number, self.settings.seed), number)

    def _finish(self, number: int) -> None:
        order = self.store.order_of_checkout(number)
        if order is None:
            return
        if order.status == "checkout-draft":
            self.orders.place(order.id)
        if correction := checkout(number, self.settings.seed).correction:
            self.orders.update(order.id, {"billing": correction, "shipping": correction})

    def _welcome_buyers(self) -> None:
        """A fresh shop opens once somebody listens: an order nobody is told of would show nothing."""
        every_s = self.settings.order_every_s
        for _ in range(int(_OPENING_S / 0.25)):
            if self.store.webhooks() or self._closing.wait(0.25):
                break
        while not self._closing.wait(min(every_s, _FIRST_BUYERS_S) if self._is_new() else every_s):
            try:
                self.next_buyer()
            except Exception:  # the next buyer may have more luck than this one
                _log.exception("a checkout of the simulated shop went wrong")

    def _is_new(self) -> bool:
        return self.store.count("checkouts", by=0) < 2


def build_shop(settings: DemoShopSettings) -> Flask:
    """Return the shop's application. Its ``ShopSimulation`` is ``app.extensions["demo_shop"]``, not yet started."""
    app = Flask(__name__)
    app.extensions["demo_shop"] = ShopSimulation(settings)
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.url_map.strict_slashes = False
    app.json = _Json(app)
    for blueprint in (rest.blueprint, rest_webhooks.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    return app


def serve_shop(settings: DemoShopSettings, host: str = "127.0.0.1", port: int = 8085) -> None:
    """Serve the shop until SIGINT or SIGTERM. Raises ``OSError`` if the port is taken."""
    with socket.create_server((host, port)) as listening:
        app = build_shop(replace(settings, site=f"http://{host}:{port}"))
        fd = listening.fileno()  # bound here, because werkzeug ends the process when the port is taken
        server = make_server(host, port, app, threaded=True, request_handler=QuietHandler, fd=fd)
    simulation: ShopSimulation = app.extensions["demo_shop"]
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        simulation.start()
        server.serve_forever()
    for repeated in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C reaches a child twice: here, and through its parent
        signal.signal(repeated, signal.SIG_IGN)
    server.server_close()
    simulation.stop()


class _Json(DefaultJSONProvider):
    """The shop's own lists, for people with curl: readable, in the order they are written."""

    ensure_ascii = False
    sort_keys = False


class QuietHandler(WSGIRequestHandler):
    """One line per request would drown the demo's own words."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
