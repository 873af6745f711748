"""The registry's log: leaves only ever added, under the tree of RFC 6962, on both databases."""

import threading
from hashlib import sha256

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shopguard.registry.log import LeafKind, Log, commitment, leaf, metadata, tree_root
from shopguard.registry.stores import history_of, migrate_store
from shopguard.storage import engine as storage

INPUTS = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The inputs and roots of the reference tree of Certificate Transparency."""
NOW = 1_793_580_000.5
SALT = bytes(16)


@pytest.fixture
def store(empty_engine: sa.Engine) -> sa.Engine:
    migrate_store(empty_engine, "log")
    return empty_engine


@pytest.fixture
def log(store: sa.Engine) -> Log:
    return Log(store, lambda: NOW)


def committed(content: str) -> bytes:
    return commitment(SALT, content.encode())


@pytest.mark.parametrize("size", range(9))
def test_the_tree_is_that_of_certificate_transparency(size: int) -> None:
    assert tree_root(map(bytes.fromhex, INPUTS[:size])).hex() == ROOTS[size]


def slow_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, word for word."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def test_the_tree_of_any_size_is_that_of_the_definition() -> None:
    leaves = [number.to_bytes(2, "big") for number in range(70)]
    for size in range(1, len(leaves)):
        assert tree_root(leaves[:size]) == slow_root(leaves[:size])


def test_leaves_count_from_zero_and_the_root_covers_kind_time_and_commitment(log: Log) -> None:
    first, second = committed("one"), committed("two")
    assert log.root() == sha256().digest()
    assert log.append(LeafKind.MEMBER_CREATED, first) == 0
    assert log.append(LeafKind.MEMBER_LEFT, second) == 1
    assert log.size() == 2
    written = [
        f"sg1/leaf\nmember_created\n1793580000\n{first.hex()}".encode(),
        f"sg1/leaf\nmember_left\n1793580000\n{second.hex()}".encode(),
    ]
    assert log.root() == tree_root(written)
    assert log.root(1) == tree_root(written[:1])
    assert log.root(0) == tree_root([])


@pytest.mark.parametrize("size", [-1, 2])
def test_a_root_of_leaves_that_are_not_there_is_refused(log: Log, size: int) -> None:
    log.append(LeafKind.MEMBER_CREATED, committed("one"))
    with pytest.raises(ValueError, match="leaves"):
        log.root(size)


def test_a_leaf_that_is_there_is_not_added_again(log: Log) -> None:
    log.append(LeafKind.MEMBER_CREATED, committed("one"))
    log.append(LeafKind.MEMBER_CREATED, committed("two"))
    assert log.append(LeafKind.MEMBER_CREATED, committed("one")) == 0
    assert log.size() == 2


@pytest.mark.parametrize("content", [b"", b"member: shop-1", bytes(31), bytes(33)])
def test_a_leaf_holds_nothing_but_a_commitment(log: Log, content: bytes) -> None:
    with pytest.raises(ValueError, match="commitment"):
        log.append(LeafKind.MEMBER_CREATED, content)
    assert log.size() == 0


def test_a_commitment_needs_its_salt() -> None:
    assert commitment(b"a" * 16, b"content") != commitment(b"b" * 16, b"content")


@pytest.mark.parametrize("statement", [sa.delete(leaf), sa.update(leaf).values(at=0)])
def test_the_database_refuses_to_change_what_was_logged(log: Log, store: sa.Engine, statement: sa.Executable) -> None:
    log.append(LeafKind.MEMBER_CREATED, committed("one"))
    root = log.root()
    with pytest.raises(sa.exc.DBAPIError, match="only ever added"), store.begin() as connection:
        connection.execute(statement)
    assert log.root() == root


def test_writers_at_once_leave_no_gap(log: Log) -> None:
    def write(name: str) -> None:
        for number in range(10):
            log.append(LeafKind.MEMBER_BUDGET, committed(f"{name}-{number}"))

    threads = [threading.Thread(target=write, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.size() == 40
    with log.engine.connect() as connection:
        numbers = list(connection.execute(sa.select(leaf.c.number).order_by(leaf.c.number)).scalars())
    assert numbers == list(range(40))


def test_the_migration_makes_these_tables_and_leads_back(store: sa.Engine) -> None:
    history = history_of("log")
    with store.connect() as connection:
        options = {"version_table": storage.version_table(history), "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    with store.begin() as connection:
        config = storage._alembic(history)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(sa.inspect(store).get_table_names()) <= {storage.version_table(history)}
    migrate_store(store, "log")
