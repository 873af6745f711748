"""What runs on this machine, and the installation as a command finds it."""

import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopguard.errors import ConfigError, ShopGuardError
from shopguard.storage.engine import is_current

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation
    from shopguard.cli.invocation import Invocation
    from shopguard.registry.home import RegistryHome


_LOGIN = Path("/proc/self/loginuid")
"""Source: Linux, proc(5), ``/proc/pid/loginuid``, kept by pam_loginuid (read 2026-11)."""
_NOBODY_SIGNED_IN = 2**32 - 1


class Refused(ShopGuardError):
    """What was asked cannot be done as it was asked; the message says why and what to do."""


@contextmanager
def opened(invocation: "Invocation", *, create: bool = False) -> Iterator["Installation"]:
    """Give everything made of the settings, its tables in place, and close it afterwards.

    Args:
        create: make or upgrade missing tables; else they are a ``ConfigError`` that names the remedy.
    """
    installation = invocation.installation()
    try:
        if create:
            installation.migrate(say_renewal)
        else:
            check_tables(installation)
        yield installation
    finally:
        installation.close()


def say_renewal(done: int, total: int) -> None:
    """Say once, on stderr, that entries are brought to new rules, where that takes more than a moment."""
    if not done and total >= _MANY_ENTRIES:
        click.echo(f"shopguard: bringing {total:,} entries to the new rules of identity, once", err=True)


_MANY_ENTRIES = 5_000  # some seconds' work


def check_tables(installation: "Installation") -> None:
    """Raise ``ConfigError`` unless the tables are those of this version; a missing file is not created."""
    on_files = installation.config.database.url is None
    if on_files and not (installation.data_dir / "guard.db").exists():
        raise ConfigError(f"{installation.data_dir}: nothing is stored here yet; run `shopguard serve` first")
    own = None if installation.asks_elsewhere else installation.home
    if not is_current(installation.engine, "guard") or (own and not own.is_current()):
        raise ConfigError("the database is not at this version: start `shopguard serve` once, which upgrades it")


def own_registry(installation: "Installation", *, may_be_apart: bool = False) -> "RegistryHome":
    """Return the registry of this installation; ``Refused`` if a central one is asked, which has its own office.

    ``ErasuresUnknown`` or ``StoresApart`` if it is out of a backup and may not be served as it is.
    """
    if installation.asks_elsewhere:
        raise Refused("registry.url names a central registry: its entries and members are kept there, not here")
    if may_be_apart:
        installation.home.erasures.settle()
    else:
        installation.home.settle()
    return installation.home


def database_in_use(data_dir: Path) -> str | None:
    """Return the name of a database of ``data_dir`` that a process has open, or None.

    Asking brings what is still in a database's log into its file.
    """
    return next((path.name for path in sorted(data_dir.glob("*.db")) if _is_open(path)), None)


def operator(login: Path = _LOGIN) -> str:
    """Return who calls this command, for the audit log: the account that signed in to this machine.

    Linux keeps that through ``sudo`` and ``su``, and lets nobody change it who is not root: so people who all work as
    the user ``shopguard`` are still told apart. Where nobody signed in (a service, another system) it is the account
    that the command runs as. No environment variable changes either.
    """
    try:
        signed_in = int(login.read_text())
    except (OSError, ValueError):
        signed_in = _NOBODY_SIGNED_IN
    uid = os.getuid() if signed_in == _NOBODY_SIGNED_IN else signed_in
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _is_open(path: Path) -> bool:
    """Whether a process has the database open: SQLite leaves WAL mode only for the last one who has."""
    connection = sqlite3.connect(path, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:  # no database at all
        return False
    finally:
        connection.close()
    return False
