"""What a setting's type cannot say: how large a number may be, what a text must name."""

import base64
import re
from collections.abc import Sized
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shopguard.adapter import Secret


@runtime_checkable
class Limit(Protocol):
    """A condition on a setting's value, written as ``Annotated[int, Within(1, 65535)]``."""

    def fault(self, value: object) -> str | None:
        """Return what is wrong with ``value`` in words that follow the setting's name, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Within:
    """A number from ``least`` to ``most``, both included."""

    least: float
    most: float

    def fault(self, value: object) -> str | None:
        if isinstance(value, int | float | Decimal) and self.least <= value <= self.most:
            return None
        return f"must be from {self.least} to {self.most}, not {value}"


@dataclass(frozen=True, slots=True)
class Whole:
    """An amount without decimals, as yen have none."""

    def fault(self, value: object) -> str | None:
        fits = isinstance(value, Decimal) and value == value.to_integral_value()
        return None if fits else f"must be a whole number of yen, not {value}"


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A text or list with something in it."""

    def fault(self, value: object) -> str | None:
        return None if isinstance(value, Sized) and len(value) else "must not be empty"


@dataclass(frozen=True, slots=True)
class TimeZone:
    """The name of a time zone in the IANA database."""

    def fault(self, value: object) -> str | None:
        try:
            ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return f'"{value}" is no time zone; write it as in Asia/Tokyo'
        return None


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address that can be called over HTTP."""

    def fault(self, value: object) -> str | None:
        try:
            parts = urlsplit(str(value))
        except ValueError:
            parts = urlsplit("")
        return None if parts.scheme in ("http", "https") and parts.hostname else "must begin with https:// and a host"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """The address of a PostgreSQL database; it may hold a password, so it is never quoted."""

    def fault(self, value: object) -> str | None:
        fits = isinstance(value, Secret) and value.reveal().startswith("postgresql+psycopg://")
        return None if fits else "must begin with postgresql+psycopg://"


@dataclass(frozen=True, slots=True)
class MemberId:
    """The id a shop goes by at the central registry."""

    def fault(self, value: object) -> str | None:
        fits = re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", str(value))
        return None if fits else "must have 1 to 40 small letters, digits and hyphens"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public Ed25519 key: 32 bytes as base64."""

    def fault(self, value: object) -> str | None:
        try:
            fits = len(base64.b64decode(str(value), validate=True)) == 32
        except ValueError:
            fits = False
        return None if fits else "must be the 44 characters of a public key, as the registry's office gives it"
