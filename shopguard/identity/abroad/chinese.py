"""Addresses in Chinese characters: the mainland, Taiwan, Hong Kong and Macau, simplified or traditional."""

import re
from collections.abc import Sequence

from shopguard.identity.abroad.postal import canonical_postal
from shopguard.identity.location import Address, Place, Site
from shopguard.identity.text import LONGEST, fold, kanji_number, squash

# Written as ``fold`` leaves them: 県 for 縣 and 县, 楼 for 樓, 棟 for 栋, 単 for 单, 郷 for 鄉 and 乡.
_POSTAL = re.compile(
    "^(?:郵?編?:? ?)([0-9]{6}|[0-9]{5}|[0-9]{3})(?![0-9a-z号巷弄楼-])"
    "|(?<=[^0-9a-z-])(?:郵編:? ?)?([0-9]{6}|[0-9]{5})$"
)
_COUNTRY = re.compile("^(?:中華人民共和国|中華民国|中国(?!路)|(?:台湾|中国台湾)(?!大道|路|街)省?)")
_PROVINCE = re.compile("^(?:[^市区県]{2,3}?省|[^市県]{2,8}?自治区|(?:香港|澳門)(?:特別行政区)?)")
_CITY = re.compile("^(?:[^路街道市県]{1,6}?(?:自治州|地区|盟)|[^路街道市県0-9]{1,6}?市|[^路街道市県区0-9]{1,3}県)")
_MUNICIPALITIES = re.compile(
    "^(?:北京|上海|天津|重慶|台北|新北|桃園|台中|台南|高雄|基隆|新竹|嘉義|広州|深圳|成都|杭州|南京|武漢|西安|蘇州)"
)
_DISTRICT = re.compile("^[^路街道0-9]{1,6}?(?:区|県|旗|市)(?!場)")
_SUBDISTRICT = re.compile(
    "^[^路0-9]{1,6}?(?:街道(?:弁事処)?|鎮|郷|村|里(?=[0-9]+鄰))(?:[0-9]+鄰)?(?=.*(?:路|街|道|巷|弄|[0-9]号))"
)
_HONG_KONG = re.compile("^(?:香港島?|九竜|新界)+")
_NUMERALS = re.compile(
    "[〇一二三四五六七八九十百]+(?=段|号|巷|弄|鄰|楼|層|棟|幢|座|室|房|単元|之|路|街|大道|支路)|(?<=之)[一二三四五六七八九十]+"
)
_BOX = re.compile(
    r"(?:g?p\.?o\.?box(?:no)?[.#:]*|(?:郵政)?信箱第?|郵政第?(?=.*信箱))(?P<box>[0-9]+(?:-[0-9]+)*)(?:号?(?:郵政)?信箱|号)?"
)
_PART = re.compile(
    r"(?P<n>[a-z]?[0-9]+[a-z]?|(?<![a-z])[a-z](?=[座棟幢室]))"
    r"(?P<kind>号楼|号院|号?[棟幢]|号|巷|弄|楼|層|f(?![a-z])|座|単元|室|房|之|-|段|路|街|支路|大道|道)?"
)
_OF_THE_STREET = frozenset({"段", "路", "街", "支路", "大道", "道"})
_OF_THE_HOUSE = frozenset({"号", "巷", "弄", "号院"})
_FLOORS = frozenset({"楼", "層", "f"})


def read_chinese(country: str, postal: str, region: str, city: str, lines: Sequence[str]) -> Address:
    """Return the canonical form of an address such as 建国路88号A座1203室 or 信義路五段7號35樓之1."""
    code, text = canonical_postal(country, postal), fold(" ".join(line[:LONGEST] for line in lines))
    if (found := _POSTAL.search(text)) is not None:
        code = code or canonical_postal(country, found[1] or found[2])
        text = f"{text[: found.start()]}{text[found.end() :]}"
    province, town, text = _without_place(fold(region), fold(city), text)
    text = _NUMERALS.sub(lambda run: kanji_number(run[0]), text)
    if (found := _BOX.search(text)) is not None:
        street, site, building = "pobox", Site(tuple(found["box"].split("-")[:3])), ""
    else:
        street, site, building = _house(text)
    place = (Place(town, street),) if town or street else ()
    sites = (site,) if site.numbers or site.room else ()
    return Address(country=country, prefecture=province, places=place, sites=sites, building=building, postal=code)


def _without_place(region: str, city: str, text: str) -> tuple[str, str, str]:
    """Return province and city without their kinds, and the text from the street on."""
    text = text.replace(" ", "")
    for field in (city.replace(" ", ""), region.replace(" ", "")):
        if field and not text.startswith(field):
            text = field + text
    text = _COUNTRY.sub("", text)
    province = found[0] if (found := _PROVINCE.match(text)) else ""
    text = text[len(province) :]
    if text.startswith(province) and province:  # the region and the line both say it
        text = text[len(province) :]
    found = _CITY.match(text) or _MUNICIPALITIES.match(text)
    town = found[0] if found else ""
    text = text[len(town) :]
    town = re.sub("(?:市|県|自治州|地区|盟)$", "", town)
    while town and (again := re.match(f"(?:{re.escape(province)})?{re.escape(town)}[市県]?(?=.*[0-9路街道])", text)):
        text = text[again.end() :]
    text = _DISTRICT.sub("", text, count=1)
    if not town and (province[:2] in ("香港", "澳門") or _HONG_KONG.match(text)):
        town, province = province[:2] or "香港", ""
        text = _HONG_KONG.sub("", text)
    text = _SUBDISTRICT.sub("", text, count=1)
    return re.sub("(?:省|[^省]{0,3}自治区|特別行政区)$", "", province), town, text


def _house(text: str) -> tuple[str, Site, str]:
    """Return street, numbers with room, and the name of the building."""
    street_end, end = len(text), 0
    numbers: list[str] = []
    units: list[str] = []
    floor, joined = "", False
    for part in _PART.finditer(text):
        kind = part["kind"] or ""
        if kind in _OF_THE_STREET and not numbers:
            continue
        number = re.sub("(?<![0-9])0+(?=[0-9])", "", part["n"])
        street_end, end = min(street_end, part.start()), part.end()
        of_house = kind in _OF_THE_HOUSE or joined or not numbers  # joined: 7号之1 and 7之1号 are one
        if kind in _FLOORS:
            floor = f"{number}f"
        elif of_house and not units and not floor:
            numbers.append(number)
        else:
            units.append(number)
        joined = kind == "之" or text.startswith("之", end)
    if floor and not any(len(unit) > 2 for unit in units):
        units.insert(0, floor)
    return squash(text[:street_end]), Site(tuple(numbers[:3]), "-".join(units)), squash(text[end:]) if numbers else ""
