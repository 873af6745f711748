"""What proofs are made of, and the heads that were signed: neither is ever changed or deleted."""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER
_REFUSAL = "leaves are only ever added"


def upgrade() -> None:
    subtree = op.create_table(
        "subtree",
        sa.Column("leaf", _number, nullable=False, autoincrement=False),
        sa.Column("level", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf", "level", name="subtree_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "head",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    _fill(subtree)
    for table in ("subtree", "head"):
        _forbid_changes(table)


def downgrade() -> None:
    op.drop_table("head")
    op.drop_table("subtree")


def _fill(subtree: sa.Table) -> None:
    """Add the subtrees of the leaves that are there. Source: RFC 6962 section 2.1 (read 2026-11)."""
    connection = op.get_bind()
    complete: list[bytes] = []
    leaves = connection.execute(sa.text("SELECT number, kind, at, commitment FROM leaf ORDER BY number")).all()
    for number, kind, at, commitment in leaves:
        data = b"sg1/leaf\n" + f"{kind}\n{at}\n{bytes(commitment).hex()}".encode()
        hashes = [sha256(b"\0" + data).digest()]
        while number >> (len(hashes) - 1) & 1:
            hashes.append(sha256(b"\1" + complete.pop() + hashes[-1]).digest())
        complete.append(hashes[-1])
        rows = [{"leaf": number, "level": level, "hash": hash_} for level, hash_ in enumerate(hashes)]
        connection.execute(subtree.insert(), rows)


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION leaf_refuse()"
    )
