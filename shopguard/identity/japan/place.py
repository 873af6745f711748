"""Which municipality and town an address names: what is written, and the postal code as a second witness."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shopguard.identity.japan.joining import Written
from shopguard.identity.japan.spelling import Spelling, join, spell
from shopguard.identity.japan.town import (
    Found,
    after_street,
    find_before_numeral,
    find_by_former_name,
    find_by_lot,
    find_in_grid,
    find_similar,
    find_towns,
    town_named,
)
from shopguard.identity.location import Place, Remark
from shopguard.identity.tables import Municipality, PostalArea, Tables
from shopguard.identity.tables.place_key import place_key
from shopguard.identity.text import squash

_WITHOUT_NUMBER = re.compile("無番地?|番外地?")
_GRID = re.compile("(?<![a-z0-9])([nsew])([0-9]{1,2})[- ]?([nsew])(?=[0-9]{1,2}(?![a-z0-9]))")  # N1W7 in Sapporo
_DIRECTIONS = {"n": "北", "s": "南", "e": "東", "w": "西"}
_MOST_WARDS = 30  # of one city
_MOST = 2  # places kept of an address that can be read in several ways


class Located(NamedTuple):
    """The places an address may mean, likelier first, and the text after them.

    ``is_town_open`` says that the municipality is known and that the text still begins with whatever town there is.
    """

    places: tuple[Place, ...]
    after: str
    prefecture: str
    has_chome: bool | None = None
    remarks: frozenset[Remark] = frozenset()
    is_town_open: bool = False


class _Option(NamedTuple):
    """A municipality that the text may begin with, where it ends in the key, and the town if one follows."""

    municipality: Municipality
    start: int
    found: Found | None

    def is_certain(self, prefecture: str) -> bool:
        """Whether the town is found whole, in the prefecture that is written, if any is."""
        if self.found is None or self.found.is_followed_by_letters:
            return False
        return not prefecture or self.municipality.prefecture == prefecture


def locate(table: Tables, written: Written) -> Located:
    """Return the places of the written texts.

    The written municipality and town win over the postal code if there is such a town in it.
    """
    areas = tuple(table.postal(written.postal)) if written.postal else ()
    spelling, options = _read(table, written)
    located = _in_grid(table, options, areas, spelling)
    located = located or _named(table, options, areas, spelling) or _moved(table, options, areas, spelling)
    if located is None and options:
        located = _town_unnamed(table, _agreeing(options, areas), areas, spelling)
    if located is None:
        located = _by_postal_code(table, areas, spelling.text, written.prefecture)
    remarks = []
    if written.postal and not areas:
        remarks.append(Remark.UNKNOWN_POSTAL_CODE)
    if written.prefecture and located.prefecture != written.prefecture:
        remarks.append(Remark.PREFECTURE_CONFLICT)
    if areas and not any(_covers(table, place.municipality, area) for place in located.places for area in areas):
        remarks.append(Remark.POSTAL_CONFLICT)
    return located._replace(remarks=located.remarks.union(remarks)) if remarks else located


def _read(table: Tables, written: Written) -> tuple[Spelling, Sequence[_Option]]:
    """Return the text in the order of its parts that names a town, else a municipality, else as it stands."""
    best: tuple[Spelling, Sequence[_Option]] | None = None
    for parts in _orders(written):
        spelling = spell(join(parts))
        options = _options(table, spelling, written.prefecture)
        if options and options[0].is_certain(written.prefecture):
            return spelling, options
        if best is None or (options and not best[1]):
            best = spelling, options
    return best or (spell(""), ())


def _orders(written: Written) -> Iterator[Sequence[str]]:
    """Return the parts as written, then in the orders of people who begin with the building."""
    parts = written.parts
    yield parts
    if written.unshortened != parts:
        yield written.unshortened  # what looked repeated was the town: 泊村大字泊村
    yield from _turned(parts)
    text = " ".join(parts)
    if _GRID.search(text):
        yield (_GRID.sub(_in_kanji, text),)
    if text.count(" ") >= len(parts):
        yield from _turned(text.split(" "))


def _turned(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return the parts turned round, first those behind the first part, which may be the city."""
    turns = range(1, min(len(parts), 5))
    yield from ((parts[0], *parts[first:], *parts[1:first]) for first in turns[1:])
    yield from ((*parts[first:], *parts[:first]) for first in turns)


def _in_kanji(grid: re.Match[str]) -> str:
    return f"{_DIRECTIONS[grid[1]]}{grid[2]}{_DIRECTIONS[grid[3]]}"


def _options(table: Tables, spelling: Spelling, prefecture: str) -> Sequence[_Option]:
    """Return the municipalities with the longest name that the text begins with and that have the town which follows.

    Those of the written prefecture come before all others. Where no town follows, the longest names alone.
    """
    townless: list[_Option] = []
    elsewhere: list[_Option] = []
    for size, municipalities in table.municipalities(spelling.key):
        here = tuple(each for each in municipalities if not prefecture or each.prefecture == prefecture)
        away = tuple(each for each in municipalities if each not in here)
        for group, spare in ((here, townless), (away, elsewhere)):
            if townless:
                group = tuple(each for each in group if not _is_part(each, size, townless))
            if read := _with_towns(table, group, spelling, size):
                return read
            if not spare:
                spare += [_Option(each, size, None) for each in group]
    return townless or elsewhere


def _is_part(municipality: Municipality, size: int, longer: Sequence[_Option]) -> bool:
    """Say whether a longer name was read that holds this one: 千葉市中央区 is not a town 中央 in 千葉市."""
    return any(size < each.start and municipality.name in each.municipality.name for each in longer)


def _with_towns(
    table: Tables, municipalities: Sequence[Municipality], spelling: Spelling, start: int
) -> list[_Option]:
    read = [
        _Option(each, start, found)
        for each in municipalities
        for found in find_towns(table, each.code, spelling, start, each.former_town)
    ]
    if read or not municipalities:
        return read
    return [
        _Option(each, start, found)
        for each in municipalities
        if (repeated := _repeated(each.name, spelling.key, start))
        for found in find_towns(table, each.code, spelling, start + repeated)
    ]


def _repeated(name: str, key: str, start: int) -> int:
    """Return the length of a municipality's name that stands there once more: 港区港区芝公園."""
    ends = (name, name.partition("郡")[2], name.partition("市")[2])
    return max(len(end) if end and key.startswith(end, start) else 0 for end in ends)


def _named(
    table: Tables, options: Sequence[_Option], areas: Sequence[PostalArea], spelling: Spelling
) -> Located | None:
    """Return the places whose municipality and town are both written."""
    options = _agreeing([option for option in options if option.found is not None], areas)[:_MOST]
    if not options:
        return None
    founds = [option.found for option in options if option.found is not None]
    remarks = _remarks(options[0], spelling) | founds[0].remarks
    likely = {area.town for area in areas}
    if founds[0].is_followed_by_letters or (likely and founds[0].town.base not in likely):
        similar = find_similar(table, founds[0].town.code, spelling.after(options[0].start), likely)
        if similar is not None and similar.town != founds[0].town:
            if len(similar.after) < len(founds[0].after):  # 芝公演 is no part of 芝
                founds.insert(0, similar)
                remarks |= similar.remarks
            elif similar.town.base in likely:  # 中山町 with the postal code of 中山
                founds.insert(1, similar)
    places = tuple(dict.fromkeys(Place(found.town.code, found.town.base or found.town.name) for found in founds))
    return Located(places[:_MOST], founds[0].after, _prefecture(options), founds[0].town.has_chome, remarks)


def _in_grid(
    table: Tables, options: Sequence[_Option], areas: Sequence[PostalArea], spelling: Spelling
) -> Located | None:
    """Return the town of the postal code where it holds a number and the address gives that number alone."""
    if not options or len(areas) != 1 or "条" not in areas[0].town or options[0].municipality.code != areas[0].code:
        return None
    town = town_named(table, *areas[0])
    found = find_in_grid(town, spelling, options[0].start) if town else None
    if found is None:
        return None
    place = Place(found.town.code, found.town.base or found.town.name)
    return Located((place,), found.after, _prefecture(options), found.town.has_chome, found.remarks)


def _agreeing(options: Sequence[_Option], areas: Sequence[PostalArea]) -> Sequence[_Option]:
    """Return the options in whose municipality the postal code lies; all where there are none."""
    if len(options) < 2 or not areas:
        return options
    codes = {area.code for area in areas}
    here = [each for each in options if (each.found.town.code if each.found else each.municipality.code) in codes]
    return here or options


def _moved(
    table: Tables, options: Sequence[_Option], areas: Sequence[PostalArea], spelling: Spelling
) -> Located | None:
    """Return the place where the municipality of the postal code has the written town, unlike the one written."""
    start = options[0].start if options else 0
    for code in dict.fromkeys(area.code for area in areas):
        for found in find_towns(table, code, spelling, start):
            place = Place(found.town.code, found.town.base or found.town.name)
            remarks = found.remarks | _BY_POSTAL_CODE
            if options and not any(
                _covers(table, each.municipality.code, area) for each in options for area in areas
            ):
                remarks |= {Remark.POSTAL_CONFLICT}
            return Located((place,), found.after, _prefecture_of(table, code), found.town.has_chome, remarks)
    return None


def _town_unnamed(
    table: Tables, options: Sequence[_Option], areas: Sequence[PostalArea], spelling: Spelling
) -> Located | None:
    """Return the places where the municipality is written and no town of it."""
    if len(options) > _MOST:
        return None  # 中央区 alone may be any of ten
    places, founds, text = [], [], ""
    for option in options:
        code = option.municipality.code
        text = spelling.after(option.start)
        found = find_by_lot(table, code, spelling.key[: option.start], text)
        found = found or find_before_numeral(table, code, text) or find_by_former_name(table, code, text)
        found = found or _in_shortened_ward(table, option.municipality, spelling, option.start)
        found = found or _in_another_ward(table, code, spelling, option.start)
        found = found or _town_of_postal_code(table, code, areas, text)
        found = found or find_similar(table, code, text, {area.town for area in areas})
        places.append(Place(found.town.code, found.town.base or found.town.name) if found else Place(code))
        founds.append(found)
    remarks = _remarks(options[0], spelling)
    first = founds[0]
    if first is None:
        return Located(tuple(places), text, _prefecture(options), None, remarks, is_town_open=True)
    places = [place for place, found in zip(places, founds, strict=True) if found]
    return Located(tuple(places), first.after, _prefecture(options), first.town.has_chome, remarks | first.remarks)


def _town_of_postal_code(table: Tables, code: str, areas: Sequence[PostalArea], text: str) -> Found | None:
    """Return the only town of the postal code, if it lies in municipality ``code``."""
    towns = {area for area in areas if area.town and _covers(table, code, area)}
    if len(towns) != 1 or any(not area.town for area in areas):
        return None
    area = towns.pop()
    town = town_named(table, area.code, area.town)
    if town is None:
        return None
    misspelt = find_similar(table, area.code, text, {area.town})
    if misspelt is not None and misspelt.town == town:
        return misspelt
    return Found(town, after_street(code, text), _BY_POSTAL_CODE)


def _in_another_ward(table: Tables, code: str, spelling: Spelling, start: int) -> Found | None:
    """Return the town in another ward of the same city, if one ward alone has it: wards gave parts to new ones."""
    city = f"{code[:4]}0"
    if city == code or not _covers(table, city, PostalArea(code, "")):
        return None
    found = find_towns(table, city, spelling, start)
    if len(found) != 1 or found[0].is_followed_by_letters:
        return None
    return found[0]._replace(remarks=found[0].remarks | _FORMER)


def _in_shortened_ward(table: Tables, city: Municipality, spelling: Spelling, start: int) -> Found | None:
    """Return the town behind the name of a ward without 区: さいたま市浦和高砂."""
    if not city.code.endswith("0"):
        return None
    first = int(city.code)
    for code in range(first + 1, first + _MOST_WARDS):
        ward = table.municipality(f"{code:05}")
        if ward is None:
            continue
        if not ward.name.startswith(city.name):
            break
        name = ward.name[len(city.name) : -1]
        if spelling.key.startswith(name, start) and (
            found := find_towns(table, ward.code, spelling, start + len(name))
        ):
            return found[0]
    return None


def _by_postal_code(table: Tables, areas: Sequence[PostalArea], text: str, prefecture: str) -> Located:
    """Return the place of the postal code where the text names no municipality that could be read."""
    codes = list(dict.fromkeys(area.code for area in areas))
    if len(codes) != 1:
        return Located((), text, prefecture, is_town_open=True)
    here = _prefecture_of(table, codes[0])
    for area in sorted(areas, key=lambda area: -len(area.town)):
        at = spell(text).key.find(area.town) if area.town else -1
        if at >= 0:
            found = town_named(table, area.code, area.town)
            after = spell(text).after(at + len(area.town))
            return Located((Place(*area),), after, here, found.has_chome if found else None, _BY_POSTAL_CODE)
    if len(areas) == 1:
        found = town_named(table, codes[0], areas[0].town) if areas[0].town else None
        return Located((Place(*areas[0]),), text, here, found.has_chome if found else None, _BY_POSTAL_CODE)
    return Located((Place(codes[0]),), text, here, None, _BY_POSTAL_CODE)


def _covers(table: Tables, code: str, area: PostalArea) -> bool:
    """Say whether the area lies in municipality ``code``, which may be a whole city of wards."""
    if area.code == code:
        return True
    if not code.endswith("0") or code[:2] != area.code[:2]:
        return False
    city, ward = table.municipality(code), table.municipality(area.code)
    return city is not None and ward is not None and ward.name.startswith(city.name)


def _remarks(option: _Option, spelling: Spelling) -> frozenset[Remark]:
    name = option.municipality.name
    if spelling.key.endswith(name, 0, option.start) or name.startswith(spelling.key[: option.start]):
        return _FORMER if option.municipality.former_town else _NONE
    if spelling.is_in_kana(name[:-1], 0, option.start - 1):  # みなと区 ends in kanji
        return _KANA
    missing = name.removesuffix(spelling.key[: option.start])
    is_present = name != missing and (not missing or missing.endswith(("郡", "市", "島")))
    return _NONE if is_present and not option.municipality.former_town else _FORMER


def _prefecture(options: Sequence[_Option]) -> str:
    found = {option.municipality.prefecture for option in options}
    return found.pop() if len(found) == 1 else ""


def _prefecture_of(table: Tables, code: str) -> str:
    found = table.municipality(code)
    return found.prefecture if found is not None else ""


_NONE: frozenset[Remark] = frozenset()
_KANA = frozenset({Remark.KANA})
_FORMER = frozenset({Remark.FORMER_NAME})
_BY_POSTAL_CODE = frozenset({Remark.BY_POSTAL_CODE})


def with_town(table: Tables, located: Located, town: str, has_numbers: bool) -> Located:
    """Return ``located`` with the town as it is written, which the tables do not know."""
    town = squash(place_key(_WITHOUT_NUMBER.sub("", town)))
    if not located.places:
        if not town:
            return located
        return located._replace(places=(Place(town),), remarks=located.remarks | {Remark.UNKNOWN_MUNICIPALITY})
    remarks = located.remarks
    if (town or has_numbers) and all(table.all_towns_known(place.municipality) for place in located.places):
        remarks |= {Remark.UNKNOWN_TOWN}
    places = tuple(place if place.town else Place(place.municipality, town) for place in located.places)
    return located._replace(places=places, remarks=remarks)
