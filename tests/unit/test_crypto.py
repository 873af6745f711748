"""The keyring: what it seals, how it survives rotation in another process, and when it refuses to load."""

import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from shopguard.adapter import Secret
from shopguard.crypto import Keyring, StoredSecrets
from shopguard.errors import ConfigError

MASTER = Secret("a master key of more than 32 characters")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.json"


@pytest.fixture
def keyring(path: Path) -> Keyring:
    return Keyring.create(path)


def test_what_was_sealed_opens_after_a_restart(path: Path, keyring: Keyring) -> None:
    sealed = keyring.seal("山田".encode())
    assert "山田".encode() not in sealed
    assert Keyring.load(path).open(sealed) == "山田".encode()


def test_sealing_twice_gives_different_bytes(keyring: Keyring) -> None:
    assert keyring.seal(b"a") != keyring.seal(b"a")


def test_changed_bytes_do_not_open(keyring: Keyring) -> None:
    sealed = bytearray(keyring.seal(b"a"))
    sealed[20] ^= 1
    with pytest.raises(ConfigError, match="restore"):
        keyring.open(bytes(sealed))


def test_another_installations_keys_do_not_open(tmp_path: Path, keyring: Keyring) -> None:
    other = Keyring.create(tmp_path / "other.json")
    with pytest.raises(ConfigError):
        other.open(keyring.seal(b"a"))


def test_the_key_file_and_its_folder_are_private(path: Path, keyring: Keyring) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_key_file_has_the_documented_shape(path: Path) -> None:
    Keyring.create(path, clock=lambda: datetime(2026, 11, 2, tzinfo=UTC))
    read = json.loads(path.read_bytes())
    assert set(read) == {"encryption", "root"}
    assert set(read["encryption"][0]) == {"id", "key", "created_at"}
    assert read["encryption"][0]["created_at"] == "2026-11-02T00:00:00+00:00"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_open_to_others_is_refused_with_the_remedy(path: Path, keyring: Keyring, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        Keyring.load(path)


def test_existing_keys_are_never_replaced(path: Path, keyring: Keyring) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists"):
        Keyring.create(path)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]


def test_missing_keys_are_a_config_error_with_the_remedy(path: Path) -> None:
    with pytest.raises(ConfigError, match="shopguard init"):
        Keyring.load(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:50],
        lambda text: b"",
        lambda text: b"{}",
        lambda text: text.replace(b'"root": "', b'"root": "AAAA'),
        lambda text: text.replace(b'"key": "', b'"key": "A'),
        lambda text: json.dumps({**json.loads(text), "encryption": []}).encode(),
    ],
)
def test_damaged_keys_are_a_config_error_that_quotes_no_key(
    path: Path, keyring: Keyring, damage: Callable[[bytes], bytes]
) -> None:
    whole = path.read_bytes()
    key = json.loads(whole)["encryption"][0]["key"]
    path.write_bytes(damage(whole))
    with pytest.raises(ConfigError, match="damaged") as caught:
        Keyring.load(path)
    assert key[:20] not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_after_rotation_the_new_key_seals(path: Path, keyring: Keyring) -> None:
    new = keyring.rotate()
    newest = keyring.encryption_keys[0]
    assert newest.id == new
    assert Fernet(newest.key.reveal()).decrypt(keyring.seal(b"a")) == b"a"
    assert len(Keyring.load(path).encryption_keys) == 2


def test_after_rotation_the_old_key_still_opens(path: Path, keyring: Keyring) -> None:
    sealed = keyring.seal(b"a")
    keyring.rotate()
    assert keyring.open(sealed) == b"a"
    assert Keyring.load(path).open(sealed) == b"a"


def test_a_running_process_opens_what_another_sealed_after_rotation(path: Path, keyring: Keyring) -> None:
    running = Keyring.load(path)
    keyring.rotate()
    assert running.open(keyring.seal(b"a")) == b"a"


def test_a_running_process_seals_with_the_key_another_added(path: Path, keyring: Keyring) -> None:
    running = Keyring.load(path)
    old = keyring.encryption_keys[0].id
    keyring.rotate()
    keyring.retire(old)
    assert Keyring.load(path).open(running.seal(b"a")) == b"a"


def test_a_running_process_outlives_the_loss_of_the_file(path: Path, keyring: Keyring) -> None:
    path.unlink()
    assert keyring.open(keyring.seal(b"a")) == b"a"


def test_a_retired_key_opens_nothing_any_more(keyring: Keyring) -> None:
    sealed, old = keyring.seal(b"a"), keyring.encryption_keys[0].id
    keyring.rotate()
    keyring.retire(old)
    with pytest.raises(ConfigError):
        keyring.open(sealed)


def test_the_sealing_key_is_not_retired(keyring: Keyring) -> None:
    keyring.rotate()
    with pytest.raises(ConfigError, match="rotate first"):
        keyring.retire(keyring.encryption_keys[0].id)


def test_an_unknown_key_is_not_retired(keyring: Keyring) -> None:
    with pytest.raises(ConfigError, match="unknown"):
        keyring.retire("nope")


def test_a_key_file_of_before_the_registry_had_seeds_of_its_own_is_read(path: Path) -> None:
    made = Keyring.create(path)
    older = json.loads(path.read_bytes()) | {"registry_seed": "A" * 43 + "="}
    path.write_text(json.dumps(older))
    assert Keyring.load(path).subkey("a") == made.subkey("a")


def test_rotation_leaves_digests_alone(path: Path, keyring: Keyring) -> None:
    before = keyring.digest("tokens", b"a")
    keyring.rotate()
    after = Keyring.load(path)
    assert after.digest("tokens", b"a") == before


def test_simultaneous_rotations_lose_no_key(path: Path, keyring: Keyring) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: Keyring.load(path).rotate(), range(8)))
    assert {*made} <= {key.id for key in Keyring.load(path).encryption_keys}


def test_threads_seal_and_open_while_keys_rotate(keyring: Keyring) -> None:
    def both(number: int) -> bool:
        if number % 10 == 0:
            keyring.rotate()
        return keyring.open(keyring.seal(b"%d" % number)) == b"%d" % number

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(both, range(60)))


def test_a_digest_is_the_hmac_of_length_prefixed_parts(keyring: Keyring) -> None:
    message = bytes(7) + b"\x02ab" + bytes(7) + b"\x01c"
    assert keyring.digest("tokens", b"ab", b"c") == hmac.digest(keyring.subkey("tokens"), message, "sha256")


def test_digests_differ_by_purpose_and_by_where_parts_end(keyring: Keyring) -> None:
    made = {
        keyring.digest("tokens", b"ab", b"c"),
        keyring.digest("tokens", b"a", b"bc"),
        keyring.digest("tokens", b"abc"),
        keyring.digest("tokens", b"abc", b""),
        keyring.digest("other", b"ab", b"c"),
    }
    assert len(made) == 5


def test_subkeys_are_equal_after_a_restart_and_differ_by_purpose(path: Path, keyring: Keyring) -> None:
    assert Keyring.load(path).subkey("a") == keyring.subkey("a") != keyring.subkey("b")
    assert len(keyring.subkey("a")) == 32


def test_two_installations_share_nothing(tmp_path: Path, keyring: Keyring) -> None:
    other = Keyring.create(tmp_path / "other.json")
    assert other.subkey("a") != keyring.subkey("a")


def test_a_master_key_seals_the_key_file(path: Path) -> None:
    sealed = Keyring.create(path, MASTER).seal(b"a")
    assert b"encryption" not in path.read_bytes()
    assert Keyring.load(path, MASTER).open(sealed) == b"a"


def test_rotation_keeps_the_key_file_sealed(path: Path) -> None:
    Keyring.create(path, MASTER).rotate()
    assert b"encryption" not in path.read_bytes()
    assert len(Keyring.load(path, MASTER).encryption_keys) == 2


@pytest.mark.parametrize("wrong", [None, Secret("another master key of 32 characters or more"), Secret("short")])
def test_without_the_right_master_key_nothing_loads(path: Path, wrong: Secret | None) -> None:
    Keyring.create(path, MASTER)
    with pytest.raises(ConfigError, match="SHOPGUARD_MASTER_KEY"):
        Keyring.load(path, wrong)


def test_a_folder_that_cannot_be_made_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        Keyring.create(tmp_path / "file" / "below" / "keys.json")


@pytest.fixture
def stored(path: Path, keyring: Keyring) -> StoredSecrets:
    return StoredSecrets(path.with_name("secrets.enc"), keyring)


def test_a_stored_secret_comes_back_after_a_restart(path: Path, stored: StoredSecrets) -> None:
    stored.set("token", Secret("hunter2"))
    again = StoredSecrets(path.with_name("secrets.enc"), Keyring.load(path))
    assert again.get("token") == Secret("hunter2")
    assert again.all() == {"token": Secret("hunter2")}


def test_stored_secrets_are_private_and_not_in_clear(path: Path, stored: StoredSecrets) -> None:
    stored.set("token", Secret("hunter2"))
    file = path.with_name("secrets.enc")
    assert b"hunter2" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_setting_again_replaces_and_keeps_the_others(stored: StoredSecrets) -> None:
    for name, text in (("b", "1"), ("a", "2"), ("b", "3")):
        stored.set(name, Secret(text))
    assert stored.list() == ("a", "b")
    assert stored.get("b") == Secret("3")


def test_a_removed_secret_is_gone(stored: StoredSecrets) -> None:
    stored.set("a", Secret("1"))
    assert stored.remove("a")
    assert stored.get("a") is None
    assert not stored.remove("a")


def test_nothing_stored_is_no_fault(stored: StoredSecrets) -> None:
    assert stored.list() == ()
    assert stored.get("a") is None


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a\n", "x" * 65])
def test_an_unusable_name_is_refused(stored: StoredSecrets, name: str) -> None:
    with pytest.raises(ConfigError):
        stored.set(name, Secret("1"))


def test_an_empty_secret_is_refused(stored: StoredSecrets) -> None:
    with pytest.raises(ConfigError):
        stored.set("a", Secret(""))


def test_sealed_again_they_outlive_the_retired_key(stored: StoredSecrets, keyring: Keyring) -> None:
    stored.set("a", Secret("1"))
    old = keyring.encryption_keys[0].id
    keyring.rotate()
    stored.seal_again()
    keyring.retire(old)
    assert stored.get("a") == Secret("1")


def test_no_part_of_a_file_is_left_behind(path: Path, stored: StoredSecrets, keyring: Keyring) -> None:
    stored.set("a", Secret("1"))
    keyring.rotate()
    assert {file.name for file in path.parent.iterdir() if file.suffix != ".lock"} == {"keys.json", "secrets.enc"}
