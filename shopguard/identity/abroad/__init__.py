"""Reading addresses outside Japan, in Latin letters, in Chinese characters and in Korean."""

import re
from collections.abc import Sequence
from dataclasses import replace

from shopguard.identity.abroad.chinese import read_chinese
from shopguard.identity.abroad.country import country_code
from shopguard.identity.abroad.guess import hanzi_country, latin_country
from shopguard.identity.abroad.korean import read_korean
from shopguard.identity.abroad.latin import read_latin
from shopguard.identity.abroad.postal import canonical_postal
from shopguard.identity.abroad.shared import shared_remarks
from shopguard.identity.location import Address
from shopguard.identity.text import fold

__all__ = ["canonical_postal", "country_code", "hanzi_country", "latin_country", "read_foreign"]

_HANGUL = re.compile("[가-힣]")
_HANZI = re.compile("[一-鿿㐀-䶿]")
_CODES = {"UK": "GB", "EN": "GB"}


def read_foreign(
    country: str, postal: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address:
    """Return the canonical form of an address outside Japan; what is not understood stays in ``rest``.

    Order, case, accents, kinds of streets (Street, Straße, rue) and abbreviations do not matter. The whole address
    may stand in ``lines`` alone. A parcel locker or a forwarder is many people's.

    Args:
        country: two letters (ISO 3166-1).
    """
    code = country.strip().upper()
    code = _CODES.get(code, code)
    written = ",".join((city, *lines))[:2000]
    folded = fold(written)
    if _HANGUL.search(written):
        address = read_korean(code, postal, region, city, lines)
    elif _HANZI.search(folded):
        address = read_chinese(code, postal, region, city, lines)
    else:
        address = read_latin(code, postal, region, city, lines)
    if remarks := shared_remarks(folded):
        address = replace(address, remarks=address.remarks | remarks)
    if any(not place.municipality for place in address.places):  # every city has a Main Street
        streets = (place.town for place in address.places)
        return replace(address, places=(), rest=" ".join((*streets, address.rest)).strip())
    return address
