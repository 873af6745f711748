"""Installations as their operators see them: a data directory, commands, processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ...ports import free_ports
from ...waiting import until
from .member import Member

PRF = "shopguard.registry.prf"
"""What the command line of the keyed function has in it."""


class House:
    """One installation: a data directory, the settings in it, and the processes that run on it."""

    def __init__(self, home: Path, settings: Mapping[str, Any] | None = None) -> None:
        self.home = home
        self._running: list[subprocess.Popen[bytes]] = []
        if settings is not None:
            home.mkdir(parents=True, exist_ok=True)
            (home / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        config = ("--config", str(self.home / "config.yaml"))
        return [sys.executable, "-m", "shopguard", *arguments, *config, "--data-dir", str(self.home)]

    def try_to(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), input=given, capture_output=True, text=True)

    def run(self, *arguments: str, given: str = "") -> str:
        """What a command prints, which must do what it was told."""
        done = self.try_to(*arguments, given=given)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own; what it says is added to ``said.log``."""
        with (self.home / "said.log").open("ab") as log:
            process = subprocess.Popen(self.command(*arguments), stdout=log, stderr=log, start_new_session=True)
        self._running.append(process)
        return process

    def processes_of(self, words: str) -> list[int]:
        """The processes under ours whose command line has ``words``: of the keyed function one serves, and one that
        the registry started while there was none may wait beside it.
        """
        below = [pid for process in self._running if process.poll() is None for pid in _family(process.pid)]
        return [pid for pid in below if words in _command_line(pid)]

    def kill(self, words: str) -> None:
        """``kill -9`` the processes whose command line has ``words``, as soon as there are any."""
        for pid in until(lambda: self.processes_of(words), f"{words} runs"):
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End what still runs, politely first."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()


def _family(pid: int) -> list[int]:
    """A process and all below it, whichever of its threads started them."""
    children: list[str] = []
    for told in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += told.read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Centre(House):
    """A central registry that shops ask over HTTP."""

    def __init__(
        self, home: Path, port: int, keys: Mapping[str, Ed25519PrivateKey], answer_keys: Sequence[bytes]
    ) -> None:
        super().__init__(home, centre_settings(port))
        self.port, self._keys, self._answer_keys = port, keys, answer_keys
        self.url = f"http://127.0.0.1:{port}"
        self.clock: Callable[[], float] = time.time

    def serve(self) -> None:
        self.start("serve", "--role", "registry,prf")
        until(self.answers, "the registry and its keyed function answer")

    def answers(self) -> bool:
        """Whether members are answered: HTTP, index and keyed function."""
        try:
            return self.member("steady").get("/registry/v1/me").status_code == 200
        except requests.RequestException:
            return False

    def member(self, name: str) -> Member:
        return Member(self.url, name, self._keys[name], self._answer_keys, self.clock)


def centre_settings(port: int) -> dict[str, Any]:
    receiver, console = free_ports(2)
    server = {"registry_port": port, "receiver_port": receiver, "console_port": console}
    return {"server": server, "registry": {"name": "centre", "open": True}}


_SITE = """
import ctypes, datetime, gc, os, pathlib, time

_told, _now, _time = pathlib.Path(os.environ["TEST_CLOCK_AHEAD"]), datetime.datetime.now, time.time


def _ahead():
    return float(_told.read_text())


gc.get_referents(datetime.datetime.__dict__)[0]["now"] = staticmethod(
    lambda tz=None: _now(tz) + datetime.timedelta(seconds=_ahead())
)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
time.time = lambda: _time() + _ahead()
"""


class MovedClock:
    """A clock of processes that a test moves on: they must be started with ``environment``."""

    def __init__(self, folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(_SITE)
        self._told = folder / "ahead"
        self.environment = {"PYTHONPATH": str(folder), "TEST_CLOCK_AHEAD": str(self._told)}
        self.ahead_s = 0.0
        self.move_on(0)

    def move_on(self, seconds: float) -> None:
        self.ahead_s += seconds
        fresh = self._told.with_suffix(".new")
        fresh.write_text(str(self.ahead_s))
        fresh.replace(self._told)

    def __call__(self) -> float:
        return time.time() + self.ahead_s
