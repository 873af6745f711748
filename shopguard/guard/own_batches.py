"""Lines of own lists that come or go together: stored piece by piece, and all of them listed or unlisted at once.

However many they are, no transaction is long, as the orders that come in wait for each. Before all of them are stored
none counts; what a crash leaves of them counts for nothing and is swept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from shopguard.guard.own_people import OwnKind
from shopguard.identity import PROFILE
from shopguard.storage.tables import own_entry, own_token

PIECE = 250
"""Lines that one transaction stores or deletes."""

LISTED = own_entry.c.kind.in_([kind.value for kind in OwnKind])
"""What counts. Any other line is on its way onto a list or off it."""

_UNDER_WAY = "+"  # begins the kind of a line that does not count
_LONGEST_WAY_S = 3_600.0  # far beyond the longest import: what is swept too early would be missing


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list as it is stored; made outside of the transaction that stores it."""

    kind: OwnKind
    person: bytes
    fields: str
    sealed: bytes
    tokens: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one shop that come or go together; ``at`` and ``actor`` are when and by whom they were added."""

    shop: str
    actor: str
    at: float
    id: str = field(default_factory=lambda: token_hex(4))

    def store(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Store lines that do not count yet. Who is on the list already is passed over."""
        known = self._ids(connection, rows, {kind.value: kind for kind in OwnKind})
        new = [row for row in rows if (row.kind, row.person) not in known]
        if not new:
            return
        of = {"shop": self.shop, "profile": PROFILE, "at": self.at, "by": self.actor[:100]}
        connection.execute(
            _ENTRY,
            [
                {**of, "kind": self._mark(row.kind), "person": row.person, "fields": row.fields, "sealed": row.sealed}
                for row in new
            ],
        )
        ids = self._ids(connection, new, {self._mark(kind): kind for kind in OwnKind})
        add_tokens(connection, self.shop, [(ids[row.kind, row.person], row.tokens) for row in new])

    def list_all(self, connection: sa.Connection) -> int:
        """Let all lines that were stored count from now on, and return how many: each person is listed once."""
        count = 0
        for kind, mine in self._mine():
            listed = own_entry.alias()
            same = (
                (listed.c.shop == self.shop) & (listed.c.kind == kind.value) & (listed.c.person == own_entry.c.person)
            )
            delete(connection, mine & sa.exists().where(same))
            count += connection.execute(sa.update(own_entry).where(mine).values(kind=kind.value)).rowcount
        return count

    def unlist_all(self, connection: sa.Connection) -> int:
        """Let none of the lines count that were added at this moment by this actor, and return how many."""
        added = (own_entry.c.added_at == self.at) & (own_entry.c.added_by == self.actor[:100])
        return sum(
            connection.execute(
                sa.update(own_entry)
                .where(own_entry.c.shop == self.shop, own_entry.c.kind == kind.value, added)
                .values(kind=self._mark(kind))
            ).rowcount
            for kind in OwnKind
        )

    def drop_some(self, connection: sa.Connection) -> int:
        """Delete a piece of the lines that do not count, and return how many."""
        return sum(
            delete(connection, own_entry.c.id.in_(sa.select(own_entry.c.id).where(mine).limit(PIECE)))
            for _, mine in self._mine()
        )

    def _mine(self) -> Iterator[tuple[OwnKind, sa.ColumnElement[bool]]]:
        for kind in OwnKind:
            yield kind, (own_entry.c.shop == self.shop) & (own_entry.c.kind == self._mark(kind))

    def _mark(self, kind: OwnKind) -> str:
        return f"{_UNDER_WAY}{self.id}{kind.value[0]}"

    def _ids(
        self, connection: sa.Connection, rows: Sequence[Row], kinds: dict[str, OwnKind]
    ) -> dict[tuple[OwnKind, bytes], int]:
        where = (own_entry.c.shop == self.shop) & own_entry.c.kind.in_(kinds)
        query = sa.select(own_entry.c.kind, own_entry.c.person, own_entry.c.id)
        found = connection.execute(query.where(where, own_entry.c.person.in_([row.person for row in rows])))
        return {(kinds[row.kind], bytes(row.person)): row.id for row in found}


def add_tokens(connection: sa.Connection, shop: str, ways: Sequence[tuple[int, Sequence[bytes]]]) -> None:
    """Store by which tokens each entry is found."""
    found: list[dict[str, Any]] = [
        {"shop": shop, "token": token, "entry": entry} for entry, tokens in ways for token in tokens
    ]
    if found:  # in the order of the index: others wait for this transaction
        connection.execute(_TOKEN, sorted(found, key=lambda way: way["token"]))


def delete(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete entries with their tokens, and return how many entries."""
    connection.execute(sa.delete(own_token).where(own_token.c.entry.in_(sa.select(own_entry.c.id).where(which))))
    return connection.execute(sa.delete(own_entry).where(which)).rowcount


def sweep(connection: sa.Connection, now: float) -> int:
    """Delete what crashes have left: lines that were on their way for far too long. Returns how many."""
    old = own_entry.c.kind.startswith(_UNDER_WAY) & (own_entry.c.added_at < now - _LONGEST_WAY_S)
    return delete(connection, old)


_ENTRY = sa.text(
    "INSERT INTO own_entry (shop, kind, person, fields, profile, sealed, added_at, added_by)"
    " VALUES (:shop, :kind, :person, :fields, :profile, :sealed, :at, :by) ON CONFLICT DO NOTHING"
)
_TOKEN = sa.text("INSERT INTO own_token (shop, token, entry) VALUES (:shop, :token, :entry) ON CONFLICT DO NOTHING")
