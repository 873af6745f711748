"""What the keyed function keeps: members, budgets, batches answered, nonces seen. The driver is used directly."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from shopguard.errors import StoreUnavailable
from shopguard.registry.messages import BudgetShape
from shopguard.registry.prf.budget import Account, Searches, at_moment, left
from shopguard.registry.prf.function import MemberStanding
from shopguard.registry.signing import key_id_of
from shopguard.registry.stores import history_of
from shopguard.storage.engine import reading, store_errors, version_table

REVISION = "0002"
"""The last step of the history of this store."""

ACTIVE = "active"
"""The state of a member that may ask."""

_STEP = 1_000  # rows swept in one transaction, so that nobody waits for it
_NOT_NOW = frozenset({"25006", "42P01"})  # PostgreSQL: read-only, no such table (see storage.engine)


@dataclass(frozen=True, slots=True)
class Member:
    """How the keyed function knows a member. ``batches`` were charged on ``day`` (days since 1970, UTC)."""

    name: str
    state: str
    daily_orders: int | None
    account: Account
    day: int = 0
    batches: int = 0

    def standing(self, keys: "Keys", now: float) -> MemberStanding:
        """Return what is told of the member at ``now`` (Unix seconds)."""
        budgets: tuple[BudgetShape, ...] = ()
        if self.daily_orders is not None:
            budgets = left(at_moment(self.account, self.daily_orders, now), self.daily_orders)
        today = self.batches if self.day == day_of(now) else 0
        stopped = self.account.stopped
        barred = {key_id: not_for for key_id, not_for in keys.items() if not_for}
        return MemberStanding(self.name, self.state, stopped, self.daily_orders, budgets, tuple(keys), today, barred)


Keys = Mapping[str, tuple[str, ...]]
"""The ids of a member's keys, each with what it is not for."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key of a member, and what it is not for."""

    member: Member
    public: bytes
    barred: tuple[str, ...]


class PrfStore:
    """The store ``prf``. Every method raises ``StoreUnavailable`` where the database is full, locked or away."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._dbapi: Any = engine.dialect.loaded_dbapi
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._turn = threading.Lock() if self._is_sqlite else nullcontext()  # inside SQLite, waiting is sleeping
        self._kept: Any = None
        event.listen(engine, "engine_disposed", self._let_go)

    def signer(self, member: str, key_id: str) -> KnownKey | None:
        """Return the key that ``member`` has under ``key_id``."""
        with self._connection() as connection:
            row = connection.execute(self._sql(_SIGNER), (member, key_id)).fetchone()
        return None if row is None else KnownKey(_member(row), bytes(row[-2]), tuple(row[-1].split()))

    def members(self) -> list[tuple[Member, Keys]]:
        """Return every member with its keys, by name."""
        with self._connection() as connection:
            members = [_member(row) for row in connection.execute(self._sql(f"{_MEMBER} ORDER BY member"))]
            keys: dict[str, dict[str, tuple[str, ...]]] = {}
            for member, key_id, barred in connection.execute(_KEYS):
                keys.setdefault(member, {})[key_id] = tuple(barred.split())
        return [(member, keys.get(member.name, {})) for member in members]

    def keys(self, member: str) -> Keys:
        """Return a member's keys."""
        with self._connection() as connection:
            rows = connection.execute(self._sql(_KEYS_OF), (member,))
            return {key_id: tuple(barred.split()) for key_id, barred in rows}

    @contextmanager
    def writing(self) -> Iterator["Books"]:
        """One transaction: everything in it is kept at the end, or nothing."""
        with self._connection() as connection:
            if self._is_sqlite:
                connection.execute("BEGIN IMMEDIATE")
            try:
                yield Books(connection, self._is_sqlite)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def sweep(self, before: float, before_day: int) -> None:
        """Forget nonces signed before ``before`` (Unix seconds) and batches of before ``before_day``."""
        for statement, limit in ((_SWEEP_NONCES, int(before)), (_SWEEP_BATCHES, before_day)):
            swept = _STEP
            while swept == _STEP:
                with self.writing() as books:
                    swept = books.execute(statement, (limit, _STEP)).rowcount

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with self._turn:
            held = self._kept or self._connect()
            try:
                yield held.driver_connection
            except (self._dbapi.OperationalError, self._dbapi.InterfaceError) as error:
                held.invalidate()
                self._kept = None
                raise _unavailable(error) from None
            except self._dbapi.Error as error:
                if getattr(error, "sqlstate", None) in _NOT_NOW:
                    raise _unavailable(error) from None
                raise
            finally:
                if held is not self._kept:
                    held.close()

    def _connect(self) -> Any:
        with store_errors():
            connection = self._engine.raw_connection()
        if self._is_sqlite:
            self._kept = connection  # there is one turn at a time, and nobody who could end the connection
        return connection

    def _let_go(self, _engine: sa.Engine) -> None:
        with self._turn:
            if self._kept is not None:
                self._kept.invalidate()  # given back, it would stay open in a pool that is no more
                self._kept = None

    def _sql(self, text: str) -> str:
        return text if self._is_sqlite else text.replace("?", "%s")


def has_tables(engine: sa.Engine) -> bool:
    """Whether the tables are there, are those this code uses, and can be read now."""
    try:
        with reading(engine) as connection:
            found = connection.exec_driver_sql(f"SELECT version_num FROM {version_table(history_of('prf'))}")  # noqa: S608
            return found.scalar() == REVISION
    except (DBAPIError, StoreUnavailable):
        return False


class Books:
    """The store inside one transaction."""

    def __init__(self, connection: Any, is_sqlite: bool) -> None:
        self._connection, self._is_sqlite = connection, is_sqlite

    def execute(self, text: str, values: Sequence[object] = ()) -> Any:
        """Run a statement with ``?`` for each value and return the driver's cursor."""
        return self._connection.execute(text if self._is_sqlite else text.replace("?", "%s"), values)

    def take_nonce(self, member: str, time: int, nonce: bytes) -> bool:
        """Whether this nonce is seen for the first time; it is kept."""
        taken = self.execute("INSERT INTO nonce VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (time, nonce, member))
        return bool(taken.rowcount)

    def content(self, batch: bytes) -> bytes | None:
        """Return the digest of what a batch asked, or None if it is new."""
        row = self.execute("SELECT content FROM batch WHERE id = ?", (batch,)).fetchone()
        return None if row is None else bytes(row[0])

    def add_batch(self, batch: bytes, content: bytes, day: int) -> None:
        self.execute("INSERT INTO batch (id, content, day) VALUES (?, ?, ?)", (batch, content, day))

    def member(self, name: str) -> Member | None:
        """Return a member, which nobody else changes before this transaction ends."""
        row = self.execute(
            _MEMBER + " WHERE member = ?" + ("" if self._is_sqlite else " FOR UPDATE"), (name,)
        ).fetchone()
        return None if row is None else _member(row)

    def keep_account(self, member: Member) -> None:
        """Write down what a member has used up."""
        account = member.account
        values = (account.stopped, *account.spent, account.at, account.last_at, member.day, member.batches)
        self.execute(_KEEP_ACCOUNT, (*values, member.name))

    def searches(self, name: str) -> Searches:
        """Return what a member has used up of its searches."""
        row = self.execute("SELECT spent, at FROM searching WHERE member = ?", (name,)).fetchone()
        return Searches() if row is None else Searches(*row)

    def keep_searches(self, name: str, searches: Searches) -> None:
        self.execute(_KEEP_SEARCHES, (name, searches.spent, searches.at))

    def put_member(self, name: str, state: str, daily_orders: int | None) -> None:
        """Add a member, or change these two of it."""
        self.execute(_PUT_MEMBER, (name, state, daily_orders))

    def put_keys(self, name: str, keys: Sequence[bytes], barred: Keys) -> None:
        """Know a member by these public keys and no others; ``barred`` says what some are not for."""
        self.execute("DELETE FROM member_key WHERE member = ?", (name,))
        for public in dict.fromkeys(keys):
            key_id = key_id_of(public)
            self.execute(_PUT_KEY, (name, key_id, public, " ".join(barred.get(key_id, ()))))


_COLUMNS = "member, state, daily_orders, stopped, spent_1, spent_2, spent_3, at, last_at, day, batches"
_MEMBER = f"SELECT {_COLUMNS} FROM member"  # noqa: S608  # of constants
_SIGNER = f"SELECT {_COLUMNS}, public, barred FROM member NATURAL JOIN member_key WHERE member = ? AND key_id = ?"  # noqa: S608
_KEYS = "SELECT member, key_id, barred FROM member_key ORDER BY key_id"
_KEYS_OF = "SELECT key_id, barred FROM member_key WHERE member = ? ORDER BY key_id"
_PUT_KEY = "INSERT INTO member_key (member, key_id, public, barred) VALUES (?, ?, ?, ?)"
_PUT_MEMBER = """
    INSERT INTO member (member, state, daily_orders) VALUES (?, ?, ?)
    ON CONFLICT (member) DO UPDATE SET state = excluded.state, daily_orders = excluded.daily_orders
"""
_KEEP_ACCOUNT = """
    UPDATE member SET stopped = ?, spent_1 = ?, spent_2 = ?, spent_3 = ?, at = ?, last_at = ?, day = ?, batches = ?
    WHERE member = ?
"""
_KEEP_SEARCHES = """
    INSERT INTO searching (member, spent, at) VALUES (?, ?, ?)
    ON CONFLICT (member) DO UPDATE SET spent = excluded.spent, at = excluded.at
"""
_SWEEP_NONCES = """
    DELETE FROM nonce WHERE (time, nonce, member) IN (SELECT time, nonce, member FROM nonce WHERE time < ? LIMIT ?)
"""
_SWEEP_BATCHES = "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE day < ? LIMIT ?)"


def day_of(now: float) -> int:
    """Return the UTC day of ``now`` (Unix seconds), in days since 1970."""
    return int(now // 86_400)


def _member(row: Sequence[Any]) -> Member:
    name, state, daily_orders, stopped, one, two, three, at, last_at, day, batches = row[:11]
    return Member(name, state, daily_orders, Account((one, two, three), at, last_at, bool(stopped)), day, batches)


def _unavailable(error: Exception) -> StoreUnavailable:
    # the driver's text may quote parameters; its type and code do not
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return StoreUnavailable(f"the store of the keyed function cannot be used now ({name})")
