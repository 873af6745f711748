"""Addresses: which reader takes an address, by its country and its letters."""

from collections.abc import Sequence

from shopguard.identity.abroad import read_foreign
from shopguard.identity.japan import read_japanese
from shopguard.identity.location import Address
from shopguard.identity.romaji_address import read_romaji
from shopguard.identity.text import is_japanese


def normalize_address(
    country: str = "JP", postal_code: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address | None:
    """Return the canonical address, or None if all fields are empty.

    The whole address may stand in ``city`` or in ``lines`` alone. ``country`` is ISO 3166-1 alpha-2.
    """
    if country != "JP":
        return read_foreign(country, postal_code, region, city, lines)
    written = "".join((city, *lines))
    if is_japanese(written) or not any(char.isalpha() for char in written):
        return read_japanese(postal_code, region, city, lines)
    return read_romaji(postal_code, region, city, lines)
