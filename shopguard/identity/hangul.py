"""Korean names in hangul: family name and given name, and roughly how they are written in Latin letters."""

import re

from shopguard.identity.kana import romaji_skeleton, sound

_SYLLABLES = re.compile("[가-힣]+")
_TWO_SYLLABLE_FAMILIES = ("남궁", "황보", "제갈", "사공", "선우", "독고", "동방", "서문")
# Family names are not written by the rules but as each family is used to.
_FAMILIES = {
    "김": "kim", "이": "lee", "박": "park", "최": "choi", "정": "jung", "강": "kang",
    "조": "cho", "윤": "yoon", "장": "jang", "임": "lim", "오": "oh", "한": "han",     "신": "shin",
"서": "seo", "권": "kwon", "황": "hwang", "안": "ahn", "유": "yoo",     "노": "noh", "문": "moon",
"우": "woo", "구": "koo", "류": "ryu", "전": "jeon",     "양": "yang", "손": "son", "배": "bae",
"백": "baek", "허": "heo", "심": "shim",     "곽": "kwak", "성": "sung", "차": "cha", "주": "joo",
}  # fmt: skip
_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS = (
"a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi",
"yu", "eu", "ui", "i",
)  # fmt: skip
_FINALS = (
"", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t",
"t", "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip


def is_hangul(word: str) -> bool:
    """Say whether the NFKC ``word`` is made of whole hangul syllables."""
    return _SYLLABLES.fullmatch(word) is not None


def hangul_parts(words: list[str]) -> tuple[str, str]:
    """Return family and given name: the first word of several, the first syllable (or two) of one."""
    if len(words) > 1:
        return words[0], "".join(words[1:])
    word = words[0]
    if not 2 <= len(word) <= 5:
        return "", ""
    at = 2 if word[:2] in _TWO_SYLLABLE_FAMILIES and len(word) > 2 else 1
    return word[:at], word[at:]


def hangul_sound(part: str, is_family: bool) -> str:
    """Return the rough sound of a part, by the revised romanization (2000) or the family's usual spelling."""
    romaji = _FAMILIES.get(part) if is_family else None
    return sound(romaji_skeleton(romaji or "".join(map(_romaji, part))))


def _romaji(syllable: str) -> str:
    index = ord(syllable) - ord("가")
    return _INITIALS[index // 588] + _VOWELS[index % 588 // 28] + _FINALS[index % 28]
