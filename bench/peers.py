"""The same orders by other means: exact comparison, rapidfuzz by brute force, splink.

    python bench/peers.py --entries 100000 --orders 20000 --clean 20000 --seed 1

Each peer gives a score to the best entry of an order. Its threshold is set so that it hits as many of the clean
orders as ShopGuard does at ``possible``; then recall is compared. Needs the extra ``bench``.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import splink.comparison_level_library as level
import splink.comparison_library as comparison
from cleaning import Row, clean_row, nfkc_row
from people.orders import Asked
from people.writing import KANA_FIELD
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler
from scorecard import POSSIBLE, Desk, Scorecard, ask_all, draw
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SECTIONS = ("repeat", "clean", "apart")


@dataclass(frozen=True, slots=True)
class Scored:
    """What a method made of one order: the best score of any entry, and of the entry it belongs to."""

    best: float
    own: float


@dataclass(frozen=True, slots=True)
class Method:
    """A method's scores of the orders it was given, by section; ``ms`` is the time per order."""

    name: str
    scores: Mapping[str, Sequence[Scored]]
    orders: Mapping[str, Sequence[Asked]]
    ms: float

    def threshold(self, rate: float) -> float:
        """Return the lowest score at which at most ``rate`` of the clean orders are hit."""
        ranked = sorted((scored.best for scored in self.scores["clean"]), reverse=True)
        allowed = int(rate * len(ranked))
        return float(np.nextafter(ranked[allowed], np.inf))

    def found(self, threshold: float) -> list[bool]:
        return [scored.own >= threshold for scored in self.scores["repeat"]]

    def hit(self, section: str, threshold: float) -> list[bool]:
        return [scored.best >= threshold for scored in self.scores[section]]


# --- exact ---


def exact(card: Scorecard) -> Method:
    """NFKC equality: a phone, a mail, or name and address as written."""
    known: dict[object, set[str]] = defaultdict(set)
    for entry in card.entries.values():
        phones, emails, text = nfkc_row(entry.party)
        for key in (*(("p", p) for p in phones), *(("m", m) for m in emails), ("t", text)):
            known[key].add(entry.id)
    began = time.perf_counter()
    scores = {section: [_exact(asked, known) for asked in card.asked[section]] for section in SECTIONS}
    spent = time.perf_counter() - began
    return Method("exact NFKC", scores, card.asked, spent * 1000 / sum(map(len, scores.values())))


def _exact(asked: Asked, known: Mapping[object, set[str]]) -> Scored:
    phones, emails, text = nfkc_row(asked.party)
    keys = (*(("p", p) for p in phones), *(("m", m) for m in emails), ("t", text))
    found = set().union(*(known.get(key, set()) for key in keys))
    return Scored(float(bool(found)), float(asked.entry in found))


# --- rapidfuzz ---


def brute_force(card: Scorecard, subset: int) -> Method:
    """Every entry for every order: the closer of name and sound, the address, and a bonus for an equal contact."""
    entries = [clean_row(entry.id, entry.party) for entry in card.entries.values()]
    number_of = {row.unique_id: at for at, row in enumerate(entries)}
    by_contact: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(entries):
        for contact in (*row.phones, row.email or ""):
            by_contact[contact].append(at)
    by_contact.pop("", None)
    columns = {name: [getattr(row, name) or "" for row in entries] for name in ("name", "sound", "address")}
    orders = {section: card.asked[section][: subset if section != "apart" else subset // 5] for section in SECTIONS}
    began = time.perf_counter()
    scores = {
        section: [scored for part in _parts(asked) for scored in _fuzzy(part, columns, by_contact, number_of)]
        for section, asked in orders.items()
    }
    spent = time.perf_counter() - began
    return Method("rapidfuzz", scores, orders, spent * 1000 / sum(map(len, scores.values())))


def _parts(asked: Sequence[Asked]) -> list[Sequence[Asked]]:
    return [asked[at : at + 50] for at in range(0, len(asked), 50)]


def _fuzzy(
    part: Sequence[Asked],
    columns: Mapping[str, list[str]],
    by_contact: Mapping[str, list[int]],
    number_of: Mapping[str, int],
) -> list[Scored]:
    rows = [clean_row("", asked.party) for asked in part]
    name = _likeness([row.name or "" for row in rows], columns["name"], JaroWinkler.similarity)
    sound = _likeness([row.sound or "" for row in rows], columns["sound"], JaroWinkler.similarity)
    address = _likeness([row.address or "" for row in rows], columns["address"], fuzz.ratio) / 100
    total = np.maximum(name, sound) + address
    for at, row in enumerate(rows):
        for contact in (*row.phones, row.email or ""):
            total[at, by_contact.get(contact, [])] += 1.0
    return [Scored(float(total[at].max()), float(total[at, number_of[asked.entry]])) for at, asked in enumerate(part)]


def _likeness(asked: list[str], listed: list[str], scorer: object) -> np.ndarray:
    """Return the likeness of each with each; nothing is like nothing."""
    found = process.cdist(asked, listed, scorer=scorer, dtype=np.float32, workers=1)
    found[[not text for text in asked], :] = 0
    found[:, [not text for text in listed]] = 0
    return found


# --- splink ---


def by_splink(card: Scorecard, taught: bool = False) -> Method:
    """Fellegi-Sunter with eight blocking rules, EM training and term frequencies of names, on DuckDB.

    Args:
        taught: takes the chances of agreement from the right answers instead of EM: better than anyone could do.
    """
    entries = [clean_row(entry.id, entry.party) for entry in card.entries.values()]
    asked = [(f"{section}-{at}", one) for section in SECTIONS for at, one in enumerate(card.asked[section])]
    database = DuckDBAPI()
    orders = [clean_row(name, one.party) for name, one in asked]
    answers = [one.entry if name.startswith("repeat") else name for name, one in asked]
    tables = [
        database.register(_frame(entries, [row.unique_id for row in entries]), dataset_display_name="entries"),
        database.register(_frame(orders, answers), dataset_display_name="orders"),
    ]
    linker = Linker(tables, _settings(), log_level=None)
    _train(linker, taught)
    began = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
    spent = time.perf_counter() - began
    best: dict[str, float] = {}
    own: dict[str, float] = {}
    entry_of = {name: one.entry for name, one in asked}
    for left, right, weight in zip(pairs["unique_id_l"], pairs["unique_id_r"], pairs["match_weight"], strict=True):
        order, entry = (left, right) if left in entry_of else (right, left)
        best[order] = max(best.get(order, -99.0), weight)
        if entry_of[order] == entry:
            own[order] = max(own.get(order, -99.0), weight)
    scores = {
        section: [
            Scored(best.get(f"{section}-{at}", -99.0), own.get(f"{section}-{at}", -99.0))
            for at in range(len(card.asked[section]))
        ]
        for section in SECTIONS
    }
    name = "splink, taught the answers" if taught else "splink"
    return Method(name, scores, card.asked, spent * 1000 / len(asked))


def _frame(rows: Sequence[Row], answers: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(Row)])
    return frame.assign(answer=answers)


_BLOCKING = (
    block_on("phones", arrays_to_explode=["phones"]),
    block_on("email"),
    block_on("mailbox"),
    block_on("name", "area"),
    block_on("sound", "area"),
    block_on("postal", "numbers"),
    block_on("town", "numbers"),
    block_on("family", "postal"),
)


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparison.CustomComparison(  # spelling and sound in one: they are far from independent
                output_column_name="name",
                comparison_levels=[
                    level.And(level.NullLevel("name"), level.NullLevel("sound")),
                    level.ExactMatchLevel("name", term_frequency_adjustments=True),
                    level.ExactMatchLevel("sound", term_frequency_adjustments=True),
                    level.Or(level.JaroWinklerLevel("name", 0.9), level.JaroWinklerLevel("sound", 0.92)),
                    level.ExactMatchLevel("family", term_frequency_adjustments=True),
                    level.ExactMatchLevel("given", term_frequency_adjustments=True),
                    level.ElseLevel(),
                ],
            ),
            comparison.CustomComparison(
                output_column_name="place",
                comparison_levels=[
                    level.And(level.NullLevel("town"), level.NullLevel("postal")),
                    level.And(level.ExactMatchLevel("town"), level.ExactMatchLevel("numbers")),
                    level.And(level.ExactMatchLevel("postal"), level.ExactMatchLevel("numbers")),
                    level.And(level.JaroWinklerLevel("town", 0.9), level.ExactMatchLevel("numbers")),
                    level.ExactMatchLevel("town"),
                    level.ExactMatchLevel("postal"),
                    level.JaroWinklerLevel("town", 0.9),
                    level.ElseLevel(),
                ],
            ),
            comparison.ExactMatch("room"),
            comparison.CustomComparison(
                output_column_name="phone",
                comparison_levels=[
                    level.NullLevel("phone"),
                    level.ArrayIntersectLevel("phones", 1),
                    level.DamerauLevenshteinLevel("phone", 1),
                    level.ElseLevel(),
                ],
            ),
            comparison.CustomComparison(
                output_column_name="email",
                comparison_levels=[
                    level.NullLevel("email"),
                    level.ExactMatchLevel("email"),
                    level.ExactMatchLevel("mailbox"),
                    level.JaroWinklerLevel("email", 0.93),
                    level.ElseLevel(),
                ],
            ),
        ],
        blocking_rules_to_generate_predictions=list(_BLOCKING),
        retain_matching_columns=False,
    )


def _train(linker: Linker, taught: bool) -> None:
    """As splink's guide has it: prior from sure rules, u by random pairs, m by EM over different blockings."""
    train = linker.training
    sure = [block_on("email"), block_on("phone", "family"), block_on("name", "town", "numbers")]
    train.estimate_probability_two_random_records_match(sure, recall=0.8)
    train.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    if taught:
        train.estimate_m_from_label_column("answer")
        return
    for rule in (block_on("phone"), block_on("postal", "numbers"), block_on("name", "area")):
        train.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)


# --- telling ---


def as_markdown(card: Scorecard, methods: Sequence[Method]) -> str:
    ours = {section: card.seen[section] for section in SECTIONS}
    rate = sum(seen.best >= POSSIBLE for seen in ours["clean"]) / max(1, len(ours["clean"]))
    found = [seen.own >= POSSIBLE for seen in ours["repeat"]]
    lines = [
        f"At the rate of false matches of `possible`, {rate:.3%} of {len(ours['clean'])} clean orders:",
        "",
        "| method | orders | recall | misses | ShopGuard's misses | clean hit | neither, hit | ms an order |",
        "|---|---|---|---|---|---|---|---|",
        _line("ShopGuard", found, found, rate, [s.best >= POSSIBLE for s in ours["apart"]], None),
    ]
    for method in methods:
        threshold = 0.5 if method.name.startswith("exact") else method.threshold(rate)
        theirs = method.found(threshold)
        clean = method.hit("clean", threshold)
        lines.append(
            _line(
                method.name,
                theirs,
                found[: len(theirs)],
                sum(clean) / len(clean),
                method.hit("apart", threshold),
                method.ms,
            )
        )
    tunable = [method for method in methods if not method.name.startswith("exact")]
    lines += ["", "| clean orders hit, at most |" + "".join(f" {method.name} |" for method in tunable)]
    lines.append("|---|" + "---|" * len(tunable))
    for allowed in (0.001, 0.004, 0.01):
        recalls = [_share(method.found(method.threshold(allowed))) for method in tunable]
        lines.append(f"| {allowed:.1%} | " + " | ".join(f"{recall:.4f}" for recall in recalls) + " |")
    lines += ["", "| scenario | ShopGuard |" + "".join(f" {method.name} |" for method in methods)]
    lines.append("|---|---|" + "---|" * len(methods))
    for case in dict.fromkeys(asked.case for asked in card.asked["repeat"]):
        cells = [_recall(card.asked["repeat"], found, case)]
        for method in methods:
            threshold = 0.5 if method.name.startswith("exact") else method.threshold(rate)
            cells.append(_recall(method.orders["repeat"], method.found(threshold), case))
        lines.append(f"| {case} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return "\n".join(lines)


def _line(
    name: str, found: Sequence[bool], ours: Sequence[bool], clean: float, apart: Sequence[bool], ms: float | None
) -> str:
    share, missed, hit = _share(found), len(found) - sum(found), _share(apart)
    time_ = "-" if ms is None else f"{ms:.2f}"
    return (
        f"| {name} | {len(found)} | {share:.4f} | {missed} | {len(ours) - sum(ours)} "
        f"| {clean:.3%} | {hit:.1%} | {time_} |"
    )


def _share(found: Sequence[bool]) -> float:
    return sum(found) / max(1, len(found))


def _recall(asked: Sequence[Asked], found: Sequence[bool], case: str) -> float:
    return _share([hit for one, hit in zip(asked, found, strict=True) if one.case == case])


def main() -> None:
    arguments = _arguments()
    logging.getLogger("splink").setLevel(logging.ERROR)
    card = draw(arguments)
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        desk.load(card.entries.values(), len(card.entries))
        card.seen = ask_all(card, Path(name), arguments.processes)
        desk.close()
    methods = []
    for method in (
        exact,
        lambda card: brute_force(card, arguments.subset),
        by_splink,
        lambda card: by_splink(card, taught=True),
    ):
        methods.append(method(card))
        print(f"{methods[-1].name}: done", file=sys.stderr)
    print(as_markdown(card, methods))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--clean", type=int, default=20_000)
    parser.add_argument("--subset", type=int, default=700, help="orders that rapidfuzz compares with every entry")
    parser.add_argument("--kana-field", type=float, default=KANA_FIELD)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.set_defaults(each=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
