"""Judging and reading files, and loading entries, from the command line."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shopguard import wire
from shopguard.config import Language, PolicyRule, PolicySettings
from shopguard.model import Order, Party, Payment, PaymentKind, VerdictKind

if TYPE_CHECKING:
    from click.testing import Result

    from tests.integration.conftest import Desk

CSV = "id,total,payment.kind,buyer.name,buyer.phones,buyer.lines,buyer.lines,recipients.name\n"


def lines(*records: object) -> bytes:
    return b"".join(wire.encode(record) + b"\n" for record in records)


def verdicts(result: "Result") -> list[tuple[str, str]]:
    return [(v["order_id"], v["verdict"]) for v in map(json.loads, result.stdout.splitlines())]


def bytes_of(desk: "Desk") -> Mapping[str, bytes]:
    """Everything stored. Left out: SQLite's bookkeeping of who reads, and the registry's of who asked how much."""
    return {
        str(path): path.read_bytes()
        for path in desk.data_dir.parent.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal")) and path.stem != "registry-prf"
    }


def test_orders_are_judged_in_order(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    result = desk.run("screen", stdin=lines(good_order, bad_order, good_order))
    assert (result.exit_code, result.stderr) == (0, "")
    assert verdicts(result) == [("5002", "allow"), ("5001", "hold"), ("5002", "allow")]
    assert json.loads(result.stdout.splitlines()[1])["matches"][0]["entry"] == "E-1"


def test_a_bad_line_is_named_and_the_others_are_judged(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    bad = b'{"id": "1", "total": "many"}\n'
    result = desk.run("screen", stdin=lines(good_order) + b"\n" + bad + b"no JSON\n" + lines(bad_order))
    assert result.exit_code == 1
    assert verdicts(result) == [("5002", "allow"), ("5001", "hold")]
    errors = [json.loads(line) for line in result.stderr.splitlines()]
    assert [error["line"] for error in errors] == [3, 4]
    assert "$.total" in errors[0]["error"]
    assert "many" not in result.stderr


def test_screening_a_file_stores_nothing(desk: "Desk", bad_order: Order) -> None:
    orders = desk.data_dir.parent / "orders.jsonl"
    orders.write_bytes(lines(bad_order))
    before = bytes_of(desk)
    assert verdicts(desk.run("screen", str(orders))) == [("5001", "hold")]
    assert verdicts(desk.run("screen", str(orders), "--shop", "main-store")) == [("5001", "hold")]
    assert bytes_of(desk) == before


def test_screening_without_a_registry_names_the_remedy_and_makes_nothing(desk: "Desk", bad_order: Order) -> None:
    for path in desk.data_dir.glob("*.db*"):
        path.unlink()
    result = desk.run("screen", stdin=lines(bad_order))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "registry load" in result.stderr
    assert list(desk.data_dir.glob("*.db")) == []


def test_the_common_policy_and_japanese_are_used_without_a_shop(desk: "Desk", bad_order: Order) -> None:
    strict = PolicySettings(rules=(PolicyRule(strong=VerdictKind.FLAG),))
    desk.change_shop(policy=strict, language=Language.EN)
    common = json.loads(desk.run("screen", stdin=lines(bad_order)).stdout)
    of_shop = json.loads(desk.run("screen", "--shop", "main-store", stdin=lines(bad_order)).stdout)
    assert (common["verdict"], of_shop["verdict"]) == ("hold", "flag")
    assert "項目" in common["reasons"][0]["text"]
    assert "agree" in of_shop["reasons"][0]["text"]
    assert of_shop["policy"] == strict.version
    assert desk.run("screen", "--shop", "man-store", stdin=b"").exit_code == 2


def test_a_shops_allow_list_and_known_pairs_count(desk: "Desk", bad_order: Order) -> None:
    desk.receive(bad_order)
    desk.work()
    desk.run("release", "5001", "--different-person")
    again = replace(bad_order, id="5009", total=Decimal(5))
    assert verdicts(desk.run("screen", "--shop", "main-store", stdin=lines(again))) == [("5009", "allow")]
    assert verdicts(desk.run("screen", stdin=lines(again))) == [("5009", "hold")]
    known = Party(phones=("090-0000-0001",), emails=("taro@example.jp",))
    desk.change_shop(allow_list=(known,))
    reasons = json.loads(desk.run("screen", "--shop", "main-store", stdin=lines(bad_order)).stdout)["reasons"]
    assert [reason["code"] for reason in reasons] == ["allow_listed"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_orders_come_as_csv_too(desk: "Desk", encoding: str) -> None:
    rows = [
        '1,12800,cod,渡辺太郎,090-0000-0001,"芝公園4-2-8, 別館",101,\n',
        "\n",
        "2,many,cod,見本 花子,,,,\n",
        "3,5000,cod,見本 花子,,,,渡辺太郎\n",
    ]
    content = (CSV + "".join(rows)).encode(encoding)
    result = desk.run("screen", "--csv", stdin=content)
    assert result.exit_code == 1
    assert verdicts(result) == [("1", "hold"), ("3", "allow")]
    assert [json.loads(line)["line"] for line in result.stderr.splitlines()] == [4]


@pytest.mark.parametrize(
    "column", ["buyer.nam", "buyer", "buyer.name.0", "payment.name", "recipients.0", "phones", ""]
)
def test_a_column_that_no_order_has_is_named(desk: "Desk", column: str) -> None:
    result = desk.run("screen", "--csv", stdin=f"id,{column}\n1,a\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"column {column or 2}: " in result.stderr


def test_a_file_without_a_header_shows_nobodys_name(desk: "Desk") -> None:
    result = desk.run("screen", "--csv", stdin="1,見本 花子\n2,見本 太郎\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "column 1: " in result.stderr
    assert "見本" not in result.stderr


def test_a_csv_may_name_every_field(desk: "Desk") -> None:
    header = "id,number,shop,placed_at,currency,total,payment.kind,payment.label,test"
    header += ",recipients.1.emails,recipients.0.name"
    row = "1,#1,a,2026-11-02T10:15:00+09:00,JPY,1,cod,代引,TRUE,taro@example.jp,見本 花子"
    reasons = json.loads(desk.run("screen", "--csv", stdin=f"{header}\n{row}\n").stdout)["reasons"]
    assert [reason["code"] for reason in reasons] == ["test_order"]
    real = json.loads(desk.run("screen", "--csv", stdin=f"{header}\n{row.replace('TRUE', 'no')}\n").stdout)
    assert [match["party"] for match in real["matches"]] == ["recipient 2"]


def test_a_file_of_entries_can_stand_in_for_the_registry(desk: "Desk", bad_order: Order, good_order: Order) -> None:
    other = {
        "id": "X-9",
        "category": "cod_refused",
        "party": {"phones": ["090-0000-0002"], "emails": ["hanako@example.com"]},
        "reporters": 1,
        "first_on": "2026-01-01",
        "last_on": "2026-01-01",
    }
    list_ = Path("list.jsonl")
    list_.write_bytes(lines(other))
    before = bytes_of(desk)
    result = desk.run("screen", "--registry", str(list_), stdin=lines(bad_order, good_order))
    assert verdicts(result) == [("5001", "allow"), ("5002", "hold")]
    assert bytes_of(desk) == before
    list_.write_bytes(lines(other, {"id": "Y"}))
    result = desk.run("screen", "--registry", str(list_), stdin=lines(bad_order))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 2" in result.stderr


def test_what_is_odd_is_told_and_flags_by_the_rules(desk: "Desk", good_order: Order) -> None:
    odd = replace(good_order, buyer=Party(name="見本 花子", emails=("someone@mailinator.com",)))
    by_card = replace(odd, payment=Payment(PaymentKind.CARD))
    result = desk.run("screen", stdin=lines(odd, by_card))
    assert verdicts(result) == [("5002", "flag"), ("5002", "allow")]
    for line in result.stdout.splitlines():
        assert [reason["code"] for reason in json.loads(line)["reasons"]] == ["no_match", "signal_throwaway_mail"]


def test_the_surnames_of_a_phone_are_counted_within_the_file_alone(desk: "Desk", good_order: Order) -> None:
    surnames = ("佐藤", "鈴木", "高橋")
    orders = [replace(good_order, id=name, buyer=replace(good_order.buyer, name=f"{name} 花子")) for name in surnames]
    desk.receive(*orders)
    desk.work()
    assert verdicts(desk.run("screen", "--shop", "main-store", stdin=lines(orders[0]))) == [("佐藤", "allow")]
    found = verdicts(desk.run("screen", "--shop", "main-store", stdin=lines(*orders)))
    assert found == [("佐藤", "allow"), ("鈴木", "allow"), ("高橋", "flag")]


def identities(result: "Result") -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_identify_shows_canonical_fields_and_the_kinds_of_tokens(desk: "Desk") -> None:
    party = {"name": "渡邊 太郎", "phones": ["（０９０）0000-0001"], "emails": ["Taro@Example.jp"]}
    result = desk.run("identify", stdin=lines(party))
    (shown,) = identities(result)
    assert result.exit_code == 0
    assert shown["phones"] == ["+819000000001"]
    assert shown["name"]["full"] == "渡辺太郎"
    assert set(shown["fields"]) == {"kanji", "phone", "email"}
    assert {"phone", "email"} <= set(shown["tokens"])
    assert "（０９０）" not in result.stdout


def test_identify_shows_the_tokens_values_only_when_asked(desk: "Desk") -> None:
    party = {"phones": ["090-0000-0001"]}
    assert identities(desk.run("identify", stdin=lines(party)))[0]["tokens"] == ["phone"]
    shown = identities(desk.run("identify", "--show", stdin=lines(party)))[0]["tokens"]
    assert shown == [{"kind": "phone", "value": "+819000000001"}]


def test_identify_names_bad_lines(desk: "Desk") -> None:
    result = desk.run("identify", stdin=b'{"phones": "090"}\n{"name": "a"}\n')
    assert (result.exit_code, len(identities(result))) == (1, 1)
    assert json.loads(result.stderr)["line"] == 1


def test_compare_scores_pairs_in_order(desk: "Desk") -> None:
    one = {"name": "渡邊 太郎", "phones": ["090-0000-0001"], "emails": ["taro@example.jp"]}
    same = {"name": "渡辺太郎", "phones": ["+81 90 0000 0001"], "emails": ["TARO@example.jp"]}
    other = {"name": "見本 花子", "phones": ["080-2718-2818"]}
    result = desk.run("compare", stdin=lines({"a": one, "b": same}) + b'{"a": {}}\n' + lines({"a": one, "b": other}))
    first, second = identities(result)
    assert result.exit_code == 1
    assert (first["strength"], second["strength"]) == ("strong", "none")
    assert first["score"] > 0.9 > second["score"]
    assert {"field": "phone", "relation": "different"}.items() <= second["evidence"][2].items()
    assert json.loads(result.stderr)["line"] == 2


def entry(number: int, **changes: Any) -> dict[str, Any]:
    party = {"name": "見本 次郎", "emails": [f"jiro{number}@example.com"], "phones": [f"080-{number:04}-1507"]}
    dates = {"first_on": "2026-01-01", "last_on": "2026-02-01"}
    return {"id": f"L-{number}", "category": "unpaid", "party": party, "reporters": 2, **dates, **changes}


def test_loaded_entries_are_found(desk: "Desk", bad_order: Order) -> None:
    Path("list.jsonl").write_bytes(lines(*[entry(number) for number in range(1200)]))
    result = desk.run("registry", "load", "list.jsonl", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"stored": 1200, "unchanged": 0, "faulty": 0}
    buyer = Party(name="見本次郎", emails=("jiro1199@example.com",), phones=("08011991507",))
    assert verdicts(desk.run("screen", stdin=lines(replace(bad_order, buyer=buyer)))) == [("5001", "hold")]


def test_bad_entries_are_named_with_their_reason_and_the_others_loaded(desk: "Desk") -> None:
    content = lines(entry(1), entry(2, reporters=0), entry(3, category="blacklisted"), entry(4))
    result = desk.run("registry", "load", "-", stdin=content)
    assert result.exit_code == 1
    assert result.stdout == "2 stored, 0 unchanged, 2 left out\n"
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["line 2", "line 3"]
    assert "$.reporters" in result.stderr
    assert "jiro" not in result.stderr


def test_a_load_run_again_changes_nothing(desk: "Desk") -> None:
    desk.run("registry", "load", "-", stdin=lines(entry(1)))
    assert desk.run("registry", "load", "-", stdin=lines(entry(1))).stdout == "0 stored, 1 unchanged, 0 left out\n"


def test_a_load_makes_the_tables_of_a_fresh_installation(desk: "Desk") -> None:
    for path in desk.data_dir.glob("*.db*"):
        path.unlink()
    assert desk.run("registry", "load", "-", stdin=lines(entry(1))).exit_code == 0
    assert desk.run("deliveries").exit_code == 0
