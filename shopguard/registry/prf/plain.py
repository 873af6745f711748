"""From a token to its locator: the keyed function that a stolen database is useless without. Plain (HMAC) mode."""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from shopguard.identity import Token

EPOCH = 1


class Prf(Protocol):
    """The keyed function; whoever holds its key can test guesses, so it gets a process of its own one day."""

    @property
    def registry_id(self) -> str: ...

    def evaluate(self, tokens: Sequence[tuple[int, bytes]]) -> list[bytes]:
        """Return ``y`` (32 bytes) for each (class, encoded token)."""
        ...


class PlainPrf:
    """``y = HMAC-SHA256(hk, token)`` with one ``hk`` for each class, derived from ``seed`` (32 bytes)."""

    def __init__(self, seed: bytes, registry_id: str, epoch: int = EPOCH) -> None:
        self.registry_id = registry_id
        self._seed, self._epoch = seed, epoch
        self._keys: dict[int, bytes] = {}

    def evaluate(self, tokens: Sequence[tuple[int, bytes]]) -> list[bytes]:
        return [hmac.digest(self.key(cls), token, "sha256") for cls, token in tokens]

    def key(self, cls: int) -> bytes:
        """Return ``hk`` of a token class."""
        if cls not in self._keys:
            info = b"sg1/key|" + self.registry_id.encode() + b"|" + self._epoch.to_bytes(4, "big") + bytes((cls,))
            self._keys[cls] = HKDF(SHA256(), 32, salt=b"sg1/hmac", info=info).derive(self._seed)
        return self._keys[cls]


def locator(y: bytes, registry_id: str, cls: int, epoch: int = EPOCH) -> bytes:
    """Return the 16 bytes under which the index keeps a token; the rest of the 48 is for sealed rows."""
    info = registry_id.encode() + epoch.to_bytes(4, "big") + bytes((cls,))
    return HKDF(SHA256(), 48, salt=b"sg1/row", info=info).derive(y)[:16]


def locators(prf: Prf, tokens: Sequence["Token"]) -> list[bytes]:
    """Return the locator of each token, in order."""
    values = prf.evaluate([(token.cls, token.encode()) for token in tokens])
    return [locator(y, prf.registry_id, token.cls) for token, y in zip(tokens, values, strict=True)]
