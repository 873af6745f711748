"""The log: a member checks its copy off line, and whatever was changed in it is found and named."""

import json
from pathlib import Path

import pytest

from .association import Association, Place
from .invented import unpaid

pytestmark = pytest.mark.timeout(600)  # the first one founds the association


@pytest.fixture(scope="module")
def member(shared: Association) -> Place:
    """A shop with a copy of a log of a dozen leaves."""
    for number in range(400, 404):
        report = shared.file("shop-a", unpaid(number))
        shared.centre.run("registry", "office", "take", report)
        shared.accept(report)
    return shared.shops["shop-b"]


def copy_of(member: Place, folder: Path) -> Path:
    member.run("registry", "verify", "--fetch", str(folder / "log.jsonl"))
    return folder / "log.jsonl"


def test_a_true_copy_is_confirmed_off_line(member: Place, tmp_path: Path) -> None:
    path = copy_of(member, tmp_path)
    done = member.try_to("registry", "verify", str(path))
    assert done.returncode == 0, done.stderr
    leaves = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len([each for each in leaves if each["type"] == "leaf"]) >= 3
    assert not any("渡邊" in line or "090-0000" in line for line in path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("what", ["moment", "kind", "commitment"])
def test_a_changed_leaf_is_found_and_named(member: Place, tmp_path: Path, what: str) -> None:
    path = copy_of(member, tmp_path)
    lines = path.read_text("utf-8").splitlines()
    told = json.loads(lines[1])
    assert told["number"] == 1
    place = ("kind", "moment", "commitment").index(what)
    told["leaf"][place] = {"kind": "entry_erased", "moment": 1_700_000_000, "commitment": "A" * 43 + "="}[what]
    lines[1] = json.dumps(told)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = member.try_to("registry", "verify", str(path))
    assert done.returncode == 1
    assert "1" in done.stdout + done.stderr
    assert "leaf" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["removed", "moved", "cut"])
def test_leaves_that_are_gone_or_moved_are_found(member: Place, tmp_path: Path, how: str) -> None:
    path = copy_of(member, tmp_path)
    lines = path.read_text("utf-8").splitlines()
    if how == "removed":
        del lines[1]
    elif how == "moved":
        lines[0], lines[1] = lines[1], lines[0]
    else:
        lines = [line for line in lines if json.loads(line).get("number") != 2]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = member.try_to("registry", "verify", str(path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_two_copies_that_differ_are_found(member: Place, tmp_path: Path) -> None:
    path = copy_of(member, tmp_path)
    other = tmp_path / "other.jsonl"
    lines = path.read_text("utf-8").splitlines()
    other.write_text("\n".join([lines[0], *lines[2:]]) + "\n", encoding="utf-8")
    assert member.try_to("registry", "verify", str(path), "--against", str(other)).returncode == 1


def test_what_is_no_copy_is_refused_clearly(member: Place, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\x89PNG\r\n")
    done = member.try_to("registry", "verify", str(path))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "0" in done.stdout + done.stderr, "the place is named"


def test_each_decision_has_its_leaf_at_the_centre(shared: Association, member: Place) -> None:
    told = json.loads(shared.centre.run("registry", "verify", "--json"))
    assert told
    report = shared.file("shop-c", unpaid(410))
    shared.centre.run("registry", "office", "take", report)
    entry = shared.accept(report)
    acts = shared.office("acts", report) + shared.office("acts", entry)
    leaves = [each["leaf"] for each in acts]
    assert all(isinstance(leaf, int) for leaf in leaves), acts
    assert len(set(leaves)) == len(leaves)
