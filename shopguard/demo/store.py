"""What the simulated shop remembers: one SQLite file that survives a kill at any moment.

Orders are JSON documents; what must be searched or counted has columns. Moments are UTC text as WooCommerce
writes them. No rule of the shop is here.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
    checkout INTEGER UNIQUE, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER NOT NULL, created TEXT NOT NULL, text TEXT NOT NULL,
    customer_note INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, topic TEXT NOT NULL, delivery_url TEXT NOT NULL,
    secret TEXT NOT NULL, status TEXT NOT NULL, failure_count INTEGER NOT NULL, ping_due INTEGER NOT NULL,
    created TEXT NOT NULL, modified TEXT);
CREATE TABLE IF NOT EXISTS pending (
    id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id INTEGER NOT NULL, order_id INTEGER NOT NULL, due REAL NOT NULL,
    UNIQUE (webhook_id, order_id));
CREATE TABLE IF NOT EXISTS effects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, order_id INTEGER NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO sqlite_sequence (name, seq) SELECT 'orders', 1000
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'orders');
"""


@dataclass(slots=True)
class StoredOrder:
    """One order. ``checkout`` is its place in the invented sequence, None when a test placed it."""

    id: int
    status: str
    created: str
    modified: str
    checkout: int | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    order_id: int
    created: str
    text: str
    customer_note: bool


@dataclass(slots=True)
class Webhook:
    """One subscription. ``ping_due`` until a ping was answered with 200."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    status: str
    failure_count: int
    ping_due: bool
    created: str
    modified: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One change that came through the REST API: of the status, of one meta key (``name``), or a new note."""

    at: str
    order_id: int
    kind: str  # status, meta, note
    name: str
    before: str
    after: str


class ShopStore:
    """The shop's file. Every method is safe between threads; ``transaction`` makes several of them one."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done inside at once, or nothing. Nests: the outermost decides."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def count(self, name: str, by: int = 1) -> int:
        """Raise the counter ``name`` by ``by`` and return its value before."""
        with self.transaction():
            rows = self._rows("SELECT value FROM counters WHERE name = ?", name)
            before: int = rows[0][0] if rows else 0
            self._run("INSERT OR REPLACE INTO counters VALUES (?, ?)", name, before + by)
        return before

    # -- orders

    def add_order(self, status: str, moment: str, document: dict[str, Any], checkout: int | None) -> StoredOrder:
        with self.transaction():
            order_id = self._run(
                "INSERT INTO orders (status, created, modified, checkout, document) VALUES (?, ?, ?, ?, ?)",
                *(status, moment, moment, checkout, json.dumps(document)),
            )
        return StoredOrder(order_id, status, moment, moment, checkout, document)

    def order(self, order_id: int) -> StoredOrder | None:
        return next(self._orders("WHERE id = ?", order_id), None)

    def order_of_checkout(self, checkout: int) -> StoredOrder | None:
        return next(self._orders("WHERE checkout = ?", checkout), None)

    def save_order(self, order: StoredOrder) -> None:
        self._run(
            "UPDATE orders SET status = ?, modified = ?, document = ? WHERE id = ?",
            *(order.status, order.modified, json.dumps(order.document), order.id),
        )

    def remove_order(self, order_id: int) -> None:
        with self.transaction():
            self._run("DELETE FROM orders WHERE id = ?", order_id)
            self._run("DELETE FROM notes WHERE order_id = ?", order_id)

    def orders(
        self,
        *,
        statuses: Sequence[str] = (),
        modified_after: str = "",
        order_by: str = "id",
        descending: bool = True,
        limit: int = -1,
        offset: int = 0,
    ) -> tuple[list[StoredOrder], int]:
        """Return one page of orders, and how many there are in all.

        Args:
            statuses: none means all but the trash.
            modified_after: exclusive, as WordPress compares.
            order_by: ``id``, ``created`` or ``modified``; the id breaks ties.
        """
        if order_by not in ("id", "created", "modified"):
            raise ValueError(order_by)
        wanted = f"status IN ({', '.join('?' * len(statuses))})" if statuses else "status <> 'trash'"
        where = f"WHERE {wanted} AND modified > ?"
        direction = "DESC" if descending else "ASC"
        page = f"{where} ORDER BY {order_by} {direction}, id {direction} LIMIT ? OFFSET ?"
        with self.transaction():
            found = list(self._orders(page, *statuses, modified_after, limit, offset))
            total = self._rows(f"SELECT count(*) FROM orders {where}", *statuses, modified_after)[0][0]  # noqa: S608
        return found, total

    # -- notes

    def add_note(self, order_id: int, moment: str, text: str, customer_note: bool) -> Note:
        note_id = self._run(
            "INSERT INTO notes (order_id, created, text, customer_note) VALUES (?, ?, ?, ?)",
            *(order_id, moment, text, customer_note),
        )
        return Note(note_id, order_id, moment, text, customer_note)

    def notes(self, order_id: int) -> list[Note]:
        """Return the notes as WooCommerce lists them: latest second first, inside one second in order of writing."""
        rows = self._rows("SELECT * FROM notes WHERE order_id = ? ORDER BY created DESC, id", order_id)
        return [Note(**{**row, "customer_note": bool(row["customer_note"])}) for row in rows]

    # -- webhooks and what waits to be sent

    def add_webhook(self, name: str, topic: str, delivery_url: str, secret: str, moment: str) -> Webhook:
        webhook_id = self._run(
            "INSERT INTO webhooks (name, topic, delivery_url, secret, status, failure_count, ping_due, created)"
            " VALUES (?, ?, ?, ?, 'active', 0, 1, ?)",
            *(name, topic, delivery_url, secret, moment),
        )
        return Webhook(webhook_id, name, topic, delivery_url, secret, "active", 0, True, moment, None)

    def webhook(self, webhook_id: int) -> Webhook | None:
        return next((w for w in self.webhooks() if w.id == webhook_id), None)

    def webhooks(self) -> list[Webhook]:
        """Return all webhooks, the latest first."""
        rows = self._rows("SELECT * FROM webhooks ORDER BY id DESC")
        return [Webhook(**{**row, "ping_due": bool(row["ping_due"])}) for row in rows]

    def save_webhook(self, webhook: Webhook) -> None:
        self._run(
            "UPDATE webhooks SET name = ?, topic = ?, delivery_url = ?, secret = ?, status = ?, failure_count = ?,"
            " ping_due = ?, modified = ? WHERE id = ?",
            *(webhook.name, webhook.topic, webhook.delivery_url, webhook.secret, webhook.status),
            *(webhook.failure_count, webhook.ping_due, webhook.modified, webhook.id),
        )

    def remove_webhook(self, webhook_id: int) -> None:
        with self.transaction():
            self._run("DELETE FROM webhooks WHERE id = ?", webhook_id)
            self._run("DELETE FROM pending WHERE webhook_id = ?", webhook_id)

    def enqueue(self, webhook_id: int, order_id: int, due: float) -> None:
        """Note one delivery for ``due`` (Unix seconds); one that already waits takes the news along."""
        self._run(
            "INSERT OR IGNORE INTO pending (webhook_id, order_id, due) VALUES (?, ?, ?)", webhook_id, order_id, due
        )

    def next_due(self) -> float | None:
        due: float | None = self._rows("SELECT min(due) FROM pending")[0][0]
        return due

    def take_due(self, now: float) -> tuple[int, int] | None:
        """Take the oldest delivery that is due off the list: (webhook id, order id)."""
        with self.transaction():
            rows = self._rows(
                "SELECT id, webhook_id, order_id FROM pending WHERE due <= ? ORDER BY due, id LIMIT 1", now
            )
            if not rows:
                return None
            self._run("DELETE FROM pending WHERE id = ?", rows[0][0])
        return rows[0][1], rows[0][2]

    # -- the journal

    def journal(self, effect: Effect) -> None:
        self._run(
            "INSERT INTO effects (at, order_id, kind, name, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            *(effect.at, effect.order_id, effect.kind, effect.name, effect.before, effect.after),
        )

    def effects(self, order_id: int | None = None) -> list[Effect]:
        """Return what came through the REST API, oldest first, of one order or of all."""
        rows = self._rows(
            "SELECT at, order_id, kind, name, before, after FROM effects WHERE ? IN (0, order_id) ORDER BY id",
            order_id or 0,
        )
        return [Effect(*row) for row in rows]

    def _orders(self, clause: str, *values: object) -> Iterator[StoredOrder]:
        for row in self._rows(f"SELECT * FROM orders {clause}", *values):  # noqa: S608
            yield StoredOrder(**{**row, "document": json.loads(row["document"])})

    def _run(self, sql: str, *values: object) -> int:
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()
