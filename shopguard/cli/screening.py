"""Judging and reading what is in a file, without storing anything: screen, identify, compare."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import click
import msgspec

from shopguard import wire
from shopguard.cli.invocation import Invocation
from shopguard.cli.lines import answer_each, csv_orders, json_lines
from shopguard.cli.screener import Judging, finisher, load_apart, rules_for
from shopguard.cli.tables import ready_tables
from shopguard.identity import Identity, identify, tokens
from shopguard.matching import compare, explained
from shopguard.model import Party

_file = click.argument("file", type=click.File("rb"), default="-")
_processes = click.option(
    "--processes",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many work side by side; the answers stay in order.",
)


@click.command()
@_file
@click.option("--shop", metavar="SHOP", help="Judge by this shop's policy, in its language.")
@click.option(
    "--csv", "is_csv", is_flag=True, help="CSV, UTF-8 or CP932; header: id, total, payment.kind, buyer.name…"
)
@click.option(
    "--registry",
    "entries",
    type=click.File("rb"),
    help="Ask these entries (JSONL, as `registry load` takes them) instead of the registry.",
)
@_processes
@click.pass_context
def screen(
    context: click.Context, file: BinaryIO, shop: str | None, is_csv: bool, entries: BinaryIO | None, processes: int
) -> None:
    """Judge orders: JSON lines in, verdicts as JSON lines out, in order. Stores nothing; FILE is stdin by default.

    A line that cannot be read is named on stderr; the others are judged, and the exit code is 1.
    """
    invocation = context.ensure_object(Invocation)
    rules_for(invocation.config(), shop)  # a shop that is not there is said before any work
    _compiled_before(invocation, processes)
    with TemporaryDirectory() if entries else nullcontext() as folder:
        apart = Path(folder) if folder else None
        if entries and apart:
            load_apart(entries, apart)
        all_good = answer_each(
            csv_orders(file) if is_csv else json_lines(file),
            Judging(invocation, shop, apart),
            file,
            processes,
            finisher(invocation.config(), shop),
        )
    context.exit(0 if all_good else 1)


def _compiled_before(invocation: Invocation, processes: int) -> None:
    if processes > 1:  # else each of them would compile the tables where they are missing
        ready_tables(invocation)


@click.command("identify")
@_file
@click.option("--show", is_flag=True, help="Show the tokens' values too; they are personal data.")
@_processes
@click.pass_context
def identify_(context: click.Context, file: BinaryIO, show: bool, processes: int) -> None:
    """Show how parties are read: JSON lines in, canonical identities with the kinds of their tokens out.

    A line that cannot be read is named on stderr, and the exit code is 1. FILE is stdin by default.
    """
    invocation = context.ensure_object(Invocation)
    _compiled_before(invocation, processes)
    all_good = answer_each(json_lines(file), Identifying(invocation, show), file, processes, bytes)
    context.exit(0 if all_good else 1)


@dataclass(frozen=True, slots=True)
class Identifying:
    """``Task`` of ``identify``."""

    invocation: Invocation
    show: bool

    @contextmanager
    def opened(self) -> Iterator[Callable[[bytes], bytes]]:
        self.invocation.use_tables()
        yield lambda line: wire.encode(_identity(identify(wire.decode(line, Party)), self.show))


def _identity(identity: Identity, show: bool) -> dict[str, Any]:
    found = tokens(identity)
    canonical: dict[str, Any] = msgspec.to_builtins(identity, order="deterministic")  # remarks are a set
    del canonical["party"]  # what was handed in
    named = [{"kind": token.kind, "value": token.value} for token in found]
    return {
        **canonical,
        "fields": sorted(identity.fields),
        "tokens": named if show else [token.kind for token in found],
    }


@dataclass(frozen=True, slots=True)
class _Pair:
    a: Party
    b: Party


@click.command("compare")
@_file
@_processes
@click.pass_context
def compare_(context: click.Context, file: BinaryIO, processes: int) -> None:
    """Show what two parties have in common: JSON lines {"a": party, "b": party} in, comparisons out.

    A line that cannot be read is named on stderr, and the exit code is 1. FILE is stdin by default.
    """
    invocation = context.ensure_object(Invocation)
    _compiled_before(invocation, processes)
    all_good = answer_each(json_lines(file), Comparing(invocation), file, processes, bytes)
    context.exit(0 if all_good else 1)


@dataclass(frozen=True, slots=True)
class Comparing:
    """``Task`` of ``compare``."""

    invocation: Invocation

    @contextmanager
    def opened(self) -> Iterator[Callable[[bytes], bytes]]:
        self.invocation.use_tables()
        yield lambda line: wire.encode(_comparison(wire.decode(line, _Pair)))


def _comparison(pair: _Pair) -> object:
    return wire.comparison(compare(pair.a, pair.b), explained)
