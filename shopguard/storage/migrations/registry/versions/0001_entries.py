"""Entries: sealed in the vault, found through the index. No column holds a token or a plain hash of one."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER


def upgrade() -> None:
    op.create_table(
        "vault_entry",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("id", name="vault_entry_id"),
    )
    op.create_table(
        "index_entry",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("handle", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("reporters", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.String(length=10), nullable=False),
        sa.Column("may_hold", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.Column("blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.UniqueConstraint("handle", name="index_entry_handle"),
    )
    op.create_table(
        "index_posting",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("locator", sa.LargeBinary(), nullable=False),
        sa.Column("entry", _number, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "locator", "entry"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("index_posting")
    op.drop_table("index_entry")
    op.drop_table("vault_entry")
