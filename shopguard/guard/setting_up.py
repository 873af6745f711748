"""Setting up a shop: its section in the settings file, its secrets beside it, and the wish that both be taken up."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shopguard.adapter import PlatformAdapter, Secret
from shopguard.config import Mode, load_config
from shopguard.config.editing import section_text, with_shop, with_value
from shopguard.config.settings_file import SettingsFile, Written
from shopguard.config.yaml_file import read_yaml
from shopguard.crypto import StoredSecrets
from shopguard.errors import ConfigError
from shopguard.private_file import write_private

RENEW = "renew-shops"
"""A file of the data directory: replaced when the processes shall take up the settings anew."""


class SettingUp:
    """Changes shops in the settings, as a person would with an editor and ``shopguard secret set``.

    Args:
        seal, open: for what a form carries to and fro that nobody shall read.
        env: where secrets of other shops are looked up when the whole file is checked.
    """

    def __init__(
        self,
        file: SettingsFile,
        secrets: StoredSecrets,
        seal: Callable[[bytes], bytes],
        open: Callable[[bytes], bytes],
        platforms: Mapping[str, type[PlatformAdapter]],
        data_dir: Path,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.file, self.platforms, self.seal, self.open = file, platforms, seal, open
        self._secrets, self._data_dir, self._env = secrets, data_dir, env

    def add(self, name: str, section: Mapping[str, Any], secrets: Mapping[str, Secret]) -> Written:
        """Write a new shop into the settings, its secrets into the sealed file. ``ConfigError`` names every fault.

        Args:
            section: what stands below the name; it names its secrets as ``{stored: …}``.
            secrets: those by name. They are kept only if the whole file is without fault.
        """
        known = {**self._secrets.all(), **secrets}

        def check(path: Path) -> None:
            self._check(path, known)
            for stored, secret in secrets.items():
                self._secrets.set(stored, secret)

        written = self.file.change(lambda text: with_shop(text, name, section), check)
        self.ask_for_renewal()
        return written

    def set_mode(self, name: str, mode: Mode) -> Written:
        """Let a shop go as far as ``mode`` says, from when the processes have taken it up."""
        return self._change(lambda text: with_value(text, ("shops", name, "mode"), mode.value))

    def set_public_url(self, url: str) -> Written:
        """Let platforms call this guard at ``url``, from when the processes have taken it up."""
        return self._change(lambda text: with_value(text, ("server", "public_url"), url))

    def public_url(self) -> str | None:
        """Return where platforms call, by the file as it is now."""
        return self._section("server").get("public_url") or None

    def undo(self, version: str, forget: str = "") -> None:
        """Take back the change that made the file ``version``; with ``forget``, also the secrets of that shop."""
        self.file.undo(version)
        if forget and self.shop_written(forget) is None:
            for stored in self._secrets.list():
                if stored.startswith(f"{forget}."):
                    self._secrets.remove(stored)
        self.ask_for_renewal()

    def secrets_of(self, name: str) -> tuple[str, ...]:
        """Return the names of the stored secrets that a shop's section names."""
        known = self._secrets.list()
        return tuple(dict.fromkeys(stored for stored in _stored_in(self.shop_written(name)) if stored in known))

    def replace_secret(self, stored: str, secret: Secret) -> None:
        """Put another secret in the place of a stored one."""
        if stored not in self._secrets.list():
            raise ConfigError(f"{stored}: no such secret is stored")
        self._secrets.set(stored, secret)
        self.ask_for_renewal()

    def shops_written(self) -> tuple[str, ...]:
        """Return the shops in the file as it is now, also those that no process has taken up yet."""
        return tuple(self._section("shops"))

    def shop_written(self, name: str) -> Mapping[str, Any] | None:
        """Return a shop's section of the file as it is now, without its secrets; None if there is none."""
        found = self._section("shops").get(name)
        return found if isinstance(found, Mapping) else None

    def _section(self, name: str) -> Mapping[str, Any]:
        try:
            section = read_yaml(self.file.path).get(name) if self.file.path.exists() else None
        except ConfigError:
            return {}
        return {str(key): value for key, value in section.items()} if isinstance(section, Mapping) else {}

    def ask_for_renewal(self) -> None:
        """Let ``shopguard serve`` start the processes that know the shops anew."""
        write_private(self._data_dir / RENEW, b"")

    def text_of(self, name: str, section: Mapping[str, Any]) -> str:
        """Return the section for a person who must write it by hand."""
        return section_text(name, section)

    def _change(self, change: Callable[[str], str]) -> Written:
        written = self.file.change(change, lambda path: self._check(path, self._secrets.all()))
        self.ask_for_renewal()
        return written

    def _check(self, path: Path, secrets: Mapping[str, Secret]) -> None:
        load_config(path, self._env, secrets, self.platforms)


def _stored_in(section: object) -> Iterator[str]:
    """Yield the names of secrets in a part of the settings, wherever they stand."""
    if isinstance(section, Mapping):
        if isinstance(name := section.get("stored"), str) and len(section) == 1:
            yield name
        else:
            for below in section.values():
                yield from _stored_in(below)
    elif isinstance(section, list):
        for below in section:
            yield from _stored_in(below)
