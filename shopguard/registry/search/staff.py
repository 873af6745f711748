"""Whether somebody asks about a person of a member shop: its owner or its staff, as far as members named them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from shopguard.identity import Type
from shopguard.registry.messages import Element
from shopguard.registry.search.masking import type_of
from shopguard.registry.seen import Seen

_KEPT_S = 60.0
_TELLING = frozenset({Type.PHONE, Type.EMAIL, Type.NAME_HOUSE, Type.SOUND_HOUSE, Type.READING_HOUSE})
"""What two people seldom share unless they live together: a name or an address alone says nothing."""


class Staff:
    """The persons of all members, by keyed digests of what they are found by, read once a minute.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, seen: Seen, clock: Callable[[], float]) -> None:
        self._seen, self._clock = seen, clock
        self._read_at = float("-inf")
        self._members: Mapping[bytes, frozenset[str]] = {}

    def of(self, asked: Iterable[Element]) -> frozenset[str]:
        """Return the members one of whose persons is found by something telling among ``asked``."""
        members = self._current()
        if not members:
            return frozenset()
        digests = (self._seen.digest(element.token) for element in asked if type_of(element) in _TELLING)
        return frozenset[str]().union(*(members.get(digest, frozenset()) for digest in digests))

    def digest(self, what: bytes) -> bytes:
        """Return what stands for something that was asked, here and nowhere else."""
        return self._seen.digest(what)

    def _current(self) -> Mapping[bytes, frozenset[str]]:
        now = self._clock()
        if not 0 <= now - self._read_at < _KEPT_S:
            found: dict[bytes, set[str]] = defaultdict(set)
            for digest, member in self._seen.of_members():
                found[digest].add(member)
            self._members = {digest: frozenset(members) for digest, members in found.items()}
            self._read_at = now
        return self._members
