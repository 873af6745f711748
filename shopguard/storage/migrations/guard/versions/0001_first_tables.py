"""The guard's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("shop", sa.String(length=40), nullable=True),
        sa.Column("order_id", sa.String(length=200), nullable=True),
        sa.Column("detail", sa.String(length=500), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_order", "audit", ["shop", "order_id"], unique=False)
    op.create_table(
        "effect",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("argument", sa.String(length=100), nullable=True),
        sa.Column("undo", sa.Text(), nullable=True),
        sa.Column("intended_at", sa.Float(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("worker", sa.String(length=100), nullable=True),
        sa.Column("boot", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("confirmed_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shop", "order_id", "action", "generation", name="effect_once"),
    )
    op.create_index("effect_due", "effect", ["state", "due_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("delivery_key", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("worker", sa.String(length=100), nullable=True),
        sa.Column("boot", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("order_id", sa.String(length=200), nullable=True),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shop", "delivery_key", name="inbox_once"),
    )
    op.create_index("inbox_due", "inbox", ["state", "due_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("placed_at", sa.Float(), nullable=True),
        sa.Column("changed_at", sa.Float(), nullable=True),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("shop", "order_id"),
    )
    op.create_index("orders_number", "orders", ["shop", "number"], unique=False)
    op.create_table(
        "pair_ok",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("buyer", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("shop", "buyer", "entry"),
    )
    op.create_table(
        "platform_token",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("locked_until", sa.Float(), nullable=True),
        sa.Column("locked_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("shop"),
    )
    op.create_table(
        "review",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("shop", "order_id"),
    )
    op.create_index("review_open", "review", ["state", "opened_at"], unique=False)
    op.create_table(
        "screening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("strength", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("screened_at", sa.Float(), nullable=False),
        sa.Column("ask_again_at", sa.Float(), nullable=True),
        sa.Column("asked", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shop", "order_id", "digest", name="screening_once"),
    )
    op.create_index("screening_ask_again", "screening", ["ask_again_at"], unique=False)
    op.create_table(
        "shop_state",
        sa.Column("shop", sa.String(length=40), nullable=False),
        sa.Column("guarded_since", sa.Float(), nullable=True),
        sa.Column("last_event_at", sa.Float(), nullable=True),
        sa.Column("feed_cursor", sa.Float(), nullable=True),
        sa.Column("feed_due_at", sa.Float(), nullable=True),
        sa.Column("feed_by", sa.String(length=150), nullable=True),
        sa.Column("feed_error", sa.String(length=500), nullable=True),
        sa.Column("calls_left", sa.Float(), nullable=True),
        sa.Column("calls_at", sa.Float(), nullable=True),
        sa.Column("alarm_code", sa.String(length=100), nullable=True),
        sa.Column("alarm_text", sa.String(length=500), nullable=True),
        sa.Column("alarm_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("shop"),
    )
    op.create_table(
        "sign_in",
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("link_hash"),
    )


def downgrade() -> None:
    op.drop_table("sign_in")
    op.drop_table("shop_state")
    op.drop_index("screening_ask_again", table_name="screening")
    op.drop_table("screening")
    op.drop_index("review_open", table_name="review")
    op.drop_table("review")
    op.drop_table("platform_token")
    op.drop_table("pair_ok")
    op.drop_index("orders_number", table_name="orders")
    op.drop_table("orders")
    op.drop_index("inbox_due", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("effect_due", table_name="effect")
    op.drop_table("effect")
    op.drop_index("audit_order", table_name="audit")
    op.drop_table("audit")
