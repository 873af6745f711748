"""A file of signing keys: which one signs, how it is changed, and who may read it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shopguard.adapter import Secret
from shopguard.errors import ConfigError
from shopguard.registry.signing import verify
from shopguard.registry.signing_keys import SigningKeys

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
MASTER = Secret("m" * 32)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry-keys" / "office.json"


@pytest.fixture
def keys(path: Path, clock: Clock) -> SigningKeys:
    return SigningKeys.create(path, clock=clock)


def test_a_fresh_file_has_one_key_that_signs(keys: SigningKeys) -> None:
    (only,) = keys.all()
    signed = keys.signer.request("POST", "/x", b"body", "office", 0)
    verify(signed, only.signer.public)
    assert keys.publics == (only.signer.public,)
    assert only.created_at == only.signs_from == "2026-11-02T01:15:00+00:00"


def test_only_the_owner_may_read_the_file(keys: SigningKeys, path: Path) -> None:
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        SigningKeys(path).all()


def test_keys_are_never_replaced(keys: SigningKeys, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        SigningKeys.create(path)
    assert path.read_bytes() == before


def test_what_was_written_is_read_again(keys: SigningKeys, path: Path) -> None:
    keys.rotate()
    assert SigningKeys(path).all() == keys.all()


def test_a_new_key_signs_at_once_and_the_old_one_stays_known(keys: SigningKeys) -> None:
    old = keys.signing
    new = keys.rotate()
    assert [key.id for key in keys.all()] == [new.id, old.id]
    assert keys.signer.key_id == new.id != old.id


def test_an_announced_key_is_known_at_once_and_signs_when_its_time_has_come(keys: SigningKeys, clock: Clock) -> None:
    old = keys.signing
    new = keys.rotate(timedelta(days=7))
    assert new.signer.public in keys.publics
    clock.now += timedelta(days=7) - timedelta(seconds=1)
    assert keys.signing.id == old.id
    clock.now += timedelta(seconds=1)
    assert keys.signing.id == new.id


def test_a_clock_before_every_key_still_signs_under_the_oldest(keys: SigningKeys, clock: Clock) -> None:
    old = keys.signing
    keys.rotate()
    clock.now -= timedelta(days=1)
    assert keys.signing.id == old.id


def test_another_process_sees_a_rotation_without_a_restart(keys: SigningKeys, path: Path) -> None:
    other = SigningKeys(path)
    assert other.signer.key_id == keys.signer.key_id
    new = keys.rotate()
    assert other.signer.key_id == new.id


def test_those_who_check_are_told_before_a_key_is_kept(keys: SigningKeys) -> None:
    before = keys.all()

    def fails(publics: tuple[bytes, ...]) -> None:
        assert len(publics) == 2
        assert publics[1] == before[0].signer.public
        raise ConnectionError

    with pytest.raises(ConnectionError):
        keys.rotate(tell=fails)
    assert keys.all() == before


def test_those_who_check_are_told_before_a_key_is_forgotten(keys: SigningKeys) -> None:
    old = keys.signing
    new = keys.rotate()
    told: list[tuple[bytes, ...]] = []

    def fails(publics: tuple[bytes, ...]) -> None:
        told.append(publics)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        keys.retire(old.id, fails)
    assert (len(keys.all()), told) == (2, [(new.signer.public,)])
    keys.retire(old.id, told.append)
    assert ([key.id for key in keys.all()], told[1:]) == ([new.id], [(new.signer.public,)])


def test_the_key_that_signs_cannot_be_retired(keys: SigningKeys) -> None:
    announced = keys.rotate(timedelta(days=7))
    with pytest.raises(ConfigError, match="signs at present"):
        keys.retire(keys.signing.id)
    keys.retire(announced.id)
    assert len(keys.all()) == 1


def test_an_unknown_key_cannot_be_retired(keys: SigningKeys) -> None:
    with pytest.raises(ConfigError, match=f"unknown; the keys are {keys.signing.id}"):
        keys.retire("0123456789abcdef")


def test_under_a_master_key_the_file_shows_nothing(path: Path) -> None:
    keys = SigningKeys.create(path, MASTER)
    keys.rotate()
    assert b"seed" not in path.read_bytes()
    assert SigningKeys(path, MASTER).all() == keys.all()
    with pytest.raises(ConfigError, match="SHOPGUARD_MASTER_KEY"):
        SigningKeys(path).all()


def test_a_missing_file_names_the_remedy(path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        _ = SigningKeys(path).signer


DAMAGED = [
    b"{",
    b"[]",
    b'{"keys": []}',
    b'{"keys": [{"seed": "AAAA", "created_at": "2026-11-02T01:15:00+00:00"}]}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_one_clear_error(keys: SigningKeys, path: Path, text: bytes) -> None:
    path.write_bytes(text)
    with pytest.raises(ConfigError, match=r"office\.json"):
        keys.all()


@pytest.mark.parametrize("change", [{"seed": "AAAA"}, {"signs_from": "2026-11-02"}, {"signs_from": 1}])
def test_a_damaged_key_is_one_clear_error(keys: SigningKeys, path: Path, change: dict[str, object]) -> None:
    read = json.loads(path.read_bytes())
    read["keys"][0].update(change)
    path.write_text(json.dumps(read))
    with pytest.raises(ConfigError, match="damaged"):
        keys.all()


def test_no_text_shows_a_secret(keys: SigningKeys) -> None:
    (only,) = keys.all()
    assert repr(only) == f"SigningKey({only.id})"
    assert repr(only.signer) == f"Signer({only.id})"
