"""Lookup tokens: what an identity is found by, in the bytes of the registry's protocol."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shopguard.identity.address import Site
from shopguard.identity.canonical import Identity

MAX_TOKENS = 32
_MAX_OF_CLASS = {1: 4, 3: 8}  # phones and bare addresses can be guessed without knowing a person: few a batch

PHONE, EMAIL, NAME_ADDRESS, ADDRESS, ADDRESS_ROOM, POSTAL_NUMBERS, FAMILY_ADDRESS = 1, 2, 3, 4, 5, 6, 7
READING_ADDRESS, NAME_CITY, READING_CITY, NAME_POSTAL, READING_POSTAL = 8, 9, 10, 11, 12
NAME_PHONE, READING_PHONE, NAME_EMAIL, READING_EMAIL = 13, 14, 15, 16


@dataclass(frozen=True, slots=True)
class Kind:
    """What a token type is. ``group``: 1 phone, 2 mail, 3 name and address in one, 4 everything else."""

    name: str
    cls: int
    group: int


# A name with only a town, or with a phone, is group 4: by itself it opens nothing, as namesakes share it.
KINDS = {
    PHONE: Kind("phone", 1, 1),
    EMAIL: Kind("email", 2, 2),
    NAME_ADDRESS: Kind("name+address", 2, 3),
    ADDRESS: Kind("address", 3, 4),
    ADDRESS_ROOM: Kind("address+room", 3, 4),
    POSTAL_NUMBERS: Kind("postal+numbers", 3, 4),
    FAMILY_ADDRESS: Kind("family+address", 2, 4),
    READING_ADDRESS: Kind("reading+address", 2, 3),
    NAME_CITY: Kind("name+city", 2, 4),
    READING_CITY: Kind("reading+city", 2, 4),
    NAME_POSTAL: Kind("name+postal", 2, 4),
    READING_POSTAL: Kind("reading+postal", 2, 4),
    NAME_PHONE: Kind("name+phone", 2, 4),
    READING_PHONE: Kind("reading+phone", 2, 4),
    NAME_EMAIL: Kind("name+email", 2, 4),
    READING_EMAIL: Kind("reading+email", 2, 4),
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
        return KINDS[self.type].name if self.type in KINDS else f"type {self.type}"

    @property
    def group(self) -> int:
        return KINDS[self.type].group if self.type in KINDS else 4

    def encode(self) -> bytes:
        """Return ``"sg1" | profile | class | type | length u16 | value`` (UTF-8, NFKC)."""
        value = unicodedata.normalize("NFKC", self.value).encode()
        return b"sg1" + bytes((self.profile, self.cls, self.type)) + len(value).to_bytes(2, "big") + value

    def __repr__(self) -> str:
        return f"Token({self.kind})"  # the value must not reach a log


def tokens(identity: Identity) -> tuple[Token, ...]:
    """Return at most ``MAX_TOKENS`` tokens of ``identity``, the most telling first, few of each guessable kind.

    A value that can be read in two ways gives the tokens of both readings; an empty part gives none.
    """
    kept: list[Token] = []
    counts: Counter[int] = Counter()
    for type_, value in dict.fromkeys(_values(identity)):
        cls = KINDS[type_].cls
        if counts[cls] < _MAX_OF_CLASS.get(cls, MAX_TOKENS) and len(kept) < MAX_TOKENS:
            counts[cls] += 1
            kept.append(Token(identity.profile, cls, type_, value))
    return tuple(kept)


def _values(identity: Identity) -> Iterator[tuple[int, str]]:
    phones, emails = identity.phones[: _MAX_OF_CLASS[1]], identity.emails[:3]
    yield from ((PHONE, phone) for phone in phones)
    yield from ((EMAIL, email) for email in emails)
    yield from _places(identity)
    name = identity.name
    full = name.full if name and name.script != "kana" else ""
    reading = name.sound if name else ""
    for form, by_address, by_city, by_postal, by_phone, by_email in (
        (full, NAME_ADDRESS, NAME_CITY, NAME_POSTAL, NAME_PHONE, NAME_EMAIL),
        (reading, READING_ADDRESS, READING_CITY, READING_POSTAL, READING_PHONE, READING_EMAIL),
    ):
        if form:
            yield from ((by_address, f"{form}|{house}") for house in _houses(identity))
            yield from ((by_phone, f"{form}|{phone}") for phone in phones)
            yield from ((by_email, f"{form}|{email}") for email in emails)
            yield from _areas(identity, form, by_city, by_postal)


def _places(identity: Identity) -> Iterator[tuple[int, str]]:
    address = identity.address
    if address is None or not address.is_located:
        return
    for site, house in zip(address.sites, _houses(identity), strict=False):
        yield ADDRESS, house
        if site.room:
            yield ADDRESS_ROOM, f"{house}#{site.room}"
    if address.postal:
        yield from ((POSTAL_NUMBERS, f"{address.postal}-{_joined(site)}") for site in address.sites)
    if identity.name and identity.name.family:
        yield from ((FAMILY_ADDRESS, f"{identity.name.family}|{house}") for house in _houses(identity))


def _houses(identity: Identity) -> tuple[str, ...]:
    address = identity.address
    if address is None or not address.has_place:
        return ()
    return tuple(f"{address.place}-{_joined(site)}" for site in address.sites)


def _areas(identity: Identity, form: str, by_city: int, by_postal: int) -> Iterator[tuple[int, str]]:
    address = identity.address
    if address is not None and address.municipality:
        yield by_city, f"{form}|{address.municipality}"
    if address is not None and address.postal:
        yield by_postal, f"{form}|{address.postal}"


def _joined(site: Site) -> str:
    return "-".join(site.numbers)
