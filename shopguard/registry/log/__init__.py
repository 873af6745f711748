"""The registry's log: leaves that are only ever added, in one hash tree, so that nothing can be taken back unseen.

A leaf says that something happened, of what kind and when; what exactly, only its salt (kept in the vault) can show.
"""

from shopguard.registry.log.kinds import Leaf, LeafKind, commitment
from shopguard.registry.log.shapes import Consistency, Inclusion
from shopguard.registry.log.signing import Heads
from shopguard.registry.log.store import Log, leaf, metadata
from shopguard.registry.log.tree import tree_root

__all__ = [
    "Consistency",
    "Heads",
    "Inclusion",
    "Leaf",
    "LeafKind",
    "Log",
    "commitment",
    "leaf",
    "metadata",
    "tree_root",
]
