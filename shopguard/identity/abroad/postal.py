"""Postal codes of other countries in one spelling, and the same found in a text."""

import re

from shopguard.identity.text import LONGEST, fold, squash

CANADIAN = r"[abceghj-nprstvxy][0-9][abceghj-nprstv-z] ?-?[0-9][abceghj-nprstv-z][0-9]"
BRITISH = r"(?:gir ?0aa|[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][abd-hjlnp-uw-z]{2})"
_DUTCH = r"[0-9]{4} ?[a-z]{2}"

# How the code looks in a text. Countries of bare digits are read only where nothing else has as many.
_SHAPES = {
    "US": r"[0-9]{5}(?:-[0-9]{4})?",
    "CA": CANADIAN,
    "GB": BRITISH,
    "IM": BRITISH,
    "NL": _DUTCH,
    "CN": r"[0-9]{6}",
    "TW": r"[0-9]{3}(?:-?[0-9]{2,3})?",
    "KR": r"[0-9]{5}",
    "SG": r"[0-9]{6}",
    "IN": r"[0-9]{3} ?[0-9]{3}",
    "VN": r"[0-9]{5,6}",
    "PL": r"[0-9]{2}-[0-9]{3}",
    "PT": r"[0-9]{4}-[0-9]{3}",
    "BR": r"[0-9]{5}-?[0-9]{3}",
    "SE": r"[0-9]{3} ?[0-9]{2}",
    "CZ": r"[0-9]{3} ?[0-9]{2}",
    "RU": r"[0-9]{6}",
}
_FIVE_DIGITS = frozenset({"DE", "FR", "IT", "ES", "FI", "MX", "TH", "MY", "ID", "TR", "UA"})
_FOUR_DIGITS = frozenset({"AT", "CH", "BE", "DK", "NO", "AU", "NZ", "HU", "LU", "ZA", "PH"})
_ZIP = re.compile(r"([0-9]{5})(?:-?[0-9]{4})?")
_PREFIX = re.compile("^(?:[a-z]{1,2} ?-|zip|tw|taiwan|kr) ?(?=[0-9])")


def canonical_postal(country: str, raw: str) -> str:
    """Return the code without spaces and marks, in the length that says where (ZIP+4 is the ZIP, Taiwan's 3+3 the 3).

    Args:
        country: two upper-case letters (ISO 3166-1).
    """
    text = _PREFIX.sub("", fold(raw[:LONGEST]))
    if country == "US" and (zip_code := _ZIP.match(text)):
        return zip_code[1]
    bare = squash(text)[:12]
    if country == "US" and bare.isdecimal() and len(bare) == 4:
        return f"0{bare}"  # a spreadsheet ate the zero
    if country == "TW" and bare.isdecimal() and len(bare) in (3, 5, 6):
        return bare[:3]
    return bare


def take_postal(country: str, text: str, *, may_begin: bool = True) -> tuple[str, str]:
    """Return the code that folded ``text`` holds (or "") and the text without it.

    Args:
        may_begin: whether bare digits at the very beginning are a code; they may be a house number.
    """
    shape = _SHAPES.get(country, "")
    if country in _FIVE_DIGITS or country in _FOUR_DIGITS:
        shape = "[0-9]{5}" if country in _FIVE_DIGITS else "[0-9]{4}"
    if not shape:
        return "", text
    codes = list(re.finditer(rf"(?<![a-z0-9-])(?:{shape})(?![a-z0-9-])", text))
    if not codes or (codes[-1].start() == 0 and codes[-1][0].isdecimal() and not may_begin):
        return "", text
    found = codes[-1]  # house numbers come earlier
    return canonical_postal(country, found[0]), f"{text[: found.start()]} {text[found.end() :]}".strip()
