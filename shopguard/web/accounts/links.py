"""One-time sign-in links: random, kept only as a hash, good once and for a short time."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from shopguard.storage.tables import sign_in
from shopguard.storage.writer import Writer

LINK_LIFE_S = 3600.0
INVITATION_LIFE_S = 72 * 3600.0


class SignInLinks:
    """Makes and redeems links."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer, self._clock = writer, clock

    def make(self, account: int | None = None, life_s: float = LINK_LIFE_S) -> str:
        """Return a new token for ``/console/sign-in?token=…``; old ones that nobody used are dropped.

        Args:
            account: whose it is; None: the owner's.
        """
        token, now = secrets.token_urlsafe(32), self._clock()

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(sign_in).where(sign_in.c.expires_at < now))
            row = {"link_hash": _hash(token), "made_at": now, "expires_at": now + life_s, "account": account}
            connection.execute(sign_in.insert(), row)

        self._writer.run(work)
        return token

    def use_once(self, token: str, until: float) -> bool:
        """Return whether nobody has used ``token`` yet, which was made elsewhere and is good ``until`` then."""
        row = {"link_hash": _hash(token), "made_at": self._clock(), "expires_at": until, "used_at": self._clock()}
        try:
            self._writer.run(lambda connection: connection.execute(sign_in.insert(), row))
        except sa.exc.IntegrityError:
            return False
        return True

    def redeem(self, token: str) -> "Redeemed | None":
        """Return whose a link is, once; None if it was used before, or is too old."""
        now = self._clock()
        good = (sign_in.c.link_hash == _hash(token)) & sign_in.c.used_at.is_(None) & (sign_in.c.expires_at >= now)
        use = sa.update(sign_in).where(good).values(used_at=now).returning(sign_in.c.account)
        row = self._writer.run(lambda connection: connection.execute(use).first())
        return None if row is None else Redeemed(row.account)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A link that was good. ``account`` None: the owner's."""

    account: int | None


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
