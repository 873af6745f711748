"""What a setting's type cannot say: how large a number may be, what a text must name."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
class TimeZone:
    """The name of a time zone in the IANA database."""

    def fault(self, value: object) -> str | None:
        try:
            ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return f'is no time zone: "{value}"; write it as in Asia/Tokyo'
        return None
