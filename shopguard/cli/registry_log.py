"""Checking the registry's log, from the command line: registry verify."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json
from shopguard.cli.running import Refused, opened, own_registry
from shopguard.registry.client.log_line import LogLine
from shopguard.registry.log.copy import LogCopy, LogFeed
from shopguard.registry.log.signing import OwnLog
from shopguard.registry.log.verifying import Found, check_own, findings

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

COPY = "registry-log.jsonl"
_KEY_BYTES = 32


def _public(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> Sequence[bytes]:
    try:
        keys = [base64.b64decode(value, validate=True) for value in values]
    except ValueError:
        keys = [b""]
    if any(len(key) != _KEY_BYTES for key in keys):
        raise click.BadParameter("a public key is 32 bytes in base64, as in registry.answer_keys")
    return keys


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--fetch", is_flag=True, help="Bring FILE up to date first; the registry must go on from it.")
@click.option(
    "--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another copy to compare."
)
@click.option("--key", "keys", multiple=True, callback=_public, help="A public key of the registry, for any machine.")
@click.option("--begin-anew", is_flag=True, help="Forget the head seen last, once the office has told what happened.")
@json_option
@click.pass_context
def verify(
    context: click.Context,
    file: Path | None,
    fetch: bool,
    against: Path | None,
    keys: Sequence[bytes],
    begin_anew: bool,
    as_json: bool,
) -> None:
    """Check off line that no leaf of the log was changed, removed or moved, and name the first that was.

    FILE is a copy of the log, made by --fetch; else that of this shop (registry-log.jsonl in the data directory). At
    the registry itself, without a FILE, its own log is checked. Only `--fetch` asks anybody.
    """
    invocation = context.ensure_object(Invocation)
    if keys and file is not None and not fetch:
        found = _found_in(LogCopy(file), keys, against)
    else:
        with opened(invocation) as installation:
            if begin_anew:
                installation.witness.begin_anew()
            found = _found_here(installation, file, keys, against, fetch)
    if as_json:
        show_json(found)
    else:
        click.echo(_sentence(found))
    context.exit(0 if found.is_right else 1)


def _found_here(
    installation: "Installation", file: Path | None, keys: Sequence[bytes], against: Path | None, fetch: bool
) -> Found:
    feed: LogFeed
    known: Iterable[bytes]
    if installation.asks_elsewhere:
        known, feed = installation.trusted_keys.all().values(), LogLine(installation.registry_client)
    else:
        home = own_registry(installation)
        known, feed = home.answer_keys.publics, OwnLog(home.log, home.heads)
        if file is None:
            return check_own(home.log, home.heads, [*keys, *known])
    copy = LogCopy(file or installation.data_dir / COPY)
    if fetch:
        copy.extend(feed, [*keys, *known])
    return _found_in(copy, [*keys, *known], against)


def _found_in(copy: LogCopy, keys: Sequence[bytes], against: Path | None) -> Found:
    if not copy.path.exists():
        raise Refused(f"{copy.path}: there is no copy yet; --fetch makes one")
    seen = findings(copy.check(keys), copy.heads(keys))
    return seen if against is None else msgspec.structs.replace(seen, different=copy.difference(LogCopy(against)))


def _sentence(found: Found) -> str:
    if found.wrong is not None:
        return f"WRONG: {found.wrong}"
    if found.different is not None:
        return f"WRONG: {found.different}: one of the two registries or copies does not tell the truth"
    if found.signed_at is None:
        return f"{found.leaves} leaves, but no head over them that is signed under a key known here: see --key"
    return (
        f"{found.leaves} leaves, all as they were logged; "
        f"{found.covered} of them stand under a head that is signed, the last at {found.signed_at}"
    )
