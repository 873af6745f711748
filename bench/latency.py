"""How long from the webhook of a new order until the hold is visible in the shop, through a running ``serve``.

    python bench/latency.py --orders 200

Real processes, real HTTP, SQLite; the simulated shop sends its webhook at once, so the time is the guard's own. The
shop's journal notes the moment of each hold; a thread reads it every 5 ms, so that is the finest step of the figures.
"""

import argparse
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from shopguard.demo.document import Checkout
from shopguard.demo.people import listed_buyers
from shopguard.demo.rig import running_rig
from shopguard.demo.store import ShopStore

_SETTINGS = {"worker": {"reconcile_every_s": 3600}}
_SHOP = {"rate_per_s": 1000}
_LOOK_EVERY_S = 0.005


class Watch(threading.Thread):
    """Notes, every few milliseconds, which of the orders placed are held by now."""

    def __init__(self, store: ShopStore) -> None:
        super().__init__(name="watch", daemon=True)
        self._store = store
        self._waiting: dict[int, float] = {}
        self._ended = threading.Event()
        self.times: list[float] = []

    def expect(self, order_id: int, placed_at: float) -> None:
        self._waiting[order_id] = placed_at

    def run(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            for order_id, placed_at in list(self._waiting.items()):
                if any(effect.kind == "status" for effect in self._store.effects(order_id)):
                    self.times.append(time.monotonic() - placed_at)
                    del self._waiting[order_id]

    def end(self) -> None:
        self._ended.set()
        self.join()


def measure(home: Path, orders: int, orders_per_s: float) -> list[float]:
    """Return, sorted, the seconds between placing each listed buyer's order and its hold."""
    buyer = listed_buyers()[0]
    checkout = Checkout(dict(buyer.billing), kana=buyer.kana)
    with running_rig(home, _SETTINGS, _SHOP) as rig:
        for role in ("receiver", "worker"):
            rig.start(role)
        rig.until(lambda: (home / "guard.db").exists(), "the worker runs")
        warm_up = rig.simulation.orders.start(checkout).id
        rig.until(lambda: _is_held(rig, warm_up), "the first hold stands")
        watch = Watch(rig.simulation.store)
        watch.start()
        for number in range(orders):
            began = time.monotonic()
            watch.expect(rig.simulation.orders.start(replace(checkout, customer_note=str(number))).id, began)
            time.sleep(1 / orders_per_s)
        rig.until(lambda: len(watch.times) == orders, "every order is held")
        watch.end()
    return sorted(watch.times)


def _is_held(rig, order_id: int) -> bool:
    return rig.simulation.orders.get(order_id).status == "on-hold"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--orders-per-s", type=float, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder) / "latency", chosen.orders, chosen.orders_per_s)
    for share in (0.5, 0.95, 0.99):
        print(f"p{share * 100:.0f}: {times[min(len(times) - 1, int(len(times) * share))] * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
