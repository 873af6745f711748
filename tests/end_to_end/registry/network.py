"""A guard with its shop, and the central registry that it asks by a line on which every question is noted."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import yaml
from werkzeug.serving import make_server

from shopguard.demo.document import COD, Checkout
from shopguard.demo.network import DemoNetwork, Ports
from shopguard.demo.shop import QuietHandler, ShopSimulation, build_shop

from ...ports import free_ports
from ...waiting import until
from .houses import PRF, House
from .invented import lines
from .member import LOOKUPS

CHECK_KEY = "test-check-key-0123456789abcdef"
CARD, PAY_AT_DOOR = "stripe", COD
CHEAP, DEAR = (("TEA-30", 1),), (("FIG-001", 1),)
"""2,430 and 25,730 yen at the door."""


class Line:
    """Passes requests on to a registry and notes them: method and path of each, and the body of look-ups."""

    def __init__(self, port: int, to: str) -> None:
        self.noted: list[tuple[str, str]] = []
        self.batches: list[bytes] = []
        noted, batches, sessions = self.noted, self.batches, threading.local()

        class Passing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                noted.append((self.command, self.path))
                if self.path == LOOKUPS:
                    batches.append(body)
                if not hasattr(sessions, "own"):
                    sessions.own = requests.Session()
                headers = {
                    name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]
                }
                try:
                    said = sessions.own.request(self.command, to + self.path, data=body, headers=headers, timeout=20)
                except requests.RequestException:
                    self.close_connection = True  # as if nobody were there
                    return
                self.send_response(said.status_code)
                for name in ("Content-Type", "ShopGuard-Answer", "Cache-Control", "Retry-After"):
                    if name in said.headers:
                        self.send_header(name, said.headers[name])
                self.send_header("Content-Length", str(len(said.content)))
                self.end_headers()
                self.wfile.write(said.content)

            do_GET = do_POST = do_DELETE = _pass

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Passing)
        self._server.daemon_threads = True
        self._serving = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._serving.start()

    def close(self) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()


@dataclass
class Network:
    """``shop`` is where orders are placed, ``guard`` and ``centre`` are houses whose processes run."""

    guard: House
    centre: House
    line: Line
    shop: ShopSimulation
    check_url: str

    def order(
        self, buyer: Mapping[str, Any], payment: str = PAY_AT_DOOR, items: tuple[tuple[str, int], ...] = CHEAP
    ) -> str:
        """Let somebody order, and return the order's id."""
        billing = {
            "last_name": buyer["family"],
            "first_name": buyer["given"],
            "postcode": buyer["postal_code"],
            "state": "JP13",
            "city": buyer["city"],
            "address_1": buyer["lines"][0],
            "phone": buyer["phones"][0],
            "email": buyer["emails"][0],
        }
        return str(self.shop.orders.start(Checkout(billing, payment, items=items)).id)

    def status(self, order: str) -> str:
        return self.shop.orders.get(int(order)).status

    def notes(self, order: str) -> list[str]:
        """What we wrote on the order."""
        return [note.text for note in self.shop.store.notes(int(order)) if "ShopGuard" in note.text]

    def judgements(self) -> dict[str, tuple[str, int]]:
        """How the latest judgement of each order came about (screened, from-cache or unscreened), after how many
        questions.
        """
        with closing(sqlite3.connect(f"file:{self.guard.home / 'guard.db'}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT order_id, state, asked FROM screening ORDER BY id")
            return {order: (state, asked) for order, state, asked in rows}

    def judged(self, *orders: str, state: str = "screened") -> bool:
        made = self.judgements()
        return all(order in made and made[order][0] == state for order in orders)

    def check(self, order: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {CHECK_KEY}"}
        return requests.post(f"{self.check_url}/v1/check", json=order, headers=headers, timeout=30).json()

    def list_now(self, *entries: Mapping[str, Any]) -> None:
        self.centre.run("registry", "load", "-", given=lines(entries))

    def serve_centre(self) -> None:
        self.centre.start("serve", "--role", "registry,prf")
        until(lambda: self.centre.processes_of(PRF), "the keyed function runs")


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


@contextmanager
def running_network(home: Path) -> Iterator[Network]:
    """Everything, running. The environment must have ``CHECK_KEY`` as ``TEST_CHECK_KEY``."""
    receiver, console, registry, line_port, shop = free_ports(5)
    check = {"check_key": {"env": "TEST_CHECK_KEY"}, "rate_per_s": 500}
    made = DemoNetwork(home, Ports(receiver, console, registry, shop), {}, check, central=True)
    made.furnish()
    config = yaml.safe_load(made.config_path.read_text("utf-8"))
    config["registry"] |= {"url": f"http://127.0.0.1:{line_port}", "additions_every_s": 1.0}
    made.config_path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    app = build_shop(made.shop_settings())
    simulation: ShopSimulation = app.extensions["demo_shop"]
    server = make_server("127.0.0.1", shop, app, threaded=True, request_handler=QuietHandler)
    serving = threading.Thread(target=server.serve_forever, args=[0.05])
    serving.start()
    line = Line(line_port, made.registry_url)
    network = Network(House(made.home), House(made.centre_home), line, simulation, made.receiver_url)
    try:
        network.serve_centre()
        made.connect()
        simulation.start()
        network.guard.start("serve", "--role", "receiver,worker")
        until(lambda: answers(f"{made.receiver_url}/healthz"), "the receiver answers")
        yield network
    finally:
        network.guard.close()
        network.centre.close()
        line.close()
        server.shutdown()
        serving.join()
        server.server_close()
        simulation.stop()
