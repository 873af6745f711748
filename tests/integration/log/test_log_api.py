"""The log as members hear it: over the signed API, under the keys they know, whatever is asked."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from flask import Flask
from structlog.testing import LogCapture

from shopguard.crypto import Keyring
from shopguard.registry.client import Http, NoAnswer, RegistryClient
from shopguard.registry.client.log_line import LogLine
from shopguard.registry.client.trust import Acquaintance, TrustedKeys
from shopguard.registry.client.witness import Witness
from shopguard.registry.home import RegistryHome
from shopguard.registry.log import LeafKind
from shopguard.registry.log.copy import LogCopy
from shopguard.registry.log.heads import read_head
from shopguard.registry.log.shapes import LOG_CONSISTENCY, LOG_HEAD, LOG_INCLUSION, LOG_LEAVES, MOST_LEAVES, Leaves
from shopguard.registry.lookup.routes import registry_app
from shopguard.registry.messages import ADDITIONS, CENTRE
from shopguard.registry.refusals import Refusal
from shopguard.registry.signing import Signer, key_id_of

SHOP = Signer.of_seed(b"s" * 32)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryHome]:
    """A registry with a member and a log, the same for all tests: the log only grows."""
    folder = tmp_path_factory.mktemp("home")
    keys = Keyring.create(folder / "keys.json")
    made = RegistryHome(folder, "example", keys, lambda: datetime.now(UTC), apart=False)
    made.prepare()
    made.members.create("shop-1", "見本商店", SHOP.public, 80)
    grow(made, 5)
    yield made
    made.close()


def grow(home: RegistryHome, count: int) -> None:
    for _ in range(count):
        home.log.append(LeafKind.ENTRY_OPENED, os.urandom(32))


@pytest.fixture
def shop(home: RegistryHome, serve: Callable[[Flask], int]) -> RegistryClient:
    """A member, over HTTP."""
    port = serve(registry_app(home.service))
    keys = {key_id_of(public): public for public in home.answer_keys.publics}
    clock = home.clock
    line = Http(f"http://127.0.0.1:{port}", 5.0)
    return RegistryClient(line, "shop-1", lambda: SHOP, b"m" * 32, 1, lambda: keys, clock)


def test_a_member_hears_the_head_and_every_leaf(home: RegistryHome, shop: RegistryClient, tmp_path: Path) -> None:
    line, copy = LogLine(shop), LogCopy(tmp_path / "copy.jsonl")
    home.heads.sign(anew=True)
    head = copy.extend(line, home.answer_keys.publics)
    assert head == read_head(line.head(), home.answer_keys.publics)
    assert (head.size, head.root) == (home.log.size(), home.log.root())
    assert copy.check(home.answer_keys.publics).covered == head.size


def test_a_member_hears_proofs(home: RegistryHome, shop: RegistryClient) -> None:
    line, size = LogLine(shop), home.log.size()
    for number in range(size):
        proof = line.inclusion(number, size)
        assert (proof.number, proof.root) == (number, home.log.root())
        assert proof.holds()
    assert line.consistency(2, size) == home.log.consistency(2, size)
    assert line.leaves(size) == ()


def test_one_answer_holds_no_more_than_so_many_leaves(home: RegistryHome, shop: RegistryClient) -> None:
    told = shop.ask("GET", f"{LOG_LEAVES}?first=2", b"", Leaves)
    assert (told.first, len(told.leaves)) == (2, home.log.size() - 2)
    assert len(home.log.leaves(0, 3)) == 3
    assert MOST_LEAVES * 150 < 1_000_000  # bytes, about; members take 8 MB


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (LOG_LEAVES, Refusal.UNREADABLE),
        (f"{LOG_LEAVES}?first=-1", Refusal.UNREADABLE),
        (f"{LOG_LEAVES}?first=1.5", Refusal.UNREADABLE),
        (f"{LOG_LEAVES}?first=%D9%A1", Refusal.UNREADABLE),  # a digit, but none of ours
        (f"{LOG_LEAVES}?first=" + "9" * 19, Refusal.UNREADABLE),
        (f"{LOG_LEAVES}?first=1&first=2", Refusal.UNREADABLE),
        (f"{LOG_LEAVES}?first=1&x=2", Refusal.UNREADABLE),
        (f"{LOG_INCLUSION}?leaf=1", Refusal.UNREADABLE),
        (f"{LOG_INCLUSION}?leaf=3&size=3", Refusal.NOT_FOUND),
        (f"{LOG_INCLUSION}?leaf=1&size=" + "9" * 18, Refusal.NOT_FOUND),
        (f"{LOG_CONSISTENCY}?old=3&new=2", Refusal.NOT_FOUND),
        (f"{LOG_CONSISTENCY}?old=3&new=" + "9" * 18, Refusal.NOT_FOUND),
        (f"{LOG_HEAD}/x", Refusal.NOT_FOUND),
    ],
)
def test_what_cannot_be_answered_is_refused(shop: RegistryClient, path: str, code: Refusal) -> None:
    with pytest.raises(NoAnswer) as refused:
        shop.ask("GET", path, b"", Leaves)
    assert refused.value.code is code


@pytest.mark.parametrize("number", ["9" * 18, "7"])
def test_beyond_the_end_there_are_no_leaves(shop: RegistryClient, home: RegistryHome, number: str) -> None:
    assert shop.ask("GET", f"{LOG_LEAVES}?first={number}", b"", Leaves).leaves == tuple(home.log.leaves(int(number)))


def test_a_stranger_hears_nothing(home: RegistryHome, shop: RegistryClient) -> None:
    stranger = RegistryClient(
        shop._transport, "shop-1", lambda: Signer.of_seed(bytes(32)), b"m" * 32, 1, shop._centre_keys, home.clock
    )
    with pytest.raises(NoAnswer) as refused:
        LogLine(stranger).head()
    assert refused.value.code is Refusal.NOT_AUTHENTICATED


# --- what a guard does beside its other questions -------------------------------------------------------------------


@pytest.fixture
def said() -> LogCapture:
    capture = structlog.get_config()["processors"][-1]
    assert isinstance(capture, LogCapture)
    capture.entries.clear()
    return capture


@pytest.fixture
def feed(home: RegistryHome, shop: RegistryClient, tmp_path: Path) -> Acquaintance:
    trusted = TrustedKeys(tmp_path / "registry-keys" / "trusted.json", home.answer_keys.publics)
    keys = home.answer_keys.publics
    witness = Witness(tmp_path / "registry-log.head", LogLine(shop), lambda: keys, lambda: home.clock().timestamp())
    return Acquaintance(shop, trusted, home.clock, witness)


def test_a_guard_that_asks_what_is_new_keeps_the_head(
    home: RegistryHome, feed: Acquaintance, tmp_path: Path, said: LogCapture
) -> None:
    head = read_head(home.heads.newest(), home.answer_keys.publics)
    feed.additions(0)
    assert (tmp_path / "registry-log.head").read_text() == head.signed(home.answer_keys.signer)
    assert said.entries == []


def test_a_guard_says_when_the_log_does_not_go_on_and_does_its_work(
    home: RegistryHome, feed: Acquaintance, tmp_path: Path, said: LogCapture
) -> None:
    head = read_head(home.heads.newest(), home.answer_keys.publics)
    forged = type(head)(head.origin, head.size + 7, bytes(32), head.at).signed(home.answer_keys.signer)
    (tmp_path / "registry-log.head").write_text(forged)
    assert feed.additions(0) == home.index.additions(0, 1_000)
    (entry,) = said.entries
    assert (entry["event"], entry["log_level"]) == ("registry_log_broken", "error")
    assert "does not go on" in entry["text"]
    assert (tmp_path / "registry-log.head").read_text() == forged


def test_what_is_asked_of_the_log_is_described(home: RegistryHome, serve: Callable[[Flask], int]) -> None:
    client = registry_app(home.service).test_client()
    described = client.get("/registry/openapi.json").json
    assert described is not None
    for path in (LOG_HEAD, LOG_LEAVES, LOG_INCLUSION, LOG_CONSISTENCY):
        assert set(described["paths"][path]) == {"get"}
    assert {ADDITIONS, CENTRE} < set(described["paths"])
