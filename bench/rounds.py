"""Interleaved rounds: everything is measured in each round, and only ratios inside a round are compared."""

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

Figures = Mapping[str, float]
"""What one round measured, by name; the unit is part of the name."""


@dataclass(frozen=True)
class Demand:
    """A bound on the median of ``ratio`` over the rounds."""

    id: str
    says: str
    ratio: Callable[[Figures], float]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bound(self) -> str:
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"

    def is_met(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class Outcome:
    """All rounds of one benchmark."""

    rounds: Sequence[Figures]
    demands: Sequence[Demand]

    def ratios(self, demand: Demand) -> Sequence[float]:
        """Return the ratio in each round, sorted."""
        return sorted(demand.ratio(figures) for figures in self.rounds)

    @property
    def is_met(self) -> bool:
        return all(demand.is_met(median(self.ratios(demand))) for demand in self.demands)

    def as_markdown(self) -> str:
        lines = ["| demand | | median | rounds | wanted | |", "|---|---|---|---|---|---|"]
        for demand in self.demands:
            found = self.ratios(demand)
            met = "met" if demand.is_met(median(found)) else "**missed**"
            spread = f"{found[0]:.2f}-{found[-1]:.2f}"
            lines.append(f"| {demand.id} | {demand.says} | {median(found):.2f} | {spread} | {demand.bound} | {met} |")
        lines += ["", "| figure | median | rounds |", "|---|---|---|"]
        for name in self.rounds[0]:
            found = sorted(figures[name] for figures in self.rounds)
            lines.append(f"| {name} | {_plain(median(found))} | {_plain(found[0])}-{_plain(found[-1])} |")
        return "\n".join(lines)

    def as_json(self) -> str:
        demands = [
            {"id": d.id, "says": d.says, "bound": d.bound, "median": median(self.ratios(d)), "rounds": self.ratios(d)}
            for d in self.demands
        ]
        return json.dumps({"machine": machine(), "demands": demands, "rounds": [dict(r) for r in self.rounds]})


def main(title: str, demands: Sequence[Demand], measured: Callable[[Path, int], Sequence[Figures]]) -> int:
    """Run a benchmark from the command line; 0 if every demand is met.

    Args:
        measured: gets an empty folder and the number of rounds; returns the figures of each.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="every round and ratio as JSON")
    parser.add_argument("--dir", type=Path, help="where the databases lie; a temporary folder otherwise")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder:
        outcome = Outcome(measured(Path(folder), chosen.rounds), demands)
    print(outcome.as_json() if chosen.json else f"{machine()}\n\n{outcome.as_markdown()}")
    return 0 if outcome.is_met else 1


def tell(text: str) -> None:
    """Show progress."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of ``values`` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def machine() -> str:
    """Say what the figures were measured on, without naming it."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or "unknown processor",
    )
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{_disk()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def _disk() -> str:
    """The kind of the first disk, as far as the kernel knows it."""
    for device in sorted(Path("/sys/block").glob("*")):
        if device.name.startswith(("vd", "sd", "nvme", "xvd")):
            spins = (device / "queue" / "rotational").read_text().strip() == "1"
            virtual = device.name.startswith(("vd", "xvd"))
            return f"{'virtual ' if virtual else ''}disk that calls itself {'rotating' if spins else 'solid state'}"
    return "disk of unknown kind"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
