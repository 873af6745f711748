"""The screens: accounts and sessions, who has what open, notes, the shop's own list, notices, signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("account", _row_id))
    op.add_column("review", sa.Column("shipped", sa.Integer, nullable=False, server_default="0"))
    op.add_column("review", sa.Column("ship_by", sa.Float))
    op.add_column("review", sa.Column("asked_at", sa.Float))
    op.add_column("review", sa.Column("look_by", sa.Float, nullable=False, server_default="0"))
    op.execute("UPDATE review SET look_by = opened_at + 86400")
    op.create_index("review_queue", "review", ["state", "shipped", "look_by", "opened_at", "shop", "order_id"])
    op.create_index("review_counts", "review", ["state", "shop", "verdict"])
    op.create_index("review_decided", "review", ["decided_at"])
    op.create_index("screening_when", "screening", ["screened_at", "shop", "verdict"])
    op.create_table(
        "account",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("shown", sa.String(100), nullable=False),
        sa.Column("roles", sa.String(200), nullable=False),
        sa.Column("shops", sa.Text),
        sa.Column("language", sa.String(5)),
        sa.Column("password", sa.String(200)),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("totp_step", sa.Integer),
        sa.Column("oidc", sa.String(300), unique=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("locked_until", sa.Float),
        sa.Column("closed_at", sa.Float),
        sa.Column("made_at", sa.Float, nullable=False),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("account", _row_id, nullable=False),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("used_at", sa.Float),
    )
    op.create_index("passkey_account", "passkey", ["account"])
    op.create_table(
        "session",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("account", _row_id, nullable=False),
        sa.Column("form_key", sa.String(40), nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("ends_at", sa.Float, nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
    )
    op.create_index("session_account", "session", ["account"])
    op.create_table(
        "presence",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("order_id", sa.String(200), primary_key=True),
        sa.Column("account", _row_id, primary_key=True),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(200), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("note_order", "note", ["shop", "order_id"])
    op.create_table(
        "own_entry",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("person", sa.LargeBinary(16), nullable=False),
        sa.Column("fields", sa.String(100), nullable=False),
        sa.Column("profile", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.Float, nullable=False),
        sa.Column("added_by", sa.String(100), nullable=False),
        sa.UniqueConstraint("shop", "kind", "person", name="own_entry_once"),
    )
    op.create_index("own_entry_shop", "own_entry", ["shop", "kind", "added_at"])
    op.create_table(
        "own_token",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("token", sa.LargeBinary(16), primary_key=True),
        sa.Column("entry", _row_id, primary_key=True),
    )
    op.create_index("own_token_entry", "own_token", ["entry"])
    op.create_table(
        "notice_target",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("shops", sa.Text),
        sa.Column("at_once", sa.Boolean, nullable=False),
        sa.Column("digest_hour", sa.Integer),
        sa.Column("told_until", sa.Float, nullable=False),
        sa.Column("digest_at", sa.Float, nullable=False),
        sa.Column("last_error", sa.String(500)),
        sa.Column("paused_at", sa.Float),
    )
    op.create_table(
        "notice",
        sa.Column("id", _row_id, primary_key=True),
        sa.Column("target", _row_id, nullable=False),
        sa.Column("about", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.String(500)),
        sa.UniqueConstraint("target", "about", name="notice_once"),
    )
    op.create_index("notice_due", "notice", ["state", "due_at"])
    op.create_table(
        "heartbeat",
        sa.Column("process", sa.String(20), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "heartbeat",
        "notice",
        "notice_target",
        "own_token",
        "own_entry",
        "note",
        "presence",
        "session",
        "passkey",
        "account",
    ):
        op.drop_table(table)
    op.drop_index("screening_when", "screening")
    op.drop_index("review_decided", "review")
    op.drop_index("review_counts", "review")
    op.drop_index("review_queue", "review")
    with op.batch_alter_table("review") as batch:
        for column in ("shipped", "ship_by", "asked_at", "look_by"):
            batch.drop_column(column)
    with op.batch_alter_table("sign_in") as batch:
        batch.drop_column("account")
