"""Kills receiver and worker with -9 again and again while orders come in, then counts what was lost or done twice.

    python bench/crash.py --kills 20

Real processes, real HTTP, SQLite; the shop is the demo's simulated WooCommerce shop, whose journal of effects is the
witness. A delivery the receiver could not answer is lost for good, as with the real WooCommerce: reconciliation
must find those orders.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from shopguard.demo.rig import Rig, running_rig
from shopguard.demo.traffic import demo_orders
from shopguard.guard.policy import Action
from shopguard.model import VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import effect, inbox, screening

_SETTINGS = {"worker": {"reconcile_every_s": 2, "lease_s": 5, "threads": 4}}
_SHOP = {"rate_per_s": 500}


@dataclass(frozen=True)
class Outcome:
    """Counts after the storm."""

    orders: int
    kills: dict[str, int]
    unjudged: int  # placed orders without a verdict
    unfinished: int  # deliveries or effects that never came to an end
    held: int
    repeated: int  # the same effect seen twice by the shop
    missing: int  # holds that were decided and do not stand

    @property
    def clean(self) -> bool:
        return not (self.unjudged or self.unfinished or self.repeated or self.missing)


def storm(home: Path, kills: int, orders_per_s: float, seed: int = 0) -> Outcome:
    """Run the whole thing and return what was found."""
    chance = random.Random(seed)
    with running_rig(home, _SETTINGS, _SHOP) as rig:
        for role in ("receiver", "worker"):
            rig.start(role)
        stop = threading.Event()
        buyers = threading.Thread(target=_let_buyers_come, args=(rig, orders_per_s, stop))
        buyers.start()
        done: Counter[str] = Counter()
        while min(done["receiver"], done["worker"]) < kills:
            time.sleep(chance.uniform(0.3, 1.5))
            role = min(("receiver", "worker"), key=lambda r: (done[r], chance.random()))
            rig.kill(role)
            done[role] += 1
            time.sleep(chance.uniform(0.0, 0.3))
            rig.start(role)
            rig.network.connect()  # what an owner does when doctor shows a disabled webhook
            print(f"\rkills: receiver {done['receiver']}, worker {done['worker']}", end="", file=sys.stderr)
        stop.set()
        buyers.join()
        print(file=sys.stderr)
        return _settle(rig, dict(done))


def _let_buyers_come(rig: Rig, orders_per_s: float, stop: threading.Event) -> None:
    for checkout in demo_orders(seed=1):
        if stop.wait(1 / orders_per_s):
            return
        rig.simulation.orders.start(checkout)


def _settle(rig: Rig, kills: dict[str, int]) -> Outcome:
    placed = {str(o.id) for o in rig.simulation.store.orders()[0] if o.status not in ("checkout-draft", "trash")}
    with rig.network.installation() as installation:
        engine = installation.engine

        def judged() -> set[str]:
            with reading(engine) as connection:
                return set(connection.execute(sa.select(screening.c.order_id)).scalars())

        def open_rows() -> int:
            waiting = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state != "done")
            pending = sa.select(sa.func.count()).select_from(effect).where(effect.c.state.in_(("intended", "sent")))
            with reading(engine) as connection:
                return connection.execute(waiting).scalar_one() + connection.execute(pending).scalar_one()

        try:
            rig.until(lambda: placed <= judged() and not open_rows(), "everything is judged and written", 120)
        except TimeoutError as error:
            print(error, file=sys.stderr)
        with reading(engine) as connection:
            planned = sa.select(effect.c.order_id).where(effect.c.action == Action.HOLD.value)
            to_hold = set(connection.execute(planned.where(effect.c.state == "confirmed")).scalars())
            wanted = sa.select(screening.c.order_id).where(screening.c.verdict == VerdictKind.HOLD.value)
            to_hold |= set(connection.execute(wanted).scalars())
        return _count(rig, kills, placed, judged(), open_rows(), to_hold)


def _count(
    rig: Rig, kills: dict[str, int], placed: set[str], judged: set[str], unfinished: int, to_hold: set[str]
) -> Outcome:
    seen = Counter((e.order_id, e.kind, e.name, str(e.after)) for e in rig.simulation.store.effects())
    stands = {str(order_id) for order_id, kind, _, text in seen if kind == "note" and "ShopGuard" in text}
    return Outcome(
        orders=len(placed),
        kills=kills,
        unjudged=len(placed - judged),
        unfinished=unfinished,
        held=len(to_hold & stands),
        repeated=sum(times - 1 for times in seen.values()),
        missing=len(to_hold - stands),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each process")
    parser.add_argument("--orders-per-s", type=float, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = storm(Path(folder) / "crash", chosen.kills, chosen.orders_per_s)
    print(outcome)
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    sys.exit(main())
