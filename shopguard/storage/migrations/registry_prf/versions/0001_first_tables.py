"""What the keyed function knows of members, their budgets and batches. No column leads to an identifier."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_small = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("member", _small, primary_key=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("daily_orders", sa.Integer()),
        sa.Column("stopped", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("spent_1", sa.Double(), nullable=False, server_default="0"),
        sa.Column("spent_2", sa.Double(), nullable=False, server_default="0"),
        sa.Column("spent_3", sa.Double(), nullable=False, server_default="0"),
        sa.Column("at", sa.Double(), nullable=False, server_default="0"),
        sa.Column("last_at", sa.Double(), nullable=False, server_default="0"),
        sa.Column("day", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("batches", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_table(
        "member_key",
        sa.Column("member", _small, sa.ForeignKey("member.member", ondelete="CASCADE"), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member", "key_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("batch_day", "batch", ["day"])
    op.create_table(
        "nonce",
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("member", _small, nullable=False),
        sa.PrimaryKeyConstraint("time", "nonce", "member"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("nonce")
    op.drop_index("batch_day", "batch")
    op.drop_table("batch")
    op.drop_table("member_key")
    op.drop_table("member")
