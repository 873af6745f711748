"""What the registry answered, for when it cannot be asked: sealed, and found by keyed digests of the tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_cache",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("answer_cache_expires", "answer_cache", ["expires_at"], unique=False)
    op.create_table(
        "answer_token",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("answer", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("answer_token_answer", "answer_token", ["answer"], unique=False)


def downgrade() -> None:
    op.drop_index("answer_token_answer", table_name="answer_token")
    op.drop_table("answer_token")
    op.drop_index("answer_cache_expires", table_name="answer_cache")
    op.drop_table("answer_cache")
