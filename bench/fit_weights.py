"""Fit the weights of matching on invented people: ``python bench/fit_weights.py --entries 30000 --orders 14000``.

Orders of listed people and of people who resemble them are looked up in a list, as a guard does; each candidate is a
case, described by the levels its fields reach. The likeliest weights are sought under a normal prior around first
weights set by experience, within bounds that keep their sign and an order in which what agrees better never weighs
less. So a level that the invented people hardly reach stays near its first weight. Prints the table for
``matching/weights.py``.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import log
from typing import NamedTuple

import numpy as np
from people.orders import Asked, Listed, apart, clean, listed, repeats
from scipy.optimize import minimize

from shopguard.identity import Identity, Token, identify, tokens
from shopguard.matching import score_each
from shopguard.matching.rarity import MOST_COMMON, RAREST, rarity
from shopguard.matching.weights import EVEN_ODDS, RARITY, VERSION, WEIGHTS, Level
from shopguard.model import Comparison

HOT = 65
LISTED_SHARE = 1 / 200  # of a shop's orders: what a candidate's probability starts from
# Of the orders of strangers, each kind of resemblance: the bench draws them far more often than life does.
LOOK_ALIKES = 0.02
HOUSEHOLDS = 0.002  # another member of a listed person's household, or the next owner of a number

# Where the search starts, and what it is held to: weights set by hand from experience with Japanese orders.
FIRST = {
    Level.NAME_WRITTEN: 2.2,
    Level.NAME_SOUND: 1.6,
    Level.NAME_GUESSED: 1.2,
    Level.NAME_OTHER_KANJI: 1.0,
    Level.NAME_ALIKE: 0.4,
    Level.NAME_CLOSE: 0.4,
    Level.NAME_FAMILY: -0.6,
    Level.NAME_GIVEN: 0.8,
    Level.NAME_DIFFERENT: -2.0,
    Level.NAME_UNCOMPARED: 0.0,
    Level.NAME_ONE_SIDED: 0.0,
    Level.ADDRESS_ROOM: 5.4,
    Level.ADDRESS_HOUSE: 3.6,
    Level.ADDRESS_ROOM_MISSING: 3.0,
    Level.ADDRESS_OTHER_ROOM: 1.0,
    Level.ADDRESS_NUMBERS: 2.6,
    Level.ADDRESS_OTHER_AREA: 1.4,
    Level.ADDRESS_BLOCK: 1.4,
    Level.ADDRESS_CITY: -0.5,
    Level.ADDRESS_DIFFERENT: -1.6,
    Level.PHONE_MOBILE: 5.0,
    Level.PHONE_LANDLINE: 4.0,
    Level.PHONE_CLOSE: 2.0,
    Level.PHONE_DIFFERENT: -0.4,
    Level.EMAIL_SAME: 5.0,
    Level.EMAIL_ROLE: 3.0,
    Level.EMAIL_LOCAL: 1.0,
    Level.EMAIL_CLOSE: 2.0,
    Level.EMAIL_DIFFERENT: -0.3,
}
FIRST_RARITY, FIRST_EVEN_ODDS = 0.8, 5.5
SPREAD = 0.7  # standard deviation of the prior, in log10 units
_AGAINST = {
    Level.NAME_DIFFERENT,
    Level.NAME_UNCOMPARED,
    Level.NAME_ONE_SIDED,
    Level.ADDRESS_CITY,
    Level.ADDRESS_DIFFERENT,
    Level.PHONE_DIFFERENT,
    Level.EMAIL_DIFFERENT,
}
_LEVELS, _RARE = tuple(Level), tuple(RARITY)
# What agrees better never weighs less, for the commonest and for the rarest surname.
ORDER = (
    (Level.NAME_WRITTEN, Level.NAME_SOUND, Level.NAME_GUESSED, Level.NAME_OTHER_KANJI, Level.NAME_ALIKE),
    (Level.NAME_ALIKE, Level.NAME_CLOSE, Level.NAME_FAMILY, Level.NAME_DIFFERENT),
    (Level.ADDRESS_ROOM, Level.ADDRESS_HOUSE, Level.ADDRESS_ROOM_MISSING, Level.ADDRESS_NUMBERS),
    (Level.ADDRESS_NUMBERS, Level.ADDRESS_BLOCK, Level.ADDRESS_OTHER_ROOM, Level.ADDRESS_CITY),
    (Level.ADDRESS_BLOCK, Level.ADDRESS_OTHER_AREA, Level.ADDRESS_CITY),
    (Level.ADDRESS_CITY, Level.ADDRESS_DIFFERENT),
    (Level.PHONE_MOBILE, Level.PHONE_LANDLINE, Level.PHONE_CLOSE, Level.PHONE_DIFFERENT),
    (Level.EMAIL_SAME, Level.EMAIL_ROLE, Level.EMAIL_CLOSE, Level.EMAIL_LOCAL, Level.EMAIL_DIFFERENT),
)


class Case(NamedTuple):
    """A candidate: what was reached, whether it is the same person, and how often the like happens."""

    row: list[float]
    is_same: bool
    weight: float


class List:
    """The entries by token, in memory."""

    def __init__(self, entries: Sequence[Listed]) -> None:
        self.place = {entry.id: number for number, entry in enumerate(entries)}
        self._by_token: dict[Token, list[int]] = defaultdict(list)
        self._fields = []
        for number, entry in enumerate(entries):
            identity = identify(entry.party)
            self._fields.append(identity.fields)
            for token in tokens(identity):
                self._by_token[token].append(number)

    def compare(self, identity: Identity) -> dict[int, Comparison]:
        """Return the comparison with each entry that shares a token, by its place in the list."""
        asked = tokens(identity)
        found: dict[int, list[int]] = defaultdict(list)
        hot = []
        for position, token in enumerate(asked):
            bucket = self._by_token.get(token, ())
            if len(bucket) >= HOT:
                hot.append(position)
                continue
            for number in bucket:
                found[number].append(position)
        candidates = [(positions, self._fields[number]) for number, positions in found.items()]
        return dict(zip(found, score_each(identity, asked, candidates, hot), strict=True))


def features(identity: Identity, comparison: Comparison) -> list[float]:
    """One column for each level, then the surname's rarity for each level that counts it."""
    reached = {item.level for item in comparison.evidence}
    rare = rarity(identity.name) if identity.name else 0.0
    return [float(level in reached) for level in _LEVELS] + [rare * (level in reached) for level in _RARE]


def of_listed(desk: List, asked: Iterable[Asked]) -> Iterator[Case]:
    """Yield the candidates of orders by listed people."""
    for order in asked:
        identity = identify(order.party)
        for number, comparison in desk.compare(identity).items():
            if comparison.evidence:
                yield Case(features(identity, comparison), number == desk.place[order.entry], 1.0)


def of_strangers(desk: List, asked: Iterable[Asked], only_meant: bool = False) -> Iterator[Case]:
    """Yield the candidates of orders by people who are not listed.

    Args:
        only_meant: leave out all but the entry that the order resembles; another member of its household may be
            listed too.
    """
    usual = (1 - LISTED_SHARE) / LISTED_SHARE
    for order in asked:
        identity = identify(order.party)
        weight = usual * (HOUSEHOLDS if only_meant else 1.0 if order.case == "unrelated" else LOOK_ALIKES)
        for number, comparison in desk.compare(identity).items():
            if comparison.evidence and (not only_meant or number == desk.place[order.entry]):
                yield Case(features(identity, comparison), False, weight)


def fit(cases: Sequence[Case]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the likeliest weights, how many cases reached each, and the sum of even odds."""
    table = np.array([case.row for case in cases])
    signs = np.array([1.0 if case.is_same else -1.0 for case in cases])
    counts = np.array([case.weight for case in cases])
    first = np.array([FIRST[level] for level in _LEVELS] + [FIRST_RARITY] * len(_RARE) + [FIRST_EVEN_ODDS])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = signs * (table @ weights[:-1] - weights[-1]) * log(10)
        chance = 1 / (1 + np.exp(np.clip(margin, -500, 500)))  # of being wrong
        slope = -counts * chance * signs * log(10)
        gradient = np.append(table.T @ slope, -slope.sum()) + (weights - first) / SPREAD**2
        return float(
            (counts * np.logaddexp(0, -margin)).sum() + ((weights - first) ** 2).sum() / 2 / SPREAD**2
        ), gradient

    bounds = [(-4.0, 0.0) if level in _AGAINST else (0.0, 8.0) for level in _LEVELS]
    bounds[_LEVELS.index(Level.NAME_FAMILY)] = (-2.0, 2.0)
    bounds[_LEVELS.index(Level.PHONE_LANDLINE)] = (4.0, 8.0)  # with the address it says nothing more; alone it does
    bounds += [(0.5, 1.0)] * len(_RARE) + [(1.0, 9.0)]  # the bench draws namesakes whether or not the name is rare
    rows = np.array(list(_differences()))
    ordered = {"type": "ineq", "fun": lambda weights: rows @ weights, "jac": lambda weights: rows}
    best = minimize(
        loss, first, jac=True, method="SLSQP", bounds=bounds, constraints=ordered, options={"maxiter": 500}
    )
    print(best.message, file=sys.stderr)
    return best.x[:-1], (table != 0).sum(axis=0), float(best.x[-1])


def _differences() -> Iterator[np.ndarray]:
    """Yield what times the weights must not be negative: each step of ``ORDER``, at both ends of rarity."""
    for levels in ORDER:
        for better, worse in pairwise(levels):
            for rare in (MOST_COMMON, RAREST):
                yield _worth(better, rare) - _worth(worse, rare)


def _worth(level: Level, rare: float) -> np.ndarray:
    row = np.zeros(len(_LEVELS) + len(_RARE) + 1)
    row[_LEVELS.index(level)] = 1.0
    if level in _RARE:
        row[len(_LEVELS) + _RARE.index(level)] = rare
    return row


def main() -> None:
    arguments = _arguments()
    entries = listed(arguments.seed, arguments.entries, 0.7)
    desk, seed, count = List(entries), arguments.seed, arguments.orders
    cases = [
        *of_listed(desk, repeats(seed, entries, count)),
        *of_strangers(desk, clean(seed, entries, count)),
        *of_strangers(desk, apart(seed, entries, count // 20), only_meant=True),
    ]
    print(f"{len(cases):,} candidates, {sum(case.is_same for case in cases):,} the same person", file=sys.stderr)
    fitted, reached, even_odds = fit(cases)
    now = [*(WEIGHTS[level] for level in _LEVELS), *(RARITY[level] for level in _RARE)]
    names = [*(level.name for level in _LEVELS), *(f"rarity of {level.name}" for level in _RARE)]
    print(f"EVEN_ODDS: {EVEN_ODDS} now ({VERSION}), {even_odds:.2f} fitted")
    for name, before, after, how_many in zip(names, now, fitted, reached, strict=True):
        print(f"{name:32} {before:6.2f} now {after:6.2f} fitted on {how_many:8,} cases")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=30_000)
    parser.add_argument("--orders", type=int, default=14_000)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
