"""Noticing that another process wrote: a cheap look at SQLite's change counter, a plain pause elsewhere."""

import sqlite3
import threading

import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection

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
        self._connection: PoolProxiedConnection | None = None

    def wait(self, timeout_s: float, stop: threading.Event) -> None:
        """Return after a commit, after ``timeout_s``, or when ``stop`` is set, whichever comes first.

        A database that cannot be looked at now is no error: whoever waits here will find out by using it.
        """
        if not self._sqlite:
            stop.wait(min(timeout_s, _PAUSE_S))
            return
        try:
            self._watch(timeout_s, stop)
        except (sqlite3.Error, sa.exc.SQLAlchemyError):
            self.close()
            stop.wait(min(timeout_s, _PAUSE_S))

    def _watch(self, timeout_s: float, stop: threading.Event) -> None:
        waited = 0.0
        while waited < timeout_s and not stop.is_set() and not self._changed():
            stop.wait(_LOOK_EVERY_S)
            waited += _LOOK_EVERY_S

    def _changed(self) -> bool:
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def _version(self) -> int:
        if self._connection is None:
            # the bare connection: SQLAlchemy would begin a transaction, in which the counter stands still
            self._connection = self._engine.raw_connection()
        cursor = self._connection.cursor()
        try:
            version: int = cursor.execute("PRAGMA data_version").fetchone()[0]
        finally:
            cursor.close()
        return version

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
