"""A richer table of towns that an operator downloaded: our own extract of it, kept beside the compiled table."""

import codecs
import csv
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, NamedTuple

from shopguard.errors import ShopGuardError
from shopguard.identity.tables.place_key import place_key

IMPORTED = "imported-towns.gz"

_SAMPLE = 1 << 16  # bytes
_LONGEST_NAME = 100


class ImportRefused(ShopGuardError):
    """The file is no table of towns: the message names the file, the line and what is wrong. Nothing was imported."""


class NamedTown(NamedTuple):
    """A town as a table names it: code of the municipality, name with 丁目 or 小字 if any, kana or ""."""

    code: str
    name: str
    kana: str


Row = Mapping[str, str]


def _of_geolonia(row: Row) -> NamedTown | None:
    town, part = row["大字町丁目名"], row["小字・通称名"]
    return NamedTown(row["市区町村コード"].zfill(5), town + part, "" if part else row["大字町丁目名カナ"])


def _of_registry(row: Row) -> NamedTown | None:
    if row.get("ablt_date"):
        return None  # abolished
    kana = row["oaza_cho_kana"] + row.get("koaza_kana", "") if not row["chome"] else row["oaza_cho_kana"]
    code = row["lg_code"].zfill(6)[:5]  # the sixth is a check digit
    return NamedTown(code, row["oaza_cho"] + (row["chome"] or row["koaza"]), kana)


def _of_ours(row: Row) -> NamedTown | None:
    return NamedTown(row["code"].zfill(5), row["town"], row["kana"])


# Which columns tell a table, and how its rows are read.
# Sources, read 2026-11: README of geolonia/japanese-addresses; 町字マスター of the Address Base Registry.
_KINDS: tuple[tuple[frozenset[str], Callable[[Row], NamedTown | None]], ...] = (
    (frozenset({"市区町村コード", "大字町丁目名", "大字町丁目名カナ", "小字・通称名"}), _of_geolonia),
    (frozenset({"lg_code", "oaza_cho", "oaza_cho_kana", "chome", "koaza"}), _of_registry),
    (frozenset({"code", "town", "kana"}), _of_ours),
)


def read_imported(folder: Path) -> Iterator[NamedTown]:
    """Return what was imported into this folder."""
    path = folder / IMPORTED
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield NamedTown(*line.rstrip("\n").split("\t"))


def keep_extract(file: Path, folder: Path) -> int:
    """Read a table (CSV in UTF-8 or CP932, or a zip of one) and keep its towns in ``folder``; return how many.

    It is replaced when all of it was read, or not at all.

    Raises: ImportRefused, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".imported-", delete=False) as target:
        extract = Path(target.name)
    try:
        count = _extract(file, extract)
        extract.chmod(0o644)
        extract.replace(folder / IMPORTED)
    except zipfile.BadZipFile as error:
        raise ImportRefused(f"{file.name}: is a damaged zip file ({error})") from None
    finally:
        extract.unlink(missing_ok=True)
    return count


def forget_extract(folder: Path) -> None:
    """Remove what was imported into this folder."""
    (folder / IMPORTED).unlink(missing_ok=True)


def _extract(file: Path, target: Path) -> int:
    known: set[NamedTown] = set()
    with _opened(file) as lines, gzip.GzipFile(target, "wb", mtime=0) as packed:
        for town in _towns(file.name, lines):
            if town not in known:
                known.add(town)
                packed.write(("\t".join(town) + "\n").encode())
    if not known:
        raise ImportRefused(f"{file.name}: holds no town")
    return len(known)


def _towns(name: str, lines: IO[str]) -> Iterator[NamedTown]:
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, [])
        read = next((read for columns, read in _KINDS if columns <= set(header)), None)
        if read is None:
            wanted = "; ".join(",".join(sorted(columns)) for columns, _ in _KINDS)
            raise ImportRefused(f"{name}:1: no known columns; one of these sets is needed: {wanted}")
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise ImportRefused(f"{name}:{rows.line_num}: has {len(row)} columns, its header has {len(header)}")
            town = read(dict(zip(header, row, strict=True)))
            if town is not None and town.name:
                _check(town, f"{name}:{rows.line_num}")
                yield town
    except UnicodeDecodeError:
        raise ImportRefused(f"{name}:{rows.line_num + 1}: is neither UTF-8 nor CP932 here or soon after") from None
    except csv.Error as error:
        raise ImportRefused(f"{name}:{rows.line_num}: is not CSV ({error})") from None


def _check(town: NamedTown, where: str) -> None:
    if not re.fullmatch("[0-9]{5}", town.code):
        raise ImportRefused(f"{where}: the code of the municipality is not a number of five or six digits")
    if max(len(town.name), len(town.kana)) > _LONGEST_NAME or not place_key(town.name):
        raise ImportRefused(f"{where}: the name of the town is too long or holds no letter")
    if re.search(r"[\t\r\n\x1e]", town.name + town.kana):
        raise ImportRefused(f"{where}: the name of the town holds a control character")


@contextmanager
def _opened(file: Path) -> Iterator[IO[str]]:
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(file)) if zipfile.is_zipfile(file) else None
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")] if archive else []
        if archive and len(names) != 1:
            raise ImportRefused(f"{file.name}: holds {len(names)} CSV files, exactly one is needed")

        def binary() -> IO[bytes]:
            return stack.enter_context(archive.open(names[0]) if archive else file.open("rb"))

        encoding = _encoding(binary().read(_SAMPLE))
        yield stack.enter_context(io.TextIOWrapper(binary(), encoding=encoding, newline=""))


def _encoding(start: bytes) -> str:
    """Return the encoding of a file that starts so; a wrong byte further on is a fault, not another encoding."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp932"
    return "utf-8-sig"
