"""Lookup tokens: what an identity is found by, in the bytes of the registry's protocol.

A token is a comparison level too: which of them an order and an entry share tells how well each field agrees, even
where the entry is sealed. So every level of name and address that matters has a type of its own.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shopguard.identity.canonical import Identity
from shopguard.identity.email import mail_name
from shopguard.identity.kana import romaji_skeleton, sound
from shopguard.identity.location import Address
from shopguard.identity.name import Name

MAX_TOKENS = 32
_MAX_OF_CLASS = {1: 4, 3: 8}  # phones and bare addresses can be guessed without knowing a person: few a batch


class Type:
    """What a token's value is made of: plain numbers, as they are hashed for every token of every order.

    *house* is municipality and numbers, *area* a small area (小字) inside a town,
    *block* the town and its first two numbers, *sound* the romanized reading
    without voicing, *reading* the kana as given.
    """

    PHONE = 1
    EMAIL = 2
    NAME_HOUSE = 3
    ADDRESS = 4
    ADDRESS_ROOM = 5
    POSTAL_NUMBERS = 6
    POSTAL_ROOM = 7
    SOUND_HOUSE = 8
    PART_HOUSE = 9
    PART_BLOCK = 10
    NAME_CITY = 11
    SOUND_CITY = 12
    NAME = 13
    SOUND = 14
    MAIL_NAME = 15
    ADDRESS_AREA = 16
    READING_HOUSE = 17


@dataclass(frozen=True, slots=True)
class Kind:
    """What a token type is. ``group``: 1 phone, 2 mail, 3 full name and house in one, 4 everything else."""

    name: str
    cls: int
    group: int


# A name with only a city, or one part of a name with a house, is group 4: by itself it opens nothing, as namesakes
# and families share it.
KINDS = {
    Type.PHONE: Kind("phone", 1, 1),
    Type.EMAIL: Kind("email", 2, 2),
    Type.NAME_HOUSE: Kind("name+house", 2, 3),
    Type.ADDRESS: Kind("address", 3, 4),
    Type.ADDRESS_ROOM: Kind("address+room", 3, 4),
    Type.ADDRESS_AREA: Kind("address+area", 3, 4),
    Type.POSTAL_NUMBERS: Kind("postal+numbers", 3, 4),
    Type.POSTAL_ROOM: Kind("postal+numbers+room", 3, 4),
    Type.SOUND_HOUSE: Kind("sound+house", 2, 3),
    Type.READING_HOUSE: Kind("reading+house", 2, 3),
    Type.PART_HOUSE: Kind("part+house", 2, 4),
    Type.PART_BLOCK: Kind("part+block", 2, 4),
    Type.NAME_CITY: Kind("name+city", 2, 4),
    Type.SOUND_CITY: Kind("sound+city", 2, 4),
    Type.NAME: Kind("name", 2, 4),
    Type.SOUND: Kind("sound", 2, 4),
    Type.MAIL_NAME: Kind("mail name", 2, 2),
}


class Token(NamedTuple):
    """One typed value to look up; ``cls`` names the key it is hashed under. ``value`` is personal data."""

    profile: int
    cls: int
    type: int
    value: str

    @property
    def kind(self) -> str:
        return KINDS[self.type].name if self.type in KINDS else f"type {self.type}"

    @property
    def group(self) -> int:
        return KINDS[self.type].group if self.type in KINDS else 4

    def encode(self) -> bytes:
        """Return ``"sg1" | profile | class | type | length u16 | value`` (UTF-8, NFKC)."""
        text = self.value if self.value.isascii() else unicodedata.normalize("NFKC", self.value)
        value = text.encode()
        return b"sg1" + bytes((self.profile, self.cls, self.type)) + len(value).to_bytes(2, "big") + value

    def __repr__(self) -> str:
        return f"Token({self.kind})"  # the value must not reach a log


def tokens(identity: Identity) -> tuple[Token, ...]:
    """Return at most ``MAX_TOKENS`` tokens of ``identity``, the most telling first, few of each guessable kind.

    A value that can be read in two ways gives the tokens of both readings; an empty part gives none.
    """
    kept: list[Token] = []
    room = dict(_MAX_OF_CLASS)
    profile = identity.profile
    for type_, value in _values(identity):
        cls = _CLASSES[type_]
        if cls in room:
            if not room[cls]:
                continue
            room[cls] -= 1
        kept.append(Token(profile, cls, type_, value))
        if len(kept) == MAX_TOKENS:
            break
    return tuple(kept)


_CLASSES = {type_: kind.cls for type_, kind in KINDS.items()}
Values = dict[tuple[int, str], None]  # type and value of each token, in order, each once


def _values(identity: Identity) -> Values:
    found: Values = {}
    for phone in identity.phones[: _MAX_OF_CLASS[1]]:
        found[Type.PHONE, phone] = None
    for email in identity.emails[:_MOST_MAILS]:
        found[Type.EMAIL, email] = None
    if identity.address is not None and not identity.address.is_shared:
        _add_places(found, identity.address)
    if identity.name is not None:
        _add_names(found, identity.name, identity.address)
    for email in identity.emails[:_MOST_MAILS]:
        if local := mail_name(email):
            found[Type.MAIL_NAME, local] = None
    return found


_MOST_MAILS = 2


def _add_places(found: Values, address: Address) -> None:
    """Town or postal code with the numbers: every reading without the room first, as few of them are allowed."""
    areas = [(Type.ADDRESS, f"{place.municipality}|{place.town}") for place in address.places if place.town]
    if address.has_sure_postal and address.country in _FINE_POSTAL_CODES:
        areas.append((Type.POSTAL_NUMBERS, address.postal))
    sites = [("-".join(site.numbers), site.room) for site in address.sites if site.numbers]
    for numbers, _ in sites:
        for type_, area in areas:
            found[type_, f"{area}-{numbers}"] = None
        if address.area and areas:
            found[Type.ADDRESS_AREA, f"{areas[0][1]}|{address.area}-{numbers}"] = None
    for numbers, room in sites:
        for type_, area in areas if room else ():
            found[_WITH_ROOM[type_], f"{area}-{numbers}#{room}"] = None


_FINE_POSTAL_CODES = {"JP", "GB", "CA", "NL", "IE", "KR"}  # a code is a few streets; elsewhere it may be a city
_WITH_ROOM = {Type.ADDRESS: Type.ADDRESS_ROOM, Type.POSTAL_NUMBERS: Type.POSTAL_ROOM}


def _add_names(found: Values, name: Name, address: Address | None) -> None:
    houses = _houses(address) if address is not None and not address.is_shared else ()
    city = address.places[0].municipality if address is not None and address.places else ""
    script = name.script
    if script == "latin" and all(len(word) == 1 for word in name.full.split()):
        return  # initials are many people's
    if script == "kanji" and len(name.full) > 1 and not _is_surname_alone(name):
        _add_full(found, name.full, (Type.NAME, Type.NAME_HOUSE, Type.NAME_CITY), houses, city)
    for heard in _full_sounds(name, script):
        _add_full(found, heard, (Type.SOUND, Type.SOUND_HOUSE, Type.SOUND_CITY), houses, city)
    if name.reading and not _is_surname_alone(name):
        for house in houses:
            found[Type.READING_HOUSE, f"{name.reading}|{house}"] = None
    if houses and address is not None:
        parts = tuple(name_parts(name))
        for type_, areas in ((Type.PART_HOUSE, houses), (Type.PART_BLOCK, _blocks(address))):
            for area in areas:
                for part in parts:
                    found[type_, f"{part}|{area}"] = None


def _add_full(found: Values, full: str, types: tuple[int, int, int], houses: Sequence[str], city: str) -> None:
    alone, by_house, by_city = types
    found[alone, full] = None
    for house in houses:
        found[by_house, f"{full}|{house}"] = None
    if city:
        found[by_city, f"{full}|{city}"] = None


def _houses(address: Address) -> tuple[str, ...]:
    """Municipality with the numbers: with a name, this finds a house whose town is written wrongly."""
    numbers = ["-".join(site.numbers) for site in address.sites if site.numbers]
    return tuple(dict.fromkeys([f"{place.municipality}-{run}" for place in address.places for run in numbers]))


def _blocks(address: Address) -> tuple[str, ...]:
    """Town with the first two numbers: with a name, this finds a house whose last number is falsified.

    Of a 番地 with its branch (123-4) the first is enough; one below ten may be a 丁目, which is a whole quarter.
    """
    numbers = ["-".join(site.numbers[:2]) for site in address.sites if len(site.numbers) > 1]
    numbers += [run[0] for run in (site.numbers for site in address.sites) if 0 < len(run) < 3 and len(run[0]) > 1]
    towns = [f"{place.municipality}|{place.town}" for place in address.places if place.town]
    return tuple(dict.fromkeys([f"{town}-{run}" for town in towns for run in numbers]))


_MOST_PARTS = 6  # two as written, two as heard, and two as heard otherwise


def name_parts(name: Name) -> dict[str, str]:
    """Return each part of a name, as written and as heard, with its role: ``family`` or ``given``.

    Empty where the name is not told apart: the full name then stands for itself.
    """
    parts: dict[str, str] = {}
    if name.family and name.script == "kanji":
        parts[name.family] = "family"
        if name.given:
            parts[name.given] = "given"
    for heard in _likely_sounds(name):
        if len(heard) == 2:
            for part, role in zip(heard, ("family", "given"), strict=True):
                if part:  # else nothing tells how it is read
                    parts.setdefault(part, role)
    return dict(list(parts.items())[:_MOST_PARTS]) if len(parts) > _MOST_PARTS else parts


def _is_surname_alone(name: Name) -> bool:
    """Whether the given name is left out: what remains is the name of thousands."""
    return bool(name.family) and not name.given


def _likely_sounds(name: Name) -> Sequence[tuple[str, ...]]:
    """The readings that count: of a name in kanji the likeliest two."""
    return name.sounds[:2] if name.script == "kanji" else name.sounds


def _full_sounds(name: Name, script: str) -> tuple[str, ...]:
    """The whole name as heard. A Latin name may be written in either order, so its first reading gives both."""
    found: dict[str, None] = {}
    for at, parts in enumerate(_likely_sounds(name)):
        if not all(parts):
            continue
        found[_joined_sound(parts)] = None
        if script == "latin" and at == 0:
            found[_joined_sound(parts[::-1])] = None
    return tuple(full for full in found if len(full) > _SHORTEST)[:5]


_SHORTEST = 2  # letters of a sound that may be an initial or a slip, but hardly a whole name


def _joined_sound(parts: Sequence[str]) -> str:
    """The parts in one: a name that is not told apart must sound the same as one that is."""
    joined = "".join(parts)
    if len(parts) == 2 and parts[0][-1] in "aeiou" and parts[1][0] in "kstmrc":
        return joined  # nothing melts where a vowel meets one of these
    return sound(romaji_skeleton(joined))
