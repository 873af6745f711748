"""The registry's own commands on entries: registry load, block, unblock, erase."""

from typing import BinaryIO

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.loading import load_entries
from shopguard.cli.output import json_option, show_json
from shopguard.cli.registry_enrol import enrol
from shopguard.cli.registry_erasures import erasures
from shopguard.cli.registry_keys import epoch, keys, reseal
from shopguard.cli.registry_log import verify
from shopguard.cli.registry_members import members
from shopguard.cli.registry_office import office
from shopguard.cli.registry_persons import persons
from shopguard.cli.running import opened, own_registry
from shopguard.registry.load import LineFault
from shopguard.wire import plain


@click.group()
def registry() -> None:
    """The registry of entries."""


for command in (members, office, persons, keys, epoch, reseal, enrol, erasures, verify):
    registry.add_command(command)


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
        report = load_entries(own_registry(installation).publisher, file, _name_fault)
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
        found = own_registry(installation).publisher.block(entry)
    _say(context, entry, "blocked", found)


@registry.command()
@click.argument("entry", metavar="ENTRY")
@click.pass_context
def unblock(context: click.Context, entry: str) -> None:
    """Serve a blocked entry again."""
    with opened(context.ensure_object(Invocation)) as installation:
        found = own_registry(installation).publisher.unblock(entry)
    _say(context, entry, "served again", found)


@registry.command()
@click.argument("entry", metavar="ENTRY")
@click.confirmation_option("--yes", prompt="Nothing can bring it back. Erase it?", help="Do not ask.")
@click.pass_context
def erase(context: click.Context, entry: str) -> None:
    """Destroy the entry with this id, for good: its key too, so that no backup of the entries can show it again."""
    with opened(context.ensure_object(Invocation)) as installation:
        found = own_registry(installation).publisher.erase(entry)
    _say(context, entry, "erased", found)


def _say(context: click.Context, entry: str, done: str, found: bool) -> None:
    click.echo(f"{entry}: {done}" if found else f"{entry}: there is no entry with this id", err=not found)
    context.exit(0 if found else 1)


def _name_fault(fault: LineFault) -> None:
    click.echo(f"line {fault.line}: {fault.reason}", err=True)
