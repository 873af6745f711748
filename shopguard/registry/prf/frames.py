"""What goes over the socket of the keyed function: MessagePack behind its length in four bytes (big-endian)."""

from typing import BinaryIO

import msgspec

from shopguard.registry.messages import MAX_TOKEN
from shopguard.registry.prf.function import MAX_INGEST
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest

MAX_FRAME = MAX_INGEST * (MAX_TOKEN + 16)
"""Bytes in one frame: the largest request of the office, with what MessagePack adds to it."""

EVALUATE, AUTHENTICATE, ADMINISTER, NAME = "evaluate", "authenticate", "administer", "name"


class FrameBroken(Exception):
    """The other side ended in the middle of a frame, or sends what is none. Nothing more can be read."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    """One call of ``KeyedFunction``; ``NAME`` asks for the id of the registry and needs no request."""

    act: str
    request: SignedRequest | None = None
    epochs: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Question({self.act})"


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What a call returns (MessagePack, or the bytes of ``administer``), or why it was refused."""

    content: bytes = b""
    refusal: str = ""
    message: str = ""
    retry_after_s: float | None = None

    @classmethod
    def refusing(cls, refused: Refused) -> "Reply":
        return cls(b"", refused.code, str(refused), refused.retry_after_s)

    def told(self) -> bytes:
        """Return the content; ``Refused`` if there is none."""
        if self.refusal:
            raise Refused(Refusal(self.refusal), self.message, self.retry_after_s)
        return self.content

    def __repr__(self) -> str:
        return f"Reply({self.refusal})"


def framed(message: Question | Reply) -> bytes:
    """Return the frame of a message."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(4, "big") + content


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the content of the next frame, or None if the other side ended before it."""
    head = stream.read(4)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > MAX_FRAME:
        raise FrameBroken("no frame")
    content = stream.read(length)
    if len(content) < length:
        raise FrameBroken("cut off")
    return content
