"""The key of each entry, wrapped by the master."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # there, an INTEGER key is the row itself


def upgrade() -> None:
    op.create_table(
        "entry_key",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("entry_key")
