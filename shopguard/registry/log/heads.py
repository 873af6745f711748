"""Signed heads: how many leaves the log has at a moment, and their root, under the registry's signature.

A head is a signed note with a checkpoint of the C2SP specifications tlog-checkpoint and signed-note (read 2026-11),
with one more line for the moment: ``time`` and Unix seconds.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shopguard.errors import SignatureInvalid
from shopguard.registry.signing import Signer

LONGEST_NOTE = 2_000
_NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\n+ ]{1,200})\n(?P<size>0|[1-9][0-9]{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"time (?P<at>[0-9]{1,12})\n)\n— (?P<name>[^\n+ ]{1,200}) (?P<signature>[A-Za-z0-9+/]{91}=)\n"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The first ``size`` leaves of the log ``origin`` had this ``root`` at the moment ``at`` (Unix seconds)."""

    origin: str
    size: int
    root: bytes
    at: int

    @property
    def _text(self) -> bytes:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\ntime {self.at}\n".encode()

    def signed(self, signer: Signer) -> str:
        """Return the signed note that says so."""
        signature = signer.private.sign(self._text)
        blob = base64.b64encode(_key_hash(self.origin, signer.public) + signature).decode()
        return f"{self._text.decode()}\n— {self.origin} {blob}\n"


def origin_of(registry_id: str) -> str:
    """Return what the log of a registry goes by: its name without what a note cannot have."""
    return "shopguard/" + re.sub(r"[^A-Za-z0-9._-]", lambda met: f"%{met[0].encode().hex()}", registry_id)


def read_head(note: str, keys: Iterable[bytes]) -> Head:
    """Return what a note says; ``SignatureInvalid`` unless it is signed under one of ``keys`` (32 bytes each)."""
    found = _parsed(note)
    blob = base64.b64decode(found["signature"])
    for public in keys:
        if _key_hash(found["name"], public) == blob[:4]:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], found["text"].encode())
            except (InvalidSignature, ValueError):
                continue
            return _head(found)
    raise SignatureInvalid("the head of the log is signed under no known key")


def recall_head(note: str) -> Head:
    """Return what a note says that was proven before, whatever became of its key; ``SignatureInvalid`` if damaged."""
    return _head(_parsed(note))


def _parsed(note: str) -> re.Match[str]:
    found = _NOTE.fullmatch(note) if len(note) <= LONGEST_NOTE else None
    if found is None or found["name"] != found["origin"]:
        raise SignatureInvalid("the head of the log cannot be read")
    return found


def _head(found: re.Match[str]) -> Head:
    return Head(found["origin"], int(found["size"]), base64.b64decode(found["root"]), int(found["at"]))


def _key_hash(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]
