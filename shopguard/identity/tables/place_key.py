"""The one spelling of places: the table is compiled with it and addresses are read with it, so that they meet."""

import re

from shopguard.identity.kana import devoiced, hiragana
from shopguard.identity.text import fold, kanji_number

_NUMERALS = "〇一二三四五六七八九十百千廿卅壱弐"
_OLD_NUMERALS = str.maketrans({"廿": "二十", "卅": "三十", "壱": "一", "弐": "二"})
_DIGIT = "[一二三四五六七八九]"
_ORDERLY = re.compile(f"(?:{_DIGIT}?千)?(?:{_DIGIT}?百)?(?:{_DIGIT}?十)?{_DIGIT}?")
_KANJI = "々〇一-鿿㐀-䶿\U00020000-\U0003ffff"
_DASHES = "-‐‑‒–—―−─━⁃ー〜~"

# A numeral is written in digits where it counts something; elsewhere it is a part of a name and stays (三田, 十三,
# 千代田, 八幡). Nothing right after a digit is touched, so that no name can grow together with a block number.
# Each pattern begins with the characters it seeks and looks behind from there, which is several times faster.
_COUNTED = re.compile(
    f"[{_NUMERALS}](?<![0-9{_NUMERALS}].)(?:"
    f"[{_NUMERALS}]*(?=丁|番|号|条|線|地割|区|階|町目|[-の][0-9{_NUMERALS}])"
    f"|(?<=[東西南北].)[{_NUMERALS}]*(?=[東西南北][0-9{_NUMERALS}])"
    "|(?<![百千])[〇一二三四五六七八九十廿卅壱弐]*(?=[日本段軒])"
    f"|(?<=第.)[{_NUMERALS}]*(?=[^-0-9{_NUMERALS}])"
    f"|(?:(?<=[0-9]-.)|(?<=番地の.)|(?<=[0-9]の.))[{_NUMERALS}]*(?![{_KANJI}])"
    ")"
)
_DASH_IN_NUMBER = re.compile(f"([0-9{_NUMERALS}]) ?[{_DASHES}] ?(?=[0-9{_NUMERALS}])")
_GAP = re.compile(" (?:(?<![0-9a-z].)|(?![0-9a-z]))")
_COMMA = re.compile("[,、]+")
_SMALL_AREA = re.compile("大字|字(?<![文十万].)(?=.)")  # 十文字, 十字 and 万字 are names
_PARTICLE = re.compile(f"[ヶケがガヵゖけ箇個のノ之乃つツッっ](?<=[0-9ぁ-ゖァ-ヺ{_KANJI}].)(?=[{_KANJI}])")
_ONE_PARTICLE = (
    dict.fromkeys("ヶケがガヵゖけ箇個", "が") | dict.fromkeys("のノ之乃", "の") | dict.fromkeys("つツッっ", "つ")
)
BETWEEN_KANJI = re.compile(f"[がのつ](?<=[{_KANJI}].)(?=[{_KANJI}])")
_LONG_VOWEL = re.compile("ー|(?<=[おこそとのほもよろごぞどぼぽょゆゅ])う|(?<=[おこそとのほもよろごぞどぼぽょ])お")

# Shapes that are mixed up in place names and that ``fold`` keeps apart.
_PLACE_VARIANTS = str.maketrans(
    {
        "竈": "釜",
        "竃": "釜",
        "麴": "麹",
        "籠": "篭",
        "蠣": "蛎",
        "鶯": "鴬",
        "頸": "頚",
        "壺": "壷",
        "諌": "諫",
        "騨": "驒",
    }
    | {
        "祗": "祇",
        "靭": "靱",
        "檮": "梼",
        "俱": "倶",
        "穗": "穂",
        "繩": "縄",
        "兔": "兎",
        "莵": "菟",
        "桝": "枡",
        "毗": "毘",
        "姶": "始",
        "脊": "背",
    }
)


def place_key(text: str) -> str:
    """Return ``text`` as the table spells places: folded, 大字 and spaces dropped, counted numerals in digits.

    三田, 十三 and 千代田 keep their kanji; 一番町, 北一条西 and 四丁目 get digits. ヶ/ケ/が, の/ノ/之 and ツ/つ
    inside a name are one. A space stays where it parts two numbers or Latin words. Applying it twice changes nothing.
    """
    text = fold(text)
    while (spelt := _spelt(text)) != text:  # each round removes something, so this ends; two rounds are usual
        text = spelt
    return text


def _spelt(text: str) -> str:
    spelt = text.translate(_PLACE_VARIANTS)
    if "," in spelt or "、" in spelt:
        spelt = _COMMA.sub(" ", spelt)
    spelt = _COUNTED.sub(_in_digits, _DASH_IN_NUMBER.sub(r"\1-", spelt))
    if " " in spelt:
        spelt = _GAP.sub("", spelt)
    if "字" in spelt:
        spelt = _SMALL_AREA.sub("", spelt)
    spelt = _PARTICLE.sub(_particle, spelt)
    return spelt if spelt == text else fold(spelt)


def _in_digits(found: re.Match[str]) -> str:
    """Return the numeral in digits; of two that stand together (十三一丁目) the first belongs to the name."""
    run = found[0].translate(_OLD_NUMERALS)
    if not any(unit in run for unit in "十百千"):
        return kanji_number(run)
    parts = [part for part in _ORDERLY.findall(run) if part]
    return "".join(parts[:-1]) + kanji_number(parts[-1]) if "".join(parts) == run else found[0]


def _particle(found: re.Match[str]) -> str:
    return _ONE_PARTICLE[found[0]]


def without_particles(key: str) -> str:
    """Return a key without が, の and つ between kanji: 阿佐が谷 is 阿佐谷, 四つ谷 is 四谷."""
    return BETWEEN_KANJI.sub("", key)


def length_with_particles(key: str, length: int) -> int:
    """Return how many characters of ``key`` give the first ``length`` ones of ``without_particles(key)``."""
    for found in BETWEEN_KANJI.finditer(key):
        if found.start() >= length:
            break
        length += 1
    return length


def place_sound(key: str) -> str:
    """Return kana as the table compares it: hiragana without voicing, small kana and long vowels; the rest stays.

    The う of くうこう stays, so that a ward's く does not swallow the first sound of its town (たいとうくうえの).
    """
    return devoiced(_LONG_VOWEL.sub("", hiragana(key)))


def length_of_sound(key: str, length: int) -> int:
    """Return how many characters of ``key`` give the first ``length`` ones of its sound."""
    for found in _LONG_VOWEL.finditer(hiragana(key)):
        if found.start() > length:
            break
        length += 1
    return length
