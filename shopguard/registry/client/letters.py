"""Reading what the registry's office writes to this member."""

from collections.abc import Sequence

from shopguard.registry.client.client import RegistryClient
from shopguard.registry.disputes.shapes import LETTERS, MemberLetter, MemberLetters


def office_letters(registry: RegistryClient) -> Sequence[MemberLetter]:
    """Return the letters of the last 90 days, the oldest first; so they are delivered. ``NoAnswer`` if silent."""
    return registry.ask_for_proof("GET", LETTERS, b"", MemberLetters)[1].letters
