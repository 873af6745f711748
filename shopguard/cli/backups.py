"""Everything an installation stores into one file, and back: backup, restore."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from shopguard.adapter import Secret
from shopguard.cli.invocation import DEFAULT_CONFIG, TABLES_FOLDER, Invocation
from shopguard.cli.output import progress
from shopguard.cli.registry_erasures import NOT_KNOWN, given_journal
from shopguard.cli.running import Refused, database_in_use, operator
from shopguard.errors import ShopGuardError
from shopguard.guard.worker_lock import a_worker_runs
from shopguard.identity.tables.imported import IMPORTED
from shopguard.private_file import KEYS_FOLDER, read_private
from shopguard.registry.client.receipts import RECEIPTS
from shopguard.registry.erasures import JOURNAL, ErasureJournal
from shopguard.registry.log import Log
from shopguard.storage.archive import KEYS, Manifest, read_manifest, unpack, write_archive
from shopguard.storage.engine import open_engine, snapshot, sqlite_url
from shopguard.storage.snapshots import copy_at_one_moment

PASSPHRASE = "SHOPGUARD_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
_SHORTEST = 8  # characters
_SECRETS, _CONFIG = "secrets.enc", DEFAULT_CONFIG.name
_KEYS_ARE_APART = "This backup holds no keys: it is useless without a separate copy of {}. Keep that copy elsewhere."
_KEYED_FUNCTION = f"{KEYS_FOLDER}/prf.json"
_LOG = "registry-log.db"
_NESTED = tuple(f"registry-{store}.db" for store in ("vault", "keys", "index", "log", "prf"))
"""The registry's databases, in the order in which whoever writes to several of them takes them."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave the key files out: you keep copies of them elsewhere.")
@click.pass_obj
def backup(invocation: Invocation, file: Path, without_keys: bool) -> None:
    """Write everything into one FILE, while it runs: databases, secrets, settings, towns, receipts, and the keys.

    The keys (keys.json and those of the registry) are encrypted under a passphrase: the environment's
    SHOPGUARD_BACKUP_PASSPHRASE, else a prompt.
    """
    passphrase = None if without_keys else _new_passphrase()
    invocation.keyring()  # a key file that cannot be used is no backup
    config = invocation.config()
    with _said(file), tempfile.TemporaryDirectory(prefix=".backup-", dir=_folder_of(file)) as staging:
        keys = _key_files(invocation, without_keys)
        files = _copies(invocation, Path(staging))
        if keys != _key_files(invocation, without_keys):
            raise Refused("the keys were changed during the backup; run it again")
        given = None if without_keys else keys
        manifest = write_archive(file, files, version("shopguard"), datetime.now(UTC), given, passphrase)
    locked = "" if without_keys else f", {', '.join(keys)} (encrypted)"
    click.echo(f"wrote {file}: {_told(manifest.files)}{locked}")
    if without_keys:
        click.echo(_KEYS_ARE_APART.format(" and ".join(_kept_apart(invocation))), err=True)
    elif len(keys) > 1 and _KEYED_FUNCTION not in keys:
        click.echo(
            f"{_KEYED_FUNCTION} is not here, so it is not in it: keep a copy of the one that is used.", err=True
        )
    if config.database.url is not None:
        click.echo("The tables in PostgreSQL are not in it: back them up by pg_dump, at the same time.", err=True)


def _told(files: Collection[str]) -> str:
    """Name the files, but of the receipts only how many there are."""
    receipts = sum(name.startswith(f"{RECEIPTS}/") for name in files)
    named = [name for name in files if not name.startswith(f"{RECEIPTS}/")]
    return ", ".join([*named, *([f"{RECEIPTS} ({receipts})"] if receipts else [])])


def _key_files(invocation: Invocation, without_keys: bool) -> Mapping[str, bytes]:
    """Return what is in the files of keys, by their names; of what is left out, nothing is read but ``keys.json``."""
    registry = [] if without_keys else sorted((invocation.data_dir / KEYS_FOLDER).glob("*.json"))
    return {
        KEYS: invocation.keys_path.read_bytes(),
        **{f"{KEYS_FOLDER}/{path.name}": read_private(path) for path in registry},
    }


def _kept_apart(invocation: Invocation) -> Sequence[str]:
    return [KEYS, *([f"the folder {KEYS_FOLDER}"] if (invocation.data_dir / KEYS_FOLDER).exists() else [])]


@contextmanager
def _said(place: Path) -> Iterator[None]:
    """Say in a sentence that the disk is full or the folder closed."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{place}: cannot be written: {error.strerror}") from None


def _folder_of(file: Path) -> Path:
    if not file.absolute().parent.is_dir():
        raise Refused(f"{file}: there is no such folder")
    return file.absolute().parent


def _copies(invocation: Invocation, staging: Path) -> Mapping[str, Path]:
    """Copy what is to be archived, each file whole, and return the copies by the names they get."""
    databases = sorted(path.name for path in invocation.data_dir.glob("*.db"))
    files = {name: staging / name for name in databases}
    nested = {invocation.data_dir / name: files[name] for name in _NESTED if name in files}
    with progress([name for name in databases if name not in _NESTED], "copy") as shown:
        for name in shown:
            _snapshot(invocation.data_dir / name, files[name])
    copy_at_one_moment(nested)
    others = {
        _SECRETS: invocation.data_dir / _SECRETS,
        _CONFIG: invocation.config_path,
        IMPORTED: invocation.tables_folder / IMPORTED,
        **{f"{RECEIPTS}/{path.name}": path for path in sorted((invocation.data_dir / RECEIPTS).glob("*.json"))},
    }
    for name, path in others.items():
        if path is not None and path.exists():
            files[name] = staging / name
            files[name].parent.mkdir(exist_ok=True)
            shutil.copyfile(path, files[name])
    return files


def _snapshot(database: Path, copy: Path) -> None:
    engine = open_engine(sqlite_url(database))
    try:
        snapshot(engine, copy)
    finally:
        engine.dispose()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Move what is in the data directory aside first; nothing is deleted.")
@click.option("--erasures", metavar="FILE|none", help="The journal of what was erased since, if it is not here.")
@click.pass_obj
def restore(invocation: Invocation, file: Path, force: bool, erasures: str | None) -> None:
    """Put what `shopguard backup` wrote into the data directory; stop ShopGuard first.

    Everything is verified before anything is put in place. The settings come to the data directory too. Receipts of
    reports that are here stay, and those that are missing come back.

    Who was erased from the registry since the backup is erased again by the next start: the journal of erasures in
    the data directory is in no backup, and stays. Where there is none, the registry is served only once it is known,
    by --erasures or `shopguard registry erasures apply`.
    """
    home = invocation.data_dir
    journal = given_journal(erasures)
    manifest = read_manifest(file)
    if a_worker_runs(home):
        raise Refused(f"{home}: a worker runs; stop `shopguard serve` first")
    there = _standing_in_the_way(home, manifest)
    if there and not force:
        raise Refused(f"{home}: holds {', '.join(there)} already; --force moves them aside first")
    passphrase = _passphrase("it opens the keys in the backup") if manifest.locked_keys else None
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _said(home), tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as staging:
        unpack(file, Path(staging), passphrase)
        if _log_goes_on(home / _LOG, Path(staging, _LOG)):
            Path(staging, _LOG).unlink()
            there = [name for name in there if not name.startswith(_LOG)]
            click.echo(f"{_LOG} stays: it goes on from that of the backup, and what was logged is not taken back")
        if there:
            aside, moved = _move_aside(home, there)
            click.echo(f"moved aside to {aside}: {', '.join(moved)}")
        _bring_receipts(Path(staging, RECEIPTS), home / RECEIPTS)
        for path in sorted(Path(staging).iterdir()):
            target = home / _place(path.name)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            path.rename(target)
    _tell_restored(invocation, manifest)
    if any(name in manifest.files for name in _NESTED):
        _remember_erasures(home, erasures is not None, journal)


def _bring_receipts(restored: Path, folder: Path) -> None:
    """Put back the receipts that are not here: each proves what was filed, and none is ever replaced."""
    for path in sorted(restored.glob("*")):
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / path.name).exists():
            path.rename(folder / path.name)
    shutil.rmtree(restored, ignore_errors=True)


def _log_goes_on(present: Path, restored: Path) -> bool:
    """Whether the registry's log here has all that the backup's has: members have seen what came after it."""
    if not (present.exists() and restored.exists()):
        return False
    engines = [open_engine(sqlite_url(path)) for path in (present, restored)]
    try:
        here, earlier = (Log(engine, time.time) for engine in engines)
        return here.goes_on_from(earlier)
    except (ShopGuardError, SQLAlchemyError):  # damaged, or of an older version
        return False
    finally:
        for engine in engines:
            engine.dispose()


def _remember_erasures(home: Path, is_said: bool, given: bytes | None) -> None:
    """Let the next start erase again what was erased since the backup, or refuse to serve while that is not known."""
    journal = ErasureJournal(home / JOURNAL, time.time)
    if is_said:
        journal.declare(operator(), given)
    elif not journal.path.exists():
        journal.begin(restored=True)
        click.echo(NOT_KNOWN, err=True)


def _standing_in_the_way(home: Path, manifest: Manifest) -> Sequence[str]:
    """Return what an installation is made of; keys that wait for a backup without any are not in its way."""
    found = sorted(path.name for pattern in ("*.db", "*.db-wal", "*.db-shm") for path in home.glob(pattern))
    named = [_SECRETS, _CONFIG, IMPORTED, *([KEYS, KEYS_FOLDER] if manifest.locked_keys else [])]
    return [*found, *(name for name in named if (home / _place(name)).exists())]


def _place(name: str) -> Path:
    """Return where in the data directory a file of a backup belongs: towns are imported beside the tables."""
    return Path(TABLES_FOLDER, name) if name == IMPORTED else Path(name)


def _move_aside(home: Path, names: Sequence[str]) -> tuple[Path, Sequence[str]]:
    """Move ``names`` into a new folder; returns it, and what was moved."""
    database = database_in_use(home)  # asked last, as asking closes what a crash left open
    if database:
        raise Refused(f"{home}: {database} is in use; stop `shopguard serve` first")
    aside = home / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir(mode=0o700)
    still_there = [name for name in names if (home / _place(name)).exists()]
    for name in still_there:
        (home / _place(name)).rename(aside / name)
    return aside, still_there


def _tell_restored(invocation: Invocation, manifest: Manifest) -> None:
    home = invocation.data_dir
    click.echo(f"restored to {home}, as of {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC: {_told(manifest.files)}")
    if manifest.locked_keys is None and not invocation.keys_path.exists():
        apart = KEYS if not any(name in manifest.files for name in _NESTED) else f"{KEYS} and {KEYS_FOLDER}"
        click.echo(f"The backup holds no keys: put your copy of {apart} into {home} before you start.", err=True)
    used = invocation.config_path
    if _CONFIG in manifest.files and used is not None and used.resolve() != (home / _CONFIG).resolve():
        click.echo(f"The settings in use are still {used}; those of the backup are {home / _CONFIG}.", err=True)
    towns = home / _place(IMPORTED)
    if IMPORTED in manifest.files and invocation.tables_folder.resolve() != towns.parent.resolve():
        click.echo(f"The imported towns are {towns}; copy that file to {invocation.tables_folder}.", err=True)


def _new_passphrase() -> Secret:
    passphrase = _passphrase("it encrypts the keys in the backup", confirm=True)
    if len(passphrase.reveal()) < _SHORTEST:
        raise click.UsageError(f"{PASSPHRASE}: needs {_SHORTEST} characters or more")
    return passphrase


def _passphrase(purpose: str, confirm: bool = False) -> Secret:
    given = os.environ.get(PASSPHRASE)
    if given:
        return Secret(given)
    if not sys.stdin.isatty():
        other = ", or leave the keys out by --without-keys" if confirm else ""
        raise click.UsageError(f"a passphrase is needed, {purpose}: set {PASSPHRASE}{other}")
    typed: str = click.prompt(f"Passphrase ({purpose})", hide_input=True, confirmation_prompt=confirm, err=True)
    return Secret(typed)
