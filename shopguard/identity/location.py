"""Where a person lives, as canonical values: what a reader of addresses returns, in Japan and abroad."""

from dataclasses import dataclass
from enum import StrEnum


class Remark(StrEnum):
    """What was noticed while an address was read; evidence notes and signals are made of these."""

    FORMER_NAME = "former_name"  # a municipality that merged or was renamed
    KYOTO_STREET = "kyoto_street"  # a street phrase before the town was left out
    KANA = "kana"  # the place was written in kana
    ROMAJI = "romaji"  # the place was written in Latin letters
    BY_POSTAL_CODE = "by_postal_code"  # the postal code named the municipality or the town
    MISSPELT = "misspelt"  # the town was found although a character is wrong
    POSTAL_CONFLICT = "postal_conflict"  # the postal code belongs to another prefecture or municipality
    PREFECTURE_CONFLICT = "prefecture_conflict"  # the municipality lies in another prefecture than the one written
    UNKNOWN_POSTAL_CODE = "unknown_postal_code"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    UNKNOWN_TOWN = "unknown_town"  # the municipality has no such town, and lists all of its towns
    SHARED_PLACE = (
        "shared_place"  # a forwarder, hotel, locker, shop counter, depot or dormitory: many people's address
    )
    FORWARDER = "forwarder"  # a parcel forwarding address, in particular


@dataclass(frozen=True, slots=True)
class Place:
    """A town: ``municipality`` is its JIS X 0402 code (``13103``; a ward has its own) where it is known, else the
    folded text; ``town`` is the folded name without 丁目, empty where the municipality has none or it is unknown.

    Abroad ``municipality`` is the folded city and ``town`` the street without its type.
    """

    municipality: str
    town: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """One reading of the numbers: at most three of them (丁目, 番, 号 or 番地, 枝番), without leading zeros."""

    numbers: tuple[str, ...]
    room: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Every text is folded and empty where unknown; ``places`` and ``sites`` have the likelier reading first.

    At most two places and two sites are kept. ``area`` is the small area (小字) that is written between the town and
    the numbers: where a town is divided so, the numbers begin again in each. ``postal`` is seven digits in Japan.
    ``rest`` is what was not understood, so that nothing of the raw text is lost.
    """

    country: str = "JP"
    prefecture: str = ""
    places: tuple[Place, ...] = ()
    sites: tuple[Site, ...] = ()
    building: str = ""
    area: str = ""
    postal: str = ""
    rest: str = ""
    remarks: frozenset[Remark] = frozenset()

    @property
    def has_town(self) -> bool:
        """Whether the town is certain: written, found, and not put together from a slip or a postal code."""
        return any(place.town for place in self.places) and not self.remarks & _UNSURE

    @property
    def is_shared(self) -> bool:
        """Whether many people use this address: it says nothing about any of them."""
        return Remark.SHARED_PLACE in self.remarks

    @property
    def has_sure_postal(self) -> bool:
        """Whether the postal code exists and agrees with what is written, so that it can stand for the town."""
        return bool(self.postal) and not self.remarks & {Remark.UNKNOWN_POSTAL_CODE, Remark.POSTAL_CONFLICT}

    @property
    def is_located(self) -> bool:
        """Whether this points at one house of its own, by place or by postal code."""
        return bool(self.places or self.postal) and any(site.numbers for site in self.sites) and not self.is_shared


_UNSURE = {Remark.UNKNOWN_TOWN, Remark.UNKNOWN_MUNICIPALITY, Remark.MISSPELT, Remark.BY_POSTAL_CODE}
