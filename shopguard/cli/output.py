"""What a person or a program gets to see: tables, JSON, progress, and texts in the reader's language."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar
from unicodedata import east_asian_width

import click

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def say(english: str, japanese: str) -> str:
    """Return the text in the language of the terminal: LC_ALL, else LC_MESSAGES, else LANG."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return japanese if spoken.lower().startswith("ja") else english


def show_json(value: object) -> None:
    """Print ``value`` (plain data or domain words) as JSON of several lines."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table with aligned columns; full-width characters count as two."""
    lines = [headings, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def progress(items: Iterable[T], label: str, length: int | None = None) -> AbstractContextManager[Iterable[T]]:
    """Return a context whose value yields ``items``, with a bar on stderr if that is a terminal.

    Args:
        length: how many there are, where ``items`` cannot say; None shows no share.
    """
    return click.progressbar(items, length, label, file=sys.stderr, hidden=not sys.stderr.isatty())


@contextmanager
def until_nobody_reads() -> Iterator[None]:
    """End the command quietly, as done, when whoever reads its output has had enough (``| head``)."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # Python writes out what is left when it ends
        raise click.exceptions.Exit(0) from None


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "-"
    return "-" if value is None else str(value)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)
