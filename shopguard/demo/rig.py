"""A test rig: a guard's real processes beside a simulated shop in this process, to be started and killed at will."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from werkzeug.serving import make_server

from shopguard.demo.network import HOST, DemoNetwork, Ports
from shopguard.demo.shop import QuietHandler, ShopSimulation, build_shop

_PATIENCE_S = 60.0


class Rig:
    """The processes. ``simulation`` is the shop: its orders, its webhooks, and a journal of what was done to it."""

    def __init__(self, network: DemoNetwork, simulation: ShopSimulation) -> None:
        self.network, self.simulation = network, simulation
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, role: str) -> None:
        """Start one role and wait until it works (the worker: until it runs)."""
        config, home = str(self.network.config_path), str(self.network.home)
        command = [sys.executable, "-m", "shopguard", "serve", "--role", role, "--config", config, "--data-dir", home]
        with (self.network.home / f"{role}.log").open("ab") as log:
            # a session of its own, so that a kill takes the server's inner processes too
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
        self._processes[role] = process
        if role == "receiver":
            self.until(lambda: _answers(f"{self.network.receiver_url}/healthz"), "the receiver answers")

    def kill(self, role: str) -> None:
        """``kill -9`` the role with everything it started."""
        process = self._processes.pop(role)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        """End what still runs, politely first."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def until(self, met: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
        """Return once ``met``; ``TimeoutError`` naming ``what`` if that takes too long."""
        give_up_at = time.monotonic() + patience_s
        while not met():
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"waited {patience_s:.0f} s until {what}")
            time.sleep(0.05)


@contextmanager
def running_rig(
    home: Path, settings: Mapping[str, Any] | None = None, shop: Mapping[str, Any] | None = None, **traffic: Any
) -> Iterator[Rig]:
    """A furnished network whose shop is open and connected; the guard's roles are not yet started.

    Args:
        settings, shop: see ``DemoNetwork``.
        traffic: see ``DemoShopSettings``; without any nobody orders by themselves.
    """
    network = DemoNetwork(home, Ports(*_free_ports(4)), settings or {}, shop or {})
    network.furnish()
    app = build_shop(network.shop_settings(**traffic))
    simulation: ShopSimulation = app.extensions["demo_shop"]
    server = make_server(HOST, network.ports.shop, app, threaded=True, request_handler=QuietHandler)
    serving = threading.Thread(target=server.serve_forever, name="simulated-shop", daemon=True)
    serving.start()
    rig = Rig(network, simulation)
    try:
        network.connect()
        simulation.start()
        yield rig
    finally:
        rig.end()
        server.shutdown()
        serving.join()
        server.server_close()
        simulation.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False
