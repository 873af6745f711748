"""The tables of docs/matching.md are those of the code. A table that is not is printed as it should be."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from shopguard.identity import PROFILE
from shopguard.identity.token import _MAX_OF_CLASS, KINDS, MAX_TOKENS
from shopguard.matching import crowd, rarity, weights
from shopguard.matching.explain import _LEVELS
from shopguard.matching.weights import RARITY, WEIGHTS, Level
from shopguard.registry.index import HOT

PAGE = Path(__file__).parents[2] / "docs" / "matching.md"
FIGURES = {
    "PROFILE": PROFILE,
    "VERSION": weights.VERSION,
    "MAX_TOKENS": MAX_TOKENS,
    "MOST_COMMON": rarity.MOST_COMMON,
    "RAREST": rarity.RAREST,
    "ONE_NUMBER": weights.ONE_NUMBER,
    "BY_POSTAL_CODE": weights.BY_POSTAL_CODE,
    "EVEN_ODDS": weights.EVEN_ODDS,
    "CROWD": crowd.CROWD,
    "HOT": HOT,
}


def table(heading: str) -> list[list[str]]:
    """The cells of the page's table that begins with ``heading``, without its first two lines."""
    (found,) = re.findall(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.M)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found.splitlines()]


def assert_same(written: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> None:
    if list(map(list, written)) != list(map(list, right)):
        lines = "\n".join(f"| {' | '.join(row)} |" for row in right)
        pytest.fail(
            f"docs/matching.md differs from the code; the rows of the table should be\n\n{lines}", pytrace=False
        )


def test_every_token_type_is_told_of() -> None:
    written = table("type")
    made_of = {row[1].strip("`"): row[4] for row in written}
    kinds = [(type_, kind, made_of.get(kind.name, "(say what)")) for type_, kind in KINDS.items()]
    right = [[str(int(type_)), f"`{kind.name}`", str(kind.cls), str(kind.group), of] for type_, kind, of in kinds]
    assert_same(written, right)


def test_every_level_and_its_weight_is_told_of() -> None:
    right = [
        [
            f"`{level}`",
            f"{WEIGHTS[level]:+g}" if WEIGHTS[level] else "0",
            f"{RARITY.get(level, 0):g}",
            _LEVELS[level][1],
        ]
        for level in Level
    ]
    assert_same(table("level"), right)


def test_every_other_figure_is_told_of() -> None:
    written = table("figure")
    means = {row[0].strip("`"): row[2] for row in written}
    right = [
        [f"`{name}`", f"{value:g}" if isinstance(value, float) else str(value), means.get(name, "(say what)")]
        for name, value in FIGURES.items()
    ]
    assert_same(written, right)


def test_the_limits_of_guessable_tokens_are_told_of() -> None:
    limits = " and ".join(f"{count} of class {cls}" for cls, count in _MAX_OF_CLASS.items())
    assert limits in " ".join(PAGE.read_text("utf-8").split())
