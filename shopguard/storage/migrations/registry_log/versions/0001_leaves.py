"""Leaves that can be added and read, but neither changed nor deleted, by whoever uses the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSAL = "leaves are only ever added"


def upgrade() -> None:
    op.create_table(
        "leaf",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("commitment", name="leaf_commitment"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER leaf_{change.lower()} BEFORE {change} ON leaf "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION leaf_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER leaf_change BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf "
        "FOR EACH STATEMENT EXECUTE FUNCTION leaf_refuse()"
    )


def downgrade() -> None:
    op.drop_table("leaf")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION leaf_refuse()")
