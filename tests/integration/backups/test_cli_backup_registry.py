"""Backing up and restoring the registry: its keys and databases come back together, and no seed lies in clear."""

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard import wire
from shopguard.model import Order
from shopguard.registry.messages import ME
from shopguard.registry.refusals import Refused
from shopguard.registry.signing import Signer
from shopguard.registry.signing_keys import SigningKeys
from tests.integration.backups.conftest import FILE, NOBODY, REGISTRY, elsewhere

if TYPE_CHECKING:
    from tests.integration.conftest import Desk


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
