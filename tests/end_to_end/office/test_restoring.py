"""Backup and restore: who was erased stays erased, and nothing is served until that is known."""

import shutil
from pathlib import Path

import pytest

from .association import Association, eventually
from .invented import unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own

PASSPHRASE = "an invented passphrase of a test"


@pytest.fixture
def saved(running: Association, tmp_path: Path) -> tuple[Association, Path, str, str]:
    """A running association whose entry was in the backup and is erased since; the backup, and the entry's code."""
    running.centre.environment["SHOPGUARD_BACKUP_PASSPHRASE"] = PASSPHRASE
    report, entry, code = running.list_now("shop-a", unpaid(500))
    backup = tmp_path / "all.tgz"
    running.centre.run("backup", str(backup))
    assert running.matches("shop-b", 500)
    running.centre.run("registry", "erase", entry, "--yes")
    assert not running.matches("shop-b", 500)
    running.centre.close()
    return running, backup, report, code


def test_erased_stays_erased_in_the_same_place(saved: tuple[Association, Path, str, str]) -> None:
    association, backup, _, code = saved
    association.centre.run("restore", str(backup), "--force")
    association.serve()
    assert not association.matches("shop-b", 500)
    eventually(lambda: association.state(code) in ("erased", "None"), "the person is told that it is gone")


def test_on_another_machine_nothing_is_served_until_the_erasures_are_known(
    saved: tuple[Association, Path, str, str], tmp_path: Path
) -> None:
    association, backup, _, code = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    for telling in ("渡邊", "高橋", "090-0000-3500", "090000", "芝公園"):
        assert telling not in journal.read_text("utf-8")
    lost = association.centre.home.with_name("lost")
    settings = (association.centre.home / "config.yaml").read_text("utf-8")
    shutil.move(association.centre.home, lost)
    association.centre.home.mkdir()
    (association.centre.home / "config.yaml").write_text(settings, encoding="utf-8")
    association.centre.run("restore", str(backup), "--force")

    refused = association.centre.try_to("serve", "--role", "registry,prf,office")
    assert refused.returncode == 1
    assert "erasures" in refused.stderr
    for command in (("registry", "office", "queue"), ("registry", "load", "-")):
        assert association.centre.try_to(*command).returncode in (0, 1)
    asked = association.shops["shop-b"].try_to("search", "--phone", "090-0000-3500", "--case", "受注 #9")
    assert asked.returncode != 0, "nobody answers"

    association.centre.run("registry", "erasures", "apply", str(journal))
    association.serve()
    assert not association.matches("shop-b", 500)
    assert association.state(code) in ("erased", "None")


def test_a_journal_given_with_the_restore_counts(saved: tuple[Association, Path, str, str], tmp_path: Path) -> None:
    association, backup, _, _ = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    shutil.move(association.centre.home, association.centre.home.with_name("lost"))
    association.centre.home.mkdir()
    association.centre.run("restore", str(backup), "--force", "--erasures", str(journal))
    association.serve()
    assert not association.matches("shop-b", 500)


def test_a_journal_that_is_cut_is_not_believed(saved: tuple[Association, Path, str, str], tmp_path: Path) -> None:
    association, backup, _, _ = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    journal.write_bytes(journal.read_bytes()[:-20])
    shutil.move(association.centre.home, association.centre.home.with_name("lost"))
    association.centre.home.mkdir()
    association.centre.run("restore", str(backup), "--force")
    done = association.centre.try_to("registry", "erasures", "apply", str(journal))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert association.centre.try_to("serve", "--role", "registry,prf,office").returncode == 1


def test_the_keys_are_no_part_of_a_backup_without_them(running: Association, tmp_path: Path) -> None:
    running.centre.run("backup", "--without-keys", str(tmp_path / "data.tgz"))
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "data.tgz", unpacked, "gztar", filter="data")
    names = {path.name for path in unpacked.rglob("*")}
    assert "registry-vault.db" in names
    assert not names & {"keys.json", "vault.json", "prf.json", "answers.json", "office.json"}
    assert "erasures.jsonl" not in names, "the journal is in no backup, so that none brings an older one back"
