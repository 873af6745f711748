"""The tables that people are invented from: text files of this folder, read once."""

from functools import cache
from importlib.resources import files

Row = tuple[str, ...]


@cache
def words(name: str) -> dict[str, tuple[Row, ...]]:
    """Return the rows of ``name``.txt by their heading; the parts of a row were separated by colons."""
    found: dict[str, list[Row]] = {}
    for line in lines(name):
        heading, _, rest = line.partition(" = ")
        found.setdefault(heading, []).extend(tuple(word.split(":")) for word in rest.split())
    return {heading: tuple(rows) for heading, rows in found.items()}


def pairs(name: str, heading: str) -> dict[str, str]:
    """Return rows of two parts as a dictionary."""
    return {row[0]: row[1] for row in words(name)[heading]}


def lines(name: str) -> list[str]:
    text = (files(__package__) / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
