"""Invented persons: alone or as a household, Japanese, foreign residents, and people abroad."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from people import contacts, places
from people.abroad import ForeignName, HomeAbroad, foreign_name, home_abroad, origin
from people.names import Surname, generation, given_name, surname
from people.places import Home
from people.romaji import katakana

FOREIGN_RESIDENTS, ABROAD = 0.03, 0.01
_LANDLINE_ONLY, _BOTH_PHONES = 0.15, 0.15


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody really is. ``family`` and ``given`` as on paper; readings in katakana; phones digits only.

    ``origin`` is ``japanese``, ``chinese``, ``korean``, ``vietnamese`` or ``western``. Exactly one of ``home`` and
    ``abroad`` is there.
    """

    origin: str
    female: bool
    family: str
    given: str
    family_kana: str
    given_kana: str
    home: Home | None
    abroad: HomeAbroad | None
    mobile: str
    landline: str
    mail: str
    family_latin: str = ""
    given_latin: str = ""
    middle_latin: str = ""

    @property
    def is_japanese(self) -> bool:
        return self.origin == "japanese" and self.abroad is None

    @property
    def phones(self) -> tuple[str, ...]:
        return tuple(number for number in (self.mobile, self.landline) if number)


def person(rng: random.Random, family: Surname | None = None, home: Home | None = None) -> Person:
    """Draw a Japanese person at home in Japan, with this surname and home if given."""
    female, born = rng.random() < 0.55, generation(rng)
    family = family or surname(rng)
    given = given_name(rng, born, female)
    home = home or places.home(rng)
    mobile, landline = phones(rng, home)
    return Person(
        "japanese",
        female,
        family.kanji,
        given.kanji,
        katakana(family.kana),
        katakana(given.kana),
        home,
        None,
        mobile,
        landline,
        contacts.mail(rng, family.kana, given.kana),
    )


def phones(rng: random.Random, home: Home) -> tuple[str, str]:
    """Return a mobile and a landline number; one of them may be empty."""
    kind = rng.random()
    mobile = "" if kind < _LANDLINE_ONLY else contacts.mobile(rng)
    has_landline = kind < _LANDLINE_ONLY + _BOTH_PHONES
    return mobile, contacts.landline(rng, home.town.prefecture) if has_landline else ""


def foreign_resident(rng: random.Random) -> Person:
    """Draw somebody with a foreign name and a home in Japan."""
    where = places.home(rng)
    mobile = contacts.mobile(rng)
    return _foreigner(rng, origin(rng), where, None, mobile)


def person_abroad(rng: random.Random) -> Person:
    where = home_abroad(rng)
    return _foreigner(rng, rng.choice(("western", "western", "chinese", "korean")), None, where, where.phone)


def anybody(rng: random.Random) -> Person:
    """Draw a person as shops in Japan meet them."""
    kind = rng.random()
    if kind < ABROAD:
        return person_abroad(rng)
    return foreign_resident(rng) if kind < ABROAD + FOREIGN_RESIDENTS else person(rng)


def relative(rng: random.Random, of: Person) -> Person:
    """Draw somebody else of a household: same surname, home and landline, the rest of their own."""
    assert of.home is not None
    while True:
        other = person(rng, Surname(of.family, of.family_kana), of.home)
        if other.given != of.given and other.given_kana != of.given_kana:
            return replace(other, landline=of.landline, mobile=other.mobile or contacts.mobile(rng))


def population(rng: random.Random, count: int) -> Iterator[Person]:
    """Yield ``count`` people; about one in twelve lives with the one before."""
    last: Person | None = None
    for _ in range(count):
        together = last is not None and last.is_japanese and rng.random() < 0.08
        last = relative(rng, last) if together and last is not None else anybody(rng)
        yield last


def _foreigner(rng: random.Random, of: str, home: Home | None, abroad: HomeAbroad | None, phone: str) -> Person:
    family, given, middle = foreign_name(rng, of)
    local = f"{given.latin}.{family.latin}{rng.randint(1, 999)}".lower()
    local = "".join(c for c in local if c.isascii() and (c.isalnum() or c == "."))
    return Person(
        of,
        rng.random() < 0.5,
        _written(family, of, abroad),
        _written(given, of, abroad),
        family.kana,
        given.kana,
        home,
        abroad,
        phone,
        "",
        f"{local}@{contacts.provider(rng)}",
        family.latin,
        given.latin,
        middle,
    )


def _written(name: ForeignName, of: str, abroad: HomeAbroad | None) -> str:
    """Chinese residents of Japan use their kanji; others and people abroad write Latin letters."""
    return name.kanji if of == "chinese" and name.kanji and abroad is None else name.latin
