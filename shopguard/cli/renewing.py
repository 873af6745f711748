"""Taking up changed settings while ``serve`` runs: once somebody asked for it, and only if they have no fault."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from shopguard.errors import ShopGuardError
from shopguard.guard.setting_up import RENEW
from shopguard.private_file import stamp

ROLES = ("receiver", "worker", "console")
"""The processes that know the shops."""

_SETTLED_S = 1.5  # whoever asked gets an answer before its process ends

_log = structlog.get_logger()


class Renewal:
    """Says which roles shall start anew.

    Args:
        prepare: reads the settings and makes ready what new shops need; raises what is wrong with them.
    """

    def __init__(
        self,
        data_dir: Path,
        roles: Sequence[str],
        prepare: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked, self._prepare, self._clock = data_dir / RENEW, prepare, clock
        self._roles = [role for role in ROLES if role in roles]
        self._known = stamp(self._asked)
        self._seen, self._seen_at = self._known, 0.0

    def __call__(self) -> Sequence[str]:
        now, found = self._clock(), stamp(self._asked)
        if found != self._seen:
            self._seen, self._seen_at = found, now
        if found == self._known or now - self._seen_at < _SETTLED_S:
            return ()
        self._known = found
        try:
            self._prepare()
        except ShopGuardError as error:
            _log.error("settings_not_taken_up", error=str(error))
            return ()
        _log.info("settings_taken_up", roles=self._roles)
        return self._roles
