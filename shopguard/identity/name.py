"""Names: the written form, the family name where it can be told, and the reading in hiragana."""

import re
import unicodedata
from dataclasses import dataclass

from shopguard.identity.kana import hiragana
from shopguard.identity.text import fold, fold_place, folded_variants, is_japanese, squash

_BRACKETED = re.compile(r"\([^)]*\)?|\[[^\]]*\]?|[【「『〈《〔][^】」』〉》〕]*[】」』〉》〕]?")
_HONORIFIC = re.compile(r"(?<=\S)(?:\s*(?:様|さま|サマ|殿|さん|御中|先生))+$")
_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr) ")
_COMPANY = re.compile(r"\S*(?:株式会社|有限会社|合同会社|\((?:株|有|同)\))\S*")
_BARE_COMPANY = re.compile(r"(株式会社|有限会社|合同会社|\((?:株|有|同)\)) +")
_SEPARATOR = re.compile(r"[・･,、/.&_\-]+")
_DECORATION = re.compile(r"[^\w\s]|[0-9_]")
_KANA_ONLY = re.compile("[ぁ-ゖァ-ヺー]+")
_PLAIN_SOUND = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔぁぃぅぇぉっゃゅょゎゕゖ",
    "かきくけこさしすせそたちつてとはひふへほはひふへほうあいうえおつやゆよわかけ",
    "ー",
)
_LONG_VOWELS = (
    (re.compile(r"o[ou]+|oh(?=[^aeiouy]|$)"), "o"),
    (re.compile(r"uu+"), "u"),
    (re.compile(r"m(?=[bp])"), "n"),
)

# The most frequent surnames of two and more characters, in folded form: they split names written without a
# space and put swapped fields right. A full table with head counts can take this place.
_SURNAMES = """
佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 斉藤 清水 山崎 阿部 池田
橋本 山下 石川 中島 前田 藤田 小川 後藤 岡田 長谷川 村上 近藤 石井 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 藤原
岡本 松田 中川 中野 原田 小野 田村 竹内 金子 和田 中山 石田 上田 森田 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤
谷口 大野 丸山 今井 高田 藤本 武田 村田 上野 杉山 増田 平野 大塚 千葉 久保 松井 小島 岩崎 桜井 野口 松尾 野村 木下
菊地 佐野 大西 杉本 新井 浜田 市川 古川 水野 小松 島田
"""
SURNAMES = frozenset(_SURNAMES.split())


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name. ``full`` and ``reading`` are empty where there is none; Latin ``full`` has its words sorted.

    ``family`` and ``given`` are empty where they cannot be told apart. ``folds`` lists replaced variants (邊→辺).
    """

    full: str = ""
    family: str = ""
    given: str = ""
    reading: str = ""
    company: str = ""
    folds: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """How ``full`` is written: ``kanji`` (kana mixed in or not), ``kana``, or ``latin`` for all other letters."""
        if _KANA_ONLY.fullmatch(self.full):
            return "kana"
        return "kanji" if is_japanese(self.full) else "latin"

    @property
    def sound(self) -> str:
        """The reading without voicing, small kana and long marks: やまざき and やまさき are one."""
        return self.reading.translate(_PLAIN_SOUND)


def normalize_name(name: str, family: str = "", given: str = "", kana: str = "") -> Name | None:
    """Return the canonical name, or None if there are no letters in any of the fields."""
    raw = f"{family} {given}" if family and given else name or family or given
    person, company = _without_company(fold(raw))
    words = _words(person)
    kana_words = [hiragana(word) for word in _words(fold(kana)) if _KANA_ONLY.fullmatch(word)]
    if words and not is_japanese("".join(words)):
        full, parts = _latin(words, family)
    else:
        words = [hiragana(fold_place(word)) for word in words]
        parts = _split(words)
        full = "".join(parts) if parts else "".join(words)
    reading = "".join(kana_words) or (full if _KANA_ONLY.fullmatch(full) else "")
    if not (full or reading):
        return None
    return Name(full, *(parts or ("", "")), reading, company, folded_variants(raw))


def _without_company(text: str) -> tuple[str, str]:
    text = _BARE_COMPANY.sub(r"\1", text)
    return _COMPANY.sub(" ", text), " ".join(_COMPANY.findall(text))


def _words(text: str) -> list[str]:
    text = _DECORATION.sub("", _SEPARATOR.sub(" ", _BRACKETED.sub(" ", text)))
    words = _TITLE.sub("", _HONORIFIC.sub("", text.strip())).split()
    if len(words) > 2 and all(len(word) == 1 for word in words) and is_japanese(text):
        return ["".join(words)]  # 山 崎 太 郎: spaced for looks
    return words


def _split(words: list[str]) -> tuple[str, str] | None:
    if len(words) == 2:
        first, second = words
        return (second, first) if second in SURNAMES and first not in SURNAMES else (first, second)
    if len(words) == 1:
        for length in (3, 2):
            if words[0][:length] in SURNAMES and 1 <= len(words[0]) - length <= 3:
                return words[0][:length], words[0][length:]
    return None


def _latin(words: list[str], family: str) -> tuple[str, tuple[str, str] | None]:
    skeletons = [skeleton for word in words if (skeleton := romaji_skeleton(word))]
    surname = romaji_skeleton(squash(fold(family)))
    others = [word for word in skeletons if word != surname]
    return " ".join(sorted(skeletons)), (surname, " ".join(sorted(others))) if surname and others else None


def romaji_skeleton(word: str) -> str:
    """Return a folded Latin word without accents and long-vowel spellings: Ōno, Ohno and Oono are all ono."""
    bare = "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
    for pattern, short in _LONG_VOWELS:
        bare = pattern.sub(short, bare)
    return bare
