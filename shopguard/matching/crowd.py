"""Scoring all candidates of one look-up together: an address that leads to many different people is nobody's own."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from shopguard.identity import Identity, Token, Type
from shopguard.matching.score import meets, score
from shopguard.model import Comparison, Strength

CROWD = 5
"""So many entries under other names at one address: a forwarder, a dormitory, a hotel that no list knows yet."""

_NOTHING = Comparison(Strength.NONE, 0.0)  # of namesakes there are many: no time is spent on their evidence
_PLACES = {Type.ADDRESS, Type.ADDRESS_ROOM, Type.POSTAL_NUMBERS, Type.POSTAL_ROOM}
_SAME_PERSON = {Type.NAME_HOUSE, Type.SOUND_HOUSE}


def score_each(
    identity: Identity,
    asked: Sequence[Token],
    candidates: Sequence[tuple[Sequence[int], Collection[str]]],
    hot: Sequence[int] = (),
) -> list[Comparison]:
    """Return the comparison with each of ``candidates``, in their order.

    Args:
        asked: ``tokens(identity)``, as they were looked up.
        candidates: for each entry the positions in ``asked`` that it shares, and the fields that it has.
        hot: positions in ``asked`` that too many entries have to say anything.
    """
    shares = [[asked[position] for position in positions] for positions, _ in candidates]
    silent = crowded(shares)
    unsaid = [asked[position] for position in hot] + list(silent)
    return [
        score(identity, [token for token in shared if token not in silent], fields, unsaid)
        if meets(shared)
        else _NOTHING
        for shared, (_, fields) in zip(shares, candidates, strict=True)
    ]


def crowded(shares: Iterable[Sequence[Token]]) -> frozenset[Token]:
    """Return the address tokens that ``CROWD`` entries under other names have in common with one order."""
    counts: Counter[Token] = Counter()
    for shared in shares:
        if not any(token.type in _SAME_PERSON for token in shared):
            counts.update(token for token in shared if token.type in _PLACES)
    return frozenset(token for token, count in counts.items() if count >= CROWD)
