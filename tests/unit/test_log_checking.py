"""Checking a log off line: whatever is changed, taken away or moved is found, and said where."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import pytest

from shopguard.registry.log.checking import Checked, Kept, Wrong, check, first_difference
from shopguard.registry.log.heads import Head
from shopguard.registry.log.kinds import Leaf, LeafKind
from shopguard.registry.log.tree import Growing, leaf_hash

CHANGED = "is not what was logged"


def leaf_of(number: int) -> Leaf:
    return Leaf(LeafKind.ENTRY_OPENED, 1_793_580_000 + number, number.to_bytes(32, "big"))


def kept(count: int, leaf: Callable[[int], Leaf] = leaf_of) -> list[Kept]:
    """A log that somebody wrote from its beginning."""
    tree = Growing()
    made = []
    for number in range(count):
        one = leaf(number)
        made.append(Kept(number, one, tuple(tree.add(leaf_hash(one.data)))))
    return made


def head(size: int) -> Head:
    tree = Growing()
    for one in kept(size):
        tree.add(leaf_hash(one.leaf.data))
    return Head("shopguard/example", size, tree.root(), 1_793_580_000 + size)


HEADS = [head(4), head(8), head(11)]
LEAVES = kept(11)


def forged(number: int) -> Leaf:
    return msgspec.structs.replace(leaf_of(number), kind=LeafKind.ENTRY_ERASED)


def with_leaf(number: int, leaf: Leaf) -> list[Kept]:
    return [msgspec.structs.replace(one, leaf=leaf) if one.number == number else one for one in LEAVES]


def test_a_log_as_it_was_written_is_found_right() -> None:
    assert check(LEAVES, HEADS) == Checked(11, 11)
    assert check(LEAVES, reversed(HEADS)) == Checked(11, 11)


def test_what_no_head_covers_yet_is_said() -> None:
    assert check(LEAVES, HEADS[:2]) == Checked(11, 8)
    assert check(LEAVES, []) == Checked(11, 0)


def test_an_empty_log_is_right() -> None:
    assert check([], []) == Checked(0, 0)
    assert check([], [head(0)]) == Checked(0, 0)


@pytest.mark.parametrize("number", range(11))
@pytest.mark.parametrize("part", ["kind", "at", "commitment"])
def test_a_changed_leaf_is_named(number: int, part: str) -> None:
    values = {"kind": "searched", "at": 5, "commitment": bytes(31) + b"x"}
    changed = msgspec.structs.replace(leaf_of(number), **{part: values[part]})
    assert check(with_leaf(number, changed), HEADS).wrong == Wrong(number, number, CHANGED)


@pytest.mark.parametrize("number", range(10))
def test_a_leaf_that_was_taken_away_is_named(number: int) -> None:
    found = check([one for one in LEAVES if one.number != number], HEADS).wrong
    assert found == Wrong(number, number, "is missing")


@pytest.mark.parametrize("number", range(10))
def test_a_leaf_that_was_taken_away_is_named_also_when_the_others_close_the_gap(number: int) -> None:
    closed = [
        msgspec.structs.replace(one, number=one.number - 1) if one.number > number else one
        for one in LEAVES
        if one.number != number
    ]
    found = check(closed, HEADS).wrong
    assert found is not None
    assert (found.first, found.why) == (number, CHANGED)


def test_leaves_missing_at_the_end_are_named() -> None:
    assert check(LEAVES[:9], HEADS).wrong == Wrong(9, 10, "is missing")


@pytest.mark.parametrize("number", range(10))
def test_two_leaves_that_changed_places_are_named(number: int) -> None:
    swapped = [*LEAVES[:number], LEAVES[number + 1], LEAVES[number], *LEAVES[number + 2 :]]
    found = check(swapped, HEADS).wrong
    assert found is not None
    assert found.first == found.last == number
    renumbered = [msgspec.structs.replace(one, number=at) for at, one in enumerate(swapped)]
    found = check(renumbered, HEADS).wrong
    assert found is not None
    assert (found.first, found.why) == (number, CHANGED)


def test_a_leaf_written_twice_is_named() -> None:
    found = check([*LEAVES[:5], LEAVES[4], *LEAVES[5:]], HEADS).wrong
    assert found == Wrong(5, 5, "stands at another's place")


@pytest.mark.parametrize("number", range(11))
def test_a_leaf_changed_together_with_its_own_hash_is_found_beside_its_neighbour(number: int) -> None:
    leaf = forged(number)
    changed = [
        msgspec.structs.replace(one, leaf=leaf, hashes=(leaf_hash(leaf.data), *one.hashes[1:]))
        if one.number == number
        else one
        for one in LEAVES
    ]
    found = check(changed, HEADS).wrong
    assert found is not None
    assert found.first <= number <= found.last
    assert found.last - found.first <= (2 if number == 10 else 1)


@pytest.mark.parametrize(("number", "first", "last"), [(0, 0, 3), (3, 0, 3), (4, 4, 7), (7, 4, 7), (9, 8, 10)])
def test_a_log_written_anew_is_found_between_two_heads(number: int, first: int, last: int) -> None:
    anew = kept(11, lambda n: forged(n) if n == number else leaf_of(n))
    assert check(anew, HEADS).wrong == Wrong(first, last, CHANGED)
    assert check(anew, HEADS).covered == first


def test_a_head_over_nothing_that_says_something_else_is_found() -> None:
    lying = replace(head(0), root=bytes(32))
    assert check(LEAVES, [lying]).wrong == Wrong(0, 0, CHANGED)


@pytest.mark.parametrize(("ours", "theirs"), [(11, 11), (5, 11), (11, 5), (0, 11)])
def test_two_copies_of_one_log_do_not_differ(ours: int, theirs: int) -> None:
    assert first_difference(kept(ours), kept(theirs)) is None


@pytest.mark.parametrize("number", range(11))
def test_the_first_leaf_that_two_copies_tell_differently_is_named(number: int) -> None:
    def leaf(n: int) -> Leaf:
        return forged(n) if n >= number else leaf_of(n)

    assert first_difference(LEAVES, kept(11, leaf)) == Wrong(number, number, "is not the same in both")


def says(wrongs: Sequence[Wrong]) -> list[str]:
    return [str(wrong) for wrong in wrongs]


def test_what_is_wrong_is_said_in_a_sentence() -> None:
    assert says([Wrong(3, 3, CHANGED), Wrong(4, 7, CHANGED)]) == [
        "leaf 3 is not what was logged",
        "one of the leaves 4 to 7 is not what was logged",
    ]
