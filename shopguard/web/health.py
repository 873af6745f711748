"""``/healthz``, ``/readyz`` and ``/metrics`` for operators' tools. Nothing personal is in any of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from shopguard.errors import ShopGuardError, StoreUnavailable
from shopguard.guard.effects import Effects
from shopguard.guard.health import LATE_S
from shopguard.guard.inbox import Inbox
from shopguard.guard.reviews import Reviews
from shopguard.guard.shops import Shops, ShopStates


class Probe:
    """Looks at the guard from outside.

    Args:
        faults: checks that return what is missing, one line each; run anew at every call.
    """

    def __init__(
        self,
        inbox: Inbox,
        effects: Effects,
        reviews: Reviews,
        shops: Shops,
        states: ShopStates,
        faults: Sequence[Callable[[], Iterable[str]]],
        clock: Callable[[], float],
    ) -> None:
        self._inbox, self._effects, self._reviews = inbox, effects, reviews
        self._shops, self._states, self._faults, self._clock = shops, states, faults, clock

    def missing(self) -> list[str]:
        """Return what stands between this process and its work; empty when ready."""
        found: list[str] = []
        for check in (*self._faults, self._late):
            try:
                found += check()
            except ShopGuardError as error:
                found.append(str(error))
        return found

    def _late(self) -> Iterator[str]:
        since = self._inbox.overdue_since()
        if since is not None and self._clock() - since > LATE_S:
            yield f"a delivery has been due for {(self._clock() - since) / 60:.0f} minutes: is a worker running?"

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; called by prometheus_client at every scrape."""
        yield _by_state("shopguard_inbox_deliveries", "Deliveries by state", self._inbox.counts())
        yield _by_state("shopguard_effects", "Write-backs by state", self._effects.counts())
        oldest = self._inbox.oldest_waiting()
        age = 0.0 if oldest is None else max(0.0, self._clock() - oldest)
        yield GaugeMetricFamily("shopguard_inbox_oldest_seconds", "Age of the oldest unfinished delivery", age)
        waiting = self._reviews.count_waiting()
        yield GaugeMetricFamily("shopguard_reviews_waiting", "Orders that wait for a person", waiting)
        heard = GaugeMetricFamily("shopguard_last_event_timestamp_seconds", "Last order heard of", labels=["shop"])
        alarm = GaugeMetricFamily("shopguard_shop_alarm", "1 while the shop has an open alarm", labels=["shop"])
        for name in self._shops:
            state = self._states.get(name)
            heard.add_metric([name], state.last_event_at or 0.0)
            alarm.add_metric([name], 1.0 if state.alarm_code else 0.0)
        yield heard
        yield alarm


def _by_state(name: str, text: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state, count in sorted(counts.items()):
        family.add_metric([state], count)
    return family


def health_routes(probe: Probe) -> Blueprint:
    """Return the three routes over ``probe``."""
    routes = Blueprint("health", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(probe)
    routes.register_error_handler(StoreUnavailable, lambda error: (f"{error}\n", 503))

    @routes.get("/healthz")
    def healthz() -> tuple[str, int]:
        return "alive\n", 200

    @routes.get("/readyz")
    def readyz() -> tuple[str, int]:
        missing = probe.missing()
        return ("".join(f"{line}\n" for line in missing), 503) if missing else ("ready\n", 200)

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return routes
