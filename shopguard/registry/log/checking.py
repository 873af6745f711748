"""Finding the first leaf that is not what was logged, from leaves and heads alone: nobody is asked."""

from collections.abc import Iterable, Sequence

import msgspec

from shopguard.registry.log.heads import Head
from shopguard.registry.log.kinds import Leaf
from shopguard.registry.log.tree import Growing, leaf_hash


class Kept(msgspec.Struct, frozen=True, tag="leaf"):
    """A leaf as somebody keeps it. ``hashes`` are the roots of the subtrees it completes, itself first."""

    number: int
    leaf: Leaf
    hashes: tuple[bytes, ...]


class Wrong(msgspec.Struct, frozen=True):
    """Where a log is not what it was: in one of the leaves from ``first`` to ``last``, most often a single one."""

    first: int
    last: int
    why: str

    def __str__(self) -> str:
        if self.first == self.last:
            return f"leaf {self.first} {self.why}"
        return f"one of the leaves {self.first} to {self.last} {self.why}"


class Checked(msgspec.Struct, frozen=True):
    """What checking found. ``covered`` leaves stand under a signed head; ``wrong`` None: all is as it was logged."""

    size: int
    covered: int
    wrong: Wrong | None = None


_CHANGED = "is not what was logged"
_MISSING = "is missing"


def check(kept: Iterable[Kept], heads: Iterable[Head]) -> Checked:
    """Return whether the leaves ``kept``, in their order, are those that ``heads`` (proven) were signed over."""
    tree, covered = Growing(), 0
    waiting = sorted(heads, key=lambda head: head.size, reverse=True)

    def unfitting() -> Wrong | None:
        nonlocal covered
        while waiting and waiting[-1].size == tree.size:
            if waiting.pop().root != tree.root():
                last = max(tree.size - 1, 0)
                return Wrong(min(covered, last), last, _CHANGED)
            covered = tree.size
        return None

    wrong = unfitting()
    for one in kept:
        wrong = wrong or _misplaced(one, tree.size)
        wrong = wrong or _changed(one, tree.add(leaf_hash(one.leaf.data))) or unfitting()
        if wrong:
            return Checked(tree.size, covered, wrong)
    if waiting:
        wrong = Wrong(tree.size, waiting[0].size - 1, _MISSING)
    return Checked(tree.size, covered, wrong)


def first_difference(ours: Iterable[Kept], theirs: Iterable[Kept]) -> Wrong | None:
    """Return the first leaf that two copies tell differently, or None; one may be longer than the other."""
    for one, other in zip(ours, theirs, strict=False):
        if (one.number, one.leaf) != (other.number, other.leaf):
            number = min(one.number, other.number)
            return Wrong(number, number, "is not the same in both")
    return None


def _misplaced(one: Kept, wanted: int) -> Wrong | None:
    if one.number == wanted:
        return None
    return Wrong(wanted, wanted, _MISSING if one.number > wanted else "stands at another's place")


def _changed(one: Kept, completed: Sequence[bytes]) -> Wrong | None:
    if len(one.hashes) != len(completed):
        return Wrong(one.number, one.number, _CHANGED)
    for level, (ours, theirs) in enumerate(zip(completed, one.hashes, strict=True)):
        if ours != theirs:
            return Wrong(one.number + 1 - 2**level, one.number, _CHANGED)
    return None
