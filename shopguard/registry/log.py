"""The registry's log: leaves that are only ever added, in one hash tree, so that nothing can be taken back unseen.

A leaf says that something happened, of what kind and when; what exactly, only its salt (kept in the vault) can show.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from hashlib import sha256

import sqlalchemy as sa

from shopguard.storage.engine import reading, writing

_COMMITMENT_BYTES = 32
_BATCH = 10_000

metadata = sa.MetaData()

leaf = sa.Table(
    "leaf",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("at", sa.BigInteger(), nullable=False),
    sa.Column("commitment", sa.LargeBinary(), nullable=False),
    sa.UniqueConstraint("commitment", name="leaf_commitment"),
)
"""``number`` counts from 0 without a gap; ``at`` is Unix seconds. The database refuses to change or delete a leaf."""


class LeafKind(StrEnum):
    """What a leaf is about."""

    MEMBER_CREATED = "member_created"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBER_RESUMED = "member_resumed"
    MEMBER_LEFT = "member_left"
    MEMBER_BUDGET = "member_budget"
    MEMBER_KEY_ADDED = "member_key_added"
    MEMBER_KEY_ENDED = "member_key_ended"
    MEMBER_APPLIED = "member_applied"
    OFFICE_AFFILIATION = "office_affiliation"
    REPORT_RECEIVED = "report_received"
    REPORT_RETURNED = "report_returned"
    REPORT_CHECKED = "report_checked"
    REPORT_REJECTED = "report_rejected"
    REPORT_WITHDRAWN = "report_withdrawn"
    REPORT_PAID = "report_paid"
    REPORT_CONFIRMED = "report_confirmed"
    ENTRY_OPENED = "entry_opened"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_NOTICE = "entry_notice"
    ENTRY_ACTIVE = "entry_active"
    ENTRY_CONTESTED = "entry_contested"
    ENTRY_SUSPENDED = "entry_suspended"
    ENTRY_ASLEEP = "entry_asleep"
    ENTRY_ERASED = "entry_erased"
    REQUEST_RECEIVED = "request_received"
    REQUEST_DECIDED = "request_decided"
    PROTECTION_BEGUN = "protection_begun"
    PROTECTION_ENDED = "protection_ended"
    SEARCHED = "searched"
    LOOK_UPS = "look_ups"


def commitment(salt: bytes, content: bytes) -> bytes:
    """Return what a leaf holds instead of ``content``; without ``salt`` (16 random bytes) it means nothing."""
    return hmac.digest(salt, content, "sha256")


class Log:
    """The leaves of one registry. ``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self._engine, self._clock = engine, clock

    def append(self, kind: LeafKind, committed: bytes) -> int:
        """Add a leaf and return its number; one that is there already is not added again.

        Args:
            committed: a ``commitment`` (32 bytes); never anything that could be guessed.
        """
        if len(committed) != _COMMITMENT_BYTES:
            raise ValueError("a leaf holds a commitment of 32 bytes and nothing else")
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":  # SQLite lets only one write anyway
                connection.exec_driver_sql("LOCK TABLE leaf IN EXCLUSIVE MODE")
            there = connection.execute(sa.select(leaf.c.number).where(leaf.c.commitment == committed)).scalar()
            if there is not None:
                return int(there)
            number = connection.execute(sa.select(sa.func.count()).select_from(leaf)).scalar_one()
            row = {"number": number, "kind": kind.value, "at": int(self._clock()), "commitment": committed}
            connection.execute(leaf.insert(), row)
            return number

    def size(self) -> int:
        """Return how many leaves there are."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(leaf)).scalar_one()

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves, or of all; ``ValueError`` if there are fewer."""
        with reading(self._engine) as connection:
            there = connection.execute(sa.select(sa.func.count()).select_from(leaf)).scalar_one()
            wanted = there if size is None else size
            if not 0 <= wanted <= there:
                raise ValueError(f"there are {there} leaves, not {wanted}")
            return tree_root(_leaves(connection, wanted))


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash of ``leaves``, in memory that grows with the logarithm of their number.

    Source: RFC 6962 section 2.1 (read 2026-11).
    """
    complete: list[bytes] = []  # the roots of complete subtrees, the largest first: one for each bit of the count
    for count, data in enumerate(leaves, 1):
        complete.append(sha256(b"\0" + data).digest())
        while count % 2 == 0:
            count //= 2
            complete.append(_node(right=complete.pop(), left=complete.pop()))
    if not complete:
        return sha256().digest()
    root = complete.pop()
    while complete:
        root = _node(left=complete.pop(), right=root)
    return root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _leaves(connection: sa.Connection, size: int) -> Iterator[bytes]:
    for first in range(0, size, _BATCH):
        wanted = (leaf.c.number >= first) & (leaf.c.number < min(first + _BATCH, size))
        for row in connection.execute(sa.select(leaf).where(wanted).order_by(leaf.c.number)):
            yield b"sg1/leaf\n" + f"{row.kind}\n{row.at}\n{row.commitment.hex()}".encode()
