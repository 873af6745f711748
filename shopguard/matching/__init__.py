"""How far an order's party and an entry are one person: evidence, score, strength, and the words for it. Pure."""

from shopguard.matching.score import compare, score
from shopguard.matching.words import FIELD_WORDS, field_word

__all__ = ["FIELD_WORDS", "compare", "field_word", "score"]
