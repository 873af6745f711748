"""Sign-ins: a random token in a cookie, kept only as a hash, that ends by itself and can be ended from elsewhere."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from shopguard.storage.engine import reading
from shopguard.storage.tables import session
from shopguard.storage.writer import Writer
from shopguard.web.accounts.model import Account, Viewer
from shopguard.web.accounts.store import Accounts

LIFE_S = 12 * 3600.0
_SEEN_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in that has not ended. Moments are Unix seconds; ``browser`` is what it calls itself."""

    id: int
    account: int
    made_at: float
    seen_at: float
    browser: str


class Sessions:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, accounts: Accounts, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._accounts, self._clock = engine, writer, accounts, clock

    def begin(self, account: Account, browser: str) -> str:
        """Sign somebody in and return the token for the cookie, always a new one; what is over is dropped."""
        token, now = secrets.token_urlsafe(32), self._clock()
        row = {
            "token_hash": _hash(token),
            "account": account.id,
            "form_key": secrets.token_urlsafe(16),
            "made_at": now,
            "seen_at": now,
            "ends_at": now + LIFE_S,
            "browser": browser[:200],
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(session).where(session.c.ends_at < now))
            connection.execute(session.insert(), row)

        self._writer.run(work)
        return token

    def viewer(self, token: str) -> Viewer | None:
        """Return who a token stands for; None once the sign-in is over."""
        now = self._clock()
        good = (session.c.token_hash == _hash(token)) & (session.c.ends_at >= now)
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(session).where(good)).first()
        account = None if row is None else self._accounts.get(row.account)
        if row is None or account is None:
            return None
        if now - row.seen_at > _SEEN_EVERY_S:
            seen = sa.update(session).where(session.c.id == row.id).values(seen_at=now)
            self._writer.run(lambda connection: connection.execute(seen))
        return Viewer(account, row.id, row.form_key, row.made_at)

    def of(self, account: int) -> Sequence[Session]:
        """Return the sign-ins of an account, the latest first."""
        query = sa.select(session).where(session.c.account == account, session.c.ends_at >= self._clock())
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(session.c.seen_at.desc())).all()
        return [Session(row.id, row.account, row.made_at, row.seen_at, row.browser) for row in rows]

    def end(self, account: int, number: int) -> None:
        """End one sign-in of an account."""
        mine = (session.c.id == number) & (session.c.account == account)
        self._writer.run(lambda connection: connection.execute(sa.delete(session).where(mine)))

    def end_others(self, account: int, kept: int | None = None) -> None:
        """End all sign-ins of an account but one."""
        others = (session.c.account == account) & (session.c.id != (kept or 0))
        self._writer.run(lambda connection: connection.execute(sa.delete(session).where(others)))

    def last_seen(self) -> Mapping[int, float]:
        """Return when somebody used an account last, of those with a sign-in that has not ended."""
        latest = sa.select(session.c.account, sa.func.max(session.c.seen_at)).group_by(session.c.account)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(latest)}


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
