"""What the demo's processes share: keys, secrets and settings on disk, the loaded list, the connected shop."""

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from shopguard import wire
from shopguard.adapter import Connector, Secret
from shopguard.bootstrap import Installation
from shopguard.config import load_config
from shopguard.crypto import Keyring, StoredSecrets
from shopguard.demo.people import demo_entries
from shopguard.demo.shop import DemoShopSettings
from shopguard.registry.home import RegistryHome

SHOP = "demo-shop"
HOST = "127.0.0.1"
_ORDERS_A_DAY = 10_000  # the shop's traffic, however fast it is told to be
_WEBHOOK_SECRET, _KEY, _KEY_SECRET = "DEMO_WEBHOOK_SECRET", "DEMO_CONSUMER_KEY", "DEMO_CONSUMER_SECRET"
_PREFIXES = {_WEBHOOK_SECRET: "", _KEY: "ck_", _KEY_SECRET: "cs_"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the processes of one network listen, all on this machine."""

    receiver: int
    console: int
    registry: int
    shop: int

    @classmethod
    def from_first(cls, first: int) -> "Ports":
        return cls(first, first + 1, first + 2, first + 5)


@dataclass(frozen=True)
class DemoNetwork:
    """One guard with one simulated shop, in one folder.

    Args:
        central: the guard asks a central registry over HTTP as its member; else the registry is the guard's own.
        settings: what differs from the defaults, in the form of the configuration file.
        shop: what differs from the defaults in the shop's own settings.
    """

    home: Path
    ports: Ports
    settings: Mapping[str, Any] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)
    central: bool = False

    @property
    def centre_home(self) -> Path:
        """The data directory of the central registry, an installation of its own."""
        return self.home / "centre"

    @property
    def centre_config(self) -> Path:
        return self.centre_home / "config.yaml"

    @property
    def registry_url(self) -> str:
        return f"http://{HOST}:{self.ports.registry}"

    @property
    def config_path(self) -> Path:
        return self.home / "config.yaml"

    @property
    def receiver_url(self) -> str:
        return f"http://{HOST}:{self.ports.receiver}"

    @property
    def console_url(self) -> str:
        return f"http://{HOST}:{self.ports.console}"

    @property
    def shop_url(self) -> str:
        return f"http://{HOST}:{self.ports.shop}"

    def furnish(self) -> None:
        """Write keys and secrets once, the settings at every start, the tables and the list where they miss."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._keys_path.exists():
            Keyring.create(self._keys_path)
        stored = self._stored_secrets()
        for name, prefix in _PREFIXES.items():
            if name not in stored.all():
                stored.set(name, Secret(prefix + secrets.token_hex(20)))
        asked = self._furnish_centre() if self.central else {}
        text = yaml.safe_dump({**self._config(), **asked}, allow_unicode=True, sort_keys=False)
        first = "# Written at every start; other changes than further shops are lost."
        self.config_path.write_text(f"{first}\n{text}", encoding="utf-8")
        with self.installation() as installation:
            installation.migrate()
            installation.states.introduce(list(installation.shops), installation.clock())
            installation.modes.note(installation.clock())
            if not self.central:
                _load(installation.home)

    def _furnish_centre(self) -> Mapping[str, Any]:
        """Found the registry, take the guard in as a member, and return the settings by which the guard asks it."""
        config = {"server": {"host": HOST, "registry_port": self.ports.registry}, "registry": {"name": "demo"}}
        self.centre_home.mkdir(exist_ok=True)
        self.centre_config.write_text(yaml.safe_dump(config), encoding="utf-8")
        keys = self.centre_home / "keys.json"
        keyring = Keyring.load(keys) if keys.exists() else Keyring.create(keys)
        installation = Installation(load_config(self.centre_config, {}, {}), keyring, self.centre_home)
        with closing(installation):
            installation.migrate()
            centre = installation.home
            _load(centre)
            if all(member.id != SHOP for member in centre.members.all()):
                centre.members.create(SHOP, "Demo shop", self._member_public(), daily_orders=_ORDERS_A_DAY)
            answer_keys = [base64.b64encode(key).decode() for key in centre.answer_keys.publics]
        return {"registry": {"url": self.registry_url, "member": SHOP, "answer_keys": answer_keys}}

    def _member_public(self) -> bytes:
        home = RegistryHome(self.home, "local", Keyring.load(self._keys_path), lambda: datetime.now(UTC))
        return home.made_member_keys().signer.public

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        """Everything made of the settings, closed at the end."""
        config = load_config(self.config_path, os.environ, self._stored_secrets().all())
        installation = Installation(config, Keyring.load(self._keys_path), self.home)
        try:
            yield installation
        finally:
            installation.close()

    def connect(self) -> None:
        """Register the webhooks as an owner would, with ``shopguard connect``."""
        with self.installation() as installation:
            adapter = installation.shops[SHOP].adapter
            if isinstance(adapter, Connector):
                adapter.connect(f"{self.receiver_url}/webhooks/woocommerce/{SHOP}")

    def shop_settings(self, **more: Any) -> DemoShopSettings:
        """Return the settings of the simulated shop that belongs to this network."""
        stored = self._stored_secrets().all()
        return DemoShopSettings(
            path=self.home / "shop.db",
            consumer_key=stored[_KEY].reveal(),
            consumer_secret=stored[_KEY_SECRET].reveal(),
            site=self.shop_url,
            **more,
        )

    @property
    def _keys_path(self) -> Path:
        return self.home / "keys.json"

    def _stored_secrets(self) -> StoredSecrets:
        return StoredSecrets(self.home / "secrets.enc", Keyring.load(self._keys_path))

    def _config(self) -> dict[str, Any]:
        server = {
            "host": HOST,
            "receiver_port": self.ports.receiver,
            "console_port": self.ports.console,
            "public_url": self.receiver_url,
        }
        shop = {
            "platform": "woocommerce",
            "mode": "hold",
            "url": self.shop_url,
            "assume_https": True,
            "webhook_secrets": [{"stored": _WEBHOOK_SECRET}],
            "consumer_key": {"stored": _KEY},
            "consumer_secret": {"stored": _KEY_SECRET},
        }
        return {"server": server, **self.settings, "shops": {SHOP: {**shop, **self.shop}, **self._added()}}

    def _added(self) -> Mapping[str, Any]:
        """The shops that were set up in the console of an earlier run."""
        written = yaml.safe_load(self.config_path.read_text("utf-8")) if self.config_path.exists() else None
        return {name: shop for name, shop in ((written or {}).get("shops") or {}).items() if name != SHOP}


def _load(registry: RegistryHome) -> None:
    registry.publisher.load(wire.encode(entry) for entry in demo_entries())
