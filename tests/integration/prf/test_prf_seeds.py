"""The private file of epoch seeds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopguard.adapter import Secret
from shopguard.errors import ConfigError
from shopguard.registry.prf.seeds import EpochSeeds, seeds_path

OFFICE = bytes(range(32))
TOKEN = (1, b"sg1\1\1\1\0\1x")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry-keys" / "prf.json"


@pytest.fixture
def made(path: Path) -> EpochSeeds:
    return EpochSeeds.create(path, OFFICE, "example")


def value(seeds: EpochSeeds, number: int) -> bytes:
    return seeds.prf(number).evaluate([TOKEN])[0]


def test_a_new_file_has_a_first_epoch_and_is_closed_to_others(made: EpochSeeds, path: Path, tmp_path: Path) -> None:
    assert (made.numbers(), made.registry_id, made.office) == ((1,), "example", (OFFICE,))
    assert path == seeds_path(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_seeds_are_never_replaced(made: EpochSeeds, path: Path) -> None:
    with pytest.raises(FileExistsError):
        EpochSeeds.create(path, OFFICE, "example")
    assert value(EpochSeeds(path), 1) == value(made, 1)


def test_two_registries_and_two_epochs_have_nothing_in_common(made: EpochSeeds, tmp_path: Path) -> None:
    made.add()
    other = EpochSeeds.create(tmp_path / "other.json", OFFICE, "example")
    assert len({value(made, 1), value(made, 2), value(other, 1)}) == 3
    assert made.root != other.root


def test_what_was_added_is_there_after_a_restart(made: EpochSeeds, path: Path) -> None:
    assert made.add() == 2
    again = EpochSeeds(path)
    assert again.numbers() == (1, 2)
    assert [value(again, number) for number in (1, 2)] == [value(made, number) for number in (1, 2)]
    assert again.root == made.root


def test_what_was_destroyed_is_gone_from_memory_and_file(made: EpochSeeds, path: Path) -> None:
    seed = json.loads(path.read_text())["seeds"]["1"]
    value(made, 1)
    made.add()
    made.destroy(1)
    assert made.numbers() == EpochSeeds(path).numbers() == (2,)
    with pytest.raises(KeyError):
        made.prf(1)
    assert seed not in path.read_text()


def test_destroying_again_changes_nothing(made: EpochSeeds) -> None:
    made.add()
    for _ in range(2):
        made.destroy(1)
    assert made.numbers() == (2,)


def test_no_number_is_used_twice(made: EpochSeeds, path: Path) -> None:
    made.add()
    made.destroy(2)
    assert made.add() == 3
    assert EpochSeeds(path).add() == 4


def test_the_office_is_known_by_other_keys_after_a_change(made: EpochSeeds, path: Path) -> None:
    made.set_office((bytes(32), OFFICE))
    assert made.office == EpochSeeds(path).office == (bytes(32), OFFICE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("root"),
        lambda content: content["seeds"].update({"1": "AAAA"}),
        lambda content: content["seeds"].update({"one": content["root"]}),
        lambda content: content.update(office=["not base64"]),
        lambda content: content.update(seeds=[]),
        lambda content: content.update(last=None),
    ],
)
def test_a_damaged_file_is_named_and_not_quoted(
    made: EpochSeeds, path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    content = json.loads(path.read_text())
    root = content["root"]
    damage(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="damaged") as caught:
        EpochSeeds(path)
    assert root not in str(caught.value)


def test_a_file_that_others_can_read_is_refused(made: EpochSeeds, path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="other users"):
        EpochSeeds(path)


def test_seeds_do_not_show_themselves(made: EpochSeeds) -> None:
    assert repr(made) == "EpochSeeds((1,))"


def test_under_a_master_key_the_file_shows_nothing_and_needs_it(path: Path) -> None:
    master = Secret("m" * 40)
    made = EpochSeeds.create(path, OFFICE, "example", master)
    made.add()
    text = path.read_bytes()
    assert not any(word in text for word in (b"example", b"seeds", b"root"))
    assert value(EpochSeeds(path, master), 2) == value(made, 2)
    for wrong in (None, Secret("n" * 40)):
        with pytest.raises(ConfigError, match="SHOPGUARD_MASTER_KEY"):
            EpochSeeds(path, wrong)


def test_a_file_of_before_is_sealed_when_it_next_changes(made: EpochSeeds, path: Path) -> None:
    EpochSeeds(path, Secret("m" * 40)).add()
    assert b"seeds" not in path.read_bytes()
    assert value(EpochSeeds(path, Secret("m" * 40)), 1) == value(made, 1)
