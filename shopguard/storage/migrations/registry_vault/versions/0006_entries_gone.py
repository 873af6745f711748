"""Entries that have ended, found by what stands for them in looks: one that waited is brought to where it belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    erased = sa.text("state = 'erased'")
    op.create_index("entry_erased", "entry", ["handle"], postgresql_where=erased, sqlite_where=erased)


def downgrade() -> None:
    op.drop_index("entry_erased", "entry")
