"""A member keeps the last head of the registry's log it saw, and notices when the log does not go on from it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from shopguard.errors import SignatureInvalid
from shopguard.private_file import write_private
from shopguard.registry.log.copy import LogBroken
from shopguard.registry.log.heads import Head, read_head, recall_head
from shopguard.registry.log.shapes import Consistency
from shopguard.registry.log.tree import is_consistent

LATE_S = 3 * 3_600
"""How old the newest head may be: one is signed every hour."""


class Telling(Protocol):
    """What is needed of ``LogLine``."""

    def head(self) -> str: ...

    def consistency(self, old: int, new: int) -> Consistency: ...


class Witness:
    """Believes one history of the log only.

    Args:
        path: the file of the last head. One that contradicts it is kept beside it, for both are signed.
        keys: returns the public keys that the registry's answers are believed under.
        clock: Unix seconds.
    """

    def __init__(
        self, path: Path, line: Telling, keys: Callable[[], Sequence[bytes]], clock: Callable[[], float]
    ) -> None:
        self.path, self._line, self._keys, self._clock = path, line, keys, clock

    @property
    def contradiction(self) -> Path:
        """Where a head is kept that does not go on from the last one."""
        return self.path.with_name(f"{self.path.name}.contradiction")

    def look(self) -> Head:
        """Ask for the newest head, make sure that it goes on from the last one, keep and return it.

        ``LogBroken`` if it does not, or is signed by nobody we know; ``NoAnswer`` if the registry does not tell.
        """
        note = self._line.head()
        try:
            head = read_head(note, self._keys())
        except SignatureInvalid as error:
            raise LogBroken(str(error)) from None
        last = self.last()
        if last is not None and not self._goes_on(last, head):
            write_private(self.contradiction, note.encode())
            raise LogBroken(
                f"the registry's log of {head.size} leaves does not go on from the {last.size} that were seen: "
                f"{self.path.name} and {self.contradiction.name} prove it; ask the registry's office what happened"
            )
        if self._clock() - head.at > LATE_S:
            raise LogBroken("the registry has signed no head of its log for hours; ask the registry's office")
        write_private(self.path, note.encode())
        return head

    def last(self) -> Head | None:
        """Return the last head that was seen, or None."""
        try:
            return recall_head(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, SignatureInvalid, UnicodeDecodeError):
            return None

    def begin_anew(self) -> None:
        """Believe the next head that the registry tells, whatever was seen before."""
        self.path.unlink(missing_ok=True)
        self.contradiction.unlink(missing_ok=True)

    def _goes_on(self, last: Head, head: Head) -> bool:
        if head.origin != last.origin or head.size < last.size:
            return False
        if head.size == last.size:
            return head.root == last.root
        proof = self._line.consistency(last.size, head.size)
        return is_consistent(last.size, last.root, head.size, head.root, proof.path)
