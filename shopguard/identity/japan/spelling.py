"""A text beside its key in the tables, so that what the tables recognised can be cut off the text."""

import re
from dataclasses import dataclass

from shopguard.identity.japan.numbers import NUMERALS
from shopguard.identity.tables.place_key import place_key

_LONGEST_NAME = 60  # characters of municipality and town together
_RUN = re.compile(f"[0-9{NUMERALS}卅]+")
_DIGITS = re.compile("[0-9]+")
_KANJI = re.compile("[々一-鿿㐀-䶿\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Spelling:
    """Folded ``text`` and the key of its beginning."""

    text: str
    key: str

    def after(self, size: int) -> str:
        """Return the text after the part that the first ``size`` characters of the key stand for."""
        return self.text[self.end(size) :]

    def is_kana(self, start: int, end: int) -> bool:
        """Say whether the part between two places of the key holds no kanji."""
        return _KANJI.search(self.text, self.end(start), self.end(end)) is None

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
            elif char in " 大字,":
                at += 1
            else:
                at, reached = at + 1, reached + 1
        return at


def spell(text: str) -> Spelling:
    """Return ``text`` with its key."""
    return Spelling(text, place_key(text[:_LONGEST_NAME]))
