"""A Japanese address in Latin letters as a row of words and numbers, with its counters in their kanji."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from shopguard.identity.kana import romaji_skeleton
from shopguard.identity.text import LONGEST, fold

_MOST_WORDS = 40  # an address has ten; what follows names no place
_COUNTRY = re.compile(r"\b(?:japan|nippon|nihon)\b")
_POSTAL = re.compile(
    r"(?:〒|(?:postal|zip) ?(?:code)? ?:?)? ?(?<![0-9-])([0-9]{3})-([0-9]{4})(?![0-9-])|〒 ?([0-9]{7})"
)

_PHONE = re.compile(r"(?<![0-9-])0[0-9]{1,4}-?[0-9]{1,4}-?[0-9]{4}(?![0-9-])")

# Counters, written with and without hyphen or space.
_COUNTERS = (
    (re.compile(r"([0-9])(?:st|nd|rd|th)?[ -]*cho(?:u|h)?[ -]?me?\b"), r"\1丁目 "),
    (re.compile(r"([0-9])[ -]*go(?:u|h)?[ -]?shitsu\b"), r"\1号室 "),
    (re.compile(r"([0-9])[ -]*ban[ -]?chi\b(?:[ -]*no[ -]*(?=[0-9]))?"), r"\1番地 "),
    (re.compile(r"([0-9])[ -]*ban\b[ -]*"), r"\1番 "),
    (re.compile(r"([0-9])[ -]*go(?:u|h)?\b(?! ?-?to\b)"), r"\1号 "),
    (re.compile(r"([0-9])[ -]*j(?:o|ou|oh|yo)\b"), r"\1jo "),
    (re.compile(r"\b([0-9]+)(?:st|nd|rd|th)? ?-?(?:floor|fl|kai)\b\.?|\bfloor ?([0-9]+)\b"), r" \1\2階 "),
    (re.compile(r"\b(?:block|banchi)\.? ?(?=[0-9])"), " "),
)
_GRID = re.compile(r"\b(?P<one>[nsew])\.? ?-?(?P<first>[0-9]+)[ ,-]*(?P<two>[nsew])\.? ?-?(?P<second>[0-9]+)\b")
_GRID_WORDS = {"n": "kita", "s": "minami", "e": "higashi", "w": "nishi"}
_LONG_GRID = re.compile(r"\b(north|south|east|west)(?=[ -]*[0-9])")
_SIDE = re.compile(r"\b(kita|minami|higashi|nishi)[ -]?([0-9]+)(?=[ ,-]*(?:kita|minami|higashi|nishi)(?![a-z]))")
_ROOM = re.compile(
    r"(?:#|\b(?:room|rm|apt|apartment|unit|suite|ste|no)\b\.? ?(?:no\b\.?|#)? ?)(?P<room>[a-z]?-?[0-9]+[a-z]?)\b"
)
_WORD = re.compile(
    r"[0-9]+jo\b|#?[a-z]?[0-9]+[a-z]?(?:-[a-z]?[0-9]+)*(?:丁目|番地?|号室?|階)?-?|[a-z']+|[^\W\d_a-z]+|[,|]"
)
_OTHER_SCRIPT = re.compile("[ぁ-ゖァ-ヺ一-鿿]{2,}|[ぁ-ゖァ-ヺ一-鿿]+[^a-z|,]*")

_KINDS = "city ward town village prefecture pref ken fu to do shi ku cho machi mura son gun county district"
KINDS = frozenset(_KINDS.split())
_DIGITS = re.compile("([0-9]+)")
_DROPPED = frozenset({"oaza", "ooaza", "aza", "koaza", "azana"})


class Word(NamedTuple):
    """A word or a number. ``part`` counts the pieces between commas and fields; ``is_number`` includes counters."""

    text: str
    part: int
    is_number: bool


class Words(NamedTuple):
    """The words of all fields, the postal code found among them, and the texts in Japanese script."""

    words: tuple[Word, ...]
    postal: str
    japanese: tuple[str, ...]


def read_words(fields: Sequence[str]) -> Words:
    """Return the words of the fields, each folded, without accents."""
    folded = fold(" | ".join(field[:LONGEST] for field in fields))
    japanese = tuple(_OTHER_SCRIPT.findall(folded))
    plain = _without_accents(_COUNTRY.sub(" ", folded))
    postal = ""
    if found := _POSTAL.search(plain):
        postal = found[3] or found[1] + found[2]
        plain = f"{plain[: found.start()]} | {plain[found.end() :]}"
    if "0" in plain:
        plain = _PHONE.sub(" ", plain)
    words: list[Word] = []
    part = 0
    for text in _WORD.findall(_counted(plain)):
        if text in (",", "|"):
            part += 1
        elif text not in _DROPPED:
            number = text[0].isdecimal() or text[0] == "#" or text[-1].isdecimal()
            words.append(Word(text.strip("-'"), part, number))
    return Words(tuple(words[:_MOST_WORDS]), postal, japanese)


def place_skeleton(text: str) -> str:
    """Return the skeleton of a name whose words are joined; digits in it stay (kita1jonishi)."""
    if text.isalpha():
        return romaji_skeleton(text)
    return "".join(part if part.isdecimal() else romaji_skeleton(part) for part in _DIGITS.split(text))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if not "\u0300" <= char <= "\u036f")


def _counted(text: str) -> str:
    text = _GRID.sub(_grid, _LONG_GRID.sub(lambda found: _GRID_WORDS[found[1][0]], text))
    for pattern, kanji in _COUNTERS:
        text = pattern.sub(kanji, text)
    text = _ROOM.sub(lambda found: f" #{found['room'].replace('-', '')} ", text)
    return _SIDE.sub(r"\1 \2jo ", text)


def _grid(found: re.Match[str]) -> str:
    """Return N1 W2 as kita 1jo nishi 2."""
    one, two = _GRID_WORDS[found["one"]], _GRID_WORDS[found["two"]]
    return f"{one} {found['first']}jo {two} {found['second']}"
