"""Codes that a person types in from a letter: too long to be guessed, and a slip of the pen is noticed. Pure."""

import re
import secrets
import unicodedata

from shopguard.crypto import Keyring
from shopguard.registry.ids import ALPHABET, USUAL_LENGTH

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_GROUP = 4
_SYMBOLS = 16  # 15 of five random bits each, and one that checks them
_SHORT = 8  # 7 of five random bits each: for what is given up after a few wrong tries
_POLYNOMIAL = 0b100101
_DIGEST_BYTES = 16


def new_code() -> str:
    """Return a code of 75 random bits in four groups of four, the last symbol checking the others."""
    return _made(_SYMBOLS, secrets.token_bytes(_SYMBOLS))


def new_short_code() -> str:
    """Return a code of 35 random bits in two groups of four, for where only a few tries are taken."""
    return _made(_SHORT, secrets.token_bytes(_SHORT))


def code_of(keyring: Keyring, text: bytes) -> str:
    """Return a code like ``new_code``, but for the same ``text`` the same one, which only the keyring can tell."""
    return _made(_SYMBOLS, keyring.digest("registry-vault/code-of", text))


def read_code(text: str) -> str | None:
    """Return the code that ``text`` says, in its one spelling, or None if there is none like it.

    Full-width and small letters, other hyphens and spaces, and the letters O, I and L for digits are all read.
    """
    symbols = _symbols(text)
    if len(symbols) not in (_SYMBOLS, _SHORT) or set(symbols) - set(ALPHABET) or _remainder(symbols):
        return None
    return _grouped(symbols)


def is_short(code: str) -> bool:
    """Whether a code that was read is one of ``new_short_code``."""
    return len(code) < _SYMBOLS


def read_id(kind: str, text: str) -> str | None:
    """Return the id of a record of this ``kind`` (``ids.new_id``) that ``text`` says, typed as codes are, or None."""
    symbols = _symbols(text)
    rest = symbols.removeprefix(kind)
    if rest == symbols or len(rest) != USUAL_LENGTH or set(rest) - set(ALPHABET):
        return None
    return f"{kind}-{rest}"


def code_digest(keyring: Keyring, code: str) -> bytes:
    """Return what is stored of a code: without the keyring nobody can tell whether a guess is right."""
    return keyring.digest("registry-vault/code", code.encode())[:_DIGEST_BYTES]


def _symbols(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:100]).upper().translate(_READ_AS)
    return re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc\uff0d.]", "", folded)


def _made(length: int, random: bytes) -> str:
    symbols = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random[: length - 1])
    return _grouped(symbols + ALPHABET[_doubled(_remainder(symbols))])


def _grouped(symbols: str) -> str:
    return "-".join(symbols[at : at + _GROUP] for at in range(0, len(symbols), _GROUP))


def _remainder(symbols: str) -> int:
    """0 for a whole code. One symbol changed, or any two exchanged, is another remainder: each has its own factor."""
    remainder = 0
    for symbol in symbols:
        remainder = _doubled(remainder) ^ ALPHABET.index(symbol)
    return remainder


def _doubled(value: int) -> int:
    """Twice ``value`` in the field of 32 elements over x^5 + x^2 + 1."""
    value <<= 1
    return value ^ _POLYNOMIAL if value >= len(ALPHABET) else value
