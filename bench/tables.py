"""The compiled tables: size, time to compile, time and memory to the first answer, and the cost of a look-up.

Beside them stands the same content as a pickled dictionary, the plainest thing that would do.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

STARTUP_MS, RESIDENT_MB = 150, 60
CHILDREN = 5

# A child opens the tables, answers and tells; "dictionary" in place of "tables" loads the pickle instead.
_CHILD = """
import json, pickle, sys, time
from shopguard.identity.tables import tables
def memory():
    told = dict(line.split(":") for line in open("/proc/self/smaps_rollup").readlines()[1:])
    return {name: int(told[name].split()[0]) / 1024 for name in ("Rss", "Pss", "Private_Dirty")}
before = memory()
began = time.perf_counter()
if sys.argv[1] == "tables":
    known = tables()
    assert known.towns("13103", "芝公園4-2-8") and known.surname("佐藤") and known.postal("1050011")
else:
    with open(sys.argv[2], "rb") as file:
        known = pickle.load(file)
    assert known["t13103芝公園"]
took = time.perf_counter() - began
if sys.argv[1] == "tables":
    for code in ("13103", "01100", "26104", "27100"):
        for name in known.town_names(code):
            known.towns(code, name)
print(json.dumps({"ms": took * 1000, "before": before, "after": memory()}), flush=True)
sys.stdin.read()
"""


def main() -> int:
    """Print all figures; 1 if a demand is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    as_json = arguments.parse_args().json
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPGUARD_TABLES"] = folder
        compiled = _compile()
        opened = _children("tables")
        figures = {**compiled, **_lookups(), "tables": opened, "dictionary": _children("dictionary", folder)}
    print(json.dumps(figures, indent=2) if as_json else _table(figures))
    met = opened["startup_ms"] <= STARTUP_MS and opened["resident_mb"] <= RESIDENT_MB
    return 0 if met else 1


def _compile() -> dict[str, float]:
    """Compile in a process of its own, as at first use, and keep the content for the dictionary beside it."""
    from shopguard.identity.tables.folder import table_path, tables_folder

    command = "from shopguard.identity.tables import tables; tables()"
    began, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", command], check=True)
    took, after = time.perf_counter() - began, os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    path = table_path(tables_folder())
    _pickle(path)
    return {"compile_s": took, "compile_cpu_s": cpu, "file_mb": path.stat().st_size / 2**20}


def _pickle(path: Path) -> None:
    from shopguard.identity.tables.table_file import TableFile

    file = TableFile(path)
    content = {key: file[key] for key in file.keys("")}
    with path.with_suffix(".pickle").open("wb") as target:
        pickle.dump(content, target, protocol=5)


def _children(kind: str, folder: str = "") -> dict[str, float]:
    """Start children one after another that stay alive together, so that what they share is seen."""
    pickled = str(next(Path(folder).glob("*.pickle"))) if folder else ""
    children, told = [], []
    for _ in range(CHILDREN):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, kind, pickled], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        told.append(json.loads(child.stdout.readline()))
        children.append(child)
    pss = [_pss(child.pid) for child in children]
    for child in children:
        child.communicate()
    return {
        "startup_ms": median(each["ms"] for each in told),
        "resident_mb": median(each["after"]["Rss"] for each in told),
        "resident_by_tables_mb": median(each["after"]["Rss"] - each["before"]["Rss"] for each in told),
        "own_memory_by_tables_mb": median(
            each["after"]["Private_Dirty"] - each["before"]["Private_Dirty"] for each in told
        ),
        "proportional_mb": median(pss),
    }


def _pss(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _lookups() -> dict[str, float]:
    from shopguard.identity.tables import place_key, tables

    known = tables()
    text = "東京都港区芝公園四丁目２番８号　東京ハイツ１０１号室"
    key = place_key(text)
    return {
        "place_key_us": _microseconds(lambda: place_key(text)),
        "municipalities_us": _microseconds(lambda: known.municipalities(key)),
        "towns_us": _microseconds(lambda: known.towns("13103", key[5:])),
        "towns_in_city_us": _microseconds(lambda: known.towns("01100", "北1条西2-3")),
        "postal_us": _microseconds(lambda: known.postal("1050011")),
        "surname_us": _microseconds(lambda: known.surname("佐藤")),
        "similar_town_us": _microseconds(lambda: known.similar_town("13103", "芝公圏"), 2_000),
    }


def _microseconds(work: Callable[[], object], times: int = 20_000) -> float:
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times // 5):
            work()
        rounds.append((time.perf_counter() - began) / (times // 5) * 1e6)
    return median(rounds)


def _table(figures: dict[str, object]) -> str:
    lines = []
    for name, value in figures.items():
        for part, figure in value.items() if isinstance(value, dict) else (("", value),):
            lines.append(f"{(name + ' ' + part).strip():40} {figure:10.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
