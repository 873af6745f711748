"""What columns of several stores have in common."""

import sqlalchemy as sa

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only for INTEGER
"""The type of a number that rows are counted up by, and of what names one."""
