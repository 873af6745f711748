"""Where one call of the command finds its settings, keys and data; each is read when it is first asked for."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # else imported where used: `shopguard --help` should not wait for the libraries behind them
    from shopguard.adapter import Secret
    from shopguard.bootstrap import Installation
    from shopguard.config import Config
    from shopguard.crypto import Keyring, StoredSecrets

DEFAULT_CONFIG = Path("config.yaml")
DEFAULT_DATA_DIR = Path("var")
MASTER_KEY = "SHOPGUARD_MASTER_KEY"
TABLES = "SHOPGUARD_TABLES"
TABLES_FOLDER = "tables"  # in the data directory


class Invocation:
    """What ``--config`` and ``--data-dir`` said; a command gets it by ``@click.pass_obj``."""

    def __init__(self) -> None:
        self.given_config: Path | None = None
        self.data_dir = DEFAULT_DATA_DIR
        self.config = cache(self._config)
        self.keyring = cache(self._keyring)
        self.use_tables = cache(self._use_tables)

    def __reduce__(self) -> "tuple[Callable[[Path | None, Path], Invocation], tuple[Path | None, Path]]":
        """Travel to another process as the two places: each reads settings and keys for itself."""
        return _at, (self.given_config, self.data_dir)

    @property
    def config_path(self) -> Path | None:
        """The file that was named, else ``config.yaml`` here, else the one in the data directory, else None."""
        candidates = (DEFAULT_CONFIG, self.data_dir / DEFAULT_CONFIG)
        return self.given_config or next((path for path in candidates if path.exists()), None)

    @property
    def keys_path(self) -> Path:
        return self.data_dir / "keys.json"

    @property
    def tables_folder(self) -> Path:
        """Where the compiled tables of places and names are kept: beside the data, unless SHOPGUARD_TABLES says."""
        named = os.environ.get(TABLES)
        return Path(named) if named else self.data_dir / TABLES_FOLDER

    @property
    def master_key(self) -> "Secret | None":
        """What seals the key file itself, if the environment holds it."""
        from shopguard.adapter import Secret

        text = os.environ.get(MASTER_KEY)
        return Secret(text) if text else None

    def stored_secrets(self) -> "StoredSecrets":
        from shopguard.crypto import StoredSecrets

        return StoredSecrets(self.data_dir / "secrets.enc", self.keyring())

    def installation(self, busy_timeout_s: float | None = None) -> "Installation":
        """Return everything made of the settings; the caller closes it. None: waits as long as is usual."""
        from shopguard.bootstrap import Installation
        from shopguard.cli.logs import log_to_stderr

        log_to_stderr()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.use_tables()
        return Installation(
            self.config(), self.keyring(), self.data_dir, busy_timeout_s=busy_timeout_s, config_path=self.config_path
        )

    def _config(self) -> "Config":
        from shopguard.config import load_config

        stored = self.stored_secrets().all() if self.keys_path.exists() else {}
        return load_config(self.config_path, os.environ, stored)

    def _use_tables(self) -> None:
        """Let this process find its tables; compiling them, which takes a while, is said in one line."""
        from shopguard.identity.tables import use_folder

        use_folder(self.tables_folder, _say_beginning)

    def _keyring(self) -> "Keyring":
        from shopguard.crypto import Keyring

        return Keyring.load(self.keys_path, self.master_key)


def _say_beginning(step: str, done: float) -> None:
    if not done:
        click.echo(f"shopguard: {step}", err=True)


def _at(given_config: Path | None, data_dir: Path) -> Invocation:
    made = Invocation()
    made.given_config, made.data_dir = given_config, data_dir
    return made
