"""Passwords: kept as argon2id hashes, and what makes one too weak."""

import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shopguard.web.language import later

LEAST, MOST = 12, 200
"""Characters. Length counts and not the kinds of characters: NIST SP 800-63B-4, 3.1.1.2 (read 2026-11)."""

_AT_ONCE = 2
_VARIETY = 5


class Passwords:
    """Hashes and compares. A comparison takes the same time whether or not there is anything to compare with.

    One costs 64 MiB for as long as it lasts (RFC 9106, second recommended option), so that few run at once.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.Semaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """Return what is stored in place of ``password``."""
        with self._turn:
            return self._hasher.hash(_one_spelling(password))

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is the one that ``stored`` was made from; None: never."""
        with self._turn:
            try:
                return self._hasher.verify(stored or self._nobodys, _one_spelling(password)) and stored is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other costs than are usual now."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's")


def weakness(password: str, name: str) -> str | None:
    """Return why ``password`` is too weak for the account ``name``, or None; for ``gettext``."""
    spelt = _one_spelling(password)
    if len(spelt) < LEAST:
        return later("Use at least 12 characters; a few words in a row are easy to remember.")
    if len(spelt) > MOST:
        return later("Use at most 200 characters.")
    if len(set(spelt)) < _VARIETY or (len(name) > 3 and name.casefold() in spelt.casefold()):
        return later("This is easy to guess. Leave your name out and use more different characters.")
    return None


def _one_spelling(password: str) -> str:
    """Full and half width are one: which of them a keyboard in Japan writes is not always seen."""
    return unicodedata.normalize("NFKC", password[: MOST * 4])
