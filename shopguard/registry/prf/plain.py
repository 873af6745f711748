"""The keyed function itself, without which a stolen database is useless. Plain (HMAC) mode."""

import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class PlainPrf:
    """``y = HMAC-SHA256(hk, token)`` with one ``hk`` for each class, derived from ``seed`` (32 bytes)."""

    def __init__(self, seed: bytes, registry_id: str, epoch: int) -> None:
        self.registry_id = registry_id
        self._seed, self._epoch = seed, epoch
        self._keys: dict[int, bytes] = {}

    def evaluate(self, tokens: Sequence[tuple[int, bytes]]) -> list[bytes]:
        """Return ``y`` (32 bytes) for each (class, encoded token)."""
        return [hmac.digest(self.key(cls), token, "sha256") for cls, token in tokens]

    def key(self, cls: int) -> bytes:
        """Return ``hk`` of a token class."""
        if cls not in self._keys:
            info = b"sg1/key|" + self.registry_id.encode() + b"|" + self._epoch.to_bytes(4, "big") + bytes((cls,))
            self._keys[cls] = HKDF(SHA256(), 32, salt=b"sg1/hmac", info=info).derive(self._seed)
        return self._keys[cls]
