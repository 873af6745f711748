"""Lines to the database for look-ups: the driver's own connections, kept open and prepared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from shopguard.errors import StoreUnavailable
from shopguard.storage.engine import store_errors

_Answer = TypeVar("_Answer")
_NOT_MIGRATED = "42P01"  # PostgreSQL's "undefined table"; SQLite says it as an operational error


@dataclass(frozen=True, slots=True)
class _Line:
    connection: DBAPIConnection
    cursor: Any


class Lines:
    """Asks over connections that never go back to the engine's pool: no ping, no transaction around a question.

    As many are kept as were ever needed at a time. They are closed with the engine.

    Args:
        open_cursor: makes a new driver connection ready and returns the cursor that questions are put through; each
            statement must be a transaction of its own.
    """

    def __init__(self, engine: sa.Engine, open_cursor: Callable[[Any], Any]) -> None:
        self._engine, self._open_cursor = engine, open_cursor
        driver = engine.dialect.loaded_dbapi
        self._errors, self._away = driver.Error, (driver.OperationalError, driver.InterfaceError)
        self._idle: list[_Line] = []
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def ask(self, question: Callable[[Any], _Answer]) -> _Answer:
        """Return what ``question`` reads with a cursor. ``StoreUnavailable`` when the database is away or locked.

        A kept line may have died with its server, which may be back by now: then the question is put once more.
        """
        kept = self._take()
        if kept is None:
            return self._ask(self._open(), question)
        try:
            return self._ask(kept, question)
        except StoreUnavailable:
            self.close()  # the others are as old
            return self._ask(self._open(), question)

    def close(self) -> None:
        """Close the lines that nobody uses at the moment; the next question opens a new one."""
        while (line := self._take()) is not None:
            line.connection.close()

    def _take(self) -> _Line | None:
        try:
            return self._idle.pop()  # in one step: other threads take some too
        except IndexError:
            return None

    def _ask(self, line: _Line, question: Callable[[Any], _Answer]) -> _Answer:
        try:
            answer = question(line.cursor)
        except BaseException as error:
            line.connection.close()
            self._raise_if_away(error)
            raise
        self._idle.append(line)
        return answer

    def _open(self) -> _Line:
        try:
            with store_errors():
                pooled = self._engine.raw_connection()
            pooled.detach()
            connection: Any = pooled.dbapi_connection
            try:
                return _Line(connection, self._open_cursor(connection))
            except self._errors:
                connection.close()
                raise
        except self._errors as error:
            self._raise_if_away(error)
            raise

    def _raise_if_away(self, error: BaseException) -> None:
        if isinstance(error, self._away) or getattr(error, "sqlstate", None) == _NOT_MIGRATED:
            name = getattr(error, "sqlite_errorname", None) or type(error).__name__
            raise StoreUnavailable(f"the database cannot be used now ({name})") from None
