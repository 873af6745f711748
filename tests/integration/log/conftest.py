"""A log on either database, and the line of a member to it."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.registry.log import Consistency, Heads, Leaf, LeafKind, Log
from shopguard.registry.signing import Signer
from shopguard.registry.stores import migrate_store
from tests.integration.log.backed_up import ENTRY, Registry

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


@pytest.fixture(scope="session")
def listed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a registry of one entry, to be copied."""
    folder = tmp_path_factory.mktemp("listed")
    Keyring.create(folder / "keys.json")
    made = Registry(folder)
    made.home.prepare()
    made.load(ENTRY)
    made.home.close()
    return folder


@pytest.fixture
def listed(tmp_path: Path, listed_folder: Path) -> Iterator[Registry]:
    """A registry of one entry, on SQLite."""
    shutil.copytree(listed_folder, tmp_path / "registry")
    made = Registry(tmp_path / "registry")
    yield made
    made.home.close()
