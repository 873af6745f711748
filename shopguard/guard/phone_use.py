"""Under how many surnames a phone was lately given: in the database as keyed digests, or in memory for one file."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from shopguard.guard.signals import Use
from shopguard.guard.store import Vault
from shopguard.storage.engine import reading
from shopguard.storage.tables import phone_use

DAY_S = 86_400.0


class PhoneUse(Protocol):
    """Knows which surnames phones were lately given with."""

    def surnames(self, uses: Sequence[Use]) -> int:
        """Return the largest number of surnames that one of these phones was given with, these uses included."""
        ...

    def remember(self, uses: Sequence[Use]) -> Callable[[sa.Connection], None]:
        """Return the step that takes note of ``uses``."""
        ...


class NoPhoneUse:
    """``PhoneUse`` that neither remembers nor finds anything."""

    def surnames(self, uses: Sequence[Use]) -> int:
        return 0

    def remember(self, uses: Sequence[Use]) -> Callable[[sa.Connection], None]:
        return lambda _connection: None


class PhoneUseStore:
    """``PhoneUse`` in the database, for all shops of this guard together.

    Args:
        days: how long a use counts.
        clock: returns now, in Unix seconds.
    """

    def __init__(self, engine: sa.Engine, vault: Vault, days: int, clock: Callable[[], float]) -> None:
        self._engine, self._vault, self._days, self._clock = engine, vault, days, clock

    def surnames(self, uses: Sequence[Use]) -> int:
        rows = [self._row(use) for use in uses]
        if not rows:
            return 0
        found = {row["phone"]: {row["surname"]} for row in rows}
        since = self._clock() - self._days * DAY_S
        with reading(self._engine) as connection:
            for phone, surname in connection.execute(_LATELY, {"phones": list(found), "since": since}):
                found[phone].add(surname)
        return max(len(surnames) for surnames in found.values())

    def remember(self, uses: Sequence[Use]) -> Callable[[sa.Connection], None]:
        # in one order for all: two transactions that lock the same rows never wait for each other
        rows = sorted((self._row(use) for use in uses), key=lambda row: row["phone"])
        now = self._clock()

        def work(connection: sa.Connection) -> None:
            for row in rows:
                connection.execute(_REMEMBER, {**row, "now": now})

        return work

    def forget(self, phones: Collection[str]) -> Callable[[sa.Connection], None]:
        """Return the step that forgets ``phones`` (E.164), whatever surnames they were given with."""
        forgotten = [self._digest(phone) for phone in phones]

        def work(connection: sa.Connection) -> None:
            connection.execute(_FORGET, {"phones": forgotten})

        return work

    def _row(self, use: Use) -> dict[str, str]:
        surname = self._vault.digest("phone-use-surname", use.phone.encode(), use.surname.encode())
        return {"phone": self._digest(use.phone), "surname": surname.hex()}

    def _digest(self, phone: str) -> str:
        return self._vault.digest("phone-use", phone.encode()).hex()


_LATELY = sa.select(phone_use.c.phone, phone_use.c.surname).where(
    phone_use.c.phone.in_(sa.bindparam("phones", expanding=True)), phone_use.c.seen_at >= sa.bindparam("since")
)
_FORGET = sa.delete(phone_use).where(phone_use.c.phone.in_(sa.bindparam("phones", expanding=True)))
_REMEMBER = sa.text(
    "INSERT INTO phone_use (phone, surname, seen_at) VALUES (:phone, :surname, :now)"
    " ON CONFLICT (phone, surname) DO UPDATE SET seen_at = excluded.seen_at"
)


class PhonesOfFile:
    """Counts within one file, line by line; remembers the latest phones and names, so that no file is too long.

    Args:
        days: how long a use counts, by the moments that the orders themselves name; one without a moment always does.
    """

    PHONES, NAMES = 50_000, 100

    def __init__(self, days: int) -> None:
        self._days = days
        self._seen: OrderedDict[str, OrderedDict[str, float | None]] = OrderedDict()

    def surnames(self, uses: Sequence[Use], placed_at: datetime | None) -> int:
        """Take note of ``uses`` and return the largest number of surnames that one of these phones was given with."""
        at = placed_at.timestamp() if placed_at else None
        for use in uses:
            names = self._seen.setdefault(use.phone, OrderedDict())
            names[use.surname] = at
            _trim(names, use.surname, self.NAMES)
            _trim(self._seen, use.phone, self.PHONES)
        return max((self._count(use.phone, at) for use in uses), default=0)

    def _count(self, phone: str, at: float | None) -> int:
        moments = self._seen[phone].values()
        return sum(at is None or seen is None or abs(at - seen) <= self._days * DAY_S for seen in moments)


def _trim(seen: OrderedDict[str, Any], latest: str, size: int) -> None:
    seen.move_to_end(latest)
    if len(seen) > size:
        seen.popitem(last=False)
