"""Real pages of the demo's real servers in a real browser. Without one, these tests are left out, and say so."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ..running_demo import Demo, running_demo

REQUIRED = "SHOPGUARD_BROWSER_REQUIRED"
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


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None, f"{REQUIRED} is set, and there is no Chromium"
    expect.set_options(timeout=20_000)  # a page may wait for a machine that is busy with other tests
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
