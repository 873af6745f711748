"""Searching the registry as a person at a member: always with a stated case, which the registry keeps."""

import hmac
from collections.abc import Sequence

import msgspec

from shopguard.identity import Token
from shopguard.registry.client.client import COMMITMENT_BYTES, RegistryClient
from shopguard.registry.client.reading import check_search
from shopguard.registry.client.silence import NoAnswer
from shopguard.registry.messages import SEARCHES, Element, Search, SearchAnswer
from shopguard.registry.refusals import Refusal


class SearchClient:
    """Asks over the line of ``registry``.

    Args:
        commitment_secret: never leaves this installation: a search that is made again for its case costs nothing.
        profile: the version of the rules of identity that makes our tokens.
    """

    def __init__(self, registry: RegistryClient, commitment_secret: bytes, profile: int) -> None:
        self._registry, self._secret, self._profile = registry, commitment_secret, profile

    def search(self, tokens: Sequence[Token], case: str) -> SearchAnswer:
        """Return who is found by ``tokens``; ``NoAnswer`` says why nothing is told."""
        elements = tuple(Element(token.cls, token.encode()) for token in tokens)
        commitment = self._commitment(elements, case)
        batch = Search(self._registry.member, self._epoch(), self._profile, commitment, elements, case)
        answer = self._registry.ask("POST", SEARCHES, msgspec.json.encode(batch), SearchAnswer)
        return check_search(answer, len(elements))

    def _epoch(self) -> int:
        fitting = [epoch.number for epoch in self._registry.centre().epochs if epoch.profile == self._profile]
        if not fitting:
            raise NoAnswer(Refusal.PROFILE)
        return max(fitting)

    def _commitment(self, elements: Sequence[Element], case: str) -> bytes:
        parts = (case.encode(), *sorted(element.token for element in elements))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._secret, message, "sha256")[:COMMITMENT_BYTES]
