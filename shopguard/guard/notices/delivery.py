"""Sending what waits: each notice until it was taken, later and later, for a day at the most."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog

from shopguard.guard.claims import backoff_s
from shopguard.guard.notices.model import NotDelivered, Notice, Target
from shopguard.guard.notices.planning import Planning
from shopguard.guard.notices.sending import send
from shopguard.guard.notices.targets import Targets
from shopguard.storage.engine import reading
from shopguard.storage.tables import notice
from shopguard.storage.writer import Writer

EVERY_S = 30.0
_ATTEMPTS = 30  # about a day
_TAKEN_S = 60.0  # for which nobody else sends what is being sent
_AT_ONCE = 20
_log = structlog.get_logger()


class Notices:
    """Plans notices and sends them. Several workers may do so at once.

    Args:
        clock: Unix seconds.
    """

    def __init__(
        self, engine: sa.Engine, writer: Writer, targets: Targets, planning: Planning, clock: Callable[[], float]
    ) -> None:
        self._engine, self._writer, self._clock = engine, writer, clock
        self.targets, self._planning = targets, planning
        self._next_at = float("-inf")

    def due(self) -> bool:
        """Whether it is time for a round; True once each time."""
        now = self._clock()
        if now < self._next_at:
            return False
        self._next_at = now + EVERY_S
        return True

    def round(self) -> None:
        """Plan what is to be told by now, and send what is due."""
        self._planning.plan()
        targets = {target.id: target for target in self.targets.all()}
        for row in self._waiting():
            target = targets.get(row.target)
            if target is not None and target.paused_at is None and self._take(row):
                self._send(target, row)

    def test(self, target: Target) -> None:
        """Send a test now; ``NotDelivered`` says why it did not get there. Either is shown with the target."""
        said, now = self._planning.test(target), self._clock()
        try:
            send(target.kind, target.address, Notice(f"test-{target.id}-{int(now)}", said.subject, said.text), now)
        except NotDelivered as error:
            self.targets.failed(target.id, str(error))
            raise
        self.targets.failed(target.id, None)

    def _waiting(self) -> list[sa.Row[Any]]:
        due = (notice.c.state == "waiting") & (notice.c.due_at <= self._clock())
        with reading(self._engine) as connection:
            query = sa.select(notice).where(due).order_by(notice.c.due_at).limit(_AT_ONCE)
            return list(connection.execute(query).all())

    def _take(self, row: sa.Row[Any]) -> bool:
        """Keep others from sending it, too, for as long as that takes."""
        same = (notice.c.id == row.id) & (notice.c.attempts == row.attempts) & (notice.c.state == "waiting")
        taken = sa.update(notice).where(same).values(attempts=row.attempts + 1, due_at=self._clock() + _TAKEN_S)
        return self._writer.run(lambda connection: connection.execute(taken).rowcount == 1)

    def _send(self, target: Target, row: sa.Row[Any]) -> None:
        try:
            send(target.kind, target.address, Notice(f"notice-{row.id}", row.subject, row.text), self._clock())
        except NotDelivered as error:
            self._later(target, row, str(error))
            return
        self._set(row.id, state="sent", last_error=None)
        if target.last_error:
            self.targets.failed(target.id, None)

    def _later(self, target: Target, row: sa.Row[Any], error: str) -> None:
        attempts = row.attempts + 1
        state = "failed" if attempts >= _ATTEMPTS else "waiting"
        self._set(row.id, state=state, last_error=error[:500], due_at=self._clock() + backoff_s(attempts + 2))
        self.targets.failed(target.id, error)
        _log.warning("notice_not_delivered", target=target.id, kind=target.kind.value, attempts=attempts)

    def _set(self, number: int, **values: object) -> None:
        changed = sa.update(notice).where(notice.c.id == number).values(**values)
        self._writer.run(lambda connection: connection.execute(changed))
