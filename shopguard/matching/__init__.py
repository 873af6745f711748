"""How far an order's party and an entry are one person: evidence, score, strength, and the words for it. Pure."""

from shopguard.matching.compare import compare, compare_identities
from shopguard.matching.crowd import score_each
from shopguard.matching.explain import explain, explained, said_of
from shopguard.matching.score import meets, score, weakened
from shopguard.matching.words import FIELD_WORDS, field_word

__all__ = [
    "FIELD_WORDS",
    "compare",
    "compare_identities",
    "explain",
    "explained",
    "field_word",
    "meets",
    "said_of",
    "score",
    "score_each",
    "weakened",
]
