"""The registry's keys and epochs from the command line: every one is changed while orders are looked up."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shopguard import wire
from shopguard.bootstrap import Installation
from shopguard.model import Order
from shopguard.registry.signing_keys import SigningKeys
from shopguard.storage.archive import KEYS_FOLDER

if TYPE_CHECKING:
    from tests.integration.conftest import Desk


@pytest.fixture
def office(desk: "Desk") -> "Desk":
    """The installation whose registry it is."""
    return desk


def listed(desk: "Desk", keys: str) -> list[dict[str, Any]]:
    rows = json.loads(desk.done("registry", "keys", "list", "--json"))
    return [row for row in rows if row["keys"] == keys]


def ids(desk: "Desk", keys: str) -> list[str]:
    return [row["id"] for row in listed(desk, keys)]


def uses(desk: "Desk", keys: str) -> list[str]:
    return [row["use"] for row in listed(desk, keys)]


def is_found(desk: "Desk", order: Order) -> bool:
    judged = desk.run("screen", stdin=wire.encode(order))
    assert judged.exit_code == 0, judged.stderr
    return json.loads(judged.stdout)["verdict"] == "hold"


def test_every_key_is_listed_with_its_use_and_no_secret(office: "Desk") -> None:
    rows = json.loads(office.done("registry", "keys", "list", "--json"))
    assert [(row["keys"], row["use"]) for row in rows] == [
        ("guard", "seals"),
        ("vault", "seals"),
        ("office", "signs"),
        ("answers", "signs"),
        ("member", "signs"),
        ("epoch", "live since then"),
    ]
    assert all(set(row) == {"keys", "id", "created_at", "age_days", "use"} for row in rows)
    shown = office.done("registry", "keys", "list")
    for path in (office.data_dir / KEYS_FOLDER).glob("*.json"):
        for secret in json.loads(path.read_bytes()).get("keys", []):
            assert secret["seed"] not in shown
    assert all(row["id"] in shown for row in rows)


def test_office_and_member_keys_are_changed_without_a_gap(office: "Desk", bad_order: Order) -> None:
    for name in ("office", "member"):
        (old,) = ids(office, name)
        assert "signs from now on" in office.done("registry", "keys", "rotate", name)
        assert uses(office, name) == ["signs", "is believed"]
        assert is_found(office, bad_order)
        office.done("registry", "keys", "retire", name, old)
        assert old not in ids(office, name)
        assert is_found(office, bad_order)
    assert office.done("registry", "members", "sync") == "everything was known already\n"


def test_a_key_of_answers_is_announced_for_a_week(office: "Desk", bad_order: Order) -> None:
    (old,) = ids(office, "answers")
    assert "is announced" in office.done("registry", "keys", "rotate", "answers")
    new, known = listed(office, "answers")
    signs_from = datetime.fromisoformat(new["use"].removeprefix("signs from "))
    assert timedelta(days=6, hours=23) < signs_from - datetime.now(UTC) < timedelta(days=7, minutes=1)
    assert (known["id"], known["use"]) == (old, "signs")
    with office.opened() as installation:
        announced = installation.registry_client.centre().answer_keys
        assert set(announced) == set(installation.home.answer_keys.publics)
    assert is_found(office, bad_order)
    assert "signs at present" in office.refused("registry", "keys", "retire", "answers", old)
    office.done("registry", "keys", "retire", "answers", new["id"])
    assert ids(office, "answers") == [old]


def test_a_stolen_key_of_answers_is_replaced_at_once(office: "Desk", bad_order: Order) -> None:
    (old,) = ids(office, "answers")
    office.done("registry", "keys", "rotate", "answers", "--overlap-days", "0")
    assert uses(office, "answers") == ["signs", "is believed"]
    office.done("registry", "keys", "retire", "answers", old)
    assert is_found(office, bad_order)


def test_the_vaults_key_is_changed_and_forgotten_only_when_nothing_needs_it(office: "Desk", bad_order: Order) -> None:
    (old,) = ids(office, "vault")
    office.done("registry", "keys", "rotate", "vault")
    assert uses(office, "vault") == ["seals", "opens"]
    assert "keys rewrap" in office.refused("registry", "keys", "retire", "vault", old)
    sealed = office.done("registry", "keys", "rewrap")
    assert sealed.split()[0] == sealed.split()[2] != "0"
    assert office.done("registry", "keys", "rewrap").startswith("0 of ")
    office.done("registry", "keys", "retire", "vault", old)
    assert old not in ids(office, "vault")
    assert [row["id"] for row in json.loads(office.done("registry", "members", "list", "--json"))] == ["self"]
    office.done("registry", "reseal")  # opens every entry
    assert is_found(office, bad_order)


@pytest.mark.parametrize(
    "words",
    [
        ("rotate", "seeds"),
        ("rotate", "office", "--overlap-days", "7"),
        ("rotate", "answers", "--overlap-days", "-1"),
        ("retire", "office"),
    ],
)
def test_a_wrong_call_changes_nothing(desk: "Desk", words: tuple[str, ...]) -> None:
    assert desk.run("registry", "keys", *words).exit_code == 2
    with desk.opened() as installation:
        assert len(installation.home.office.all()) == len(installation.home.answer_keys.all()) == 1


@pytest.mark.parametrize("name", ["office", "answers", "member", "vault"])
def test_a_key_in_use_and_an_unknown_one_cannot_be_retired(office: "Desk", name: str) -> None:
    (only,) = ids(office, name)
    assert "rotate first" in office.refused("registry", "keys", "retire", name, only)
    assert "unknown" in office.refused("registry", "keys", "retire", name, "0123456789abcdef")


def test_entries_are_sealed_anew_and_the_old_epoch_let_go(office: "Desk", bad_order: Order) -> None:
    assert "1 entries were sealed anew" in office.done("registry", "reseal")
    epochs = json.loads(office.done("registry", "epoch", "list", "--json"))
    assert [(row["epoch"], row["state"]) for row in epochs] == [(1, "closing"), (2, "live")]
    assert is_found(office, bad_order)
    assert "more days to switch" in office.refused("registry", "epoch", "close", "1")
    assert "current one" in office.refused("registry", "epoch", "close", "2", "--force")
    assert "leads nowhere" in office.done("registry", "epoch", "close", "1", "--force")
    assert "closed" in office.done("registry", "epoch", "list")
    assert is_found(office, bad_order)


@pytest.fixture
def apart(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> "Desk":
    """The same with its keyed function in a process of its own, as it is outside of tests."""
    build = desk.installation

    def installation(busy_timeout_s: float | None = None) -> Installation:
        made = build(busy_timeout_s)
        del vars(made)["home"]
        return made

    monkeypatch.setattr(desk, "installation", installation)
    return desk


def test_what_runs_sees_every_change_without_a_restart(apart: "Desk", bad_order: Order) -> None:
    office = apart
    with office.opened() as running:
        assert running.home.members.sync() == 0  # everything is read and connected before the changes
        assert running.registry_client.me().member == "self"
        for name in ("office", "member"):
            office.done("registry", "keys", "rotate", name)
        office.done("registry", "keys", "rotate", "answers", "--overlap-days", "0")
        office.done("registry", "keys", "rotate", "vault")
        office.done("registry", "keys", "rewrap")
        for name in ("office", "member", "answers", "vault"):
            office.done("registry", "keys", "retire", name, ids(office, name)[1])
        office.done("registry", "reseal")
        assert running.registry_client.me().member == "self"
        assert running.home.members.sync() == 0
        running.home.members.set_budget("self", 100)
        assert running.home.publisher.block("E-1")
    assert not is_found(office, bad_order)


def test_without_its_key_file_a_registry_says_what_to_do(desk: "Desk") -> None:
    (desk.data_dir / KEYS_FOLDER / "office.json").unlink()
    assert "missing" in desk.refused("registry", "keys", "list")


def test_key_files_under_a_master_key_are_used_with_it(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.data_dir / KEYS_FOLDER / "office.json"
    monkeypatch.setenv("SHOPGUARD_MASTER_KEY", "m" * 40)
    fresh = type(desk)(desk.data_dir.parent)
    fresh.settings = desk.settings
    fresh.done("registry", "keys", "rotate", "answers")
    sealed = (desk.data_dir / KEYS_FOLDER / "answers.json").read_bytes()
    assert b"seed" not in sealed
    assert b"seed" in path.read_bytes()  # not written yet
    assert len(SigningKeys(desk.data_dir / KEYS_FOLDER / "answers.json", fresh.master_key).all()) == 2
