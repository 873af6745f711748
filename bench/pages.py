"""What the benchmarks of pages share: a guard that is filled once in a fresh folder, and a signed-in browser."""

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from flask.testing import FlaskClient
from rounds import Demand, Figures, Outcome, machine, tell

from shopguard.bootstrap import Installation
from shopguard.web.accounts.links import SignInLinks

Filled = Callable[[Path, str | None, int, random.Random], AbstractContextManager[Callable[[int], Figures]]]
"""Fills a folder, or the database at an address, with so many things; what it gives measures one round."""


def main(title: str, things: str, filled: Filled, demands: Callable[[int], Sequence[Demand]]) -> int:
    """Run a benchmark from the command line; 0 if every demand is met."""
    parser = argparse.ArgumentParser(description=title, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{things}", type=int, default=10_000, dest="count")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite otherwise")
    parser.add_argument("--dir", type=Path, help="where the files lie; a temporary folder otherwise")
    parser.add_argument("--json", action="store_true", help="every round as JSON")
    chosen = parser.parse_args()
    rounds = []
    with (
        tempfile.TemporaryDirectory(dir=chosen.dir) as folder,
        filled(Path(folder), chosen.url, chosen.count, random.Random(chosen.seed)) as measure,
    ):
        for number in range(chosen.rounds):
            tell(f"round {number + 1} of {chosen.rounds}")
            rounds.append(measure(number))
    outcome = Outcome(rounds, demands(chosen.count))
    print(outcome.as_json() if chosen.json else f"{machine()}\n\n{outcome.as_markdown()}")
    return 0 if outcome.is_met else 1


def signed_in(guard: Installation) -> FlaskClient:
    """Return a browser of the owner."""
    browser = guard.console_app().test_client()
    browser.get("/console/sign-in", query_string={"token": SignInLinks(guard.writer, guard.clock).make()})
    return browser
