"""What the log tells as JSON (bytes as base64), and what anybody can check of it without asking again."""

import msgspec

from shopguard.registry.log.kinds import Leaf
from shopguard.registry.log.tree import leaf_hash, root_through

LOG_HEAD = "/registry/v1/log/head"
LOG_LEAVES = "/registry/v1/log/leaves"
LOG_INCLUSION = "/registry/v1/log/inclusion"
LOG_CONSISTENCY = "/registry/v1/log/consistency"

MOST_LEAVES = 2_000
"""How many leaves one answer holds at most: about 200 KB."""


class HeadShape(msgspec.Struct, frozen=True):
    """The newest signed head: a signed note, see ``heads``."""

    note: str


class Leaves(msgspec.Struct, frozen=True):
    """Leaves from number ``first`` on, in their order; none where the log ends."""

    first: int
    leaves: tuple[Leaf, ...]


class Inclusion(msgspec.Struct, frozen=True):
    """That a leaf stands in the log: with ``path``, it leads to the root of the first ``size`` leaves."""

    number: int
    leaf: Leaf
    size: int
    root: bytes
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        """Whether the leaf does lead to ``root``, which is worth what the signature over it is worth."""
        try:
            return root_through(leaf_hash(self.leaf.data), self.number, self.size, self.path) == self.root
        except ValueError:
            return False


class Consistency(msgspec.Struct, frozen=True):
    """That the log only grew from ``old`` leaves to ``new``; see ``tree.is_consistent``."""

    old: int
    new: int
    path: tuple[bytes, ...]
