"""Former municipalities: which one of today took over the addresses of each, out of our own text files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from shopguard.identity.tables.municipalities import Spelt, district_and_name, ward_alone, with_prefecture
from shopguard.identity.tables.place_key import place_key


class FormerName(NamedTuple):
    """A name that is gone, without prefecture but with its district, and the code of the municipality of today."""

    name: str
    prefecture: str
    code: str

    def spellings(self) -> Iterator[str]:
        """Return all its spellings, unfolded."""
        names = {self.name, district_and_name(self.name)[1], ward_alone(self.name)} - {""}
        return with_prefecture(self.prefecture, names)


def former_names(
    files: tuple[Path, ...], present: Mapping[str, Spelt], faults: list[str] | None = None
) -> list[FormerName]:
    """Return all former names out of files with one municipality of today per line, as
    ``三重県 いなべ市 = 員弁郡員弁町, ...``.

    A line that cannot be understood is told in ``faults`` as ``file:line: why``."""
    known = {(each.prefecture, each.name): code for code, each in present.items()}
    found = []
    for path in files:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            stated = line.partition("#")[0].strip()
            if not stated:
                continue
            today, _, names = stated.partition("=")
            prefecture, _, city = today.strip().partition(" ")
            code = known.get((prefecture, place_key(city)))
            if code is None or not names.strip():
                if faults is not None:
                    faults.append(f"{path.name}:{number}: {today.strip()} is no municipality with former names")
                continue
            found += [FormerName(name.strip(), prefecture, code) for name in names.split(",") if name.strip()]
    return found


def former_town(name: str, towns: frozenset[str]) -> str:
    """Return what stood for the former municipality and now begins names of towns (員弁町, or 員弁), or ""."""
    own = place_key(district_and_name(name)[1])
    if ward_alone(name):
        return ""
    for start in (own, own[:-1]):
        if len(start) > 1 and any(town.startswith(start) for town in towns):
            return start
    return ""
