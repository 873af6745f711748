"""A day without the registry: 10,000 orders, the real worker, client and cache, on a clock that is moved by hand.

    python bench/outage.py --rounds 1

The registry and the platform answer at once inside this process: what is measured is how the guard lives through the
silence and how fast it works off what has gathered. Simulated minutes are those the clock was moved on; the seconds
that the work itself took come on top.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from people.orders import clean, listed
from rounds import Demand, Figures, main, tell

from shopguard.adapter import AdapterContext, Capability, PlatformAdapter
from shopguard.bootstrap import Installation
from shopguard.cli.logs import start_logging
from shopguard.config import Config, Mode, PolicySettings, ShopSettings
from shopguard.crypto import Keyring
from shopguard.guard.answers import AnswerStore
from shopguard.identity import PROFILE
from shopguard.model import Category, Entry, Order, OrderRef, Payment, PaymentKind, VerdictKind
from shopguard.registry.client import RegistryClient
from shopguard.registry.signing import Signer
from shopguard.storage.engine import migrate
from shopguard.storage.tables import effect, inbox, screening
from shopguard.testing.fakes import FakePlatform, FixedClock
from shopguard.testing.registry import FakeCentre

SHOP = "main-store"
ORDERS = 10_000
ENTRIES = 40
KNOWN = 500  # buyers who were asked about on the day before
_DAY_S, _STEP_S, _TICK_S = 86_400, 600, 10
_PAYMENTS = (
    (Payment(PaymentKind.CARD, "クレジットカード"), 55),
    (Payment(PaymentKind.COD, "代金引換"), 25),
    (Payment(PaymentKind.PAY_LATER, "後払い"), 15),
    (Payment(PaymentKind.WALLET, "電子マネー"), 5),
)

DEMANDS = (
    Demand("O1", "orders lost", lambda f: f["orders lost"], at_most=0),
    Demand("O2", "orders not treated as chosen for a silent registry", lambda f: f["not as chosen"], at_most=0),
    Demand("O3", "orders not judged again by the registry itself", lambda f: f["never answered"], at_most=0),
    Demand("O4", "actions done twice on an order", lambda f: f["done twice"], at_most=0),
    Demand(
        "O5",
        "minutes until all is judged and done, simulated and real together",
        lambda f: f["minutes to drain (simulated)"] + f["seconds to drain (real)"] / 60,
        at_most=30,
    ),
)


@dataclass(frozen=True)
class Guard:
    """A guard with its simulated surroundings."""

    made: Installation
    platform: FakePlatform
    centre: FakeCentre
    clock: FixedClock
    answers: AnswerStore

    def now(self) -> float:
        return self.clock.now.timestamp()

    def take(self, order: Order) -> None:
        self.platform.place(order)
        self.made.inbox.accept(SHOP, f"delivery-{order.id}", self.platform.delivery(order))

    def work(self) -> None:
        self.made.worker("bench").run_until_idle()

    def count(self, query: sa.Select[tuple[int]]) -> int:
        with self.made.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    @property
    def waiting(self) -> int:
        """How many rows wait for anything."""
        queries = (
            sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state.in_(("received", "claimed"))),
            sa.select(sa.func.count()).select_from(effect).where(effect.c.state.in_(("intended", "sent"))),
            sa.select(sa.func.count()).select_from(screening).where(screening.c.ask_again_at.is_not(None)),
        )
        return sum(self.count(query) for query in queries)


@contextmanager
def guard(home: Path, entries: list[Entry]) -> Iterator[Guard]:
    """A fresh guard of one shop with the settings that a shop has by itself, in mode hold."""
    home.mkdir(parents=True)
    clock = FixedClock()
    platform = FakePlatform(None, AdapterContext(SHOP, clock), capabilities=frozenset(Capability) - {Capability.POLL})
    adapters = cast("Mapping[str, type[PlatformAdapter]]", {"fake": lambda _settings, _context: platform})
    config = Config(shops={SHOP: ShopSettings(SHOP, "fake", None, mode=Mode.HOLD)})
    made = Installation(config, Keyring.create(home / "keys.json"), home, adapters)
    made.clock = lambda: clock.now.timestamp()
    migrate(made.engine, "guard")
    centre = FakeCentre(clock, *entries)
    answers = AnswerStore(made.engine, made.writer, made.keyring, made.clock)
    client = RegistryClient(
        centre, "shop-1", lambda: Signer.of_seed(bytes(32)), b"s" * 32, PROFILE, lambda: centre.keys, clock, answers
    )
    made.answers, made.registry_client = answers, client
    yield Guard(made, platform, centre, clock, answers)
    made.close()


def a_day(seed: int) -> tuple[list[Entry], list[Order], list[Order]]:
    """Return the list, the orders of the day before, and those of the day: some by known, some by listed buyers."""
    chance = random.Random(seed)
    people = listed(seed, ENTRIES, 0.7)
    entries = [Entry(who.id, Category.UNPAID, who.party, 2, date(2025, 3, 1), date(2026, 8, 14)) for who in people]
    parties = [asked.party for asked in clean(seed, people, ORDERS + KNOWN)]
    known = parties[:KNOWN]
    before = [_order(f"b{number}", chance, party) for number, party in enumerate(known)]
    day = []
    for number, party in enumerate(parties[KNOWN:]):
        drawn = chance.random()
        buyer = chance.choice(entries).party if drawn < 0.02 else chance.choice(known) if drawn < 0.12 else party
        day.append(_order(str(number), chance, buyer))
    return entries, before, day


def _order(order_id: str, chance: random.Random, buyer: object) -> Order:
    payments, weights = zip(*_PAYMENTS, strict=True)
    total = Decimal(chance.choice((980, 3_980, 8_800, 12_800, 29_800)))
    (payment,) = chance.choices(payments, weights)
    return Order(order_id, SHOP, f"#{order_id}", total=total, payment=payment, buyer=buyer)


def measure(folder: Path, rounds: int) -> list[Figures]:
    """Return the figures of each round: one day each."""
    with (folder / "log").open("w") as log:
        with redirect_stderr(log):
            start_logging()
        return [_day(folder / f"day-{number}", number) for number in range(rounds)]


def _day(home: Path, seed: int) -> Figures:
    entries, before, day = a_day(seed)
    with guard(home, entries) as g:
        for order in before:
            g.take(order)
        _until_idle(g)
        g.answers.settle()
        known = {order.buyer for order in before}
        tell(f"{len(before)} orders of the day before are done")

        g.centre.away, g.centre.tried = True, 0
        silent_s = _timed(lambda: _silent_day(g, day))
        lost = len(day) - g.count(sa.select(sa.func.count(sa.distinct(screening.c.order_id)))) + len(before)
        wrong = sum(not _as_chosen(g, order, known) for order in day)
        tries = g.centre.tried
        tell(f"the day took {silent_s:.0f} s; {tries} tries at the registry")

        g.centre.away, back_at = False, g.now()
        judged_s: list[float] = []
        cpu_s = time.process_time()
        drain_s = _timed(lambda: _until_idle(g, judged_s))
        cpu_s = time.process_time() - cpu_s
        unanswered = g.count(sa.select(sa.func.count()).select_from(screening).where(screening.c.state != "screened"))
        effects = Counter(verb for verb, _, _ in g.platform.effects)
        tell(f"drained after {g.now() - back_at:.0f} s of the clock and {drain_s:.0f} s of work")
        return {
            "orders lost": lost,
            "not as chosen": wrong,
            "never answered": unanswered,
            "done twice": _done_twice(g),
            **{f"actions: {verb}": times for verb, times in sorted(effects.items())},
            "tries at the silent registry": tries,
            "orders/s taken in while silent (real)": len(day) / silent_s,
            "orders/s judged again (real)": len(day) / judged_s[0],
            "CPU ms per order of the drain": 1_000 * cpu_s / len(day),
            "seconds to drain (real)": drain_s,
            "minutes to judge all again (simulated)": judged_s[1] / 60,
            "minutes to drain (simulated)": (g.now() - back_at) / 60,
        }


def _silent_day(g: Guard, day: list[Order]) -> None:
    waiting = iter(day)
    steps = _DAY_S // _STEP_S
    for step in range(steps):
        for _ in range((step + 1) * len(day) // steps - step * len(day) // steps):
            g.take(next(waiting))
        g.work()
        g.clock.pass_by(_STEP_S)
    g.work()  # the last holds waited for the platform's rate


def _until_idle(g: Guard, judged: list[float] | None = None) -> None:
    """Work, and move the clock on, until nothing waits; notes when the last order was judged (real, simulated)."""
    begun, begun_at = time.perf_counter(), g.now()
    asking = sa.select(sa.func.count()).select_from(screening).where(screening.c.ask_again_at.is_not(None))
    while g.waiting:
        g.work()
        if judged is not None and not judged and not g.count(asking):
            judged += [time.perf_counter() - begun, g.now() - begun_at]
        g.clock.pass_by(_TICK_S)


def _as_chosen(g: Guard, order: Order, known: set[object]) -> bool:
    """Whether an order of the silent day was treated as the shop's settings say."""
    latest = g.made.store.latest(OrderRef(SHOP, order.id))
    if latest is None:
        return False
    held = order.id in g.platform.held
    if order.buyer in known:
        return latest.state == "from-cache" and not held
    rules = PolicySettings().when_silent
    wanted = next((r.verdict for r in rules if r.fits(order.payment.kind, order.total)), VerdictKind.ALLOW)
    said = "allowed_until_answered" if wanted is VerdictKind.ALLOW else "held_until_answered"
    reasons = {reason.code for reason in latest.verdict.reasons} if latest.verdict else set()
    return latest.state == "unscreened" and said in reasons and held == (latest.kind is VerdictKind.HOLD)


def _done_twice(g: Guard) -> int:
    """How many holds, releases or equal notes an order got more than once."""
    notes = sa.case((effect.c.action == "flag", effect.c.text), else_="")
    done = sa.select(effect.c.order_id, effect.c.action, notes).where(effect.c.state != "cancelled")
    with g.made.engine.connect() as connection:
        return sum(times > 1 for times in Counter(connection.execute(done).all()).values())


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], DEMANDS, measure))
