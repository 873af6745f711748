"""A member that has seen one head of the log believes no other history, and keeps the proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shopguard.registry.client.witness import Witness
from shopguard.registry.log import Consistency
from shopguard.registry.log.copy import LogBroken
from shopguard.registry.log.heads import read_head
from shopguard.registry.signing import Signer

if TYPE_CHECKING:
    from tests.integration.log.conftest import LoggedRegistry

KEYS = [Signer.of_seed(bytes(range(32))).public]


def witness_of(registry: "LoggedRegistry", folder: Path, keys: Sequence[bytes] = KEYS) -> Witness:
    return Witness(folder / "log.head", registry, lambda: keys, lambda: registry.now)


@pytest.fixture
def witness(on_file: "LoggedRegistry", tmp_path: Path) -> Witness:
    """A member that has seen a log of five leaves."""
    on_file.grow(5)
    made = witness_of(on_file, tmp_path)
    made.look()
    return made


def test_a_log_that_grows_is_believed(witness: Witness, on_file: "LoggedRegistry") -> None:
    for size in (5, 6, 14):
        on_file.grow(size - on_file.log.size())
        assert witness.look().size == size
        assert witness.last() == read_head(witness.path.read_text(), KEYS)
    assert not witness.contradiction.exists()


def test_the_last_head_is_remembered_by_the_next_process(
    witness: Witness, on_file: "LoggedRegistry", tmp_path: Path
) -> None:
    last = witness_of(on_file, tmp_path).last()
    assert last is not None
    assert (last.size, last.root) == (5, on_file.log.root(5))


def shorten(registry: "LoggedRegistry") -> None:
    registry.change("DELETE FROM leaf WHERE number >= 3")
    registry.change("DELETE FROM subtree WHERE leaf >= 3")


def test_a_log_that_became_shorter_is_not_believed_and_the_proof_is_kept(
    witness: Witness, on_file: "LoggedRegistry"
) -> None:
    seen = witness.last()
    shorten(on_file)
    with pytest.raises(LogBroken, match="of 3 leaves does not go on from the 5"):
        witness.look()
    assert witness.last() == seen
    assert read_head(witness.contradiction.read_text(), KEYS).size == 3


def test_a_log_that_grew_again_after_it_was_cut_is_not_believed(witness: Witness, on_file: "LoggedRegistry") -> None:
    shorten(on_file)
    on_file.grow(2)
    with pytest.raises(LogBroken, match="of 5 leaves does not go on from the 5"):
        witness.look()
    on_file.grow(4)
    with pytest.raises(LogBroken, match="of 9 leaves does not go on from the 5"):
        witness.look()


def test_a_proof_of_something_else_is_not_believed(
    witness: Witness, on_file: "LoggedRegistry", monkeypatch: pytest.MonkeyPatch
) -> None:
    on_file.grow(4)
    monkeypatch.setattr(on_file, "consistency", lambda old, new: Consistency(old, new, (bytes(32),) * 3))
    with pytest.raises(LogBroken, match="does not go on"):
        witness.look()


def test_a_head_under_an_unknown_key_is_not_believed(on_file: "LoggedRegistry", tmp_path: Path) -> None:
    stranger = witness_of(on_file, tmp_path, [bytes(32)])
    with pytest.raises(LogBroken, match="no known key"):
        stranger.look()
    assert stranger.last() is None


def test_a_registry_of_another_name_is_not_believed(witness: Witness, on_file: "LoggedRegistry") -> None:
    on_file.heads.origin = "shopguard/another"
    with pytest.raises(LogBroken, match="does not go on"):
        witness.look()


def test_a_registry_that_signs_no_more_heads_is_noticed(
    witness: Witness, on_file: "LoggedRegistry", monkeypatch: pytest.MonkeyPatch
) -> None:
    old = on_file.head()
    monkeypatch.setattr(on_file, "head", lambda: old)
    witness.look()
    on_file.now += 3 * 3_600 + 1
    with pytest.raises(LogBroken, match="no head of its log for hours"):
        witness.look()


def test_a_member_that_was_told_what_happened_begins_anew(witness: Witness, on_file: "LoggedRegistry") -> None:
    shorten(on_file)
    with pytest.raises(LogBroken):
        witness.look()
    witness.begin_anew()
    assert witness.look().size == 3
    assert not witness.contradiction.exists()
