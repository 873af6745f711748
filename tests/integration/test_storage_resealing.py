"""Sealing stored rows anew, on both kinds of database."""

from typing import Any

import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.storage.engine import reading, writing
from shopguard.storage.resealing import SealedRows
from shopguard.storage.tables import orders


def fill(engine: sa.Engine, keyring: Keyring) -> None:
    """Store 1,203 orders of three shops; every second one is empty, as retention leaves it."""
    rows: list[dict[str, Any]] = [
        {"shop": f"shop-{number % 3}", "order_id": f"{number}", "number": "1", "stage": "open", "updated_at": 1.0}
        for number in range(1203)
    ]
    for number, row in enumerate(rows):
        row["sealed"] = keyring.seal(f"{number}".encode()) if number % 2 else None
    with writing(engine) as connection:
        connection.execute(orders.insert(), rows)


def test_after_sealing_anew_the_newest_key_alone_opens_everything(engine: sa.Engine, keyring: Keyring) -> None:
    fill(engine, keyring)
    old = keyring.encryption_keys[0].id
    keyring.rotate()
    rows = SealedRows(engine)
    assert rows.count() == 601
    assert sum(rows.needing(old, keyring.encryption_keys)) == 601
    assert list(rows.reseal(keyring)) == [True] * 601
    assert list(rows.reseal(keyring)) == [False] * 601
    assert sum(rows.needing(old, keyring.encryption_keys)) == 0
    keyring.retire(old)
    with reading(engine) as connection:
        for order_id, sealed in connection.execute(sa.select(orders.c.order_id, orders.c.sealed)):
            assert (sealed is None) == (int(order_id) % 2 == 0)
            assert sealed is None or keyring.open(sealed) == order_id.encode()
