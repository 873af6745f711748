"""A text beside its key in the tables, so that what the tables recognised can be cut off the text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from shopguard.identity.japan.numbers import NUMERALS
from shopguard.identity.tables.place_key import place_key

_LONGEST_NAME = 60  # characters of municipality and town together
_RUN = re.compile(f"[0-9{NUMERALS}卅]+")
_DIGITS = re.compile("[0-9]+")
_HOUSE = re.compile("[0-9]+ ?(?:[-ー]|番地|番(?![町丁通]))")
# Whatever ``place_key`` may change in a folded text; all other texts are their own key.
_UNLIKE_KEY = re.compile(
    f"[ ,、字{NUMERALS}卅ヶケがガヵゖけ箇個のノ之乃つツッっ‐‑‒–—―−─━⁃ー〜~]|大字"
    "|[竈竃麴籠蠣鶯頸壺諌騨祗靭檮俱穗繩兔莵桝毗姶脊]"
)
_KANJI = re.compile("[々一-鿿㐀-䶿\U00020000-\U0003ffff]")


class Spelling(NamedTuple):
    """Folded ``text`` and the key of its beginning."""

    text: str
    key: str

    def after(self, size: int) -> str:
        """Return the text after the part that the first ``size`` characters of the key stand for."""
        return self.text[self.end(size) :]

    def is_in_kana(self, name: str, start: int, end: int) -> bool:
        """Say whether the part between two places of the key spells ``name``, which has kanji, without any."""
        return _KANJI.search(self.text, self.end(start), self.end(end)) is None and _KANJI.search(name) is not None

    def cuts_number(self, size: int) -> bool:
        """Say whether the key is cut inside a number there: 北1 is no beginning of 北12条."""
        if not self.key[size - 1 : size].isdecimal() or not self.key[size : size + 1].isdecimal():
            return False
        end = self.end(size)
        return self.text[end - 1 : end + 1].isascii() and self.text[end - 1 : end + 1].isdecimal()

    def end(self, size: int) -> int:
        """Return where the first ``size`` characters of the key end in the text.

        Both are walked side by side: the key drops spaces and 字, and writes runs of numerals as digits.
        """
        text, key = self.text, self.key
        if text.startswith(key[:size]):
            return size
        at, reached = 0, 0
        while reached < size and at < len(text):
            char, spelt = text[at], key[reached]
            if char == spelt:
                at, reached = at + 1, reached + 1
            elif spelt.isdecimal() and (run := _RUN.match(text, at)) and (digits := _DIGITS.match(key, reached)):
                at, reached = run.end(), digits.end()
            elif char in " 大字,、":
                at += 1
            else:
                at, reached = at + 1, reached + 1
        return at


def spell(text: str) -> Spelling:
    """Return folded ``text`` with the key of its beginning, up to the numbers of the house."""
    number = _HOUSE.search(text, 0, _LONGEST_NAME)
    head = text[: number.end() if number is not None else _LONGEST_NAME]
    return Spelling(text, head if _UNLIKE_KEY.search(head) is None else place_key(head))


def join(parts: Sequence[str]) -> str:
    """Return the parts of an address as one text: no space before its first number, as no name of a place has one."""
    text = ""
    for part in parts:
        text += part if _DIGITS.search(text) is None else f" {part}"
    return text
