"""The registry's keys and epochs, from the command line: registry keys list, rotate …, registry epoch …, reseal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, progress, show_json, show_table
from shopguard.cli.running import Refused, opened, operator, own_registry
from shopguard.crypto import Keyring
from shopguard.registry.home import OWN_MEMBER, RegistryHome
from shopguard.registry.rotation import tell_keyed_function, tell_office, tell_registry
from shopguard.registry.signing_keys import SigningKeys, Tell
from shopguard.storage.resealing import SealedRows

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

OVERLAP_DAYS = 7
_GUARD, _VAULT, _OFFICE, _ANSWERS, _MEMBER = "guard", "vault", "office", "answers", "member"
_SETS = click.Choice([_OFFICE, _ANSWERS, _MEMBER, _VAULT])


@click.group()
def keys() -> None:
    """The registry's keys, each changed while everything runs.

    office: signs what the keyed function is told. answers: sign what members are told. member: this installation's
    own, as it asks a registry. vault: seals the keys of entries, and the members.
    """


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(invocation: Invocation, as_json: bool) -> None:
    """Show every key of this installation with its age and use; never the keys themselves."""
    with opened(invocation) as installation:
        rows = list(_rows(installation))
    if as_json:
        show_json(rows)
    else:
        show_table(("keys", "key", "created", "days", "use"), [list(row.values()) for row in rows])


@keys.command()
@click.argument("keys", type=_SETS)
@click.option(
    "--overlap-days",
    type=click.IntRange(0, 365),
    help=f"answers: how long a new key is only announced [{OVERLAP_DAYS}]; 0 if the old one was stolen.",
)
@click.pass_obj
def rotate(invocation: Invocation, keys: str, overlap_days: int | None) -> None:
    """Use a new key; older ones stay good until they are retired."""
    if overlap_days is not None and keys != _ANSWERS:
        raise click.UsageError("--overlap-days is for the answers' keys")
    with opened(invocation) as installation:
        if keys == _VAULT:
            new = own_registry(installation).vault_keys.rotate()
            click.echo(f"key {new} seals from now on")
            click.echo("Next: back the keys up, run `shopguard registry keys rewrap`, then retire the older keys.")
            return
        overlap = timedelta(days=OVERLAP_DAYS if overlap_days is None else overlap_days)
        chosen, tell = _signing(installation, keys), _tell(installation, keys)
        made = chosen.rotate(overlap if keys == _ANSWERS else timedelta(0), tell)
    when = (
        "signs from now on"
        if made.signs_from <= made.created_at
        else f"is announced; it signs from {made.signs_from}"
    )
    click.echo(f"key {made.id} {when}")
    click.echo(
        f"Next: back the keys up; when it has signed for a while, `shopguard registry keys retire {keys} OLD`."
    )


@keys.command()
@click.pass_obj
def rewrap(invocation: Invocation) -> None:
    """Seal the keys of all entries, and the members, anew under the vault's newest key; safe to break off."""
    with opened(invocation) as installation:
        home, changed, seen = own_registry(installation), 0, 0
        for rows in _sealed(home):
            with progress(rows.reseal(home.vault_keys), "rewrap", rows.count()) as shown:
                for was_old in shown:
                    seen, changed = seen + 1, changed + was_old
    click.echo(f"{changed} of {seen} were sealed anew")


@keys.command()
@click.argument("keys", type=_SETS)
@click.argument("key", metavar="KEY")
@click.pass_obj
def retire(invocation: Invocation, keys: str, key: str) -> None:
    """Forget an older KEY: nothing is believed, or opened, by it any more. Refused while it is needed."""
    with opened(invocation) as installation:
        if keys == _VAULT:
            _retire_sealing(own_registry(installation), key)
        else:
            _signing(installation, keys).retire(key, _tell(installation, keys, ended=key))
    click.echo(f"key {key} is forgotten; a backup made before needs the key files of that time")


@click.group()
def epoch() -> None:
    """The epochs: each has a seed of its own, under which all entries are sealed."""


@epoch.command("list")
@json_option
@click.pass_obj
def list_epochs(invocation: Invocation, as_json: bool) -> None:
    """Show the epochs, the oldest first: `live` is asked under, `closing` still served to who has not switched."""
    with opened(invocation) as installation:
        rows = [
            {"epoch": e.number, "profile": e.profile, "state": e.state.value, "since": _moment(e.since)}
            for e in own_registry(installation).index.epochs()
        ]
    if as_json:
        show_json(rows)
    else:
        show_table(("epoch", "rules of identity", "state", "since"), [list(row.values()) for row in rows])


@epoch.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--force", is_flag=True, help="Also before members had their time to switch.")
@click.pass_obj
def close(invocation: Invocation, number: int, force: bool) -> None:
    """Let an epoch go that is no longer current: its rows, and its seed for good. Safe to break off."""
    with opened(invocation) as installation:
        own_registry(installation).publisher.close_epoch(number, force)
    click.echo(f"epoch {number} is closed: whatever was learned under it leads nowhere now")


@click.command()
@click.pass_obj
def reseal(invocation: Invocation) -> None:
    """Seal all entries under a new epoch, from the vault, and make that the one that members ask under.

    Everything is served meanwhile. What was broken off goes on when it is run again. Members switch by themselves;
    close the old epoch two weeks later.

    Where vault or index was restored alone, nothing is served, and this makes the index anew out of the vault.
    """
    with opened(invocation) as installation, _bar("reseal") as show:
        sealed = own_registry(installation, may_be_apart=True).publisher.reseal(show)
    click.echo(f"{sealed} entries were sealed anew")
    click.echo("Next: back the keys up; in two weeks, close the older epoch (`shopguard registry epoch list`).")


def _rows(installation: "Installation") -> Iterator[dict[str, Any]]:
    """Say of each key what it is for and since when; a shop that asks a central registry has two sets of its own."""
    home = None if installation.asks_elsewhere else installation.home
    yield from _keyring(_GUARD, installation.keyring)
    if home is not None:
        yield from _keyring(_VAULT, home.vault_keys)
    for name in (_MEMBER,) if home is None else (_OFFICE, _ANSWERS, _MEMBER):
        yield from _signing_rows(name, _signing(installation, name))
    for e in () if home is None else home.index.epochs():
        yield _row("epoch", str(e.number), _moment(e.since), f"{e.state} since then")


def _keyring(name: str, ring: Keyring) -> Iterator[dict[str, Any]]:
    for place, key in enumerate(ring.encryption_keys):
        yield _row(name, key.id, key.created_at, "opens" if place else "seals")


def _signing_rows(name: str, keys: SigningKeys) -> Iterator[dict[str, Any]]:
    signing = keys.signing
    for key in keys.all():
        is_older = key.created_at <= signing.created_at
        use = "signs" if key == signing else "is believed" if is_older else f"signs from {key.signs_from}"
        yield _row(name, key.id, key.created_at, use)


def _row(keys: str, key: str, created_at: str, use: str) -> dict[str, Any]:
    age = datetime.now(UTC) - datetime.fromisoformat(created_at)
    return {"keys": keys, "id": key, "created_at": created_at, "age_days": max(age.days, 0), "use": use}


def _signing(installation: "Installation", name: str) -> SigningKeys:
    if name == _MEMBER:
        return installation.home.member_keys
    home = own_registry(installation)
    return home.office if name == _OFFICE else home.answer_keys


def _tell(installation: "Installation", name: str, ended: str | None = None) -> Tell:
    """Return what makes a set of keys known where it is checked; members ask for those of answers by themselves.

    Args:
        ended: the key that is being retired.
    """
    home = installation.home
    if name == _OFFICE:
        return tell_keyed_function(home.prf, home.office, installation.clock)
    if name == _MEMBER and installation.asks_elsewhere:
        return tell_registry(installation.registry_client, ended)
    if name == _MEMBER:
        return tell_office(home.members, OWN_MEMBER, operator(), ended)
    return lambda publics: None


def _sealed(home: RegistryHome) -> tuple[SealedRows, ...]:
    """Return what is sealed under the vault's keys, by database."""
    return SealedRows(home.engine("vault")), SealedRows(home.engine("keys"))


def _retire_sealing(home: RegistryHome, key: str) -> None:
    ring = home.vault_keys.encryption_keys
    if any(older.id == key for older in ring[1:]):
        needing = 0
        for rows in _sealed(home):
            with progress(rows.needing(key, ring), "look", rows.count()) as shown:
                needing += sum(shown)
        if needing:
            raise Refused(f"key {key}: {needing} are sealed under it; run `shopguard registry keys rewrap` first")
    home.vault_keys.retire(key)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give what shows how many of how many are done, on a terminal."""
    with click.progressbar(length=0, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
