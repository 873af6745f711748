"""What a newcomer sees: ``shopguard demo`` as a process, its shop over HTTP, a release from the command line."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from ..ports import free_ports

_PATIENCE_S = 60.0  # the contract: within a minute of the address being printed


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    home: Path
    first_port: int
    output: Path

    @property
    def console_link(self) -> str | None:
        found = re.search(r"http://\S+/console/sign-in\?token=\S+", self.output.read_text())
        return found.group() if found else None

    def orders(self) -> dict[str, Any]:
        shown = requests.get(f"http://127.0.0.1:{self.first_port + 5}/orders.json", timeout=5).json()
        return {order["number"]: order for order in shown}

    def shopguard(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "shopguard", *arguments, "--data-dir", str(self.home / "demo")]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.home).stdout


def until(look: Callable[[], Any], what: str) -> Any:
    give_up_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {_PATIENCE_S:.0f} s: {what}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    output = tmp_path / "demo.log"
    running = Demo(tmp_path, free_ports(6)[0], output)
    with output.open("w") as log:
        command = [sys.executable, "-m", "shopguard", "demo", "--port", str(running.first_port), "--every", "2"]
        process = subprocess.Popen(
            [*command, "--data-dir", str(tmp_path)], stdout=log, stderr=log, cwd=tmp_path, start_new_session=True
        )
    try:
        until(lambda: running.console_link, "the console's address is printed")
        yield running
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert not _members_of(process.pid), "a process outlived the demo"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.timeout(240)
def test_a_listed_buyer_is_held_and_released_and_an_ordinary_one_untouched(demo: Demo) -> None:
    ours = until(lambda: _our_notes(demo.orders().get("1002")), "our note on the listed buyer's order")
    held = demo.orders()["1002"]
    assert held["status"] == "on-hold"
    assert len(ours) == 1
    assert re.fullmatch(r"ShopGuard: 要確認（[^）]*一致、\d+件、直近\d{4}年\d{1,2}月）", ours[0])
    assert held["buyer"] not in ours[0]

    ordinary = demo.orders()["1001"]
    assert ordinary["status"] == "processing"
    assert not _our_notes(ordinary)

    assert "1002" in demo.shopguard("reviews")
    demo.shopguard("release", "1002")
    released = until(lambda: (o := demo.orders()["1002"])["status"] == "processing" and o, "the earlier status")
    assert "1002" not in demo.shopguard("reviews")
    assert any(note == "ShopGuard: 確認済み" for note in released["notes"])


def _our_notes(order: dict[str, Any] | None) -> list[str]:
    return [note for note in order["notes"] if "ShopGuard" in note] if order else []


def _members_of(session: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, sess, state in rows if int(sess) == session and not state.startswith("Z")]
