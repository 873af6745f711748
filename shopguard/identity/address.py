"""Addresses: which reader takes an address, by its country and its letters."""

import re
from collections.abc import Sequence

from shopguard.identity.abroad import hanzi_country, latin_country, read_foreign
from shopguard.identity.japan import read_japanese
from shopguard.identity.japan.joining import postal_digits
from shopguard.identity.japan.prefecture import PREFECTURES
from shopguard.identity.location import Address, Remark
from shopguard.identity.romaji_address import municipality_in_kanji, read_romaji
from shopguard.identity.tables import tables
from shopguard.identity.text import LONGEST, is_japanese

_PREFECTURE = re.compile("|".join(PREFECTURES))
_NOTHING = re.compile(r"(?:none|n/?a|null|nil|no|same(?: as above)?|ditto|unknown|test|x+|[^\w]*)\.?", re.IGNORECASE)
_LONGEST_NOTHING = 16
_ENDS_OF_NOTHING = frozenset("aelontxAELONTX")  # a letter or digit that ends in none of these says something
_LATIN_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚĀ-ž]{3}")
_UNSURE = {Remark.UNKNOWN_MUNICIPALITY, Remark.UNKNOWN_TOWN}
_HANGUL = re.compile("[가-힣]")


def normalize_address(
    country: str = "JP", postal_code: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address | None:
    """Return the canonical address, or None if all fields are empty.

    The whole address may stand in ``city`` or in ``lines`` alone. A form preset to Japan is not believed where the
    address lies abroad, nor another country where it lies in Japan.

    Args:
        country: ISO 3166-1 alpha-2, or "" where it is unknown.
    """
    postal_code, region, city, *lines = map(_said, (postal_code, region, city, *lines))
    written = "".join((city, *lines))
    if not (written or region or postal_code):
        return None
    if country not in ("JP", ""):
        if is_japanese(written) and (_PREFECTURE.search(region + written) or postal_digits(postal_code)):
            return read_japanese(postal_code, region, city, lines)
        return read_foreign(country, postal_code, region, city, lines)
    if is_japanese(written) or not any(map(str.isalpha, written)):
        return _in_japanese_letters(postal_code, region, city, lines)
    return _in_other_letters(postal_code, region, city, lines)


def _in_japanese_letters(postal_code: str, region: str, city: str, lines: Sequence[str]) -> Address | None:
    address = read_japanese(postal_code, region, city, lines)
    if address is None or not _UNSURE & address.remarks:
        return address
    if any(map(_LATIN_WORD.search, (city, *lines))):
        return _in_both_scripts(postal_code, region, city, lines) or address
    named = hanzi_country(region, city, lines) if _is_lost(address) else ""
    return read_foreign(named, postal_code, region, city, lines) if named else address


def _in_other_letters(postal_code: str, region: str, city: str, lines: Sequence[str]) -> Address | None:
    if any(map(_HANGUL.search, (city, *lines))):
        return read_foreign("KR", postal_code, region, city, lines)
    named = latin_country(postal_code, region, city, lines)
    if named in ("JP", ""):
        address = read_romaji(postal_code, region, city, lines)
        if named or not address or not _is_lost(address):
            return address
    return read_foreign(named, postal_code, region, city, lines)


def _said(text: str) -> str:
    if len(text) > _LONGEST_NOTHING:
        return text[:LONGEST]
    last = text[-1:]
    if last.isalnum() and last not in _ENDS_OF_NOTHING:
        return text
    return "" if _NOTHING.fullmatch(text) else text


def _in_both_scripts(postal_code: str, region: str, city: str, lines: Sequence[str]) -> Address | None:
    """Return an address whose places are partly in kanji, partly in Latin letters, or None if that does not help."""
    if not is_japanese(city) and (known := municipality_in_kanji(region, city)):
        address = read_japanese(postal_code, region, known, lines)
    else:
        address = read_romaji(postal_code, region, city, lines)
    return None if address is None or _UNSURE & address.remarks else address


def _is_lost(address: Address) -> bool:
    """Whether nothing in the address lies in Japan for all we know."""
    return (
        Remark.UNKNOWN_MUNICIPALITY in address.remarks
        and not address.prefecture
        and not (address.postal and tables().postal(address.postal))
    )
