"""Retention, a person's access request, and changing the keys while everything runs, from the command line."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from shopguard import wire
from shopguard.adapter import Secret, TokenPair
from shopguard.crypto import Keyring
from shopguard.model import Order, OrderRef, PrivacyKind, PrivacyRequest
from shopguard.storage.engine import reading
from shopguard.storage.resealing import SealedRows
from shopguard.storage.tables import audit, inbox, orders, phone_use
from shopguard.testing.fakes import FixedClock

if TYPE_CHECKING:
    from tests.integration.conftest import Desk

REF = OrderRef("main-store", "5001")


@pytest.fixture
def judged(desk: "Desk", bad_order: Order, good_order: Order) -> "Desk":
    """A guard that judged two orders and keeps a secret and a platform's token."""
    desk.receive(bad_order, good_order)
    desk.work()
    desk.stored_secrets().set("hook", Secret("hook-secret"))
    pair = TokenPair(Secret("access"), Secret("refresh"), FixedClock().now)
    with desk.opened() as installation:
        installation.tokens.renew("main-store", None, lambda _: pair)
    return desk


def write(desk: "Desk", statement: sa.Executable) -> None:
    with desk.opened() as installation:
        installation.writer.run(lambda connection: connection.execute(statement))


def stored(desk: "Desk") -> tuple[Order | None, str | None, TokenPair | None, str]:
    """What can be read of everything that is sealed."""
    with desk.opened() as installation:
        order, token = installation.store.order(REF), installation.tokens.get("main-store")
        latest = installation.store.latest(REF)
        state = "unreadable" if latest is None or latest.verdict is None else latest.verdict.kind.value
    secret = desk.stored_secrets().get("hook")
    return order, secret.reveal() if secret else None, token, state


def key_ids(desk: "Desk") -> list[str]:
    return [key["id"] for key in json.loads(desk.run("keys", "list", "--json").stdout)]


def test_purge_empties_what_is_too_old_and_first_only_counts(judged: "Desk") -> None:
    write(judged, sa.update(orders).where(orders.c.order_id == "5001").values(updated_at=0.0))
    write(judged, sa.update(inbox).values(received_at=0.0))
    write(judged, sa.update(phone_use).values(seen_at=0.0))
    counted = json.loads(judged.run("data", "purge", "--dry-run", "--json").stdout)
    assert counted == {"dry_run": True, "deliveries": 2, "orders": 1, "audit": 0, "phone_use": 2, "answers": 0}
    assert stored(judged)[0] is not None
    purged = json.loads(judged.run("data", "purge", "--json").stdout)
    assert purged == {"dry_run": False, "deliveries": 2, "orders": 1, "audit": 0, "phone_use": 2, "answers": 0}
    assert stored(judged)[0] is None
    nothing = ["deliveries  0", "orders      0", "audit       0", "phone_use   0", "answers     0"]
    assert judged.run("data", "purge").stdout.splitlines()[2:] == nothing


def ask(desk: "Desk", request_id: str, *order_ids: str) -> None:
    with desk.opened() as installation:
        request = PrivacyRequest("main-store", PrivacyKind.ACCESS, request_id, order_ids=order_ids)
        installation.privacy.handle(request)


def test_export_gives_the_orders_that_the_request_named_and_no_others(judged: "Desk", bad_order: Order) -> None:
    ask(judged, "R-1", "5001")
    ask(judged, "R-2", "5002")
    result = judged.run("data", "export", "main-store", "--request", "R-1")
    assert (result.exit_code, result.stderr) == (0, "")
    exported = json.loads(result.stdout)
    assert (exported["shop"], exported["request"], exported["erased"]) == ("main-store", "R-1", [])
    found = [wire.decode_order(wire.encode(order)) for order in exported["orders"]]
    assert found == [replace(bad_order, shop="main-store")]
    with judged.opened() as installation, reading(installation.engine) as connection:
        exports = sa.select(audit.c.shop, audit.c.detail).where(audit.c.action == "data_export")
        assert [tuple(row) for row in connection.execute(exports)] == [("main-store", "R-1")]


def test_export_gives_what_was_noted_on_the_order(judged: "Desk") -> None:
    ask(judged, "R-1", "5001")
    with judged.opened() as installation:
        installation.notes.add(REF, "aoki", "電話に出ない")
        installation.notes.add(OrderRef("main-store", "5002"), "aoki", "別の人")
    exported = json.loads(judged.run("data", "export", "main-store", "--request", "R-1").stdout)
    assert [(note["order_id"], note["text"]) for note in exported["notes"]] == [("5001", "電話に出ない")]


def test_export_names_orders_that_were_erased_meanwhile(judged: "Desk") -> None:
    ask(judged, "R-1", "5001")
    with judged.opened() as installation:
        installation.writer.run(installation.store.erase(REF))
    exported = json.loads(judged.run("data", "export", "main-store", "--request", "R-1").stdout)
    assert (exported["orders"], exported["erased"]) == ([], ["5001"])


def test_export_refuses_an_unknown_request(judged: "Desk") -> None:
    ask(judged, "R-1", "5001")
    for words in ("main-store", "--request", "R-9"), ("other", "--request", "R-1"):
        result = judged.run("data", "export", *words)
        assert (result.exit_code, result.stdout) == (1, "")


def test_keys_are_changed_without_losing_anything(judged: "Desk") -> None:
    before, (old,) = stored(judged), key_ids(judged)
    assert judged.run("keys", "rotate").exit_code == 0
    new, kept = key_ids(judged)
    assert kept == old
    assert stored(judged) == before
    # two deliveries, two orders, two judgements, what is watched of each, and a token
    assert judged.run("keys", "reseal").stdout == "9 of 9 rows were sealed anew, and the stored secrets\n"
    assert judged.run("keys", "reseal").stdout.startswith("0 of 9 ")
    assert judged.run("keys", "retire", old).exit_code == 0
    assert key_ids(judged) == [new]
    assert stored(judged) == before
    assert judged.run("registry", "load", "-", stdin=ENTRY).stdout == "0 stored, 1 unchanged, 0 left out\n"


ENTRY = wire.encode(
    {
        "id": "E-1",
        "category": "unpaid",
        "party": {"name": "渡邊 太郎", "phones": ["090-0000-0001"], "emails": ["taro@example.jp"]},
        "reporters": 2,
        "first_on": "2025-03-01",
        "last_on": "2026-08-14",
    }
)


def test_keys_list_never_shows_a_key(judged: "Desk") -> None:
    judged.run("keys", "rotate")
    ring = judged.keyring().encryption_keys
    for words in (), ("--json",):
        shown = judged.run("keys", "list", *words).stdout
        assert all(key.id in shown and key.key.reveal() not in shown for key in ring)
    rows = json.loads(judged.run("keys", "list", "--json").stdout)
    assert [row["seals"] for row in rows] == [True, False]


def test_a_key_that_is_needed_is_not_retired(judged: "Desk") -> None:
    (old,) = key_ids(judged)
    judged.run("keys", "rotate")
    result = judged.run("keys", "retire", old)
    assert result.exit_code == 1
    assert "shopguard keys reseal" in result.stderr
    assert old in key_ids(judged)


def test_the_key_that_seals_and_an_unknown_one_are_not_retired(judged: "Desk") -> None:
    (only,) = key_ids(judged)
    for key in only, "00000000":
        assert judged.run("keys", "retire", key).exit_code == 1
    assert key_ids(judged) == [only]


def test_secrets_are_sealed_anew_before_a_key_is_retired(desk: "Desk") -> None:
    desk.stored_secrets().set("hook", Secret("hook-secret"))
    (old,) = key_ids(desk)
    desk.run("keys", "rotate")
    desk.run("keys", "reseal")
    assert desk.run("keys", "retire", old).exit_code == 0
    assert desk.stored_secrets().get("hook") == Secret("hook-secret")


def test_resealing_goes_through_many_rows_and_touches_no_empty_one(desk: "Desk") -> None:
    def fill(connection: sa.Connection) -> None:
        rows: list[dict[str, Any]] = [
            {"shop": f"shop-{number % 3}", "order_id": f"{number}", "number": "1", "stage": "open", "updated_at": 1.0}
            for number in range(1203)
        ]
        for number, row in enumerate(rows):
            row["sealed"] = desk.keyring().seal(f"{number}".encode()) if number % 2 else None
        connection.execute(orders.insert(), rows)

    with desk.opened() as installation:
        installation.writer.run(fill)
    desk.run("keys", "rotate")
    assert desk.run("keys", "reseal").stdout.startswith("601 of 601 ")
    alone = Keyring.load(desk.keys_path)
    alone.retire(key_ids(desk)[1])
    with desk.opened() as installation, reading(installation.engine) as connection:
        for order_id, sealed in connection.execute(sa.select(orders.c.order_id, orders.c.sealed)):
            assert (sealed is None) == (int(order_id) % 2 == 0)
            assert sealed is None or alone.open(sealed) == order_id.encode()


def test_a_row_that_changes_while_it_is_sealed_anew_keeps_the_change(judged: "Desk") -> None:
    judged.run("keys", "rotate")
    with judged.opened() as installation:
        keyring = installation.keyring

        class Slow:
            """A keyring during whose work somebody erases the order."""

            encryption_keys, seal = keyring.encryption_keys, staticmethod(keyring.seal)

            def open(self, sealed: bytes) -> bytes:
                return keyring.open(sealed)

        rows = SealedRows(installation.engine)
        batches = rows._batches

        def erased_meanwhile(table: sa.Table) -> Any:
            for batch in batches(table):
                if table.name == "orders":
                    installation.writer.run(installation.store.erase(REF))
                yield batch

        rows._batches = erased_meanwhile  # type: ignore[method-assign]  # between reading and writing
        slow: Any = Slow()
        list(rows.reseal(slow))
        assert installation.store.order(REF) is None
