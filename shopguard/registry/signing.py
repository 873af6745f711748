"""Who asks and who answers: Ed25519 signatures over a request, and over the answer to exactly this request.

Own form of a few lines: the keyed function must check it without HTTP, from bytes alone.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shopguard.errors import SignatureInvalid

SCHEME = "ShopGuard"
ANSWER_HEADER = "ShopGuard-Answer"
_MEMBER = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEY = re.compile(r"[0-9a-f]{16}")
_NONCE = re.compile(r"[0-9a-f]{32}")
_PAIR = re.compile(r'([a-z]+)="([A-Za-z0-9+/=-]{1,100})"')


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request with its proof. ``path`` has the query text, ``time`` is Unix seconds, ``nonce`` 32 hex digits.

    ``key_id`` names the key of ``member`` it is signed under (``key_id_of``). ``digest`` (SHA-256) stands for a body
    that stayed behind, and means nothing beside one: what is there is what was signed.
    """

    method: str
    path: str
    body: bytes = field(repr=False)  # may hold tokens
    member: str
    key_id: str
    time: int
    nonce: str
    signature: bytes = field(repr=False)
    digest: bytes = b""

    @property
    def signed_bytes(self) -> bytes:
        digest = self.digest.hex() if self.digest and not self.body else sha256(self.body).hexdigest()
        parts = (self.method, self.path, digest, self.member, self.key_id, str(self.time), self.nonce)
        return b"sg1/request\n" + "\n".join(parts).encode()

    def without_body(self) -> "SignedRequest":
        """Return the same with a digest for its body: enough to prove who signed it, and too little to do it."""
        return replace(self, body=b"", digest=self.digest or sha256(self.body).digest())

    def header(self) -> str:
        """Return the value of the ``Authorization`` header that carries all but method, path and body."""
        signature = base64.b64encode(self.signature).decode()
        return (
            f'{SCHEME} member="{self.member}", key="{self.key_id}", time="{self.time}", '
            f'nonce="{self.nonce}", signature="{signature}"'
        )

    @classmethod
    def read(cls, method: str, path: str, body: bytes, header: str) -> "SignedRequest":
        """Return what ``header`` says of a request; ``SignatureInvalid`` if it cannot be read."""
        found = _read(header, f"{SCHEME} ", {"member", "key", "time", "nonce", "signature"})
        if not _MEMBER.fullmatch(found["member"]):
            raise SignatureInvalid("the signature header cannot be read")
        return cls(method, path, body, found["member"], *_common(found))


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer with its proof. ``nonce`` is that of the request it answers, so that no old answer passes for it."""

    status: int
    body: bytes = field(repr=False)  # may tell who is listed
    key_id: str
    time: int
    nonce: str
    signature: bytes = field(repr=False)

    @property
    def signed_bytes(self) -> bytes:
        digest = sha256(self.body).hexdigest()
        parts = (str(self.status), digest, self.key_id, str(self.time), self.nonce)
        return b"sg1/answer\n" + "\n".join(parts).encode()

    def header(self) -> str:
        """Return the value of the ``ShopGuard-Answer`` header."""
        signature = base64.b64encode(self.signature).decode()
        return f'key="{self.key_id}", time="{self.time}", nonce="{self.nonce}", signature="{signature}"'

    @classmethod
    def read(cls, status: int, body: bytes, header: str) -> "SignedAnswer":
        """Return what ``header`` says of an answer; ``SignatureInvalid`` if it cannot be read."""
        return cls(status, body, *_common(_read(header, "", {"key", "time", "nonce", "signature"})))


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its id. Holds a secret: ``repr`` shows the id alone."""

    private: Ed25519PrivateKey

    @classmethod
    def of_seed(cls, seed: bytes) -> "Signer":
        """Return the signer of a seed of 32 bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        return key_id_of(self.public)

    def request(self, method: str, path: str, body: bytes, member: str, time: int) -> SignedRequest:
        """Return a request of ``member``, signed under a fresh nonce."""
        unsigned = SignedRequest(method, path, body, member, self.key_id, time, secrets.token_hex(16), b"")
        return replace(unsigned, signature=self.private.sign(unsigned.signed_bytes))

    def answer(self, status: int, body: bytes, nonce: str, time: int) -> SignedAnswer:
        """Return the signed answer to the request with ``nonce``."""
        unsigned = SignedAnswer(status, body, self.key_id, time, nonce, b"")
        return replace(unsigned, signature=self.private.sign(unsigned.signed_bytes))

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"


def key_id_of(public: bytes) -> str:
    """Return the 16 hex digits that a public key of 32 bytes goes by."""
    return sha256(b"sg1/key-id" + public).hexdigest()[:16]


def verify(signed: SignedRequest | SignedAnswer, public: bytes) -> None:
    """Raise ``SignatureInvalid`` unless ``signed`` is signed under ``public`` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed.signature, signed.signed_bytes)
    except (InvalidSignature, ValueError):
        raise SignatureInvalid("the signature does not fit") from None


def _read(header: str, scheme: str, wanted: set[str]) -> Mapping[str, str]:
    found = dict(_PAIR.findall(header[len(scheme) :])) if header.startswith(scheme) else {}
    fits = (
        set(found) == wanted
        and _KEY.fullmatch(found["key"])
        and found["time"].isdecimal()
        and len(found["time"]) <= 12
        and _NONCE.fullmatch(found["nonce"])
    )
    if not fits:
        raise SignatureInvalid("the signature header cannot be read")
    return found


def _common(found: Mapping[str, str]) -> tuple[str, int, str, bytes]:
    try:
        signature = base64.b64decode(found["signature"], validate=True)
    except ValueError:
        raise SignatureInvalid("the signature header cannot be read") from None
    return found["key"], int(found["time"]), found["nonce"], signature
