"""How the office takes shops in, from the command line: applications, independence, fees."""

import base64
import json
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from shopguard.config import FeeSettings
from shopguard.registry.members.fees import Rate
from shopguard.registry.members.particulars import Particulars
from shopguard.registry.signing import Signer
from tests.unit.test_member_particulars import SHOP, but

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

OTHER = {
    "legal_name": "合同会社別の店",
    "representative": "別野 太郎",
    "address": "大阪府大阪市北区梅田3-1-1",
    "phone": "06-6345-1234",
    "mail": "taro@example.com",
    "corporate_number": "",
    "postal_code": "",
}


@pytest.fixture
def office(desk: "Desk") -> "Desk":
    """The installation whose registry it is."""
    return desk


def written(tmp_path: Path, **stated: Any) -> str:
    """A file with the application of a shop; ``stated`` are its particulars."""
    public = base64.b64encode(Signer.of_seed(secrets.token_bytes(32)).public).decode()
    path = tmp_path / "application.json"
    path.write_bytes(msgspec.json.encode({"shop": but(**stated), "key": public, "daily_orders": 80}))
    return str(path)


def members(office: "Desk", *words: str) -> str:
    return office.done("registry", "members", *words)


def apply(office: "Desk", tmp_path: Path, **stated: Any) -> str:
    """The id of an application."""
    return members(office, "apply", written(tmp_path, **stated)).partition(":")[0]


def told(office: "Desk", *words: str) -> Any:
    return json.loads(members(office, *words, "--json"))


def test_a_shop_applies_and_is_taken_in(office: "Desk", tmp_path: Path) -> None:
    made = apply(office, tmp_path)
    (waiting,) = told(office, "applications")
    assert (waiting["id"], waiting["stage"], waiting["applied"]["shop"]["legal_name"]) == (
        made,
        "submitted",
        SHOP.legal_name,
    )
    assert SHOP.legal_name in members(office, "applications")
    assert "member: shop-1" in told(office, "approve", made, "shop-1")["settings"]
    member = told(office, "show", "shop-1")
    assert (member["name"], member["contact"], member["daily_orders"]) == (SHOP.legal_name, SHOP.mail, 80)
    assert told(office, "applications") == []
    assert [one["member"] for one in told(office, "applications", "--all")] == ["shop-1"]


def test_an_application_from_a_pipe_is_refused_with_all_that_is_wrong(office: "Desk") -> None:
    made = {"shop": {**msgspec.to_builtins(SHOP), "phone": "", "site": "x"}, "key": "A" * 43 + "="}
    result = office.run("registry", "members", "apply", "-", stdin=json.dumps(made))
    assert result.exit_code == 1
    assert "電話番号を記入してください。" in result.stderr
    assert "https://" in result.stderr


SHAPELESS = {
    "legal_name": "見本商店",
    "phone": "0",
    "needs_licence": "はい",
    "people": "花子",
    "colour": 1,
    "花子": 1,
}


@pytest.mark.parametrize(
    ("command", "stated"),
    [(("apply",), {"shop": SHAPELESS, "key": "x", "daily_orders": 0}), (("describe", "shop-1"), SHAPELESS)],
    ids=["apply", "describe"],
)
def test_what_has_the_wrong_shape_is_named_at_once_with_all_the_rest(
    office: "Desk", command: tuple[str, ...], stated: dict[str, Any]
) -> None:
    said = office.run("registry", "members", *command, "-", stdin=json.dumps(stated)).stderr
    missing = [f"({name}) is missing" for name in ("representative", "address", "mail", "site", "bank_account")]
    for named in ("needs_licence: ", "people: ", "colour: ", "phone number", *missing):
        assert named in said
    assert ("no public key" in said and "daily orders are" in said) is (command[0] == "apply")
    assert "花" not in said
    assert all(" / " in line for line in said.splitlines())


@pytest.mark.parametrize("given", ["", "[]", "null", '{"shop": []}', "見本商店"])
def test_what_is_no_application_is_refused_in_words(office: "Desk", given: str) -> None:
    for command in (("apply",), ("describe", "shop-1")):
        result = office.run("registry", "members", *command, "-", stdin=given)
        assert result.exit_code == 1
        assert all(" / " in line for line in result.stderr.splitlines())


@pytest.mark.parametrize("command", ["apply", "describe"])
def test_the_help_names_every_particular(office: "Desk", command: str) -> None:
    shown = members(office, command, "--help")
    assert all(field in shown for field in Particulars.__struct_fields__)


def test_a_rejected_shop_leaves_nothing(office: "Desk", tmp_path: Path) -> None:
    made = apply(office, tmp_path)
    members(office, "reject", made, "--reason", "no such shop")
    assert told(office, "applications", "--all") == []
    assert made not in members(office, "applications", "--all")
    assert "no application" in office.refused("registry", "members", "application", made)


def test_who_is_one_with_whom_is_seen_before_and_after(office: "Desk", tmp_path: Path) -> None:
    members(office, "approve", apply(office, tmp_path), "shop-1")
    made = apply(office, tmp_path, **OTHER)
    assert told(office, "application", made)["like"] == {"shop-1": ["bank"]}
    assert "one voice" in members(office, "application", made)
    members(office, "approve", made, "shop-2")
    found = told(office, "groups")
    assert found["groups"] == {"self": "self", "shop-1": "shop-1", "shop-2": "shop-1"}
    assert found["common"] == [{"one": "shop-1", "other": "shop-2", "why": "bank", "ties": True}]
    assert "look into it" not in members(office, "groups")


def test_shops_are_described_and_tied_by_the_office(office: "Desk", tmp_path: Path) -> None:
    for name, bank in (("shop-1", "0001 001 1111111"), ("shop-2", "0001 001 2222222")):
        public = base64.b64encode(Signer.of_seed(secrets.token_bytes(32)).public).decode()
        members(office, "create", name, "--name", "見本商店", "--key", public)
        path = tmp_path / f"{name}.json"
        path.write_bytes(msgspec.json.encode(but(**(OTHER if name == "shop-2" else {}), bank_account=bank)))
        members(office, "describe", name, str(path))
    assert told(office, "groups")["groups"]["shop-2"] == "shop-2"
    members(office, "tie", "shop-1", "shop-2", "--reason", "one family")
    assert told(office, "groups")["groups"]["shop-2"] == "shop-1"
    assert "one with shop-1: one family" in members(office, "show", "shop-2")
    assert members(office, "untie", "shop-1", "shop-2", "--reason", "sold") == "shop-1 and shop-2: two\n"
    path.write_bytes(msgspec.json.encode(but(phone="0")))
    assert "phone" in office.refused("registry", "members", "describe", "shop-2", str(path))


def test_fees_are_listed_issued_once_and_paid(
    office: "Desk", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members(office, "approve", apply(office, tmp_path), "shop-1")
    assert members(office, "fees", "list").endswith("0 yen in 0 rows\n")
    built = office.installation

    def with_fees(busy_timeout_s: float | None = None) -> Any:
        made = built(busy_timeout_s)
        made.home.rates = (Rate(date(2020, 1, 1), Decimal(3_000), Decimal(300)),)
        return made

    monkeypatch.setattr(office, "installation", with_fees)
    assert members(office, "fees", "issue") == "2 rows added\n"
    assert members(office, "fees", "issue") == "0 rows added\n"
    assert members(office, "fees", "list").endswith("3,300 yen in 2 rows\n")
    joining, monthly = told(office, "fees", "list", "--member", "shop-1")
    month = datetime.now(UTC).strftime("%Y")
    assert (joining["what"], joining["amount"], joining["paid_on"]) == ("joining", "3000", None)
    assert joining["month"].startswith(month)
    assert "3,000 yen of shop-1" in members(office, "fees", "paid", str(joining["number"]))
    assert [row["number"] for row in told(office, "fees", "list", "--unpaid")] == [monthly["number"]]
    assert "already" in office.refused("registry", "members", "fees", "paid", str(joining["number"]))


def test_the_fees_of_the_settings_are_those_of_the_registry(office: "Desk") -> None:
    fees = (FeeSettings(date(2026, 4, 1), Decimal(3_000), Decimal(300)),)
    office.settings = replace(office.settings, registry=replace(office.settings.registry, fees=fees))
    with office.opened() as installation:
        vars(installation).pop("home")
        assert installation.home.rates == [Rate(date(2026, 4, 1), Decimal(3_000), Decimal(300))]


def test_leaving_withdraws_what_was_reported_and_says_so(office: "Desk", tmp_path: Path) -> None:
    members(office, "approve", apply(office, tmp_path), "shop-1")
    said = members(office, "leave", "shop-1", "--yes")
    assert "its particulars are erased" in said
    assert told(office, "applications", "--all") == []
    assert told(office, "show", "shop-1")["name"] == ""
