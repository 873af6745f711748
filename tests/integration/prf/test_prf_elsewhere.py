"""A keyed function that runs as another user, with a data directory of its own: only its socket is shared."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopguard.crypto import Keyring
from shopguard.private_file import KEYS_FOLDER
from shopguard.registry.home import RegistryHome
from shopguard.registry.prf.process import SOCKET_VARIABLE
from shopguard.registry.refusals import Refused


def home_in(folder: Path, keyring: Keyring) -> RegistryHome:
    return RegistryHome(folder, "local", keyring, lambda: datetime.now(UTC))


@pytest.fixture
def socket() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sg-"))  # the path of a socket is short
    yield folder / "prf.sock"
    shutil.rmtree(folder)


@pytest.fixture
def moved(tmp_path: Path, keyring: Keyring, socket: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose keyed function was moved to another folder, as the guide says; returns that."""
    first = home_in(tmp_path, keyring)
    first.prepare()
    first.close()
    other = tmp_path / "other"
    (other / KEYS_FOLDER).mkdir(parents=True, mode=0o700)
    (tmp_path / KEYS_FOLDER / "prf.json").rename(other / KEYS_FOLDER / "prf.json")
    for path in tmp_path.glob("registry-prf.db*"):
        path.rename(other / path.name)
    monkeypatch.setenv(SOCKET_VARIABLE, str(socket))
    return other


@pytest.fixture
def served(moved: Path, socket: Path) -> Iterator[Path]:
    command = [sys.executable, "-m", "shopguard.registry.prf", "--data-dir", str(moved)]
    process = subprocess.Popen(command)
    try:
        while not socket.exists():
            assert process.poll() is None
            time.sleep(0.01)
        yield socket
    finally:
        process.terminate()
        process.wait()


def test_the_registry_asks_it_and_makes_nothing_of_it(served: Path, tmp_path: Path, keyring: Keyring) -> None:
    home = home_in(tmp_path, keyring)
    home.prepare()
    assert home.members.sync() == 0
    assert [epoch.number for epoch in home.index.epochs()] == [1]
    assert home.is_current()
    home.close()
    assert served.stat().st_mode & 0o777 == 0o660
    assert not (tmp_path / KEYS_FOLDER / "prf.json").exists()
    assert not (tmp_path / "registry-prf.db").exists()


@pytest.mark.usefixtures("moved")
def test_none_is_started_in_its_place(tmp_path: Path, keyring: Keyring) -> None:
    home = home_in(tmp_path, keyring)
    with pytest.raises(Refused, match="start the service"):
        home.prepare()
    home.close()
