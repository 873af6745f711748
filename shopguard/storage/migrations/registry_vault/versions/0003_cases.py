"""Reports, evidence, the life of entries, requests of persons, deadlines, letters, and what was done by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("key_number", _number),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("committed", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", _number),
    )
    op.create_index("act_subject", "act", ["subject", "number"])
    unlogged = sa.text("leaf IS NULL")
    op.create_index("act_unlogged", "act", ["number"], postgresql_where=unlogged, sqlite_where=unlogged)
    op.create_table(
        "timer",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("warn_at", sa.Float()),
        sa.UniqueConstraint("subject", "what", name="timer_subject"),
    )
    op.create_index("timer_due", "timer", ["due_at"])
    op.create_index("timer_warn", "timer", ["warn_at"])
    op.create_table(
        "report",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("order_digest", sa.LargeBinary(), nullable=False),
        sa.Column("filed_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("entry", _number),
        sa.Column("urgency", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("held_by", sa.String(length=80)),
        sa.Column("held_until", sa.Float()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("id", name="report_id"),
    )
    shown = ("number", "category", "member", "held_by", "held_until", "filed_at", "urgency")
    op.create_index("report_queue", "report", ["state", sa.text("(filed_at - urgency * 86400.0)"), *shown])
    op.create_index("report_member", "report", ["member", "number"])
    lasts = sa.text("state NOT IN ('withdrawn', 'rejected')")
    op.create_index("report_order", "report", ["order_digest"])
    op.create_index(
        "report_order_once", "report", ["order_digest"], unique=True, postgresql_where=lasts, sqlite_where=lasts
    )
    op.create_index("report_entry", "report", ["entry"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("report", _number, nullable=False),
        sa.Column("size", _number, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("evidence_report", "evidence", ["report"])
    op.create_table(
        "office_check",
        sa.Column("report", _number, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String(length=80), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "office_affiliation",
        sa.Column("account", sa.String(length=80), primary_key=True),
        sa.Column("member", sa.String(length=40), primary_key=True),
    )
    op.create_table(
        "reporter_count",
        sa.Column("member", sa.String(length=40), primary_key=True),
        sa.Column("what", sa.String(length=12), primary_key=True),
        sa.Column("times", sa.Integer(), nullable=False),
    )
    op.create_table(
        "seen_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("telling", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "subject", name="seen_token_pkey"),
    )
    op.create_index("seen_token_subject", "seen_token", ["subject"])
    op.create_table(
        "life",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("ending", sa.String(length=12)),
        sa.Column("merged_into", _number),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.UniqueConstraint("code_digest", name="life_code"),
    )
    op.create_index("life_state", "life", ["state", "number"])
    untold = sa.text("untold")
    op.create_index("life_untold", "life", ["number"], postgresql_where=untold, sqlite_where=untold)
    op.add_column("entry", sa.Column("due_on", sa.Integer()))
    op.create_index("entry_due", "entry", ["due_on"])
    # the first sweep finds out when the rules come to the entries that are there
    undated = "SELECT 'listed:undated', 'listed_undated', 0 WHERE EXISTS (SELECT 1 FROM entry WHERE due_on IS NULL)"
    op.execute(f"INSERT INTO timer (subject, what, due_at) {undated}")
    op.create_table(
        "request",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("entry", _number),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("receipt_digest", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("id", name="request_id"),
        sa.UniqueConstraint("receipt_digest", name="request_receipt"),
    )
    op.create_index("request_state", "request", ["state", "opened_at"])
    op.create_index("request_entry", "request", ["entry"])
    op.create_table(
        "protection",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
    )
    op.create_table(
        "message",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("key_number", _number),
        sa.Column("addressee", sa.String(length=60), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("drafted_at", sa.Float(), nullable=False),
        sa.Column("sent_at", sa.Float()),
        sa.Column("sealed", sa.LargeBinary()),
    )
    op.create_index("message_state", "message", ["state", "number"])
    op.create_index("message_subject", "message", ["subject"])
    op.create_index("message_addressee", "message", ["addressee", "drafted_at"])
    op.create_table(
        "look",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("hour", _number, nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("asked", sa.LargeBinary()),
        sa.Column("handle", sa.LargeBinary()),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("staff_of", sa.String(length=40)),
        sa.Column("searched", sa.LargeBinary()),
        sa.Column("stated_under", _number),
        sa.Column("stated", sa.LargeBinary()),
        sa.Column("hashed", sa.LargeBinary()),
    )
    told, stated = sa.text("handle IS NOT NULL"), sa.text("stated IS NOT NULL")
    op.create_index("look_handle", "look", ["handle"], postgresql_where=told, sqlite_where=told)
    op.create_index("look_stated", "look", ["member", "at"], postgresql_where=stated, sqlite_where=stated)
    op.create_index("look_hour", "look", ["hour"])
    op.create_table(
        "look_root",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("first", _number, nullable=False),
        sa.Column("last", _number, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", _number),
    )
    op.create_table(
        "alarm",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Float(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.Column("raised_at", sa.Float(), nullable=False),
        sa.Column("answered_at", sa.Float()),
        sa.Column("answered_by", sa.String(length=80)),
        sa.UniqueConstraint("code", "member", "about", name="alarm_once"),
    )
    op.create_table(
        "application",
        sa.Column("number", _number, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.UniqueConstraint("id", name="application_id"),
    )
    op.create_table(
        "member_trait",
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member", "kind", "digest", name="member_trait_pkey"),
    )
    op.create_table(
        "invoice_row",
        sa.Column("number", _number, primary_key=True, autoincrement=True),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("amount", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("issued_at", sa.Float(), nullable=False),
        sa.Column("paid_at", sa.Float()),
        sa.UniqueConstraint("member", "what", "month", name="invoice_row_once"),
    )
    op.create_table(
        "erasure_mark",
        sa.Column("journal", sa.String(length=32), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    blocked = sa.text("state = 'blocked'")
    op.create_index("entry_blocked", "entry", ["number"], postgresql_where=blocked, sqlite_where=blocked)


def downgrade() -> None:
    op.drop_table("erasure_mark")
    op.drop_index("entry_blocked", "entry")
    op.drop_index("entry_due", "entry")
    op.drop_column("entry", "due_on")
    tables = (
        "invoice_row",
        "member_trait",
        "application",
        "look",
        "message",
        "protection",
        "request",
        "life",
        "seen_token",
    )
    office = ("reporter_count", "office_affiliation", "office_check")
    for table in (*tables, *office, "alarm", "look_root", "evidence", "report", "timer", "act"):
        op.drop_table(table)
