"""Which surnames a phone number was lately given with, as keyed digests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_use",
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("surname", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("phone", "surname"),
    )
    op.create_index("phone_use_seen", "phone_use", ["seen_at"], unique=False)


def downgrade() -> None:
    op.drop_index("phone_use_seen", table_name="phone_use")
    op.drop_table("phone_use")
