"""Backup and restore from the command line: everything, while it runs, and back where it can be read."""

import io
import sqlite3
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard import wire
from shopguard.adapter import Secret
from shopguard.cli.running import database_in_use
from shopguard.config import DatabaseSettings
from shopguard.guard.reviews import record
from shopguard.identity.tables.imported import IMPORTED, keep_extract, read_imported
from shopguard.model import Order, OrderRef
from shopguard.private_file import write_private
from shopguard.registry.messages import ME
from shopguard.registry.refusals import Refused
from shopguard.registry.signing import Signer
from shopguard.registry.signing_keys import SigningKeys
from shopguard.registry.stores import STORES
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

WORD = "a good passphrase"
FILE = "backup.tar.gz"
NOBODY = ("--erasures", "none")
REGISTRY = {f"registry-{store}.db" for store in STORES}


@pytest.fixture
def word(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase, in the environment."""
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", WORD)
    return WORD


@pytest.fixture
def full(desk: "Desk", bad_order: Order) -> "Desk":
    """A guard that holds an order, with a secret and settings of its own."""
    desk.receive(bad_order)
    desk.work()
    desk.stored_secrets().set("hook", Secret("hook-secret"))
    (desk.data_dir / "config.yaml").write_text("# mine\n")
    return desk


def elsewhere(desk: "Desk") -> "Desk":
    """The same guard on an empty data directory."""
    other = type(desk)(desk.data_dir.parent / "elsewhere")
    other.platform, other.settings = desk.platform, desk.settings
    return other


def read_back(desk: "Desk") -> tuple[Order | None, str | None]:
    with desk.opened() as installation:
        order = installation.store.order(OrderRef("main-store", "5001"))
    secret = desk.stored_secrets().get("hook")
    return order, secret.reveal() if secret else None


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"}


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


@pytest.mark.usefixtures("word")
def test_a_backup_is_consistent_while_others_write(full: "Desk") -> None:
    end, begun = threading.Event(), threading.Event()

    def pair(connection: sa.Connection) -> None:
        for order_id in "ab":
            record(connection, 0.0, "writer", "pair", OrderRef("main-store", order_id), "x" * 400)

    with full.opened() as installation:

        def write() -> None:
            while not end.is_set():
                installation.writer.run(pair)
                begun.set()

        writer = threading.Thread(target=write)
        writer.start()
        begun.wait()
        try:
            assert full.run("backup", FILE).exit_code == 0
        finally:
            end.set()
            writer.join()
    other = elsewhere(full)
    assert other.run("restore", FILE, *NOBODY).exit_code == 0
    with other.opened() as installation, reading(installation.engine) as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        counts = dict(
            connection.execute(sa.select(audit.c.order_id, sa.func.count()).group_by(audit.c.order_id)).all()
        )
    assert counts["a"] == counts["b"] > 0


@pytest.mark.usefixtures("word")
def test_only_the_owner_may_read_a_backup_and_nothing_else_is_left(full: "Desk") -> None:
    before = {path.name for path in Path().iterdir()}
    full.run("backup", FILE)
    assert Path(FILE).stat().st_mode & 0o777 == 0o600
    assert {path.name for path in Path().iterdir()} == {*before, FILE}


@pytest.mark.usefixtures("word")
def test_a_backup_holds_no_clear_keys(full: "Desk") -> None:
    full.run("backup", FILE)
    secret = full.keyring().encryption_keys[0].key.reveal().encode()
    with tarfile.open(FILE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            assert secret not in file.read()


def test_a_backup_in_a_pipe_without_a_passphrase_is_a_wrong_call(full: "Desk") -> None:
    result = full.run("backup", FILE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "SHOPGUARD_BACKUP_PASSPHRASE" in result.stderr
    assert "--without-keys" in result.stderr
    assert not Path(FILE).exists()


def test_a_short_passphrase_is_a_wrong_call(full: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPGUARD_BACKUP_PASSPHRASE", "short")
    assert full.run("backup", FILE).exit_code == 2
    assert not Path(FILE).exists()


def test_a_backup_without_keys_says_what_that_means(full: "Desk") -> None:
    result = full.run("backup", FILE, "--without-keys")
    assert result.exit_code == 0
    assert "useless without a separate copy of keys.json" in result.stderr
    with tarfile.open(FILE) as archive:
        assert set(archive.getnames()) == {"manifest.json", "secrets.enc", "config.yaml", "guard.db", *REGISTRY}


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


@pytest.mark.usefixtures("word")
def test_postgresql_is_left_to_pg_dump_and_the_rest_is_backed_up(full: "Desk") -> None:
    address = Secret("postgresql+psycopg://user:database-password@db.example.com/guard")
    full.settings = replace(full.settings, database=DatabaseSettings(url=address))
    result = full.run("backup", FILE)
    assert result.exit_code == 0
    assert "pg_dump" in result.stderr
    assert "database-password" not in result.output
    assert "keys.json" in result.stdout


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
def test_a_backup_that_cannot_be_written_is_said(full: "Desk") -> None:
    result = full.run("backup", "missing/backup.tar.gz")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "missing/backup.tar.gz" in result.stderr


@pytest.mark.usefixtures("word")
def test_a_later_backup_replaces_the_earlier(full: "Desk", bad_order: Order) -> None:
    full.run("backup", FILE)
    full.receive(replace(bad_order, id="5003"))
    assert full.run("backup", FILE).exit_code == 0
    other = elsewhere(full)
    other.run("restore", FILE, *NOBODY)
    assert other.run("deliveries").stdout.count("main-store") == 2


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


# --- the registry's keys and databases ------------------------------------------------------------------------------


def key_files(desk: "Desk") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.data_dir / "registry-keys").glob("*.json")}


@pytest.mark.usefixtures("word")
def test_the_registrys_keys_and_databases_come_back(full: "Desk") -> None:
    result = full.run("backup", FILE)
    assert (result.exit_code, result.stderr) == (0, "")
    names = result.stdout.strip().partition(": ")[2].split(", ")
    assert set(names) >= REGISTRY
    assert "registry-keys/prf.json" in names
    other = elsewhere(full)
    assert other.run("restore", FILE, *NOBODY).exit_code == 0
    assert key_files(other) == key_files(full)
    folder = other.data_dir / "registry-keys"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("word")
def test_a_restored_registry_knows_its_entries_its_members_and_their_keys(full: "Desk", bad_order: Order) -> None:
    shop, other_shop = Signer.of_seed(b"s" * 32), Signer.of_seed(b"o" * 32)
    with full.opened() as running:  # it goes on while it is backed up
        members = running.home.members
        members.create("shop-1", "見本商店", shop.public, 80)
        assert full.run("registry", "reseal").exit_code == 0
        assert full.run("backup", FILE).exit_code == 0
        members.create("shop-2", "another", other_shop.public)
        root, size = running.home.log.root(), running.home.log.size()
    other = elsewhere(full)
    assert other.run("restore", FILE, *NOBODY).exit_code == 0
    with other.opened() as installation:
        home = installation.home
        home.prepare()
        now = int(home.clock().timestamp())
        me = home.prf.authenticate(shop.request("GET", ME, b"", "shop-1", now))
        assert (me.daily_orders, me.keys) == (80, (shop.key_id,))
        with pytest.raises(Refused):
            home.prf.authenticate(other_shop.request("GET", ME, b"", "shop-2", now))
        assert [member.id for member in home.members.all()] == ["self", "shop-1"]
        assert (home.log.size(), home.log.root() == root) == (size - 1, False)
        assert [epoch.number for epoch in home.index.epochs()] == [1, 2]
    judged = other.run("screen", stdin=wire.encode(bad_order))
    assert '"verdict":"hold"' in judged.stdout
    assert other.run("registry", "reseal").stdout.startswith("1 entries")  # the vault opens, too


@pytest.mark.usefixtures("word")
def test_no_seed_of_the_registry_is_in_clear(full: "Desk") -> None:
    full.run("backup", FILE)
    with tarfile.open(FILE) as archive:
        content = b"".join(archive.extractfile(member).read() for member in archive)  # type: ignore[union-attr]
    assert b"seed" not in content


def test_a_backup_without_keys_names_all_that_must_be_kept_apart(full: "Desk") -> None:
    (full.data_dir / "registry-keys" / "prf.json").chmod(0)
    result = full.run("backup", FILE, "--without-keys")
    assert result.exit_code == 0
    assert "keys.json and the folder registry-keys" in result.stderr
    with tarfile.open(FILE) as archive:
        assert not [name for name in archive.getnames() if "keys" in name and not name.endswith(".db")]
    restored = elsewhere(full).run("restore", FILE, *NOBODY)
    assert "keys.json and registry-keys" in restored.stderr


@pytest.mark.usefixtures("word")
def test_the_keys_in_the_way_are_moved_aside_with_the_rest(full: "Desk") -> None:
    full.run("backup", FILE)
    SigningKeys(full.data_dir / "registry-keys" / "office.json").rotate()
    newer = key_files(full)
    assert full.run("restore", FILE).exit_code == 1
    assert full.run("restore", FILE, "--force").exit_code == 0
    (aside,) = full.data_dir.glob("before-restore-*")
    assert {path.name: path.read_bytes() for path in (aside / "registry-keys").glob("*.json")} == newer
    assert key_files(full) != newer


@pytest.mark.usefixtures("word")
def test_a_keyed_function_with_a_folder_of_its_own_is_told_of(full: "Desk") -> None:
    (full.data_dir / "registry-keys" / "prf.json").unlink()
    result = full.run("backup", FILE)
    assert result.exit_code == 0
    assert "registry-keys/prf.json is not here" in result.stderr


@pytest.mark.usefixtures("word")
def test_a_key_file_open_to_others_is_no_backup(full: "Desk") -> None:
    (full.data_dir / "registry-keys" / "office.json").chmod(0o644)
    result = full.run("backup", FILE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "chmod 600" in result.stderr
    assert not Path(FILE).exists()


@pytest.mark.usefixtures("word")
def test_keys_changed_meanwhile_are_no_backup(full: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    def rotating(*copies: object) -> None:
        SigningKeys(full.data_dir / "registry-keys" / "office.json").rotate()

    monkeypatch.setattr("shopguard.cli.backups.copy_at_one_moment", rotating)
    result = full.run("backup", FILE)
    assert result.exit_code == 1
    assert "run it again" in result.stderr
    assert not Path(FILE).exists()
