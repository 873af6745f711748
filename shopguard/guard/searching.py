"""What a search of the registry found, weighed as an order's matches are."""

from collections.abc import Sequence

from shopguard.identity import Identity, Token
from shopguard.matching import score_each, weakened
from shopguard.model import Comparison, Effect, Strength
from shopguard.registry.client.reading import candidate_of
from shopguard.registry.messages import SearchAnswer
from shopguard.registry.protocol import Candidate

Found = tuple[Candidate, Comparison]


def weighed(identity: Identity, asked: Sequence[Token], answer: SearchAnswer) -> Sequence[Found]:
    """Return those found with what they have in common with ``identity``, the surest first."""
    candidates = [candidate_of(shape) for shape in answer.candidates]
    comparisons = score_each(identity, asked, [(each.shared, each.fields) for each in candidates], answer.hot)
    found = [
        (candidate, weakened(comparison) if candidate.facts.effect is Effect.NOTE else comparison)
        for candidate, comparison in zip(candidates, comparisons, strict=True)
        if comparison.strength is not Strength.NONE
    ]
    return sorted(found, key=lambda one: -one[1].score)
