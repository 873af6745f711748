"""The log in its store: leaves and the subtrees they complete. The database refuses to change or delete any."""

from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from shopguard.registry.log.checking import Kept
from shopguard.registry.log.kinds import COMMITMENT_BYTES, Leaf, LeafKind
from shopguard.registry.log.shapes import MOST_LEAVES, Consistency, Inclusion
from shopguard.registry.log.tree import (
    Growing,
    Node,
    completed_by,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)
from shopguard.storage.columns import NUMBER
from shopguard.storage.engine import reading, writing

_BATCH = 10_000

metadata = sa.MetaData()

leaf = sa.Table(
    "leaf",
    metadata,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("at", sa.BigInteger(), nullable=False),
    sa.Column("commitment", sa.LargeBinary(), nullable=False),
    sa.UniqueConstraint("commitment", name="leaf_commitment"),
)
"""``number`` counts from 0 without a gap; ``at`` is Unix seconds. The database refuses to change or delete a leaf."""

subtree = sa.Table(
    "subtree",
    metadata,
    sa.Column("leaf", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary(), nullable=False),
    sqlite_with_rowid=False,
)
"""The root of each complete subtree of ``2**level`` leaves, by the last of them: what proofs are made of."""

head = sa.Table(
    "head",
    metadata,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger(), nullable=False),
    sa.Column("size", sa.BigInteger(), nullable=False),
    sa.Column("note", sa.Text(), nullable=False),
)
"""Every head that was signed, as it was signed."""


class Log:
    """The leaves of one registry. ``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self.engine, self._clock = engine, clock

    def append(self, kind: LeafKind, committed: bytes) -> int:
        """Add a leaf and return its number; one that is there already is not added again.

        Args:
            committed: a ``commitment`` (32 bytes); never anything that could be guessed.
        """
        if len(committed) != COMMITMENT_BYTES:
            raise ValueError("a leaf holds a commitment of 32 bytes and nothing else")
        with writing(self.engine) as connection:
            wait_for_turn(connection)
            there = connection.execute(sa.select(leaf.c.number).where(leaf.c.commitment == committed)).scalar()
            if there is not None:
                return int(there)
            number, new = _size(connection), Leaf(kind.value, int(self._clock()), committed)
            connection.execute(leaf.insert(), {"number": number, **_columns(new)})
            hashes = completed_by(_nodes(connection), number, leaf_hash(new.data))
            rows = [{"leaf": number, "level": level, "hash": hash_} for level, hash_ in enumerate(hashes)]
            connection.execute(subtree.insert(), rows)
            return number

    def size(self) -> int:
        """Return how many leaves there are."""
        with reading(self.engine) as connection:
            return _size(connection)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves, or of all; ``ValueError`` if there are fewer."""
        with reading(self.engine) as connection:
            return root_of(_nodes(connection), _wanted(connection, size))

    def goes_on_from(self, earlier: "Log") -> bool:
        """Whether this log begins with all that another one has."""
        size = earlier.size()
        return size <= self.size() and self.root(size) == earlier.root()

    def leaves(self, first: int, most: int = MOST_LEAVES) -> Sequence[Leaf]:
        """Return up to ``most`` leaves from number ``first`` on."""
        wanted = sa.select(leaf).where(leaf.c.number >= first).order_by(leaf.c.number).limit(most)
        with reading(self.engine) as connection:
            return [Leaf(row.kind, row.at, row.commitment) for row in connection.execute(wanted)]

    def inclusion(self, number: int, size: int | None = None) -> Inclusion:
        """Return the proof that leaf ``number`` stands among the first ``size``, or all; else ``ValueError``."""
        with reading(self.engine) as connection:
            wanted, nodes = _wanted(connection, size), _nodes(connection)
            path = inclusion_path(nodes, number, wanted)
            row = connection.execute(sa.select(leaf).where(leaf.c.number == number)).one()
            there = Leaf(row.kind, row.at, row.commitment)
            return Inclusion(number, there, wanted, root_of(nodes, wanted), path)

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Return the proof that the first ``old`` leaves begin the first ``new``, or all; else ``ValueError``."""
        with reading(self.engine) as connection:
            wanted = _wanted(connection, new)
            return Consistency(old, wanted, consistency_path(_nodes(connection), old, wanted))

    def kept(self) -> Iterator[Kept]:
        """Yield every leaf with the subtrees it completes, as they are stored, to be checked.

        Meanwhile leaves may be added; those come too.
        """
        first = 0
        while True:
            within = leaf.c.number >= first
            with reading(self.engine) as connection:
                rows = connection.execute(sa.select(leaf).where(within).order_by(leaf.c.number).limit(_BATCH)).all()
                if not rows:
                    return
                hashes = _hashes(connection, first, rows[-1].number)
            for row in rows:
                yield Kept(row.number, Leaf(row.kind, row.at, row.commitment), hashes.get(row.number, ()))
            first = rows[-1].number + 1


def wait_for_turn(connection: sa.Connection) -> None:
    """Let nobody else add to the log until the end of the transaction."""
    if connection.dialect.name == "postgresql":  # SQLite lets only one write anyway
        connection.exec_driver_sql("LOCK TABLE leaf IN EXCLUSIVE MODE")


def size_and_root(connection: sa.Connection) -> tuple[int, bytes]:
    """Return how many leaves there are, and their root."""
    size = _size(connection)
    return size, Growing.at(_nodes(connection), size).root()


def _size(connection: sa.Connection) -> int:
    last = connection.execute(sa.select(sa.func.max(leaf.c.number))).scalar()
    return 0 if last is None else int(last) + 1


def _wanted(connection: sa.Connection, size: int | None) -> int:
    there = _size(connection)
    if size is not None and not 0 <= size <= there:
        raise ValueError(f"there are {there} leaves, not {size}")
    return there if size is None else size


def _nodes(connection: sa.Connection) -> Node:
    def node(level: int, number: int) -> bytes:
        last = ((number + 1) << level) - 1
        is_it = (subtree.c.leaf == last) & (subtree.c.level == level)
        return bytes(connection.execute(sa.select(subtree.c.hash).where(is_it)).scalar_one())

    return node


def _hashes(connection: sa.Connection, first: int, last: int) -> dict[int, tuple[bytes, ...]]:
    query = sa.select(subtree).where(subtree.c.leaf.between(first, last)).order_by(subtree.c.leaf, subtree.c.level)
    found: dict[int, tuple[bytes, ...]] = {}
    for row in connection.execute(query):
        found[row.leaf] = (*found.get(row.leaf, ()), bytes(row.hash))
    return found


def _columns(new: Leaf) -> dict[str, object]:
    return {"kind": new.kind, "at": new.at, "commitment": new.commitment}
