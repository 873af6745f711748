"""How many listed buyers are found however they write, and how many others are taken for them.

    python bench/scorecard.py --entries 100000 --orders 20000 --clean 200000 --seed 1

Prints recall by scenario and by kind of writing, false matches by kind of clean order, and the speed of each step.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import mean

import msgspec
from people.kinds import KINDS
from people.orders import Asked, Listed, alone, apart, clean, is_forwarded, listed, repeats
from people.writing import KANA_FIELD

from shopguard.crypto import Keyring
from shopguard.identity import Token, identify, tokens
from shopguard.matching import compare, score_each
from shopguard.model import Comparison, OrderRef, Party, ScreeningState, Strength
from shopguard.registry.home import RegistryHome
from shopguard.registry.protocol import Answer, Query, Registry

TIMED = 2_000  # orders or parties that a speed is measured on
POSSIBLE = Strength.POSSIBLE.rank
STRONG = Strength.STRONG.rank
SECTIONS = ("repeat", "alone", "clean", "apart")


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one order: the strength of its best match, and of the match with the entry it belongs to."""

    best: int
    own: int
    best_entry: str
    candidates: int


@dataclass(frozen=True, slots=True)
class Speed:
    """``parties_s``: identity and encoded tokens of domestic parties; the others in seconds or milliseconds."""

    parties_s: float
    score_ms: float
    score_p99_ms: float
    look_up_ms: float
    load_s: float
    first_use_s: float


@dataclass
class Scorecard:
    """All orders with what came of them, by section."""

    entries: Mapping[str, Listed]
    asked: Mapping[str, Sequence[Asked]]
    seen: Mapping[str, Sequence[Seen]] = field(default_factory=dict)

    def rates(self, section: str, own: bool) -> Mapping[str, tuple[int, float, float]]:
        """Return orders, share at possible or better and share at strong by case; ``own``: of the true entry only."""
        found: dict[str, list[int]] = defaultdict(list)
        for asked, seen in zip(self.asked[section], self.seen[section], strict=True):
            found[asked.case].append(seen.own if own else seen.best)
        return {case: _shares(ranks) for case, ranks in found.items()}

    def total(self, section: str, own: bool) -> tuple[int, float, float]:
        return _shares([seen.own if own else seen.best for seen in self.seen[section]])

    def mixed_by_kind(self) -> Mapping[str, tuple[int, float, float]]:
        found: dict[str, list[int]] = defaultdict(list)
        for asked, seen in zip(self.asked["repeat"], self.seen["repeat"], strict=True):
            for kind in asked.kinds:
                found[kind].append(seen.own)
        return {kind: _shares(ranks) for kind, ranks in found.items()}


def _shares(ranks: Sequence[int]) -> tuple[int, float, float]:
    if not ranks:
        return 0, 0.0, 0.0
    return len(ranks), mean(r >= POSSIBLE for r in ranks), mean(r >= STRONG for r in ranks)


# --- the data ---


def draw(arguments: argparse.Namespace) -> Scorecard:
    """Return the list and the orders of this seed."""
    entries = listed(arguments.seed, arguments.entries, arguments.kana_field)
    seed = arguments.seed
    asked = {
        "repeat": list(repeats(seed, entries, arguments.orders)),
        "alone": list(alone(seed, entries, arguments.each)),
        "clean": list(clean(seed, entries, arguments.clean)),
        "apart": list(apart(seed, entries, max(1, arguments.orders // 10))),
    }
    return Scorecard({entry.id: entry for entry in entries}, asked)


# --- asking ---


class Desk:
    """A registry with the list, and the way the guard asks and scores."""

    def __init__(self, folder: Path) -> None:
        path = folder / "keys.json"
        self.keyring = Keyring.load(path) if path.exists() else Keyring.create(path)
        self._home = RegistryHome(folder, "bench", self.keyring, lambda: datetime.now(UTC), apart=False)
        self._asked = 0

    def load(self, entries: Iterable[Listed], total: int) -> float:
        """Load the list and return the seconds it took."""
        self._home.prepare()
        began = time.perf_counter()
        with Progress("load", total) as progress:
            self._home.publisher.load(
                map(_line, entries), progress=lambda report: progress.at(report.lines), on_fault=_refused
            )
        return time.perf_counter() - began

    @cached_property
    def registry(self) -> Registry:
        return self._home.client(self.keyring.subkey("bench"))

    def look_up(self, asked: Sequence[Token]) -> Answer:
        """Ask as of an order of its own."""
        self._asked += 1
        order = OrderRef("bench", f"{os.getpid()}-{self._asked}")
        answer = self.registry.look_up(Query(order, "buyer", "", tuple(asked)))
        if answer.state is not ScreeningState.SCREENED:
            raise AssertionError(answer.reason)
        return answer

    def close(self) -> None:
        self._home.close()

    def ask(self, party: Party, entry: str) -> Seen:
        return _seen(self.compare(party), entry)

    def compare(self, party: Party) -> Mapping[str, Comparison]:
        """Return each candidate's comparison, by entry."""
        identity = identify(party)
        asked = tokens(identity)
        answer = self.look_up(asked)
        candidates = [(found.shared, found.fields) for found in answer.candidates]
        comparisons = score_each(identity, asked, candidates, answer.hot)
        return {found.handle: comparison for found, comparison in zip(answer.candidates, comparisons, strict=True)}


def _line(entry: Listed) -> bytes:
    return msgspec.json.encode(
        {
            "id": entry.id,
            "category": "unpaid",
            "party": entry.party,
            "reporters": 2,
            "first_on": "2025-03-01",
            "last_on": "2026-08-14",
        }
    )


def _refused(fault: object) -> None:
    """Entries without anything to look up (nothing of a party abroad was understood) stay out, and are missed."""


def _seen(found: Mapping[str, Comparison], entry: str) -> Seen:
    best = max(found, key=lambda name: (found[name].strength.rank, found[name].score), default="")
    return Seen(
        found[best].strength.rank if best else 0,
        found[entry].strength.rank if entry in found else 0,
        best,
        len(found),
    )


_desk: Desk | None = None


def _open_desk(folder: Path) -> None:
    global _desk
    _desk = Desk(folder)


def _ask(work: tuple[Party, str]) -> Seen:
    assert _desk is not None
    return _desk.ask(*work)


def ask_all(card: Scorecard, folder: Path, processes: int) -> Mapping[str, Sequence[Seen]]:
    """Return what comes of every order; in several processes, as no time is taken here."""
    work = [(asked.party, asked.entry) for section in SECTIONS for asked in card.asked[section]]
    spawn = multiprocessing.get_context("spawn")
    answers = []
    with ProcessPoolExecutor(processes, spawn, _open_desk, (folder,)) as pool, Progress("ask", len(work)) as progress:
        for seen in pool.map(_ask, work, chunksize=200):
            answers.append(seen)
            progress.at(len(answers))
    parts = iter(answers)
    return {section: [next(parts) for _ in card.asked[section]] for section in SECTIONS}


def measure(card: Scorecard, desk: Desk, load_s: float, first_use_s: float) -> Speed:
    """Return the speeds on one core, warm."""
    domestic = [a.party for a in card.asked["clean"] if card.entries[a.entry].who.is_japanese][:TIMED]
    began = time.perf_counter()
    for party in domestic:
        for token in tokens(identify(party)):
            token.encode()
    parties_s = len(domestic) / (time.perf_counter() - began)
    look_ups, scores = [], []
    for asked in card.asked["repeat"][:TIMED]:
        identity = identify(asked.party)
        wanted = tokens(identity)
        began = time.perf_counter()
        answer = desk.look_up(wanted)
        between = time.perf_counter()
        candidates = [(found.shared, found.fields) for found in answer.candidates]
        score_each(identity, wanted, candidates, answer.hot)
        scores.append(time.perf_counter() - between)
        look_ups.append(between - began)
    return Speed(
        parties_s,
        mean(scores) * 1000,
        sorted(scores)[int(len(scores) * 0.99)] * 1000,
        mean(look_ups) * 1000,
        load_s,
        first_use_s,
    )


# --- telling ---


class Progress:
    """A counter on a terminal; in a pipe a line at the end."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total, self._began, self._told = name, total, time.monotonic(), 0.0

    def __enter__(self) -> "Progress":
        return self

    def at(self, done: int) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and (now - self._told > 0.2 or done == self._total):
            self._told = now
            filled = 30 * done // max(1, self._total)
            bar = f"{'#' * filled:.<30}"
            print(f"\r{self._name:8} [{bar}] {done}/{self._total} {now - self._began:.0f} s", end="", file=sys.stderr)

    def __exit__(self, *error: object) -> None:
        end = "\n" if sys.stderr.isatty() else f"{self._name}: {time.monotonic() - self._began:.0f} s\n"
        print(end, end="", file=sys.stderr)


def as_markdown(card: Scorecard, speed: Speed) -> str:
    found, false = card.total("repeat", own=True), card.total("clean", own=False)
    lines = [
        "| figure | value |",
        "|---|---|",
        f"| mixed repeat orders | {found[0]} |",
        f"| found at possible or better | {found[1]:.4f} |",
        f"| found at strong | {found[2]:.4f} |",
        f"| clean orders | {false[0]} |",
        f"| clean orders hit at possible or better | {false[1]:.3%} |",
        f"| clean orders hit at strong | {round(false[2] * false[0])} ({false[2] * 100_000:.1f} per 100,000) |",
        f"| identity with all tokens encoded, one core | {speed.parties_s:.0f} parties/s |",
        f"| scoring an order against its candidates | {speed.score_ms:.3f} ms (p99 {speed.score_p99_ms:.3f}) |",
        f"| looking an order up | {speed.look_up_ms:.2f} ms |",
        f"| loading the list | {speed.load_s:.0f} s, {len(card.entries) / max(speed.load_s, 1e-9):.0f} entries/s |",
        f"| first party after start-up | {speed.first_use_s * 1000:.0f} ms |",
        f"| candidates an order | {mean(s.candidates for s in card.seen['repeat']):.1f} |",
        "",
        *_table("scenario", card.rates("repeat", own=True), {}),
        *_table("clean order", card.rates("clean", own=False), {}, false=True),
        *_table("neither", card.rates("apart", own=False), {}, false=True),
    ]
    alone_ = card.rates("alone", own=True)
    for group in dict.fromkeys(kind.group for kind in KINDS.values()):
        rates = {name: rate for name, rate in alone_.items() if KINDS[name].group == group}
        if rates:
            lines += _table(f"{group}, each kind alone", rates, card.mixed_by_kind())
    return "\n".join(lines)


def _table(
    title: str,
    rates: Mapping[str, tuple[int, float, float]],
    mixed: Mapping[str, tuple[int, float, float]],
    false: bool = False,
) -> Iterator[str]:
    yield f"| {title} | orders | possible or better | strong |{' in mixed orders: possible |' if mixed else ''}"
    yield f"|---|---|---|---|{'---|' if mixed else ''}"
    for case, (count, possible, strong) in sorted(rates.items(), key=lambda item: item[1][1]):
        shown = f"{possible:.3%} | {round(strong * count)}" if false else f"{possible:.3f} | {strong:.3f}"
        tail = f" {mixed[case][1]:.3f} ({mixed[case][0]}) |" if case in mixed else " - |" if mixed else ""
        yield f"| {case} | {count} | {shown} |{tail}"
    yield ""


def as_json(card: Scorecard, speed: Speed) -> str:
    return json.dumps(
        {
            "repeat": {"all": card.total("repeat", own=True), **card.rates("repeat", own=True)},
            "clean": {"all": card.total("clean", own=False), **card.rates("clean", own=False)},
            "apart": card.rates("apart", own=False),
            "alone": card.rates("alone", own=True),
            "mixed_by_kind": card.mixed_by_kind(),
            "speed": {name: getattr(speed, name) for name in speed.__slots__},
        },
        ensure_ascii=False,
        indent=1,
    )


def write_misses(card: Scorecard, desk: Desk, path: Path, most: int) -> None:
    """Write what went wrong as text to read one by one: false strong matches first, then misses, then other hits."""
    with path.open("w", encoding="utf-8") as out:
        for title, section, wrong in (
            ("STRONG THOUGH CLEAN", "clean", lambda seen: seen.best >= STRONG),
            ("STRONG THOUGH NEITHER", "apart", lambda seen: seen.best >= STRONG),
            ("MISSED", "repeat", lambda seen: seen.own < POSSIBLE),
            ("MISSED, ONE KIND ALONE", "alone", lambda seen: seen.own < POSSIBLE),
            ("HIT THOUGH CLEAN", "clean", lambda seen: POSSIBLE <= seen.best < STRONG),
        ):
            pairs = [pair for pair in zip(card.asked[section], card.seen[section], strict=True) if wrong(pair[1])]
            out.write(f"=== {title}: {len(pairs)}\n{_tally(asked for asked, _ in pairs)}\n\n")
            for asked, seen in _spread(pairs, most):
                other = card.entries[asked.entry if section in ("repeat", "alone") else seen.best_entry]
                out.write(_told(asked, other, desk))


def _tally(asked: Iterable[Asked]) -> str:
    listed_ = list(asked)
    cases = Counter(one.case for one in listed_).most_common(12)
    kinds = Counter(kind for one in listed_ for kind in one.kinds).most_common(20)
    return f"cases: {dict(cases)}\nkinds: {dict(kinds)}"


def _spread(pairs: Sequence[tuple[Asked, Seen]], most: int) -> Iterator[tuple[Asked, Seen]]:
    """Yield ``most`` of the pairs, taking from each case in turn: a hundred of one cause hide the others."""
    by_case: dict[str, list[tuple[Asked, Seen]]] = defaultdict(list)
    for pair in pairs:
        by_case[pair[0].case].append(pair)
    turn = 0
    while most > 0 and any(len(found) > turn for found in by_case.values()):
        for found in by_case.values():
            if len(found) > turn and most > 0:
                most -= 1
                yield found[turn]
        turn += 1


def _told(asked: Asked, entry: Listed, desk: Desk) -> str:
    found = desk.compare(asked.party).get(entry.id)
    theirs = set(tokens(identify(entry.party)))
    shared = [token.kind for token in tokens(identify(asked.party)) if token in theirs]
    how = found or compare(asked.party, entry.party)
    lines = [
        f"{asked.case} [{', '.join(asked.kinds)}] {'forwarder' if is_forwarded(entry) else ''}",
        f"  entry {entry.id}: {_shown(entry.party)}",
        f"  order: {_shown(asked.party)}",
        f"  shared: {', '.join(shared) or '-'}{'' if found else ' (not among the candidates)'}",
        f"  {how.strength.value} {how.score:.4f}: "
        + "; ".join(f"{e.field} {e.relation.value} {e.weight:+.1f} {e.note}".strip() for e in how.evidence),
    ]
    return "\n".join(lines) + "\n\n"


def _shown(party: Party) -> str:
    return " | ".join(f"{name}={value!r}" for name in party.__slots__ if (value := getattr(party, name)))


# --- the run ---


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.dir) as name:
        folder = Path(name)
        began = time.perf_counter()
        tokens(identify(Party(name="山田 太郎", lines=("東京都港区芝公園4-2-8",))))
        first_use_s = time.perf_counter() - began
        card = draw(arguments)
        desk = Desk(folder)
        load_s = desk.load(card.entries.values(), len(card.entries))
        speed = measure(card, desk, load_s, first_use_s)
        card.seen = ask_all(card, folder, arguments.processes)
        print(as_json(card, speed) if arguments.json else as_markdown(card, speed))
        if arguments.misses:
            write_misses(card, desk, arguments.misses, arguments.most)
        desk.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=20_000, help="mixed repeat orders")
    parser.add_argument("--clean", type=int, default=20_000, help="orders of people who are not listed")
    parser.add_argument("--each", type=int, default=200, help="orders for each kind of writing alone")
    parser.add_argument("--kana-field", type=float, default=KANA_FIELD, help="share of entries with a reading")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="for asking; speed is measured on one"
    )
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write what went wrong, as text to read")
    parser.add_argument("--most", type=int, default=100, help="pairs of each sort in FILE")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, help="where the registry is put; a temporary folder otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    main()
