"""Which country an address lies in that does not say so, or says it only in its text."""

import re
from collections.abc import Sequence
from functools import cache

from shopguard.identity.abroad.country import country_code
from shopguard.identity.abroad.postal import BRITISH, CANADIAN
from shopguard.identity.abroad.words import plain_letters, region_names
from shopguard.identity.text import LONGEST, fold

# As ``fold`` leaves them.
_TAIWAN = re.compile("台湾|中華民国|[台新][北竹中南東]|桃園市|高雄市|基隆市|嘉義[市県]|.{0,20}路.{0,3}段")
_CHINA = re.compile(
    "(?:中国|中華人民共和国|香港|澳門|北京|上海|天津|重慶|広州|深圳|成都|杭州|南京|武漢|西安|蘇州)"
    "|[^市区県0-9]{2,3}省|[^市県0-9]{2,8}自治区"
)


def latin_country(postal: str, region: str, city: str, lines: Sequence[str]) -> str:
    """Return the country (ISO 3166-1 alpha-2) that an address in Latin letters ends with, or that its state and
    postal code give away; "" where nothing does."""
    for written in ((*lines, city, region, postal), lines):
        text = plain_letters(", ".join(written)[-LONGEST:], "").strip(" ,.")
        last = text.rpartition(",")[2].strip()
        if (len(last) > 2 or last in ("us", "uk")) and (named := country_code(last)):  # CA is California
            return named
        if found := _postal_ending().search(text):
            return found.lastgroup or ""
    return ""


@cache
def _postal_ending() -> re.Pattern[str]:
    american, australian = ("|".join(region_names(country)) for country in ("US", "AU"))
    return re.compile(
        rf"(?<![a-z])(?:(?P<US>(?:{american})[ ,.]+[0-9]{{5}}(?:-[0-9]{{4}})?)"
        rf"|(?P<AU>(?:{australian})[ ,.]+[0-9]{{4}})|(?P<CA>{CANADIAN})|(?P<GB>{BRITISH}))$"
    )


def hanzi_country(region: str, city: str, lines: Sequence[str]) -> str:
    """Return CN or TW where an address in Chinese characters begins with one of their places, else ""."""
    text = fold("".join((region, city, *lines))[:LONGEST]).replace(" ", "").lstrip("0123456789-")
    if _TAIWAN.match(text):
        return "TW"
    return "CN" if _CHINA.match(text) else ""
