"""When an act was and whose, in clear: that stays when its words go with the key of their record; and its leaf."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("act", sa.Column("at", sa.Float()))
    op.add_column("act", sa.Column("by", sa.String(length=120)))
    op.create_index("act_leaf", "act", ["leaf"])


def downgrade() -> None:
    op.drop_index("act_leaf", "act")
    op.drop_column("act", "by")
    op.drop_column("act", "at")
