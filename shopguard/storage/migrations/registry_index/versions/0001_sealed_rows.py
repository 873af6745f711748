"""Sealed rows and the way to them. No column, order or key says which rows are of one entry."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER


def upgrade() -> None:
    op.create_table(
        "epoch",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("profile", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
    )
    op.create_table(
        "posting",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("number", _number, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "locator", "number", name="posting_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealed_row",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "full_posting",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("t2_ref", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "t2_ref"),
    )
    op.create_table(
        "blocked",
        sa.Column("handle", sa.LargeBinary(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "addition",
        sa.Column("position", _number, primary_key=True, autoincrement=True),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,  # a position that was handed out once never comes back
    )


def downgrade() -> None:
    for table in ("addition", "blocked", "full_posting", "sealed_row", "posting", "epoch"):
        op.drop_table(table)
