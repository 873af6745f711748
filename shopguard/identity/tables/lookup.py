"""Looking things up in the compiled table."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from shopguard.identity.tables.place_key import (
    BETWEEN_KANJI,
    length_of_sound,
    length_with_particles,
    place_sound,
    without_particles,
)
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
    Municipality,
    PostalArea,
    Surname,
    Town,
    read_town,
)
from shopguard.identity.tables.table_file import TableFile

_LONGEST_MUNICIPALITY = 24  # characters of a key that can belong to one, prefecture and all
_LONGEST_TOWN = 32
_LONGEST_PREFECTURE = 4
_KEPT = 1 << 14  # records kept in their decoded form
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_KANA_FIRST = re.compile("[0-9]*[ぁ-ゖァ-ヺ]")
_KANA_RUN = re.compile("([ぁ-ゖァ-ヺー]+)")

_Item = TypeVar("_Item")


class Tables:
    """All that is known of places and names. Safe between threads; a fork shares the mapped pages.

    Every ``key`` is a text as ``place_key`` spells it.
    """

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._municipalities: Callable[[int], tuple[Municipality, ...]] = lru_cache(_KEPT)(self._read_municipalities)
        self._towns: Callable[[int], tuple[Town, ...]] = lru_cache(_KEPT)(self._read_towns)
        self._postal: Callable[[str], tuple[PostalArea, ...]] = lru_cache(_KEPT)(self._read_postal)
        self._heard: Callable[[str], tuple[tuple[str, Town], ...]] = lru_cache(64)(self._read_heard)
        self.town_names: Callable[[str], tuple[str, ...]] = lru_cache(64)(self._read_town_names)

    @property
    def version(self) -> str:
        """What the table was compiled from."""
        return str(self._file.facts["version"])

    def municipality(self, code: str) -> Municipality | None:
        """Return the municipality, ward or designated city of that code."""
        record = self._file.get(CODE + code)
        if record is None:
            return None
        name, prefecture, _ = record.split(FIELD)
        return Municipality(code, name, prefecture)

    def all_towns_known(self, code: str) -> bool:
        """Say whether the table lists all towns of that municipality, so that an unknown town does not exist."""
        record = self._file.get(CODE + code)
        return record is not None and record.endswith("1")

    def municipalities(self, key: str) -> list[tuple[int, tuple[Municipality, ...]]]:
        """Return every known spelling that ``key`` starts with, longest first: characters consumed, candidates.

        Spellings are with and without prefecture or district, a ward or a designated city alone, former names; in
        kanji or in kana. Municipalities of today come before those a former name leads to.
        """
        key = key[:_LONGEST_MUNICIPALITY]
        numbers = [(len(spelling) - 1, number) for spelling, number in self._file.prefixes(MUNICIPALITY + key)]
        if _KANA.search(key, 0, _LONGEST_PREFECTURE + 1):
            for spelling, number in self._file.prefixes(MUNICIPALITY_SOUND + place_sound(key)):
                numbers.append((length_of_sound(key, len(spelling) - 1), number))
        if BETWEEN_KANJI.search(key):
            for spelling, number in self._file.prefixes(MUNICIPALITY + without_particles(key)):
                numbers.append((length_with_particles(key, len(spelling) - 1), number))
        if len(numbers) > 1:
            numbers = sorted(set(numbers))
        return [(length, self._municipalities(number)) for length, number in reversed(numbers)]

    def towns(self, code: str, key: str) -> list[tuple[int, Town]]:
        """Return the towns of a municipality whose spelling ``key`` starts with, longest first: (consumed, town).

        The code of a designated city searches all its wards. Kana leads to a town, too, and so do
        particles left out or added (阿佐ヶ谷, 阿佐谷).
        """
        key = key[:_LONGEST_TOWN]
        found = self._starting(TOWN + code, key)
        kana, particle = _KANA_FIRST.match(key), BETWEEN_KANJI.search(key)
        if not kana and not particle:
            return found
        if kana:
            sounding = self._starting(TOWN_SOUND + code, place_sound(key))
            found += [(length_of_sound(key, length), town) for length, town in sounding]
        if particle:
            bare = self._starting(TOWN + code, without_particles(key))
            found += [(length_with_particles(key, length), town) for length, town in bare]
        found = list(dict.fromkeys(found))
        found.sort(key=_length, reverse=True)
        return found

    def similar_town(self, code: str, town: str) -> Town | None:
        """Return the one town of ``similar_towns``, None if there are none or several."""
        towns = self.similar_towns(code, town)
        return towns.pop() if len(towns) == 1 else None

    def similar_towns(self, code: str, town: str) -> set[Town]:
        """Return the towns whose name differs from ``town``, all of it, by one character.

        One character may be another, too many or missing; a digit is none, for 南3条 is not 南4条 misspelt. Names of
        a single character are not compared.
        """
        near = {name for name in self.town_names(code) if _differ_by_one(name, town)} if len(town) > 1 else set()
        return {each for name in near for length, each in self.towns(code, name) if length == len(name)}

    def town_partly_in_kana(self, code: str, town: str) -> Town | None:
        """Return the one town that ``town``, all of it, spells partly in kana where its name has kanji: しば公園."""
        parts = _KANA_RUN.split(town)
        if len(parts) < 3 or not any(parts[::2]):
            return None
        written = re.compile(".+".join(map(re.escape, parts[::2])))
        heard = re.compile(
            "".join(re.escape(place_sound(part)) if at % 2 else part and ".+" for at, part in enumerate(parts))
        )
        towns = {each for sound, each in self._heard(code) if heard.fullmatch(sound) and written.fullmatch(each.name)}
        return towns.pop() if len(towns) == 1 else None

    def romaji_municipalities(self, skeleton: str) -> tuple[Municipality, ...]:
        """Return the municipalities of that skeleton: with or without district, city, -shi, -ku, -cho."""
        return self._exactly(self._municipalities, MUNICIPALITY_ROMAJI + skeleton)

    def romaji_towns(self, code: str, skeleton: str) -> tuple[Town, ...]:
        """Return the towns of that skeleton; a number in it may stay in digits (kita1jonishi, kitaichijonishi)."""
        return self._exactly(self._towns, TOWN_ROMAJI + code + skeleton)

    def postal(self, code: str) -> tuple[PostalArea, ...]:
        """Return the areas of a postal code of seven digits, those of large offices too; none if it is unknown."""
        return self._postal(code)

    def surname(self, folded: str) -> Surname | None:
        """Return what is known of a surname in folded form; the table has the 2,000 commonest."""
        record = self._file.get(SURNAME + folded)
        if record is None:
            return None
        share, *readings = record.split(FIELD)
        return Surname(float(share), tuple(readings))

    def is_surname_sound(self, skeleton: str) -> bool:
        """Say whether a known surname is read so."""
        return SURNAME_ROMAJI + skeleton in self._file

    def given_readings(self, folded: str) -> tuple[str, ...]:
        """Return the readings of a given name in folded form, in hiragana, likelier first; none if it is unknown."""
        record = self._file.get(GIVEN + folded)
        return tuple(record.split(FIELD)) if record else ()

    def is_given_sound(self, skeleton: str) -> bool:
        """Say whether a known given name is read so."""
        return GIVEN_ROMAJI + skeleton in self._file

    def _starting(self, start: str, spelling: str) -> list[tuple[int, Town]]:
        found = self._file.prefixes(start + spelling)
        found.reverse()
        return [(len(known) - len(start), town) for known, number in found for town in self._towns(number)]

    def _exactly(self, read: Callable[[int], tuple[_Item, ...]], key: str) -> tuple[_Item, ...]:
        number = self._file.number(key)
        return () if number is None else read(number)

    def _read_postal(self, code: str) -> tuple[PostalArea, ...]:
        record = self._file.get(POSTAL + code)
        if record is None:
            return ()
        return tuple(PostalArea(*item.split(FIELD)) for item in record.split(ITEM))

    def _read_municipalities(self, number: int) -> tuple[Municipality, ...]:
        found = []
        for item in self._file.record(number).split(ITEM):
            code, former = item.split(FIELD)
            name, prefecture, _ = self._file[CODE + code].split(FIELD)
            found.append(Municipality(code, name, prefecture, former))
        return tuple(found)

    def _read_towns(self, number: int) -> tuple[Town, ...]:
        return tuple(read_town(item) for item in self._file.record(number).split(ITEM))

    def _read_town_names(self, code: str) -> tuple[str, ...]:
        """Return the names of all towns of a municipality, and their shorter spellings, in order."""
        return tuple(sorted(key.removeprefix(TOWN + code) for key in self._file.keys(TOWN + code)))

    def _read_heard(self, code: str) -> tuple[tuple[str, Town], ...]:
        """Return the sounds of all towns of a municipality, each with its town."""
        start = TOWN_SOUND + code
        return tuple(
            (key.removeprefix(start), town)
            for key in self._file.keys(start)
            for town in self._exactly(self._towns, key)
        )


def _length(found: tuple[int, Town]) -> int:
    return found[0]


def _differ_by_one(name: str, other: str) -> bool:
    """Say whether one character changed, added or taken away makes ``other`` out of ``name``."""
    if abs(len(name) - len(other)) > 1 or name == other:
        return False
    shorter, longer = sorted((name, other), key=len)
    same = next((at for at, char in enumerate(shorter) if char != longer[at]), len(shorter))
    if longer[same].isdecimal():
        return False
    return shorter[same + (len(name) == len(other)) :] == longer[same + 1 :]
