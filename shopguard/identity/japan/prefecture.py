"""The 47 prefectures: names, short names, Latin names, codes and kana."""

import re
import unicodedata

from shopguard.identity.text import fold, hiragana

# In the order of JIS X 0401: the position is the code (01-47).
_NAMES = """
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
_KANA = """
ほっかいどう あおもりけん いわてけん みやぎけん あきたけん やまがたけん ふくしまけん
いばらきけん とちぎけん ぐんまけん さいたまけん ちばけん とうきょうと かながわけん
にいがたけん とやまけん いしかわけん ふくいけん やまなしけん ながのけん ぎふけん
しずおかけん あいちけん みえけん しがけん きょうとふ おおさかふ ひょうごけん
ならけん わかやまけん とっとりけん しまねけん おかやまけん ひろしまけん やまぐちけん
とくしまけん かがわけん えひめけん こうちけん ふくおかけん さがけん ながさきけん
くまもとけん おおいたけん みやざきけん かごしまけん おきなわけん
"""
PREFECTURES = tuple(_NAMES.split())
LATIN_NAMES = tuple(_ROMAJI.split())  # in the same order
_KANA_SIZES = sorted({len(name) for name in _KANA.split()})
_KANA_FIRST = frozenset(char for name in _KANA.split() for char in (name[0], chr(ord(name[0]) + 0x60)))
_FULL = frozenset(PREFECTURES)
_BY_NAME = {
    written: full
    for full, romaji, kana in zip(PREFECTURES, LATIN_NAMES, _KANA.split(), strict=True)
    for written in (full, full.rstrip("都府県"), romaji, kana)
} | {"hokkaidou": "北海道", "toukyou": "東京都", "oosaka": "大阪府", "kyouto": "京都府", "hyougo": "兵庫県"}
_CODE = re.compile(r"(?:jp[- ]?)?([0-9]{1,2})")
_ENDING = re.compile(r"[ -]?(?:prefecture|pref\.?)$|[ -](?:ken|to|fu)$")


def normalize_prefecture(region: str) -> str:
    """Return the prefecture for its name, short name, kana, romaji name or code (東京都, Tokyo, JP-13), else ""."""
    if region in _FULL:
        return region
    folded = fold(region)
    if folded in _FULL:
        return folded
    if (code := _CODE.fullmatch(folded)) and 1 <= int(code[1]) <= len(PREFECTURES):
        return PREFECTURES[int(code[1]) - 1]
    plain = "".join(char for char in unicodedata.normalize("NFD", folded) if char not in "\u0304\u0302")
    return _BY_NAME.get(_ENDING.sub("", hiragana(unicodedata.normalize("NFC", plain))), "")


def leading_prefecture(text: str) -> tuple[str, int]:
    """Return the prefecture that folded ``text`` begins with, and how many characters of it that takes."""
    start = text[:4]
    if start[:1] in _KANA_FIRST:
        sound = hiragana(text[: _KANA_SIZES[-1]])
        return next(((_BY_NAME[sound[:size]], size) for size in _KANA_SIZES if sound[:size] in _BY_NAME), ("", 0))
    if start[:3] in _FULL:
        return start[:3], 3
    if start in _FULL:
        return start, 4
    if " " in start:
        bare = text[:8].replace(" ", "")
        for size in (3, 4):
            if bare[:size] in _FULL:
                return bare[:size], _written(text, size)
    return "", 0


def _written(text: str, size: int) -> int:
    """Return where the first ``size`` characters of ``text`` end that are no spaces."""
    end = 0
    while size:
        size -= text[end] != " "
        end += 1
    return end
