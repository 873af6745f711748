"""A guard that has something to lose, and where it is restored."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard.adapter import Secret
from shopguard.model import Order, OrderRef
from shopguard.registry.stores import STORES

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

WORD = "a good passphrase"
FILE = "backup.tar.gz"
NOBODY = ("--erasures", "none")
REGISTRY = {f"registry-{store}.db" for store in STORES}


@pytest.fixture
def word(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase, in the environment."""
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", WORD)
    return WORD


@pytest.fixture
def full(desk: "Desk", bad_order: Order) -> "Desk":
    """A guard that holds an order, with a secret and settings of its own."""
    desk.receive(bad_order)
    desk.work()
    desk.stored_secrets().set("hook", Secret("hook-secret"))
    (desk.data_dir / "config.yaml").write_text("# mine\n")
    return desk


def elsewhere(desk: "Desk") -> "Desk":
    """The same guard on an empty data directory."""
    other = type(desk)(desk.data_dir.parent / "elsewhere")
    other.platform, other.settings = desk.platform, desk.settings
    return other


def read_back(desk: "Desk") -> tuple[Order | None, str | None]:
    with desk.opened() as installation:
        order = installation.store.order(OrderRef("main-store", "5001"))
    secret = desk.stored_secrets().get("hook")
    return order, secret.reveal() if secret else None


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"}
