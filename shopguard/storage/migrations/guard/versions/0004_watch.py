"""By what an order would be noticed when an entry is listed later, and how far listings were read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watch",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until_at", sa.Float(), nullable=False),
        sa.Column("noticed_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("shop", "order_id", "digest"),
    )
    op.create_index("watch_until", "watch", ["until_at"], unique=False)
    op.create_table(
        "listing_cursor",
        sa.Column("registry", sa.String(length=500), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("rounds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("registry"),
    )


def downgrade() -> None:
    op.drop_table("listing_cursor")
    op.drop_index("watch_until", table_name="watch")
    op.drop_table("watch")
