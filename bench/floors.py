"""What ShopGuard is measured against: the least that could do the same, and an established engine."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orders import Delivery

from shopguard.adapter import WebhookRequest
from shopguard.bootstrap import Installation
from shopguard.guard.pipeline import rules_of
from shopguard.model import Mark, OrderRef, Verdict, VerdictKind

_NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)


def fdatasync_loop(path: Path, row: bytes, stop: threading.Event, pause_s: float = 0.0) -> list[float]:
    """Append ``row`` durably again and again until ``stop``; returns the seconds each took."""
    took = []
    with path.open("ab", buffering=0) as file:
        while not stop.wait(pause_s):
            before = time.perf_counter()
            file.write(row)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - before)
    return took


class Work:
    """What every engine has done for it by the same code: read the order, judge it, tell the platform."""

    def __init__(self, installation: Installation, shop: str) -> None:
        self._shop = installation.shops[shop]
        self._screener, self._rules = installation.screener, rules_of(self._shop)

    def screen(self, delivery: Delivery) -> tuple[OrderRef, Verdict]:
        """Return the verdict on the order in ``delivery``."""
        request = WebhookRequest("http://127.0.0.1/webhooks", delivery.headers, delivery.body, _NOW)
        (order_event,) = self._shop.adapter.parse(request)
        return order_event.ref, self._screener.screen(order_event.order, self._rules)

    def write_back(self, ref: OrderRef, kind: VerdictKind) -> None:
        """Hold or flag the order at the platform."""
        mark = Mark(key=f"{kind}-{ref.order_id}", text="ShopGuard: 要確認", since=_NOW)
        if kind is VerdictKind.HOLD:
            self._shop.adapter.hold(ref, mark)
        elif kind is VerdictKind.FLAG:
            self._shop.adapter.flag(ref, mark)


class PlainInbox:
    """The plainest durable inbox: one table of clear bodies, one thread, a batch claimed and a batch marked done.

    It keeps no verdict, writes no intent, encrypts nothing, and repeats up to a batch of calls after a crash.
    """

    _BATCH = 32

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, body BLOB, state TEXT, lease REAL)",
            "CREATE INDEX due ON inbox (state, id)",
        ):
            self._connection.execute(statement)

    def store(self, given: Sequence[Delivery]) -> None:
        rows = [(str(number), delivery.body) for number, delivery in enumerate(given)]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO inbox (key, body, state) VALUES (?, ?, 'received')", rows)
        self._connection.execute("COMMIT")

    def work_off(self, headers: dict[str, str], work: Work) -> None:
        """Handle everything that waits."""
        while claimed := self._claim():
            for _, body in claimed:
                ref, verdict = work.screen(Delivery(headers, body))
                work.write_back(ref, verdict.kind)
            self._connection.execute("BEGIN IMMEDIATE")
            done = [(number,) for number, _ in claimed]
            self._connection.executemany("UPDATE inbox SET state = 'done' WHERE id = ?", done)
            self._connection.execute("COMMIT")

    def _claim(self) -> list[tuple[int, bytes]]:
        return self._connection.execute(
            "UPDATE inbox SET state = 'claimed', lease = ? WHERE id IN"
            " (SELECT id FROM inbox WHERE state = 'received' ORDER BY id LIMIT ?) RETURNING id, body",
            (time.time() + 60, self._BATCH),
        ).fetchall()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def dbos_workflow(path: Path, threads: int) -> Iterator[Callable[[Work, Sequence[Delivery]], None]]:
    """DBOS on an SQLite file, as it comes: yields what runs one workflow of three steps for each delivery."""
    from dbos import DBOS

    current: list[Any] = []  # the work and the deliveries of this round: only positions go through DBOS

    @DBOS.step()
    def screen(position: int) -> tuple[str, str, str]:
        work, given = current
        ref, verdict = work.screen(given[position])
        return ref.shop, ref.order_id, verdict.kind.value

    @DBOS.step()
    def intend(shop: str, order_id: str, kind: str) -> str:
        return f"{kind}-{shop}-{order_id}"

    @DBOS.step()
    def write_back(shop: str, order_id: str, kind: str, key: str) -> None:
        current[0].write_back(OrderRef(shop, order_id), VerdictKind(kind))

    @DBOS.workflow()
    def handle(position: int) -> None:
        shop, order_id, kind = screen(position)
        write_back(shop, order_id, kind, intend(shop, order_id, kind))

    def run(work: Work, given: Sequence[Delivery]) -> None:
        current[:] = [work, given]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(handle, range(len(given))))

    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{path}", "log_level": "ERROR"})
    DBOS.launch()
    try:
        yield run
    finally:
        DBOS.destroy(destroy_registry=True)
