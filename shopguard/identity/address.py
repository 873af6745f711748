"""Addresses: prefecture, place, numbers, room and postal code, from however the fields were filled.

A first form without a table of towns: the municipality is found by its ending and a short list of traps, and numbers
that can be read in two ways are kept in both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shopguard.identity.text import KANJI_DIGITS, LONGEST, fold, fold_place, is_japanese, kanji_number, squash

# In the order of JIS X 0401: the position is the code (01-47).
_PREFECTURES = """
北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県
石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県
岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
"""
_ROMAJI = """
hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata
toyama ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori
shimane okayama hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki
kagoshima okinawa
"""
_BY_CODE = tuple(_PREFECTURES.split())
_BY_NAME = {
    name: full for full, romaji in zip(_BY_CODE, _ROMAJI.split(), strict=True) for name in (full, full[:-1], romaji)
}

_DESIGNATED = (
    "札幌|仙台|さいたま|千葉|横浜|川崎|相模原|新潟|静岡|浜松|名古屋|京都|大阪|堺|神戸|岡山|広島|北九州|福岡|熊本"
)
# Names that hold 市, 郡, 町 or 村 themselves, where a cut at the first such character would go wrong.
_TRAPS = (
    "四日市市|廿日市市|野々市市|八日市市|八日市場市|五日市町|市川市|市原市|町田市|大町市|十日町市|大和郡山市|郡山市|郡上市|"
    "小郡市|蒲郡市|東村山市|武蔵村山市|村山市|村上市|羽村市|大村市|田村市|中村市|大町町|玉村町|村田町|市川三郷町"
)
_MUNICIPALITY = re.compile(
    f"(?:{_TRAPS}|(?:{_DESIGNATED})市[^0-9]{{1,4}}?区"
    f"|(?P<district>(?:高市|余市|[東西北]村山|田村|[^0-9市区町村]{{1,4}}?)郡)(?:{_TRAPS}|[^0-9]{{1,6}}?[町村])"
    "|[^0-9市町村]{1,3}区|[^0-9]{1,6}?市|[^0-9]{1,6}?[町村])"
)

_SAME_AS_ABOVE = frozenset({"同上", "同じ", "〃", "-", "なし", "無し"})
_POSTAL_IN_TEXT = re.compile(r"^〒?\s*([0-9]{3})-?([0-9]{4})(?![0-9-])\s*")
_LINES = re.compile("[‐‑‒–—―−─━⁃]")
_NUMERALS = f"{KANJI_DIGITS}十百千"
_COUNTED = re.compile(f"[{_NUMERALS}]+(?=丁目|番地|番(?![町丁])|号|条|線|階|地割)")
_HYPHENATED = re.compile(f"[{_NUMERALS}]+(?=[-ー][0-9{_NUMERALS}])|(?<=[0-9{_NUMERALS}][-ー])[{_NUMERALS}]+")
_LONG_MARK = re.compile("(?<![ぁ-ゖァ-ヺ])[ー~〜](?=[0-9])")  # ー is a letter in コーポ, a hyphen in 4ー2
_NUMBERED_TOWN = re.compile("([1-9])(?=番[町丁](?!目))")
_FLOOR = re.compile(r"-?(?:地下|b)?[0-9]+(?:階|f(?![a-z]))-?")
_FULL_MARKS = re.compile("番(?:地)?[0-9]+号(?!室)")
_MARK = re.compile("(?<=[0-9])(?:丁目|番地の?|番の?(?![町丁館])|の(?=[0-9])|号(?=-?[0-9]))-?")
_END_MARK = re.compile("(?<=[0-9])号(?![室棟館線])")
_GRID = re.compile("([東西南北][0-9]+)条?([東西南北][0-9])")
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9]) (?=[0-9])")
_NUMBERED = re.compile(r"((?:[^0-9]*[0-9]+(?:条|線|地割))*[^0-9]*)([0-9]+(?:-[0-9]+)*)?(.*)", re.DOTALL)
_KYOTO_STREET = re.compile("^.*[上下入](?:が)?[るル](?=.)")
_SMALL_AREA = re.compile("大字|(?<![文])字(?=.)")
_ROOM = re.compile(r"(?:(?<![a-z])([a-z])(?:棟|-)?)?([0-9]{2,5})(?:号室?|室)?$")
_STREET_TYPES = "street st road rd avenue ave lane ln drive dr boulevard blvd place pl court ct apt unit suite no"


@dataclass(frozen=True, slots=True)
class Site:
    """One reading of the numbers: at most three of them, and the room."""

    numbers: tuple[str, ...]
    room: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person lives. Every text is folded and empty where unknown; ``sites`` has the likelier reading first.

    ``place`` is municipality and town in one, without the district, so that it does not matter where one ends.
    """

    prefecture: str = ""
    municipality: str = ""
    town: str = ""
    sites: tuple[Site, ...] = ()
    building: str = ""
    postal: str = ""

    @property
    def place(self) -> str:
        return self.municipality + self.town

    @property
    def has_place(self) -> bool:
        """Whether ``place`` and numbers name one house. Some cities have no towns; a ward alone is too large."""
        return bool(self.sites) and bool(self.town or self.municipality.endswith(("市", "町", "村")))

    @property
    def is_located(self) -> bool:
        """Whether this points at one house, by place or by postal code."""
        return self.has_place or bool(self.sites and self.postal)


def normalize_address(
    postal_code: str = "", region: str = "", city: str = "", lines: Sequence[str] = ()
) -> Address | None:
    """Return the canonical address, or None if all fields are empty.

    The whole address may stand in ``city`` or in ``lines`` alone; lines that repeat the city or the prefecture,
    or only say 同上, add nothing.
    """
    prefecture = normalize_prefecture(region)
    written = [found for line in lines if (found := fold(line)) not in _SAME_AS_ABOVE]
    city_text = fold(city)
    if not (written or city_text or postal_code or prefecture):
        return None
    if not is_japanese(city_text + "".join(written)):
        return _latin_address(prefecture, city_text, written, _postal(postal_code))
    postal, found_prefecture, text = _joined(city_text, written, prefecture)
    municipality, text = _municipality(_one_notation(text), city_text)
    town, sites, building = _numbers(text)
    if municipality.startswith("京都市"):
        town = _KYOTO_STREET.sub("", town)  # the street phrase is decoration; the town after it is the place
    return Address(
        found_prefecture, municipality, _SMALL_AREA.sub("", town), sites, building, _postal(postal_code) or postal
    )


def normalize_prefecture(region: str) -> str:
    """Return the prefecture for its name, romaji name or code (東京都, Tokyo, JP13, JP-13, 13), else ""."""
    folded = fold(region)
    code = re.fullmatch(r"(?:jp-?)?([0-9]{1,2})", folded)
    if code and 1 <= int(code[1]) <= len(_BY_CODE):
        return _BY_CODE[int(code[1]) - 1]
    bare = re.sub(r"[ -](?:prefecture|ken|to|fu)$", "", folded.translate(str.maketrans("āēīōū", "aeiou")))
    return _BY_NAME.get(bare, "")


def _postal(raw: str) -> str:
    folded = fold(raw)
    digits = re.sub(r"[^0-9]", "", folded)
    return digits if len(digits) == 7 else squash(folded)[:12]


def _joined(city: str, lines: Sequence[str], prefecture: str) -> tuple[str, str, str]:
    """Return postal code, prefecture and the rest as one text without what the fields repeat."""
    postal, text = "", ""
    for part in [city, *lines]:
        if code := _POSTAL_IN_TEXT.match(part):
            postal, part = postal or code[1] + code[2], part[code.end() :]
        bare = part.replace(" ", "")
        leading = next((bare[:size] for size in (3, 4) if bare[:size] in _BY_CODE), "")
        if leading and (not text or leading == prefecture):
            prefecture = prefecture or leading
            bare = bare.removeprefix(leading)
            part = part.removeprefix(leading) if part.startswith(leading) else bare
        known = text.replace(" ", "")
        text = part if bare.startswith(known) else f"{text} {part}"
    return postal, prefecture, text[:LONGEST]


def _one_notation(text: str) -> str:
    """Return the text with one way to write numbers: 芝公園四丁目二番八号 and 芝公園4ー2ー8 become 芝公園4-2-8."""
    text = _COUNTED.sub(lambda run: kanji_number(run[0]), _LINES.sub("-", text))
    explicit = _FULL_MARKS.search(text) is not None  # a written 号 ends the numbers: it is no room
    text = _HYPHENATED.sub(lambda run: kanji_number(run[0]), text)
    text = _NUMBERED_TOWN.sub(lambda digit: KANJI_DIGITS[int(digit[0])], _LONG_MARK.sub("-", text))
    text = _BETWEEN_NUMBERS.sub("-", _FLOOR.sub(" ", text)).replace(" ", "")
    text = fold_place(_END_MARK.sub("#" if explicit else "", _MARK.sub("-", text)))
    return _GRID.sub(r"\1条\2", text)


def _municipality(text: str, city: str) -> tuple[str, str]:
    found = _MUNICIPALITY.match(text)
    if found:
        return found[0].removeprefix(found["district"] or ""), text[found.end() :]
    named = squash(city)
    if named and not re.search("[0-9]", named):  # written in romaji or kana, or abroad: as the shop has it
        return named, text.removeprefix(city.replace(" ", ""))
    return "", text


def _numbers(text: str) -> tuple[str, tuple[Site, ...], str]:
    found = _NUMBERED.fullmatch(text)
    if found is None:
        return squash(text), (), ""
    town, chain, rest = squash(found[1]), found[2], found[3]
    numbers = tuple(number.lstrip("0") or "0" for number in chain.split("-")) if chain else ()
    explicit, building = rest.startswith("#"), rest.lstrip("#-")
    room = _ROOM.search(building)
    if room:
        building = building[: room.start()]
        sites = [Site(numbers[:3], (room[1] or "") + room[2].lstrip("0"))]
    elif len(numbers) > 3 or (len(numbers) > 1 and rest.startswith(("号室", "室"))):
        building = building.removeprefix("号").removeprefix("室")
        sites = [Site(numbers[:-1][:3], numbers[-1])]
    else:
        sites = [Site(numbers)]
        if len(numbers) == 3 and len(numbers[2]) > 2 and not explicit:
            sites.append(Site(numbers[:2], numbers[2]))  # 12-3-203 is a block number or a room
    return town, tuple(sites) if numbers else (), squash(building)


def _latin_address(prefecture: str, city: str, lines: Sequence[str], postal: str) -> Address:
    text = " ".join(lines)
    numbers = tuple(re.findall("[0-9]+", text))
    words = [word for word in re.findall(r"[^\W0-9_]+", " ".join(lines[:1])) if word not in _STREET_TYPES.split()]
    sites = (Site(numbers[:3], numbers[3] if len(numbers) > 3 else ""),) if numbers else ()
    return Address(prefecture, squash(city), "".join(words), sites, "", postal)
