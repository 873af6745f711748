"""Since when each shop goes how far: every start writes down what changed in the settings since the last one."""

from collections.abc import Mapping

import sqlalchemy as sa

from shopguard.guard.reviews import record
from shopguard.guard.shops import Shops
from shopguard.model import OrderRef
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit
from shopguard.storage.writer import Writer

_ACTION = "mode"
_OURS = (audit.c.action == _ACTION) & (audit.c.order_id == "")


class Modes:
    """Keeps the changes of mode in the audit log."""

    def __init__(self, engine: sa.Engine, writer: Writer, shops: Shops) -> None:
        self._engine, self._writer, self._shops = engine, writer, shops

    def note(self, now: float) -> None:
        """Write down the mode of every shop that had another one, or none, when this was last done."""

        def work(connection: sa.Connection) -> None:
            for name, shop in self._shops.items():
                if (mode := shop.settings.mode.value) != _last(connection, name)[0]:
                    record(connection, now, "settings", _ACTION, OrderRef(name, ""), mode)

        self._writer.run(work)

    def since(self) -> Mapping[str, float]:
        """Return since when each shop has its mode, as far as that is known: a change of mode was seen."""
        found = {}
        with reading(self._engine) as connection:
            for name, shop in self._shops.items():
                mode, at, changes = _last(connection, name)
                if changes > 1 and mode == shop.settings.mode.value:
                    found[name] = at
        return found


def _last(connection: sa.Connection, shop: str) -> tuple[str, float, int]:
    mine = _OURS & (audit.c.shop == shop)
    lines = connection.execute(
        sa.select(audit.c.detail, audit.c.at).where(mine).order_by(audit.c.id.desc()).limit(2)
    ).all()
    return (lines[0].detail, lines[0].at, len(lines)) if lines else ("", 0.0, 0)
