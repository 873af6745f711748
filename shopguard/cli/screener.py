"""Judging the orders of a file: over this installation's registry, or over a file of entries alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from shopguard import wire
from shopguard.cli.invocation import Invocation
from shopguard.cli.loading import load_entries
from shopguard.cli.running import Refused
from shopguard.config import Config, Language
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError
from shopguard.guard import policy
from shopguard.guard.own_people import NobodyKnown, OwnPeople
from shopguard.guard.phone_use import NoPhoneUse, PhonesOfFile
from shopguard.guard.screening import KnownPairs, PairStore, Screener, ScreeningRules
from shopguard.guard.signals import Signal, Use
from shopguard.matching import explained
from shopguard.model import Verdict
from shopguard.registry.home import RegistryHome
from shopguard.registry.load import LineFault

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one order as JSON, and the other one if its phone turns out to have many names.

    Nobody who sees only some of the lines can tell which it is.
    """

    verdict: bytes
    with_many_names: bytes
    uses: tuple[Use, ...]
    placed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judging:
    """``Task`` of ``screen``; each process opens the registry for itself and only reads.

    Args:
        shop: whose rules and allow-list count; None means the common policy.
        entries: a folder that ``load_apart`` has filled; None means the registry of this installation.
    """

    invocation: Invocation
    shop: str | None
    entries: Path | None

    @contextmanager
    def opened(self) -> Iterator[Callable[[bytes], Judged]]:
        given = _Given()
        self.invocation.use_tables()
        with _apart(self.entries, given) if self.entries else _installed(self.invocation, self.shop, given) as made:
            rules = rules_for(self.invocation.config(), self.shop)
            yield lambda line: self._judge(line, made, rules, given)

    def _judge(self, line: bytes, screener: Screener, rules: ScreeningRules, given: "_Given") -> Judged:
        order = wire.decode_order(line)
        if self.shop is not None:
            order = replace(order, shop=self.shop)
        given.uses = ()
        verdict = screener.screen(order, rules)
        noticed = policy.notice(verdict, order, [Signal.MANY_NAMES], rules.policy, rules.language)
        return Judged(_json(verdict), _json(noticed) if given.uses else b"", given.uses, order.placed_at)


def finisher(config: Config, shop: str | None) -> Callable[[Judged], bytes]:
    """Return what chooses the verdict of each order, called in the order of the file."""
    phones = PhonesOfFile(config.retention.phone_use_days)
    many = rules_for(config, shop).policy.signals.many_names_from

    def finish(judged: Judged) -> bytes:
        return judged.with_many_names if phones.surnames(judged.uses, judged.placed_at) >= many else judged.verdict

    return finish


def rules_for(config: Config, shop: str | None) -> ScreeningRules:
    """Return the rules of ``shop``, or the common ones in Japanese."""
    if shop is None:
        return ScreeningRules(config.policy, Language.JA)
    if shop not in config.shops:
        known = ", ".join(config.shops) or "none is in the settings"
        raise click.UsageError(f"no shop is named {shop}; the shops: {known}")
    settings = config.shops[shop]
    return ScreeningRules(settings.policy or config.policy, settings.language, settings.allow_list)


def load_apart(file: BinaryIO, folder: Path) -> None:
    """Load the entries of ``file`` into ``folder``, with keys and tables of its own; ``Refused`` names bad lines."""
    keyring = Keyring.create(_keys(folder))
    with _home_in(folder, keyring) as home:
        home.prepare()
        faults: list[LineFault] = []
        load_entries(home.publisher, file, faults.append)
    if faults:
        raise Refused("\n".join(f"{file.name}: line {fault.line}: {fault.reason}" for fault in faults))


class _Given(NoPhoneUse):
    """``PhoneUse`` that notes what it is asked about and leaves the counting to who sees every line."""

    def __init__(self) -> None:
        self.uses: tuple[Use, ...] = ()

    def surnames(self, uses: Sequence[Use]) -> int:
        self.uses = tuple(uses)
        return 0


class _NoPairs:
    """``KnownPairs`` where nobody was told apart."""

    def entries(self, shop: str, buyer: str) -> frozenset[str]:
        return frozenset()


@contextmanager
def _installed(invocation: Invocation, shop: str | None, given: _Given) -> Iterator[Screener]:
    config = invocation.config()
    own_file = config.registry.url is None and config.database.url is None
    if own_file and not (invocation.data_dir / "registry-index.db").exists():
        raise ConfigError("the registry is empty: run `shopguard registry load FILE`, or name entries by --registry")
    installation = invocation.installation()
    try:
        if not installation.asks_elsewhere:
            if not installation.home.is_current():
                raise ConfigError(
                    "the registry is not at this version: start `shopguard serve` once, which upgrades it"
                )
            installation.home.keeps_looks = False
        pairs, own_list = _known(installation, shop)
        yield Screener(installation.registry, installation.keyring, pairs, given, own_list)
    finally:
        installation.close()


def _known(installation: "Installation", shop: str | None) -> tuple[KnownPairs, OwnPeople]:
    """Return what a shop remembers of people: nothing where no shop is named, or nothing is stored yet."""
    is_there = installation.config.database.url is not None or (installation.data_dir / "guard.db").exists()
    if shop is None or not is_there:
        return _NoPairs(), NobodyKnown()
    return PairStore(installation.engine), installation.own_list


@contextmanager
def _apart(folder: Path, given: _Given) -> Iterator[Screener]:
    keyring = Keyring.load(_keys(folder))
    with _home_in(folder, keyring) as home:
        yield Screener(home.client(keyring.subkey("registry-commitment")), keyring, _NoPairs(), given)


@contextmanager
def _home_in(folder: Path, keyring: Keyring) -> Iterator[RegistryHome]:
    """A registry for this one file: nobody else comes to know its seeds, so they may lie in this process."""
    home = RegistryHome(folder, "file", keyring, lambda: datetime.now(UTC), apart=False)
    home.keeps_looks = False
    try:
        yield home
    finally:
        home.close()


def _keys(folder: Path) -> Path:
    return folder / "keys.json"


def _json(verdict: Verdict) -> bytes:
    return wire.encode(wire.verdict(verdict, explained))
