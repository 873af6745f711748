"""Noticing that another process wrote: a cheap look at SQLite's change counter, a plain pause elsewhere."""

import threading

import sqlalchemy as sa

_LOOK_EVERY_S = 0.025
_PAUSE_S = 0.25


class ChangeWatch:
    """Waits until something was committed to the database, by this process or another.

    SQLite counts commits in its file (``PRAGMA data_version``); looking costs microseconds and takes no lock.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        self._seen: int | None = None
        self._connection: sa.Connection | None = None

    def wait(self, timeout_s: float, stop: threading.Event) -> None:
        """Return after a commit, after ``timeout_s``, or when ``stop`` is set, whichever comes first."""
        if not self._sqlite:
            stop.wait(min(timeout_s, _PAUSE_S))
            return
        waited = 0.0
        while waited < timeout_s and not stop.is_set() and not self._changed():
            stop.wait(_LOOK_EVERY_S)
            waited += _LOOK_EVERY_S

    def _changed(self) -> bool:
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def _version(self) -> int | None:
        if self._connection is None:
            # outside any transaction: inside one the counter would stand still
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection.exec_driver_sql("PRAGMA data_version").scalar()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
