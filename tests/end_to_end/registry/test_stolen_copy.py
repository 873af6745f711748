"""A thief with everything but the keys: no file tells who is listed, and none lets a guess be tested."""

import base64
import hashlib
import math
import re
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre

pytestmark = pytest.mark.timeout(400)  # several waits, each as patient as a busy machine needs

HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
LEAST_BYTES = 6
"""Shorter pieces (a given name, a block number) stand in any file by chance; longer ones hold them."""


def written(value: bytes) -> Iterator[bytes]:
    """Every form in which ``value`` may be written down without a key."""
    yield from _spelt(value)
    digests = [hashlib.new(name, value).digest() for name in HASHES]
    digests += [hashlib.blake2b(value, digest_size=size).digest() for size in (16, 32)]
    for digest in digests:
        yield from _spelt(digest)
        yield digest[:16]  # as long as a locator


def _spelt(raw: bytes) -> Iterator[bytes]:
    yield raw
    for text in (raw.hex(), raw.hex().upper()):
        yield text.encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.urlsafe_b64encode(raw).rstrip(b"=")


def forms(identifier: str) -> Iterator[bytes]:
    """Every form of one identifier: encodings, reversed, and hashes of them."""
    for text in {identifier, identifier.lower(), identifier[::-1]}:
        yield from written(text.encode())
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        try:
            yield text.encode("cp932")
        except UnicodeEncodeError:
            continue


def identifiers(read: Mapping[str, Any], party: Mapping[str, Any]) -> set[str]:
    """What a person is known by: as it was given and as ``identify`` reads it."""
    found = {party["kana"], *party["lines"], *party["phones"], *party["emails"]}
    found |= {party["family"] + party["given"], re.sub(r"\D", "", party["phones"][0])}
    found |= {each["value"] for each in read["tokens"]}
    found |= {each["value"].lstrip("+") for each in read["tokens"] if each["kind"] == "phone"}
    return {each for each in found if len(each.encode()) >= LEAST_BYTES}


@pytest.fixture(scope="module")
def wanted(stock: "Stock") -> Mapping[bytes, str]:
    """What to look for, with what it is."""
    found = {
        form: f"{identifier} of {number}"
        for number, party in enumerate(stock.parties[:120])
        for identifier in identifiers(stock.identities[number], party)
        for form in forms(identifier)
        if len(form) >= LEAST_BYTES
    }
    tokens = {raw for held in stock.tokens[:120] for _, raw in held}
    return found | {form: "a token" for raw in tokens for form in written(raw)}


class Scanner:
    """Finds any of many byte strings in a file, in one pass over each length of their beginnings."""

    def __init__(self, wanted: Mapping[bytes, str]) -> None:
        self._wanted = wanted
        self._lengths: dict[bytes, set[int]] = {}
        for form in wanted:
            self._lengths.setdefault(form[:LEAST_BYTES], set()).add(len(form))

    def scan(self, content: bytes) -> set[str]:
        lengths, wanted = self._lengths, self._wanted
        return {
            wanted[content[place : place + length]]
            for place in range(len(content) - LEAST_BYTES + 1)
            for length in lengths.get(content[place : place + LEAST_BYTES], ())
            if content[place : place + length] in wanted
        }


def files_of(home: Path) -> dict[str, bytes]:
    """Every file but those that hold keys."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name != "keys.json" and path.parent.name != "registry-keys"
    }


def findings(scanner: Scanner, files: Mapping[str, bytes]) -> dict[str, set[str]]:
    return {name: found for name, content in files.items() if (found := scanner.scan(content))}


def test_no_file_of_a_used_registry_nor_its_backup_tells_who_is_listed(
    serving: "Centre", stock: "Stock", wanted: Mapping[bytes, str], tmp_path: Path
) -> None:
    member = serving.member("steady")
    asked = [(number, sorted(stock.tokens[number])[:20]) for number in range(0, 140, 3)]
    handles = [{each["handle"] for each in member.ask(tokens).json()["candidates"]} for _, tokens in asked]
    assert [f"E-{number}" in found for (number, _), found in zip(asked, handles, strict=True)] == [
        number < 120 for number, _ in asked
    ]
    serving.run("registry", "block", "E-7")
    orders = "".join(stock.orders(range(0, 140, 7)))
    assert '"hold"' in serving.run("screen", given=orders)
    serving.run("backup", "--without-keys", str(tmp_path / "all.tgz"))

    scanner = Scanner(wanted)
    live = files_of(serving.home)
    assert {"registry-index.db", "registry-vault.db", "registry-log.db", "said.log"} <= set(live)
    assert findings(scanner, live) == {}
    with tarfile.open(tmp_path / "all.tgz") as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    saved = files_of(tmp_path / "unpacked")
    assert any(name.endswith("registry-index.db") for name in saved)
    assert not any("prf.json" in name or "vault.json" in name for name in saved)
    assert findings(scanner, saved) == {}

    _rows_look_like_noise(tmp_path / "unpacked")


def test_the_scanner_finds_what_is_there(wanted: Mapping[bytes, str], stock: "Stock") -> None:
    scanner = Scanner(wanted)
    phone, mail, house = "+819000001005", "bobodo@example.jp", stock.tokens[3][2][1]
    planted = [
        phone.encode(),
        phone[::-1].encode(),
        mail.encode("utf-16-le"),
        mail.encode().hex().encode(),
        base64.b64encode(mail.encode()),
        hashlib.md5(phone.encode()).hexdigest().encode(),
        hashlib.sha1(mail.encode()).digest(),
        base64.b64encode(hashlib.sha512(phone.encode()).digest()),
        hashlib.blake2b(house).digest(),
        hashlib.sha256(house).digest()[:16],
        house,
        "ミホン ハナコ".encode(),
        "見本花子".encode("cp932"),
    ]
    for value in planted:
        assert scanner.scan(b"\x00" * 999 + value + b"\x01" * 999), value
    assert scanner.scan(bytes(range(256)) * 40) == set()


def _rows_look_like_noise(home: Path) -> None:
    """Sealed rows have one length, and nothing in them repeats or stands out."""
    path = next(home.rglob("registry-index.db"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for table, least in (("sealed_row", 120 * 10), ("full_posting", 119)):
            rows = [_longest(row) for row in database.execute(f"SELECT * FROM {table}")]
            assert len(rows) >= least
            assert len({len(row) for row in rows}) == 1
            assert len({row[:12] for row in rows}) == len(rows), "a nonce was used twice"
            assert _bits_a_byte(b"".join(rows)) > 7.99
            assert all(_most_common(column) < 0.05 for column in zip(*rows, strict=True) if len(rows) > 1000)


def _longest(row: Iterable[Any]) -> bytes:
    return max((value for value in row if isinstance(value, bytes)), key=len)


def _bits_a_byte(raw: bytes) -> float:
    counts = Counter(raw)
    return -sum(count / len(raw) * math.log2(count / len(raw)) for count in counts.values())


def _most_common(column: Iterable[int]) -> float:
    """How large a part of the rows has the most common byte at one place."""
    counts = Counter(column)
    return max(counts.values()) / counts.total()
