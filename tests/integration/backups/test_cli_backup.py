"""Backing up from the command line: everything, while it runs, and readable to its owner alone."""

import tarfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shopguard.adapter import Secret
from shopguard.config import DatabaseSettings
from shopguard.guard.reviews import record
from shopguard.model import Order, OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit
from tests.integration.backups.conftest import FILE, NOBODY, REGISTRY, elsewhere

if TYPE_CHECKING:
    from tests.integration.conftest import Desk


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
        counted = connection.execute(sa.select(audit.c.order_id, sa.func.count()).group_by(audit.c.order_id))
        counts = {order: int(count) for order, count in counted}
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


@pytest.mark.usefixtures("word")
def test_postgresql_is_left_to_pg_dump_and_the_rest_is_backed_up(full: "Desk") -> None:
    address = Secret("postgresql+psycopg://user:database-password@db.example.com/guard")
    full.settings = replace(full.settings, database=DatabaseSettings(url=address))
    result = full.run("backup", FILE)
    assert result.exit_code == 0
    assert "pg_dump" in result.stderr
    assert "database-password" not in result.output
    assert "keys.json" in result.stdout


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
