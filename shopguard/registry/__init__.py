"""The shared register of non-paying buyers: found by keyed tokens, never browsed; an entry's party never leaves."""

from shopguard.registry.load import LineFault, LoadReport
from shopguard.registry.protocol import Answer, Candidate, Facts, Query, Registry

__all__ = [
    "Answer",
    "Candidate",
    "Facts",
    "LineFault",
    "LoadReport",
    "Query",
    "Registry",
]
