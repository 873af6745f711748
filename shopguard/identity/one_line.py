"""A party's name and address in one line each, for people to read: as they were written, in the usual order."""

import re

from shopguard.identity.japan.prefecture import normalize_prefecture
from shopguard.model import Party

_CODE = re.compile(r"jp[- ]?[0-9]{2}", re.IGNORECASE)


def name_line(party: Party) -> str:
    """Return both names, the family's first where they were written apart; empty if neither is known."""
    return party.name or " ".join(filter(None, (party.family, party.given)))


def region_line(party: Party) -> str:
    """Return the region, a Japanese prefecture by its name where a shop writes the code of ISO 3166-2 (JP-13)."""
    region = party.region or ""
    return normalize_prefecture(region) or region if _CODE.fullmatch(region) else region


def address_line(party: Party) -> str:
    """Return the address without postal code and country; empty if nothing of it is known."""
    return " ".join(filter(None, (region_line(party), party.city, *party.lines)))
