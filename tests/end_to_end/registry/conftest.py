"""A registry as its processes show it: commands, HTTP, files."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ...ports import free_ports
from .houses import Centre, House, MovedClock, centre_settings
from .invented import entry, lines, party
from .member import Token, public, token

PAGES = Path(__file__).parents[3] / "docs"
LISTED = 120


@dataclass(frozen=True)
class Stock:
    """An installation with entries and members, not running, to be copied."""

    home: Path
    keys: Mapping[str, Ed25519PrivateKey]
    answer_keys: Sequence[bytes]
    parties: Sequence[Mapping[str, Any]]
    """Those of the entries, E-0 first, then twenty who are not listed."""
    identities: Sequence[Mapping[str, Any]]
    """What ``identify --show`` says of each."""

    @cached_property
    def tokens(self) -> list[list[Token]]:
        """The tokens of each of ``parties``, as docs/matching.md says to make them."""
        return [
            [token(*_kinds()[each["kind"]], each["value"], read["profile"]) for each in read["tokens"]]
            for read in self.identities
        ]

    @cached_property
    def rounds(self) -> list[tuple[list[Token], str | None]]:
        """The usual batch of each of ``parties``, and which entry the answer must have."""
        return [(sorted(held)[:20], f"E-{n}" if n < LISTED else None) for n, held in enumerate(self.tokens)]

    def orders(self, numbers: Iterable[int]) -> list[str]:
        """Lines for ``screen``: an order cash on delivery of each of ``parties`` with these numbers."""
        told = {"currency": "JPY", "total": "12800", "payment": {"kind": "cod"}}
        return [lines([{"id": str(number), **told, "buyer": self.parties[number]}]) for number in numbers]


def _kinds() -> dict[str, tuple[int, int]]:
    """Class and type of each kind of token."""
    page = (PAGES / "matching.md").read_text("utf-8")
    found = re.findall(r"^\| (\d+) \| `([^`]+)` \| (\d) \| \d \|", page, re.MULTILINE)
    return {kind: (int(cls), int(number)) for number, kind, cls in found}


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    home = tmp_path_factory.mktemp("stock") / "centre"
    keys = {
        name: Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        for name in ("rogue", "honest", "steady")
    }
    house = House(home)
    home.mkdir()
    house.run("init")
    house = House(home, centre_settings(free_ports(1)[0]))
    house.run("registry", "load", "-", given=lines(entry(number) for number in range(LISTED)))
    for name, key in keys.items():
        told = ("--name", name, "--key", base64.b64encode(public(key)).decode())
        daily = "100" if name != "steady" else "100000"
        made = house.json("registry", "members", "create", name, *told, "--daily-orders", daily)
    answer_keys = [base64.b64decode(key) for key in yaml.safe_load(made["settings"])["registry"]["answer_keys"]]
    asked = [party(number) for number in (*range(LISTED), *range(200, 220))]
    read = house.run("identify", "--show", given=lines(asked))
    return Stock(home, keys, answer_keys, asked, [json.loads(line) for line in read.splitlines()])


def _copied(stock: Stock, home: Path) -> Centre:
    shutil.copytree(stock.home, home, ignore=shutil.ignore_patterns("run"))
    return Centre(home, free_ports(1)[0], stock.keys, stock.answer_keys)


@pytest.fixture
def centre(stock: Stock, tmp_path: Path) -> Iterator[Centre]:
    """A central registry with ``LISTED`` entries, members ``rogue`` and ``honest`` of 100 orders a day, and one with
    plenty, ``steady``. Not yet serving.
    """
    made = _copied(stock, tmp_path / "centre")
    yield made
    made.close()


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """A clock for all processes that are started from here on."""
    made = MovedClock(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def watched(clock: MovedClock, centre: Centre) -> Centre:
    """A serving centre whose processes, and those who ask it, read ``clock``."""
    centre.clock = clock
    centre.serve()
    return centre


@pytest.fixture
def serving(centre: Centre) -> Centre:
    centre.serve()
    return centre


@pytest.fixture(scope="session")
def shared(stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The same, serving, for all tests that leave it as it is."""
    made = _copied(stock, tmp_path_factory.mktemp("shared") / "centre")
    made.serve()
    yield made
    made.close()
