"""The version of the identity rules that an entry's locators were made by: older ones are made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("index_entry", sa.Column("profile", sa.SmallInteger(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("index_entry", "profile")
