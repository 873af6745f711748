"""What compiling tells: how far it is, and what the table holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str, float], None]  # what is being done now, and how much of all is done (0 to 1)


@dataclass(frozen=True, slots=True)
class Content:
    """How much a table holds. ``faults`` are lines of our own files that were left out, as ``file:line: why``."""

    municipalities: int
    former_names: int
    towns: int
    imported_towns: int
    postal_codes: int
    surnames: int
    given_names: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What ``refresh`` or ``import_towns`` made."""

    path: Path
    version: str
    size: int  # bytes
    seconds: float
    content: Content
