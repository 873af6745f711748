"""What was erased for good, from the command line: registry erasures export, apply."""

import time
from pathlib import Path
from typing import IO

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.running import Refused, operator
from shopguard.registry.erasures import JOURNAL, NONE, ErasureJournal, read_copy, read_journal

_HOW = "shopguard registry erasures apply FILE"
NOT_KNOWN = (
    "Who was erased from the registry since this backup is not known here, so nothing of it is served.\n"
    f"Run `{_HOW}` with the journal you exported to another machine, or with `none` if nobody was, "
    "or nobody can say."
)


def given_journal(given: str | None, *, cut: bool = False) -> bytes | None:
    """Return the journal in the file that was named; None for the word ``none``.

    ``ConfigError`` if it is none, or its end is missing; the latter may be so where it is known to be ``cut``.
    """
    if given is None or given == NONE:
        return None
    try:
        content = Path(given).read_bytes()
    except OSError as error:
        raise Refused(f"{given}: cannot be read: {error.strerror}") from None
    (read_journal if cut else read_copy)(content, given)
    return content


@click.group()
def erasures() -> None:
    """The journal of what was erased for good. It is in no backup, so that no backup brings anybody back."""


@erasures.command()
@click.argument("file", type=click.File("wb", lazy=True))
@click.pass_obj
def export(invocation: Invocation, file: IO[bytes]) -> None:
    """Copy the journal into FILE (`-`: stdout), to be kept on another machine. It names nobody.

    The last line of the copy says how many there are, so that one that is cut off is noticed.
    """
    path = invocation.data_dir / JOURNAL
    if not path.exists():
        raise Refused(f"{path}: there is none yet; it begins with the first start")
    file.write(ErasureJournal(path, time.time).export())


@erasures.command()
@click.argument("file", metavar="FILE|none")
@click.option("--cut-off", is_flag=True, help="FILE has no end, and there is no better one: go by what is left.")
@click.pass_obj
def apply(invocation: Invocation, file: str, cut_off: bool) -> None:
    """Erase again what the journal in FILE says was erased, after a backup was restored without it.

    Say `none` if nothing was erased since the backup, or if nobody can say: your word is kept in the journal.
    """
    given = given_journal(file, cut=cut_off)
    installation = invocation.installation()
    try:
        if installation.asks_elsewhere:
            raise Refused("registry.url names a central registry: what it erased is its own office's business")
        installation.home.upgrade()
        came_back = installation.home.erasures.apply(operator(), given, cut=cut_off)
    finally:
        installation.close()
    click.echo(f"{came_back} erased again; the registry may be served")
