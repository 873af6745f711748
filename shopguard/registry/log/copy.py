"""A copy of the log in one file, leaves and the heads that prove them: to be checked without the registry."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from shopguard.errors import ShopGuardError, SignatureInvalid
from shopguard.registry.log.checking import Checked, Kept, Wrong, check, first_difference
from shopguard.registry.log.heads import Head, read_head
from shopguard.registry.log.kinds import Leaf
from shopguard.registry.log.tree import Growing, leaf_hash


class LogBroken(ShopGuardError):
    """The registry tells its log otherwise than it did before, or than it signed; the message says where."""


class SignedHead(msgspec.Struct, frozen=True, tag="head"):
    note: str


class LogFeed(Protocol):
    """Where a log is told: the registry itself, or a member's line to it."""

    def head(self) -> str:
        """Return the newest signed head."""
        ...

    def leaves(self, first: int) -> Sequence[Leaf]:
        """Return some of the leaves from a number on; none where the log ends."""
        ...


_decoder = msgspec.json.Decoder(Kept | SignedHead)
_encode = msgspec.json.Encoder().encode


class LogCopy:
    """The copy at ``path``, one JSON object to a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self, keys: Sequence[bytes]) -> Checked:
        """Return whether it is as the registry signed it, under any of ``keys`` (public, 32 bytes each)."""
        found = check(self.kept(), self.heads(keys))
        if found.wrong is None and self._unread():
            return Checked(found.size, found.covered, Wrong(found.size, found.size, "cannot be read"))
        return found

    def difference(self, other: "LogCopy") -> Wrong | None:
        """Return the first leaf that another copy tells otherwise, or None."""
        return first_difference(self.kept(), other.kept())

    def extend(self, feed: LogFeed, keys: Sequence[bytes]) -> Head:
        """Bring the copy to the newest head and return that; what was told is kept only if it leads there.

        ``LogBroken`` if the log does not go on from this copy, ``SignatureInvalid`` if its head is not signed.
        """
        if b'"head"' in self._unread():
            raise LogBroken(f"{self.path}: is damaged: keep it, and begin another")
        note = feed.head()
        head = read_head(note, keys)
        tree, end = self._proven()
        first = tree.size
        with self.path.open("r+b" if self.path.exists() else "x+b") as file:
            file.truncate(end)
            file.seek(end)
            file.writelines(_encode(kept) + b"\n" for kept in _told(feed, tree, head.size))
            if (tree.size, tree.root()) != (head.size, head.root):
                file.truncate(end)
                raise LogBroken(self._otherwise(feed, first, head))
            file.write(_encode(SignedHead(note)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return head

    def kept(self) -> Iterator[Kept]:
        """Yield the leaves, up to the first line that cannot be read."""
        return (line for _, line in self._lines() if isinstance(line, Kept))

    def heads(self, keys: Sequence[bytes]) -> Sequence[Head]:
        """Return those heads that are signed under one of ``keys``; of a key that was retired, nothing is proven."""
        return proven((line.note for _, line in self._lines() if isinstance(line, SignedHead)), keys)

    def _lines(self) -> Iterator[tuple[int, Kept | SignedHead]]:
        """Each line with the byte it ends at, up to the first that cannot be read."""
        if not self.path.exists():
            return
        end = 0
        with self.path.open("rb") as file:
            for text in file:
                end += len(text)
                try:
                    yield end, _decoder.decode(text)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    return

    def _unread(self) -> bytes:
        """What comes after the last line that can be read."""
        end = max((end for end, _ in self._lines()), default=0)
        return self.path.read_bytes()[end:] if self.path.exists() else b""

    def _proven(self) -> tuple[Growing, int]:
        """The tree up to the last head, and the byte it ends at: what a crash left after it was never proven."""
        hashes, proven_size, proven_end = [], 0, 0
        for end, line in self._lines():
            if isinstance(line, Kept):
                hashes.append(leaf_hash(line.leaf.data))
            else:
                proven_size, proven_end = len(hashes), end
        tree = Growing()
        for hashed in hashes[:proven_size]:
            tree.add(hashed)
        return tree, proven_end

    def _otherwise(self, feed: LogFeed, first: int, head: Head) -> str:
        told = _told(feed, Growing(), head.size)
        if wrong := first_difference(self.kept(), told):
            return f"the registry tells leaf {wrong.first} otherwise than it did: keep this copy, it proves it"
        if head.size < first:
            return f"the registry's log has {head.size} leaves, and had {first}: keep this copy, it proves it"
        return f"what the registry tells of leaves {first} to {head.size - 1} is not what it signed"


def proven(notes: Iterable[str], keys: Sequence[bytes]) -> Sequence[Head]:
    """Return those heads that are signed under one of ``keys``; of a key that was retired, nothing is proven."""
    heads = []
    for note in notes:
        with suppress(SignatureInvalid):
            heads.append(read_head(note, keys))
    return heads


def _told(feed: LogFeed, tree: Growing, size: int) -> Iterator[Kept]:
    """The leaves that are told from where ``tree`` ends up to ``size``, each added to it."""
    while tree.size < size:
        page = feed.leaves(tree.size)[: size - tree.size]
        if not page:
            return
        for leaf in page:
            number = tree.size
            yield Kept(number, leaf, tuple(tree.add(leaf_hash(leaf.data))))
