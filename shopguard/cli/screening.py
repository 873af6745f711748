"""Judging and reading what is in a file, without storing anything: screen, identify, compare."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from shopguard import wire
from shopguard.cli.invocation import Invocation
from shopguard.cli.lines import answer_each, csv_orders, json_lines
from shopguard.cli.running import Refused
from shopguard.config import Config, Language
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.guard.screening import PairStore, Screener, ScreeningRules
from shopguard.identity import Identity, identify, tokens
from shopguard.matching import compare
from shopguard.model import Order, Party
from shopguard.registry import EmbeddedRegistry, LineFault, PlainPrf
from shopguard.storage.engine import is_current, migrate, open_engine, sqlite_url

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

_file = click.argument("file", type=click.File("rb"), default="-")


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
@click.pass_context
def screen(context: click.Context, file: BinaryIO, shop: str | None, is_csv: bool, entries: BinaryIO | None) -> None:
    """Judge orders: JSON lines in, verdicts as JSON lines out, in order. Stores nothing; FILE is stdin by default.

    A line that cannot be read is named on stderr; the others are judged, and the exit code is 1.
    """
    invocation = context.ensure_object(Invocation)
    rules = _rules(invocation.config(), shop)
    with _screener(invocation, shop, entries) as screener:
        all_good = answer_each(
            csv_orders(file) if is_csv else json_lines(file),
            wire.decode_order,
            lambda order: wire.verdict(screener.screen(_of_shop(order, shop), rules)),
            file,
        )
    context.exit(0 if all_good else 1)


def _rules(config: Config, shop: str | None) -> ScreeningRules:
    if shop is None:
        return ScreeningRules(config.policy, Language.JA)
    if shop not in config.shops:
        known = ", ".join(config.shops) or "none is in the settings"
        raise click.UsageError(f"no shop is named {shop}; the shops: {known}")
    settings = config.shops[shop]
    return ScreeningRules(settings.policy or config.policy, settings.language, settings.allow_list)


def _of_shop(order: Order, shop: str | None) -> Order:
    return order if shop is None else replace(order, shop=shop)


class _NoPairs:
    """``KnownPairs`` where nobody was told apart."""

    def entries(self, shop: str, buyer: str) -> frozenset[str]:
        return frozenset()


@contextmanager
def _screener(invocation: Invocation, shop: str | None, entries: BinaryIO | None) -> Iterator[Screener]:
    if entries is not None:
        with tempfile.TemporaryDirectory() as folder, _screener_of(entries, Path(folder)) as screener:
            yield screener
        return
    if invocation.config().database.url is None and not (invocation.data_dir / "registry.db").exists():
        raise ConfigError("the registry is empty: run `shopguard registry load FILE`, or name entries by --registry")
    installation = invocation.installation()
    try:
        yield Screener(_registry(installation), installation.keyring, _pairs(installation, shop))
    finally:
        installation.close()


def _registry(installation: "Installation") -> EmbeddedRegistry:
    if not is_current(installation.registry_engine, "registry"):
        raise ConfigError("the registry is not at this version: start `shopguard serve` once, which upgrades it")
    return installation.embedded_registry


def _pairs(installation: "Installation", shop: str | None) -> PairStore | _NoPairs:
    is_there = installation.config.database.url is not None or (installation.data_dir / "guard.db").exists()
    return PairStore(installation.engine) if shop is not None and is_there else _NoPairs()


@contextmanager
def _screener_of(entries: BinaryIO, folder: Path) -> Iterator[Screener]:
    """Give a screener over ``entries`` alone, with keys and tables of its own in ``folder``."""
    keyring = Keyring.create(folder / "keys.json")
    engine = open_engine(sqlite_url(folder / "registry.db"))
    try:
        migrate(engine, "registry")
        prf = PlainPrf(keyring.registry_seed, "file")
        registry = EmbeddedRegistry(engine, prf, keyring, lambda: datetime.now(UTC))
        faults: list[LineFault] = []
        registry.load(entries, on_fault=faults.append)
        if faults:
            raise Refused("\n".join(f"{entries.name}: line {fault.line}: {fault.reason}" for fault in faults))
        yield Screener(registry, keyring, _NoPairs())
    finally:
        engine.dispose()


@click.command("identify")
@_file
@click.option("--show", is_flag=True, help="Show the tokens' values too; they are personal data.")
@click.pass_context
def identify_(context: click.Context, file: BinaryIO, show: bool) -> None:
    """Show how parties are read: JSON lines in, canonical identities with the kinds of their tokens out.

    A line that cannot be read is named on stderr, and the exit code is 1. FILE is stdin by default.
    """
    all_good = answer_each(
        json_lines(file),
        lambda line: wire.decode(line, Party),
        lambda party: _identity(identify(party), show),
        file,
    )
    context.exit(0 if all_good else 1)


def _identity(identity: Identity, show: bool) -> dict[str, Any]:
    found = tokens(identity)
    canonical: dict[str, Any] = wire.plain(identity)
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
@click.pass_context
def compare_(context: click.Context, file: BinaryIO) -> None:
    """Show what two parties have in common: JSON lines {"a": party, "b": party} in, comparisons out.

    A line that cannot be read is named on stderr, and the exit code is 1. FILE is stdin by default.
    """
    all_good = answer_each(
        json_lines(file),
        lambda line: wire.decode(line, _Pair),
        lambda pair: wire.comparison(compare(pair.a, pair.b)),
        file,
    )
    context.exit(0 if all_good else 1)
