"""Written by hand: the same person under the guises people really use, and other people who merely look alike.

Each pair must hold twice: for two parties in clear, and for an order screened against a list that answers with
shared tokens only.
"""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shopguard import wire
from shopguard.config import Language, PolicySettings
from shopguard.crypto import Keyring
from shopguard.guard.screening import Screener, ScreeningRules
from shopguard.matching import compare
from shopguard.model import Category, Entry, Order, Party, Strength
from shopguard.testing.registry import FakeRegistry

Line = dict[str, Any]
RULES = ScreeningRules(PolicySettings(), Language.EN)


def lines_of(name: str) -> list[Line]:
    text = Path(__file__).with_name(f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


SAME_PERSON, OTHER_PERSON, SAME_FIELD = map(lines_of, ("same_person", "other_person", "same_field"))


def each(lines: list[Line]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("line", [pytest.param(line, id=line["about"]) for line in lines])


def party(said: Line) -> Party:
    return wire.decode(json.dumps(said), Party)


def in_clear(line: Line) -> Strength:
    return compare(party(line["order"]), party(line["entry"])).strength


class NoPairs:
    """``KnownPairs`` of a shop that never said "not the same person"."""

    def entries(self, shop: str, buyer: str) -> frozenset[str]:
        return frozenset()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.create(tmp_path_factory.mktemp("keys") / "keys.json")


def by_look_up(line: Line, keys: Keyring) -> Strength:
    listed = Entry("E-1", Category.UNPAID, party(line["entry"]), 2, date(2025, 3, 1), date(2026, 8, 14))
    screener = Screener(FakeRegistry(listed), keys, NoPairs())
    return screener.screen(Order("1", "main-store", buyer=party(line["order"])), RULES).strength


@each(SAME_PERSON)
def test_the_same_person_is_found_in_clear(line: Line) -> None:
    assert in_clear(line).rank >= Strength(line["at_least"]).rank


@each(SAME_PERSON)
def test_the_same_person_is_found_by_shared_tokens(line: Line, keys: Keyring) -> None:
    assert by_look_up(line, keys).rank >= Strength(line["at_least"]).rank


@each(OTHER_PERSON)
def test_another_person_is_spared_in_clear(line: Line) -> None:
    assert in_clear(line).rank <= Strength(line["at_most"]).rank


@each(OTHER_PERSON)
def test_another_person_is_spared_by_shared_tokens(line: Line, keys: Keyring) -> None:
    assert by_look_up(line, keys).rank <= Strength(line["at_most"]).rank


@each(SAME_FIELD)
@pytest.mark.parametrize("turned", [False, True], ids=["as told", "turned round"])
def test_a_field_is_read_as_a_person_reads_it(line: Line, turned: bool) -> None:
    one, other = (line["b"], line["a"]) if turned else (line["a"], line["b"])
    found = {item.field: item.relation.value for item in compare(party(one), party(other)).evidence}
    assert found.get(line["field"], "missing") == line["relation"]


@pytest.mark.parametrize("lines", [SAME_PERSON, OTHER_PERSON, SAME_FIELD], ids=["same", "other", "field"])
def test_every_pair_says_what_it_is_about_and_no_two_say_the_same(lines: list[Line]) -> None:
    assert Counter(line["about"] for line in lines).most_common(1)[0][1] == 1


def test_the_collection_is_broad() -> None:
    found = Counter(line["at_least"] for line in SAME_PERSON)
    spared = Counter(line["at_most"] for line in OTHER_PERSON)
    regions = {line["entry"].get("region", "-") for line in SAME_PERSON}
    assert found["strong"] >= 500 and found["possible"] >= 110
    assert spared["none"] >= 20 and spared["weak"] >= 180 and spared["possible"] >= 35
    assert len(SAME_FIELD) >= 240
    assert sum(region[-1] in "都道府県" for region in regions) == 47
