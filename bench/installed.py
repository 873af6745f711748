"""A guard of its own for each measurement: settings, keys, tables and the demo's list in a fresh folder."""

import os
from pathlib import Path

from orders import SECRET

from shopguard.adapter import Secret
from shopguard.bootstrap import Installation
from shopguard.config import load_config
from shopguard.crypto import Keyring, StoredSecrets
from shopguard.demo.network import DemoNetwork, Ports


def furnish(home: Path) -> None:
    """Make ``home`` a guard whose one shop signs with the benchmark's secret and may be called often."""
    home.mkdir(parents=True)
    keyring = Keyring.create(home / "keys.json")
    StoredSecrets(home / "secrets.enc", keyring).set("DEMO_WEBHOOK_SECRET", Secret(SECRET))
    DemoNetwork(home, Ports.from_first(1), shop={"rate_per_s": 1_000}).furnish()


def installation(home: Path) -> Installation:
    """Return everything made of the settings in ``home``; the caller closes it."""
    keyring = Keyring.load(home / "keys.json")
    secrets = StoredSecrets(home / "secrets.enc", keyring).all()
    return Installation(load_config(home / "config.yaml", os.environ, secrets), keyring, home)
