"""A member's copy of the log: grown leaf by leaf, checked without the registry, proof of what was told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard.errors import SignatureInvalid
from shopguard.registry.log.checking import Checked, Wrong
from shopguard.registry.log.copy import LogBroken, LogCopy
from shopguard.registry.log.store import subtree
from shopguard.registry.log.tree import Growing, leaf_hash
from shopguard.registry.signing import Signer

if TYPE_CHECKING:
    from tests.integration.log.conftest import LoggedRegistry

KEYS = [Signer.of_seed(bytes(range(32))).public]
OTHERS = [Signer.of_seed(bytes(32)).public]


@pytest.fixture
def copy(tmp_path: Path) -> LogCopy:
    return LogCopy(tmp_path / "copy.jsonl")


@pytest.fixture
def full(on_file: "LoggedRegistry", copy: LogCopy) -> LogCopy:
    """A copy of eleven leaves, which were told in three parts."""
    for count in (4, 4, 3):
        on_file.grow(count)
        copy.extend(on_file, KEYS)
    return copy


def lines(copy: LogCopy) -> list[str]:
    return copy.path.read_text().splitlines()


def rewrite(copy: LogCopy, change: Callable[[list[str]], list[str]]) -> None:
    copy.path.write_text("".join(f"{line}\n" for line in change(lines(copy))))


def test_a_copy_grows_to_the_newest_head_and_is_right(full: LogCopy, on_file: "LoggedRegistry") -> None:
    assert full.check(KEYS) == Checked(11, 11)
    assert [kept.leaf for kept in full.kept()] == list(on_file.log.leaves(0))
    assert [head.size for head in full.heads(KEYS)] == [4, 8, 11]


def test_a_copy_of_an_empty_log_is_right(on_file: "LoggedRegistry", copy: LogCopy) -> None:
    assert copy.extend(on_file, KEYS).size == 0
    assert copy.check(KEYS) == Checked(0, 0)


def test_nothing_is_proven_under_other_keys(full: LogCopy) -> None:
    assert full.check(OTHERS) == Checked(11, 0)
    assert full.heads(OTHERS) == []


def test_a_head_that_nobody_known_signed_leaves_the_copy_as_it_was(full: LogCopy, on_file: "LoggedRegistry") -> None:
    before = full.path.read_bytes()
    on_file.grow(1)
    with pytest.raises(SignatureInvalid):
        full.extend(on_file, OTHERS)
    assert full.path.read_bytes() == before


def line_of(copy: LogCopy, number: int) -> int:
    return next(at for at, line in enumerate(lines(copy)) if json.loads(line).get("number") == number)


@pytest.mark.parametrize("number", range(11))
def test_a_changed_leaf_is_named(full: LogCopy, number: int) -> None:
    at = line_of(full, number)
    rewrite(full, lambda old: [*old[:at], old[at].replace("entry_opened", "entry_erased"), *old[at + 1 :]])
    assert full.check(KEYS).wrong == Wrong(number, number, "is not what was logged")


@pytest.mark.parametrize("number", range(11))
def test_a_removed_leaf_is_named(full: LogCopy, number: int) -> None:
    at = line_of(full, number)
    rewrite(full, lambda old: [*old[:at], *old[at + 1 :]])
    assert full.check(KEYS).wrong == Wrong(number, number, "is missing")


def test_moved_leaves_are_named(full: LogCopy) -> None:
    at = line_of(full, 5)
    rewrite(full, lambda old: [*old[:at], old[at + 1], old[at], *old[at + 2 :]])
    found = full.check(KEYS).wrong
    assert found is not None
    assert found.first == 5


def test_a_line_that_cannot_be_read_is_named(full: LogCopy) -> None:
    at = line_of(full, 9)
    rewrite(full, lambda old: [*old[:at], "{", *old[at + 1 :]])
    assert full.check(KEYS).wrong == Wrong(9, 9, "cannot be read")
    rewrite(full, lambda old: [*old[:at], *old[at + 1 :]])
    assert full.check(KEYS).wrong == Wrong(9, 9, "is missing")


def test_a_damaged_copy_is_not_written_over(full: LogCopy, on_file: "LoggedRegistry") -> None:
    at = line_of(full, 2)
    rewrite(full, lambda old: [*old[:at], "{", *old[at + 1 :]])
    before = full.path.read_bytes()
    with pytest.raises(LogBroken, match="damaged"):
        full.extend(on_file, KEYS)
    assert full.path.read_bytes() == before


def test_what_a_crash_left_behind_the_last_head_is_fetched_again(full: LogCopy, on_file: "LoggedRegistry") -> None:
    on_file.grow(4)
    full.extend(on_file, KEYS)
    whole = full.path.read_bytes()
    *kept, _head = lines(full)
    full.path.write_text("\n".join(kept)[:-5])
    assert full.extend(on_file, KEYS).size == 15
    assert full.check(KEYS) == Checked(15, 15)
    assert full.path.read_bytes().startswith(whole[: whole.rindex(b'{"type":"head"')])


def test_a_registry_that_tells_an_old_leaf_otherwise_is_found_out(full: LogCopy, on_file: "LoggedRegistry") -> None:
    before = full.path.read_bytes()
    on_file.change("UPDATE leaf SET kind = 'entry_erased' WHERE number = 6")
    on_file.change("DELETE FROM subtree")
    again = type(on_file)(on_file.engine)
    rebuild(again)
    with pytest.raises(LogBroken, match="tells leaf 6 otherwise"):
        full.extend(again, KEYS)
    assert full.path.read_bytes() == before


def test_a_registry_that_became_shorter_is_found_out(full: LogCopy, on_file: "LoggedRegistry") -> None:
    on_file.change("DELETE FROM leaf WHERE number >= 7")
    on_file.change("DELETE FROM subtree WHERE leaf >= 7")
    with pytest.raises(LogBroken, match="has 7 leaves, and had 11"):
        full.extend(on_file, KEYS)


def test_new_leaves_that_are_not_what_was_signed_are_not_kept(full: LogCopy, on_file: "LoggedRegistry") -> None:
    before = full.path.read_bytes()
    on_file.grow(3)
    on_file.change("UPDATE leaf SET at = 0 WHERE number = 12")
    with pytest.raises(LogBroken, match="leaves 11 to 13 is not what it signed"):
        full.extend(on_file, KEYS)
    assert full.path.read_bytes() == before


def test_two_copies_of_one_registry_agree_and_a_split_one_is_shown(
    full: LogCopy, on_file: "LoggedRegistry", tmp_path: Path
) -> None:
    other = LogCopy(tmp_path / "other.jsonl")
    other.extend(on_file, KEYS)
    assert full.difference(other) is None
    on_file.change("UPDATE leaf SET at = 5 WHERE number = 8")
    on_file.change("DELETE FROM subtree")
    rebuild(on_file)
    split = LogCopy(tmp_path / "split.jsonl")
    split.extend(on_file, KEYS)
    assert split.check(KEYS).wrong is None
    assert full.difference(split) == Wrong(8, 8, "is not the same in both")


def rebuild(registry: "LoggedRegistry") -> None:
    """Write every subtree anew, as a registry would that hides what it changed."""
    tree = Growing()
    leaves = registry.log.leaves(0)
    with registry.engine.begin() as connection:
        for number, leaf in enumerate(leaves):
            for level, hash_ in enumerate(tree.add(leaf_hash(leaf.data))):
                connection.execute(subtree.insert(), {"leaf": number, "level": level, "hash": hash_})
