"""Loading a file of entries into a registry, with a bar on a terminal."""

import sys
from collections.abc import Callable
from typing import BinaryIO

import click

from shopguard.cli.lines import line_count
from shopguard.registry.load import LineFault, LoadReport
from shopguard.registry.publishing import Publisher


def load_entries(publisher: Publisher, file: BinaryIO, on_fault: Callable[[LineFault], None]) -> LoadReport:
    """Load the entries of ``file`` and return what was done; ``on_fault`` gets each line that is left out."""
    hidden = not sys.stderr.isatty()
    count = None if hidden else line_count(file)
    with click.progressbar(length=count or 0, label="load", file=sys.stderr, hidden=hidden) as bar:

        def show(report: LoadReport) -> None:
            bar.update(report.lines - bar.pos)

        return publisher.load(file, show, on_fault)
