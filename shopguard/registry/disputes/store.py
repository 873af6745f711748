"""Requests and protected persons in the vault: each sealed under a key of its own, with which it is forgotten."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.disputes.codes import code_digest
from shopguard.registry.disputes.model import Protection, Request, RequestState
from shopguard.registry.ids import new_id
from shopguard.registry.records import Records
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both
from shopguard.registry.subjects import Subject, SubjectKind
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading

REQUEST = "Q"
"""What the id of a request begins with."""


def new_request_id() -> str:
    """Return what a request is called by people: 50 random bits."""
    return new_id(REQUEST)


def new_protection_id() -> str:
    """Return the id of a note that protects somebody: 50 random bits."""
    return new_id("P")


def subject_of(request: Request) -> Subject:
    return Subject.of(SubjectKind.REQUEST, request.number)


class RequestStore:
    """Reads and writes requests. ``master`` keys the digests of their receipts."""

    def __init__(self, records: Records, master: Keyring) -> None:
        self._records, self.master = records, master

    def add(self, connection: sa.Connection, request: Request) -> None:
        """Keep a new request."""
        row = {
            "number": request.number,
            "id": request.id,
            "kind": request.kind.value,
            "opened_at": request.opened_at,
            "receipt_digest": code_digest(self.master, request.receipt),
            **self._row(request),
        }
        connection.execute(request_table.insert(), row)

    def change(self, connection: sa.Connection, request: Request) -> None:
        """Keep a request as it is now."""
        is_request = request_table.c.number == request.number
        connection.execute(sa.update(request_table).where(is_request).values(self._row(request)))

    def get(self, connection: sa.Connection, request_id: str) -> Request:
        """Return a request, which nobody else changes in this transaction; ``Refused`` if there is none."""
        return self._one(connection, request_table.c.id == request_id)

    def by_number(self, connection: sa.Connection, number: int) -> Request:
        """See ``get``."""
        return self._one(connection, request_table.c.number == number)

    def by_receipt(self, connection: sa.Connection, receipt: str) -> Request:
        """See ``get``; ``receipt`` as ``codes.read_code`` spells it."""
        return self._one(connection, request_table.c.receipt_digest == code_digest(self.master, receipt))

    def find(self, connection: sa.Connection, receipt: str) -> Request | None:
        """Return the request of this receipt, if there is one."""
        is_meant = request_table.c.receipt_digest == code_digest(self.master, receipt)
        return next(iter(self._many(connection, is_meant)), None)

    def open_of(self, connection: sa.Connection, entry: int) -> Sequence[Request]:
        """Return the open requests about an entry, the oldest first."""
        is_open = (request_table.c.entry == entry) & (request_table.c.state == RequestState.OPEN.value)
        return self._many(connection, is_open)

    def open_about(self, entry: int) -> Sequence[Request]:
        """See ``open_of``; for whoever only looks."""
        with reading(self._records.vault.engine) as connection:
            return self.open_of(connection, entry)

    def in_state(self, state: RequestState, after: int = 0, limit: int = 100) -> Sequence[Request]:
        """Return the first requests in ``state`` above the number ``after``."""
        wanted = (request_table.c.state == state.value) & (request_table.c.number > after)
        with reading(self._records.vault.engine) as connection:
            return self._many(connection, wanted, limit)

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Request]:
        """Return those of ``numbers`` that are not forgotten."""
        with reading(self._records.vault.engine) as connection:
            return self._many(connection, request_table.c.number.in_(numbers))

    def numbers(
        self, receipt: str | None = None, request_id: str | None = None, entries: Collection[int] = ()
    ) -> Mapping[int, int | None]:
        """Return the requests of this receipt, of this id or about these entries, forgotten ones by their id, too.

        By number; with the entry that each is about, as far as that is known.
        """
        is_meant: sa.ColumnElement[bool] = request_table.c.entry.in_(entries)
        if receipt is not None:
            is_meant |= request_table.c.receipt_digest == code_digest(self.master, receipt)
        if request_id is not None:
            is_meant |= request_table.c.id == request_id
        query = sa.select(request_table.c.number, request_table.c.entry).where(is_meant)
        with reading(self._records.vault.engine) as connection:
            return {row.number: row.entry for row in connection.execute(query)}

    def empty(self, connection: sa.Connection, number: int) -> None:
        """Take away what a request said; that there was one, of which kind and when, remains."""
        bare = {"state": RequestState.FORGOTTEN.value, "entry": None, "receipt_digest": None, "sealed": b""}
        connection.execute(sa.update(request_table).where(request_table.c.number == number).values(bare))

    def _row(self, request: Request) -> dict[str, Any]:
        return {
            "entry": request.entry,
            "state": request.state.value,
            "sealed": self._records.seal(request.number, "request", msgspec.json.encode(request)),
        }

    def _one(self, connection: sa.Connection, which: sa.ColumnElement[bool]) -> Request:
        found = self._many(connection, which)
        if not found:
            raise Refused(Refusal.NOT_FOUND, _NO_REQUEST)
        return found[0]

    def _many(
        self, connection: sa.Connection, which: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[Request]:
        query = sa.select(request_table).where(which).order_by(request_table.c.number).limit(limit)
        if connection.get_execution_options().get("writing", False):
            query = query.with_for_update()
        rows = [row for row in connection.execute(query).all() if row.sealed]
        opened = self._records.opener([row.number for row in rows], "request")
        clear = (opened(row.number, row.sealed) for row in rows)
        return [msgspec.json.decode(one, type=Request) for one in clear if one is not None]


class ProtectionStore:
    """Reads and writes persons whose name was misused."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, connection: sa.Connection, protection: Protection) -> None:
        sealed = self._records.seal(protection.number, "protection", msgspec.json.encode(protection))
        row = {"number": protection.number, "since": protection.since, "placed": False, "sealed": sealed}
        connection.execute(protection_table.insert(), row)

    def placed(self, connection: sa.Connection, number: int) -> bool:
        """Keep that shops meet the note from now on; False if its person is protected no more."""
        is_meant = (protection_table.c.number == number) & protection_table.c.sealed.is_not(None)
        return connection.execute(sa.update(protection_table).where(is_meant).values(placed=True)).rowcount == 1

    def get(self, connection: sa.Connection, number: int) -> Protection:
        """Return a protected person; ``Refused`` if there is none, or no more."""
        is_meant = (protection_table.c.number == number) & protection_table.c.sealed.is_not(None)
        found = self._opened(connection.execute(sa.select(protection_table).where(is_meant)).all())
        if not found:
            raise Refused(Refusal.NOT_FOUND, _NO_PROTECTION)
        return found[0]

    def all(self) -> Sequence[Protection]:
        """Return every person who is protected at present, the oldest first."""
        return self._select(sa.true())

    def unplaced(self) -> Sequence[Protection]:
        """Return whose note is not in the index yet."""
        return self._select(~protection_table.c.placed)

    def empty(self, connection: sa.Connection, number: int) -> None:
        """Take away who was protected; that somebody was, and since when, remains."""
        is_meant = protection_table.c.number == number
        connection.execute(sa.update(protection_table).where(is_meant).values(sealed=None))

    def _select(self, which: sa.ColumnElement[bool]) -> Sequence[Protection]:
        query = sa.select(protection_table).where(protection_table.c.sealed.is_not(None), which)
        with reading(self._records.vault.engine) as connection:
            return self._opened(connection.execute(query.order_by(protection_table.c.number)).all())

    def _opened(self, rows: Sequence[sa.Row[Any]]) -> Sequence[Protection]:
        """Those of ``rows`` whose key is there: a backup may bring back what was erased, but no key of it."""
        opened = self._records.opener([row.number for row in rows], "protection")
        clear = (opened(row.number, row.sealed) for row in rows)
        return [msgspec.json.decode(one, type=Protection) for one in clear if one is not None]


_NO_REQUEST = both("この番号のお申出はありません。", "there is no request of this number")
_NO_PROTECTION = both("この番号の保護の記録はありません。", "there is no protection of this number")

request_table = sa.table(
    "request",
    sa.column("number", NUMBER),
    sa.column("id", sa.String),
    sa.column("entry", NUMBER),
    sa.column("kind", sa.String),
    sa.column("state", sa.String),
    sa.column("opened_at", sa.Float),
    sa.column("receipt_digest", sa.LargeBinary),
    sa.column("sealed", sa.LargeBinary),
)
protection_table = sa.table(
    "protection",
    sa.column("number", NUMBER),
    sa.column("since", sa.Float),
    sa.column("placed", sa.Boolean),
    sa.column("sealed", sa.LargeBinary),
)
