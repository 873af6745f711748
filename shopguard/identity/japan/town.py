"""Towns inside a municipality: by name, after a Kyoto street, by the end of the name, or misspelt."""

import re
from collections.abc import Collection
from typing import NamedTuple

from shopguard.identity.japan.numbers import NUMERALS
from shopguard.identity.japan.spelling import Spelling, spell
from shopguard.identity.location import Remark
from shopguard.identity.tables import Tables, Town
from shopguard.identity.tables.place_key import place_key

_LONGEST_ENDING = 12
_FORMER = re.compile("[^0-9]{1,6}?[町村]")
_FORMER_ENDS = ("町", "村", "区", "市")
_RUN = re.compile(f"[{NUMERALS}]{{2,}}")
_KYOTO = "261"  # its wards' codes begin so
# 寺町通御池上ル, 四条通河原町東入: decoration before the town.
_STREET = re.compile(
    "(?:[^0-9]|[0-9]+ ?(?=[条丁番筋]))*(?:[上下] ?が?[るルり]|[東西]入(?![船江])[りるル]?)"
    "[ 、,]*(?:[0-9一二三四五六七八九]丁目(?=[^0-9 -]))?"
)
_NUMBER = re.compile("^[0-9]*[^0-9]+(?=[0-9])")
_GRID_TOWN = re.compile("([^0-9]*[0-9]+)条")
_STREET_NUMBER = re.compile("[0-9]+条(?=[0-9]|$)")
_LOT = re.compile("字?([甲乙丙丁])(?=[0-9])")
_HOUSE_IN_GRID = re.compile("条? ?-? ?(?=[0-9]+ ?(?:[丁番の]|-[0-9]))")
_STREET_END = re.compile("[りリ](?=[0-9 -]|$)")


class Found(NamedTuple):
    """A town, the text after it, and how it was found."""

    town: Town
    after: str
    remarks: frozenset[Remark] = frozenset()
    end: int = 0  # where the town ends in the key

    @property
    def is_followed_by_letters(self) -> bool:
        """Whether more than numbers follows at once: a small area, or the rest of a name that was cut too short."""
        return _LETTERS.match(self.after) is not None


_LETTERS = re.compile(
    f"(?![{NUMERALS}]+(?:[^一-鿿]|[丁番号地条線]|$)|丁目|番|[大字第無のノ之ー]"
    "|[甲乙丙丁東西南北上中下内外前後新元本大小イロハニホヘト](?:[0-9 の-]|$))"
    r"[^\W0-9_]"
)
_MISSPELT = frozenset({Remark.MISSPELT})
_BY_POSTAL_CODE = frozenset({Remark.BY_POSTAL_CODE})
_STREET_LEFT_OUT = frozenset({Remark.KYOTO_STREET})
_KANA = frozenset({Remark.KANA})
_NONE: frozenset[Remark] = frozenset()


def find_towns(table: Tables, code: str, spelling: Spelling, start: int, former_town: str = "") -> tuple[Found, ...]:
    """Return the towns with the longest name that follow the first ``start`` characters of the key.

    Several wards of one city may have a town of that name.

    Args:
        former_town: what the names of its towns begin with since the municipality that was written merged.
    """
    if code.startswith(_KYOTO) and (found := _after_street(table, code, spelling.after(start))):
        return found
    return (former_town and _named(table, code, spelling, start, former_town)) or _named(table, code, spelling, start)


def _named(table: Tables, code: str, spelling: Spelling, start: int = 0, prefix: str = "") -> tuple[Found, ...]:
    found: list[Found] = []
    for size, town in table.towns(code, prefix + spelling.key[start:]):
        end = start + size - len(prefix)
        if found and end < found[0].end:
            break
        if (end > start or _is_divided(prefix, town, spelling.key[start:])) and not spelling.cuts_number(end):
            is_as_named = town.name.endswith(spelling.key[start:end])
            remarks = _KANA if not is_as_named and spelling.is_in_kana(town.name, start, end) else _NONE
            found.append(Found(town, _after(spelling, end), remarks, end))
    return tuple(found)


def _after(spelling: Spelling, end: int) -> str:
    """Return the text after the town, and after the り that some write behind 通."""
    after = spelling.after(end)
    if spelling.key[end - 1] == "通" and (ending := _STREET_END.match(after)):
        return after[ending.end() :]
    return after


def find_in_grid(town: Town, spelling: Spelling, start: int) -> Found | None:
    """Return ``town``, that of the postal code, where the numbers begin with its own: 4-10-2233 in 4条通."""
    grid = _GRID_TOWN.match(town.name)
    if grid is None or not spelling.key.startswith(grid[1], start) or spelling.key.startswith(town.name, start):
        return None
    after = spelling.after(start + len(grid[1]))
    house = _HOUSE_IN_GRID.match(after)
    return Found(town, after[house.end() :], _BY_POSTAL_CODE) if house else None


def find_by_lot(table: Tables, code: str, written: str, text: str) -> Found | None:
    """Return the town of lots 甲 or 乙 that is named like the municipality ``written``: 東根市甲 is 東根甲."""
    lot = _LOT.match(text)
    name = written.rpartition("郡")[2].rstrip("市町村")
    town = town_named(table, code, f"{name}{lot[1]}") if lot and name else None
    return Found(town, text[lot.end() :]) if lot and town else None


def _is_divided(former: str, town: Town, key: str) -> bool:
    """Say whether the former municipality is itself a town of today that is divided into 丁目: 保原町 1丁目."""
    return town.name == former and bool(town.has_chome) and key[:1].isdecimal()


def _after_street(table: Tables, code: str, text: str) -> tuple[Found, ...]:
    """Return the towns after the street, or before it."""
    street = _STREET.match(text[:60])
    if street is None:
        return ()
    after = text[street.end() :]
    if found := _named(table, code, spell(after)):
        return tuple(each._replace(remarks=_STREET_LEFT_OUT) for each in found)
    found = _named(table, code, spell(street[0]))
    return tuple(each._replace(after=after, remarks=_STREET_LEFT_OUT) for each in found)


def after_street(code: str, text: str) -> str:
    """Return ``text`` without the Kyoto street at its beginning; the same text where there is none."""
    street = _STREET.match(text[:60]) if code.startswith(_KYOTO) else None
    return text[street.end() :] if street is not None else text


def find_by_former_name(table: Tables, code: str, text: str) -> Found | None:
    """Return the one town of ``text`` where the former municipality in its name is missing or is no part of it.

    石仏 for 員弁町石仏; 員弁町石仏 for 石仏.
    """
    written = spell(text[: _first_number(text)])
    if (former := _FORMER.match(written.key)) and (found := _named(table, code, written, former.end())):
        return found[0]._replace(after=text[written.end(found[0].end) :])
    if (street := _STREET_NUMBER.match(written.key)) and (town := town_named(table, code, f"{street[0]}通")):
        return Found(town, text[written.end(street.end()) :])  # 4条 is 4条通, although 川端町4条 ends so, too
    names = table.town_names(code)
    for size in range(min(len(written.key), _LONGEST_ENDING), 1, -1):
        ending = written.key[:size]
        whole = {name for name in names if name.endswith(ending) and name[: -len(ending)].endswith(_FORMER_ENDS)}
        if towns := {town for name in whole for town in _exactly(table, code, name)}:
            ending_so = Found(towns.pop(), text[written.end(size) :])
            return None if towns or ending_so.is_followed_by_letters else ending_so
    return None


def find_before_numeral(table: Tables, code: str, text: str) -> Found | None:
    """Return the town that ends in a numeral which the house number follows in numerals, too: 山辺三 二〇九四."""
    run = _RUN.search(text)
    for cut in range(run.start() + 1, run.end()) if run is not None else ():
        if town := town_named(table, code, place_key(text[:cut])):
            return Found(town, text[cut:])
    return None


def find_similar(table: Tables, code: str, text: str, likely: Collection[str] = ()) -> Found | None:
    """Return the one town that ``text`` up to its first number misspells by one character, or spells partly in kana.

    町 and 丁 are mixed up more than others; where several towns are as near, one that is ``likely`` is taken.
    """
    end = _first_number(text)
    key = place_key(text[:end])
    if town := table.town_partly_in_kana(code, key):
        return Found(town, text[end:], _KANA)
    if key[-1:] in _MIXED_UP and (town := town_named(table, code, key[:-1] + _MIXED_UP[key[-1]])):
        return Found(town, text[end:], _MISSPELT)
    towns = table.similar_towns(code, key)
    if len(towns) > 1:
        towns = {town for town in towns if town.base in likely}
    return Found(towns.pop(), text[end:], _MISSPELT) if len(towns) == 1 else None


_MIXED_UP = {"町": "丁", "丁": "町"}


def _first_number(text: str) -> int:
    """Return where the first number after the name of the town begins, which may begin with one itself (1番町)."""
    found = _NUMBER.search(text)
    return found.end() if found is not None else len(text)


def town_named(table: Tables, code: str, name: str) -> Town | None:
    """Return the town of exactly this name."""
    return next(iter(_exactly(table, code, name)), None)


def _exactly(table: Tables, code: str, name: str) -> list[Town]:
    return [town for size, town in table.towns(code, name) if size == len(name)]
