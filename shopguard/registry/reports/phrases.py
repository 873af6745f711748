"""Finding phrases in what shops write, Japanese and English mixed, in any width and however it is spaced."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Text:
    """What somebody wrote, in one width and case, without invisible characters."""

    written: str

    @cached_property
    def spaced(self) -> str:
        """With its spaces: for languages that part words by them."""
        normal = unicodedata.normalize("NFKC", self.written)
        return "".join(character for character in normal if unicodedata.category(character) != "Cf").casefold()

    @cached_property
    def joined(self) -> str:
        """Without spaces, and without marks between two Japanese characters: 犯 罪 者 and 犯*罪*者 are 犯罪者."""
        return "".join(self.spaced[at] for at in self._kept)

    def at(self, joined_at: int) -> int:
        """Return where a character of ``joined`` stands in ``spaced``."""
        return self._kept[joined_at]

    @cached_property
    def _kept(self) -> list[int]:
        return [at for at in range(len(self.spaced)) if not self._is_filler(at)]

    def _is_filler(self, at: int) -> bool:
        text = self.spaced
        if text[at].isspace():
            return True
        if text[at] not in _MARKS:
            return False
        return 0 < at < len(text) - 1 and _is_japanese(text[at - 1]) and _is_japanese(text[at + 1])

    def __repr__(self) -> str:
        return f"Text({len(self.written)} characters)"


class Phrases:
    """Phrases to look for, one regular expression a line, in lower case.

    A line with a Japanese character is sought anywhere in the joined text; any other between the borders of words.

    Args:
        names: what ``<name>`` in a line stands for: alternatives that many lines share.
    """

    def __init__(self, lines: str, **names: str) -> None:
        for name, alternatives in names.items():
            lines = lines.replace(f"<{name}>", f"(?:{alternatives})")
        self._lines = [line.strip() for line in lines.splitlines() if line.strip()]
        if any(_is_japanese(line) and " " in line for line in self._lines):
            raise ValueError("a line with a space and a Japanese character can never be found: divide it")

    def first_in(self, text: Text) -> int | None:
        """Return where the first of them is, counted from 0 in the text without invisible characters; or None."""
        japanese, other = self._patterns
        places = []
        if japanese and (found := japanese.search(text.joined)):
            places.append(text.at(found.start()))
        if other and (found := other.search(text.spaced)):
            places.append(found.start())
        return min(places, default=None)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
        japanese = [line for line in self._lines if _is_japanese(line)]
        other = [line for line in self._lines if not _is_japanese(line)]
        return (
            re.compile("|".join(japanese)) if japanese else None,
            re.compile(rf"\b(?:{'|'.join(other)})\b") if other else None,
        )


_MARKS = "*_|/+"
_JAPANESE = re.compile(r"[ぁ-ヿ㐀-鿿]")


def _is_japanese(text: str) -> bool:
    return _JAPANESE.search(text) is not None
