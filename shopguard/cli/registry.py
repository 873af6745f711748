"""The registry's own commands: registry load, registry block."""

from typing import BinaryIO

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.loading import load_entries
from shopguard.cli.output import json_option, show_json
from shopguard.cli.running import opened
from shopguard.registry import LineFault
from shopguard.wire import plain


@click.group()
def registry() -> None:
    """The registry of entries."""


@registry.command()
@click.argument("file", type=click.File("rb"))
@json_option
@click.pass_context
def load(context: click.Context, file: BinaryIO, as_json: bool) -> None:
    """Load entries already decided (JSON lines), for moving in from another list; `-` is stdin.

    An entry replaces the one with its id, so a load that broke off is simply run again. A bad line is named on
    stderr and left out; the others are loaded, and the exit code is 1.
    """
    with opened(context.ensure_object(Invocation), create=True) as installation:
        report = load_entries(installation.embedded_registry, file, _name_fault)
    if as_json:
        show_json(plain(report))
    else:
        click.echo(f"{report.stored} stored, {report.unchanged} unchanged, {report.faulty} left out")
    context.exit(1 if report.faulty else 0)


@registry.command()
@click.argument("entry", metavar="ENTRY")
@click.pass_context
def block(context: click.Context, entry: str) -> None:
    """Serve the entry with this id no more, from now on; loading it again does not bring it back.

    For an entry that turned out wrong, or that its person objects to. Orders held because of it stay held until they
    are released.
    """
    with opened(context.ensure_object(Invocation)) as installation:
        blocked = installation.embedded_registry.block(entry)
    click.echo(f"{entry}: blocked" if blocked else f"{entry}: there is no entry with this id", err=not blocked)
    context.exit(0 if blocked else 1)


def _name_fault(fault: LineFault) -> None:
    click.echo(f"line {fault.line}: {fault.reason}", err=True)
