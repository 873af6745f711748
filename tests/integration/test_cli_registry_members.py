"""The office's commands: members taken in, looked at, stopped; keys changed; and how a shop joins."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from flask import Flask

from shopguard.config import load_config
from shopguard.config.settings import RegistrySettings
from shopguard.crypto import Keyring
from shopguard.private_file import KEYS_FOLDER
from shopguard.registry.client import NoAnswer
from shopguard.registry.messages import ME
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import Signer

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

NAME, CONTACT = "見本商店", "見本 花子 <hanako@example.com>"


@pytest.fixture
def office(desk: "Desk") -> "Desk":
    """The installation whose registry it is."""
    return desk


def key() -> tuple[Signer, str]:
    """A fresh key, and its public half as people pass it on."""
    made = Signer.of_seed(secrets.token_bytes(32))
    return made, base64.b64encode(made.public).decode()


def create(desk: "Desk", member: str = "shop-1", *more: str) -> Signer:
    made, public = key()
    result = desk.run("registry", "members", "create", member, "--name", NAME, "--key", public, *more)
    assert result.exit_code == 0, result.stderr
    return made


def told(desk: "Desk", *words: str) -> Any:
    return json.loads(desk.done("registry", *words, "--json"))


def refusal(desk: "Desk", signer: Signer, member: str = "shop-1") -> Refusal | None:
    with desk.opened() as installation:
        home = installation.home
        try:
            home.prf.authenticate(signer.request("GET", ME, b"", member, int(home.clock().timestamp())))
        except Refused as why:
            return why.code
    return None


def test_a_member_is_taken_in_and_may_ask(office: "Desk") -> None:
    signer = create(office, "shop-1", "--daily-orders", "120", "--contact", CONTACT)
    assert refusal(office, signer) is None
    own, shop = told(office, "members", "list")
    assert (own["id"], own["daily_orders"]) == ("self", None)
    assert (shop["id"], shop["name"], shop["contact"], shop["state"]) == ("shop-1", NAME, CONTACT, "active")
    assert (shop["daily_orders"], shop["asked_today"], shop["stopped"]) == (120, 0, False)
    assert [one["id"] for one in shop["keys"]] == [signer.key_id]
    assert {budget["class"]: budget["size"] for budget in shop["budgets"]} == {1: 720, 2: 4320, 3: 1920}
    line = office.done("registry", "members", "list").splitlines()[2]
    assert line.split() == ["shop-1", NAME, "active", "-", "120", signer.key_id, "0", "100%"]


def test_what_the_shop_is_given_are_settings_that_work(office: "Desk", tmp_path: Path) -> None:
    server = replace(office.settings.server, registry_url="https://registry.example.com")
    office.settings = replace(office.settings, server=server)
    result = office.run("registry", "members", "create", "shop-1", "--name", NAME, "--key", key()[1])
    (tmp_path / "shop.yaml").write_text(result.stdout.partition("config.yaml:\n")[2])
    settings = load_config(tmp_path / "shop.yaml", {}, {}).registry
    assert (settings.url, settings.member) == ("https://registry.example.com", "shop-1")
    with office.opened() as installation:
        publics = installation.home.answer_keys.publics
    assert [base64.b64decode(text) for text in settings.answer_keys] == list(publics)


def test_what_cannot_be_a_member_is_said(office: "Desk") -> None:
    public = key()[1]
    assert "public key" in office.refused("registry", "members", "create", "shop-1", "--name", NAME, "--key", "AAAA")
    assert "small letters" in office.refused(
        "registry", "members", "create", "Shop 1", "--name", NAME, "--key", public
    )
    wrong = office.run(
        "registry", "members", "create", "shop-1", "--name", NAME, "--key", public, "--daily-orders", "0"
    )
    assert wrong.exit_code == 2
    assert [row["id"] for row in told(office, "members", "list")] == ["self"]


def test_a_members_key_is_changed(office: "Desk") -> None:
    old, (new, public) = create(office), key()
    assert new.key_id in office.done("registry", "members", "add-key", "shop-1", public)
    office.done("registry", "members", "end-key", "shop-1", old.key_id)
    assert (refusal(office, old), refusal(office, new)) == (Refusal.NOT_AUTHENTICATED, None)
    assert "last key" in office.refused("registry", "members", "end-key", "shop-1", new.key_id)


def test_a_key_is_for_what_the_office_says(office: "Desk") -> None:
    first, (staff, public) = create(office), key()
    office.done("registry", "members", "add-key", "shop-1", public, "--role", "report", "--role", "search")
    roles = {one["id"]: one["roles"] for one in told(office, "members", "show", "shop-1")["keys"]}
    assert roles == {first.key_id: ["admin", "look_up", "report", "search"], staff.key_id: ["report", "search"]}
    said = office.done("registry", "members", "set-roles", "shop-1", staff.key_id, "search")
    assert said == f"shop-1: {staff.key_id} is for search\n"
    assert f"{staff.key_id} (search), {first.key_id} (all)" in office.done("registry", "members", "show", "shop-1")
    assert office.run("registry", "members", "set-roles", "shop-1", staff.key_id, "everything").exit_code == 2


def test_a_member_is_stopped_and_let_go_on(office: "Desk") -> None:
    signer = create(office)
    assert "resume shop-1" in office.done("registry", "members", "suspend", "shop-1", "--reason", "a lost key")
    assert refusal(office, signer) is Refusal.SUSPENDED
    assert told(office, "members", "show", "shop-1")["reason"] == "a lost key"
    office.done("registry", "members", "resume", "shop-1")
    assert refusal(office, signer) is None


def test_leaving_is_asked_about_and_final(office: "Desk") -> None:
    signer = create(office)
    declined = office.run("registry", "members", "leave", "shop-1", stdin="n\n")
    assert declined.exit_code == 1
    assert refusal(office, signer) is None
    office.done("registry", "members", "leave", "shop-1", "--yes")
    assert refusal(office, signer) is Refusal.SUSPENDED
    assert "final" in office.refused("registry", "members", "resume", "shop-1")


def test_budgets_are_set(office: "Desk") -> None:
    create(office)
    office.done("registry", "members", "budget", "shop-1", "400")
    office.done("registry", "members", "resume-budget", "shop-1")
    assert told(office, "members", "show", "shop-1")["daily_orders"] == 400
    office.done("registry", "members", "budget", "shop-1", "--unlimited")
    assert told(office, "members", "show", "shop-1")["daily_orders"] is None
    for words in ((), ("400", "--unlimited"), ("0",)):
        assert office.run("registry", "members", "budget", "shop-1", *words).exit_code == 2


def test_what_was_done_to_a_member_is_shown_with_who_did_it(office: "Desk") -> None:
    create(office)
    office.done("registry", "members", "suspend", "shop-1", "--reason", "a lost key")
    acts = told(office, "members", "show", "shop-1")["acts"]
    assert [act["kind"] for act in acts] == ["member_suspended", "member_created"]
    assert acts[0]["detail"] == "a lost key"
    assert all(act["by"] and act["leaf"] is not None for act in acts)
    assert "member_suspended" in office.done("registry", "members", "show", "shop-1")


def test_an_unknown_member_is_one_clear_error(office: "Desk") -> None:
    for words in (("show",), ("resume",), ("budget", "50"), ("suspend", "--reason", "x"), ("resume-budget",)):
        command, *more = words
        assert "no such member" in office.refused("registry", "members", command, "nobody", *more)


def test_what_the_keyed_function_forgot_it_is_told(office: "Desk") -> None:
    signer = create(office)
    with office.opened() as installation, installation.home.engine("prf").begin() as connection:
        connection.exec_driver_sql("DELETE FROM member_key")
    assert refusal(office, signer) is Refusal.NOT_AUTHENTICATED
    assert office.done("registry", "members", "sync") == "told it of 2 members\n"
    assert refusal(office, signer) is None
    assert office.done("registry", "members", "sync") == "everything was known already\n"


def test_a_shop_of_a_central_registry_has_no_members(desk: "Desk") -> None:
    settings = RegistrySettings(url="https://registry.example.com", member="shop-1", answer_keys=(key()[1],))
    desk.settings = replace(desk.settings, registry=settings)
    assert "registry.url" in desk.refused("registry", "members", "list")
    assert "registry.url" in desk.refused("registry", "reseal")


def test_enrolling_makes_one_key_and_prints_it_again(desk: "Desk") -> None:
    path = desk.data_dir / KEYS_FOLDER / "member.json"
    path.unlink()
    first = told(desk, "enrol", "--name", NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert told(desk, "enrol", "--name", NAME) == first
    assert len(base64.b64decode(first["public_key"])) == 32
    shown = desk.done("registry", "enrol", "--name", NAME)
    assert first["public_key"] in shown
    assert NAME in shown
    assert "seed" not in shown
    lines = yaml.safe_load(shown[shown.index("registry:\n") :])
    assert set(lines["registry"]) == {"url", "member", "answer_keys"}


@pytest.fixture
def shop(office: "Desk", tmp_path: Path, serve: Callable[[Flask], int]) -> Iterator["Desk"]:
    """A shop that has joined the registry of ``office`` over HTTP as ``shop-1``."""
    made = type(office)(tmp_path / "shop")
    Keyring.create(made.keys_path)
    public = told(made, "enrol")["public_key"]
    office.done("registry", "members", "create", "shop-1", "--name", NAME, "--key", public)
    with office.opened() as central:
        port = serve(central.registry_app())
        publics = tuple(base64.b64encode(known).decode() for known in central.home.answer_keys.publics)
        made.settings = replace(
            made.settings,
            registry=RegistrySettings(
                url=f"http://127.0.0.1:{port}", member="shop-1", answer_keys=publics, timeout_s=30
            ),
        )
        with made.opened() as installation:
            installation.migrate()
        yield made


def test_a_shop_joins_and_changes_its_key_without_the_office(office: "Desk", shop: "Desk") -> None:
    with shop.opened() as installation:
        old = installation.home.member_keys.signer
        assert installation.registry_client.me().keys == (old.key_id,)
    shop.done("registry", "keys", "rotate", "member")
    with shop.opened() as installation:
        new = installation.home.member_keys.signer
        assert set(installation.registry_client.me().keys) == {old.key_id, new.key_id}
    shop.done("registry", "keys", "retire", "member", old.key_id)
    assert (refusal(office, old), refusal(office, new)) == (Refusal.NOT_AUTHENTICATED, None)
    shown = told(office, "members", "show", "shop-1")
    assert [one["id"] for one in shown["keys"]] == [new.key_id]
    assert [act["by"] for act in shown["acts"]][:2] == ["the member"] * 2
    assert {row["keys"] for row in told(shop, "keys", "list")} == {"guard", "member"}


def test_a_key_that_the_registry_does_not_take_is_not_used(office: "Desk", shop: "Desk") -> None:
    office.done("registry", "members", "suspend", "shop-1", "--reason", "x")
    with shop.opened() as installation:
        before = installation.home.member_keys.all()
    shop.refused("registry", "keys", "rotate", "member")
    with shop.opened() as installation:
        assert installation.home.member_keys.all() == before


def test_a_registry_changes_the_key_of_its_answers_and_the_shop_follows(office: "Desk", shop: "Desk") -> None:
    with office.opened() as central, shop.opened() as installation:
        (old,) = central.home.answer_keys.all()
        office.done("registry", "keys", "rotate", "answers")
        installation.listing_feed.additions(0)
        assert set(installation.trusted_keys.all().values()) == set(central.home.answer_keys.publics)
        office.done("registry", "keys", "retire", "answers", told_ids(office, "answers")[0])
        office.done("registry", "keys", "rotate", "answers", "--overlap-days", "0")
    with shop.opened() as installation, pytest.raises(NoAnswer, match="not signed by the registry"):
        installation.registry_client.me()  # it was never announced under a key that the shop believes
    fresh = tuple(base64.b64encode(public).decode() for public in publics_of(office))
    shop.settings = replace(shop.settings, registry=replace(shop.settings.registry, answer_keys=fresh))
    with shop.opened() as installation:
        assert installation.registry_client.me().member == "shop-1"
        installation.listing_feed.additions(0)
    office.done("registry", "keys", "retire", "answers", old.id)
    with shop.opened() as installation:
        installation.listing_feed.additions(0)
        assert old.id not in installation.trusted_keys.all()


def told_ids(desk: "Desk", keys: str) -> list[str]:
    return [row["id"] for row in told(desk, "keys", "list") if row["keys"] == keys]


def publics_of(desk: "Desk") -> tuple[bytes, ...]:
    with desk.opened() as installation:
        return installation.home.answer_keys.publics
