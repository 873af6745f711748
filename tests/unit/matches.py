"""Entries that an order resembles, as surely as a test needs it."""

from dataclasses import replace
from datetime import date

from shopguard.model import Category, Comparison, Match, Strength

_SCORES = {Strength.NONE: 0.0, Strength.WEAK: 0.2, Strength.POSSIBLE: 0.6, Strength.STRONG: 0.99}


def match(strength: Strength, entry: str = "E-1", **more: object) -> Match:
    """Return what an entry of an unpaid order has in common with an order; ``more`` replaces parts of it."""
    found = Match(entry, Category.UNPAID, 2, date(2026, 8, 14), "buyer", Comparison(strength, _SCORES[strength]))
    return replace(found, **more)
