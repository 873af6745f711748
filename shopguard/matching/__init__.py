"""How far an order's party and an entry are one person: evidence, score, strength, and the words for it. Pure."""

from shopguard.matching.score import compare, score
from shopguard.matching.words import agreeing_fields, field_words

__all__ = ["agreeing_fields", "compare", "field_words", "score"]
