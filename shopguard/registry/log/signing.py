"""Signing the log's head once an hour, and keeping every head that was ever signed."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from shopguard.registry.log.heads import Head, origin_of
from shopguard.registry.log.kinds import Leaf
from shopguard.registry.log.store import Log, head, size_and_root, wait_for_turn
from shopguard.registry.signing import Signer
from shopguard.storage.engine import reading, writing

EVERY_S = 3_600


class Heads:
    """The signed heads of one log.

    Args:
        signer: returns the key that signs at present; members know it as one that answers are signed under.
        clock: Unix seconds.
    """

    def __init__(self, log: Log, registry_id: str, signer: Callable[[], Signer], clock: Callable[[], float]) -> None:
        self._log, self.origin, self._signer, self._clock = log, origin_of(registry_id), signer, clock

    def newest(self) -> str:
        """Return the newest signed head, at most an hour old: where there is none, one is signed now."""
        with reading(self._log.engine) as connection:
            note = self._newest(connection)
        return note or self.sign()

    def sign_if_due(self) -> bool:
        """Sign a head if the last one is an hour old, and say whether that was so. Done once for all processes."""
        with reading(self._log.engine) as connection:
            if self._newest(connection):
                return False
        self.sign()
        return True

    def sign(self, anew: bool = False) -> str:
        """Return a head of this moment; unless ``anew``, one that another process has just signed will do."""
        with writing(self._log.engine) as connection:
            wait_for_turn(connection)
            if not anew and (note := self._newest(connection)):
                return note
            size, root = size_and_root(connection)
            now = int(self._clock())
            note = Head(self.origin, size, root, now).signed(self._signer())
            connection.execute(head.insert(), {"at": now, "size": size, "note": note})
            return note

    def all(self) -> Sequence[str]:
        """Return every head that was signed, the oldest first."""
        with reading(self._log.engine) as connection:
            return list(connection.execute(sa.select(head.c.note).order_by(head.c.number)).scalars())

    def _newest(self, connection: sa.Connection) -> str | None:
        found = connection.execute(sa.select(head).order_by(head.c.number.desc()).limit(1)).first()
        return str(found.note) if found and 0 <= self._clock() - found.at < EVERY_S else None


class OwnLog:
    """The log as its own registry tells it, head first."""

    def __init__(self, log: Log, heads: Heads) -> None:
        self._log, self._heads = log, heads

    def head(self) -> str:
        """Return a head of this moment."""
        return self._heads.sign(anew=True)

    def leaves(self, first: int) -> Sequence[Leaf]:
        """Return some of the leaves from a number on; none where the log ends."""
        return self._log.leaves(first)
