"""Retention: personal data goes after its time, what is still needed stays, and that it was there remains."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from shopguard.adapter import WebhookRequest
from shopguard.config import RetentionSettings
from shopguard.crypto import Keyring
from shopguard.guard.claims import Claimant
from shopguard.guard.inbox import Inbox
from shopguard.guard.retention import Purged, Retention
from shopguard.guard.reviews import record
from shopguard.guard.settling import Settling
from shopguard.guard.store import OrderStore
from shopguard.model import (
    Category,
    Comparison,
    Match,
    Order,
    OrderRef,
    Party,
    ScreeningState,
    Strength,
    Verdict,
    VerdictKind,
)
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit
from shopguard.storage.writer import Writer, writer_for

DAY = 86_400.0
NOW = 1_800_000_000.0
SETTINGS = RetentionSettings(deliveries_days=30, orders_days=180, audit_days=1095)
EMPTY = Purged(0, 0, 0)


class Records:
    """Writes what retention looks at, at an age in days."""

    def __init__(self, engine: sa.Engine, writer: Writer, keyring: Keyring) -> None:
        self.engine, self.writer = engine, writer
        self.inbox = Inbox(engine, writer, keyring)
        self.store = OrderStore(engine, writer, keyring)

    def delivery(self, key: str, age: float, state: str = "done") -> None:
        at = datetime.fromtimestamp(NOW - age * DAY, UTC)
        request = WebhookRequest("http://127.0.0.1/", {}, key.encode(), at)
        if state == "dead":
            self.inbox.bury("main-store", key, request, "not JSON")
            return
        self.inbox.accept("main-store", key, request)
        if state == "received":
            return
        (delivery,) = self.inbox.claim(Claimant("w", 60.0), NOW, 1)
        if state == "done":
            finish = self.inbox.finisher(delivery, NOW)
            self.writer.run(lambda connection: finish(connection, "1"))

    def order(self, order_id: str, age: float) -> None:
        order = Order(order_id, "main-store", buyer=Party(name="見本 花子"))
        match = Match("E-1", Category.UNPAID, 2, date(2026, 8, 14), "buyer", Comparison(Strength.STRONG, 0.99))
        verdict = Verdict(order_id, VerdictKind.HOLD, ScreeningState.SCREENED, "p", (match,))
        self.writer.run(self.store.keep(order, NOW - age * DAY))
        self.writer.run(self.store.judged(order, "d", verdict, NOW - age * DAY, None))

    def line(self, detail: str, age: float) -> None:
        ref = OrderRef("main-store", "1")
        self.writer.run(lambda connection: record(connection, NOW - age * DAY, "op", "release", ref, detail))

    def retention(self, settings: RetentionSettings = SETTINGS) -> Retention:
        return Retention(self.engine, self.writer, settings, lambda: NOW)

    def emptied(self) -> set[str]:
        """Keys of the deliveries whose content is gone."""
        with reading(self.engine) as connection:
            return set(connection.exec_driver_sql("SELECT delivery_key FROM inbox WHERE sealed IS NULL").scalars())


@pytest.fixture
def records(engine: sa.Engine, keyring: Keyring) -> Iterator[Records]:
    writer = writer_for(engine)
    yield Records(engine, writer, keyring)
    writer.close()


def test_finished_and_dead_deliveries_are_emptied_after_their_time(records: Records) -> None:
    for state in ("done", "dead"):
        records.delivery(f"old {state}", 30.01, state)
        records.delivery(f"young {state}", 29.99, state)
    assert records.retention().purge() == Purged(2, 0, 0)
    assert records.emptied() == {"old done", "old dead"}
    assert records.inbox.counts() == {"done": 2, "dead": 2}  # that they came remains


def test_settled_deliveries_are_emptied_after_their_time(records: Records) -> None:
    records.delivery("old dead", 30.01, "dead")
    assert Settling(records.writer, lambda: NOW).letter(1, "tester")
    assert records.retention().purge() == Purged(1, 0, 0)


@pytest.mark.parametrize("state", ["received", "claimed"])
def test_an_unfinished_delivery_keeps_its_content_whatever_its_age(records: Records, state: str) -> None:
    records.delivery("old", 400, state)
    assert records.retention().purge() == EMPTY
    assert records.emptied() == set()


def test_a_repeat_of_an_emptied_delivery_is_still_a_repeat(records: Records) -> None:
    records.delivery("old", 31)
    records.retention().purge()
    request = WebhookRequest("http://127.0.0.1/", {}, b"again", datetime.fromtimestamp(NOW, UTC))
    assert not records.inbox.accept("main-store", "old", request)
    (line,) = records.inbox.lines()
    assert records.inbox.replay([line.id], NOW) == 0


def test_old_orders_and_their_verdicts_are_emptied_together(records: Records) -> None:
    records.order("old", 180.01)
    records.order("young", 179.99)
    assert records.retention().purge() == Purged(0, 1, 0)
    old, young = OrderRef("main-store", "old"), OrderRef("main-store", "young")
    assert records.store.order(old) is None
    kept = records.store.latest(old)
    assert kept is not None
    assert kept.verdict is None  # that it was judged remains, and so does its digest
    assert kept.digest == "d"
    assert records.store.order(young) is not None
    younger = records.store.latest(young)
    assert younger is not None
    assert younger.verdict is not None


def test_an_order_seen_again_is_kept_from_then_on(records: Records) -> None:
    records.order("1", 200)
    records.order("1", 10)
    records.retention().purge()
    assert records.store.order(OrderRef("main-store", "1")) is not None


def test_old_lines_of_the_audit_log_are_deleted(records: Records) -> None:
    records.line("old", 1095.01)
    records.line("young", 1094.99)
    assert records.retention().purge() == Purged(0, 0, 1)
    with reading(records.engine) as connection:
        assert connection.execute(sa.select(audit.c.detail)).scalars().all() == ["young"]


def test_a_dry_run_counts_what_a_run_would_do_and_changes_nothing(records: Records) -> None:
    records.delivery("old", 31)
    records.order("old", 181)
    records.line("old", 1096)
    retention = records.retention()
    assert retention.purge(dry_run=True) == Purged(1, 1, 1)
    assert retention.purge(dry_run=True) == Purged(1, 1, 1)
    assert retention.purge() == Purged(1, 1, 1)
    assert retention.purge() == EMPTY


def test_the_settings_decide_how_long(records: Records) -> None:
    records.delivery("1", 5)
    assert records.retention(RetentionSettings(deliveries_days=4)).purge().deliveries == 1
