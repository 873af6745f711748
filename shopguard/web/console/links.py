"""One-time sign-in links: random, kept only as a hash, good once and for a short time."""

import secrets
from collections.abc import Callable
from hashlib import sha256

import sqlalchemy as sa

from shopguard.storage.tables import sign_in
from shopguard.storage.writer import Writer

LINK_LIFE_S = 3600.0


class SignInLinks:
    """Makes and redeems links."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer, self._clock = writer, clock

    def make(self) -> str:
        """Return a new token for ``/console/sign-in?token=…``; old ones that nobody used are dropped."""
        token, now = secrets.token_urlsafe(32), self._clock()

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(sign_in).where(sign_in.c.expires_at < now))
            row = {"link_hash": _hash(token), "made_at": now, "expires_at": now + LINK_LIFE_S}
            connection.execute(sign_in.insert(), row)

        self._writer.run(work)
        return token

    def redeem(self, token: str) -> bool:
        """Whether ``token`` is good; it is not any more afterwards."""
        now = self._clock()
        good = (sign_in.c.link_hash == _hash(token)) & sign_in.c.used_at.is_(None) & (sign_in.c.expires_at >= now)
        use = sa.update(sign_in).where(good).values(used_at=now)
        return self._writer.run(lambda connection: connection.execute(use).rowcount == 1)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
