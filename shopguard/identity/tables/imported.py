"""A richer table of towns that an operator downloaded: our own extract of it, kept beside the compiled table."""

import gzip
from collections.abc import Iterator
from pathlib import Path

IMPORTED = "imported-towns.gz"


def read_imported(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Return what was imported into this folder: code, town and kana of each town."""
    path = folder / IMPORTED
    if not path.is_file():
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            code, town, kana = line.rstrip("\n").split("\t")
            yield code, town, kana
