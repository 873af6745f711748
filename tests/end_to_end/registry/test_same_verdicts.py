"""One list, asked as the shop's own registry and over HTTP: the same orders get the same verdicts."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from .houses import House
from .invented import party
from .member import key_id

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre

SHARED_NUMBER = {"phones": party(40)["phones"]}


@pytest.fixture
def member_house(shared: "Centre", stock: "Stock", tmp_path: Path) -> Iterator[House]:
    """A shop without entries of its own that asks ``shared``."""
    house = House(tmp_path / "shop", {})
    (house.home / "config.yaml").unlink()
    house.run("init")
    enrolled = house.json("registry", "enrol", "--name", "見本商店")
    told = ("--name", "見本商店", "--key", enrolled["public_key"], "--daily-orders", "1000", "--json")
    made = json.loads(shared.run("registry", "members", "create", "asking-shop", *told))
    settings = yaml.safe_load(made["settings"])
    assert enrolled["key_id"] == key_id(base64.b64decode(enrolled["public_key"]))
    settings["registry"]["url"] = shared.url
    settings["registry"]["timeout_s"] = 20.0
    (house.home / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    yield house
    house.close()


def orders() -> list[dict[str, Any]]:
    """Listed and not, in part, in other spellings, by every way of paying."""
    whole = [(f"same-{number}", party(number)) for number in (0, 13, 77, 119)]
    nobody = [(f"nobody-{number}", party(number)) for number in (203, 211)]
    parts = [
        ("phone", SHARED_NUMBER),
        ("mail", {"emails": [party(41)["emails"][0].upper()]}),
        ("name", {name: party(42)[name] for name in ("family", "given", "kana")}),
        ("address", {name: party(43)[name] for name in ("postal_code", "region", "city", "lines")}),
        ("phone+name", {"name": "見本　花子", "phones": ["０９０（００００）１０３０"]}),
        ("other name", {**party(44), "family": "田中", "given": "次郎", "kana": None}),
        (
            "moved",
            {**party(45), "postal_code": "530-0001", "region": "大阪府", "city": "大阪市北区", "lines": ["梅田1-1"]},
        ),
        ("written out", {**party(48), "lines": ["芝公園一丁目５番１号"]}),
        ("nothing", {}),
    ]
    kinds = ("cod", "pay_later", "card", "bank_transfer")
    facts = {"currency": "JPY", "total": "12800"}
    return [
        {"id": f"{name}/{kind}", **facts, "payment": {"kind": kind}, "buyer": buyer}
        for name, buyer in (*whole, *nobody, *parts)
        for kind in (kinds if name in ("same-0", "phone+name") else kinds[:1])
    ]


def verdicts(house: House, asked: list[dict[str, Any]]) -> dict[str, Any]:
    said = house.run("screen", given="".join(json.dumps(order) + "\n" for order in asked))
    return {each["order_id"]: each for each in map(json.loads, said.splitlines())}


def test_embedded_and_central_registry_give_the_same_verdicts(
    stock: "Stock", member_house: House, tmp_path: Path
) -> None:
    shutil.copytree(stock.home, tmp_path / "own", ignore=shutil.ignore_patterns("run"))
    own = House(tmp_path / "own")
    asked = orders()
    embedded, central = verdicts(own, asked), verdicts(member_house, asked)
    assert list(embedded) == [order["id"] for order in asked]
    told = {verdict["verdict"] for verdict in embedded.values()}, {v["strength"] for v in embedded.values()}
    assert told == ({"allow", "flag", "hold"}, {"none", "weak", "possible", "strong"})
    assert {verdict["state"] for verdict in embedded.values()} == {"screened"}
    assert _alike(central) == _alike(embedded)
    assert [match["entry"] for match in central["same-13/cod"]["matches"]][:1] == ["E-13"]


def _alike(verdicts: dict[str, Any]) -> dict[str, Any]:
    """The verdicts, with a sign in place of each number that stands for an entry that was not opened."""
    made = json.loads(json.dumps(verdicts))
    for verdict in made.values():
        for match in verdict["matches"]:
            match["entry"] = match["entry"] if match["entry"].startswith("E-") else "unopened"
        verdict["matches"].sort(key=lambda match: json.dumps(match, sort_keys=True))
    return made
