"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def wait_until(true: Callable[[], bool]) -> None:
    """Return as soon as ``true`` is; ``AssertionError`` after half a minute."""
    give_up_at = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
