"""How often the open pages may be asked from one place, and by all together, before they wait."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both

HOUR_S, DAY_S = 3_600.0, 86_400.0
_NETWORK_BITS = 64  # of an IPv6 address: what one household has


class Turnstile:
    """Counts what came from each place within a window of time. Safe to share between threads, and keeps nothing.

    Args:
        most: from one place; ``most_of_all``: from all of them together, which bounds what is remembered, too.
        clock: seconds that only go forward.
    """

    def __init__(self, most: int, most_of_all: int, window_s: float, clock: Callable[[], float]) -> None:
        self._most, self._most_of_all, self._window_s, self._clock = most, most_of_all, window_s, clock
        self._lock = threading.Lock()
        self._counts, self._total = Counter[str](), 0
        self._began = clock()

    def check(self, place: str) -> None:
        """Raise ``Refused`` if enough came from this place, or from all places, for now."""
        with self._lock:
            self._turn()
            if self._counts[_household(place)] >= self._most or self._total >= self._most_of_all:
                wait_s = self._window_s - (self._clock() - self._began)
                raise Refused(Refusal.SLOW_DOWN, _TOO_OFTEN, max(wait_s, 1.0))

    def count(self, place: str) -> None:
        """Count one more from this place."""
        with self._lock:
            self._turn()
            self._counts[_household(place)] += 1
            self._total += 1

    def _turn(self) -> None:
        now = self._clock()
        if now - self._began >= self._window_s:
            self._counts, self._total, self._began = Counter(), 0, now


class Door:
    """What the persons' desk lets in: wrong codes, requests with a code and without, only so many. See ``Turnstile``.

    A code has 75 random bits: at 100,000 wrong ones an hour nobody meets one in the life of the list, and few can
    shut the door on all others. Whoever is turned away can write a letter.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.wrong = Turnstile(20, 100_000, HOUR_S, clock)
        self.requests = Turnstile(20, 2_000, DAY_S, clock)
        self.with_code = Turnstile(20, 100_000, DAY_S, clock)

    @contextmanager
    def let_in(self, place: str) -> Iterator[None]:
        """Let somebody from ``place`` try a code, counted if it is wrong; ``Refused`` after too many of those."""
        self.wrong.check(place)
        try:
            yield
        except Refused as refused:
            if refused.code is Refusal.NOT_FOUND:
                self.wrong.count(place)
            raise

    def take(self, place: str, has_code: bool) -> None:
        """Let somebody from ``place`` ask for something, and count it; ``Refused`` after too many."""
        turnstile = self.with_code if has_code else self.requests
        turnstile.check(place)
        turnstile.count(place)


def _household(place: str) -> str:
    """Return the network that an address stands for: one host of IPv4, one household of IPv6."""
    try:
        address = ip_address(place)
    except ValueError:
        return ""
    return place if address.version == 4 else str(ip_network((address, _NETWORK_BITS), strict=False))


_TOO_OFTEN = both(
    "続けて何度も照会がありました。しばらくしてからお試しいただくか、書面でお申し出ください。",
    "this was asked too often: please try again later, or write us a letter",
)
