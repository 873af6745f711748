"""Which change of the index was the last, as both stores know it: one out of another day's backup knows another."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table("change_mark", sa.Column("mark", sa.LargeBinary(), primary_key=True))
    op.bulk_insert(made, [{"mark": b""}])


def downgrade() -> None:
    op.drop_table("change_mark")
