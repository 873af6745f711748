"""Real pages of the demo's real servers in a real browser. Without one, these tests are left out, and say so."""

import os
import re
import shutil
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
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ..ports import free_ports

REQUIRED = "SHOPGUARD_BROWSER_REQUIRED"
PATIENCE_S = 60.0
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.timeout(240)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of this folder out where there is no browser, unless one is required."""
    if CHROMIUM or os.environ.get(REQUIRED):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: the pages were not opened"))


@dataclass(frozen=True)
class Demo:
    """A running demo: central registry, guard, worker, console and a shop that places orders every two seconds."""

    home: Path
    first_port: int
    output: Path

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
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.home).stdout


def until(look: Callable[[], Any], what: str) -> Any:
    """Return what ``look`` returns as soon as that is true."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    running = Demo(home, free_ports(6)[0], home / "demo.log")
    with running.output.open("w") as log:
        command = [sys.executable, "-m", "shopguard", "demo", "--port", str(running.first_port), "--every", "2"]
        process = subprocess.Popen(
            [*command, "--data-dir", str(home)], stdout=log, stderr=log, cwd=home, start_new_session=True
        )
    try:
        until(lambda: running.printed_link, "the console's address is printed")
        yield running
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None, f"{REQUIRED} is set, and there is no Chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A browser that nobody has used before, and that nobody is signed in to."""
    fresh = browser.new_context(base_url=demo.console, locale="en-GB", viewport={"width": 1440, "height": 900})
    fresh.set_default_timeout(20_000)
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    """A page of the console, signed in as the owner."""
    opened = context.new_page()
    opened.goto(demo.new_link())
    return opened
