"""Backup and restore: who was erased stays erased, and nothing is served until that is known."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .association import Association, eventually
from .invented import unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own

PASSPHRASE = "an invented passphrase of a test"


@pytest.fixture(scope="module")
def erased(running: Association) -> tuple[Association, Path, Path, str]:
    """An association that ran: its entry was in the backup and is erased since; the backup, how the centre was left,
    and the entry's code.
    """
    running.centre.environment["SHOPGUARD_BACKUP_PASSPHRASE"] = PASSPHRASE
    _, entry, code = running.list_now("shop-a", unpaid(500))
    backup = running.home / "all.tgz"
    running.centre.run("backup", str(backup))
    assert running.matches("shop-b", 500)
    running.centre.run("registry", "erase", entry, "--yes")
    assert not running.matches("shop-b", 500)
    running.centre.close()
    left = shutil.copytree(running.centre.home, running.home / "left", ignore=shutil.ignore_patterns("run"))
    return running, backup, left, code


@pytest.fixture
def saved(erased: tuple[Association, Path, Path, str]) -> Iterator[tuple[Association, Path, str]]:
    """The association, its centre as it was left; the backup, and the entry's code."""
    association, backup, left, code = erased
    shutil.rmtree(association.centre.home)
    shutil.copytree(left, association.centre.home)
    yield association, backup, code
    association.centre.close()


def lose(association: Association) -> None:
    """The machine of the centre is no more; there is an empty one."""
    shutil.rmtree(association.centre.home)
    association.centre.home.mkdir()


def test_erased_stays_erased_in_the_same_place(saved: tuple[Association, Path, str]) -> None:
    association, backup, code = saved
    association.centre.run("restore", str(backup), "--force")
    association.serve()
    assert not association.matches("shop-b", 500)
    eventually(lambda: association.state(code) in ("erased", "None"), "the person is told that it is gone")


def test_on_another_machine_nothing_is_served_until_the_erasures_are_known(
    saved: tuple[Association, Path, str], tmp_path: Path
) -> None:
    association, backup, code = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    for telling in ("渡邊", "高橋", "090-0000-3500", "090000", "芝公園"):
        assert telling not in journal.read_text("utf-8")
    settings = (association.centre.home / "config.yaml").read_text("utf-8")
    lose(association)
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


def test_a_journal_given_with_the_restore_counts(saved: tuple[Association, Path, str], tmp_path: Path) -> None:
    association, backup, _ = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    lose(association)
    association.centre.run("restore", str(backup), "--force", "--erasures", str(journal))
    association.serve()
    assert not association.matches("shop-b", 500)


def test_a_journal_that_is_damaged_is_not_believed(saved: tuple[Association, Path, str], tmp_path: Path) -> None:
    association, backup, _ = saved
    journal = tmp_path / "erasures.jsonl"
    association.centre.run("registry", "erasures", "export", str(journal))
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2][20:]
    journal.write_bytes(b"".join(lines))
    lose(association)
    association.centre.run("restore", str(backup), "--force")
    done = association.centre.try_to("registry", "erasures", "apply", str(journal))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert association.centre.try_to("serve", "--role", "registry,prf,office").returncode == 1


def test_the_keys_are_no_part_of_a_backup_without_them(saved: tuple[Association, Path, str], tmp_path: Path) -> None:
    running, _, _ = saved
    running.centre.run("backup", "--without-keys", str(tmp_path / "data.tgz"))
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "data.tgz", unpacked, "gztar", filter="data")
    names = {path.name for path in unpacked.rglob("*")}
    assert "registry-vault.db" in names
    assert not names & {"keys.json", "vault.json", "prf.json", "answers.json", "office.json"}
    assert "erasures.jsonl" not in names, "the journal is in no backup, so that none brings an older one back"
