"""A guard of one shop on SQLite in a temporary folder, and its command line."""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from shopguard import wire
from shopguard.adapter import AdapterContext, PlatformAdapter
from shopguard.bootstrap import Installation
from shopguard.cli import main
from shopguard.cli.invocation import Invocation
from shopguard.config import Config, Language, Mode, ShopSettings
from shopguard.crypto import Keyring
from shopguard.model import ConnectReport, Finding, Order, Party, Payment, PaymentKind
from shopguard.registry.home import RegistryHome
from shopguard.testing.fakes import FakePlatform

SHOP = "main-store"
NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
ENTRY: Mapping[str, Any] = {
    "id": "E-1",
    "category": "unpaid",
    "party": {"name": "渡邊 太郎", "phones": ["090-0000-0001"], "emails": ["taro@example.jp"]},
    "reporters": 2,
    "first_on": "2025-03-01",
    "last_on": "2026-08-14",
}


class ConnectedPlatform(FakePlatform):
    """A ``FakePlatform`` whose webhooks can be set up and examined; ``addresses`` are those it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.report = ConnectReport(done=("order.created: webhook 7 created",))
        self.findings: Callable[[], Iterator[Finding]] = lambda: iter([Finding("credentials", True, "may read")])

    def orders_since(self, since: datetime) -> Iterator[Order]:
        """Nothing: a feed would find each order twice, and take the failures meant for the write-back."""
        return iter(())

    def connect(self, address: str) -> ConnectReport:
        self.addresses.append(address)
        return self.report

    def doctor(self, address: str) -> Iterator[Finding]:
        self.addresses.append(address)
        return self.findings()


class Desk(Invocation):
    """The command line of one guard. ``platform`` is where its only shop stands."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.data_dir = home / "var"
        self.platform: FakePlatform = ConnectedPlatform()
        self.settings = Config(
            shops={SHOP: ShopSettings(SHOP, "fake", None, mode=Mode.HOLD, language=Language.EN, rate_per_s=1000)}
        )
        self.config = lambda: self.settings

    def change_shop(self, **settings: Any) -> None:
        self.settings = replace(self.settings, shops={SHOP: replace(self.settings.shops[SHOP], **settings)})

    def installation(self, busy_timeout_s: float | None = None) -> Installation:
        def build(_settings: object, context: AdapterContext) -> FakePlatform:
            self.platform.shop = context.shop
            return self.platform

        adapters = cast("Mapping[str, type[PlatformAdapter]]", {"fake": build})
        made = Installation(self.config(), self.keyring(), self.data_dir, adapters, busy_timeout_s)
        now = made.home.clock
        # a process for each command would take most of the time; tests/integration/prf start real ones
        vars(made)["home"] = RegistryHome(self.data_dir, "local", self.keyring(), now, apart=False)
        return made

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        installation = self.installation()
        try:
            yield installation
        finally:
            installation.close()

    def run(self, *words: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, words, input=stdin, obj=self)

    def done(self, *words: str) -> str:
        """Run a command that succeeds and return what it printed."""
        result = self.run(*words)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused(self, *words: str) -> str:
        """Run a command that fails, prints nothing, and return why."""
        result = self.run(*words)
        assert (result.exit_code, result.stdout) == (1, ""), result.stdout
        return result.stderr

    def load(self, *entries: Mapping[str, Any]) -> None:
        with self.opened() as installation:
            installation.home.publisher.load([wire.encode(entry) for entry in entries])

    def receive(self, *orders: Order) -> None:
        """Store the delivery of each of ``orders``; nobody works on it yet."""
        with self.opened() as installation:
            for order in orders:
                self.platform.place(order)
                key = f"{order.id}-{order.total}"
                installation.inbox.accept(SHOP, key, self.platform.delivery(order))

    def work(self) -> None:
        """Do what is due."""
        with self.opened() as installation:
            installation.worker("once").run_until_idle()

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker runs, as `serve` would have it."""
        stop = threading.Event()
        with self.opened() as installation, self.worker_lock():
            thread = threading.Thread(target=installation.worker("busy").run, args=[stop])
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()

    def worker_lock(self) -> AbstractContextManager[None]:
        return _locked(self.data_dir / "worker-busy.lock")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose data directory has keys, tables and one entry, to be copied."""
    made = Desk(tmp_path_factory.mktemp("furnished"))
    Keyring.create(made.keys_path)
    with made.opened() as installation:
        installation.migrate()
        installation.states.introduce([SHOP], installation.clock())
    made.load(ENTRY)
    return made.data_dir


@pytest.fixture(scope="session")
def furnished_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a registry whose first epoch is live since ``NOW``, to be copied."""
    folder = tmp_path_factory.mktemp("registry")
    home = RegistryHome(folder, "example", Keyring.create(folder / "keys.json"), lambda: NOW, apart=False)
    home.prepare()
    home.close()
    return folder


@pytest.fixture
def desk(tmp_path: Path, furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A guard with one entry in its registry and nothing else; English, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("SHOPGUARD_MASTER_KEY", "SHOPGUARD_BACKUP_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(tmp_path)
    shutil.copytree(furnished, made.data_dir)
    return made


@pytest.fixture
def bad_order() -> Order:
    """An order by the person of the only entry: it is held."""
    buyer = Party(name="渡辺太郎", phones=("+81 90 0000 0001",), emails=("taro@example.jp",))
    return Order("5001", number="#1042", total=Decimal(12800), payment=Payment(PaymentKind.COD), buyer=buyer)


@pytest.fixture
def good_order(bad_order: Order) -> Order:
    buyer = Party(name="見本 花子", phones=("090-0000-0002",), emails=("hanako@example.com",))
    return replace(bad_order, id="5002", number="#1043", buyer=buyer)
