"""Lookup tokens: what an identity is found by, in the bytes of the registry's protocol.

A token is a comparison level too: which of them an order and an entry share tells how well each field agrees, even
where the entry is sealed. So every level of name and address that matters has a type of its own.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from shopguard.identity.canonical import Identity
from shopguard.identity.email import mail_name
from shopguard.identity.kana import romaji_skeleton, sound
from shopguard.identity.location import Address, Site
from shopguard.identity.name import Name

MAX_TOKENS = 32
_MAX_OF_CLASS = {1: 4, 3: 8}  # phones and bare addresses can be guessed without knowing a person: few a batch


class Type(IntEnum):
    """What a token's value is made of.

    *house* is municipality and numbers, *block* the town and its first two numbers, *sound* the romanized reading.
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
    Type.POSTAL_NUMBERS: Kind("postal+numbers", 3, 4),
    Type.POSTAL_ROOM: Kind("postal+numbers+room", 3, 4),
    Type.SOUND_HOUSE: Kind("sound+house", 2, 3),
    Type.PART_HOUSE: Kind("part+house", 2, 4),
    Type.PART_BLOCK: Kind("part+block", 2, 4),
    Type.NAME_CITY: Kind("name+city", 2, 4),
    Type.SOUND_CITY: Kind("sound+city", 2, 4),
    Type.NAME: Kind("name", 2, 4),
    Type.SOUND: Kind("sound", 2, 4),
    Type.MAIL_NAME: Kind("mail name", 2, 4),
}


@dataclass(frozen=True, slots=True)
class Token:
    """One typed value to look up; ``cls`` names the key it is hashed under. ``value`` is personal data."""

    profile: int
    cls: int
    type: int
    value: str

    @property
    def kind(self) -> str:
        return KINDS[Type(self.type)].name if self.type in _TYPES else f"type {self.type}"

    @property
    def group(self) -> int:
        return KINDS[Type(self.type)].group if self.type in _TYPES else 4

    def encode(self) -> bytes:
        """Return ``"sg1" | profile | class | type | length u16 | value`` (UTF-8, NFKC)."""
        value = unicodedata.normalize("NFKC", self.value).encode()
        return b"sg1" + bytes((self.profile, self.cls, self.type)) + len(value).to_bytes(2, "big") + value

    def __repr__(self) -> str:
        return f"Token({self.kind})"  # the value must not reach a log


_TYPES = frozenset(KINDS)


def tokens(identity: Identity) -> tuple[Token, ...]:
    """Return at most ``MAX_TOKENS`` tokens of ``identity``, the most telling first, few of each guessable kind.

    A value that can be read in two ways gives the tokens of both readings; an empty part gives none.
    """
    kept: list[Token] = []
    room = dict(_MAX_OF_CLASS)
    for type_, value in dict.fromkeys(_values(identity)):
        cls = KINDS[type_].cls
        if cls in room:
            if not room[cls]:
                continue
            room[cls] -= 1
        kept.append(Token(identity.profile, cls, int(type_), value))
        if len(kept) == MAX_TOKENS:
            break
    return tuple(kept)


def _values(identity: Identity) -> Iterator[tuple[Type, str]]:
    for phone in identity.phones[: _MAX_OF_CLASS[1]]:
        yield Type.PHONE, phone
    for email in identity.emails[:3]:
        yield Type.EMAIL, email
        if local := mail_name(email):
            yield Type.MAIL_NAME, local
    houses: tuple[str, ...] = ()
    address = identity.address
    if address is not None:
        houses = _houses(address)
        yield from _places(address)
    name = identity.name
    if name is not None:
        written = name.full if name.script == "kanji" else ""
        sounds = _full_sounds(name)
        for full, by_house, by_city, alone in (
            *(((written, Type.NAME_HOUSE, Type.NAME_CITY, Type.NAME),) if written else ()),
            *((sound, Type.SOUND_HOUSE, Type.SOUND_CITY, Type.SOUND) for sound in sounds),
        ):
            yield alone, full
            for house in houses:
                yield by_house, f"{full}|{house}"
            if address is not None and address.places:
                yield by_city, f"{full}|{address.places[0].municipality}"
        if address is not None:
            yield from _parts(name, address, houses)


def _places(address: Address) -> Iterator[tuple[Type, str]]:
    """Town or postal code with the numbers, each reading first without and then with the room."""
    towns = [f"{place.municipality}|{place.town}" for place in address.places if place.town]
    for site in address.sites:
        if site.numbers:
            numbers = _joined(site)
            for town in towns:
                yield Type.ADDRESS, f"{town}-{numbers}"
                if site.room:
                    yield Type.ADDRESS_ROOM, f"{town}-{numbers}#{site.room}"
            if address.postal and address.country in _FINE_POSTAL_CODES:
                yield Type.POSTAL_NUMBERS, f"{address.postal}-{numbers}"
                if site.room:
                    yield Type.POSTAL_ROOM, f"{address.postal}-{numbers}#{site.room}"


_FINE_POSTAL_CODES = {"JP", "GB", "CA", "NL", "IE", "KR"}  # a code is a few streets; elsewhere it may be a city


def _houses(address: Address) -> tuple[str, ...]:
    """Municipality with the numbers: with a name, this finds a house whose town is written wrongly."""
    return tuple(
        dict.fromkeys(
            f"{place.municipality}-{_joined(site)}"
            for place in address.places
            for site in address.sites
            if site.numbers
        )
    )


def _parts(name: Name, address: Address, houses: tuple[str, ...]) -> Iterator[tuple[Type, str]]:
    parts = name_parts(name)
    blocks = tuple(
        dict.fromkeys(
            f"{place.municipality}|{place.town}-{'-'.join(site.numbers[:2])}"
            for place in address.places
            if place.town
            for site in address.sites
            if len(site.numbers) > 1
        )
    )
    for type_, areas in ((Type.PART_HOUSE, houses), (Type.PART_BLOCK, blocks)):
        for area in areas:
            for part in parts:
                yield type_, f"{part}|{area}"


_MOST_PARTS = 5  # two as written, two as heard, and one more reading


def name_parts(name: Name) -> dict[str, str]:
    """Return each part of a name, as written and as heard, with its role: ``family``, ``given`` or ``part``.

    Empty where the name is not told apart: the full name then stands for itself.
    """
    parts: dict[str, str] = {}
    if name.family and name.given and name.script == "kanji":
        parts[name.family], parts[name.given] = "family", "given"
    for heard in name.sounds[:2]:
        if len(heard) == 2:
            for part, role in zip(heard, ("family", "given"), strict=True):
                if part:  # else nothing tells how it is read
                    parts.setdefault(part, role)
    return dict(list(parts.items())[:_MOST_PARTS])


def _full_sounds(name: Name) -> tuple[str, ...]:
    """The whole name as heard. A Latin name may be written in either order, so it gives both."""
    found: dict[str, None] = {}
    for parts in name.sounds[:2]:
        if not all(parts):
            continue
        found[_joined_sound(parts)] = None
        if name.script == "latin" and len(parts) > 1:
            found[_joined_sound(parts[::-1])] = None
    return tuple(found)[:3]


def _joined_sound(parts: Sequence[str]) -> str:
    """The parts in one: a name that is not told apart must sound the same as one that is."""
    return sound(romaji_skeleton("".join(parts)))


def _joined(site: Site) -> str:
    return "-".join(site.numbers)
