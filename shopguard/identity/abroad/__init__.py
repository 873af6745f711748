"""Reading addresses outside Japan, in Latin letters, in Chinese characters and in Korean."""

import re
from collections.abc import Sequence

from shopguard.identity.abroad.chinese import read_chinese
from shopguard.identity.abroad.korean import read_korean
from shopguard.identity.abroad.latin import read_latin
from shopguard.identity.abroad.postal import canonical_postal
from shopguard.identity.location import Address
from shopguard.identity.text import fold

__all__ = ["canonical_postal", "read_foreign"]

_HANGUL = re.compile("[가-힣]")
_HANZI = re.compile("[一-鿿㐀-䶿]")
_CODES = {"UK": "GB", "EN": "GB"}


def read_foreign(
    country: str, postal: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address:
    """Return the canonical form of an address outside Japan; what is not understood stays in ``rest``.

    Order, case, accents, kinds of streets (Street, Straße, rue) and abbreviations do not matter. The whole address
    may stand in ``lines`` alone.

    Args:
        country: two letters (ISO 3166-1).
    """
    code = country.strip().upper()
    code = _CODES.get(code, code)
    written = " ".join((city, *lines))[:2000]
    if _HANGUL.search(written):
        return read_korean(code, postal, region, city, lines)
    if _HANZI.search(fold(written)):
        return read_chinese(code, postal, region, city, lines)
    return read_latin(code, postal, region, city, lines)
