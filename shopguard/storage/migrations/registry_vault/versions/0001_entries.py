"""Entries, each sealed under a key of its own, and where they lie in the index."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.UniqueConstraint("id_digest", name="entry_id_digest"),
    )
    under_way = sa.text("NOT indexed")
    op.create_index("entry_under_way", "entry", ["number"], postgresql_where=under_way, sqlite_where=under_way)
    op.create_table(
        "sealed_in",
        sa.Column("id", _number, primary_key=True, autoincrement=True),
        sa.Column("number", _number, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("sealed_in_entry", "sealed_in", ["number", "epoch"])
    allocation = op.create_table(
        "allocation",
        sa.Column("what", sa.String(length=8), primary_key=True),
        sa.Column("next", _number, nullable=False),
    )
    op.bulk_insert(allocation, [{"what": "entry", "next": 1}, {"what": "row", "next": 1}])


def downgrade() -> None:
    for table in ("allocation", "sealed_in", "entry"):
        op.drop_table(table)
