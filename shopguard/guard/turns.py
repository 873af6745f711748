"""Turns: one thread at a time works on an order; orders do not wait for each other."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shopguard.model import OrderRef


class Turns:
    """Lets one thread at a time work on an order; orders do not wait for each other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[OrderRef, threading.Lock] = {}
        self._users: Counter[OrderRef] = Counter()

    @contextmanager
    def of(self, ref: OrderRef) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(ref, threading.Lock())
            self._users[ref] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._users[ref] -= 1
                if not self._users[ref]:
                    del self._users[ref], self._locks[ref]
