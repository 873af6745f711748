"""Erasures that survive any restore, and the log checked off line, from the command line."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from shopguard import wire
from shopguard.config import RegistrySettings
from shopguard.crypto import Keyring
from shopguard.model import Category, Entry, Order, Party
from shopguard.registry.erasures import ErasureJournal
from shopguard.registry.lookup.routes import registry_app
from shopguard.storage.engine import snapshot

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

FILE, JOURNAL = "backup.tar.gz", "erasures.jsonl"


@pytest.fixture
def full(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> "Desk":
    """A guard whose registry lists one person, and a backup of it in ``FILE``."""
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", "a good passphrase")
    desk.done("backup", FILE)
    return desk


def elsewhere(desk: "Desk") -> "Desk":
    """The same guard on an empty data directory."""
    other = type(desk)(desk.data_dir.parent / "elsewhere")
    other.platform, other.settings = desk.platform, desk.settings
    return other


def judged(desk: "Desk", order: Order) -> tuple[str, str]:
    (verdict,) = [json.loads(line) for line in desk.run("screen", stdin=wire.encode(order)).stdout.splitlines()]
    return verdict["state"], verdict["verdict"]


def erase(desk: "Desk") -> None:
    assert "erased" in desk.done("registry", "erase", "E-1", "--yes")


def test_the_journal_is_in_no_backup_and_stays_where_it_is(full: "Desk", bad_order: Order) -> None:
    assert judged(full, bad_order) == ("screened", "hold")
    erase(full)
    before = (full.data_dir / JOURNAL).read_bytes()
    assert JOURNAL not in full.done("restore", FILE, "--force")
    assert (full.data_dir / JOURNAL).read_bytes() == before
    assert judged(full, bad_order) == ("screened", "allow")


def test_without_the_journal_nothing_is_served_until_it_is_known(full: "Desk", bad_order: Order) -> None:
    erase(full)
    full.done("registry", "erasures", "export", "kept.jsonl")
    other = elsewhere(full)
    result = other.run("restore", FILE)
    assert result.exit_code == 0
    assert "shopguard registry erasures apply FILE" in result.stderr
    assert judged(other, bad_order)[0] == "unscreened"
    assert "erasures apply" in other.refused("registry", "block", "E-1")
    assert "erasures apply" in other.refused("registry", "load", "-")
    assert other.done("registry", "erasures", "apply", "kept.jsonl") == "1 erased again; the registry may be served\n"
    assert judged(other, bad_order) == ("screened", "allow")
    assert "there is no entry" in other.run("registry", "unblock", "E-1").stderr


def test_the_journal_is_given_to_the_restore_itself(full: "Desk", bad_order: Order) -> None:
    erase(full)
    full.done("registry", "erasures", "export", "kept.jsonl")
    other = elsewhere(full)
    other.done("restore", FILE, "--erasures", "kept.jsonl")
    assert judged(other, bad_order) == ("screened", "allow")


def test_a_journal_that_is_cut_off_is_refused_by_restore_and_apply(full: "Desk", bad_order: Order) -> None:
    erase(full)
    full.done("registry", "erasures", "export", "kept.jsonl")
    whole = Path("kept.jsonl").read_bytes().splitlines(keepends=True)
    Path("kept.jsonl").write_bytes(b"".join(whole[:-1]))
    other = elsewhere(full)
    said = other.refused("restore", FILE, "--erasures", "kept.jsonl")
    assert f"kept.jsonl: ends with line {len(whole) - 1}" in said
    assert "--cut-off" in said
    other.run("restore", FILE)
    assert "registry erasures export FILE" in other.refused("registry", "erasures", "apply", "kept.jsonl")
    assert judged(other, bad_order)[0] == "unscreened"
    other.done("registry", "erasures", "apply", "kept.jsonl", "--cut-off")
    assert judged(other, bad_order) == ("screened", "allow")


def test_the_word_of_the_operator_is_kept(full: "Desk", bad_order: Order) -> None:
    other = elsewhere(full)
    other.done("restore", FILE, "--erasures", "none")
    assert judged(other, bad_order) == ("screened", "hold")
    said: list[dict[str, Any]] = [json.loads(line) for line in (other.data_dir / JOURNAL).read_text().splitlines()]
    assert [(line["type"], line.get("source")) for line in said[1:]] == [("declared", "none"), ("settled", None)]
    assert said[1]["by"]


def test_a_journal_that_cannot_be_read_stops_the_restore_before_anything_is_done(full: "Desk") -> None:
    Path("other.jsonl").write_text("{}\n")
    for given in ("other.jsonl", "missing.jsonl"):
        other = elsewhere(full)
        assert given in other.refused("restore", FILE, "--erasures", given)
        assert not (other.data_dir / "guard.db").exists()


def test_the_journal_of_another_registry_is_refused(full: "Desk") -> None:
    with full.opened() as installation:
        installation.home.prepare()
    full.done("backup", FILE)
    other_journal = ErasureJournal(Path("journal-of-another"), lambda: 0.0)
    other_journal.begin()
    Path("other.jsonl").write_bytes(other_journal.export())
    other = elsewhere(full)
    other.done("restore", FILE, "--erasures", "other.jsonl")
    assert "another journal" in other.refused("registry", "block", "E-1")


def test_an_older_copy_of_the_journal_is_refused(full: "Desk") -> None:
    full.done("registry", "erasures", "export", "older.jsonl")
    erase(full)
    with full.opened() as installation:
        installation.home.prepare()
    full.done("backup", FILE)
    other = elsewhere(full)
    other.run("restore", FILE)
    assert "older than the backup" in other.refused("registry", "erasures", "apply", "older.jsonl")


def test_a_guard_without_a_journal_yet_says_so(full: "Desk") -> None:
    assert "begins with the first start" in elsewhere(full).refused("registry", "erasures", "export", "-")


# --- a store of another day than the others -------------------------------------------------------------------------


def test_beside_an_index_of_another_day_every_command_says_what_mends_it(desk: "Desk", bad_order: Order) -> None:
    index, kept = desk.data_dir / "registry-index.db", Path("index-of-before.db")
    with desk.opened() as installation:
        installation.home.prepare()
        snapshot(installation.home.engine("index"), kept)
        entry = Entry("E-2", Category.OTHER, Party(phones=("090-0000-7777",)), 1, date(2026, 3, 1), date(2026, 3, 1))
        assert installation.home.publisher.load([wire.encode(entry)]).stored == 1
    for path in desk.data_dir.glob("registry-index.db*"):
        path.unlink()
    kept.rename(index)
    assert judged(desk, bad_order)[0] == "unscreened"
    for command in (("block", "E-1"), ("load", "-"), ("verify",), ("office", "queue")):
        assert "shopguard registry reseal" in desk.refused("registry", *command)
    assert "2 entries were sealed anew" in desk.done("registry", "reseal")
    assert judged(desk, bad_order) == ("screened", "hold")


# --- registry verify ------------------------------------------------------------------------------------------------


@pytest.fixture
def logged(desk: "Desk") -> "Desk":
    """A registry whose log has some leaves, and a copy of it in ``copy.jsonl``."""
    with desk.opened() as installation:
        installation.home.prepare()
        installation.home.members.create("shop-1", "見本商店", bytes(range(32)), 80)
    desk.done("registry", "verify", "copy.jsonl", "--fetch")
    return desk


def size(desk: "Desk") -> int:
    with desk.opened() as installation:
        return installation.home.log.size()


def test_a_registry_checks_its_own_log(logged: "Desk") -> None:
    assert f"{size(logged)} leaves, all as they were logged" in logged.done("registry", "verify")
    found = json.loads(logged.done("registry", "verify", "--json"))
    assert (found["leaves"], found["covered"], found["wrong"]) == (size(logged), size(logged), None)


def test_a_copy_is_checked_on_any_machine_with_the_registrys_key(logged: "Desk") -> None:
    with logged.opened() as installation:
        (public,) = installation.home.answer_keys.publics
    other = elsewhere(logged)
    key = base64.b64encode(public).decode()
    assert "all as they were logged" in other.done("registry", "verify", "copy.jsonl", "--key", key)
    assert not other.data_dir.exists()
    wrong = base64.b64encode(bytes(32)).decode()
    result = other.run("registry", "verify", "copy.jsonl", "--key", wrong)
    assert result.exit_code == 1
    assert "no head over them that is signed under a key known here" in result.stdout
    assert other.run("registry", "verify", "copy.jsonl", "--key", "short").exit_code == 2


def test_the_first_wrong_leaf_is_named(logged: "Desk") -> None:
    lines = Path("copy.jsonl").read_text().splitlines()
    changed = [line.replace('["member_created",', '["member_left",', 1) for line in lines]
    assert changed != lines
    Path("copy.jsonl").write_text("\n".join(changed) + "\n")
    result = logged.run("registry", "verify", "copy.jsonl")
    assert result.exit_code == 1
    first = next(at for at, (old, new) in enumerate(zip(lines, changed, strict=True)) if old != new)
    assert result.stdout == f"WRONG: leaf {first} is not what was logged\n"


def test_two_copies_are_compared(logged: "Desk") -> None:
    Path("other.jsonl").write_bytes(Path("copy.jsonl").read_bytes())
    logged.done("registry", "verify", "copy.jsonl", "--against", "other.jsonl")
    first, *rest = Path("other.jsonl").read_text().splitlines()
    changed = first.replace('"number":0', '"number":1')
    Path("other.jsonl").write_text("\n".join([changed, *rest]) + "\n")
    result = logged.run("registry", "verify", "copy.jsonl", "--against", "other.jsonl")
    assert result.exit_code == 1
    assert "leaf 0 is not the same in both" in result.stdout


def test_a_copy_that_is_not_there_is_said(logged: "Desk") -> None:
    assert "--fetch makes one" in logged.refused("registry", "verify", "missing.jsonl")


# --- a restore takes back nothing that was logged -------------------------------------------------------------------


def end_of_log(desk: "Desk") -> tuple[int, bytes]:
    with desk.opened() as installation:
        return installation.home.log.size(), installation.home.log.root()


@pytest.mark.usefixtures("full")
def test_what_was_logged_since_the_backup_stays(desk: "Desk") -> None:
    with desk.opened() as installation:
        installation.home.prepare()
        installation.home.members.create("shop-1", "見本商店", bytes(range(32)), 80)
    before = end_of_log(desk)
    assert "registry-log.db stays" in desk.done("restore", FILE, "--force")
    with desk.opened() as installation:
        installation.home.prepare()
        assert [member.id for member in installation.home.members.all()] == ["self"]
        assert installation.home.log.root(before[0]) == before[1]
    assert "all as they were logged" in desk.done("registry", "verify", "copy.jsonl", "--fetch")


@pytest.mark.usefixtures("full")
def test_a_log_that_does_not_go_on_from_the_backup_is_replaced(desk: "Desk") -> None:
    before = end_of_log(desk)
    path = desk.data_dir / "registry-log.db"
    for damaged in (b"no database", b""):
        for file in desk.data_dir.glob("registry-log.db*"):
            file.unlink()
        path.write_bytes(damaged)
        assert "registry-log.db stays" not in desk.done("restore", FILE, "--force")
        assert end_of_log(desk) == before


# --- the log as a shop of a central registry checks it --------------------------------------------------------------


@pytest.fixture
def shop(logged: "Desk", serve: Callable[[Flask], int]) -> Iterator["Desk"]:
    """A shop that asks the registry of ``logged`` over HTTP; the log's head is of this moment."""
    made = elsewhere(logged)
    Keyring.create(made.keys_path)
    public = json.loads(made.done("registry", "enrol", "--json"))["public_key"]
    logged.done("registry", "members", "create", "shop-2", "--name", "another", "--key", public)
    with logged.opened() as centre:
        centre.home.heads.sign(anew=True)
        keys = tuple(base64.b64encode(known).decode() for known in centre.home.answer_keys.publics)
        url = f"http://127.0.0.1:{serve(registry_app(centre.home.service))}"
        asked = RegistrySettings(url=url, member="shop-2", answer_keys=keys, timeout_s=30)
        made.settings = replace(made.settings, registry=asked)
        with made.opened() as installation:
            installation.migrate()
        yield made


def test_a_shop_fetches_the_log_and_checks_it_off_line(shop: "Desk", logged: "Desk") -> None:
    assert "--fetch makes one" in shop.refused("registry", "verify")
    there = size(logged)
    assert f"{there} leaves, all as they were logged" in shop.done("registry", "verify", "--fetch")
    assert f"{there} leaves, all as they were logged" in shop.done("registry", "verify")
    path = shop.data_dir / "registry-log.jsonl"
    path.write_text(path.read_text().replace('["member_created",', '["member_left",', 1))
    result = shop.run("registry", "verify")
    assert result.exit_code == 1
    assert result.stdout.startswith("WRONG: leaf ")


def test_a_shop_keeps_the_head_it_hears_and_begins_anew_when_told(shop: "Desk") -> None:
    with shop.opened() as installation:
        installation.listing_feed.additions(0)
        assert installation.witness.last() is not None
    shop.done("registry", "verify", "--fetch", "--begin-anew")
    with shop.opened() as installation:
        assert installation.witness.last() is None
