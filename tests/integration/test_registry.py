"""The embedded registry on SQLite: loading, looking up, blocking, and what its files give away."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import shopguard.storage
from shopguard import wire
from shopguard.cli import running
from shopguard.crypto import Keyring
from shopguard.identity import Identity, Token, identify, tokens
from shopguard.matching import score
from shopguard.model import Category, Entry, OrderRef, Party, ScreeningState, Strength
from shopguard.registry import (
    Answer,
    EmbeddedRegistry,
    LineFault,
    LoadReport,
    PlainPrf,
    Query,
)
from shopguard.registry.first import embedded, index
from shopguard.storage.engine import migrate
from shopguard.testing.registry import FakeRegistry

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
PARTY = Party(
    name="渡邊 太郎",
    kana="ワタナベ タロウ",
    postal_code="105-0011",
    city="港区",
    lines=("芝公園4-2-8", "東京ハイツ101"),
    phones=("090-0000-1111",),
    emails=("taro@example.jp",),
)
ENTRY = Entry("E-1", Category.UNPAID, PARTY, 2, date(2025, 3, 1), date(2026, 8, 14))


@pytest.fixture
def engine(empty_engine: sa.Engine) -> sa.Engine:
    migrate(empty_engine, "registry")
    return empty_engine


@pytest.fixture
def registry(engine: sa.Engine, keyring: Keyring) -> EmbeddedRegistry:
    return on(engine, keyring)


def on(engine: sa.Engine, keyring: Keyring, seed: bytes = bytes(range(32))) -> EmbeddedRegistry:
    return EmbeddedRegistry(engine, PlainPrf(seed, "example"), keyring, lambda: NOW)


def lines(*entries: Entry) -> list[bytes]:
    return [wire.encode(entry) for entry in entries]


def ask(registry: EmbeddedRegistry | FakeRegistry, party: Party) -> tuple[tuple[Token, ...], Answer]:
    asked = tokens(identify(party))
    return asked, registry.look_up(Query(OrderRef("main-store", "1"), "buyer", "r1", asked))


def handles(registry: EmbeddedRegistry, party: Party) -> list[str]:
    return sorted(candidate.handle for candidate in ask(registry, party)[1].candidates)


def rows(engine: sa.Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one())


def test_a_loaded_entry_is_found_under_another_spelling(registry: EmbeddedRegistry) -> None:
    assert registry.load(lines(ENTRY)) == LoadReport(stored=1)
    other = Party(name="渡辺太郎様", lines=("東京都港区芝公園四丁目２番８号",), phones=("+81 90 0000 1111",))
    asked, answer = ask(registry, other)
    assert (answer.state, answer.as_of) == (ScreeningState.SCREENED, NOW)
    (found,) = answer.candidates
    assert found.handle == "E-1"
    assert found.fields == {"kanji", "sound", "address", "town", "room", "phone", "email"}
    assert {asked[at].kind for at in found.shared} >= {"phone", "address", "name+house", "name"}
    assert (found.facts.category, found.facts.reporters, found.facts.opened) == (Category.UNPAID, 2, True)
    assert score(identify(other), [asked[at] for at in found.shared], found.fields).strength is Strength.STRONG


def test_a_stranger_finds_nothing(registry: EmbeddedRegistry) -> None:
    registry.load(lines(ENTRY))
    assert handles(registry, Party(name="鈴木 一郎", phones=("090-0000-2222",))) == []
    assert handles(registry, Party()) == []


def test_a_number_alone_learns_only_that_there_is_an_entry(registry: EmbeddedRegistry) -> None:
    registry.load(lines(ENTRY))
    (found,) = ask(registry, Party(phones=("090-0000-1111",)))[1].candidates
    facts = found.facts
    assert (facts.category, facts.reporters, facts.last_on) == (Category.OTHER, 2, date(2026, 8, 1))
    assert not facts.opened


def test_loading_again_changes_nothing(registry: EmbeddedRegistry, engine: sa.Engine) -> None:
    registry.load(lines(ENTRY))
    before = rows(engine, "index_posting")
    assert registry.load(lines(ENTRY)) == LoadReport(unchanged=1)
    assert (rows(engine, "vault_entry"), rows(engine, "index_posting")) == (1, before)


def test_an_entry_of_the_same_id_replaces_the_old_one_entirely(registry: EmbeddedRegistry, engine: sa.Engine) -> None:
    registry.load(lines(ENTRY))
    moved = replace(ENTRY, party=Party(phones=("090-0000-3333",), emails=("new@example.jp",)), reporters=5)
    assert registry.load(lines(moved)) == LoadReport(stored=1)
    assert handles(registry, PARTY) == []
    (found,) = ask(registry, moved.party)[1].candidates
    assert (found.facts.reporters, found.fields) == (5, {"phone", "email"})
    assert rows(engine, "index_posting") == 2


def test_a_blocked_entry_is_served_no_more_even_after_loading_it_again(registry: EmbeddedRegistry) -> None:
    registry.load(lines(ENTRY))
    assert registry.block("E-1")
    assert handles(registry, PARTY) == []
    registry.load(lines(replace(ENTRY, reporters=9)))
    assert handles(registry, PARTY) == []
    assert not registry.block("E-2")


def test_a_value_of_many_entries_leads_nowhere_and_is_named(registry: EmbeddedRegistry) -> None:
    forwarder = Party(lines=("港区芝公園1-2-3",))
    crowd = [
        replace(ENTRY, id=f"E-{number}", party=replace(forwarder, phones=(f"090-0001-{number:04}",)))
        for number in range(65)
    ]
    registry.load(lines(*crowd[:64]))
    assert len(handles(registry, forwarder)) == 64
    registry.load(lines(crowd[64]))
    asked, answer = ask(registry, replace(forwarder, phones=("090-0001-0007",)))
    assert [asked[at].kind for at in answer.hot] == ["address"]
    assert [(found.handle, len(found.shared)) for found in answer.candidates] == [("E-7", 1)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not readable JSON"),
        (b"\xff\xfe", "not readable JSON"),
        ("[]", "`array`"),
        ({"id": None}, "`$.id`"),
        ({"id": "山田太郎"}, "`$.id`"),
        ({"id": "taro@example.jp"}, "`$.id`"),
        ({"category": "山田太郎"}, "`$.category`"),
        ({"last_on": "山田太郎"}, "`$.last_on`"),
        ({"first_on": "2026-12-01"}, "`$.first_on`"),
        ({"last_on": "2026-11-03"}, "in the future - at `$.last_on`"),
        ({"reporters": 0}, "`$.reporters`"),
        ({"reporters": 1_000_001}, "1 to 1000000 - at `$.reporters`"),
        ({"reporters": "山田太郎"}, "`$.reporters`"),
        ({"party": {}}, "`$.party`"),
        ({"party": {"phones": ["0120-000-000"], "name": "山田太郎"}}, "`$.party`"),
        ({"party": {"name": "x" * 70_000}}, "longer than"),
    ],
)
def test_a_bad_line_is_named_without_its_content_and_the_rest_is_stored(
    registry: EmbeddedRegistry, line: bytes | str | dict[str, object], reason: str
) -> None:
    bad = json.dumps(json.loads(wire.encode(ENTRY)) | line) if isinstance(line, dict) else line
    faults: list[LineFault] = []
    good = replace(ENTRY, id="E-2")
    report = registry.load([*lines(ENTRY), b"\n", bad, *lines(good)], on_fault=faults.append)
    assert report == LoadReport(stored=2, faulty=1)
    assert [fault.line for fault in faults] == [3]
    assert reason in faults[0].reason
    assert "山田" not in faults[0].reason
    assert "taro" not in faults[0].reason
    assert handles(registry, PARTY) == ["E-1", "E-2"]


def test_an_entry_of_today_is_no_fault_where_the_day_begins_first(engine: sa.Engine, keyring: Keyring) -> None:
    evening = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)  # it is 3 November in Kiribati
    registry = EmbeddedRegistry(engine, PlainPrf(bytes(32), "example"), keyring, lambda: evening)
    assert registry.load(lines(replace(ENTRY, last_on=date(2026, 11, 3)))) == LoadReport(stored=1)


def test_progress_is_told_after_each_stored_batch(registry: EmbeddedRegistry) -> None:
    entries = (
        wire.encode(replace(ENTRY, id=f"E-{number}", party=Party(phones=(f"090-0001-{number:04}",))))
        for number in range(1200)
    )
    seen: list[int] = []
    assert registry.load(entries, progress=lambda report: seen.append(report.lines)).stored == 1200
    assert seen == [500, 1000, 1200]


# --- entries of older rules -----------------------------------------------------------------------------------------


@pytest.fixture
def older(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stores entries as the program did when identity had rules of profile 1."""

    def older_tokens(identity: Identity) -> tuple[Token, ...]:
        return tuple(token._replace(profile=1) for token in tokens(identity))

    def load(*entries: Entry) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(embedded, "tokens", older_tokens)
            patched.setattr(index, "PROFILE", 1)
            assert registry.load(lines(*entries)).stored == len(entries)

    return load


def many(count: int) -> list[Entry]:
    return [replace(ENTRY, id=f"E-{n:04}", party=Party(phones=(f"090-3123-{n:04}",))) for n in range(count)]


def found(registry: EmbeddedRegistry, entries: Sequence[Entry]) -> list[int]:
    """The positions of those entries that are found by what they are made of."""
    return [at for at, entry in enumerate(entries) if handles(registry, entry.party) == [entry.id]]


def test_an_entry_of_older_rules_is_found_once_it_was_renewed(
    registry: EmbeddedRegistry, engine: sa.Engine, older: Callable[..., None]
) -> None:
    older(ENTRY)
    assert handles(registry, PARTY) == []
    assert registry.renew() == 1
    (candidate,) = ask(registry, PARTY)[1].candidates
    assert len(candidate.shared) == rows(engine, "index_posting") == len(tokens(identify(PARTY)))
    assert (candidate.facts.reporters, candidate.fields) == (2, identify(PARTY).fields)
    assert registry.load(lines(ENTRY)) == LoadReport(unchanged=1)


def test_many_entries_are_renewed_in_batches(registry: EmbeddedRegistry, older: Callable[..., None]) -> None:
    entries = many(1200)
    older(*entries)
    told: list[tuple[int, int]] = []
    assert registry.renew(lambda done, total: told.append((done, total))) == 1200
    assert told == [(0, 1200), (500, 1200), (1000, 1200), (1200, 1200)]
    assert found(registry, entries[::100]) == list(range(12))


def test_renewing_that_broke_off_goes_on_where_it_stopped(
    registry: EmbeddedRegistry, older: Callable[..., None]
) -> None:
    entries = many(1200)
    older(*entries)

    def stop(done: int, _total: int) -> None:
        if done == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registry.renew(stop)
    assert found(registry, entries[::100]) == [0, 1, 2, 3, 4]
    assert registry.renew() == 700
    assert found(registry, entries[::100]) == list(range(12))


def test_processes_that_renew_together_share_the_work(
    registry: EmbeddedRegistry, engine: sa.Engine, older: Callable[..., None]
) -> None:
    older(*many(1200))
    together = threading.Barrier(2)

    def begin(done: int, _total: int) -> None:
        if not done:
            together.wait()

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: registry.renew(begin), range(2)))
    assert sum(counts) == 1200
    assert rows(engine, "index_posting") == 1200
    assert registry.renew() == 0


def test_a_blocked_entry_stays_blocked_when_it_is_renewed(
    registry: EmbeddedRegistry, older: Callable[..., None]
) -> None:
    older(ENTRY, replace(ENTRY, id="E-2"))
    registry.block("E-1")
    assert registry.renew() == 2
    assert handles(registry, PARTY) == ["E-2"]


def test_an_entry_that_new_rules_find_nothing_in_is_renewed_too(
    registry: EmbeddedRegistry, older: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    older(ENTRY, replace(ENTRY, id="E-2"))
    with monkeypatch.context() as patched:
        patched.setattr(embedded, "tokens", lambda identity: ())
        assert registry.renew() == 2
    assert handles(registry, PARTY) == []
    assert registry.renew() == 0


def test_where_nothing_is_of_older_rules_one_query_says_so(registry: EmbeddedRegistry, engine: sa.Engine) -> None:
    registry.load(lines(ENTRY))
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, *_: asked.append(sql))
    assert registry.renew(lambda done, total: pytest.fail("there is nothing to tell")) == 0
    assert len([sql for sql in asked if not sql.startswith("BEGIN")]) == 1


def test_a_start_that_renews_much_says_so_in_one_line(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.opened() as installation, installation.registry_engine.begin() as connection:
        connection.execute(sa.text("UPDATE index_entry SET profile = 1"))
    monkeypatch.setattr(running, "_MANY_ENTRIES", 1)
    said = "shopguard: bringing 1 entries to the new rules of identity, once\n"
    assert desk.run("registry", "load", "-", stdin="").stderr == said
    assert desk.run("registry", "load", "-", stdin="").stderr == ""


def test_a_start_that_renews_little_says_nothing(desk: "Desk") -> None:
    with desk.opened() as installation, installation.registry_engine.begin() as connection:
        connection.execute(sa.text("UPDATE index_entry SET profile = 1"))
    assert desk.run("registry", "load", "-", stdin="").stderr == ""


# --- the tables -----------------------------------------------------------------------------------------------------


def test_the_tables_can_be_taken_away_again(engine: sa.Engine) -> None:
    script = Path(shopguard.storage.__file__).parent / "migrations" / "registry"
    config = Config()
    config.set_main_option("script_location", str(script))
    config.attributes["history"] = "registry"
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version_registry"]


def test_a_database_that_cannot_be_used_is_an_unscreened_answer(empty_sqlite: sa.Engine, keyring: Keyring) -> None:
    answer = ask(on(empty_sqlite, keyring), PARTY)[1]
    assert (answer.state, answer.candidates) == (ScreeningState.UNSCREENED, ())
    assert answer.reason
    assert "渡" not in answer.reason


def test_another_key_finds_nothing(registry: EmbeddedRegistry, engine: sa.Engine, keyring: Keyring) -> None:
    registry.load(lines(ENTRY))
    assert handles(on(engine, keyring, seed=bytes(32)), PARTY) == []


def test_the_files_hold_no_identifier_and_no_hash_that_could_be_guessed(
    empty_sqlite: sa.Engine, keyring: Keyring, tmp_path: Path
) -> None:
    migrate(empty_sqlite, "registry")
    on(empty_sqlite, keyring).load(lines(ENTRY))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("empty.db*"))
    assert b"E-1" in stored, "the scan must see the file's content"
    asked = tokens(identify(PARTY))
    clear = {token.value for token in asked} | {
        "渡邊",
        "渡辺",
        "太郎",
        "芝公園",
        "ワタナベ",
        "09000001111",
        "090-0000-1111",
    }
    for text in clear:
        assert text.encode() not in stored
        assert text.encode("utf-16-le") not in stored
    for secret in [token.encode() for token in asked] + [text.encode() for text in clear]:
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, secret).digest()
            assert digest[:8] not in stored
            assert digest.hex()[:16].encode() not in stored
            assert base64.b64encode(digest)[:12] not in stored


def test_the_fake_answers_as_the_real_one(registry: EmbeddedRegistry) -> None:
    registry.load(lines(ENTRY))
    fake = FakeRegistry(ENTRY)
    for party in (PARTY, Party(phones=("090-0000-1111",)), Party(name="渡邊 太郎", city="港区"), Party(name="鈴木")):
        assert ask(fake, party)[1].candidates == ask(registry, party)[1].candidates
    fake.failing = True
    assert ask(fake, PARTY)[1].state is ScreeningState.UNSCREENED
    assert len(fake.queries) == 5
