"""Where Japanese shops on Shopify keep the reading of a name, since Shopify itself has no field for it."""

import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

_KANA_WORDS = re.compile(r"[ぁ-ゖァ-ヺーゝゞヽヾ]+(?:[ ・]+[ぁ-ゖァ-ヺーゝゞヽヾ]+)*")


def is_kana(value: str) -> bool:
    """Whether ``value`` is nothing but kana, spaces and middle dots, in whatever width."""
    return _KANA_WORDS.fullmatch(_folded(value)) is not None


def reused_as_kana(*values: str | None) -> str | None:
    """Return the first of ``values`` (company, second address line) that some theme reuses for the reading.

    Two words are demanded: one kana word alone there is the name of a firm or a building.
    """
    return next((v for v in values if v and is_kana(v) and len(re.split("[ ・]+", _folded(v))) == 2), None)


def kana_among(attributes: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Return the reading found under the first of ``names`` that holds one; ``a/b`` joins two attributes."""
    folded = {_folded(name): value for name, value in attributes.items()}
    for name in names:
        parts = [folded.get(_folded(part), "") for part in name.split("/")]
        joined = " ".join(part for part in parts if part)
        if joined and is_kana(joined):
            return joined
    return None


def _folded(value: str) -> str:
    return normalize("NFKC", value).casefold().strip()
