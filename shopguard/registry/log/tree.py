"""The Merkle tree of RFC 6962: roots, and proofs that a leaf is in a tree or that a tree only grew. Pure."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
"""Returns the root of the ``number``-th complete subtree of ``2**level`` leaves, given (level, number)."""


def leaf_hash(data: bytes) -> bytes:
    """Return what stands for a leaf in the tree. Source: RFC 6962 section 2.1 (read 2026-11)."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return what stands for two neighbours. Source: RFC 6962 section 2.1 (read 2026-11)."""
    return sha256(b"\1" + left + right).digest()


class Growing:
    """A tree that leaves are added to, in memory that grows with the logarithm of their number."""

    def __init__(self, size: int = 0, complete: Iterable[bytes] = ()) -> None:
        self.size = size
        self._complete = list(complete)  # the roots of complete subtrees, the largest first: one for each bit of size

    @classmethod
    def at(cls, node: Node, size: int) -> "Growing":
        """Return the tree of the first ``size`` leaves of one whose complete subtrees are known."""
        levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
        return cls(size, [node(level, (size >> level) - 1) for level in levels])

    def add(self, hashed: bytes) -> Sequence[bytes]:
        """Add a leaf (its ``leaf_hash``) and return the roots of all subtrees it completes, itself first."""
        completed = completed_by(lambda _level, _number: self._complete.pop(), self.size, hashed)
        self._complete.append(completed[-1])
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of what was added so far."""
        if not self._complete:
            return sha256().digest()
        *larger, root = self._complete
        for left in reversed(larger):
            root = node_hash(left, root)
        return root


def completed_by(node: Node, number: int, hashed: bytes) -> Sequence[bytes]:
    """Return the roots of all subtrees that leaf ``number`` (its ``leaf_hash``) completes, itself first."""
    completed, level = [hashed], 0
    while number >> level & 1:
        completed.append(node_hash(node(level, (number >> level) - 1), completed[-1]))
        level += 1
    return completed


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the Merkle tree hash of ``leaves``."""
    tree = Growing()
    for data in leaves:
        tree.add(leaf_hash(data))
    return tree.root()


def inclusion_path(node: Node, number: int, size: int) -> tuple[bytes, ...]:
    """Return what proves, with the leaf itself, that leaf ``number`` stands in the tree of ``size`` leaves.

    ``ValueError`` if it does not.

    Source: RFC 6962 section 2.1.1 (read 2026-11).
    """
    if not 0 <= number < size:
        raise ValueError(f"there is no leaf {number} in a tree of {size}")
    path = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if number < middle:
            path.append(_range(node, middle, last))
            last = middle
        else:
            path.append(_range(node, first, middle))
            first = middle
    return tuple(reversed(path))


def root_through(hashed: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that ``path`` leads to from a leaf (its ``leaf_hash``); ``ValueError`` if none could.

    Source: RFC 9162 section 2.1.3.2 (read 2026-11).
    """
    if not 0 <= number < size:
        raise ValueError(f"there is no leaf {number} in a tree of {size}")
    at, last, root = number, size - 1, hashed
    for neighbour in path:
        if not last:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            root = node_hash(neighbour, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, neighbour)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return root


def consistency_path(node: Node, old: int, new: int) -> tuple[bytes, ...]:
    """Return what proves that the tree of ``old`` leaves is the beginning of that of ``new``.

    ``ValueError`` unless ``0 <= old <= new``; nothing is needed where either says nothing.

    Source: RFC 6962 section 2.1.2 (read 2026-11).
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves did not grow from one of {old}")
    if old in (0, new):
        return ()
    path = []
    first, last, is_known = 0, new, True
    while first + old != last:
        middle = first + _split(last - first)
        if old <= middle - first:
            path.append(_range(node, middle, last))
            last = middle
        else:
            path.append(_range(node, first, middle))
            old -= middle - first
            first, is_known = middle, False
    if not is_known:
        path.append(_range(node, first, last))
    return tuple(reversed(path))


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves that the tree of ``new`` leaves begins with that of ``old``.

    Source: RFC 9162 section 2.1.4.2 (read 2026-11).
    """
    if not 0 <= old <= new:
        return False
    if old == new:
        return old_root == new_root and not path
    if old == 0:
        return not path
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    rest = list(path) if at else [old_root, *path]  # a complete subtree is its own first step
    if not rest:
        return False
    before = after = rest[0]
    for neighbour in rest[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            before, after = node_hash(neighbour, before), node_hash(neighbour, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, neighbour)
        at, last = at >> 1, last >> 1
    return not last and before == old_root and after == new_root


def root_of(node: Node, size: int) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return Growing.at(node, size).root()


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _range(node: Node, first: int, last: int) -> bytes:
    """The root of the leaves from ``first`` to before ``last``: a subtree as the tree of ``first + size`` has it."""
    size = last - first
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(size)
    return node_hash(_range(node, first, middle), _range(node, middle, last))
