"""Shops and health: what is seen of each shop, what was given up, the red lines, and setting up a shop."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shopguard.config import Mode
from shopguard.guard.setting_up import RENEW
from shopguard.model import ShopAlarm
from shopguard.web.roles import Role

from .conftest import SHOP, Console, press, read


def page(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def test_every_shop_is_on_one_page_with_its_mode(console: Console) -> None:
    shown = page(console.browser(Role.AUDITOR), "/console/shops")
    assert shown.count("Holding") == 2
    assert "none yet" in shown


def test_a_shop_that_somebody_may_not_see_is_not_there(console: Console) -> None:
    browser = console.browser(Role.OPERATOR, shops=[SHOP])
    assert "second-store" not in page(browser, "/console/shops")
    assert browser.get("/console/shops/second-store").status_code == 404
