"""From stored deliveries to effects on orders: the guard's worker against a plain inbox and DBOS, all on SQLite.

    python bench/pipeline.py --rounds 5

All three read, screen and write back with the same code, and the platform answers at once inside this process: what
differs is the engine. Needs the extra ``bench`` (DBOS).
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, redirect_stderr
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from floors import PlainInbox, Work, dbos_workflow
from installed import furnish, installation
from orders import Delivery, deliveries
from rounds import Demand, Figures, main, tell
from sqlalchemy import event

from adapters.woocommerce import WooCommerceAdapter
from shopguard.adapter import WebhookRequest
from shopguard.bootstrap import Installation
from shopguard.cli.logs import start_logging
from shopguard.demo.network import SHOP
from shopguard.model import Mark, Order, OrderRef, Undo

Run = Callable[[], None]
Contestant = Callable[[Path, Sequence[Delivery]], AbstractContextManager[Run]]

_EVENTS = {"shopguard": 600, "plain inbox": 600, "dbos": 150}

DEMANDS = (
    Demand("R4", "events/s, DBOS with three steps = 1", lambda f: f["shopguard events/s"] / f["dbos events/s"], 4.0),
    Demand("R4", "events/s, plain inbox = 1", lambda f: f["shopguard events/s"] / f["plain inbox events/s"], 0.8),
    Demand("R4", "commits per event", lambda f: f["shopguard commits/event"], at_most=2.5),
)


class AnsweringShop(WooCommerceAdapter):
    """A WooCommerce shop whose platform answers at once and has nothing to tell that was not delivered."""

    def flag(self, ref: OrderRef, mark: Mark) -> None:
        pass

    def hold(self, ref: OrderRef, mark: Mark) -> Undo:
        return {"status": "processing"}

    def orders_since(self, since: datetime) -> Iterator[Order]:
        return iter(())


@contextmanager
def guard(home: Path) -> Iterator[Installation]:
    """A fresh guard for ``AnsweringShop``."""
    furnish(home)
    with closing(installation(home)) as made:
        made.platforms = {"woocommerce": AnsweringShop}
        yield made


@contextmanager
def shopguard(home: Path, given: Sequence[Delivery]) -> Iterator[Run]:
    """The real worker over the real inbox."""
    with guard(home) as made:

        def accept(delivery: Delivery) -> None:
            request = WebhookRequest("http://127.0.0.1/webhooks", delivery.headers, delivery.body, datetime.now(UTC))
            key = made.shops[SHOP].adapter.delivery_key(request)
            made.inbox.accept(SHOP, key, request)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(accept, given))
        yield made.worker("bench").run_until_idle
        if made.inbox.counts() != {"done": len(given)}:
            raise AssertionError(f"not everything was done: {made.inbox.counts()}")
        tell(f"effects: {made.effects.counts()}, waiting for a person: {made.reviews.count_waiting()}")


@contextmanager
def plain_inbox(home: Path, given: Sequence[Delivery]) -> Iterator[Run]:
    """The prototype with the same work."""
    with guard(home) as made, closing(PlainInbox(home / "inbox.db")) as inbox:
        inbox.store(given)
        work = Work(made, SHOP)
        yield lambda: inbox.work_off(given[0].headers, work)


@contextmanager
def competing(folder: Path) -> Iterator[dict[str, Contestant]]:
    """All contestants; DBOS is launched once, as that takes seconds."""
    with dbos_workflow(folder / "dbos.db", threads=8) as run:

        @contextmanager
        def dbos(home: Path, given: Sequence[Delivery]) -> Iterator[Run]:
            with guard(home) as made:
                work = Work(made, SHOP)
                yield lambda: run(work, given)

        yield {"shopguard": shopguard, "plain inbox": plain_inbox, "dbos": dbos}


def measure(folder: Path, rounds: int) -> list[Figures]:
    """Return the figures of each round, in which the three take turns in a changing order."""
    chance, commits = random.Random(4), CommitCount()
    found = []
    with logging_to(folder / "log"), competing(folder) as contestants:
        for number in range(rounds):
            figures: dict[str, float] = {}
            for name in chance.sample(sorted(contestants), len(contestants)):
                given = list(deliveries(_EVENTS[name], first=1 + number * 1_000))
                with contestants[name](folder / f"{name}-{number}", given) as run:
                    timed = _timed(run, len(given), commits)
                figures |= {f"{name} {what}": value for what, value in timed.items()}
            del figures[
                "plain inbox commits/event"
            ]  # two for each batch of 32; it uses the driver, which is not counted
            found.append(dict(sorted(figures.items())))
            tell(f"round {number + 1} of {rounds}: " + ", ".join(f"{k} {v:.3g}" for k, v in found[-1].items()))
    return found


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """The log as in production, but into a file."""
    with path.open("w") as log:
        with redirect_stderr(log):
            start_logging()
        yield


class CommitCount:
    """Counts the commits of every SQLAlchemy engine in this process; who only reads never commits."""

    def __init__(self) -> None:
        self.total = 0
        event.listen(sa.Engine, "commit", self._count)

    def _count(self, _connection: sa.Connection) -> None:
        self.total += 1


def _timed(run: Run, events: int, commits: CommitCount) -> Figures:
    before, wall, cpu = commits.total, time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "events/s": events / wall,
        "CPU ms/event": 1_000 * cpu / events,
        "commits/event": (commits.total - before) / events,
    }


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], DEMANDS, measure))
