"""Fit the weights of matching on invented people: ``python bench/fit_weights.py --entries 20000 --orders 20000``.

Orders of listed people and of people who resemble them are looked up in a list, as a guard does; each candidate is
one case, described by the levels its fields reach. A logistic regression (scikit-learn, ridge penalty towards the
weights that stand now) tells what each level is worth, in log10 units. Prints the table for ``matching/weights.py``.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import log

import numpy as np
from people.orders import Asked, Listed, apart, clean, listed, repeats
from sklearn.linear_model import LogisticRegression

from shopguard.identity import Identity, Token, identify, tokens
from shopguard.matching import score_each
from shopguard.matching.rarity import rarity
from shopguard.matching.weights import EVEN_ODDS, RARITY, VERSION, WEIGHTS, Level
from shopguard.model import Comparison

HOT = 65
LISTED_SHARE = 1 / 200  # of the orders of a shop: what a candidate's probability starts from
_LEVELS = tuple(Level)
_RARE = tuple(RARITY)


class List:
    """The entries by token, in memory."""

    def __init__(self, entries: Sequence[Listed]) -> None:
        self._by_token: dict[Token, list[int]] = defaultdict(list)
        self._fields = []
        for number, entry in enumerate(entries):
            identity = identify(entry.party)
            self._fields.append(identity.fields)
            for token in tokens(identity):
                self._by_token[token].append(number)

    def compare(self, identity: Identity) -> dict[int, Comparison]:
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


def cases(entries: Sequence[Listed], asked: Sequence[Asked], is_listed: bool) -> Iterator[tuple[list[float], bool]]:
    place = {entry.id: number for number, entry in enumerate(entries)}
    desk = List(entries)
    for order in asked:
        identity = identify(order.party)
        for number, comparison in desk.compare(identity).items():
            if comparison.evidence:
                yield features(identity, comparison), is_listed and number == place[order.entry]


def main() -> None:
    arguments = _arguments()
    entries = listed(arguments.seed, arguments.entries, 0.7)
    rows: list[list[float]] = []
    same: list[bool] = []
    weights: list[float] = []
    strangers = [
        *clean(arguments.seed, entries, arguments.orders),
        *apart(arguments.seed, entries, arguments.orders // 50),
    ]
    for asked, is_listed in ((list(repeats(arguments.seed, entries, arguments.orders)), True), (strangers, False)):
        for row, truth in cases(entries, asked, is_listed):
            rows.append(row)
            same.append(truth)
            weights.append(1.0 if is_listed else (1 - LISTED_SHARE) / LISTED_SHARE)
    table = np.array(rows)
    now = np.array([WEIGHTS[level] for level in _LEVELS] + [RARITY[level] for level in _RARE])
    print(f"{len(rows):,} candidates, {sum(same):,} of them the same person", file=sys.stderr)
    model = LogisticRegression(C=arguments.penalty, max_iter=5000)
    model.fit(table, np.array(same), sample_weight=np.array(weights))
    fitted = model.coef_[0] / log(10)
    print(f"# {VERSION} -> fitted; EVEN_ODDS {EVEN_ODDS} -> {-model.intercept_[0] / log(10):.2f}")
    for name, before, after, count in zip(
        [level.value for level in _LEVELS] + [f"rarity of {level.value}" for level in _RARE],
        now,
        fitted,
        (table != 0).sum(axis=0),
        strict=True,
    ):
        print(f"{name:32} {before:6.2f} {after:6.2f}   {count:8,} cases")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--penalty", type=float, default=1.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
