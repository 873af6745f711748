"""What the tables answer with, and how it is written in a record of the table file."""

from typing import NamedTuple

# Kinds of keys: the first character of every key in the trie.
MUNICIPALITY, TOWN, POSTAL, SURNAME, GIVEN = "m", "t", "p", "s", "g"  # by their spelling
MUNICIPALITY_SOUND, TOWN_SOUND = "k", "h"  # by ``place_sound`` of their kana
MUNICIPALITY_ROMAJI, TOWN_ROMAJI, SURNAME_ROMAJI, GIVEN_ROMAJI = "M", "T", "S", "G"  # by their romaji skeleton
CODE = "c"  # a municipality by its code
IMPORTED = "i"  # towns that come from an imported table alone

ITEM, FIELD = "\x1e", "\t"  # between the items of one record, between the fields of one item


class Municipality(NamedTuple):
    """A city, town, village or ward. ``code`` is JIS X 0402, five digits; a designated city has its own.

    ``name`` is the place key without prefecture. ``former_town`` is set where a former name was looked up whose own
    name now begins the names of towns (員弁町): to be tried before the text that follows; "" otherwise.
    """

    code: str
    name: str
    prefecture: str
    former_town: str = ""


class Town(NamedTuple):
    """A town (大字 or 町, without 丁目) in the municipality or ward ``code``.

    ``name`` is the place key. ``has_chome`` says whether it is divided into 丁目, None where nobody told. ``base`` is
    the town of the table that every installation has: what may be compared between installations; "" where that
    table knows none.
    """

    code: str
    name: str
    has_chome: bool | None
    base: str


class Surname(NamedTuple):
    """A surname: the share of the population that bears it (0 to 1), and its readings in hiragana, likelier first."""

    share: float
    readings: tuple[str, ...]


class PostalArea(NamedTuple):
    """One area of a postal code: the municipality or ward, and the base name of the town or ""."""

    code: str
    town: str


_CHOME = {True: "1", False: "0", None: "-"}
_READ_CHOME = {"1": True, "0": False, "-": None}


def town_item(town: Town) -> str:
    """Return a town as one item of a record; a base equal to the name is left out."""
    base = "=" if town.base == town.name else town.base
    return FIELD.join((town.code, town.name, _CHOME[town.has_chome], base))


def read_town(item: str) -> Town:
    """Return the town of an item."""
    code, name, chome, base = item.split(FIELD)
    return Town(code, name, _READ_CHOME[chome], name if base == "=" else base)
