"""Folding of text: the one spelling that all ways to write the same characters end in."""

import re
import unicodedata

from shopguard.identity.kana import hiragana
from shopguard.identity.variants import VARIANTS

__all__ = [
    "LONGEST",
    "VARIANTS",
    "fold",
    "fold_place",
    "folded_variants",
    "hiragana",
    "is_japanese",
    "kanji_number",
    "squash",
]

LONGEST = 1000  # characters kept of any one text: longer than a name or an address can be

# Controls, soft hyphens, joiners, fillers, direction marks, variation selectors, tags, lone surrogates, and what a
# broken conversion leaves behind (replacement and object characters).
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_PLAIN = re.compile("[ \u3000ぁ-ゖァ-ヺー々一-鿿]*")  # as NFKC leaves it, but for the wide space
# What one table folds: letters of ASCII in either width, and what NFKC leaves as it is.
_SIMPLE = re.compile("[\t-\r -~\u3000！-～ぁ-ゖァ-ヺー・、。「」々〇一-鿿‐‒-―−]*")
_FOLDED = {
    **VARIANTS,
    **{code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)},
    **{code + 0xFEE0: chr(code).lower() for code in range(ord("!"), ord("~") + 1)},
}
_SPACED_VOICE_MARKS = str.maketrans("゛゜", "\u3099\u309a")  # NFKC would put a space between a kana and its mark

_KANJI = "々〇一-鿿㐀-䶿\U00020000-\U0003ffff"
_BETWEEN_KANJI = re.compile(f"(?<=[{_KANJI}])(?:([ヶケがガヵゖけ])|([のノ之乃])|([つツッっ]))(?=[{_KANJI}])")
_JAPANESE = re.compile(f"[ぁ-ゖァ-ヺー{_KANJI}]")
_NOT_WORD = re.compile(r"[\W_]+")

KANJI_DIGITS = "〇一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}


def fold(text: str) -> str:
    """Return ``text`` in its one spelling: width, case, invisible characters, kanji variants and spaces folded.

    At most ``LONGEST`` characters are kept. Folding twice changes nothing.
    """
    if _SIMPLE.fullmatch(text, 0, LONGEST + 1):
        return " ".join(text[:LONGEST].translate(_FOLDED).split())
    for _ in range(6):  # case folding and dropped characters make room for NFKC again; three rounds settle all known
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _visible(text)).casefold().translate(VARIANTS)
        return " ".join(text[:LONGEST].split())
    return " ".join(_INVISIBLE.sub("", text).lower().split())


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text).translate(_SPACED_VOICE_MARKS)


def folded_variants(text: str) -> tuple[str, ...]:
    """Return which kanji variants ``fold`` replaces in ``text``, each once, as ``邊→辺``."""
    text = text[:LONGEST]
    if text.isascii() or (_PLAIN.fullmatch(text) and text.translate(VARIANTS) == text):
        return ()
    visible = unicodedata.normalize("NFKC", _visible(text))
    return tuple(dict.fromkeys(f"{char}→{VARIANTS[ord(char)]}" for char in visible if ord(char) in VARIANTS))


def fold_place(text: str) -> str:
    """Return folded text with the particles that place names mix freely (ヶ/ケ/が, ノ/の/之, ツ/つ) made equal."""
    return _BETWEEN_KANJI.sub(lambda found: "が" if found[1] else "の" if found[2] else "つ", text)


def squash(text: str) -> str:
    """Return the letters and digits of ``text`` alone."""
    return _NOT_WORD.sub("", text)


def is_japanese(text: str) -> bool:
    """Say whether ``text`` holds any kana or kanji."""
    return _JAPANESE.search(text) is not None


def kanji_number(run: str) -> str:
    """Return a run of kanji numerals (二十三, 一〇二) as digits; the run must hold nothing else."""
    if not any(char in _UNITS for char in run):
        return "".join(str(KANJI_DIGITS.index(char)) for char in run)
    total, digit = 0, 0
    for char in run:
        if char in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[char], 0
        else:
            digit = KANJI_DIGITS.index(char)
    return str(total + digit)
