"""Which platforms are installed: ours and strangers' alike, found by their entry points."""

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

from shopguard.adapter import PlatformAdapter
from shopguard.errors import ConfigError

GROUP = "shopguard.adapters"


def find_adapters() -> Mapping[str, type[PlatformAdapter]]:
    """Return the adapter classes by platform.

    Each is imported when it is asked for, so that a broken one stops only the shops that need it: asking for that
    raises ``ConfigError``.
    """
    return _Installed({found.name: found for found in entry_points(group=GROUP)})


class _Installed(Mapping[str, type[PlatformAdapter]]):
    def __init__(self, found: Mapping[str, EntryPoint]) -> None:
        self._found = found

    def __getitem__(self, platform: str) -> type[PlatformAdapter]:
        point = self._found[platform]
        try:
            adapter = point.load()
        except Exception as error:  # whatever a stranger's module raises
            raise ConfigError(f"platform {platform}: {point.value} cannot be loaded: {error!r}") from error
        if not (isinstance(adapter, type) and issubclass(adapter, PlatformAdapter)):
            raise ConfigError(f"platform {platform}: {point.value} is no PlatformAdapter")
        return adapter

    def __contains__(self, platform: object) -> bool:
        return platform in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)
