"""Restoring from the command line: all of it back where it can be read, and nothing lost that is in the way."""

import io
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.adapter import Secret
from shopguard.cli.running import database_in_use
from shopguard.identity.tables.imported import IMPORTED, keep_extract, read_imported
from shopguard.model import Order, OrderRef
from shopguard.private_file import write_private
from tests.integration.backups.conftest import FILE, NOBODY, REGISTRY, WORD, content, elsewhere, read_back

if TYPE_CHECKING:
    from tests.integration.conftest import Desk


@pytest.mark.usefixtures("word")
def test_a_restored_guard_reads_everything_and_goes_on(full: "Desk", bad_order: Order) -> None:
    assert full.run("backup", FILE).exit_code == 0
    other = elsewhere(full)
    result = other.run("restore", FILE, *NOBODY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert read_back(other) == (replace(bad_order, shop="main-store"), "hook-secret")
    assert (other.data_dir / "config.yaml").read_text() == "# mine\n"
    judged = other.run("screen", stdin=wire.encode(replace(bad_order, id="7")))
    assert '"verdict":"hold"' in judged.stdout
    assert other.run("release", "5001").exit_code == 0
    other.work()
    assert full.platform.held == set()


def test_a_backup_without_keys_is_restored_beside_the_copied_keys(full: "Desk", bad_order: Order) -> None:
    full.run("backup", FILE, "--without-keys")
    other = elsewhere(full)
    result = other.run("restore", FILE, *NOBODY)
    assert result.exit_code == 0
    assert "keys.json" in result.stderr
    for path in content(other.data_dir):
        (other.data_dir / path).unlink()
    keys = full.keys_path.read_bytes()
    other.keys_path.touch(mode=0o600)
    other.keys_path.write_bytes(keys)
    result = other.run("restore", FILE, *NOBODY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert other.keys_path.read_bytes() == keys
    assert read_back(other) == (replace(bad_order, shop="main-store"), "hook-secret")


@pytest.mark.usefixtures("word")
def test_restore_refuses_to_overwrite(full: "Desk") -> None:
    full.run("backup", FILE)
    before = content(full.data_dir)
    result = full.run("restore", FILE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--force" in result.stderr
    assert content(full.data_dir) == before


@pytest.mark.usefixtures("word")
def test_restore_by_force_moves_the_old_data_aside(full: "Desk", bad_order: Order) -> None:
    full.run("backup", FILE)
    with full.opened() as installation:
        installation.writer.run(installation.store.erase(OrderRef("main-store", "5001")))
    full.stored_secrets().set("hook", Secret("newer"))
    newer = content(full.data_dir)
    assert full.run("restore", FILE, "--force").exit_code == 0
    (aside,) = full.data_dir.glob("before-restore-*")
    for name in ("keys.json", "secrets.enc"):
        assert content(aside)[name] == newer[name]
    with closing(sqlite3.connect(aside / "guard.db")) as connection:
        assert connection.execute("SELECT sealed FROM orders").fetchall() == [(None,)]
    moved = REGISTRY - {"registry-log.db"}  # nothing that was logged is taken back
    assert set(content(aside)) == {"secrets.enc", "config.yaml", "keys.json", "guard.db", *moved}
    assert read_back(full) == (replace(bad_order, shop="main-store"), "hook-secret")


def test_another_passphrase_changes_nothing(full: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", WORD)
    full.run("backup", FILE)
    before = content(full.data_dir)
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", "another passphrase")
    result = full.run("restore", FILE, "--force")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "passphrase" in result.stderr
    assert content(full.data_dir) == before
    assert [path for path in full.data_dir.iterdir() if "restore-" in path.name] == []
    monkeypatch.delenv("SHOPGUARD_BACKUP_PASSPHRASE")
    assert full.run("restore", FILE, "--force").exit_code == 2


@pytest.mark.usefixtures("word")
def test_a_tampered_backup_changes_nothing(full: "Desk") -> None:
    full.run("backup", FILE)
    before = content(full.data_dir)
    changed = Path("changed.tar.gz")
    with tarfile.open(FILE) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            read = file.read()
            new.addfile(member, io.BytesIO(read[::-1] if member.name == "guard.db" else read))
    result = full.run("restore", str(changed), "--force")
    assert (result.exit_code, result.stdout) == (1, "")
    assert content(full.data_dir) == before


@pytest.mark.usefixtures("word")
def test_restore_refuses_while_a_worker_runs(full: "Desk") -> None:
    full.run("backup", FILE)
    with full.worker_lock():
        result = full.run("restore", FILE, "--force")
    assert result.exit_code == 1
    assert "stop `shopguard serve`" in result.stderr
    assert full.run("restore", FILE, "--force").exit_code == 0


@pytest.mark.usefixtures("word")
def test_restore_refuses_while_another_process_has_a_database_open(full: "Desk") -> None:
    full.run("backup", FILE)
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode=WAL');"
        "c.execute('SELECT * FROM inbox').fetchall(); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(full.data_dir / "guard.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == b"open\n"
        result = full.run("restore", FILE, "--force")
        receiver.communicate()
    assert result.exit_code == 1
    assert "guard.db is in use" in result.stderr
    assert database_in_use(full.data_dir) is None
    with closing(sqlite3.connect(full.data_dir / "guard.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM inbox").fetchone() == (1,)


@pytest.mark.usefixtures("word")
def test_settings_named_elsewhere_stay_in_use_and_that_is_said(full: "Desk") -> None:
    full.run("backup", FILE)
    Path("config.yaml").write_text("# another\n")
    other = elsewhere(full)
    result = other.run("restore", FILE, *NOBODY)
    assert result.exit_code == 0
    assert "still config.yaml" in result.stderr
    assert Path("config.yaml").read_text() == "# another\n"


TOWNS = "code,town,kana\n13103,見本町,ミホンチョウ\n"


def import_towns(desk: "Desk", text: str) -> bytes:
    """Take towns in as `shopguard data import` does, without compiling; returns what is kept of them."""
    Path("towns.csv").write_text(text, "utf-8")
    desk.tables_folder.mkdir(parents=True, exist_ok=True)
    keep_extract(Path("towns.csv"), desk.tables_folder)
    return (desk.tables_folder / IMPORTED).read_bytes()


@pytest.mark.usefixtures("word")
def test_imported_towns_come_back_where_they_are_read(full: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPGUARD_TABLES")
    kept = import_towns(full, TOWNS)
    assert IMPORTED in full.run("backup", FILE).stdout
    other = elsewhere(full)
    assert other.run("restore", FILE, *NOBODY).exit_code == 0
    assert (other.tables_folder / IMPORTED).read_bytes() == kept
    assert [town.name for town in read_imported(other.tables_folder)] == ["見本町"]


@pytest.mark.usefixtures("word")
def test_other_imported_towns_are_moved_aside(full: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPGUARD_TABLES")
    kept = import_towns(full, TOWNS)
    full.run("backup", FILE)
    newer = import_towns(full, TOWNS.replace("見本町", "新町"))
    assert full.run("restore", FILE, "--force").exit_code == 0
    assert (full.tables_folder / IMPORTED).read_bytes() == kept
    (aside,) = full.data_dir.glob("before-restore-*")
    assert content(aside)[IMPORTED] == newer


@pytest.mark.usefixtures("word")
def test_restored_towns_that_are_not_read_there_are_told_of(
    full: "Desk", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOPGUARD_TABLES", str(tmp_path / "shared"))
    import_towns(full, TOWNS)
    full.run("backup", FILE)
    other = elsewhere(full)
    result = other.run("restore", FILE, *NOBODY)
    assert (other.data_dir / "tables" / IMPORTED).exists()
    assert f"copy that file to {tmp_path / 'shared'}" in result.stderr


@pytest.mark.usefixtures("word")
def test_receipts_of_reports_come_back_and_none_is_replaced(full: "Desk") -> None:
    receipts = full.data_dir / "receipts"
    for name in ("R-AAAAAAAA11", "R-BBBBBBBB22"):
        write_private(receipts / f"{name}.json", f'"{name}"'.encode())
    assert "receipts (2)" in full.done("backup", FILE)
    (receipts / "R-AAAAAAAA11.json").unlink()
    (receipts / "R-BBBBBBBB22.json").write_bytes(b'"with a later proof"')
    write_private(receipts / "R-CCCCCCCC33.json", b'"filed since"')
    full.done("restore", FILE, "--force", *NOBODY)
    assert {path.name[:3]: path.read_text() for path in receipts.iterdir()} == {
        "R-A": '"R-AAAAAAAA11"',
        "R-B": '"with a later proof"',
        "R-C": '"filed since"',
    }
    other = elsewhere(full)
    other.done("restore", FILE, *NOBODY)
    restored = other.data_dir / "receipts"
    assert sorted(path.name for path in restored.iterdir()) == ["R-AAAAAAAA11.json", "R-BBBBBBBB22.json"]
    assert restored.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in restored.iterdir())


@pytest.mark.usefixtures("word")
def test_a_log_left_by_a_crash_does_not_reach_the_restored_database(full: "Desk", bad_order: Order) -> None:
    full.run("backup", FILE)
    other = elsewhere(full)
    other.data_dir.mkdir(parents=True)
    (other.data_dir / "guard.db-wal").write_bytes(b"of another database")
    assert other.run("restore", FILE, *NOBODY).exit_code == 1
    assert other.run("restore", FILE, "--force", *NOBODY).exit_code == 0
    assert not (other.data_dir / "guard.db-wal").exists()
    assert read_back(other)[0] == replace(bad_order, shop="main-store")
