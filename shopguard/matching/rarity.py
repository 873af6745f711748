"""How common a name is: 佐藤 says little, a rare surname says much."""

from math import log10

from shopguard.identity.name import Name
from shopguard.identity.tables import tables

MOST_COMMON = 1.8  # 佐藤: one person in 66
RAREST = 5.0  # beyond this the head counts say nothing
_UNLISTED = 4.5  # in kanji and in no table: one person in five bears one of the tens of thousands of such names
_UNTOLD = 2.5  # a name that cannot be split, or stands in no table but may be a common one in another script


def surname_share(name: Name) -> float | None:
    """Return which part of the population bears the surname (佐藤: 0.015), or None where it is not known."""
    if not name.family:
        return None
    found = tables().surname(name.family) if name.script == "kanji" else None
    return found.share if found else None


def rarity(name: Name) -> float:
    """Return -log10 of the surname's share of the population, between ``MOST_COMMON`` and ``RAREST``.

    Source: head counts of the package japanese-personal-name-dataset; its 1,999 surnames cover four people in five,
    so a surname written in kanji that is missing there is rare.
    """
    share = surname_share(name)
    if share is not None:
        return min(max(-log10(share), MOST_COMMON), RAREST)
    return _UNLISTED if name.script == "kanji" and name.family else _UNTOLD
