"""Japanese names as frequent as they are: surnames by head count with a long rare tail, given names by age."""

import csv
import random
from bisect import bisect
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

from people.words import words

RARE = 0.20  # the data set's surnames cover about 80 % of the people
_FASHION = 0.6  # of a generation bears its common names; the rest is the long tail

# Of buyers in online shops: born about 1940-59, 1960-74, 1975-87, 1988-97, 1998-2008.
SHARES = (0.14, 0.28, 0.28, 0.20, 0.10)


class Surname(NamedTuple):
    kanji: str
    kana: str


class Given(NamedTuple):
    kanji: str
    kana: str


def surname(rng: random.Random) -> Surname:
    """Draw a surname, as common ones as often as they are met; one in five is rare."""
    if rng.random() < RARE:
        return _rare(rng)
    names, totals = _counted()
    return names[bisect(totals, rng.random() * totals[-1])]


def given_name(rng: random.Random, generation: int, female: bool) -> Given:
    """Draw a given name that fits a generation of ``SHARES``."""
    if rng.random() < _FASHION or generation == 0:
        common = _fashionable(female)[generation]
        return common[int(len(common) * rng.random() ** 1.6)]
    reading, spellings = rng.choice(_tail(female))
    return Given(rng.choice(spellings), reading)


def generation(rng: random.Random) -> int:
    return rng.choices(range(len(SHARES)), SHARES)[0]


def homophones(kanji: str, kana: str) -> tuple[str, ...]:
    """Return other spellings of a name with this reading: what a phone call or an input method makes of it."""
    known = {*_by_sound().get(kana, ()), *_given_spellings().get(kana, ())}
    return tuple(sorted(name for name in known if name != kanji))


@cache
def common_surnames() -> frozenset[str]:
    """Return the surnames of the data set."""
    return frozenset(name.kanji for name in _counted()[0])


@cache
def _counted() -> tuple[tuple[Surname, ...], tuple[int, ...]]:
    rows = [row for row in _rows("last_name_org.csv") if len(row) >= 3 and row[1].isdigit()]
    return tuple(Surname(row[0], row[2]) for row in rows), tuple(accumulate(int(row[1]) for row in rows))


def _rare(rng: random.Random) -> Surname:
    parts = words("surname_characters")
    while True:
        first, second = rng.choice(parts["first"]), rng.choice(parts["second"])
        kanji = first[0] + second[0]
        if first[0] != second[0] and kanji not in common_surnames():
            return Surname(kanji, first[1] + second[1])


@cache
def _tail(female: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    rows = _rows("first_name_woman_opti.csv" if female else "first_name_man_opti.csv")
    return tuple((row[0], tuple(row[2:])) for row in rows if len(row) > 2)


@cache
def _fashionable(female: bool) -> tuple[tuple[Given, ...], ...]:
    table, sex = words("given_names"), "women" if female else "men"
    return tuple(tuple(Given(*row) for row in table[f"{sex} {number}"]) for number in range(len(SHARES)))


@cache
def _by_sound() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in _counted()[0]:
        found.setdefault(name.kana, []).append(name.kanji)
    return {kana: tuple(names) for kana, names in found.items()}


@cache
def _given_spellings() -> dict[str, tuple[str, ...]]:
    """The spellings an input method offers first; the data set's long lists are cut to a dozen."""
    found: dict[str, list[str]] = {}
    for group in (*_fashionable(False), *_fashionable(True)):
        for name in group:
            found.setdefault(name.kana, []).append(name.kanji)
    for female in (False, True):
        for kana, spellings in _tail(female):
            found.setdefault(kana, []).extend(spellings[:12])
    return {kana: tuple(names) for kana, names in found.items()}


def _rows(name: str) -> list[list[str]]:
    path = files("japanese_personal_name_dataset") / "dataset" / name
    return list(csv.reader(path.read_text("utf-8").splitlines()))
