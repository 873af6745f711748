"""Where notices go: kept in the guard's database, the addresses sealed."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from shopguard.crypto import Keyring
from shopguard.guard.notices.model import Kind, Target
from shopguard.guard.notices.sending import check
from shopguard.storage.engine import reading
from shopguard.storage.tables import notice, notice_target
from shopguard.storage.writer import Writer


class Targets:
    """``clock`` is Unix seconds."""

    def __init__(self, engine: sa.Engine, writer: Writer, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._engine, self._writer, self._keyring, self._clock = engine, writer, keyring, clock

    def all(self) -> Sequence[Target]:
        """Return the targets, the oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(notice_target).order_by(notice_target.c.id)).all()
        return [self._read(row) for row in rows]

    def get(self, number: int) -> Target | None:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(notice_target).where(notice_target.c.id == number)).first()
        return None if row is None else self._read(row)

    def add(
        self,
        label: str,
        kind: Kind,
        address: Mapping[str, str],
        *,
        shops: frozenset[str] | None = None,
        at_once: bool = True,
        digest_hour: int | None = None,
    ) -> int:
        """Keep where notices go from now on, and return its number; ``NoticeRefused`` for an impossible address."""
        check(kind, address)
        now = self._clock()
        row = {
            "label": label[:100],
            "kind": kind.value,
            "sealed": self._keyring.seal(json.dumps(dict(address)).encode()),
            "shops": None if shops is None else json.dumps(sorted(shops)),
            "at_once": at_once,
            "digest_hour": digest_hour,
            "told_until": now,
            "digest_at": now,
        }
        added = notice_target.insert().values(row).returning(notice_target.c.id)
        return int(self._writer.run(lambda connection: connection.execute(added).scalar_one()))

    def remove(self, number: int) -> None:
        """Forget where notices went, and those that wait for it."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(notice_target).where(notice_target.c.id == number))
            connection.execute(sa.delete(notice).where(notice.c.target == number))

        self._writer.run(work)

    def pause(self, number: int, paused: bool) -> None:
        """Send nothing there for a time, or again. Of what happened meanwhile it is told in the next summary only."""
        now = self._clock()
        values: dict[str, Any] = {"paused_at": now} if paused else {"paused_at": None, "told_until": now}
        changed = sa.update(notice_target).where(notice_target.c.id == number).values(**values)
        self._writer.run(lambda connection: connection.execute(changed))

    def failed(self, number: int, error: str | None) -> None:
        """Show why the last notice did not get there; None: it did."""
        values = {"last_error": error and error[:500]}
        changed = sa.update(notice_target).where(notice_target.c.id == number).values(**values)
        self._writer.run(lambda connection: connection.execute(changed))

    def _read(self, row: sa.Row[Any]) -> Target:
        return Target(
            id=row.id,
            label=row.label,
            kind=Kind(row.kind),
            address=json.loads(self._keyring.open(row.sealed)),
            shops=None if row.shops is None else frozenset(json.loads(row.shops)),
            at_once=row.at_once,
            digest_hour=row.digest_hour,
            told_until=row.told_until,
            digest_at=row.digest_at,
            last_error=row.last_error,
            paused_at=row.paused_at,
        )
