"""What a search tells less than the look-up of an order: one detail opens nothing, a name finds nobody. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from shopguard.identity import Type
from shopguard.registry.messages import CandidateShape, Element

if TYPE_CHECKING:
    from shopguard.registry.lookup.opening import Met

_NAME = frozenset({"name"})
_ADDRESS = frozenset({"address"})
_DETAILS = {
    Type.PHONE: frozenset({"phone"}),
    Type.EMAIL: frozenset({"email"}),
    Type.MAIL_NAME: frozenset({"email"}),
    Type.NAME: _NAME,
    Type.SOUND: _NAME,
    Type.ADDRESS: _ADDRESS,
    Type.ADDRESS_ROOM: _ADDRESS,
    Type.ADDRESS_AREA: _ADDRESS,
    Type.POSTAL_NUMBERS: _ADDRESS,
    Type.POSTAL_ROOM: _ADDRESS,
}
"""What somebody must know to ask a token; every other kind is made of a name and an address."""

_ALONE_NOBODY = frozenset({Type.NAME, Type.SOUND, Type.MAIL_NAME})  # namesakes share them (matching.score.meets)


def seen_by_search(met: Iterable["Met"], asked: Sequence[Element]) -> Iterator["Met"]:
    """Yield the entries that a search is told of; those met by one detail alone cannot be opened."""
    for entry in met:
        types = {type_of(asked[position]) for position in entry.shared}
        if types <= _ALONE_NOBODY:
            continue
        details = frozenset[str]().union(*(_DETAILS.get(type_, _NAME | _ADDRESS) for type_ in types))
        yield entry if len(details) > 1 else replace(entry, secret=None)


def masked(candidate: CandidateShape) -> CandidateShape:
    """Return what a person is shown: the month and not the day."""
    return msgspec.structs.replace(candidate, last_on=candidate.last_on.replace(day=1))


def type_of(element: Element) -> int:
    """Return the type that stands in a token's own bytes (``Token.encode``)."""
    return element.token[5]
