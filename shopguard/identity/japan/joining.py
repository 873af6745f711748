"""The fields of an address as one row of texts: what they repeat is left out, whatever field it was put in."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from shopguard.identity.japan.prefecture import PREFECTURES, leading_prefecture, normalize_prefecture
from shopguard.identity.text import LONGEST, fold

_NOTHING = frozenset(
    {
        "同上",
        "同じ",
        "同左",
        "同住所",
        "上記同",
        "上記と同じ",
        "〃",
        "々",
        "-",
        "ー",
        "なし",
        "無し",
        "無",
        "none",
        "n/a",
    }
)
_COUNTRY = re.compile("^(?:日本国?|japan|jp)(?:$|[ ,、]+)|[ ,、](?:日本|japan)$")
_COUNTRY_STARTS, _COUNTRY_ENDS = frozenset("日j"), frozenset("本n")
_POSTAL = re.compile(r"(?:^|〒) ?([0-9]{3})[-ー ]?([0-9]{4})(?![0-9-])[ ,、]*| ([0-9]{3})-([0-9]{4})$|〒 ?")
_MAY_BE_CODE = re.compile(
    "〒|^[0-9]{3}[-ー ]?[0-9]{4}| [0-9]{3}-[0-9]{4}$|(?<![0-9-])0[0-9]{1,4}-?[0-9]{4}|"
    "(?<![0-9-])0[0-9]{1,4}-[0-9]{1,4}-"
)
_PHONE = re.compile(
    r"(?:tel|電話(?:番号)?|携帯|☎|℡)?[ :.]*(?<![0-9-])0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}(?![0-9-])"
    r"|(?<![0-9-])0[0-9]{9,10}(?![0-9-])"
)
_PREFECTURE_END = re.compile("[都道府県]")
_INNER = re.compile(f"(?<=[0-9 階号室])(?:{'|'.join(PREFECTURES)})")
_DASH = re.compile("[‐‑‒–—―−─━⁃˗➖⸺﹘·•∙⋅‧]")
_DECORATION = re.compile("[][(){}<>「」『』【】〔〕〈〉《》\"'“”‘’`*★☆◆◇■□●○※→]")
_MARK = re.compile(f"{_DASH.pattern}|{_DECORATION.pattern}")
_LONGEST_REGION = 40
_prefecture = lru_cache(256)(normalize_prefecture)


class Written(NamedTuple):
    """What the fields say: the prefecture, the postal code (seven digits) and the other texts in their order.

    ``unshortened`` are the same texts with what they repeat.
    """

    prefecture: str
    postal: str
    parts: tuple[str, ...]
    unshortened: tuple[str, ...]


def join_fields(postal_code: str, region: str, city: str, lines: Sequence[str]) -> Written:
    """Return the texts of an address without repetition, each folded, with its marks in one form.

    The whole address may stand in any field; lines that repeat the city or the prefecture add only what is new.
    """
    postal = postal_digits(postal_code)
    prefecture = _prefecture(region[:_LONGEST_REGION]) if region else ""
    fields = [city, *lines] if prefecture or not region else [region, city, *lines]
    # One fold for all fields: "|" keeps them apart, for line feeds do not survive it.
    folded = fold("|".join([field[:LONGEST] for field in fields]))
    if _MARK.search(folded) is not None:
        folded = _DECORATION.sub(" ", _DASH.sub("-", folded))
    parts: list[str] = []
    unshortened: list[str] = []
    for part in folded.split("|"):
        part = part.strip()
        if part[:1] in _COUNTRY_STARTS or part[-1:] in _COUNTRY_ENDS:
            part = _COUNTRY.sub("", part)
        if _MAY_BE_CODE.search(part) is not None:
            part, found = _without_codes(part)
            postal = postal or found
        if not part or part in _NOTHING:
            continue
        leading, size = leading_prefecture(part)
        if size:
            part = part[size:].lstrip()
            if not parts or not prefecture or leading == prefecture:
                prefecture = prefecture or leading
            if parts and part:
                parts = _whole_again(parts, part)
                unshortened = list(parts)
                continue
        elif _PREFECTURE_END.search(part) and (inner := _INNER.search(part)):  # ハイツ101 東京都港区...
            prefecture = prefecture or inner[0]
            part = f"{part[inner.end() :].strip()} {part[: inner.start()].strip()}"
        if part:
            unshortened.append(part)
            _add(parts, part)
    return Written(prefecture, postal, tuple(parts), tuple(unshortened))


def postal_digits(raw: str) -> str:
    """Return the seven digits of a postal code, or ""."""
    if not raw:
        return ""
    digits = re.sub("[^0-9]", "", raw if raw.isascii() else fold(raw))
    return digits if len(digits) == 7 else ""


def _without_codes(part: str) -> tuple[str, str]:
    """Return the text without a postal code and without phone numbers, and the postal code."""
    postal = ""
    found = _POSTAL.search(part)
    if found is not None:
        postal = f"{found[1]}{found[2]}" if found[1] else f"{found[3] or ''}{found[4] or ''}"
        part = f"{part[: found.start()]} {part[found.end() :]}".strip()
    if "0" in part and _PHONE.search(part) is not None:
        part = _PHONE.sub(" ", part).strip()
    return part, postal


def _whole_again(parts: list[str], part: str) -> list[str]:
    """Return ``part``, which begins anew at the prefecture, followed by what the fields before it say besides."""
    bare = part.replace(" ", "")
    return [part, *(before for before in parts if before.replace(" ", "") not in bare)]


def _add(parts: list[str], part: str) -> None:
    """Add ``part`` without what it repeats of the texts before it."""
    known = "".join(parts).replace(" ", "")
    bare = part.replace(" ", "")
    if not known or bare[:2] not in known:
        parts.append(part)
        return
    if len(bare) > 3 and known.endswith(bare):
        return
    if bare.startswith(known):
        parts[:] = [part]
        return
    repeated = _overlap(known, bare)
    if repeated:
        part = _after(part, repeated)
    if part:
        parts.append(part)


def _overlap(known: str, bare: str) -> int:
    """Return how many characters both end ``known`` and begin ``bare``; one is no repetition.

    A number may repeat with what it counts (東光27条) and not alone: 2-8 after 4-2 is another number.
    """
    for size in range(min(len(known), len(bare), 20), 1, -1):
        if known.endswith(bare[:size]) and not bare[size - 1].isdecimal():
            starts_inside = bare[0].isdecimal() and known[:-size][-1:].isdecimal()
            if not starts_inside:
                return size
    return 0


def _after(text: str, size: int) -> str:
    """Return ``text`` after its first ``size`` characters that are no spaces."""
    for at, char in enumerate(text):
        size -= char != " "
        if size < 0:
            return text[at:]
    return ""
