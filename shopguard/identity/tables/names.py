"""Names of people: how common a surname is, and how names are read, out of ``japanese-personal-name-dataset``."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from japanese_personal_name_dataset import load_dataset
from japanese_personal_name_dataset.core import Kind

from shopguard.identity.tables.records import Surname
from shopguard.identity.text import fold

POPULATION = 124_000_000  # Japan, 2024; Statistics Bureau, Population Estimates (read 2026-11)
_POPULAR = 4
_READINGS = 4  # kept of each given name


def surnames() -> dict[str, Surname]:
    """Return all surnames in folded form; variants that fold into one (渡辺, 渡邉) are counted together."""
    counts: dict[str, int] = defaultdict(int)
    readings: dict[str, dict[str, None]] = defaultdict(dict)
    for name, facts in load_dataset("org", include_last_names=True)[2].items():  # commonest first
        counts[fold(name)] += facts["count"]
        readings[fold(name)][facts["reading"]] = None
    return {name: Surname(count / POPULATION, tuple(readings[name])) for name, count in counts.items()}


def given_names() -> dict[str, tuple[str, ...]]:
    """Return all given names in folded form with their readings, likelier first.

    The data set has no counts. A reading is likelier when many names share it for their first kanji and for their
    last one, when the choice of popular names has it, and, for a single kanji, when it has many spellings.
    """
    popular = {(name, reading) for name, reading, _ in _given("opti")}
    starts, ends = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    weights: dict[str, dict[str, int]] = defaultdict(dict)
    for name, reading, spellings in _given("org"):
        starts[name[0], reading[:2]] += 1
        ends[name[-1], reading[-2:]] += 1
        weights[name][reading] = spellings

    def likelihood(name: str, reading: str) -> int:
        alone = len(name) == 1
        shared = starts[name[0], reading[:2]] * (weights[name][reading] if alone else ends[name[-1], reading[-2:]])
        return shared * (_POPULAR if (name, reading) in popular else 1)

    found = {}
    for name, readings in weights.items():
        ranked = sorted((-likelihood(name, each), each) for each in readings)
        found[name] = tuple(reading for _, reading in ranked[:_READINGS])
    return found


def _given(kind: Kind) -> Iterator[tuple[str, str, int]]:
    """Return the names of men and women: folded name, reading, and in how many ways that reading is written."""
    for names in load_dataset(kind):
        for reading, facts in names.items():
            for name in facts["kanji"]:
                yield fold(name), reading, len(facts["kanji"])
