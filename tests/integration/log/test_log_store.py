"""The log in its store: proofs of what is there, heads once an hour, and what the database refuses."""

from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command

from shopguard.registry.log import Inclusion, LeafKind, Log, commitment
from shopguard.registry.log.checking import Wrong, check
from shopguard.registry.log.copy import proven
from shopguard.registry.log.heads import read_head
from shopguard.registry.log.tree import is_consistent, tree_root
from shopguard.registry.signing import Signer
from shopguard.storage import engine as storage

if TYPE_CHECKING:
    from tests.integration.log.conftest import LoggedRegistry

SIGNER = Signer.of_seed(bytes(range(32)))
KEYS = [SIGNER.public]


def test_every_leaf_is_proven_in_every_tree_that_has_it(registry: "LoggedRegistry") -> None:
    registry.grow(9)
    leaves = registry.log.leaves(0)
    for size in range(1, 10):
        root = tree_root(leaf.data for leaf in leaves[:size])
        for number in range(size):
            proof = registry.log.inclusion(number, size)
            assert (proof.number, proof.leaf, proof.size, proof.root) == (number, leaves[number], size, root)
            assert proof.holds()
    assert registry.log.inclusion(4).size == 9


def test_a_proof_that_was_changed_does_not_hold(registry: "LoggedRegistry") -> None:
    registry.grow(5)
    proof = registry.log.inclusion(3, 5)
    changed = {"number": 2, "size": 4, "root": bytes(32), "path": proof.path[:-1]}
    assert [msgspec.structs.replace(proof, **{name: value}).holds() for name, value in changed.items()] == [False] * 4
    other = msgspec.structs.replace(proof.leaf, at=0)
    assert not msgspec.structs.replace(proof, leaf=other).holds()


def test_a_proof_travels_as_json_and_says_what_it_is_of_to_whoever_knows_the_salt(registry: "LoggedRegistry") -> None:
    salt, content = b"s" * 32, b"what was filed"
    number = registry.log.append(LeafKind.REPORT_RECEIVED, commitment(salt, content))
    registry.grow(3)
    proof = msgspec.json.decode(msgspec.json.encode(registry.log.inclusion(number)), type=Inclusion)
    assert proof.holds()
    assert proof.leaf.commitment == commitment(salt, content)


def test_every_tree_is_proven_to_go_on_from_every_earlier_one(registry: "LoggedRegistry") -> None:
    registry.grow(9)
    for new in range(1, 10):
        for old in range(1, new + 1):
            path = registry.log.consistency(old, new).path
            assert is_consistent(old, registry.log.root(old), new, registry.log.root(new), path)


@pytest.mark.parametrize(("number", "size"), [(3, 3), (0, 4), (-1, None), (3, None)])
def test_what_is_not_there_has_no_proof(registry: "LoggedRegistry", number: int, size: int | None) -> None:
    registry.grow(3)
    with pytest.raises(ValueError, match="there"):
        registry.log.inclusion(number, size)


def test_a_head_is_signed_once_an_hour(registry: "LoggedRegistry") -> None:
    registry.grow(2)
    assert registry.heads.sign_if_due()
    first = registry.heads.newest()
    registry.grow(1)
    registry.now += 3_590
    assert not registry.heads.sign_if_due()
    assert registry.heads.newest() == first
    registry.now += 10
    assert registry.heads.sign_if_due()
    heads = [read_head(note, KEYS) for note in registry.heads.all()]
    assert [(head.size, head.root) for head in heads] == [(2, registry.log.root(2)), (3, registry.log.root(3))]
    assert [head.origin for head in heads] == ["shopguard/example"] * 2


def test_a_clock_that_was_set_back_does_not_stop_the_heads(registry: "LoggedRegistry") -> None:
    registry.heads.sign_if_due()
    registry.now -= 86_400
    assert registry.heads.sign_if_due()


def test_the_newest_head_is_signed_when_somebody_asks_and_there_is_none(registry: "LoggedRegistry") -> None:
    head = read_head(registry.heads.newest(), KEYS)
    assert (head.size, head.at) == (0, int(registry.now))
    assert len(registry.heads.all()) == 1


@pytest.mark.parametrize("table", ["leaf", "subtree", "head"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_the_database_refuses_to_take_anything_back(registry: "LoggedRegistry", table: str, statement: str) -> None:
    registry.grow(2)
    registry.heads.sign_if_due()
    column = {"leaf": "at = 0", "subtree": "level = 7", "head": "at = 0"}[table]
    with pytest.raises(sa.exc.DBAPIError, match="only ever added"), registry.engine.begin() as connection:
        connection.exec_driver_sql(statement.format(table, column))


def checked(registry: "LoggedRegistry") -> Wrong | None:
    return check(registry.log.kept(), proven(registry.heads.all(), KEYS)).wrong


def test_a_log_that_nobody_touched_is_found_right(registry: "LoggedRegistry") -> None:
    registry.grow(4)
    registry.heads.sign_if_due()
    registry.grow(3)
    assert checked(registry) is None


@pytest.mark.parametrize(
    ("sql", "first", "why"),
    [
        ("UPDATE leaf SET kind = 'entry_erased' WHERE number = 5", 5, "is not what was logged"),
        ("UPDATE leaf SET at = at + 1 WHERE number = 2", 2, "is not what was logged"),
        ("DELETE FROM leaf WHERE number = 3", 3, "is missing"),
        ("DELETE FROM leaf WHERE number >= 5", 5, "is missing"),
        ("DELETE FROM subtree WHERE leaf = 4", 4, "is not what was logged"),
    ],
)
def test_whoever_owns_the_database_is_found_out(registry: "LoggedRegistry", sql: str, first: int, why: str) -> None:
    registry.grow(6)
    registry.heads.sign_if_due()
    registry.change(sql)
    wrong = checked(registry)
    assert wrong is not None
    assert (wrong.first, wrong.why) == (first, why)


def test_leaves_of_an_older_version_get_the_subtrees_they_miss(registry: "LoggedRegistry") -> None:
    registry.grow(7)
    root = registry.log.root()
    with registry.engine.begin() as connection:
        config = storage._alembic("registry_log")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        command.upgrade(config, "head")
    again = Log(registry.engine, lambda: registry.now)
    assert again.root() == root
    assert all(again.inclusion(number).holds() for number in range(7))
    registry.grow(2)
    assert checked(registry) is None
