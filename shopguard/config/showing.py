"""The effective settings as plain values in the shape of the YAML file, without a secret."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from shopguard.adapter import Secret
from shopguard.config.settings import Config, ShopSettings


def show(config: Config) -> Mapping[str, Any]:
    """Return every setting with its effective value, ready for YAML or JSON; secrets are ``***``."""
    return _section(config)


def plain(value: object) -> Any:
    """Return a setting, or a section of them, as plain values; secrets are ``***``."""
    match value:
        case ShopSettings():
            common = _section(value)
            own = common.pop("adapter")
            del common["name"]  # it is the key above
            return {**common, **own}
        case Secret():
            return "***"
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case Decimal():
            return str(value)
        case Mapping():
            return {str(key): plain(below) for key, below in value.items()}
        case tuple() | list() | set() | frozenset():
            return [plain(item) for item in value]
    return _section(value) if is_dataclass(value) else value


def _section(value: Any) -> dict[str, Any]:
    return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
