"""A registry as its processes show it: commands, HTTP, files. Its members are made from docs/registry-api.md."""

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Token = tuple[int, bytes]
"""Class and bytes, as they are asked about."""

PATIENCE_S = 60.0
PAGES = Path(__file__).parents[3] / "docs"
LISTED = 120
LOOKUPS = "/registry/v1/lookups"
_FAMILIES = [("見本", "ミホン"), ("架空", "カクウ"), ("渡邊", "ワタナベ"), ("例田", "レイタ"), ("佐藤", "サトウ")]
_GIVEN = [
    ("花子", "ハナコ"),
    ("一郎", "イチロウ"),
    ("四郎", "シロウ"),
    ("幸子", "サチコ"),
    ("健一", "ケンイチ"),
    ("直子", "ナオコ"),
]
_TOWNS = [
    ("105-0011", "東京都", "港区", "芝公園"),
    ("150-0002", "東京都", "渋谷区", "渋谷"),
    ("160-0022", "東京都", "新宿区", "新宿"),
    ("104-0061", "東京都", "中央区", "銀座"),
]


def party(number: int) -> dict[str, Any]:
    """Somebody invented; no two numbers share a phone, a mailbox or a house."""
    (family, family_kana), (given, given_kana) = _FAMILIES[number % 5], _GIVEN[number % 6]
    postal_code, region, city, town = _TOWNS[number % 4]
    return {
        "family": family,
        "given": given,
        "kana": f"{family_kana} {given_kana}",
        "country": "JP",
        "postal_code": postal_code,
        "region": region,
        "city": city,
        "lines": [f"{town}{1 + number % 3}-{1 + number // 12}-{1 + number % 12}"],
        "phones": [f"090-0000-{1000 + number:04d}"],
        "emails": [f"invented.buyer{number}@example.jp"],
    }


def entry(number: int, **told: Any) -> dict[str, Any]:
    facts = {"category": "unpaid", "reporters": 4, "first_on": "2025-03-09", "last_on": "2026-08-14"}
    return {"id": f"E-{number}", **facts, "party": party(number), **told}


def lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def until(look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {patience_s:.0f} s: {what}")


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class House:
    """One installation: a data directory, the settings in it, and the processes that run on it."""

    def __init__(self, home: Path, settings: Mapping[str, Any] | None = None) -> None:
        self.home = home
        self._running: list[subprocess.Popen[bytes]] = []
        if settings is not None:
            home.mkdir(parents=True, exist_ok=True)
            (home / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        config = ("--config", str(self.home / "config.yaml"))
        return [sys.executable, "-m", "shopguard", *arguments, *config, "--data-dir", str(self.home)]

    def try_to(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), input=given, capture_output=True, text=True)

    def run(self, *arguments: str, given: str = "") -> str:
        """What a command prints, which must do what it was told."""
        done = self.try_to(*arguments, given=given)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own; what it says is added to ``said.log``."""
        with (self.home / "said.log").open("ab") as log:
            process = subprocess.Popen(self.command(*arguments), stdout=log, stderr=log, start_new_session=True)
        self._running.append(process)
        return process

    def process_of(self, words: str) -> int | None:
        """The process under one of ours whose command line has ``words``."""
        below = [pid for process in self._running if process.poll() is None for pid in _family(process.pid)]
        return next((pid for pid in below if words in _command_line(pid)), None)

    def close(self) -> None:
        """End what still runs, politely first."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Centre(House):
    """A central registry that shops ask over HTTP."""

    def __init__(self, home: Path, port: int, keys: Mapping[str, Ed25519PrivateKey]) -> None:
        super().__init__(home, centre_settings(port))
        self.port, self._keys = port, keys
        self.url = f"http://127.0.0.1:{port}"

    def serve(self) -> None:
        self.start("serve", "--role", "registry,prf")
        until(self.answers, "the registry and its keyed function answer")

    def answers(self) -> bool:
        """Whether members are answered: HTTP, index and keyed function."""
        try:
            return self.member("steady").get("/registry/v1/me").status_code == 200
        except requests.RequestException:
            return False

    def member(self, name: str) -> "Member":
        return Member(self.url, name, self._keys[name])


def centre_settings(port: int) -> dict[str, Any]:
    receiver, console = free_ports(2)
    server = {"registry_port": port, "receiver_port": receiver, "console_port": console}
    return {"server": server, "registry": {"name": "centre", "open": True}}


class Member:
    """Somebody who asks a registry and has nothing but the page on its API. Believes no answer that is not proven."""

    def __init__(self, url: str, name: str, key: Ed25519PrivateKey) -> None:
        self.url, self.name, self.key = url, name, key
        self.session = requests.Session()
        self.profile = 2
        self._believed: dict[str, Ed25519PublicKey] = {}

    def batch(self, tokens: Sequence[Token], **changed: Any) -> bytes:
        told = {
            "member": self.name,
            "epoch": 1,
            "profile": self.profile,
            "commitment": base64.b64encode(secrets.token_bytes(16)).decode(),
            "tokens": [[cls, base64.b64encode(token).decode()] for cls, token in tokens],
        }
        return json.dumps({**told, **changed}).encode()

    def sign(self, method: str, path: str, body: bytes = b"", **changed: Any) -> dict[str, str]:
        """The headers of a request; ``changed`` are its member, key, time or nonce."""
        usual = {"member": self.name, "key": key_id(public(self.key)), "time": int(time.time())}
        head = {**usual, "nonce": secrets.token_hex(16), **changed}
        digest = hashlib.sha256(body).hexdigest()
        parts = (
            "sg1/request",
            method,
            path,
            digest,
            *(str(head[name]) for name in ("member", "key", "time", "nonce")),
        )
        signature = base64.b64encode(self.key.sign("\n".join(parts).encode())).decode()
        told = ", ".join(f'{name}="{value}"' for name, value in {**head, "signature": signature}.items())
        return {"Authorization": f"ShopGuard {told}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        return self.session.request(method, self.url + path, data=body, headers=dict(headers), timeout=30)

    def get(self, path: str) -> requests.Response:
        return self.send("GET", path, b"", self.sign("GET", path))

    def ask(self, tokens: Sequence[Token], **changed: Any) -> requests.Response:
        """The proven answer to one batch, or the refusal."""
        body = self.batch(tokens, **changed)
        headers = self.sign("POST", LOOKUPS, body)
        return self.proven(self.send("POST", LOOKUPS, body, headers), headers)

    def proven(self, response: requests.Response, headers: Mapping[str, str]) -> requests.Response:
        """The response, once its proof fits: status, body, our nonce, the present time, a key of the registry."""
        assert response.headers["Cache-Control"] == "no-store"
        proof = dict(re.findall(r'([a-z]+)="([^"]*)"', response.headers["ShopGuard-Answer"]))
        asked = dict(re.findall(r'([a-z]+)="([^"]*)"', headers["Authorization"]))
        assert proof["nonce"] == asked["nonce"]
        assert abs(int(proof["time"]) - time.time()) < 60
        digest = hashlib.sha256(response.content).hexdigest()
        parts = ("sg1/answer", str(response.status_code), digest, proof["key"], proof["time"], proof["nonce"])
        self._key_of_registry(proof["key"]).verify(base64.b64decode(proof["signature"]), "\n".join(parts).encode())
        return response

    def _key_of_registry(self, name: str) -> Ed25519PublicKey:
        if name not in self._believed:
            told = self.get("/registry/v1/centre").json()["answer_keys"]
            raw = [base64.b64decode(key) for key in told]
            self._believed = {key_id(key): Ed25519PublicKey.from_public_bytes(key) for key in raw}
        return self._believed[name]


def key_id(raw: bytes) -> str:
    return hashlib.sha256(b"sg1/key-id" + raw).hexdigest()[:16]


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def token(cls: int, kind: int, value: str, profile: int = 2) -> Token:
    raw = value.encode()
    return cls, b"sg1" + bytes((profile, cls, kind)) + len(raw).to_bytes(2, "big") + raw


def phone(number: int) -> Token:
    """The token of the phone number 090-0000-``number``."""
    return token(1, 1, f"+81900000{number:04d}")


def batch_of(tokens: Sequence[Token]) -> list[Token]:
    """What a guard would ask of these: as many as the limits of a batch let in."""
    room = {1: 4, 2: 20, 3: 8}
    return [each for cls in room for each in [each for each in tokens if each[0] == cls][: room[cls]]]


@dataclass(frozen=True)
class Stock:
    """An installation with entries and members, not running, to be copied."""

    home: Path
    keys: Mapping[str, Ed25519PrivateKey]
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
        house.run("registry", "members", "create", name, *told, "--daily-orders", daily)
    asked = [party(number) for number in (*range(LISTED), *range(200, 220))]
    read = house.run("identify", "--show", given=lines(asked))
    return Stock(home, keys, asked, [json.loads(line) for line in read.splitlines()])


def _copied(stock: Stock, home: Path) -> Centre:
    shutil.copytree(stock.home, home, ignore=shutil.ignore_patterns("run"))
    return Centre(home, free_ports(1)[0], stock.keys)


@pytest.fixture
def centre(stock: Stock, tmp_path: Path) -> Iterator[Centre]:
    """A central registry with ``LISTED`` entries, members ``rogue`` and ``honest`` of 100 orders a day, and one with
    plenty, ``steady``. Not yet serving.
    """
    made = _copied(stock, tmp_path / "centre")
    yield made
    made.close()


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
