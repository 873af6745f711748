"""The tree of the log: proofs that hold for what is there, and for nothing else."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.registry.log.tree import (
    Growing,
    completed_by,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    root_of,
    root_through,
    tree_root,
)

LEAVES = [number.to_bytes(2, "big") for number in range(70)]
ROOTS = [tree_root(LEAVES[:size]) for size in range(len(LEAVES) + 1)]
OTHER = sha256(b"other").digest()


def node(level: int, number: int) -> bytes:
    return tree_root(LEAVES[number << level : (number + 1) << level])


def path_by_definition(number: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if number < k:
        return [*path_by_definition(number, leaves[:k]), tree_root(leaves[k:])]
    return [*path_by_definition(number - k, leaves[k:]), tree_root(leaves[:k])]


def subproof_by_definition(m: int, leaves: Sequence[bytes], is_whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2, word for word."""
    if m == len(leaves):
        return [] if is_whole else [tree_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof_by_definition(m, leaves[:k], is_whole), tree_root(leaves[k:])]
    return [*subproof_by_definition(m - k, leaves[k:], False), tree_root(leaves[:k])]


SIZES = st.integers(1, len(LEAVES))
PLACES = SIZES.flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))
STEPS = SIZES.flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new)))


@given(PLACES)
def test_an_inclusion_proof_is_that_of_the_definition_and_leads_to_the_root(place: tuple[int, int]) -> None:
    number, size = place
    path = inclusion_path(node, number, size)
    assert list(path) == path_by_definition(number, LEAVES[:size])
    assert root_through(leaf_hash(LEAVES[number]), number, size, path) == ROOTS[size]


@given(PLACES, st.data())
def test_an_inclusion_proof_holds_for_nothing_else(place: tuple[int, int], data: st.DataObject) -> None:
    number, size = place
    path = inclusion_path(node, number, size)
    hashed = leaf_hash(LEAVES[number])
    assert root_through(OTHER, number, size, path) != ROOTS[size]
    for at in range(len(path)):
        assert root_through(hashed, number, size, (*path[:at], OTHER, *path[at + 1 :])) != ROOTS[size]
    elsewhere = data.draw(st.integers(0, size - 1).filter(lambda other: other != number)) if size > 1 else None
    if elsewhere is not None:
        assert leads_elsewhere(elsewhere, size, hashed, path)
    for wrong in ((*path, OTHER), path[:-1]):
        if wrong != path:
            with pytest.raises(ValueError, match="too"):
                root_through(hashed, number, size, wrong)


def leads_elsewhere(number: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bool:
    try:
        return root_through(hashed, number, size, path) != ROOTS[size]
    except ValueError:
        return True


@given(STEPS)
def test_a_consistency_proof_is_that_of_the_definition_and_holds(step: tuple[int, int]) -> None:
    old, new = step
    path = consistency_path(node, old, new)
    assert list(path) == subproof_by_definition(old, LEAVES[:new], True)
    assert is_consistent(old, ROOTS[old], new, ROOTS[new], path)


@given(STEPS)
def test_a_consistency_proof_holds_for_no_other_tree(step: tuple[int, int]) -> None:
    old, new = step
    path = consistency_path(node, old, new)
    assert not is_consistent(old, OTHER, new, ROOTS[new], path)
    assert not is_consistent(old, ROOTS[old], new, OTHER, path)
    assert not is_consistent(old, ROOTS[old], new, ROOTS[new], (*path, OTHER))
    for at in range(len(path)):
        assert not is_consistent(old, ROOTS[old], new, ROOTS[new], (*path[:at], OTHER, *path[at + 1 :]))
        assert not is_consistent(old, ROOTS[old], new, ROOTS[new], (*path[:at], *path[at + 1 :]))


@pytest.mark.parametrize("changed", range(20))
def test_no_proof_leads_from_a_tree_to_one_in_which_a_leaf_was_changed(changed: int) -> None:
    forged = [*LEAVES[:changed], b"forged", *LEAVES[changed + 1 :]]
    path = consistency_path(lambda level, n: tree_root(forged[n << level : (n + 1) << level]), 20, 33)
    assert not is_consistent(20, ROOTS[20], 33, tree_root(forged[:33]), path)


def test_a_log_that_became_shorter_is_not_consistent() -> None:
    assert not is_consistent(9, ROOTS[9], 8, ROOTS[8], ())
    with pytest.raises(ValueError, match="did not grow"):
        consistency_path(node, 9, 8)


def test_nothing_is_needed_to_grow_from_nothing() -> None:
    assert consistency_path(node, 0, 5) == ()
    assert is_consistent(0, ROOTS[0], 5, ROOTS[5], ())
    assert not is_consistent(0, ROOTS[0], 5, ROOTS[5], (OTHER,))


@pytest.mark.parametrize(("number", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(number: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_path(node, number, size)
    with pytest.raises(ValueError, match="no leaf"):
        root_through(OTHER, number, size, ())


@given(SIZES)
def test_a_tree_goes_on_from_what_is_stored_of_it(size: int) -> None:
    stored = {}
    whole = Growing()
    for number, data in enumerate(LEAVES):
        completed = whole.add(leaf_hash(data))
        stored.update({(level, number >> level): hash_ for level, hash_ in enumerate(completed)})
        assert list(completed_by(lambda level, n: stored[level, n], number, leaf_hash(data))) == list(completed)
    again = Growing.at(lambda level, n: stored[level, n], size)
    assert again.root() == ROOTS[size] == root_of(lambda level, n: stored[level, n], size)
    for data in LEAVES[size:]:
        again.add(leaf_hash(data))
    assert again.root() == ROOTS[-1]
