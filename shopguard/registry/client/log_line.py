"""The registry's log as a member hears it."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from shopguard.registry.log.kinds import Leaf
from shopguard.registry.log.shapes import (
    LOG_CONSISTENCY,
    LOG_HEAD,
    LOG_INCLUSION,
    LOG_LEAVES,
    Consistency,
    HeadShape,
    Inclusion,
    Leaves,
)

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Asking(Protocol):
    """What is needed of ``RegistryClient``."""

    def ask(self, method: str, path: str, body: bytes, shape: type[Shape]) -> Shape: ...


class LogLine:
    """Asks for what the log tells; every method raises ``NoAnswer`` if the registry does not. Nothing is checked."""

    def __init__(self, client: Asking) -> None:
        self._client = client

    def head(self) -> str:
        """Return the newest signed head."""
        return self._get(LOG_HEAD, HeadShape).note

    def leaves(self, first: int) -> Sequence[Leaf]:
        """Return some of the leaves from number ``first`` on; none where the log ends."""
        return self._get(f"{LOG_LEAVES}?first={first}", Leaves).leaves

    def inclusion(self, number: int, size: int) -> Inclusion:
        """Return the proof that leaf ``number`` stands among the first ``size``."""
        return self._get(f"{LOG_INCLUSION}?leaf={number}&size={size}", Inclusion)

    def consistency(self, old: int, new: int) -> Consistency:
        """Return the proof that the log only grew from ``old`` leaves to ``new``."""
        return self._get(f"{LOG_CONSISTENCY}?old={old}&new={new}", Consistency)

    def _get(self, path: str, shape: type[Shape]) -> Shape:
        return self._client.ask("GET", path, b"", shape)
