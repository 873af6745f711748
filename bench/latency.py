"""How long from the webhook of a new order until the hold is visible in the shop, through a running ``serve``.

    python bench/latency.py --orders 200

Real processes, real HTTP, SQLite; the simulated shop sends its webhook at once, so the time is the guard's own.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from shopguard.demo.document import Checkout
from shopguard.demo.people import listed_buyers
from shopguard.demo.rig import running_rig

_SETTINGS = {"worker": {"reconcile_every_s": 3600}}
_SHOP = {"rate_per_s": 1000}


def measure(home: Path, orders: int, orders_per_s: float) -> list[float]:
    """Return, sorted, the seconds between placing each listed buyer's order and its hold."""
    buyer = listed_buyers()[0]
    checkout = Checkout(dict(buyer.billing), kana=buyer.kana)
    placed: dict[int, float] = {}
    with running_rig(home, _SETTINGS, _SHOP) as rig:
        for role in ("receiver", "worker"):
            rig.start(role)
        rig.until(lambda: (home / "guard.db").exists(), "the worker runs")
        warm_up = rig.simulation.orders.start(checkout).id
        rig.until(lambda: _is_held(rig, warm_up), "the first hold stands")
        seen: dict[int, float] = {}
        for number in range(orders):
            order = rig.simulation.orders.start(replace(checkout, customer_note=str(number)))
            placed[order.id] = time.monotonic()
            _look(rig, placed, seen)
            time.sleep(1 / orders_per_s)
        give_up_at = time.monotonic() + 60
        while len(seen) < orders and time.monotonic() < give_up_at:
            _look(rig, placed, seen)
            time.sleep(0.01)
    if len(seen) < orders:
        raise TimeoutError(f"{orders - len(seen)} of {orders} orders were never held")
    return sorted(seen[order_id] - at for order_id, at in placed.items())


def _look(rig, placed, seen) -> None:
    """Note when each hold was first seen; looking costs the shop nothing but a query."""
    for effect in rig.simulation.store.effects():
        if effect.kind == "status" and effect.order_id in placed and effect.order_id not in seen:
            seen[effect.order_id] = time.monotonic()


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
        print(f"p{share * 100:.0f}: {times[min(len(times) - 1, int(len(times) * share))]:.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
