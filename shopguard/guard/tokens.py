"""Platform tokens that expire: both parts encrypted together, renewed by one holder at a time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from shopguard.adapter import Secret, TokenPair
from shopguard.errors import TemporaryFailure
from shopguard.guard.inbox import Sealer
from shopguard.storage.engine import reading
from shopguard.storage.tables import platform_token
from shopguard.storage.writer import Writer

_LOCK_S = 30.0  # longer than an exchange can take (time-outs of http.py), short enough after a crash
_LOOK_AGAIN_S = 0.1


class StoredTokens:
    """The ``TokenStore`` of the adapter contract in the database.

    The lock is a leased column, so that no transaction stays open while the platform is called.
    """

    def __init__(
        self, engine: sa.Engine, writer: Writer, sealer: Sealer, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._writer, self._sealer, self._clock = engine, writer, sealer, clock

    def get(self, shop: str) -> TokenPair | None:
        query = sa.select(platform_token.c.sealed, platform_token.c.expires_at).where(platform_token.c.shop == shop)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None or row.sealed is None:
            return None
        access, refresh = msgspec.json.decode(self._sealer.open(row.sealed), type=tuple[str, str])
        return TokenPair(Secret(access), Secret(refresh), datetime.fromtimestamp(row.expires_at, UTC))

    def renew(
        self, shop: str, stale: TokenPair | None, exchange: Callable[[TokenPair | None], TokenPair]
    ) -> TokenPair:
        holder, give_up_at = uuid4().hex, self._clock() + 2 * _LOCK_S
        while not self._lock(shop, holder):
            if self._clock() > give_up_at:
                raise TemporaryFailure(f"{shop}: another worker is renewing the token", _LOCK_S)
            time.sleep(_LOOK_AGAIN_S)
        try:
            stored = self.get(shop)
            if stored is not None and stored != stale:
                return stored
            fresh = exchange(stored)
            self._store(shop, fresh)
            return fresh
        finally:
            self._unlock(shop, holder)

    def _lock(self, shop: str, holder: str) -> bool:
        now = self._clock()
        free = (platform_token.c.shop == shop) & (
            platform_token.c.locked_until.is_(None) | (platform_token.c.locked_until < now)
        )

        def work(connection: sa.Connection) -> bool:
            connection.execute(
                sa.text("INSERT INTO platform_token (shop) VALUES (:shop) ON CONFLICT (shop) DO NOTHING"),
                {"shop": shop},
            )
            take = sa.update(platform_token).where(free).values(locked_until=now + _LOCK_S, locked_by=holder)
            return connection.execute(take).rowcount == 1

        return self._writer.run(work)

    def _store(self, shop: str, pair: TokenPair) -> None:
        both = (pair.access.reveal(), pair.refresh.reveal())
        values = {
            "sealed": self._sealer.seal(msgspec.json.encode(both)),
            "expires_at": pair.expires_at.timestamp(),
        }
        mine = platform_token.c.shop == shop
        self._writer.run(lambda c: c.execute(sa.update(platform_token).where(mine).values(**values)))

    def _unlock(self, shop: str, holder: str) -> None:
        mine = (platform_token.c.shop == shop) & (platform_token.c.locked_by == holder)
        free = sa.update(platform_token).where(mine).values(locked_until=None, locked_by=None)
        self._writer.run(lambda connection: connection.execute(free))
