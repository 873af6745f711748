"""What the office asks of the keyed function: the values of tokens it seals entries under, and the life of epochs."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from shopguard.identity import Token
from shopguard.registry.messages import Element
from shopguard.registry.prf.function import (
    BEGIN_EPOCH,
    DESTROY_EPOCH,
    EPOCHS,
    INGEST,
    MAX_INGEST,
    OFFICE,
    EpochNumber,
    Ingest,
    Ingested,
    KeyedFunction,
)
from shopguard.registry.sealing import Place, place
from shopguard.registry.signing import Signer

_VALUE_BYTES = 32


class OfficeEvaluation:
    """The keyed function as the office uses it. Every method raises ``Refused``.

    Args:
        signer: the office's key, or what gives it anew at each use, so that it can be changed while this lives.
        clock: returns now, in UTC.
    """

    def __init__(
        self,
        prf: KeyedFunction,
        signer: Signer | Callable[[], Signer],
        registry_id: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._prf, self._registry_id, self._clock = prf, registry_id, clock
        self._signer: Callable[[], Signer] = (lambda: signer) if isinstance(signer, Signer) else signer

    def places(self, epoch: int, tokens: Sequence[Token]) -> list[Place]:
        """Return where ``tokens`` lie in ``epoch``, in order."""
        values = self._values(epoch, [Element(token.cls, token.encode()) for token in tokens])
        return [place(y, self._registry_id, token.cls, epoch) for token, y in zip(tokens, values, strict=True)]

    def epochs(self) -> list[int]:
        """Return the epochs that have a seed."""
        return [epoch.number for epoch in msgspec.msgpack.decode(self._ask(EPOCHS), type=list[EpochNumber])]

    def begin_epoch(self) -> int:
        """Have a seed made for one more epoch and return its number."""
        return msgspec.msgpack.decode(self._ask(BEGIN_EPOCH), type=EpochNumber).number

    def destroy_epoch(self, number: int) -> None:
        """Have the seed of an epoch destroyed: nothing sealed under it is found ever again."""
        self._ask(DESTROY_EPOCH, EpochNumber(number))

    def _values(self, epoch: int, elements: Sequence[Element]) -> list[bytes]:
        values: list[bytes] = []
        for start in range(0, len(elements), MAX_INGEST):
            piece = Ingest((epoch,), tuple(elements[start : start + MAX_INGEST]))
            (joined,) = msgspec.msgpack.decode(self._ask(INGEST, piece), type=Ingested).values
            values += (joined[at : at + _VALUE_BYTES] for at in range(0, len(joined), _VALUE_BYTES))
        return values

    def _ask(self, path: str, content: msgspec.Struct | None = None) -> bytes:
        body = b"" if content is None else msgspec.msgpack.encode(content)
        now = int(self._clock().timestamp())
        return self._prf.administer(self._signer().request("POST", path, body, OFFICE, now))
