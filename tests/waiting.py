"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0
"""As long as a busy machine may need; also within how many seconds of its start the contract wants a demo to hold."""


def until(look: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Return what ``look`` returns as soon as that is true; ``AssertionError`` with ``what`` after ``patience_s``."""
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience_s:.0f} s: {what}")
