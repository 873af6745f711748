"""How many searches the persons at a member have used up, apart from what its guards ask; what a key is not for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "searching",
        sa.Column(
            "member", sa.String(length=40), sa.ForeignKey("member.member", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("member_key", sa.Column("barred", sa.String(length=40), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("member_key", "barred")
    op.drop_table("searching")
