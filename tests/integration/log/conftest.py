"""A log on either database, and the line of a member to it."""

import os
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from shopguard.registry.log import Consistency, Heads, Leaf, LeafKind, Log
from shopguard.registry.signing import Signer
from shopguard.registry.stores import migrate_store

NOW = 1_793_580_000
SIGNER = Signer.of_seed(bytes(range(32)))
KEYS = [SIGNER.public]


class LoggedRegistry:
    """The log of a registry as a member hears it. ``now`` is its clock."""

    def __init__(self, engine: sa.Engine, signer: Signer = SIGNER) -> None:
        self.now = float(NOW)
        self.engine = engine
        self.log = Log(engine, lambda: self.now)
        self.heads = Heads(self.log, "example", lambda: signer, lambda: self.now)

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.now += 1
            self.log.append(LeafKind.ENTRY_OPENED, os.urandom(32))

    def head(self) -> str:
        return self.heads.sign(anew=True)

    def leaves(self, first: int) -> Sequence[Leaf]:
        return self.log.leaves(first, 3)  # small pages

    def consistency(self, old: int, new: int) -> Consistency:
        return self.log.consistency(old, new)

    def change(self, sql: str) -> None:
        """Do as somebody who owns the database."""
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                for table in ("leaf", "subtree", "head"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            else:
                names = (
                    "leaf_update",
                    "leaf_delete",
                    "subtree_update",
                    "subtree_delete",
                    "head_update",
                    "head_delete",
                )
                for name in names:
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            connection.exec_driver_sql(sql)


@pytest.fixture
def registry(empty_engine: sa.Engine) -> LoggedRegistry:
    """Once on each kind of database."""
    migrate_store(empty_engine, "log")
    return LoggedRegistry(empty_engine)


@pytest.fixture
def on_file(empty_sqlite: sa.Engine) -> LoggedRegistry:
    migrate_store(empty_sqlite, "log")
    return LoggedRegistry(empty_sqlite)
