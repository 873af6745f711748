"""What the registry says in both languages at once, cut to the one that the reader reads."""

import re

from shopguard.config import Language
from shopguard.web.language import language

_BOTH = " / "
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


def in_one_language(text: str) -> str:
    """Return the reader's half of a text that is ``日本語 / English`` in each line; of any other text, all of it."""
    at = 0 if language() is Language.JA else 1
    return "\n".join(_halves(line)[at] for line in text.splitlines())


def of_two(ja: str, en: str) -> str:
    """Return what the reader reads."""
    return ja if language() is Language.JA else en


def _halves(line: str) -> tuple[str, str]:
    at = line.find(_BOTH)
    while at >= 0:
        ja, en = line[:at], line[at + len(_BOTH) :]
        if _JAPANESE.search(ja) and not _JAPANESE.search(en):
            return ja, en
        at = line.find(_BOTH, at + 1)
    return line, line
