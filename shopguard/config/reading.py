"""From a YAML file to a ``Config``, or to every fault in it at once."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cattrs import Converter

from shopguard.adapter import Capability, PlatformAdapter, Secret
from shopguard.config.faults import did_you_mean, lines, one_of
from shopguard.config.installed import find_adapters
from shopguard.config.settings import Config, Mode, RegistrySettings, ServerSettings, ShopSettings
from shopguard.config.structure import converter
from shopguard.config.yaml_file import read_yaml
from shopguard.errors import ConfigError

T = TypeVar("T")

_SHOP_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_COMMON = frozenset(field.name for field in fields(ShopSettings)) - {"name", "adapter"}


def load_config(
    path: Path | None,
    env: Mapping[str, str],
    stored_secrets: Mapping[str, Secret],
    adapters: Mapping[str, type[PlatformAdapter]] | None = None,
) -> Config:
    """Return the settings in the file at ``path``; None means the built-in defaults.

    Args:
        env: where ``{env: NAME}`` is looked up.
        stored_secrets: where ``{stored: NAME}`` is looked up.
        adapters: the platforms by name; None means those installed.

    Raises:
        ConfigError: with all faults of the file, each naming its key; no secret is quoted.
    """
    if path is None:
        return Config()
    written = read_yaml(path)
    reader = _Reader(converter(env, stored_secrets), find_adapters() if adapters is None else adapters)
    config = reader.config(written)
    if reader.faults:
        raise ConfigError(*reader.faults)
    return config


class _Reader:
    """Reads section by section and gathers the faults, so that one run names them all."""

    def __init__(self, made: Converter, adapters: Mapping[str, type[PlatformAdapter]]) -> None:
        self._converter, self._adapters = made, adapters
        self.faults: list[str] = []

    def config(self, written: Mapping[str, Any]) -> Config:
        common = {key: value for key, value in written.items() if key != "shops"}
        config = self._read(common, Config, "") or Config()
        self._check_ports(written.get("server"))
        self._check_registry(config.registry)
        self._check_sign_in(config)
        shops = self._shops(written.get("shops"))
        self._check_keys(shops)
        return replace(config, shops=shops)

    def _read(
        self, written: object, wanted: type[T], path: str, also_known: frozenset[str] = frozenset()
    ) -> T | None:
        try:
            return self._converter.structure(written, wanted)
        except Exception as error:  # the validator's groups, and whatever a stranger's settings class raises
            self.faults.extend(lines(error, path, also_known))
            return None

    def _shops(self, written: object) -> Mapping[str, ShopSettings]:
        by_name = self._read(written, dict[object, object], "shops") or {}
        shops = (self._shop(str(name), shop) for name, shop in by_name.items())
        return {shop.name: shop for shop in shops if shop is not None}

    def _shop(self, name: str, section: object) -> ShopSettings | None:
        path = f"shops.{name}"
        written = self._read(section, dict[str, object], path)
        if written is None:
            return None
        if not _SHOP_NAME.fullmatch(name):
            self.faults.append(f"{path}: a shop's name has up to 40 small letters, digits and hyphens")
        adapter = self._adapter(path, written.get("platform"))
        self._check_gate(path, written, adapter)
        common = {key: value for key, value in written.items() if key in _COMMON}
        own = self._own_settings(path, written, adapter)
        return self._read({"platform": "", **common, "name": name, "adapter": own}, ShopSettings, path)

    def _adapter(self, path: str, platform: object) -> type[PlatformAdapter] | None:
        path = f"{path}.platform"
        if platform is None:
            self.faults.append(f"{path}: missing; write {one_of(self._adapters)}")
        elif not isinstance(platform, str):
            pass  # said when the shop is read
        elif platform not in self._adapters:
            self.faults.append(
                f'{path}: "{platform[:40]}" is not installed; write {one_of(self._adapters)}'
                f"{did_you_mean(platform, list(self._adapters))}"
            )
        else:
            try:
                return self._adapters[platform]
            except ConfigError as error:
                self.faults.extend(f"{path}: {fault}" for fault in error.faults)
        return None

    def _own_settings(
        self, path: str, written: Mapping[str, object], adapter: type[PlatformAdapter] | None
    ) -> object:
        """Return the adapter's settings: its keys stand beside the common ones, a shared name is for both."""
        if adapter is None:
            return None
        wanted: frozenset[str] = frozenset(field.name for field in fields(adapter.settings_class))
        own = {key: value for key, value in written.items() if key not in _COMMON or key in wanted}
        return self._read(own, adapter.settings_class, path, _COMMON)

    def _check_gate(self, path: str, written: Mapping[str, object], adapter: type[PlatformAdapter] | None) -> None:
        if written.get("mode") != Mode.GATE:
            return
        if written.get("gate") is None:
            self.faults.append(f"{path}.gate: missing; mode gate needs the payment kinds and to_status")
        if adapter is not None and Capability.GATE not in adapter.capabilities:
            self.faults.append(f"{path}.mode: {adapter.platform} has no gate; write observe, flag or hold")

    def _check_ports(self, server: object) -> None:
        written: Mapping[Any, Any] = server if isinstance(server, Mapping) else {}
        defaults = ServerSettings()
        taken: dict[object, str] = {}
        for role in ("receiver", "console", "registry"):
            port = written.get(f"{role}_port", getattr(defaults, f"{role}_port"))
            if port in taken:
                self.faults.append(f"server.{role}_port: is the {taken[port]}'s port too ({port}); choose another")
            taken.setdefault(port, role)

    def _check_registry(self, registry: RegistrySettings) -> None:
        """A central registry is asked in a member's name and over a line that nobody reads along."""
        since = Counter(fee.since for fee in registry.fees)
        twice = (day for day, count in since.items() if count > 1)
        self.faults.extend(f"registry.fees: two begin on {day}; leave one out" for day in twice)
        if registry.url is None:
            return
        if registry.member is None:
            self.faults.append("registry.member: missing; the registry's office gives it with the address")
        if not registry.answer_keys:
            self.faults.append("registry.answer_keys: missing; the registry's office gives them with the address")
        parts = urlsplit(registry.url)
        if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
            self.faults.append("registry.url: must begin with https://, as buyers' details are sent there")
        if registry.open:
            self.faults.append("registry.open: is for a registry of this installation; leave registry.url out")
        if registry.fees:
            self.faults.append("registry.fees: is for a registry of this installation; leave registry.url out")

    def _check_sign_in(self, config: Config) -> None:
        """Who comes from elsewhere comes over a line that nobody reads along, and to an address that is known."""
        oidc = config.sign_in.oidc
        if oidc.issuer is None:
            return
        parts = urlsplit(oidc.issuer)
        if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
            self.faults.append("sign_in.oidc.issuer: must begin with https://")
        if not oidc.client_id:
            self.faults.append("sign_in.oidc.client_id: missing; the issuer gives it")
        if config.server.console_url is None:
            self.faults.append("server.console_url: missing; sign_in.oidc sends people back to it")
        if not any(getattr(oidc.roles, field.name) for field in fields(oidc.roles)):
            self.faults.append("sign_in.oidc.roles: nobody gets a role; name the claim's values that give one")

    def _check_keys(self, shops: Mapping[str, ShopSettings]) -> None:
        """A key of ``/v1/check`` says whose order it is, so no two shops may share one."""
        holders = defaultdict(list)
        for name, shop in shops.items():
            if shop.check_key is not None:
                holders[shop.check_key].append(name)
        for first, *others in holders.values():
            self.faults.extend(f"shops.{other}.check_key: is that of {first} too; use another" for other in others)
