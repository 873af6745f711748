"""The shared register of non-paying buyers: found by keyed tokens, never browsed; an entry's party never leaves."""

from shopguard.registry.first.embedded import EmbeddedRegistry
from shopguard.registry.load import LineFault, LoadReport
from shopguard.registry.prf import PlainPrf, Prf
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, Registry

__all__ = [
    "Answer",
    "Candidate",
    "EmbeddedRegistry",
    "Facts",
    "LineFault",
    "LoadReport",
    "PlainPrf",
    "Prf",
    "Query",
    "Registry",
]
