"""``shopguard demo`` as a process of its own, for as long as a test needs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .ports import free_ports
from .waiting import until


@dataclass(frozen=True)
class Demo:
    """A running demo: central registry, guard, worker, console and a shop that places orders every two seconds.

    Args:
        session: of the system, that all processes of the demo are in.
    """

    home: Path
    first_port: int
    output: Path
    session: int

    @property
    def printed_link(self) -> str | None:
        found = re.search(r"http://\S+/console/sign-in\?token=\S+", self.output.read_text())
        return found.group() if found else None

    @property
    def console(self) -> str:
        """The console's address up to its path."""
        link = self.printed_link
        assert link is not None
        return link.partition("/console/")[0]

    def new_link(self) -> str:
        """A fresh one-time link."""
        return self.shopguard("sign-in").strip().splitlines()[-1]

    def orders(self) -> dict[str, Any]:
        """What the shop itself shows, by the number of the order."""
        shown = requests.get(f"http://127.0.0.1:{self.first_port + 5}/orders.json", timeout=5).json()
        return {order["number"]: order for order in shown}

    def shopguard(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "shopguard", *arguments, "--data-dir", str(self.home / "demo")]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=self.home)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@contextmanager
def running_demo(home: Path) -> Iterator[Demo]:
    """Run the demo in ``home``; it is asked to end at the end, and has to end well."""
    output, first_port = home / "demo.log", free_ports(6)[0]
    command = [sys.executable, "-m", "shopguard", "demo", "--port", str(first_port), "--every", "2"]
    with output.open("w") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(home)], stdout=log, stderr=log, cwd=home, start_new_session=True
        )
    demo = Demo(home, first_port, output, session=process.pid)
    try:
        until(lambda: demo.printed_link, "the console's address is printed")
        yield demo
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
